"""Rotation with two server processes on one database, and over a crash: one family, one successor, nobody locked out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from powerepos_cloud.authserver.tables import families, superseded
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.keyring import store as keyring_store
from tests.authserver.stage import DAY, MINUTE
from tests.support.application import settings_for
from tests.support.clock import START_MS
from tests.support.server import Server, serving, set_clock
from tests.support.world import World

AT_ONCE = 20


class Pair(NamedTuple):
    """Two server processes on one directory and one clock."""

    servers: tuple[Server, Server]
    clock_file: Path


@pytest.fixture
def pair(world: World, directory_url: str, tmp_path: Path) -> Iterator[Pair]:
    """Both ready."""
    clock_file = tmp_path / "now"
    set_clock(clock_file, START_MS)
    settings = settings_for(directory_url, "", role="authserver")
    with serving(settings, clock_file=clock_file) as one, serving(settings, clock_file=clock_file) as other:
        yield Pair((one, other), clock_file)


def request(server: Server, form: dict[str, str]) -> httpx.Response:
    """POST /authorisation/token, on a connection of its own."""
    return httpx.post(f"{server.url}/authorisation/token", data=form, timeout=30)


def sign_in(server: Server, world: World) -> str:
    """A password grant's refresh token."""
    answer = request(server, world.client.form("password", **world.account.login()))
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["refresh_token"]
    return token


def refresh_form(world: World, token: str) -> dict[str, str]:
    """A refresh."""
    return world.client.form("refresh_token", refresh_token=token)


async def test_twenty_uses_at_once_on_two_processes_get_one_successor_generation_after_generation(
    pair: Pair, world: World
) -> None:
    token = sign_in(pair.servers[0], world)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for _ in range(6):
            form = refresh_form(world, token)
            uses = [threads.submit(request, pair.servers[n % 2], form) for n in range(AT_ONCE)]
            answers = [use.result() for use in uses]
            assert [answer.status_code for answer in answers] == [200] * AT_ONCE, [answer.text for answer in answers]
            successors = {answer.json()["refresh_token"] for answer in answers}
            assert len(successors) == 1
            token = successors.pop()
    [family] = await world.database.reader.all(families.select())
    assert (family.state, family.repeats) == ("active", AT_ONCE - 1)
    assert len(await world.database.reader.all(superseded.select())) == 6
    assert request(pair.servers[1], refresh_form(world, token)).status_code == 200


async def test_many_families_at_once_on_two_processes_stay_apart(pair: Pair, world: World) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        tokens = list(threads.map(lambda n: sign_in(pair.servers[n % 2], world), range(AT_ONCE)))
        for turn in range(3):
            forms = [(pair.servers[(n + turn) % 2], refresh_form(world, token)) for n, token in enumerate(tokens)]
            answers = list(threads.map(lambda pair: request(*pair), forms))
            assert {answer.status_code for answer in answers} == {200}
            tokens = [answer.json()["refresh_token"] for answer in answers]
    assert len(set(tokens)) == AT_ONCE
    rows = await world.database.reader.all(families.select())
    assert len(rows) == AT_ONCE
    assert {row.repeats for row in rows} == {0}


async def test_keys_that_are_rotated_under_both_processes_lose_no_token(pair: Pair, world: World) -> None:
    token = sign_in(pair.servers[0], world)
    for kind in ("hash", "refresh"):

        async def rotate(session: Session, kind: str = kind) -> None:
            await keyring_store.rotate(session, world.seal, START_MS, kind=kind, alg="HS256", at_once=True, keep_ms=DAY)

        await world.database.write(rotate)
    set_clock(pair.clock_file, START_MS + 11 * MINUTE)
    for turn in range(8):
        # One has read the new key, since a request for the key set reads it; the other may not have.
        httpx.get(f"{pair.servers[turn % 2].url}/authorisation/jwks", timeout=10)
        answers = [request(server, refresh_form(world, token)) for server in pair.servers]
        assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
        [token] = {answer.json()["refresh_token"] for answer in answers}


async def test_an_answer_lost_in_a_crash_is_fetched_again_two_minutes_later_from_the_restarted_server(
    pair: Pair, world: World
) -> None:
    server, other = pair.servers
    token = sign_in(server, world)
    body = httpx.Request("POST", server.url, data=refresh_form(world, token)).content
    with server.connect() as connection:
        connection.sendall(
            b"POST /authorisation/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        assert connection.recv(1)  # it was answered: so it is durable, and the rest of the answer is lost
    server.kill()
    [family] = await world.database.reader.all(families.select())
    assert family.previous_hash is not None
    set_clock(pair.clock_file, START_MS + 2 * MINUTE)
    by_other = request(other, refresh_form(world, token)).json()["refresh_token"]
    server.start()
    set_clock(pair.clock_file, START_MS + 4 * MINUTE)
    again = request(server, refresh_form(world, token))
    assert again.status_code == 200, again.text
    assert again.json()["refresh_token"] == by_other
    for each in (server, other):
        assert request(each, refresh_form(world, by_other)).status_code == 200
    [family] = await world.database.reader.all(families.select())
    assert family.state == "active"
