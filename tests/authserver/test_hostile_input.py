"""Whatever is sent, the answer is the contract's: never a fault of ours, never a word of what was sent, never a token.

Each test draws about 200 examples, or a hundred times as many with TESTS_FUZZ=100. What needs a real connection is in
`test_hostile_wire.py`.
"""

import base64
import itertools
import json
import string
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import httpx
import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm

from powerepos_cloud.authserver.assertions import ASSERTION_TYPE
from powerepos_cloud.authserver.introspection import PARAMETERS as INTROSPECTION_PARAMETERS
from powerepos_cloud.authserver.revocation import PARAMETERS as REVOCATION_PARAMETERS
from powerepos_cloud.authserver.token import PARAMETERS
from powerepos_cloud.foundation.secrets import SecretKind, generate
from tests.authserver.test_client_authentication import hs256_token, jwk, register
from tests.support.application import Running
from tests.support.fuzz import EXAMPLES, call, fuzz
from tests.support.oauth import assert_well_worded, roaming
from tests.support.world import World

FORM = (b"content-type", b"application/x-www-form-urlencoded")
TOKEN, REVOKE, INTROSPECT = "/authorisation/token", "/authorisation/revoke", "/authorisation/introspect"
CONNECTIONS = ("/api/v1/connection", "/ros/connection")

ODD_TEXT = st.text(max_size=30) | st.sampled_from(
    ["", " ", "\0", "null", "[object Object]", "' OR 1=1 --", "%s%n", "../../etc/passwd", "\u202e", "\ufeff", "💥", "a" * 257]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ODD_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ODD_TEXT, inner, max_size=4),
    max_leaves=8,
)

MORE_HEADERS = st.sampled_from(["jwk", "jku", "x5u", "x5c", "x5t", "crit", "b64", "zip", "cty"])


@pytest.fixture
async def app(world: World, directory_url: str, partnerservices_url: str) -> AsyncIterator[Running]:
    """The application, each request of its client coming from elsewhere, so that no limit hides an answer."""
    async with roaming(directory_url, partnerservices_url, world.clock) as started:
        yield started


@pytest.fixture
def addresses() -> Callable[[], str]:
    """A function that gives another address each time."""
    numbers = itertools.count()
    return lambda: f"2001:db8:{(n := next(numbers)) >> 16:x}:{n & 0xFFFF:x}::1"


def bytes_of(text: str) -> bytes:
    """The text as a form holds it, lone surrogates included (percent-encoded as UTF-8 would, were it allowed)."""
    return quote_from_bytes(text.encode("utf-8", "surrogatepass")).encode()


def form_of(pairs: list[tuple[str, str]]) -> bytes:
    """A form of any pairs, repeats included."""
    return b"&".join(bytes_of(name) + b"=" + bytes_of(value) for name, value in pairs)


def assert_a_token_or_well_worded(answer: httpx.Response, *allowed: int) -> None:
    """Check an answer of the AuthServer whatever it may be."""
    if answer.status_code in (200, *allowed):
        assert len(answer.headers.get_list("x-request-id")) == 1
    else:
        assert_well_worded(answer)


def assert_service_refused(answer: httpx.Response) -> None:
    """Check that a service refused a token in the words of RFC 6750."""
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"].startswith('Bearer realm="PowerEPOS", ')
    assert {"errorCode", "errorMessage", "requestID"} <= set(answer.json())
    assert answer.json()["requestID"] == answer.headers["x-request-id"]


# Forms


def mutations(right: bytes) -> st.SearchStrategy[bytes]:
    """A right request, cut up and put together wrongly."""
    place = st.integers(0, len(right))
    junk = st.binary(max_size=8) | st.sampled_from([b"&", b"=", b"%", b"%00", b"%ff", b"+", b"\0", b"&scope=ros", b"x" * 5000])

    def apply(edits: list[tuple[int, int, bytes]]) -> bytes:
        body = right
        for start, length, new in edits:
            body = body[:start] + new + body[start + length :]
        return body

    return st.lists(st.tuples(place, st.integers(0, 20), junk), min_size=1, max_size=4).map(apply)


async def test_any_bytes_in_the_body_and_the_headers(app: Running, world: World, addresses: Callable[[], str]) -> None:
    right = urlencode(world.client.form("password", **world.account.login())).encode()
    content_types = st.sampled_from([FORM[1], b"application/json", b"multipart/form-data; boundary=x", b""]) | st.binary()
    headers = st.sampled_from([b"authorization", b"user-agent", b"x-request-id", b"x-forwarded-for", b"accept", b"cookie"])
    requests = st.tuples(
        st.binary(max_size=300) | st.binary(min_size=16_384, max_size=17_000) | mutations(right) | JSON.map(msgspec.json.encode),
        st.just(FORM[1]) | content_types,
        st.lists(st.tuples(headers, st.binary(max_size=60) | st.just(b"Basic ").map(lambda b: b + b"Og==")), max_size=3),
    )

    async def check(request: tuple[bytes, bytes, list[tuple[bytes, bytes]]]) -> None:
        body, content_type, others = request
        for path in (TOKEN, REVOKE, INTROSPECT):
            sent = [(b"content-type", content_type), *others]
            answer = await call(app.app, "POST", path, headers=sent, body=body, source=addresses())
            assert_a_token_or_well_worded(answer)
            assert answer.status_code != 200 or path == TOKEN
            if answer.status_code == 200:
                assert answer.json()["org_id"] == "HARBOUR-1"

    await fuzz(requests, check)


async def test_any_form_of_known_parameters_with_odd_values(app: Running, world: World) -> None:
    values = ODD_TEXT | st.sampled_from(
        [
            world.client.id, world.client.secret, world.account.id, world.account.password, world.lakeside_account.id,
            "HARBOUR-1", "LAKESIDE", "password", "client_credentials", "refresh_token", "partnerservices", "ros",
            "offline_access", generate(SecretKind.REFRESH_TOKEN), generate(SecretKind.CLIENT_SECRET), ASSERTION_TYPE,
            "a.b.c", "svc-x@example.com", "ODD; value",
        ]
    )  # fmt: skip
    secrets = [world.client.secret, world.account.password]
    never_told = ["ODD; value", world.client.id, world.account.id, "HARBOUR-1", *secrets]
    proved = [("client_id", world.client.id), ("client_secret", world.client.secret)]
    names = st.sampled_from([*PARAMETERS, *REVOCATION_PARAMETERS, "unknown"])
    forms = st.tuples(st.sampled_from([[], proved]), st.lists(st.tuples(names, values), max_size=8, unique_by=lambda p: p[0]))

    async def check(form: tuple[list[tuple[str, str]], list[tuple[str, str]]]) -> None:
        given, others = form
        taken = {name for name, _ in given}
        body = form_of([*given, *(pair for pair in others if pair[0] not in taken)])
        for path in (TOKEN, REVOKE):
            answer = await app.http.post(path, content=body, headers=[FORM])
            assert_a_token_or_well_worded(answer)
            if answer.status_code >= 400:
                told = answer.json()["error_description"]
                repeated = dict(others).get("scope")  # an unknown scope is named
                assert not any(word in told for word in never_told if word != repeated or word in secrets), told

    await fuzz(forms, check)


async def test_any_http_basic_credentials(app: Running, world: World, addresses: Callable[[], str]) -> None:
    instance_id, credential, _ = world.instances["partnerservices"]
    known = [world.client.id, world.client.secret, instance_id, credential]
    part = (st.binary(max_size=40) | ODD_TEXT.map(bytes_of) | st.sampled_from([k.encode() for k in known]))  # fmt: skip
    pair = st.tuples(part, part).map(lambda p: b"Basic " + base64.b64encode(p[0] + b":" + p[1]))

    async def check(authorization: bytes) -> None:
        header = (b"authorization", authorization)
        grant = b"grant_type=client_credentials&org_id=NOWHERE&scope=ros"
        for method, path, body in (
            ("POST", TOKEN, grant), ("POST", REVOKE, b"token=x"), ("POST", INTROSPECT, b"token=x"),
            ("GET", "/authorisation/revocations", b""),
        ):  # fmt: skip
            answer = await call(app.app, method, path, headers=[FORM, header], body=body, source=addresses())
            assert_a_token_or_well_worded(answer)
            assert answer.status_code in (200, 400, 401), answer.text

    await fuzz(pair | st.binary(max_size=60).map(lambda b: b"Basic " + b), check)


async def test_any_method_and_path(app: Running, world: World, addresses: Callable[[], str]) -> None:
    methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"]) | st.text(
        string.ascii_uppercase, min_size=1, max_size=20
    )
    known = st.sampled_from([TOKEN, REVOKE, INTROSPECT, "/authorisation/revocations", "/authorisation/jwks", *CONNECTIONS])
    paths = st.tuples(known, st.text(max_size=10) | st.sampled_from(["/", "//", "/..", "/.", "%00", ";a", "\0"])).map("".join)
    prefixed = st.tuples(st.sampled_from(["", "/", "//", "/.", "/x/.."]), paths).map("".join)

    async def check(request: tuple[str, str, bytes]) -> None:
        method, path, query = request
        answer = await call(app.app, method, path, query=query, source=addresses())
        assert answer.status_code < 500, answer.text
        assert len(answer.headers.get_list("x-request-id")) == 1
        if method == "HEAD":
            assert answer.content == b""
        elif path.startswith(("/authorisation/", "//authorisation/")) and answer.status_code >= 400:
            assert_well_worded(answer)
        assert "traceback" not in answer.text.lower()

    await fuzz(st.tuples(methods, prefixed, st.binary(max_size=30)), check)


async def test_any_query_of_the_revocation_feed(app: Running, world: World, addresses: Callable[[], str]) -> None:
    instance_id, credential, _ = world.instances["ros"]
    proof = b"Basic " + base64.b64encode(f"{instance_id}:{credential}".encode())
    numbers = st.integers(-(2**70), 2**70).map(lambda n: str(n).encode())
    value = numbers | st.binary(max_size=12) | st.sampled_from([b"0", b"1e3", b"+1", b" 1", b"\xd9\xa1", b"%00", b"%ff", b""])
    pair = st.tuples(st.sampled_from([b"after", b"limit", b"other", b"wait"]), value).filter(
        lambda p: p[0] != b"wait" or p[1] < b"1"
    )
    queries = st.lists(pair, max_size=4).map(lambda pairs: b"&".join(b"=".join(pair) for pair in pairs))

    async def check(query: bytes) -> None:
        answer = await call(
            app.app, "GET", "/authorisation/revocations", headers=[(b"authorization", proof)], query=query, source=addresses()
        )
        if answer.status_code == 200:
            assert answer.json() == {"next": 0, "more": False, "entries": []}
        else:
            assert answer.status_code in (400, 410), answer.text
            assert_well_worded(answer)

    await fuzz(queries | st.binary(max_size=40).filter(lambda q: b"wait" not in q), check)


# Tokens and assertions


@pytest.fixture
async def token(app: Running, world: World) -> str:
    """A good access token for Partner Services."""
    answer = await app.token(world.client.form("password", **world.account.login()))
    issued: str = answer.json()["access_token"]
    return issued


def base64url(data: bytes) -> str:
    """As RFC 7515 wants it."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def es256(signing_input: str, key: ec.EllipticCurvePrivateKey) -> str:
    """The signature over header and claims, already encoded."""
    return base64url(ECAlgorithm(ECAlgorithm.SHA256).sign(signing_input.encode(), key))


async def assert_never_a_token(app: Running, world: World, forged: str, addresses: Callable[[], str]) -> None:
    """Show a forged token wherever a token can be shown."""
    bearer = [(b"authorization", b"Bearer " + forged.encode("utf-8", "surrogatepass"))]
    for path in CONNECTIONS:
        assert_service_refused(await call(app.app, "GET", path, headers=bearer, source=addresses()))
    shown = form_of([("token", forged)])
    for instance_id, credential, _ in world.instances.values():
        proof = {"authorization": "Basic " + base64.b64encode(f"{instance_id}:{credential}".encode()).decode()}
        answer = await app.http.post(INTROSPECT, content=shown, headers=proof | {"content-type": FORM[1].decode()})
        if answer.status_code == 200:
            assert answer.json() == {"active": False}
        else:
            assert_well_worded(answer)
    by_client = shown + b"&" + urlencode({"client_id": world.client.id, "client_secret": world.client.secret}).encode()
    assert_a_token_or_well_worded(await app.http.post(REVOKE, content=by_client, headers=[FORM]))


async def assert_still_good(app: Running, token: str) -> None:
    """Check that the real token still opens its service: no forgery revoked it."""
    answer = await app.http.get(CONNECTIONS[0], headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text


async def test_a_token_cut_bent_or_grown_is_refused_everywhere(
    app: Running, world: World, token: str, addresses: Callable[[], str]
) -> None:
    place = st.integers(0, len(token) - 1)
    cut = place.map(lambda at: token[:at])
    bent = st.tuples(place, st.characters()).map(lambda p: token[: p[0]] + p[1] + token[p[0] + 1 :])
    grown = st.tuples(place, st.text(min_size=1, max_size=5)).map(lambda p: token[: p[0]] + p[1] + token[p[0] :])
    swapped = st.permutations(token.split(".")).map(".".join)

    async def check(forged: str) -> None:
        if not is_the_same(forged, token):
            await assert_never_a_token(app, world, forged, addresses)

    await fuzz(cut | bent | grown | swapped | ODD_TEXT, check, examples=EXAMPLES // 2)
    await assert_still_good(app, token)


def is_the_same(forged: str, token: str) -> bool:
    """Whether it is the token after all: the last character of the signature has bits that mean nothing, and so has what is
    no part of a header's value (spaces around it)."""

    def decoded(text: str) -> list[bytes]:
        return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.strip(" \t").split(".")]

    try:
        return forged.strip(" \t").isascii() and decoded(forged) == decoded(token)
    except ValueError:
        return False


async def test_header_and_claims_of_anybodys_making_are_refused_whatever_signs_them(
    app: Running, world: World, token: str, addresses: Callable[[], str]
) -> None:
    claims = jwt.decode(token, options={"verify_signature": False})
    public = jwt.PyJWKSet.from_dict((await app.http.get("/authorisation/jwks")).json()).keys[0]
    kid = str(public.key_id)
    pem = public.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    own = ec.generate_private_key(ec.SECP256R1())
    known_words = {
        "alg": st.sampled_from(["none", "None", "", "HS256", "RS256", "ES256", "ES384", "EdDSA", "ES256\0"]) | JSON,
        "kid": st.sampled_from([kid, kid.lower(), "", "../../dev/null", "x" * 500]) | JSON,
        "typ": st.sampled_from(["at+jwt", "AT+JWT", "application/at+jwt", "JWT"]) | JSON,
    }
    more = st.dictionaries(MORE_HEADERS | ODD_TEXT, JSON, max_size=2)
    headers = st.tuples(st.fixed_dictionaries(known_words), more).map(lambda pair: pair[1] | pair[0])
    good_header = {"alg": "ES256", "kid": kid, "typ": "at+jwt"}
    bodies = st.just(claims) | st.dictionaries(st.sampled_from(list(claims)), JSON).map(lambda d: claims | d) | JSON
    signers = st.sampled_from(["own", "none", "hmac", "old", "rubbish"])

    async def check(drawn: tuple[dict[str, Any], Any, str]) -> None:
        header, body, signer = drawn
        first = f"{base64url(dump(header))}.{base64url(dump(body))}"
        signatures: dict[str, Callable[[], str]] = {
            "own": lambda: es256(first, own),
            "none": lambda: "",
            "hmac": lambda: hs256_token(first, pem).split(".")[2],
            "old": lambda: token.split(".")[2],
            "rubbish": lambda: base64url(b"\x01" * 64),
        }
        if first != token.rpartition(".")[0]:
            await assert_never_a_token(app, world, f"{first}.{signatures[signer]()}", addresses)

    await fuzz(st.tuples(headers | st.just(good_header), bodies, signers), check, examples=EXAMPLES // 2)
    await assert_still_good(app, token)


def dump(value: Any) -> bytes:
    """JSON as other libraries write it, surrogates escaped."""
    return json.dumps(value).encode()


async def test_a_header_nested_to_the_edge_of_the_parsers_is_refused(
    app: Running, world: World, token: str, addresses: Callable[[], str]
) -> None:
    kid = jwt.get_unverified_header(token)["kid"]
    rest = token.partition(".")[2]
    for depth in (10, 100, 400, *range(900, 1010, 3), 3000):
        nested = dump({"alg": "ES256", "kid": kid, "typ": "at+jwt"})[:-1] + b',"x":' + b"[" * depth + b"]" * depth + b"}"
        await assert_never_a_token(app, world, f"{base64url(nested)}.{rest}", addresses)


async def test_a_right_header_with_one_parameter_more_is_refused_without_a_fault(
    app: Running, world: World, token: str, addresses: Callable[[], str]
) -> None:
    header, rest = jwt.get_unverified_header(token), token.partition(".")[2]
    values: list[Any] = [None, True, 0, 1.5, "", "x", [], ["exp"], [None], [[]], {}, {"a": None}, {"kty": "EC"}]
    names = ("jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "cty", "iss", "other")
    for name, value in itertools.product(names, values):
        forged = f"{base64url(dump(header | {name: value}))}.{rest}"
        await assert_never_a_token(app, world, forged, addresses)


async def test_a_token_of_our_own_signature_but_strange_claims_is_refused_without_a_fault(
    app: Running, world: World, token: str, addresses: Callable[[], str]
) -> None:
    """Nobody can make one, as long as the key is ours alone; a later version of the claims could."""
    claims = jwt.decode(token, options={"verify_signature": False})
    signer = world.ring.keys.signer("ES256", world.clock.now_ms())
    names = st.sampled_from(sorted(claims))

    def signed(body: Any) -> str:
        raw = signer.header + b"." + base64url(dump(body)).encode()
        return f"{raw.decode()}.{base64url(signer.sign(raw))}"

    wrong_type = st.tuples(names, st.none() | st.booleans() | st.dictionaries(ODD_TEXT, st.integers(), max_size=1))
    changed = wrong_type.map(lambda pair: claims | {pair[0]: pair[1]})
    missing = names.map(lambda gone: {name: value for name, value in claims.items() if name != gone})
    foreign = st.sampled_from([("iss", "https://evil.example"), ("aud", "https://x/"), ("svc", "https://x/"), ("exp", 0)])

    async def check(body: Any) -> None:
        bearer = [(b"authorization", f"Bearer {signed(body)}".encode())]
        for path in CONNECTIONS:
            assert_service_refused(await call(app.app, "GET", path, headers=bearer, source=addresses()))

    await fuzz(changed | missing | foreign.map(lambda pair: claims | dict([pair])) | JSON, check)


async def test_an_assertion_of_anybodys_making_is_never_a_fault(app: Running, world: World) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    await register(world, world.client, jwk(key, kid="k"))
    now = world.clock.now_ms() // 1000
    good = {"iss": world.client.id, "sub": world.client.id, "aud": "http://localhost:8000", "exp": now + 60}
    changes = st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "jti", "nbf", "iat"]) | ODD_TEXT, JSON, max_size=3)
    numbers = st.sampled_from([10**30, -(10**30), 1e300, -0.0, 2**63, 2**64, now, now + 60.5])
    headers = st.dictionaries(MORE_HEADERS | st.sampled_from(["kid", "typ"]) | ODD_TEXT, JSON, max_size=2)
    jtis = st.text(min_size=1, max_size=300)

    async def check(drawn: tuple[dict[str, Any], Any, dict[str, Any], str, bool]) -> None:
        changed, number, header, jti, is_signed = drawn
        claims = good | {"jti": jti} | ({"exp": number} if number is not None else {}) | changed
        first = f"{base64url(dump({'alg': 'ES256'} | header))}.{base64url(dump(claims))}"
        signature = base64url(b"\x02" * 64)
        if is_signed:
            signature = es256(first, key)
        form = {"grant_type": "client_credentials", "org_id": "HARBOUR-1", "scope": "ros"}
        shown = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": f"{first}.{signature}"}
        answer = await app.token(form | shown)
        assert_a_token_or_well_worded(answer)
        assert is_signed or answer.status_code in (400, 401)

    await fuzz(st.tuples(changes, st.none() | numbers, headers, jtis, st.booleans()), check)


async def test_known_parameters_of_every_endpoint_are_limited(app: Running, world: World) -> None:
    for path, parameters in ((TOKEN, PARAMETERS), (REVOKE, REVOCATION_PARAMETERS), (INTROSPECT, INTROSPECTION_PARAMETERS)):
        for name, limit in parameters.items():
            for body in (f"{name}=a&{name}=b", f"{name}={'x' * (limit + 1)}", f"{name}=%00", f"{name}=%ff"):
                answer = await app.http.post(path, content=body.encode(), headers=[FORM])
                assert assert_well_worded(answer)["error"] == "invalid_request"
                assert answer.status_code == 400
