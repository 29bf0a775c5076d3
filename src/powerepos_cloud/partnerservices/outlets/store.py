"""An organisation's outlets on this instance. Everything is keyed by the organisation's `kapow`."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.foundation.database import Hot, Session
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.outlets import rules
from powerepos_cloud.partnerservices.outlets.tables import outlets, tenants


class OrganisationLeaving(Conflict):
    """The organisation is being moved to another instance: nothing is written here until that is done or undone."""


class OrganisationGone(Conflict):
    """The organisation was moved to another instance."""


class Outlet(msgspec.Struct, frozen=True):
    """A venue. `id` is its GUID, unique within its organisation; `day_start` is `HH:MM` on its wall clock."""

    id: str
    name: str
    zone: str
    day_start: str
    currency: str
    stock_enabled: bool
    created_at: int


_COLUMNS = tuple(outlets.c[name] for name in Outlet.__struct_fields__)
_FIELDS = ", ".join(Outlet.__struct_fields__)
_BY_ID = Hot(f"SELECT {_FIELDS} FROM outlets WHERE kapow = $1 AND id = $2")  # noqa: S608 - names of our own columns
_ALL = Hot(f"SELECT {_FIELDS} FROM outlets WHERE kapow = $1 ORDER BY name_key, id")  # noqa: S608
_STATE = "SELECT state FROM tenants WHERE kapow = $1"
_HELD_STATE = Hot(f"{_STATE} FOR SHARE", _STATE)


async def add(
    session: Session,
    now_ms: int,
    actor: Actor,
    kapow: str,
    *,
    name: str,
    zone: str,
    currency: str,
    day_start: str = "00:00",
    stock_enabled: bool = False,
    outlet_id: str | None = None,
) -> Outlet:
    """An outlet, with a GUID of its own unless one is given. Raises `Invalid`, `Conflict`."""
    outlet = Outlet(
        rules.outlet_id(outlet_id, kapow),
        rules.name(name),
        rules.zone(zone),
        rules.day_start(day_start),
        rules.currency(currency),
        stock_enabled,
        now_ms,
    )
    await settle(session, now_ms, kapow)
    made = await session.first(
        insert(outlets)
        .values(kapow=kapow, name_key=compare_key(outlet.name), **msgspec.structs.asdict(outlet))
        .on_conflict_do_nothing(index_elements=["kapow", "id"])
        .returning(outlets.c.id)
    )
    if made is None:
        raise Conflict(f"there is an outlet {outlet.id} already", "Leave the ID out to get a new one.")
    await _audit(session, now_ms, actor, "outlet.added", kapow, outlet.id, msgspec.structs.asdict(outlet))
    return outlet


async def get(session: Session, kapow: str, outlet_id: str) -> Outlet:
    """The organisation's outlet of this GUID. Raises `NotFound`, for another organisation's too; `Invalid`."""
    guid = rules.outlet_id(outlet_id, kapow)
    found = await find(session, kapow, guid)
    if found is None:
        raise NotFound("outlet", outlet_id)
    return found


async def find(session: Session, kapow: str, guid: str) -> Outlet | None:
    """The organisation's outlet of this GUID, in lower case with hyphens, if there is one."""
    rows = await session.hot(_BY_ID, kapow, guid)
    return _outlet(rows[0]) if rows else None


async def listing(session: Session, kapow: str) -> list[Outlet]:
    """The organisation's outlets, by name."""
    return [_outlet(row) for row in await session.hot(_ALL, kapow)]


async def unknown_among(session: Session, kapow: str, outlet_ids: list[str]) -> list[str]:
    """Which of these GUIDs (canonical) are no outlet of the organisation."""
    statement = select(outlets.c.id).where(outlets.c.kapow == kapow, outlets.c.id.in_(outlet_ids))
    known = {row[0] for row in await session.all(statement)}
    return [guid for guid in outlet_ids if guid not in known]


async def edit(
    session: Session,
    now_ms: int,
    actor: Actor,
    kapow: str,
    outlet_id: str,
    *,
    name: str | None = None,
    zone: str | None = None,
    currency: str | None = None,
    day_start: str | None = None,
    stock_enabled: bool | None = None,
) -> Outlet:
    """Change what is given; None leaves as it is. Raises `NotFound`, `Invalid`, `Conflict`."""
    old = await get(session, kapow, outlet_id)
    await require_here(session, kapow)
    values: dict[str, Any] = {
        "name": None if name is None else rules.name(name),
        "zone": None if zone is None else rules.zone(zone),
        "currency": None if currency is None else rules.currency(currency),
        "day_start": None if day_start is None else rules.day_start(day_start),
        "stock_enabled": stock_enabled,
    }
    values = {field: value for field, value in values.items() if value is not None and value != getattr(old, field)}
    if not values:
        return old
    keys = {"name_key": compare_key(values["name"])} if "name" in values else {}
    changed = await session.first(
        update(outlets).where(outlets.c.kapow == kapow, outlets.c.id == old.id).values(**values, **keys).returning(*_COLUMNS)
    )
    assert changed is not None  # outlets are never deleted
    details = {field: [getattr(old, field), value] for field, value in values.items()}
    await _audit(session, now_ms, actor, "outlet.changed", kapow, old.id, details)
    return _outlet(tuple(changed))


async def tenant_state(session: Session, kapow: str) -> str | None:
    """`here`, `leaving` or `gone`; None for an organisation that has nothing on this instance yet."""
    state: str | None = await session.scalar(select(tenants.c.state).where(tenants.c.kapow == kapow))
    return state


async def require_here(session: Session, kapow: str) -> None:
    """Every transaction that writes for an organisation calls this: it holds the row, so that a move waits for its end.

    Raises `OrganisationLeaving`, `OrganisationGone`.
    """
    rows = await session.hot(_HELD_STATE, kapow)
    state = rows[0][0] if rows else None
    if state == "leaving":
        raise OrganisationLeaving("the organisation is being moved to another instance", "Try again in a few minutes.")
    if state == "gone":
        raise OrganisationGone("the organisation was moved to another instance", "Look there.")


async def settle(session: Session, now_ms: int, kapow: str) -> None:
    """What a transaction that may bring an organisation's first data calls instead of `require_here`. Raises like it."""
    await session.run(
        insert(tenants).values(kapow=kapow, state="here", changed_at=now_ms).on_conflict_do_nothing(index_elements=["kapow"])
    )
    await require_here(session, kapow)


def _outlet(row: Sequence[Any]) -> Outlet:
    guid, name, zone, day_start, currency, stock_enabled, created_at = row
    return Outlet(guid, name, zone, day_start, currency, bool(stock_enabled), created_at)


async def _audit(
    session: Session, now_ms: int, actor: Actor, action: str, kapow: str, outlet_id: str, details: dict[str, Any]
) -> None:
    await record(session, now_ms, actor, action, ("outlet", outlet_id), kapow=kapow, details=details)
