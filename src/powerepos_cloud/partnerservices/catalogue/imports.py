"""How a catalogue changes: by imports, of one row or ten thousand, all of it or nothing.

Changes of one catalogue wait for each other (its row in `catalogues` is locked), so what was planned against a revision is
stored against that revision.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.partnerservices.catalogue import planning, store
from powerepos_cloud.partnerservices.catalogue.planning import Entry, Plan, Snapshot
from powerepos_cloud.partnerservices.catalogue.rules import Item, Kind, Product, Row, Supplier, SupplierCode
from powerepos_cloud.partnerservices.catalogue.tables import catalogues, products, supplier_codes, suppliers, tax_groups
from powerepos_cloud.partnerservices.outlets.store import settle

_PLANNED_APART = 3
_TABLES: Mapping[Kind, tuple[Table, tuple[str, ...]]] = {
    Kind.TAX_GROUPS: (tax_groups, ("kapow", "name_key")),
    Kind.PRODUCTS: (products, ("kapow", "number")),
    Kind.SUPPLIERS: (suppliers, ("kapow", "id")),
    Kind.SUPPLIER_CODES: (supplier_codes, ("kapow", "supplier_id", "code")),
}


class CatalogueMoved(Exception):
    """Somebody else changed the catalogue after the plan was made: plan again."""


async def save(
    session: Session,
    now_ms: int,
    actor: Actor,
    kapow: str,
    kind: Kind,
    rows: Sequence[Row],
    details: Mapping[str, Any] | None = None,
) -> Plan:
    """Make the rows part of the catalogue: what is there is changed, what is not is added. What was done.

    `details` go into the audit row. Raises `Invalid` for the first bad row (nothing is stored), `OrganisationLeaving`,
    `OrganisationGone`.
    """
    plan = await _save(session, now_ms, actor, kapow, kind, [planning.entry(row) for row in rows], details)
    if plan.faults:
        raise plan.faults[0].reason
    return plan


async def preview(database: Database, kapow: str, kind: Kind, entries: Sequence[Entry]) -> Plan:
    """What importing the entries would do. Nothing is stored; the reckoning is done in a thread."""
    return await _plan(database, kapow, kind, entries)


async def import_entries(
    database: Database,
    now_ms: int,
    actor: Actor,
    kapow: str,
    kind: Kind,
    entries: Sequence[Entry],
    *,
    skip_bad: bool = False,
    details: Mapping[str, Any] | None = None,
) -> Plan:
    """Store the entries in one transaction; if one is bad, nothing, unless bad ones are to be left out. What was done.

    Reckons in a thread, outside the transaction, so that neither the event loop nor other writers wait for it.
    `details` go into the audit row. Raises `OrganisationLeaving`, `OrganisationGone`.
    """
    for _ in range(_PLANNED_APART):
        plan = await _plan(database, kapow, kind, entries)
        if plan.bad and not skip_bad:
            return plan
        try:
            await database.write(lambda session, plan=plan: apply(session, now_ms, actor, kapow, plan, details))  # type: ignore[misc]
        except CatalogueMoved:
            continue
        return plan
    return await database.write(lambda session: _save(session, now_ms, actor, kapow, kind, entries, details, skip_bad=skip_bad))


async def _plan(database: Database, kapow: str, kind: Kind, entries: Sequence[Entry]) -> Plan:
    seen = await database.read(lambda session: snapshot(session, kapow, kind))
    return await asyncio.to_thread(planning.plan, seen, entries)


async def snapshot(session: Session, kapow: str, kind: Kind) -> Snapshot:
    """What an import of this kind is planned against; within one unit, so that it is of one moment."""
    number = await store.revision(session, kapow)
    groups, known = {}, {}
    if kind is not Kind.SUPPLIER_CODES:
        groups = {group.key: group for group in await store.list_tax_groups(session, kapow)}
    if kind in (Kind.SUPPLIERS, Kind.SUPPLIER_CODES):
        known = {supplier.id: supplier for supplier in await store.list_suppliers(session, kapow)}
    if kind is Kind.PRODUCTS:
        listed = {product.number: product for product in await store.list_products(session, kapow)}
        return Snapshot(kind, number, tax_groups=groups, products=listed)
    if kind is Kind.SUPPLIER_CODES:
        statement = select(products.c.number).where(products.c.kapow == kapow)
        numbers = {row[0] for row in await session.all(statement)}
        codes = {(code.supplier_id, code.code): code for code in await store.list_supplier_codes(session, kapow)}
        return Snapshot(kind, number, numbers=numbers, suppliers=known, codes=codes)
    return Snapshot(kind, number, tax_groups=groups, suppliers=known)


async def apply(
    session: Session, now_ms: int, actor: Actor, kapow: str, plan: Plan, details: Mapping[str, Any] | None = None
) -> int:
    """Store what is good in a plan, with one audit row; the catalogue's revision. A plan that changes nothing leaves no trace.

    Raises `CatalogueMoved` if the plan is out of date, `OrganisationLeaving`, `OrganisationGone`.
    """
    await _lock(session, now_ms, kapow)
    return await _apply(session, now_ms, actor, kapow, plan, details)


async def _save(
    session: Session,
    now_ms: int,
    actor: Actor,
    kapow: str,
    kind: Kind,
    entries: Sequence[Entry],
    details: Mapping[str, Any] | None,
    *,
    skip_bad: bool = False,
) -> Plan:
    """Plan and store while nobody else can change the catalogue."""
    await _lock(session, now_ms, kapow)
    plan = planning.plan(await snapshot(session, kapow, kind), entries)
    if skip_bad or not plan.bad:
        await _apply(session, now_ms, actor, kapow, plan, details)
    return plan


async def _lock(session: Session, now_ms: int, kapow: str) -> None:
    """Let changes of this catalogue run one after the other."""
    await settle(session, now_ms, kapow)
    first = insert(catalogues).values(kapow=kapow, revision=0, changed_at=now_ms)
    await session.run(first.on_conflict_do_update(index_elements=["kapow"], set_={"revision": catalogues.c.revision}))


async def _apply(session: Session, now_ms: int, actor: Actor, kapow: str, plan: Plan, details: Mapping[str, Any] | None) -> int:
    number = await store.revision(session, kapow)
    if number != plan.revision:
        raise CatalogueMoved(f"planned at revision {plan.revision}, now it is {number}")
    changed = [*plan.created, *(after for _, after in plan.updated)]
    if not changed:
        return number
    await _free_names(session, kapow, plan)
    await _upsert(session, plan.kind, [_values(kapow, item) for item in changed])
    raised = update(catalogues).where(catalogues.c.kapow == kapow).values(revision=number + 1, changed_at=now_ms)
    await session.run(raised)
    counts = {"created": len(plan.created), "updated": len(plan.updated), "unchanged": plan.unchanged, "bad": len(plan.bad)}
    facts = {"kind": plan.kind.value, **counts, "revision": number + 1, **(details or {})}
    await record(session, now_ms, actor, "catalogue.imported", ("catalogue", plan.kind.value), kapow=kapow, details=facts)
    return number + 1


async def _free_names(session: Session, kapow: str, plan: Plan) -> None:
    """Let things that swap their names give them up first: the databases look at unique values row by row."""
    renamed = [old for old, new in plan.updated if _unique_name(old) not in (None, _unique_name(new))]
    if not renamed:
        return
    freed: dict[str, Any]
    if plan.kind is Kind.PRODUCTS:
        column, freed = "number", {"active": False}
    else:
        column, freed = "id", {"name_key": "\x1f" + suppliers.c.id}  # no name has such a key
    table = _TABLES[plan.kind][0]
    one = update(table).where(table.c.kapow == kapow, table.c[column] == bindparam("which")).values(freed)
    await session.run(one, [{"which": _values(kapow, old)[column]} for old in renamed])


def _unique_name(item: Item) -> str | None:
    if isinstance(item, Product):
        return item.names_key if item.active else None
    return item.key if isinstance(item, Supplier) else None


async def _upsert(session: Session, kind: Kind, rows: list[dict[str, Any]]) -> None:
    table, keys = _TABLES[kind]
    adding = insert(table)
    changes = {name: adding.excluded[name] for name in rows[0] if name not in keys}
    await session.run(adding.on_conflict_do_update(index_elements=list(keys), set_=changes), rows)


def _values(kapow: str, item: Item) -> dict[str, Any]:
    """The item as a row of its table."""
    if isinstance(item, Product):
        return {
            "kapow": kapow,
            "number": item.number,
            "name": item.name,
            "group_name": item.group,
            "main_group_name": item.main_group,
            "names_key": item.names_key,
            "tax_group_key": item.tax_group,
            "active": item.active,
        }
    if isinstance(item, Supplier):
        values = {"id": item.id, "name": item.name, "name_key": item.key, "tax_group_key": item.tax_group}
        return {"kapow": kapow, **values}
    if isinstance(item, SupplierCode):
        return {"kapow": kapow, "supplier_id": item.supplier_id, "code": item.code, "product_number": item.number}
    taxes: dict[str, Any] = {}
    for n, level in enumerate(item.levels, 1):
        fields = (None, None, None) if level is None else (level.name, level.rate, level.inclusive)
        taxes |= zip((f"tax{n}_name", f"tax{n}_rate", f"tax{n}_inclusive"), fields, strict=True)
    return {"kapow": kapow, "name_key": item.key, "name": item.name, **taxes}
