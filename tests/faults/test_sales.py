"""A server that is killed with `kill -9` at any moment loses no answered sale, stores none twice, and keeps totals right.

Short in `make test`; `TESTS_FAULTS=long` kills it two hundred times on each database.
"""

import os
import random
import threading
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from powerepos_cloud.foundation.database import Database
from powerepos_cloud.foundation.database.tenants import crossing
from powerepos_cloud.partnerservices.changes.tables import changes
from powerepos_cloud.partnerservices.sales import store
from powerepos_cloud.partnerservices.sales.recount import recount
from powerepos_cloud.partnerservices.sales.tables import sales
from tests.support.application import settings_for
from tests.support.server import serving
from tests.support.trader import OUTLET, batch, open_shop, post_until_answered, sale, sign_in
from tests.support.world import World

KILLS = 200 if os.environ.get("TESTS_FAULTS") == "long" else 7
SENDERS = 6
PARTIAL = {"allowPartialBatchSubmission": True}


class Sender(threading.Thread):
    """Sends new sales, changes and moves of its own earlier ones, and now and then finalises; resends until answered."""

    def __init__(self, url: str, token: str, over: threading.Event) -> None:
        super().__init__()
        self._http = httpx.Client(timeout=10)
        self._url = url
        self._token = token
        self._over = over
        self.expected: dict[str, int] = {}
        """What every answered sale must be, in cents."""
        self.batches = self.in_vain = self.replayed = self.refused = 0
        self.trouble: str | None = None

    def run(self) -> None:
        """Work until the test is over; what was begun is carried to its end."""
        try:
            with self._http:
                while not self._over.is_set():
                    self._send_one()
        except Exception as error:
            self.trouble = repr(error)

    def _post(self, path: str, body: Any) -> Any:
        answer, in_vain = post_until_answered(self._http, self._url, self._token, path, body)
        assert answer.status_code == 200, answer.text
        self.in_vain += in_vain
        return answer.json()

    def _send_one(self) -> None:
        wanted = {
            one["salesTransactionID"]: one for one in (sale(random.randint(1, 99_999)) for _ in range(random.randint(1, 6)))
        }
        for known in random.sample(sorted(self.expected), min(len(self.expected), random.randint(0, 3))):
            wanted[known] = sale(random.randint(1, 99_999), known)
        day, terminal = f"2026-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}", random.choice(["Web Shop", "Kiosk"])
        answer = self._post("addbatch", batch(*wanted.values(), trading_date=day, terminal=terminal, batchOptions=PARTIAL))
        self.batches += 1
        for one, result in zip(wanted.values(), answer["batchItemResults"], strict=True):
            self._note(one, result)
        if random.random() < 0.15 and answer["zReportID"]:
            done = self._post("finalisezreport", {"outletID": OUTLET, "zReportID": answer["zReportID"]})
            assert done["resultCode"] in (0, 1), done

    def _note(self, one: dict[str, Any], result: dict[str, Any]) -> None:
        sale_id = one["salesTransactionID"]
        if result["outcome"] == "rejected":
            assert (result["code"], sale_id in self.expected) == ("z.finalised", True), result
            self.refused += 1
            return
        assert result["outcome"] in ("created", "replaced", "replayed"), result
        self.replayed += result["outcome"] == "replayed"
        self.expected[sale_id] = round(one["transactionItems"][0]["amount"] * 100)


@pytest.mark.timeout(3600)  # the long form starts the server two hundred times
async def test_what_was_answered_survives_every_kill(
    world: World, directory_url: str, partnerservices_url: str, partnerservices_database: Database
) -> None:
    await open_shop(partnerservices_database, world)
    over = threading.Event()
    with serving(settings_for(directory_url, partnerservices_url)) as server:
        token = sign_in(server.url, world)
        senders = [Sender(server.url, token, over) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        try:
            for _ in range(KILLS):
                time.sleep(random.uniform(0.1, 0.7))
                server.kill()
                server.start()
            time.sleep(0.3)
        finally:
            over.set()
            for sender in senders:
                sender.join()
    assert [sender.trouble for sender in senders if sender.trouble] == []
    expected = {sale_id: cents for sender in senders for sale_id, cents in sender.expected.items()}
    assert len(expected) > KILLS
    await compare(partnerservices_database, expected)
    figures = {name: sum(getattr(sender, name) for sender in senders) for name in ("batches", "in_vain", "replayed", "refused")}
    print(f"{KILLS} kills; {len(expected)} sales answered; {figures}")


async def compare(database: Database, expected: dict[str, int]) -> None:
    """Every answered sale is stored once with its last content, nothing else is, and whatever is counted adds up."""
    rows = await database.reader.all(crossing(select(sales.c.id, sales.c.sale_no, sales.c.version, sales.c.gross), "a test"))
    assert len(rows) == len({row.id for row in rows})
    assert {row.id: row.gross // 100_000 for row in rows} == expected
    for row in rows:
        one = await database.read(lambda session, n=row.sale_no: store.load(session, n))  # type: ignore[misc]
        assert (len(one.items), len(one.payments)) == (1, 1)
    found = await recount(database)
    assert found.differences == []
    assert found.sales == len(expected)
    told = await database.reader.all(crossing(select(changes), "a test"))
    assert sorted(one.n for one in told) == list(range(1, len(told) + 1))
    versions = [(one.subject, one.version) for one in told if one.kind == "sale"]
    assert sorted(versions) == sorted((row.id, version) for row in rows for version in range(1, row.version + 1))
    zs = [(one.subject, one.change) for one in told if one.kind == "z"]
    assert len(zs) == len(set(zs))
    assert len([change for _, change in zs if change == "created"]) == found.zs
