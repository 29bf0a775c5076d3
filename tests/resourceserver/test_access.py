"""Who gets in, and in which words everybody else is refused (RFC 6750, contract section 6)."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, OctKey
from powerepos.contract import ErrorResponse

from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.resourceserver.refusals import Refusal
from tests.resourceserver.authserver import (
    ISSUER,
    KAPOW,
    ROS_URI,
    URI,
    Feed,
    Keys,
    base64url,
    claims,
    ros_claims,
)
from tests.resourceserver.services import Services
from tests.support.clock import START_MS, FakeClock
from tests.support.patience import until_answered

CONNECTION = f"{URI}api/v1/connection"
ROS_CONNECTION = f"{ROS_URI}connection"
NOW = START_MS // 1000


def good(**changed: Any) -> dict[str, Any]:
    return claims(START_MS, **changed)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def challenge(answer: httpx.Response) -> dict[str, str]:
    """The parameters of the one `Bearer` challenge, each a quoted string of the characters that RFC 6750 allows."""
    (value,) = answer.headers.get_list("www-authenticate")
    assert value.startswith("Bearer ")
    parameters = re.fullmatch(r'(?:[a-z_]+="[\x20-\x21\x23-\x5b\x5d-\x7e]*"(?:, |$))+', value.removeprefix("Bearer "))
    assert parameters, value
    return dict(re.findall(r'([a-z_]+)="([^"]*)"', value))


def assert_invalid(answer: httpx.Response, token: str = "") -> str:
    """401 `invalid_token` in every respect; its description."""
    assert answer.status_code == 401, answer.text
    facts = challenge(answer)
    assert facts["error"] == "invalid_token"
    assert facts["resource_metadata"] == "https://ps.example.test/.well-known/oauth-protected-resource"
    body = msgspec.json.decode(answer.content, type=ErrorResponse, strict=True)
    assert body.error_code == "token.invalid"
    assert body.error_message == facts["error_description"] != ""
    assert body.request_id == answer.headers["x-request-id"]
    assert body.data is None
    assert answer.headers["cache-control"] == "no-store"
    for part in token.split("."):
        assert len(part) < 8 or part not in answer.text + str(answer.headers)
    return body.error_message


@pytest.mark.parametrize("changes", [{"alg": "ES256", "kid": "es"}, {"alg": "RS256", "kid": "rs"}])
async def test_a_good_token_of_either_algorithm_opens_the_connection(http, keys: Keys, changes: dict[str, str]) -> None:
    answer = await http.get(CONNECTION, headers=bearer(keys.sign(good(), changes)))
    assert answer.status_code == 200
    assert answer.json()["organisationCode"] == "DEMO-CAFE"


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
async def test_the_type_may_be_written_as_rfc_9068_allows(http, keys: Keys, typ: str) -> None:
    assert (await http.get(CONNECTION, headers=bearer(keys.sign(good(), typ=typ)))).status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
@pytest.mark.parametrize("between", [" ", "   ", "\t"])
async def test_the_scheme_is_read_without_letter_case(http, keys: Keys, scheme: str, between: str) -> None:
    headers = {"Authorization": f"{scheme}{between}{keys.sign(good())} "}
    assert (await http.get(CONNECTION, headers=headers)).status_code == 200


# No token


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": ""}, {"Authorization": "Basic Y2xpZW50OnNlY3JldA=="}, {"Authorization": "Bearers x"}],
)
async def test_without_a_bearer_token_the_challenge_names_no_error(http, headers: dict[str, str]) -> None:
    answer = await http.get(CONNECTION, headers=headers)
    assert answer.status_code == 401
    assert challenge(answer) == {
        "realm": "PowerEPOS",
        "resource_metadata": "https://ps.example.test/.well-known/oauth-protected-resource",
    }
    assert answer.json()["errorCode"] == "token.absent"


async def test_the_remote_order_server_names_its_own_metadata(http) -> None:
    answer = await http.get(ROS_CONNECTION)
    assert answer.status_code == 401
    assert challenge(answer)["resource_metadata"] == "https://ps.example.test/.well-known/oauth-protected-resource/ros"


async def test_a_token_in_the_query_or_a_cookie_counts_for_nothing(http, keys: Keys) -> None:
    token = keys.sign(good())
    for answer in (
        await http.get(CONNECTION, params={"access_token": token}),
        await http.get(CONNECTION, headers={"Cookie": f"access_token={token}; session={token}"}),
        await http.request("GET", CONNECTION, data={"access_token": token}),
    ):
        assert answer.status_code == 401
        assert "error" not in challenge(answer)


async def test_a_second_authorization_header_spoils_the_first(http, keys: Keys) -> None:
    token = keys.sign(good())
    for other in (f"Bearer {token}", "Basic Y2xpZW50OnNlY3JldA==", ""):
        answer = await http.get(CONNECTION, headers=[("Authorization", f"Bearer {token}"), ("Authorization", other)])
        assert "exactly one" in assert_invalid(answer)


async def test_no_answer_speaks_of_cookies_or_other_origins(http, keys: Keys) -> None:
    for headers in ({}, bearer("x"), bearer(keys.sign(good()))):
        answer = await http.get(CONNECTION, headers={**headers, "Origin": "https://elsewhere.example", "Cookie": "a=b"})
        assert "set-cookie" not in answer.headers
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    preflight = await http.options(
        CONNECTION, headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    )
    assert not [name for name in preflight.headers if name.startswith("access-control-")]


# Hostile tokens


def with_der_signature(keys: Keys) -> str:
    """A right signature in the form that X.509 uses; a JWS wants r and s side by side (RFC 7518 section 3.4)."""
    head, body, signature = keys.sign(good()).split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    return f"{head}.{body}.{base64url(der)}"


def confused(keys: Keys, secret: bytes, alg: str = "HS256") -> str:
    """HMAC with the public key as its secret (RFC 8725 section 2.1)."""
    head = base64url(json.dumps({"alg": alg, "typ": "at+jwt", "kid": "rs"}).encode())
    signing_input = f"{head}.{base64url(json.dumps(good()).encode())}"
    return f"{signing_input}.{base64url(hmac.digest(secret, signing_input.encode(), 'sha256'))}"


def unsigned(**header: Any) -> str:
    head = base64url(json.dumps({"typ": "at+jwt", "kid": "es", **header}).encode())
    return f"{head}.{base64url(json.dumps(good()).encode())}."


def by_another(keys: Keys, **header: Any) -> str:
    """Signed with a key of the attacker's, under the AuthServer's `kid`."""
    attacker = ECKey.generate_key("P-256")
    full = {"alg": "ES256", "typ": "at+jwt", "kid": "es", **header}
    if "jwk" in header:
        full["jwk"] = attacker.as_dict(private=False)
    registry = jws.JWSRegistry(strict_check_header=False, algorithms=["ES256"])
    return jws.serialize_compact(full, json.dumps(good()).encode(), attacker, registry=registry)


def pem(keys: Keys) -> bytes:
    return keys.rs256.as_pem(private=False)


def tampered(keys: Keys) -> str:
    head, _, signature = keys.sign(good()).split(".")
    return f"{head}.{base64url(json.dumps(good(org_id='OTHER')).encode())}.{signature}"


HOSTILE: dict[str, Callable[[Keys], str]] = {
    "nothing": lambda keys: "",
    "a word": lambda keys: "token",
    "dots": lambda keys: "..",
    "four parts": lambda keys: keys.sign(good()) + ".x",
    "five parts, as JWE has": lambda keys: "a.b.c.d.e",
    "no signature": lambda keys: keys.sign(good()).rsplit(".", 1)[0],
    "empty signature": lambda keys: keys.sign(good()).rsplit(".", 1)[0] + ".",
    "truncated": lambda keys: keys.sign(good())[:-1],
    "truncated much": lambda keys: keys.sign(good())[:-40],
    "one more": lambda keys: keys.sign(good()) + "A",
    "padded": lambda keys: keys.sign(good()) + "==",
    "newline inside": lambda keys: keys.sign(good()).replace(".", ".\n", 1).replace("\n", " "),
    "percent-encoded": lambda keys: keys.sign(good()).replace(".", "%2E"),
    "two tokens": lambda keys: f"{keys.sign(good())} {keys.sign(good())}",
    "two tokens with a comma": lambda keys: f"{keys.sign(good())}, Bearer {keys.sign(good())}",
    "payload changed": tampered,
    "signature all zero": lambda keys: keys.sign(good()).rsplit(".", 1)[0] + "." + base64url(bytes(64)),
    "signature in DER": with_der_signature,
    "over 8 KiB": lambda keys: keys.sign(good(jti="x" * 8192)),
    "far over 8 KiB": lambda keys: "a" * 30_000 + ".b.c",
    "none": lambda keys: unsigned(alg="none"),
    "None, with something as signature": lambda keys: unsigned(alg="None") + "AAAA",
    "no alg": lambda keys: unsigned() + "AAAA",
    "alg of another type": lambda keys: unsigned(alg=["ES256"]) + "AAAA",
    "kid of another type": lambda keys: unsigned(alg="ES256", kid=7) + "AAAA",
    "HS256 with the public key in PEM": lambda keys: confused(keys, pem(keys)),
    "HS256 with the public key as JWK": lambda keys: confused(keys, json.dumps(keys.rs256.as_dict(private=False)).encode()),
    "HS256 under the name of RS256": lambda keys: confused(keys, pem(keys), "RS256"),
    "an octet key's HS256": lambda keys: jws.serialize_compact(
        {"alg": "HS256", "typ": "at+jwt", "kid": "es"},
        json.dumps(good()).encode(),
        OctKey.import_key(hashlib.sha256(b"x").digest()),
        algorithms=["HS256"],
    ),
    "alg of another key": lambda keys: keys.sign(good(), alg="RS256", kid="es"),
    "kid of another key": lambda keys: keys.sign(good(), alg="ES256", kid="rs"),
    "alg known, not accepted": lambda keys: (
        keys.sign(good(), alg="RS512", kid="rs") if False else unsigned(alg="PS256", kid="rs") + "AAAA"
    ),
    "kid unknown": lambda keys: keys.sign(good(), kid="nobody"),
    "kid absent": lambda keys: keys.sign(good(), kid=None),
    "kid a path": lambda keys: keys.sign(good(), kid="../../etc/passwd"),
    "signed by another": by_another,
    "signed by the key in jwk": lambda keys: by_another(keys, jwk=True),
    "signed by the key at jku": lambda keys: by_another(keys, jku="https://evil.example/jwks"),
    "signed by the key at x5u": lambda keys: by_another(keys, x5u="https://evil.example/cert"),
    "critical, unknown": lambda keys: keys.sign_raw(
        b'{"alg":"ES256","typ":"at+jwt","kid":"es","crit":["exp"],"exp":1}', json.dumps(good()).encode()
    ),
    "critical, empty": lambda keys: keys.sign_raw(
        b'{"alg":"ES256","typ":"at+jwt","kid":"es","crit":[]}', json.dumps(good()).encode()
    ),
    "payload not encoded (RFC 7797)": lambda keys: keys.sign_raw(
        b'{"alg":"ES256","typ":"at+jwt","kid":"es","b64":false,"crit":["b64"]}', json.dumps(good()).encode()
    ),
    "alg named twice": lambda keys: keys.sign_raw(
        b'{"alg":"ES256","alg":"none","typ":"at+jwt","kid":"es"}', json.dumps(good()).encode()
    ),
    "typ named twice": lambda keys: keys.sign_raw(
        b'{"alg":"ES256","typ":"at+jwt","typ":"JWT","kid":"es"}', json.dumps(good()).encode()
    ),
    "header not JSON": lambda keys: keys.sign_raw(b"alg=ES256", json.dumps(good()).encode()),
    "header not UTF-8": lambda keys: keys.sign_raw(b'{"alg":"\xff"}', json.dumps(good()).encode()),
    "header a list": lambda keys: keys.sign_raw(b'["ES256"]', json.dumps(good()).encode()),
    "header a bomb": lambda keys: keys.sign_raw(
        b'{"alg":"ES256","typ":"at+jwt","kid":"es","x":' + b"[" * 2000 + b"]" * 2000 + b"}", json.dumps(good()).encode()
    ),
    "payload a bomb": lambda keys: keys.sign_raw(
        b'{"alg":"ES256","typ":"at+jwt","kid":"es"}', b'{"x":' + b"[" * 2500 + b"]" * 2500 + b"}"
    ),
    "payload a number with thousands of digits": lambda keys: keys.sign_raw(
        b'{"alg":"ES256","typ":"at+jwt","kid":"es"}', json.dumps(good()).encode()[:-1] + b',"x":' + b"9" * 5000 + b"}"
    )[:-3],
    "payload not JSON": lambda keys: keys.sign(b"exp=1"),
    "payload null": lambda keys: keys.sign(b"null"),
    "payload a list": lambda keys: keys.sign(b"[]"),
    "payload not UTF-8": lambda keys: keys.sign(b'{"iss":"\xff\xfe"}'),
    "payload empty": lambda keys: keys.sign_raw(b'{"alg":"ES256","typ":"at+jwt","kid":"es"}', b""),
    "typ JWT": lambda keys: keys.sign(good(), typ="JWT"),
    "typ absent": lambda keys: keys.sign(good(), typ=None),
    "typ of a logout token": lambda keys: keys.sign(good(), typ="logout+jwt"),
    "aud a list with us": lambda keys: keys.sign(good(aud=[URI])),
    "aud another instance": lambda keys: keys.sign(good(aud="https://ps2.example.test/", svc="https://ps2.example.test/")),
    "aud us, svc another": lambda keys: keys.sign(good(svc="https://ps2.example.test/")),
    "svc us, aud another": lambda keys: keys.sign(good(aud="https://ps2.example.test/")),
    "aud without the slash": lambda keys: keys.sign(good(aud=URI.rstrip("/"))),
    "aud in another letter case": lambda keys: keys.sign(good(aud=URI.upper())),
    "aud another service": lambda keys: keys.sign(ros_claims(START_MS)),
    "iss another": lambda keys: keys.sign(good(iss="https://auth.evil.example")),
    "iss with a slash": lambda keys: keys.sign(good(iss=ISSUER + "/")),
    "expired by 61 s": lambda keys: keys.sign(good(exp=NOW - 61)),
    "expired long ago": lambda keys: keys.sign(good(exp=0)),
    "expired before time began": lambda keys: keys.sign(good(exp=-(10**15))),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_tokens_are_refused_alike(http, keys: Keys, services: Services, name: str) -> None:
    token = HOSTILE[name](keys)
    answer = await http.get(CONNECTION, headers=bearer(token))
    assert_invalid(answer, token)
    log = services.written.getvalue()
    assert '"call.refused"' in log
    for part in token.split("."):
        assert len(part) < 8 or part not in log


@pytest.mark.parametrize("value", [b"\x00", b"a\x00b.c.d", b"\xff\xfe.a.b", "ä.ö.ü".encode(), b"a\x0b.b.c", b"\xe2\x80\xa8.a.b"])
async def test_bytes_that_no_token_has_are_refused(services: Services, http, value: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        await services.access.admit([(b"authorization", b"Bearer " + value)])
    assert (caught.value.status, caught.value.code) == (401, "token.invalid")


@pytest.mark.parametrize("claim", sorted(good()))
async def test_a_token_without_one_of_its_claims_is_refused(http, keys: Keys, claim: str) -> None:
    assert_invalid(await http.get(CONNECTION, headers=bearer(keys.sign(good(**{claim: ...})))))


@pytest.mark.parametrize("claim", sorted(good()))
async def test_claims_of_a_wrong_type_are_refused(http, keys: Keys, claim: str) -> None:
    for value in (None, True, 1.5, {}, {"a": 1}, [1], "", "x", "1" * 20, -1, 10**400):
        answer = await http.get(CONNECTION, headers=bearer(keys.sign(good(**{claim: value}))))
        if isinstance(value, type(good()[claim])) and value not in (True, [1]):
            assert answer.status_code in (200, 401, 403)
        else:
            assert_invalid(answer)


async def test_no_depth_of_nesting_ends_in_a_fault(services: Services, http, keys: Keys) -> None:
    for depth in range(600, 1100):
        header = b'{"alg":"ES256","typ":"at+jwt","kid":"es","x":' + b"[" * depth + b"]" * depth + b"}"
        token = keys.sign_raw(header, json.dumps(good()).encode())
        try:
            await services.access.admit([(b"authorization", b"Bearer " + token.encode())])
        except Refusal as refusal:
            assert_status(refusal, 401)


async def test_sixty_seconds_of_leeway_and_not_one_more(http, keys: Keys) -> None:
    assert (await http.get(CONNECTION, headers=bearer(keys.sign(good(exp=NOW - 59))))).status_code == 200
    assert "expired" in assert_invalid(await http.get(CONNECTION, headers=bearer(keys.sign(good(exp=NOW - 60)))))


@pytest.mark.parametrize("changed", [{"iat": NOW + 86_400}, {"nbf": NOW + 86_400}, {"exp": 2**60}, {"unknown": {"a": [1]}}])
async def test_what_is_not_judged_does_not_matter(http, keys: Keys, changed: dict[str, Any]) -> None:
    assert (await http.get(CONNECTION, headers=bearer(keys.sign(good(**changed))))).status_code == 200


async def test_a_token_of_one_service_is_refused_by_the_other(http, keys: Keys) -> None:
    remote_orders, partner_services = keys.sign(ros_claims(START_MS)), keys.sign(good())
    assert (await http.get(ROS_CONNECTION, headers=bearer(remote_orders))).status_code == 200
    assert (await http.get(CONNECTION, headers=bearer(partner_services))).status_code == 200
    assert "another service" in assert_invalid(await http.get(CONNECTION, headers=bearer(remote_orders)))
    other_way = await http.get(ROS_CONNECTION, headers=bearer(partner_services))
    assert other_way.status_code == 401
    assert challenge(other_way)["error"] == "invalid_token"


# What the token may do


@pytest.mark.parametrize("scope", ["ros", "", "partnerservicesx", "PARTNERSERVICES", "reporting_server des"])
async def test_a_token_without_the_scope_is_told_which(http, keys: Keys, scope: str) -> None:
    answer = await http.get(CONNECTION, headers=bearer(keys.sign(good(scope=scope))))
    assert answer.status_code == 403
    facts = challenge(answer)
    assert facts["error"] == "insufficient_scope"
    assert facts["scope"] == "partnerservices"
    assert answer.json()["errorCode"] == "scope.missing"


@pytest.mark.parametrize("pga", [[], ["Reporting Data (View)"], ["partner sales (submit)"]])
async def test_a_token_without_a_permission_is_told_which(http, keys: Keys, pga: list[str]) -> None:
    answer = await http.get(CONNECTION, headers=bearer(keys.sign(good(pga=pga))))
    assert answer.status_code == 403
    facts = challenge(answer)
    assert facts["error"] == "insufficient_scope"
    assert "Partner Sales (Submit)" in facts["error_description"]
    assert answer.json()["errorCode"] == "permission.missing"


@pytest.mark.parametrize("permission", ["Partner Sales (Submit)", "Partner Sales (View)", "Partner Stock (Submit)"])
async def test_any_one_permission_of_the_service_opens_the_connection(http, keys: Keys, permission: str) -> None:
    assert (await http.get(CONNECTION, headers=bearer(keys.sign(good(pga=[permission]))))).status_code == 200


# Revocations


async def comes_to(http: httpx.AsyncClient, headers: dict[str, str], status: int) -> httpx.Response:
    """Call until the answer has this status; the answer."""
    answers: list[httpx.Response] = []

    async def met() -> bool:
        answers.append(await http.get(CONNECTION, headers=headers))
        return answers[-1].status_code == status

    await until_answered(met)
    return answers[-1]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("grant", {"identifier": good()["sid"]}),
        ("connection", {"client_id": "clientone", "sub": "svc-demo", "org_id": "DEMO-CAFE"}),
        ("account", {"identifier": "svc-demo"}),
        ("client", {"identifier": "clientone"}),
        ("organisation", {"identifier": "DEMO-CAFE"}),
    ],
)
async def test_what_is_refused_stops_at_the_next_call(
    http, keys: Keys, feed: Feed, services: Services, kind: str, names: dict[str, str]
) -> None:
    token = bearer(keys.sign(good()))
    assert (await http.get(CONNECTION, headers=token)).status_code == 200
    await feed.add(kind, "refused", **names)
    assert_invalid(await comes_to(http, token, 401))
    assert f"{kind}.refused" in services.written.getvalue()
    await feed.add(kind, "lifted", **names)
    await comes_to(http, token, 200)


async def test_a_moved_organisation_is_sent_to_read_svc_again(http, keys: Keys, feed: Feed, services: Services) -> None:
    for _ in range(12):
        await feed.add("client", "lifted", "other")
    await feed.add("organisation", "moved", "DEMO-CAFE", svc="https://ps2.example.test/")
    assert "svc" in assert_invalid(await comes_to(http, bearer(keys.sign(good())), 401))


# Not now


def assert_unavailable(answer: httpx.Response, retry_after: int = 1) -> None:
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == str(retry_after)
    assert answer.json()["errorCode"] == "service.unavailable"
    assert "www-authenticate" not in answer.headers


async def test_until_the_feed_was_read_every_call_with_a_token_is_503(services: Services, keys: Keys, feed: Feed) -> None:
    feed.away = True
    services.keys.start()
    services.revocations.start()
    async with services.client() as http:
        await asyncio.sleep(0.05)
        assert_unavailable(await http.get(CONNECTION, headers=bearer(keys.sign(good()))))
        assert_unavailable(await http.get(CONNECTION, headers=bearer(keys.sign(good(exp=0)))))
        assert_unavailable(await http.get(CONNECTION, headers=bearer("nonsense")))
        assert (await http.get(CONNECTION)).status_code == 401
        feed.away = False
        assert await services.revocations.first_read(2)
        assert (await http.get(CONNECTION, headers=bearer(keys.sign(good())))).status_code == 200
    await services.revocations.stop()
    await services.keys.stop()


async def test_a_feed_not_heard_for_fifteen_minutes_is_503_and_never_401(
    http, services: Services, keys: Keys, feed: Feed, clock: FakeClock
) -> None:
    feed.away = True
    await feed.add("client", "lifted", "other")  # ends the waiting call; the next one fails
    await asyncio.sleep(0.3)
    clock.advance_ms(900_000)
    assert (await http.get(CONNECTION, headers=bearer(keys.sign(good())))).status_code == 200
    clock.advance_ms(1)
    assert_unavailable(await http.get(CONNECTION, headers=bearer(keys.sign(good()))))
    feed.away = False
    await comes_to(http, bearer(keys.sign(good())), 200)


async def test_without_any_keys_a_token_is_503(services: Services, keys: Keys) -> None:
    services.revocations.start()
    assert await services.revocations.first_read(2)
    async with services.client() as http:
        assert_unavailable(await http.get(CONNECTION, headers=bearer(keys.sign(good()))))
    await services.revocations.stop()


async def test_a_key_that_cannot_be_learnt_of_is_no_fault_of_the_token(services: Services, keys: Keys, clock: FakeClock) -> None:
    class Failing:
        async def fetch(self, etag: str | None) -> None:
            raise ConnectionError

    async with services.running() as http:
        services.keys._source = Failing()  # type: ignore[assignment]
        assert_unavailable(await http.get(CONNECTION, headers=bearer(keys.sign(good(), kid="new"))), 10)
        assert (await http.get(CONNECTION, headers=bearer(keys.sign(good())))).status_code == 200


# Anything at all


def assert_status(refusal: Refusal, *expected: int) -> None:
    assert refusal.status in expected


header_texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=80)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.binary(max_size=200) | header_texts.map(str.encode), scheme=st.sampled_from([b"Bearer ", b"bearer\t", b""]))
async def test_no_header_value_ends_in_a_fault(services: Services, http, value: bytes, scheme: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        await services.access.admit([(b"authorization", scheme + value)])
    assert caught.value.status == 401


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), other=st.characters(min_codepoint=0x21, max_codepoint=0x7E))
async def test_no_change_of_a_single_character_gets_in(services: Services, http, keys: Keys, place: int, other: str) -> None:
    token = keys.sign(good())
    place %= len(token)
    other = "!" if other == token[place] else other
    changed = token[:place] + other + token[place + 1 :]
    with pytest.raises(Refusal) as caught:
        await services.access.admit([(b"authorization", b"Bearer " + changed.encode())])
    assert caught.value.status == 401


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed=st.dictionaries(st.sampled_from(sorted(good())), json_values, max_size=4))
async def test_no_claims_end_in_a_fault(services: Services, http, keys: Keys, changed: dict[str, Any]) -> None:
    try:
        caller = await services.access.admit([(b"authorization", b"Bearer " + keys.sign(good(**changed)).encode())])
    except Refusal as refusal:
        assert_status(refusal, 401, 403)
    else:
        caller.expires_at_text()
        caller.may_use_outlet(KAPOW)


def test_the_clock_of_the_product_is_the_one_that_tokens_are_made_by() -> None:
    assert abs(SystemClock().now_ms() // 1000 - claims()["iat"]) <= 1
