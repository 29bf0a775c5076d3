"""What a sandbox held before its reset is deleted, piece by piece; nothing of anybody else is."""

import io
from typing import Any

from sqlalchemy import Table, func, select, text, update

from powerepos_cloud.foundation.database import Database, Session, crossing
from powerepos_cloud.foundation.database.schema import PARTNERSERVICES
from powerepos_cloud.observability.logs import build_log
from powerepos_cloud.partnerservices import sandbox
from powerepos_cloud.partnerservices.emptying import Emptying, empty, marked
from powerepos_cloud.partnerservices.outlets.tables import tenants
from powerepos_cloud.partnerservices.sales.recount import recount
from tests.partnerservices.figures.trade import PLACES, TODAY, Trade
from tests.partnerservices.stock.shop import order
from tests.support.patience import until_answered
from tests.support.world import Organisation
from tests.webui.test_stock_orders import Stockroom

OLD, MOVED, STAYS = (f"{n}{'0' * 7}-0000-4000-8000-000000000000" for n in (1, 2, 3))


async def trade(database: Database, kapow: str) -> None:
    """One of everything, a replaced sale and a replaced order included."""
    room, shop = Stockroom(database, Organisation(1, "ANY", kapow), "clientone"), Trade(database)
    await room.open()
    for quantity in (1, 2):
        await room.send(order(orderID="01900000-0000-7000-8000-000000000001", supplierOrderNumber=f"no {quantity}"))
    [place] = await shop.open(kapow, PLACES[:1])
    first = await shop.send(kapow, place, TODAY, [again := shop.sale(place, TODAY), shop.sale(place, TODAY, refund=True)])
    changed = shop.sale(place, TODAY) | {"salesTransactionID": again["salesTransactionID"]}
    await shop.send(kapow, place, TODAY, [changed], terminalName="Till 2", client="clientone")
    assert first.z is not None
    await shop.finalise(kapow, first.z)


async def counts(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    found = {}
    for table in PARTNERSERVICES.sorted_tables:
        wanted = crossing(select(func.count()).select_from(table), "a test counts what is stored")
        found[table.name] = await database.reader.scalar(wanted)
    return found


async def of(database: Database, kapow: str) -> dict[str, int]:
    """How many rows of each table are this organisation's own."""
    own = [table for table in PARTNERSERVICES.sorted_tables if "kapow" in table.c]
    return {table.name: await _count(database, table, kapow) for table in own}


async def _count(database: Database, table: Table, kapow: str) -> int:
    found: int = await database.reader.scalar(select(func.count()).select_from(table).where(table.c.kapow == kapow))
    return found


async def words(database: Database) -> int:
    """How many names the index of words finds by a word that each organisation's catalogue or sales have."""
    if database.dialect == "postgresql":
        return 0
    found: Any = await database.reader.scalar(
        text("SELECT count(*) FROM names_text WHERE names_text MATCH 'white OR visa OR milk'")
    )
    return int(found)


async def test_a_closed_sandbox_is_emptied_and_nothing_else(partnerservices_database: Database) -> None:
    database = partnerservices_database
    for kapow in (MOVED, STAYS):
        await trade(database, kapow)
    before, found_by_words, others = await counts(database), await words(database), await of(database, STAYS)
    assert (found_by_words > 0) == (database.dialect == "sqlite")
    await trade(database, OLD)
    assert await of(database, OLD) == others
    assert {name for name, number in others.items() if number == 0} <= {"request_log", "request_bodies", "audit"}
    assert not await database.write(lambda session: empty(session, OLD, 1)), "it is not closed"

    async def close(session: Session) -> None:
        await session.run(update(tenants).where(tenants.c.kapow == MOVED).values(state="gone"))
        await sandbox.leave(session, 1, OLD)

    await database.write(close)
    assert await marked(database.reader) == [OLD]
    assert not await database.write(lambda session: empty(session, MOVED, 1)), "it moved, and keeps its rows"
    assert await database.write(lambda session: empty(session, OLD, 1))
    assert (await recount(database)).differences == []  # which leaves alone what is being deleted

    log = io.StringIO()
    emptying = Emptying(database, build_log("debug", log), every_seconds=0.01)
    await emptying.start()

    async def is_done() -> bool:
        return await marked(database.reader) == []

    await until_answered(is_done, 5)
    await emptying.stop()
    assert log.getvalue() == ""
    left = {name: number for name, number in (await of(database, OLD)).items() if number}
    assert left.pop("tenants") == 1
    assert set(left) <= {"audit"}
    after = await counts(database)
    assert {name: after[name] - number for name, number in before.items() if name not in ("audit", "tenants")} == {
        name: 0 for name in before if name not in ("audit", "tenants")
    }
    assert await words(database) == found_by_words
    assert await of(database, STAYS) == others
    assert (await recount(database)).differences == []
