"""Clients that partners really use work unchanged, over real HTTP (contract section 3)."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet, RSAKey
from oauthlib.oauth2 import LegacyApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session
from sqlalchemy import update

from powerepos_cloud.directory.tables import clients, services
from tests.support.application import settings_for
from tests.support.server import Server, free_port, serving
from tests.support.world import PARTNERSERVICES_URI, World

SCOPE = ["partnerservices", "offline_access"]


@pytest.fixture
def server(anyio_backend: str, world: World, directory_url: str, partnerservices_url: str) -> Iterator[Server]:
    """A server whose issuer is its own address."""
    port = free_port()
    settings = settings_for(
        directory_url, partnerservices_url, issuer=f"http://127.0.0.1:{port}", service_uri=PARTNERSERVICES_URI
    )
    with serving(settings, port=port) as started:
        yield started


@pytest.fixture(autouse=True)
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's own switch for plain http on this machine."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def token_url(server: Server) -> str:
    """Where tokens are asked for."""
    return f"{server.url}/authorisation/token"


def login(world: World) -> dict[str, str]:
    """Account, password and organisation."""
    return {"username": world.account.id, "password": world.account.password, "org_id": world.account.org_id}


@pytest.mark.parametrize("sends", ["body", "basic"])
async def test_requests_oauthlib_gets_and_refreshes_a_token(server: Server, world: World, sends: str) -> None:
    session = OAuth2Session(client=LegacyApplicationClient(client_id=world.client.id, scope=SCOPE))
    options: dict[str, Any] = {"client_secret": world.client.secret, "include_client_id": True}
    if sends == "basic":  # with client_id in the body, too
        options = {"auth": HTTPBasicAuth(world.client.id, world.client.secret), "include_client_id": True}
    token = session.fetch_token(token_url(server), **login(world), **options)
    assert token["scope"] == SCOPE
    assert token["svc"] == PARTNERSERVICES_URI
    kept = {"client_id": world.client.id, "client_secret": world.client.secret}
    renewed = session.refresh_token(token_url(server), **kept)
    assert renewed["refresh_token"] != token["refresh_token"]
    answer = session.get(f"{server.url}/api/v1/connection")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
async def test_authlib_gets_and_refreshes_a_token(server: Server, world: World, method: str) -> None:
    with OAuth2Client(world.client.id, world.client.secret, token_endpoint_auth_method=method, scope=" ".join(SCOPE)) as session:
        token = session.fetch_token(token_url(server), grant_type="password", **login(world))
        assert token["expires_in"] == 28800
        renewed = session.refresh_token(token_url(server))
        assert renewed["refresh_token"] != token["refresh_token"]
        assert session.get(f"{server.url}/api/v1/connection").status_code == 200


async def test_authlib_proves_itself_by_a_private_key(server: Server, world: World) -> None:
    key = RSAKey.generate_key(2048, {"kid": "partner-1", "alg": "RS256", "use": "sig"})
    jwks = json.dumps({"keys": [key.as_dict(private=False)]})
    await world.run(update(clients).where(clients.c.id == world.client.id).values(jwks=jwks))
    issuer = httpx.get(f"{server.url}/.well-known/oauth-authorization-server").json()["issuer"]
    # The library's own hour is longer than the five minutes that an assertion may live.
    signed = PrivateKeyJWT(issuer, claims={"exp": int(time.time()) + 240}, headers={"kid": "partner-1"}, alg="RS256")
    with OAuth2Client(world.client.id, key.as_dict(private=True), scope=" ".join(SCOPE)) as session:
        session.register_client_auth_method(signed)
        session.token_endpoint_auth_method = "private_key_jwt"
        token = session.fetch_token(token_url(server), grant_type="password", **login(world))
    assert token["svc"] == PARTNERSERVICES_URI


async def test_a_bare_client_with_a_trailing_slash_reads_only_the_access_token(server: Server, world: World) -> None:
    headers = {"User-Agent": "Ruby", "Accept": "*/*", "Accept-Encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3"}
    form = world.client.form("client_credentials", org_id=world.account.org_id, scope="ros offline_access")
    answer = httpx.post(f"{token_url(server)}/", data=form, headers=headers, follow_redirects=False)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}", "Content-Type": "application/x-www-form-urlencoded"}
    assert httpx.get(f"{server.url}/ros/connection", headers=bearer).status_code == 200


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
async def test_tokens_of_both_algorithms_verify_with_what_is_published(
    world: World, directory_url: str, partnerservices_url: str, alg: str
) -> None:
    await world.run(update(services).where(services.c.name == "partnerservices").values(alg=alg))
    with serving(settings_for(directory_url, partnerservices_url)) as started:
        token = httpx.post(token_url(started), data=world.client.form("password", **world.account.login())).json()["access_token"]
        jwks = httpx.get(f"{started.url}/authorisation/jwks").json()
        kid = jwt.get_unverified_header(token)["kid"]
        by_pyjwt = jwt.decode(token, jwt.PyJWKSet.from_dict(jwks)[kid].key, algorithms=[alg], audience=PARTNERSERVICES_URI)
        assert by_pyjwt == joserfc_jwt.decode(token, KeySet.import_key_set(jwks), algorithms=[alg]).claims
        opened = httpx.get(f"{started.url}/api/v1/connection", headers={"Authorization": f"Bearer {token}"})
        assert opened.status_code == 200, opened.text
