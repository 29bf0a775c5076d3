"""Partners' own client libraries against a real server, over real HTTP, and three libraries that verify what they got."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import jwt
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.jose import JsonWebKey, JsonWebToken
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from oauthlib.oauth2 import InvalidGrantError, LegacyApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session
from sqlalchemy import update

from powerepos_cloud.directory import tables as t
from tests.authserver.test_client_authentication import jwk, register
from tests.support.application import settings_for
from tests.support.server import Server, serving
from tests.support.world import ISSUER, PARTNERSERVICES_URI, World
from tests.webui.document import Document

SCOPE = ["partnerservices", "offline_access"]


@pytest.fixture
def server(
    anyio_backend: str, world: World, directory_url: str, partnerservices_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """A server on the world's data, by the system's clock, and libraries that bear plain http."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with serving(settings_for(directory_url, partnerservices_url)) as started:
        yield started


def token_url(server: Server) -> str:
    """Where tokens are."""
    return f"{server.url}/authorisation/token"


def verified_by_three(server: Server, token: str, alg: str) -> dict[str, Any]:
    """The claims, verified by PyJWT, joserfc and Authlib alike, signature and times."""
    jwks = httpx.get(f"{server.url}/authorisation/jwks").json()
    kid = jwt.get_unverified_header(token)["kid"]
    by_pyjwt: dict[str, Any] = jwt.decode(
        token, jwt.PyJWKClient(f"{server.url}/authorisation/jwks").get_signing_key(kid), algorithms=[alg],
        audience=PARTNERSERVICES_URI, issuer=ISSUER,
    )  # fmt: skip
    by_joserfc = joserfc_jwt.decode(token, KeySet.import_key_set(jwks), algorithms=[alg])
    joserfc_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": PARTNERSERVICES_URI}
    ).validate(by_joserfc.claims)
    by_authlib = JsonWebToken([alg]).decode(token, JsonWebKey.import_key_set(jwks))
    by_authlib.validate()
    assert by_pyjwt == by_joserfc.claims == dict(by_authlib)
    return by_pyjwt


def short_lived(server: Server) -> Any:
    """Authlib's assertion as the documentation mends it."""
    page = Document(httpx.get(f"{server.url}/docs/authserver").raise_for_status().text)
    names: dict[str, Any] = {}
    exec(page.code["Authlib: an assertion that lives a minute"], names)
    return names["ShortLived"]


def opens_the_service(server: Server, token: str) -> bool:
    """Whether Partner Services takes it."""
    answer = httpx.get(f"{server.url}/api/v1/connection", headers={"authorization": f"Bearer {token}"})
    return answer.status_code == 200


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
async def test_tokens_verify_with_three_libraries(world: World, directory_url: str, partnerservices_url: str, alg: str) -> None:
    await world.run(update(t.services).where(t.services.c.name == "partnerservices").values(alg=alg))
    with serving(settings_for(directory_url, partnerservices_url)) as server:
        form = world.client.form("password", **world.account.login())
        answer = httpx.post(token_url(server), data=form).json()
        claims = verified_by_three(server, answer["access_token"], alg)
        assert claims["sub"] == world.account.id
        assert opens_the_service(server, answer["access_token"])


@pytest.mark.parametrize("way", ["body", "basic", "basic and client_id in the body"])
def test_requests_oauthlib_signs_in_and_refreshes(server: Server, world: World, way: str) -> None:
    client, account = world.client, world.account
    session = OAuth2Session(client=LegacyApplicationClient(client_id=client.id, scope=SCOPE))
    options: dict[str, Any] = {"auth": HTTPBasicAuth(client.id, client.secret)}
    if way == "body":
        options = {"client_id": client.id, "client_secret": client.secret, "include_client_id": True}
    elif way != "basic":
        options["include_client_id"] = True
    token = session.fetch_token(
        token_url(server), username=account.id, password=account.password, org_id=account.org_id, **options
    )
    assert token["scope"] == SCOPE
    assert token["svc"] == PARTNERSERVICES_URI
    assert token["expires_in"] == 28800
    assert session.get(f"{server.url}/api/v1/connection").status_code == 200
    options.pop("include_client_id", None)
    refreshed = session.refresh_token(token_url(server), **options)
    assert refreshed["scope"] == SCOPE
    assert refreshed["refresh_token"] != token["refresh_token"]
    assert session.get(f"{server.url}/api/v1/connection").status_code == 200
    session.close()


def test_requests_oauthlib_raises_what_the_error_says(server: Server, world: World) -> None:
    with (
        OAuth2Session(client=LegacyApplicationClient(client_id=world.client.id, scope=SCOPE)) as session,
        pytest.raises(InvalidGrantError, match="service account or password is wrong"),
    ):
        session.fetch_token(
                token_url(server), username=world.account.id, password="wrong", org_id=world.account.org_id,
                client_secret=world.client.secret, include_client_id=True,
            )  # fmt: skip


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_authlib_signs_in_and_refreshes_by_secret(server: Server, world: World, method: str) -> None:
    client, account = world.client, world.account
    with OAuth2Client(client.id, client.secret, token_endpoint_auth_method=method, scope=" ".join(SCOPE)) as session:
        token = session.fetch_token(
            token_url(server), grant_type="password", username=account.id, password=account.password, org_id=account.org_id
        )
        assert token["scope"] == " ".join(SCOPE)
        assert session.get(f"{server.url}/api/v1/connection").status_code == 200
        refreshed = session.refresh_token(token_url(server))
        assert refreshed["refresh_token"] != token["refresh_token"]
        assert session.get(f"{server.url}/api/v1/connection").status_code == 200
        approved = session.fetch_token(token_url(server), grant_type="client_credentials", org_id="HARBOUR-1", scope="ros")
        assert approved["svc"] == f"{ISSUER}/ros/"


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
async def test_authlib_signs_in_and_refreshes_by_signed_assertion(
    world: World, directory_url: str, partnerservices_url: str, alg: str
) -> None:
    key = ec.generate_private_key(ec.SECP256R1()) if alg == "ES256" else rsa.generate_private_key(65537, 2048)
    await register(world, world.client, jwk(key))
    private = ECKey.import_key(key) if isinstance(key, ec.EllipticCurvePrivateKey) else RSAKey.import_key(key)
    with (
        serving(settings_for(directory_url, partnerservices_url)) as server,
        OAuth2Client(world.client.id, private, token_endpoint_auth_method="private_key_jwt", scope=" ".join(SCOPE)) as session,
    ):
        session.register_client_auth_method(short_lived(server)(ISSUER, alg=alg))  # its token_endpoint is the audience
        token = session.fetch_token(
            token_url(server), grant_type="password", username=world.account.id, password=world.account.password,
            org_id=world.account.org_id,
        )  # fmt: skip
        refreshed = session.refresh_token(token_url(server), refresh_token=token["refresh_token"])
        assert opens_the_service(server, refreshed["access_token"])


def test_a_bare_client_that_reads_only_the_access_token_is_served(server: Server, world: World) -> None:
    """As a partner's Ruby script does: a trailing slash, `Accept: */*`, and no look at anything but one field."""
    form = world.client.form("password", **world.account.login())
    headers = {
        "Accept-Encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3", "Accept": "*/*", "User-Agent": "Ruby",
        "Content-Type": "application/x-www-form-urlencoded",
    }  # fmt: skip
    connection = http.client.HTTPConnection(str(urlsplit(server.url).netloc))
    connection.request("POST", "/authorisation/token/", urlencode(form), headers)
    answer = connection.getresponse()
    token = json.loads(answer.read())["access_token"]
    connection.request("GET", "/api/v1/connection", headers={"Authorization": f"Bearer {token}", "User-Agent": "Ruby"})
    assert connection.getresponse().status == 200
    connection.close()


def test_the_metadata_leads_an_authlib_client_to_everything(server: Server, world: World) -> None:
    metadata = httpx.get(f"{server.url}/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == ISSUER
    for name in ("token_endpoint", "revocation_endpoint", "introspection_endpoint", "jwks_uri"):
        here = metadata[name].replace(ISSUER, server.url)
        assert httpx.get(here).status_code == (200 if name == "jwks_uri" else 405)
    with OAuth2Client(world.client.id, world.client.secret, token_endpoint_auth_method="client_secret_basic") as session:
        token = session.fetch_token(
            token_url(server), grant_type="password", scope=" ".join(SCOPE),
            **{name: value for name, value in world.account.login().items() if name != "scope"},
        )  # fmt: skip
        revoke = metadata["revocation_endpoint"].replace(ISSUER, server.url)
        assert session.revoke_token(revoke, token=token["refresh_token"], token_type_hint="refresh_token").status_code == 200
        answer = httpx.post(token_url(server), data=world.client.form("refresh_token", refresh_token=token["refresh_token"]))
        assert answer.json()["error"] == "invalid_grant"
        instance_id, credential, _ = world.instances["partnerservices"]
        introspect = metadata["introspection_endpoint"].replace(ISSUER, server.url)
        found = httpx.post(introspect, data={"token": token["access_token"]}, auth=(instance_id, credential))
        assert found.json() == {"active": False}
