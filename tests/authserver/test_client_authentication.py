"""How a client proves itself: secret in the body, HTTP Basic, signed assertion (contract section 3, RFC 6749, RFC 7523)."""

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy import insert, select, update

from powerepos_cloud.authserver import tables as a
from powerepos_cloud.authserver.assertions import ASSERTION_TYPE
from powerepos_cloud.authserver.client_auth import read_basic
from powerepos_cloud.directory import tables as t
from powerepos_cloud.directory.keysets import public_keys
from powerepos_cloud.foundation.ids import new_id
from powerepos_cloud.foundation.secrets import SecretKind, from_bytes, generate
from tests.support.application import Running, running, settings_for
from tests.support.oauth import assert_refused, roaming
from tests.support.world import ISSUER, Client, World

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@pytest.fixture
async def app(world: World, directory_url: str, partnerservices_url: str) -> AsyncIterator[Running]:
    """The application, each request coming from elsewhere: what is looked at here is no limit."""
    async with roaming(directory_url, partnerservices_url, world.clock) as started:
        yield started


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    """Made once, because it takes long."""
    return rsa.generate_private_key(65537, 2048)


def ec_key() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def jwk(key: PrivateKey, **members: str) -> dict[str, Any]:
    """The public half, as a partner pastes it."""
    public: ECKey | RSAKey | OKPKey
    if isinstance(key, ec.EllipticCurvePrivateKey):
        public = ECKey.import_key(key.public_key())
    elif isinstance(key, rsa.RSAPrivateKey):
        public = RSAKey.import_key(key.public_key())
    else:
        public = OKPKey.import_key(key.public_key())
    return {**public.as_dict(private=False), **members}


async def register(world: World, client: Client, *keys: dict[str, Any]) -> None:
    """Store public keys with a client, as the directory does."""
    stored = public_keys(json.dumps({"keys": keys}))
    await world.run(update(t.clients).where(t.clients.c.id == client.id).values(jwks=stored))


def assertion(world: World, key: Any, alg: str = "ES256", *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
    """A good assertion of the world's client, but for `claims`; those that are None are left out."""
    now = world.clock.now_ms() // 1000
    good = {"iss": world.client.id, "sub": world.client.id, "aud": ISSUER, "exp": now + 300, "jti": new_id()}
    payload = {name: value for name, value in (good | claims).items() if value is not None}
    return jwt.encode(payload, key, algorithm=alg, headers=headers)


def asserted(world: World, signed: str, **others: str) -> dict[str, str]:
    """A token request that shows an assertion instead of a secret."""
    login = {name: value for name, value in world.account.login().items() if value is not None}
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
    return {"grant_type": "password", **login, **proof, **others}


def without_client(world: World, **others: str) -> dict[str, str]:
    """A token request that lacks client authentication."""
    login = {name: value for name, value in world.account.login().items() if value is not None}
    return {"grant_type": "password", **login, **others}


def basic(user: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic, its two parts taken as they are."""
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def refused(app: Running, answer: httpx.Response) -> None:
    """Check that it is the one text for every failed authentication."""
    plain = await app.token({"grant_type": "password"})
    assert assert_refused(answer, 401, "invalid_client") == plain.json()


# Secrets


async def test_a_secret_in_the_body_or_by_basic_proves_the_client(app: Running, world: World) -> None:
    client = world.client
    assert (await app.token(client.form("password", **world.account.login()))).status_code == 200
    form_encoded = quote(client.secret, safe="").replace("_", "%5F")
    fully_encoded = "".join(f"%{byte:02x}" for byte in client.secret.encode())
    for headers in (
        basic(client.id, client.secret),
        basic(client.id, form_encoded),
        basic("".join(f"%{byte:02X}" for byte in client.id.encode()), fully_encoded),
        {"authorization": basic(client.id, client.secret)["authorization"].replace("Basic ", "bAsIc   ")},
    ):
        answer = await app.token(without_client(world), headers=headers)
        assert answer.status_code == 200, (headers, answer.text)


async def test_a_client_id_beside_basic_only_identifies_and_must_be_equal(app: Running, world: World) -> None:
    headers = basic(world.client.id, world.client.secret)
    answer = await app.token(without_client(world, client_id=world.client.id), headers=headers)
    assert answer.status_code == 200, answer.text
    await refused(app, await app.token(without_client(world, client_id=world.other_client.id), headers=headers))


def test_basic_credentials_are_form_decoded() -> None:
    encoded = base64.b64encode(b"a+b%3Ac%2B:d%2Be+f:%C3%A9")
    assert read_basic([b"Basic " + encoded]) == ("a b:c+", "d+e f:é")


async def test_two_ways_at_once_are_invalid_request_whether_right_or_wrong(app: Running, world: World) -> None:
    key = ec_key()
    await register(world, world.client, jwk(key))
    wrong = generate(SecretKind.CLIENT_SECRET)
    for secret in (world.client.secret, wrong):
        in_body = {"client_id": world.client.id, "client_secret": secret}
        by_header = basic(world.client.id, secret)
        proof = asserted(world, assertion(world, key))
        requests: list[tuple[dict[str, str], dict[str, str]]] = [
            (without_client(world, **in_body), by_header), (proof | in_body, {}), (proof, by_header),
            (proof | in_body, by_header),
        ]  # fmt: skip
        for form, headers in requests:
            answer = await app.token(form, headers=headers)
            assert_refused(answer, 400, "invalid_request", says="Two ways of client authentication")


async def test_whatever_is_wrong_with_client_authentication_the_answer_is_the_same(app: Running, world: World) -> None:
    client, other = world.client, world.other_client
    for given in (
        {},
        {"client_id": client.id},
        {"client_secret": client.secret},
        {"client_id": client.id, "client_secret": other.secret},
        {"client_id": other.id, "client_secret": client.secret},
        {"client_id": client.id.upper(), "client_secret": client.secret},
        {"client_id": client.id, "client_secret": client.secret + "x"},
        {"client_id": client.id, "client_secret": client.secret[:-1]},
        {"client_id": client.id, "client_secret": world.account.password},
        {"client_id": "unknown", "client_secret": generate(SecretKind.CLIENT_SECRET)},
        {"client_id": world.account.id, "client_secret": world.account.password},
    ):
        await refused(app, await app.token(without_client(world, **given)))
    encoded = base64.b64encode(f"{client.id}:{client.secret}".encode()).decode()
    in_body = {"client_id": client.id, "client_secret": client.secret}
    for authorization in (
        f"Bearer {client.secret}",
        f"Digest username={client.id}",
        "Basic",
        "Basic ",
        "Basic !!!!",
        f"Basic {encoded[:-3]}",
        f"Basic {encoded}\u00e9",
        f"Basic {encoded} {encoded}",
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + base64.b64encode(b"%ff:%ff").decode(),
        "Basic " + base64.b64encode(f"%00:{client.secret}".encode()).decode(),
        "Basic " + base64.b64encode(f"a\0b:{client.secret}".encode()).decode(),
        "",
    ):
        for form in (without_client(world), without_client(world, client_id=client.id)):
            answer = await app.token(form, headers={b"authorization": authorization.encode("latin-1")})
            await refused(app, answer)
    for authorization in (f"Bearer {client.secret}", "", "Negotiate x"):
        await refused(app, await app.token(without_client(world, **in_body), headers={"authorization": authorization}))


async def test_two_authorization_headers_are_refused_even_if_both_are_right(app: Running, world: World) -> None:
    value = basic(world.client.id, world.client.secret)["authorization"]
    in_body = {"client_id": world.client.id, "client_secret": world.client.secret}
    for second in (value, "Bearer x", ""):
        headers = [("authorization", value), ("authorization", second)]
        await refused(app, await app.token(without_client(world), headers=headers))
        await refused(app, await app.token(without_client(world, **in_body), headers=headers))


async def test_two_live_secrets_work_until_they_expire_or_are_ended(app: Running, world: World) -> None:
    second = generate(SecretKind.CLIENT_SECRET)
    now = world.clock.now_ms()
    hash_key, hashed = world.ring.keys.hash(SecretKind.CLIENT_SECRET, second)
    await world.run(
        insert(t.client_secrets).values(
            client_id=world.client.id, hash=hashed, hash_key=hash_key, hint="-", created_at=now, expires_at=now + 1000
        )
    )

    async def answers(secret: str) -> httpx.Response:
        return await app.token(Client(world.client.id, secret).form("password", **world.account.login()))

    for secret in (world.client.secret, second):
        assert (await answers(secret)).status_code == 200
    world.clock.advance_ms(999)  # type: ignore[attr-defined]
    assert (await answers(second)).status_code == 200
    world.clock.advance_ms(1)  # type: ignore[attr-defined]
    await refused(app, await answers(second))
    assert (await answers(world.client.secret)).status_code == 200
    await world.run(update(t.client_secrets).where(t.client_secrets.c.client_id == world.client.id).values(ended_at=now))
    for secret in (world.client.secret, second):
        await refused(app, await answers(secret))


def forgeries(kind: SecretKind, stored: bytes) -> Sequence[str]:
    """What a thief of the database might try in a secret's place."""
    return (
        stored.hex(),
        stored.hex().upper(),
        base64.b64encode(stored).decode(),
        base64.urlsafe_b64encode(stored).decode().rstrip("="),
        base64.b32encode(stored).decode().rstrip("=").lower(),
        from_bytes(kind, stored),  # well formed
        from_bytes(kind, hmac.digest(stored, b"", "sha256")),
        stored.decode("latin-1").replace("\0", ""),
    )


async def test_what_is_stored_is_never_accepted_in_a_secrets_place(app: Running, world: World) -> None:
    first = await app.token(world.client.form("password", **world.account.login()))
    assert first.status_code == 200
    reader, client, account = world.database.reader, world.client, world.account
    stored = await reader.scalar(select(t.client_secrets.c.hash).where(t.client_secrets.c.client_id == client.id))
    for forged in forgeries(SecretKind.CLIENT_SECRET, stored):
        await refused(app, await app.token(Client(client.id, forged).form("password", **account.login())))
        await refused(app, await app.token(without_client(world), headers=basic(client.id, quote(forged, safe=""))))
    stored = await reader.scalar(select(t.account_passwords.c.hash).where(t.account_passwords.c.account_id == account.id))
    for forged in forgeries(SecretKind.SERVICE_PASSWORD, stored):
        answer = await app.token(client.form("password", **account.login(password=forged)))
        assert_refused(answer, 400, "invalid_grant")
    for forged in forgeries(SecretKind.REFRESH_TOKEN, await reader.scalar(select(a.families.c.current_hash))):
        answer = await app.token(client.form("refresh_token", refresh_token=forged))
        assert_refused(answer, 400, "invalid_grant")
    instance_id, credential, _ = world.instances["partnerservices"]
    credentials = t.instance_credentials
    stored = await reader.scalar(select(credentials.c.hash).where(credentials.c.instance_id == instance_id))
    for forged in forgeries(SecretKind.INSTANCE_CREDENTIAL, stored):
        headers = basic(instance_id, quote(forged, safe=""))
        assert_refused(await app.http.get("/authorisation/revocations", headers=headers), 401, "invalid_client")
    proof = basic(instance_id, credential)
    assert (await app.http.get("/authorisation/revocations", headers=proof)).status_code == 200
    answer = await app.token(client.form("refresh_token", refresh_token=first.json()["refresh_token"]))
    assert answer.status_code == 200, answer.text  # nothing of this consumed it


# Assertions


async def test_an_assertion_proves_the_client_with_each_algorithm(app: Running, world: World, rsa_key: rsa.RSAPrivateKey) -> None:
    keys: dict[str, PrivateKey] = {
        "ES256": ec_key(),
        "PS256": rsa_key,
        "RS256": rsa_key,
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }
    await register(world, world.client, jwk(keys["ES256"]), jwk(rsa_key), jwk(keys["EdDSA"]))
    for alg, key in keys.items():
        for others in ({}, {"client_id": world.client.id}):
            answer = await app.token(asserted(world, assertion(world, key, alg), **others))
            assert answer.status_code == 200, (alg, answer.text)
    answer = await app.token(world.client.form("password", **world.account.login()))
    assert answer.status_code == 200, answer.text  # its secret goes on working


async def test_a_bad_assertion_is_refused_like_a_wrong_secret(app: Running, world: World, rsa_key: rsa.RSAPrivateKey) -> None:
    key, now = ec_key(), world.clock.now_ms() // 1000
    await register(world, world.client, jwk(key, kid="one"), jwk(rsa_key, kid="two"))
    await register(world, world.other_client, jwk(ec_key()))
    good = assertion(world, key)
    header, payload, signature = good.split(".")
    pem = rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    x = base64.urlsafe_b64decode(jwk(key)["x"] + "==")
    hand_signed = [hs256(world, secret) for secret in (pem, x, json.dumps(jwk(key)).encode(), b"")]
    long_ago = "." + base64.urlsafe_b64encode(b'{"iss":1}').decode().rstrip("=") + "."
    for bad in (
        assertion(world, ec_key()),
        assertion(world, key, aud=f"{ISSUER}/authorisation/token"),
        assertion(world, key, aud=f"{ISSUER}/"),
        assertion(world, key, aud=[ISSUER]),
        assertion(world, key, aud=None),
        assertion(world, key, exp=now + 361),
        assertion(world, key, exp=now + 86_400),
        assertion(world, key, exp=now - 60),
        assertion(world, key, exp=10**30),
        assertion(world, key, exp=None),
        assertion(world, key, exp=str(now + 60)),
        assertion(world, key, exp=True),
        assertion(world, key, nbf=now + 61),
        assertion(world, key, jti=None),
        assertion(world, key, jti=""),
        assertion(world, key, jti=7),
        assertion(world, key, iss=world.other_client.id),
        assertion(world, key, iss=None),
        assertion(world, key, sub=world.other_client.id, iss=world.other_client.id),
        assertion(world, key, sub=None),
        assertion(world, key, sub="a\0b", iss="a\0b"),
        assertion(world, key, sub="unknown", iss="unknown"),
        assertion(world, key, headers={"kid": "two"}),
        assertion(world, key, headers={"kid": "three"}),
        assertion(world, key, headers={"kid": ""}),
        assertion(world, key, headers={"crit": ["exp"]}),
        assertion(world, key, headers={"crit": []}),
        assertion(world, key, headers={"crit": None}),
        assertion(world, key, headers={"crit": 1}),
        assertion(world, rsa_key, "RS384"),
        assertion(world, rsa_key, "PS512"),
        assertion(world, None, "none"),
        *hand_signed,
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[:-4]}",
        f"{header}.{payload}",
        f"{good}.",
        f"{header}!.{payload}.{signature}",
        f"{header}. {payload}.{signature}",
        f"{header}{long_ago}{signature}",
        "x",
        "é.é.é",
        "..",
    ):
        await refused(app, await app.token(asserted(world, bad)))
    for others in ({"client_id": world.other_client.id}, {"client_assertion_type": "urn:x"}, {"client_assertion_type": ""}):
        await refused(app, await app.token(asserted(world, good) | others))
    await refused(app, await app.token(without_client(world, client_assertion_type=ASSERTION_TYPE)))
    answer = await app.token(asserted(world, good))
    assert answer.status_code == 200, answer.text  # what was refused did not use up its jti


def hs256(world: World, secret: bytes) -> str:
    """An assertion "signed" by HMAC with something public for a key; made by hand, since libraries refuse to."""
    parts = assertion(world, None, "none").split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    return hs256_token(f"{header}.{parts[1]}", secret)


def hs256_token(signing_input: str, secret: bytes) -> str:
    """Header and claims, already encoded, with an HMAC for a signature."""
    signature = hmac.digest(secret, signing_input.encode(), "sha256")
    return f"{signing_input}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


async def test_an_assertion_lives_five_minutes_at_most_and_a_minute_of_skew_is_borne(app: Running, world: World) -> None:
    key, now = ec_key(), world.clock.now_ms() // 1000
    await register(world, world.client, jwk(key))
    for claims in ({"exp": now + 300}, {"exp": now + 0.5}, {"exp": now - 59}, {"nbf": now + 60}, {"iat": now}):
        answer = await app.token(asserted(world, assertion(world, key, **claims)))
        assert answer.status_code == 200, (claims, answer.text)


async def test_header_parameters_that_are_not_known_are_ignored(app: Running, world: World) -> None:
    key = ec_key()
    await register(world, world.client, jwk(key))
    harmless: list[dict[str, Any]] = [{"x5c": ["A" * 1500]}, {"x5t#S256": "A" * 43}, {"cty": "JWT"}, {"vendor": {"a": [1]}}]
    for headers in harmless:
        answer = await app.token(asserted(world, assertion(world, key, headers=headers)))
        assert answer.status_code == 200, (headers, answer.text)
    tempting: list[dict[str, Any]] = [{"jwk": jwk(ec_key())}, {"jku": "https://example.com/keys"}, {"b64": False}]
    for headers in tempting:
        signed = assertion(world, key, headers=headers)
        assert (await app.token(asserted(world, signed))).status_code in (200, 401)
        await refused(app, await app.token(asserted(world, assertion(world, ec_key(), headers=headers))))


async def test_a_header_nested_to_the_edge_of_the_parsers_is_a_refusal_not_a_fault(app: Running, world: World) -> None:
    key = ec_key()
    await register(world, world.client, jwk(key))
    payload = assertion(world, key).split(".")[1]
    for depth in range(880, 1010):
        nested = b'{"alg":"ES256","x":' + b"[" * depth + b"]" * depth + b"}"
        header = base64.urlsafe_b64encode(nested).decode().rstrip("=")
        answer = await app.token(asserted(world, f"{header}.{payload}.AAAA"))
        assert answer.status_code == 401, (depth, answer.text)


async def test_the_key_is_chosen_by_kid_else_by_algorithm(app: Running, world: World, rsa_key: rsa.RSAPrivateKey) -> None:
    first, second, for_pss = ec_key(), ec_key(), rsa.generate_private_key(65537, 2048)
    await register(
        world, world.client, jwk(first, kid="first"), jwk(second, kid="second"), jwk(for_pss, alg="PS256"),
        jwk(rsa_key, alg="RS256"),
    )  # fmt: skip
    for key, alg, headers in (
        (first, "ES256", None),
        (first, "ES256", {"kid": "first"}),
        (second, "ES256", {"kid": "second"}),
        (for_pss, "PS256", None),
        (rsa_key, "RS256", None),
    ):
        answer = await app.token(asserted(world, assertion(world, key, alg, headers=headers)))
        assert answer.status_code == 200, (alg, headers, answer.text)
    await refused(app, await app.token(asserted(world, assertion(world, second))))  # by algorithm it is the first's turn
    await refused(app, await app.token(asserted(world, assertion(world, rsa_key, "PS256"))))  # it is for RS256 only


async def test_an_assertion_of_a_client_without_keys_or_switched_off_is_refused(app: Running, world: World) -> None:
    key = ec_key()
    await refused(app, await app.token(asserted(world, assertion(world, key))))
    await register(world, world.client, jwk(key))
    await world.run(update(t.clients).where(t.clients.c.id == world.client.id).values(state="off"))
    answer = await app.token(asserted(world, assertion(world, key)))
    assert_refused(answer, 400, "unauthorized_client", says="switched off")
    await refused(app, await app.token(asserted(world, assertion(world, ec_key()))))


async def test_a_jti_is_taken_once_per_client_also_after_a_restart(
    world: World, directory_url: str, partnerservices_url: str
) -> None:
    key, settings = ec_key(), settings_for(directory_url, partnerservices_url)
    for client in (world.client, world.other_client):
        await register(world, client, jwk(key))
    signed = assertion(world, key, jti="only-once")
    theirs = assertion(world, key, jti="only-once", iss=world.other_client.id, sub=world.other_client.id)
    async with running(settings, world.clock) as app:
        assert (await app.token(asserted(world, signed))).status_code == 200
        await refused(app, await app.token(asserted(world, signed)))
    async with running(settings, world.clock) as app:
        await refused(app, await app.token(asserted(world, signed)))
        again = assertion(world, key, jti="only-once", exp=world.clock.now_ms() // 1000 + 100)
        await refused(app, await app.token(asserted(world, again)))
        answer = await app.token(asserted(world, theirs))  # proved, though the account is not for this client
        assert_refused(answer, 400, "invalid_grant")


async def test_of_many_requests_at_once_with_one_assertion_exactly_one_is_served(app: Running, world: World) -> None:
    key = ec_key()
    await register(world, world.client, jwk(key))
    for _ in range(3):
        signed = assertion(world, key)
        answers = await asyncio.gather(*(app.token(asserted(world, signed)) for _ in range(12)))
        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 11


async def test_a_used_jti_counts_even_if_the_grant_was_refused(app: Running, world: World) -> None:
    key = ec_key()
    await register(world, world.client, jwk(key))
    signed = assertion(world, key)
    answer = await app.token(asserted(world, signed, password=generate(SecretKind.SERVICE_PASSWORD)))
    assert_refused(answer, 400, "invalid_grant")
    await refused(app, await app.token(asserted(world, signed)))
