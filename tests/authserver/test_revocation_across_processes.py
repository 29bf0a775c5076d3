"""AuthServer and Partner Services in processes of their own: the feed goes over HTTP, and either may be away for a while."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from powerepos_cloud.directory import connections, organisations
from powerepos_cloud.foundation.database import Session
from tests.authserver.stage import MERCHANT, MINUTE
from tests.support.application import settings_for
from tests.support.clock import START_MS
from tests.support.patience import until_seen
from tests.support.server import Server, free_port, serving, set_clock
from tests.support.world import PARTNERSERVICES_URI, World


class Hosts(NamedTuple):
    """The two hosts, on one clock."""

    authserver: Server
    services: Server
    clock_file: Path


@pytest.fixture
def hosts(world: World, directory_url: str, partnerservices_url: str, tmp_path: Path) -> Iterator[Hosts]:
    """An AuthServer on the directory, a Partner Services on its own database, which knows the AuthServer by its URL."""
    clock_file, port = tmp_path / "now", free_port()
    set_clock(clock_file, START_MS)
    instance_id, credential, _ = world.instances["partnerservices"]
    issuer = f"http://127.0.0.1:{port}"
    authserver = settings_for(directory_url, "", role="authserver", issuer=issuer)
    services = settings_for(
        "", partnerservices_url, role="partnerservices", issuer=issuer, service_uri=PARTNERSERVICES_URI, ros_uri="",
        master_key="", instance_id=instance_id, instance_credential=credential,
    )  # fmt: skip
    with serving(authserver, clock_file=clock_file, port=port) as one, serving(services, clock_file=clock_file) as other:
        yield Hosts(one, other, clock_file)


def token_request(hosts: Hosts, form: dict[str, str]) -> httpx.Response:
    """POST /authorisation/token."""
    return httpx.post(f"{hosts.authserver.url}/authorisation/token", data=form, timeout=10)


def sign_in(hosts: Hosts, world: World) -> dict[str, Any]:
    """A password grant that must succeed."""
    answer = token_request(hosts, world.client.form("password", **world.account.login()))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def call(hosts: Hosts, token: str) -> httpx.Response:
    """An API call."""
    url = f"{hosts.services.url}/api/v1/connection"
    return httpx.get(url, headers={"authorization": f"Bearer {token}"}, timeout=10)


def comes_to(hosts: Hosts, token: str, status: int, seconds: float = 2) -> None:
    """Wait for a status of API calls with this token."""
    until_seen(lambda: call(hosts, token).status_code == status, seconds)


async def deed(world: World, function: Any) -> None:
    """A deed of the merchant on the connection of client and account, written by this process."""

    async def unit(session: Session) -> None:
        organisation = await organisations.by_code(session, world.harbour.code)
        await function(session, START_MS, MERCHANT, organisation, world.client.id, world.account.id)

    await world.database.write(unit)


class Watcher:
    """Calls without pause from another thread; keeps what was answered, in order, while the service was there."""

    def __init__(self, hosts: Hosts, token: str) -> None:
        self.statuses: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(hosts, token))

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self, hosts: Hosts, token: str) -> None:
        while not self._stop.is_set():
            try:
                self.statuses.append(call(hosts, token).status_code)
            except httpx.TransportError:
                time.sleep(0.005)


async def test_a_deed_on_one_host_stops_the_next_call_on_the_other_within_two_seconds(hosts: Hosts, world: World) -> None:
    grant = sign_in(hosts, world)
    refresh = world.client.form("refresh_token", refresh_token=grant["refresh_token"])
    assert call(hosts, grant["access_token"]).status_code == 200
    for _ in range(2):
        await deed(world, connections.pause)
        comes_to(hosts, grant["access_token"], 401)
        assert token_request(hosts, refresh).json()["error"] == "unauthorized_client"
        await deed(world, connections.resume)
        comes_to(hosts, grant["access_token"], 200)
    assert token_request(hosts, refresh).status_code == 200
    client = {"client_id": world.client.id, "client_secret": world.client.secret}
    url = f"{hosts.authserver.url}/authorisation/revoke"
    assert httpx.post(url, data=client | {"token": grant["refresh_token"]}, timeout=10).status_code == 200
    comes_to(hosts, grant["access_token"], 401)


async def test_a_service_that_was_down_knows_it_before_it_answers(hosts: Hosts, world: World) -> None:
    paused = sign_in(hosts, world)
    assert call(hosts, paused["access_token"]).status_code == 200
    hosts.services.kill()
    await deed(world, connections.pause)
    with Watcher(hosts, paused["access_token"]) as watcher:
        hosts.services.start()
        comes_to(hosts, paused["access_token"], 401)
    assert set(watcher.statuses) <= {401, 503}
    assert watcher.statuses[-1] == 401
    assert watcher.statuses == sorted(watcher.statuses, reverse=True)  # once it knows, it does not forget
    await deed(world, connections.resume)
    comes_to(hosts, paused["access_token"], 200)
    living = sign_in(hosts, world)
    assert call(hosts, living["access_token"]).status_code == 200


async def test_services_go_on_without_the_authserver_until_what_they_know_is_stale(hosts: Hosts, world: World) -> None:
    grant = sign_in(hosts, world)
    assert call(hosts, grant["access_token"]).status_code == 200
    hosts.authserver.kill()
    assert call(hosts, grant["access_token"]).status_code == 200
    set_clock(hosts.clock_file, START_MS + 15 * MINUTE)
    assert call(hosts, grant["access_token"]).status_code == 200
    set_clock(hosts.clock_file, START_MS + 15 * MINUTE + 1)
    stale = call(hosts, grant["access_token"])
    assert (stale.status_code, stale.json()["errorCode"]) == (503, "service.unavailable")
    assert stale.headers["retry-after"]
    with Watcher(hosts, grant["access_token"]) as watcher:
        hosts.authserver.start()
        comes_to(hosts, grant["access_token"], 200, seconds=5)
    assert set(watcher.statuses) == {503, 200}


async def test_a_service_that_starts_without_the_authserver_answers_503_and_recovers_by_itself(
    hosts: Hosts, world: World
) -> None:
    grant = sign_in(hosts, world)
    await deed(world, connections.pause)
    hosts.authserver.kill()
    hosts.services.kill()
    with Watcher(hosts, grant["access_token"]) as watcher:
        hosts.services.launch()
        until_seen(lambda: len(watcher.statuses) >= 20, 20)
        hosts.authserver.start()
        comes_to(hosts, grant["access_token"], 401, seconds=15)
    assert set(watcher.statuses) <= {503, 401}
