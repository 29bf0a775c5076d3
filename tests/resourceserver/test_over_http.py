"""A service on its own host: its AuthServer behind real HTTP, and itself too."""

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import httpx
import pytest

from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.foundation.database import Database
from powerepos_cloud.resourceserver.feed import HttpFeed
from powerepos_cloud.resourceserver.jwks import HttpKeySource
from tests.resourceserver.authserver import Feed, Gone, Keys, claims
from tests.resourceserver.http_server import free_port, serving
from tests.resourceserver.services import Services
from tests.support.patience import until_answered


class AuthServer:
    """Keys and feed as a bare ASGI application; all that a service may ask of an AuthServer."""

    def __init__(self, keys: Keys, feed: Feed) -> None:
        self.keys, self.feed = keys, feed
        self.closing = False

    async def __call__(self, scope, receive, send) -> None:
        status, body = 200, b"{}"
        if scope["path"] == "/authorisation/jwks":
            body = json.dumps(self.keys.jwks()).encode()
        elif self.closing:
            status = 503
        else:
            query = parse_qs(scope["query_string"].decode())
            try:
                page = await self.feed.read(*(int(query[name][0]) for name in ("after", "wait", "limit")))
                body = json.dumps(page).encode()
            except Gone:
                status = 410
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


class Hosts:
    """Two servers: the AuthServer's and the service's."""

    def __init__(self, url: str, http: httpx.AsyncClient, keys: Keys, issuer: str, services: Services) -> None:
        self.url, self.http, self.keys, self.issuer, self.services = url, http, keys, issuer, services

    def token(self, **changed: object) -> str:
        return self.keys.sign(claims(iss=self.issuer, **{"aud": f"{self.url}/", "svc": f"{self.url}/", **changed}))

    async def call(self, token: str) -> httpx.Response:
        return await self.http.get(f"{self.url}/api/v1/connection", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def auth_port() -> int:
    return free_port()


@pytest.fixture
async def hosts(keys: Keys, auth_port: int, partnerservices_database: Database) -> AsyncIterator[Hosts]:
    """The service runs; the AuthServer is not there yet."""
    port, issuer = free_port(), f"http://127.0.0.1:{auth_port}"
    async with httpx.AsyncClient(trust_env=False) as http:
        services = Services(
            key_source=HttpKeySource(http, issuer=issuer),
            feed_source=HttpFeed(http, issuer=issuer, instance_id="siinstance", credential="pepos_si_x"),
            database=partnerservices_database,
            clock=SystemClock(),
            issuer=issuer,
            uri=f"http://127.0.0.1:{port}/",
            ros_uri=f"http://127.0.0.1:{port}/ros/",
        )
        services.keys.start()
        services.revocations.start()
        async with serving(services.app, port) as url:
            yield Hosts(url, http, keys, issuer, services)
        await services.revocations.stop()
        await services.keys.stop()


async def until_status(hosts: Hosts, token: str, status: int) -> None:
    async def met() -> bool:
        return (await hosts.call(token)).status_code == status

    await until_answered(met)


async def test_it_waits_for_its_authserver_then_follows_it_through_a_restart(
    hosts: Hosts, keys: Keys, feed: Feed, auth_port: int
) -> None:
    token = hosts.token()
    starting = await hosts.call(token)
    assert (starting.status_code, starting.headers["retry-after"]) == (503, "1")
    await feed.add("grant", "refused", "revoked-before-the-start")
    authserver = AuthServer(keys, feed)
    async with serving(authserver, auth_port):
        await until_status(hosts, token, 200)
        assert (await hosts.call(hosts.token(sid="revoked-before-the-start"))).status_code == 401
        await feed.add("account", "refused", "svc-demo")
        await until_status(hosts, token, 401)
        await feed.add("account", "lifted", "svc-demo")
        await until_status(hosts, token, 200)
        authserver.closing = True
        await feed.add("client", "lifted", "other")
        await asyncio.sleep(0.1)
    assert (await hosts.call(token)).status_code == 200  # the AuthServer is away, its keys and revocations are known
    await feed.add("connection", "refused", client_id="clientone", sub="svc-demo", org_id="DEMO-CAFE")
    authserver = AuthServer(keys, feed)
    async with serving(authserver, auth_port):
        await until_status(hosts, token, 401)
        authserver.closing = True
        await feed.add("client", "lifted", "other")
        await asyncio.sleep(0.1)


async def test_a_key_that_is_new_to_the_service_is_fetched_by_the_first_token(hosts: Hosts, feed: Feed, auth_port: int) -> None:
    authserver = AuthServer(hosts.keys, feed)
    async with serving(authserver, auth_port):
        await until_status(hosts, hosts.token(), 200)
        newer = Keys()
        jwks = newer.jwks()
        jwks["keys"][0]["kid"] = "newer"
        newer.jwks = lambda: jwks  # type: ignore[method-assign]
        authserver.keys = newer
        signed = newer.sign(claims(iss=hosts.issuer, aud=f"{hosts.url}/", svc=f"{hosts.url}/"), kid="newer")
        assert (await hosts.call(signed)).status_code == 200
        assert (await hosts.call(hosts.token())).status_code == 401
        authserver.closing = True
        await feed.add("client", "lifted", "other")
        await asyncio.sleep(0.1)


async def raw(url: str, request: bytes) -> bytes:
    """Send bytes as they are, and read the answer to its end."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("lines", "statuses"),
    [
        (b"Authorization: Bearer a.b.c\r\nAuthorization: Bearer a.b.c", (401, 503)),
        (b"AUTHORIZATION: bEARER a.b.c", (401, 503)),
        (b"Authorization: Bearer a\x00b", (400, 401)),
        (b"Authorization: Bearer \xff\xfe", (400, 401, 503)),
        (b"Authorization: Bearer " + b"a" * 60_000, (400, 401, 431, 503)),
        (b"Authorization:", (401,)),
    ],
)
async def test_raw_bytes_on_the_wire_never_end_in_a_fault(hosts: Hosts, lines: bytes, statuses: tuple[int, ...]) -> None:
    head = b"GET /api/v1/connection HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + lines + b"\r\n\r\n"
    answer = await raw(hosts.url, head)
    assert int(answer.split(b" ", 2)[1]) in statuses, answer[:300]


async def test_what_the_server_sends_is_what_the_contract_says(hosts: Hosts) -> None:
    answer = await hosts.http.get(f"{hosts.url}/api/v1/nothing", headers={"X-Request-ID": "till-7"})
    assert answer.status_code == 404
    assert answer.json()["requestID"] == answer.headers["x-request-id"]
    assert answer.headers["x-client-request-id"] == "till-7"
    head = await hosts.http.head(f"{hosts.url}/api/v1/connection")
    assert (head.status_code, head.content) == (401, b"")
    metadata = await hosts.http.get(f"{hosts.url}/.well-known/oauth-protected-resource/ros")
    assert metadata.json()["resource"] == f"{hosts.url}/ros/"
