"""Two server processes on one database: one Z, gapless counters, and no sale stored twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from powerepos_cloud.foundation.database import Database
from powerepos_cloud.foundation.database.tenants import crossing
from powerepos_cloud.partnerservices.sales.recount import recount
from powerepos_cloud.partnerservices.sales.tables import sales, z_reports
from tests.authserver.conftest import world
from tests.support.application import settings_for
from tests.support.server import Server, serving
from tests.support.trader import OUTLET, batch, open_shop, sale, sign_in
from tests.support.world import World

__all__ = ["world"]

SENDERS = 8


@pytest.fixture
def servers(world: World, directory_url: str, partnerservices_url: str) -> Iterator[tuple[Server, Server]]:
    """Both ready."""
    settings = settings_for(directory_url, partnerservices_url)
    with serving(settings) as one, serving(settings) as other:
        yield one, other


class Senders:
    """Eight senders at once, half of them at each server."""

    def __init__(self, servers: tuple[Server, Server], token: str) -> None:
        self._servers = servers
        self._headers = {"Authorization": f"Bearer {token}"}

    def send(self, bodies: list[Any], path: str = "addbatch") -> list[Any]:
        """All of these at once, in turn to the one and to the other; their answers."""
        with ThreadPoolExecutor(SENDERS) as threads:
            return list(threads.map(lambda entry: self._post(*entry, path), enumerate(bodies)))

    def _post(self, n: int, body: Any, path: str) -> Any:
        url = f"{self._servers[n % 2].url}/api/v1/sales/{path}"
        answer = httpx.post(url, json=body, headers=self._headers, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def test_senders_at_two_processes_get_one_z_and_no_gap(
    servers: tuple[Server, Server], world: World, partnerservices_database: Database
) -> None:
    await open_shop(partnerservices_database, world)
    senders = Senders(servers, sign_in(servers[0].url, world))
    for day in range(1, 5):
        bodies = [batch(sale(1150), sale(500), trading_date=f"2026-01-{day:02d}") for _ in range(SENDERS)]
        answers = senders.send(bodies)
        assert [answer["batchResult"] for answer in answers] == [0] * SENDERS
        assert len({answer["zReportID"] for answer in answers}) == 1
    mixed = [batch(sale(100), terminal="Kiosk", trading_date=f"2026-01-{n % 5 + 1:02d}") for n in range(40)]
    assert {answer["batchResult"] for answer in senders.send(mixed)} == {0}
    rows = await partnerservices_database.reader.all(crossing(select(z_reports), "a test"))
    assert sorted(row.counter for row in rows if row.terminal_key == "web shop") == [1, 2, 3, 4]
    assert sorted(row.counter for row in rows if row.terminal_key == "kiosk") == [1, 2, 3, 4, 5]
    found = await recount(partnerservices_database)
    assert (found.zs, found.sales, found.differences) == (9, 4 * SENDERS * 2 + 40, [])


async def test_identical_batches_at_two_processes_are_stored_once(
    servers: tuple[Server, Server], world: World, partnerservices_database: Database
) -> None:
    await open_shop(partnerservices_database, world)
    senders = Senders(servers, sign_in(servers[0].url, world))
    for turn in range(4):
        body = batch(*(sale(100 + n) for n in range(20)), trading_date=f"2026-02-{turn + 1:02d}")
        answers = senders.send([body] * SENDERS)
        words = [{result["outcome"] for result in answer["batchItemResults"]} for answer in answers]
        assert (words.count({"created"}), words.count({"replayed"})) == (1, SENDERS - 1)
        assert len({answer["zReportID"] for answer in answers}) == 1
    found = await recount(partnerservices_database)
    assert (found.zs, found.sales, found.differences) == (4, 80, [])


async def test_replacements_at_two_processes_are_versions_in_a_row(
    servers: tuple[Server, Server], world: World, partnerservices_database: Database
) -> None:
    """The same two sales in every batch, in either order, with other content each time: the last one to be stored counts."""
    await open_shop(partnerservices_database, world)
    senders = Senders(servers, sign_in(servers[0].url, world))
    ids = [sale(1)["salesTransactionID"] for _ in range(2)]
    bodies = []
    for n in range(24):
        order = ids if n % 2 else ids[::-1]
        bodies.append(batch(*(sale(1000 + n, one) for one in order), trading_date=f"2026-03-{n % 3 + 1:02d}"))
    answers = senders.send(bodies)
    assert {answer["batchResult"] for answer in answers} == {0}
    versions = sorted(
        (result["salesTransactionID"], result["version"]) for answer in answers for result in answer["batchItemResults"]
    )
    assert versions == sorted((one, version) for one in ids for version in range(1, 25))
    found = await recount(partnerservices_database)
    assert (found.sales, found.differences) == (2, [])


async def test_sales_and_finalising_at_two_processes_lose_nothing(
    servers: tuple[Server, Server], world: World, partnerservices_database: Database
) -> None:
    await open_shop(partnerservices_database, world)
    token = sign_in(servers[0].url, world)
    senders = Senders(servers, token)
    z_id = senders.send([batch(sale(100))])[0]["zReportID"]
    stored = 1
    for _ in range(4):
        finalise = {"outletID": OUTLET, "zReportID": z_id}
        with ThreadPoolExecutor(2) as threads:
            closing = threads.submit(senders.send, [finalise] * 2, "finalisezreport")
            answers = senders.send([batch(sale(100)) for _ in range(12)])
            assert sorted(answer["resultCode"] for answer in closing.result()) == [0, 1]
        assert {answer["batchResult"] for answer in answers} == {0}
        stored += 12
        late = senders.send([batch(sale(100))])[0]
        stored += 1
        assert late["zReportID"] != z_id
        z_id = late["zReportID"]
    found = await recount(partnerservices_database)
    assert (found.zs, found.sales, found.differences) == (5, stored, [])
    assert await partnerservices_database.reader.scalar(crossing(select(func.count()).select_from(sales), "a test")) == stored
