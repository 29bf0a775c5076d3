"""Counts everything anew from the stored sales, and says where what is kept differs: for whoever doubts the figures."""

import msgspec
from sqlalchemy import select

from powerepos_cloud.foundation.database import Database, Session, crossing
from powerepos_cloud.partnerservices.outlets.tables import tenants
from powerepos_cloud.partnerservices.sales import store, totals
from powerepos_cloud.partnerservices.sales.model import content_hash, gross, pack
from powerepos_cloud.partnerservices.sales.tables import sales, z_counters, z_reports

# Where rows are being deleted just now, totals and counters need not fit.
_EMPTIED = select(tenants.c.kapow).where(tenants.c.is_to_be_emptied == 1)
_HEADS = crossing(
    select(z_reports.c.z_no, z_reports.c.kapow, z_reports.c.id)
    .where(z_reports.c.kapow.not_in(_EMPTIED))
    .order_by(z_reports.c.z_no),
    "the operator's recount goes through every organisation's Zs",
)
_COUNTERS = crossing(
    select(z_counters).where(z_counters.c.kapow.not_in(_EMPTIED)),
    "the operator's recount compares every organisation's counters",
)


class Difference(msgspec.Struct, frozen=True):
    """Something that is not as it was counted."""

    kapow: str
    z_id: str
    what: str


class Recount(msgspec.Struct, frozen=True):
    """What was counted, and what differs."""

    zs: int
    sales: int
    differences: list[Difference]


async def recount(database: Database) -> Recount:
    """Every Z of the database, each on a snapshot of its own; sales are compared with their content hash, too."""
    heads = await database.reader.all(_HEADS)
    found: list[Difference] = []
    counted = 0
    for head in heads:
        number, wrong = await database.read(lambda session, z=head.z_no: _recount_z(session, z))  # type: ignore[misc]
        counted += number
        found += [Difference(head.kapow, head.id, what) for what in wrong]
    found += await _counter_gaps(database)
    return Recount(len(heads), counted, found)


async def _recount_z(session: Session, z_no: int) -> tuple[int, list[str]]:
    wrong = []
    contents = []
    heads = await session.all(
        crossing(
            select(sales.c.sale_no, sales.c.id, sales.c.content_hash, sales.c.gross, sales.c.warnings), "the sales of one Z"
        ).where(sales.c.z_no == z_no)
    )
    for head in heads:
        sale = await store.load(session, head.sale_no)
        contents.append((sale, totals.warned_by(head.warnings)))
        if content_hash(pack(sale)) != bytes(head.content_hash):
            wrong.append(f"sale {head.id}: its rows are not the content that was received")
        if gross(sale) != head.gross:
            wrong.append(f"sale {head.id}: its gross is {head.gross}, its rows make {gross(sale)}")
    counted, kept = totals.recount(contents), await store.cells(session, z_no)
    for key in sorted(counted.keys() | kept.keys()):
        expected, actual = counted.get(key, ("", []))[1], kept.get(key, ("", []))[1]
        if expected != actual:
            wrong.append(f"total {key[0]} {key[1]}: kept {actual}, counted {expected}")
    return len(contents), wrong


async def _counter_gaps(database: Database) -> list[Difference]:
    """Terminals whose Zs are not numbered 1, 2, 3 …"""
    wanted = crossing(
        select(z_reports.c.kapow, z_reports.c.outlet_id, z_reports.c.terminal_key, z_reports.c.is_training, z_reports.c.counter),
        "the operator's recount compares every organisation's counters",
    )
    numbers: dict[tuple[str, str, str, int], list[int]] = {}
    for row in await database.reader.all(wanted):
        numbers.setdefault((row.kapow, row.outlet_id, row.terminal_key, row.is_training), []).append(row.counter)
    found = []
    for row in await database.reader.all(_COUNTERS):
        key = (row.kapow, row.outlet_id, row.terminal_key, row.is_training)
        if sorted(numbers.get(key, [])) != list(range(1, row.value + 1)):
            found.append(
                Difference(row.kapow, "", f"terminal {row.terminal_key} of outlet {row.outlet_id}: Z counters have gaps")
            )
    return found
