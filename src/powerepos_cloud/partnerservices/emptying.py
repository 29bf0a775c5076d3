"""Deletes what a sandbox held before its reset, piece by piece: nobody finds it any more, and it must not grow for ever.

Only rows of an organisation that is gone and was marked for it (`sandbox.leave`) are touched; one that moved to another
instance is gone here too, and keeps its rows. Audit and request log stay as long as everybody's.
"""

import asyncio

from sqlalchemy import Table, delete, select, update

from powerepos_cloud.foundation.background import Background
from powerepos_cloud.foundation.database import Database, DatabaseUnavailable, Hot, Session, crossing
from powerepos_cloud.observability.logs import Log
from powerepos_cloud.partnerservices.catalogue.tables import catalogues, products, supplier_codes, suppliers, tax_groups
from powerepos_cloud.partnerservices.changes.tables import change_counters, changes
from powerepos_cloud.partnerservices.outlets.tables import outlets, tenants
from powerepos_cloud.partnerservices.sales import tables as s
from powerepos_cloud.partnerservices.stock.tables import stock_order_lines, stock_order_versions, stock_orders

_PIECE = 50

_ROOTS: tuple[tuple[Table, str, tuple[Table, ...]], ...] = (
    (s.sales, "sale_no", (s.sale_items, s.sale_adjustments, s.sale_payments, s.sale_versions)),
    (stock_orders, "order_no", (stock_order_lines, stock_order_versions)),
    (s.z_reports, "z_no", (s.z_totals, s.z_names)),
)
"""Records by their number, with what hangs on them; each before what it refers to."""
_FLAT = (s.z_counters, change_counters, supplier_codes, products, suppliers, tax_groups, catalogues, outlets)
_FORGET_WORDS_ON_SQLITE = Hot("INSERT INTO names_text (names_text, rowid, words) VALUES ('delete', $1, $2)")


class Emptying(Background):
    """One task per Partner Services process."""

    def __init__(self, database: Database, log: Log, every_seconds: float = 60) -> None:
        self._database = database
        self._log = log
        self._every_seconds = every_seconds

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_seconds)
            try:
                for kapow in await marked(self._database.reader):
                    while await self._database.write(lambda session: empty(session, kapow, _PIECE)):  # noqa: B023
                        continue
            except DatabaseUnavailable as error:
                self._log.warning("emptying.postponed", reason=str(error))
            except Exception:
                self._log.exception("emptying.failed")


async def marked(session: Session) -> list[str]:
    """Organisations whose rows are to be deleted."""
    wanted = select(tenants.c.kapow).where(tenants.c.is_to_be_emptied == 1, tenants.c.state == "gone")
    return [row[0] for row in await session.all(crossing(wanted, "whose rows are to be deleted, is not known before"))]


async def empty(session: Session, kapow: str, most: int) -> bool:
    """Delete up to `most` records of a marked organisation with what hangs on them; whether there may be more."""
    held = select(tenants.c.state, tenants.c.is_to_be_emptied).where(tenants.c.kapow == kapow).with_for_update()
    known = await session.first(held)
    if known is None or tuple(known) != ("gone", 1):
        return False
    for root, key, children in _ROOTS:
        found = await session.all(select(root.c[key]).where(root.c.kapow == kapow).limit(most))
        numbers = [row[0] for row in found]
        if numbers:
            for child in children:
                await session.run(delete(child).where(child.c[key].in_(numbers)))
            await session.run(delete(root).where(root.c.kapow == kapow, root.c[key].in_(numbers)))
            return True
    if await _delete_changes(session, kapow, most) or await _delete_names(session, kapow, most):
        return True
    for table in _FLAT:
        await session.run(delete(table).where(table.c.kapow == kapow))
    await session.run(update(tenants).where(tenants.c.kapow == kapow).values(is_to_be_emptied=0))
    return False


async def _delete_changes(session: Session, kapow: str, most: int) -> bool:
    of = changes.c
    found = await session.all(select(of.client_id, of.n).where(of.kapow == kapow).order_by(of.client_id, of.n).limit(most * 10))
    if not found:
        return False
    client_id = found[0].client_id
    newest = max(row.n for row in found if row.client_id == client_id)
    await session.run(delete(changes).where(of.kapow == kapow, of.client_id == client_id, of.n <= newest))
    return True


async def _delete_names(session: Session, kapow: str, most: int) -> bool:
    of = s.names.c
    found = await session.all(select(of.name_no, of.words).where(of.kapow == kapow).limit(most))
    if session.dialect == "sqlite":  # its index of words holds no text, and must be told what to forget
        for row in found:
            await session.hot(_FORGET_WORDS_ON_SQLITE, row.name_no, row.words)
    numbers = [row.name_no for row in found]
    await session.run(delete(s.names).where(of.kapow == kapow, of.name_no.in_(numbers)))
    return bool(found)
