"""A server that is killed with `kill -9` at any moment loses no answered grant, rotation or revocation, and does none by half.

Short in `make test`; `TESTS_FAULTS=long` kills it two hundred times.
"""

import os
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import pytest

from powerepos_cloud.audit.tables import audit
from powerepos_cloud.authserver.tables import families, superseded
from powerepos_cloud.directory.tables import revocations
from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.foundation.database import open_database
from powerepos_cloud.foundation.sealing import Seal
from tests.support.application import MASTER_KEY, settings_for
from tests.support.patience import until_seen
from tests.support.server import Server, serving
from tests.support.world import World, make_world

IS_LONG = os.environ.get("TESTS_FAULTS") == "long"
KILLS = 200 if IS_LONG else 5
WORKERS = 6
MOST_USES = 40 if IS_LONG else 6  # so that a long run stays below the limit on live families
FAMILIES_MOST = 10_000


@dataclass
class Chain:
    """One grant as its partner knows it."""

    refresh_token: str
    access_token: str
    rotations: int = 0
    revocation: str = ""
    """`sent`: nobody can know; `answered`: it must hold."""


@dataclass
class Ledger:
    """What was answered, and so must hold."""

    chains: list[Chain] = field(default_factory=list)
    unanswered: int = 0
    trouble: list[str] = field(default_factory=list)

    def report(self) -> str:
        """In one line."""
        rotations = sum(chain.rotations for chain in self.chains)
        revoked = sum(chain.revocation == "answered" for chain in self.chains)
        return (
            f"{KILLS} kills; answered: {len(self.chains)} grants, {rotations} rotations, {revoked} revocations; "
            f"{self.unanswered} requests broke off and were sent again"
        )


class Partner(threading.Thread):
    """Signs in, refreshes and revokes without pause; what is not answered is sent again as it was."""

    def __init__(self, server: Server, world: World, ledger: Ledger, over: threading.Event) -> None:
        super().__init__()
        self._url = server.url
        self._http = httpx.Client(timeout=5)
        self._world = world
        self._ledger = ledger
        self._over = over

    def run(self) -> None:
        """Work until the test is over."""
        with self._http:
            while not self._over.is_set() and not self._ledger.trouble:
                self._one_family()

    def _one_family(self) -> None:
        """A family that is used a few times; every third one is revoked at last."""
        client = self._world.client
        body = self._until_answered("token", client.form("password", **self._world.account.login()))
        if body is None:
            return
        chain = Chain(body["refresh_token"], body["access_token"])
        self._ledger.chains.append(chain)
        for _ in range(random.randint(0, MOST_USES)):
            body = self._until_answered("token", client.form("refresh_token", refresh_token=chain.refresh_token))
            if body is None:
                return
            chain.refresh_token, chain.access_token = body["refresh_token"], body["access_token"]
            chain.rotations += 1
        if random.random() < 0.3:
            chain.revocation = "sent"
            if self._until_answered("revoke", client.form("-", token=chain.refresh_token)) is not None:
                chain.revocation = "answered"

    def _until_answered(self, endpoint: str, form: dict[str, str]) -> dict[str, str] | None:
        """The answer's body; None if the test is over."""
        while not self._over.is_set():
            try:
                answer = self._http.post(f"{self._url}/authorisation/{endpoint}", data=form)
            except httpx.TransportError:
                self._ledger.unanswered += 1
                time.sleep(0.02)
                continue
            if answer.status_code == 200:
                return answer.json() if answer.content else {}
            if answer.status_code != 503:
                self._ledger.trouble.append(f"{endpoint}: {answer.status_code} {answer.text}")
                return None
        return None


@pytest.mark.timeout(3600)  # the long form starts the server two hundred times
async def test_what_was_answered_survives_every_kill(directory_url: str, partnerservices_url: str) -> None:
    database = open_database("directory", directory_url)
    world = await make_world(database, SystemClock(), Seal(MASTER_KEY))
    ledger, over = Ledger(), threading.Event()
    with serving(settings_for(directory_url, partnerservices_url, families_per_connection=FAMILIES_MOST)) as server:
        partners = [Partner(server, world, ledger, over) for _ in range(WORKERS)]
        for partner in partners:
            partner.start()
        try:
            for _ in range(KILLS):
                kill_at_random(server)
            time.sleep(0.2)
        finally:
            over.set()
            for partner in partners:
                partner.join()
        print(ledger.report())
        assert not ledger.trouble
        assert KILLS < len(ledger.chains) < FAMILIES_MOST
        with httpx.Client(base_url=server.url, timeout=10) as http:
            for chain in ledger.chains:
                check(http, world, chain)
    await nothing_is_half_done(world, ledger)
    await database.close()


def kill_at_random(server: Server) -> None:
    """Kill it under load, sometimes again while it starts, and wait until it is back."""
    time.sleep(random.uniform(0.02, 0.6))
    server.kill()
    if random.random() < 0.25:
        server.launch()
        time.sleep(random.uniform(0.1, 1.5))
        server.kill()
    server.start()


def check(http: httpx.Client, world: World, chain: Chain) -> None:
    """An answered revocation holds; every other chain goes on, and its successors too."""
    first = refresh(http, world, chain.refresh_token)
    if chain.revocation == "answered" or (chain.revocation == "sent" and first.status_code != 200):
        assert (first.status_code, first.json()["error"]) == (400, "invalid_grant"), first.text
        comes_to(http, chain.access_token, 401)
        return
    assert first.status_code == 200, first.text
    again = refresh(http, world, chain.refresh_token)
    assert again.json()["refresh_token"] == first.json()["refresh_token"]
    second = refresh(http, world, first.json()["refresh_token"])
    assert second.status_code == 200, second.text
    comes_to(http, second.json()["access_token"], 200)


async def nothing_is_half_done(world: World, ledger: Ledger) -> None:
    """Each deed's rows are all there, or none: history, audit and feed agree with the families."""
    read = world.database.reader.all
    rows = {row.id: row for row in await read(families.select())}
    uses: dict[str, set[bytes]] = {}
    for row in await read(superseded.select()):
        uses.setdefault(row.family_id, set()).add(bytes(row.hash))
    for family_id, row in rows.items():
        assert (row.previous_hash is None) == (family_id not in uses)
        if row.previous_hash is not None:
            assert bytes(row.previous_hash) in uses[family_id]
            assert bytes(row.current_hash) not in uses[family_id]
    for chain in ledger.chains:
        used = len(uses.get(sid(chain.access_token), ()))
        # Two more by the check above; one more if an answer was lost in the end.
        assert chain.rotations <= used <= chain.rotations + 3
    revoked = sorted(row.id for row in rows.values() if row.state == "revoked")
    assert sorted(row.subject for row in await read(audit.select().where(audit.c.action == "grant.revoked"))) == revoked
    entries = await read(revocations.select().order_by(revocations.c.n))
    assert sorted(row.subject for row in entries) == revoked
    assert [row.n for row in entries] == list(range(1, len(entries) + 1))
    assert {row.state for row in rows.values()} <= {"active", "revoked"}
    answered = {sid(chain.access_token) for chain in ledger.chains if chain.revocation == "answered"}
    sent = {sid(chain.access_token) for chain in ledger.chains if chain.revocation}
    assert answered <= set(revoked) <= sent


def refresh(http: httpx.Client, world: World, token: str) -> httpx.Response:
    """One refresh."""
    return http.post("/authorisation/token", data=world.client.form("refresh_token", refresh_token=token))


def comes_to(http: httpx.Client, token: str, status: int) -> None:
    """Wait for a status of API calls with this token: two seconds, as promised."""
    headers = {"authorization": f"Bearer {token}"}
    until_seen(lambda: http.get("/api/v1/connection", headers=headers).status_code == status)


def sid(access_token: str) -> str:
    """The grant that a token belongs to."""
    claims: dict[str, Any] = jwt.decode(access_token, options={"verify_signature": False})
    grant_id: str = claims["sid"]
    return grant_id
