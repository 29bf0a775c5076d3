"""A server that is killed with `kill -9` at any moment loses no answered grant, rotation or revocation.

Short in `make test`; `POWEREPOS_FAULTS=long` kills it two hundred times.
"""

import os
import random
import threading
import time
from dataclasses import dataclass, field

import httpx

from tests.support.application import settings_for
from tests.support.server import serving
from tests.support.world import World

KILLS = 200 if os.environ.get("POWEREPOS_FAULTS") == "long" else 6
WORKERS = 6


@dataclass
class Ledger:
    """What was answered, and so must hold."""

    current: dict[int, str] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    grants: int = 0
    rotations: int = 0
    trouble: list[str] = field(default_factory=list)


class Partner(threading.Thread):
    """Signs in, refreshes and revokes; what is not answered is sent again as it was."""

    def __init__(self, url: str, world: World, ledger: Ledger, over: threading.Event) -> None:
        super().__init__()
        self._url = url
        self._http = httpx.Client(timeout=5)
        self._world = world
        self._ledger = ledger
        self._over = over

    def run(self) -> None:
        """Work until the test is over."""
        with self._http:
            self._work()

    def _work(self) -> None:
        """Families, each used a few times; every third one is revoked at last."""
        number = id(self)
        while not self._over.is_set():
            body = self._until_answered("token", self._world.client.form("password", **self._world.account.login()))
            if body is None:
                return
            self._ledger.grants += 1
            token = body["refresh_token"]
            for _ in range(random.randint(1, 6)):
                self._ledger.current[number] = token
                body = self._until_answered("token", self._world.client.form("refresh_token", refresh_token=token))
                if body is None:
                    return
                self._ledger.rotations += 1
                token = body["refresh_token"]
            self._ledger.current[number] = token
            if random.random() < 0.3:
                form = self._world.client.form("-", token=token)
                if self._until_answered("revoke", form) is None:
                    del self._ledger.current[number]  # not answered: it may have happened or not
                    return
                self._ledger.revoked.append(token)
                del self._ledger.current[number]
            number += 1_000_003

    def _until_answered(self, endpoint: str, form: dict[str, str]) -> dict[str, str] | None:
        """The answer's body; None if the test is over."""
        while not self._over.is_set():
            try:
                answer = self._http.post(f"{self._url}/authorisation/{endpoint}", data=form)
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            if answer.status_code == 200:
                return answer.json() if answer.content else {}
            if answer.status_code != 503:
                self._ledger.trouble.append(f"{endpoint}: {answer.status_code} {answer.text}")
                return None
        return None


async def test_what_was_answered_survives_every_kill(world: World, directory_url: str, partnerservices_url: str) -> None:
    ledger, stop = Ledger(), threading.Event()
    with serving(settings_for(directory_url, partnerservices_url, families_per_connection=10_000)) as server:
        partners = [Partner(server.url, world, ledger, stop) for _ in range(WORKERS)]
        for partner in partners:
            partner.start()
        for _ in range(KILLS):
            time.sleep(random.uniform(0.05, 0.6))
            server.kill()
            server.start()
        stop.set()
        for partner in partners:
            partner.join()
        assert not ledger.trouble
        assert ledger.grants > KILLS
        for token in ledger.current.values():
            answer = refresh(server.url, world, token)
            assert answer.status_code == 200, answer.text
        for token in ledger.revoked:
            assert refresh(server.url, world, token).json()["error"] == "invalid_grant"
    print(f"{KILLS} kills; {ledger.grants} grants, {ledger.rotations} rotations, {len(ledger.revoked)} revocations answered")


def refresh(url: str, world: World, token: str) -> httpx.Response:
    """One refresh."""
    return httpx.post(f"{url}/authorisation/token", data=world.client.form("refresh_token", refresh_token=token), timeout=10)
