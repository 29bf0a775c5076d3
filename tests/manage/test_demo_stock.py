"""The demo's supplier invoices: a month of them, with everything that a page about them shows."""

from sqlalchemy import func, select

from powerepos_cloud.foundation.database import Database
from powerepos_cloud.foundation.database.tenants import crossing
from powerepos_cloud.manage.demo_catalogue import COSTS, add_demo_catalogue
from powerepos_cloud.manage.demo_stock import StockDemo
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.stock import listing, reading
from powerepos_cloud.partnerservices.stock.model import Line
from powerepos_cloud.partnerservices.stock.tables import stock_order_versions
from powerepos_cloud.resourceserver.caller import Caller
from tests.partnerservices.catalogue.shop import ACTOR, KAPOW

NOW = 1_733_097_600_000
CALLER = Caller(
    service="partnerservices", organisation_code="HARBOUR-1", kapow=KAPOW, client_id="c", sub="demo", permissions=frozenset(),
    outlets=None, sid="demo", expires_at=NOW,
)  # fmt: skip


async def test_a_month_of_invoices_is_stored_once_and_holds_what_pages_show(partnerservices_database: Database) -> None:
    database = partnerservices_database
    await database.write(lambda session: add_demo_catalogue(session, NOW, ACTOR, KAPOW))
    outlet = await database.write(
        lambda session: outlets.add(
            session, NOW, ACTOR, KAPOW, name="Harbour Street", zone="Pacific/Auckland", currency="NZD", stock_enabled=True
        )
    )
    stored = await StockDemo(database, CALLER, NOW).buy(outlet)
    rows = await listing.list_orders(database.reader, KAPOW, limit=100)
    assert len(rows) == stored == 4 * len(COSTS) + 1
    assert {row.supplier_name for row in rows} == set(COSTS)
    changed, doubles = [], []
    for row in rows:
        found = await reading.find_order(database.reader, KAPOW, row.id)
        assert found is not None
        changed += [one.line.product_code for one in await reading.price_changes(database.reader, KAPOW, found)]
        doubles += [row.id for _ in await reading.duplicates(database.reader, KAPOW, found)]
    assert changed == ["RH-ESP-5"]
    assert len(doubles) == 2
    assert sorted(row.version for row in rows)[-2:] == [1, 2]
    assert {line.type for row in rows for line in (await _lines(database, row.id))} == {1, 10, 11}
    kept = await database.reader.scalar(crossing(select(func.count()).select_from(stock_order_versions), "a test counts"))
    assert kept == 1


async def _lines(database: Database, order_id: str) -> tuple[Line, ...]:
    found = await reading.find_order(database.reader, KAPOW, order_id)
    assert found is not None
    return found.order.lines
