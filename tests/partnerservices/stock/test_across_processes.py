"""Two server processes on one database: identical orders are stored once, different contents are versions in a row."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from powerepos.contract import Permissions
from sqlalchemy import func, select, update

from powerepos_cloud.directory.tables import accounts
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.database.tenants import crossing
from powerepos_cloud.foundation.json_lists import dump_list
from powerepos_cloud.partnerservices.catalogue.samples import add_samples
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.stock.tables import stock_order_lines, stock_order_versions, stock_orders
from tests.authserver.conftest import world
from tests.partnerservices.stock.shop import OUTLET, line, order
from tests.support.application import settings_for
from tests.support.desk import ACTOR
from tests.support.server import Server, serving
from tests.support.trader import sign_in
from tests.support.world import World

__all__ = ["world"]

SENDERS = 8
LINES = 30


@pytest.fixture
def servers(world: World, directory_url: str, partnerservices_url: str) -> Iterator[tuple[Server, Server]]:
    """Both ready."""
    settings = settings_for(directory_url, partnerservices_url)
    with serving(settings) as one, serving(settings) as other:
        yield one, other


async def prepare(database: Database, world: World) -> None:
    """An outlet with stock, the documentation's catalogue, and the permission for the world's account."""
    kapow, now = world.harbour.kapow, world.clock.now_ms()

    async def unit(session: Session) -> None:
        await outlets.add(
            session, now, ACTOR, kapow, name="Harbour Cafe", zone="Pacific/Auckland", currency="NZD", outlet_id=OUTLET,
            stock_enabled=True,
        )  # fmt: skip
        await add_samples(session, now, ACTOR, kapow)

    await database.write(unit)
    allowed = update(accounts).where(accounts.c.id == world.account.id, accounts.c.organisation_id == world.harbour.id)
    await world.run(allowed.values(permissions=dump_list([Permissions.PARTNER_STOCK_SUBMIT])))


@pytest.mark.parametrize("dialect", ["sqlite"])  # on PostgreSQL the units of one process are as much at odds as those of two
async def test_orders_at_two_processes_are_stored_once_or_become_versions(
    servers: tuple[Server, Server], world: World, partnerservices_database: Database
) -> None:
    await prepare(partnerservices_database, world)
    headers = {"Authorization": f"Bearer {sign_in(servers[0].url, world)}"}

    def post(entry: tuple[int, Any]) -> Any:
        n, body = entry
        url = f"{servers[n % 2].url}/api/v1/stock/stockorders/addstockorder"
        answer = httpx.post(url, json=body, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(bodies: list[Any]) -> list[Any]:
        with ThreadPoolExecutor(SENDERS) as threads:
            return list(threads.map(post, enumerate(bodies)))

    for _ in range(3):
        body = order(*(line(n + 1) for n in range(LINES)))
        answers = send([body] * SENDERS)
        assert Counter(answer["outcome"] for answer in answers) == {"created": 1, "replayed": SENDERS - 1}
        assert all(answer["stockOrder"] == answers[0]["stockOrder"] for answer in answers)
    body = order()
    versions = send([{**body, "lineItems": [line(n + 1) for _ in range(LINES)]} for n in range(2 * SENDERS)])
    assert sorted(answer["version"] for answer in versions) == list(range(1, 2 * SENDERS + 1))

    async def count(table: Any) -> Any:
        return await partnerservices_database.reader.scalar(crossing(select(func.count()).select_from(table), "a test counts"))

    assert [await count(table) for table in (stock_orders, stock_order_lines)] == [4, 4 * LINES]
    assert await count(stock_order_versions) == 2 * SENDERS - 1
