"""Merchants: their code and GUID, on or off."""

import uuid
from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import revocations, rules
from powerepos_cloud.directory.tables import organisations
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, NotFound


class Organisation(msgspec.Struct, frozen=True):
    """An organisation. `id` is known to the database only, `code` and `kapow` to the world; `state` is active or off."""

    id: int
    code: str
    kapow: str
    name: str
    state: str
    created_at: int


_COLUMNS = tuple(organisations.c[name] for name in Organisation.__struct_fields__)


async def create(session: Session, now_ms: int, actor: Actor, code: str, name: str, *, kapow: str | None = None) -> Organisation:
    """Register an organisation under a code that nobody has or ever had. Raises `Invalid`, `Conflict`.

    `kapow` is given where an instance was filled for it before.
    """
    values = {
        "code": rules.organisation_code(code),
        "code_key": code.upper(),
        "kapow": kapow or str(uuid.uuid4()),  # seen by partners, so it must not tell when the merchant signed up
        "name": rules.name("name", name),
        "state": "active",
        "created_at": now_ms,
    }
    made = await session.first(
        insert(organisations).values(values).on_conflict_do_nothing(index_elements=["code_key"]).returning(*_COLUMNS)
    )
    if made is None:
        raise Conflict(f"the organisation code {code} is taken", "Codes are never given out twice: choose another.")
    organisation = _organisation(made)
    await _audit(session, now_ms, actor, "organisation.created", organisation, {"name": organisation.name})
    return organisation


async def by_code(session: Session, code: str) -> Organisation:
    """The organisation of this code, letter case aside. Raises `NotFound`."""
    key = code.strip().upper()
    found = None
    if rules.is_id(key):
        found = await session.first(select(*_COLUMNS).where(organisations.c.code_key == key))
    if found is None:
        raise NotFound("organisation", code)
    return _organisation(found)


async def by_id(session: Session, organisation_id: int) -> Organisation:
    """The organisation of this ID, which only the database knows. Raises `NotFound`."""
    found = await session.first(select(*_COLUMNS).where(organisations.c.id == organisation_id))
    if found is None:
        raise NotFound("organisation", organisation_id)
    return _organisation(found)


async def codes_of(session: Session, kapows: Collection[str]) -> dict[str, str]:
    """kapow → code, of as many as there are."""
    rows = await session.all(select(organisations.c.kapow, organisations.c.code).where(organisations.c.kapow.in_(list(kapows))))
    return {row.kapow: row.code for row in rows}


async def listing(session: Session) -> list[Organisation]:
    """All organisations, by code."""
    return [_organisation(row) for row in await session.all(select(*_COLUMNS).order_by(organisations.c.code_key))]


async def rename(session: Session, now_ms: int, actor: Actor, organisation: Organisation, name: str) -> Organisation:
    """Call it something else; its code and GUID stay for ever. Raises `Invalid`."""
    renamed = msgspec.structs.replace(organisation, name=rules.name("name", name))
    if renamed != organisation:
        await session.run(update(organisations).where(organisations.c.id == organisation.id).values(name=renamed.name))
        details = {"from": organisation.name, "to": renamed.name}
        await _audit(session, now_ms, actor, "organisation.renamed", organisation, details)
    return renamed


async def switch_off(session: Session, now_ms: int, actor: Actor, organisation: Organisation) -> bool:
    """Stop every token of the organisation until it is switched on again; False if it was off already."""
    return await _switch(session, now_ms, actor, organisation, to="off", entry="refused")


async def switch_on(session: Session, now_ms: int, actor: Actor, organisation: Organisation) -> bool:
    """Let the organisation's tokens work again; False if it was on already."""
    return await _switch(session, now_ms, actor, organisation, to="active", entry="lifted")


async def lock(session: Session, organisation: Organisation) -> None:
    """Let deeds that count this organisation's things (its owners) run one after the other."""
    await session.all(select(organisations.c.id).where(organisations.c.id == organisation.id).with_for_update(key_share=True))


async def _switch(session: Session, now_ms: int, actor: Actor, organisation: Organisation, *, to: str, entry: str) -> bool:
    changed = await session.first(
        update(organisations)
        .where(organisations.c.id == organisation.id, organisations.c.state != to)
        .values(state=to)
        .returning(organisations.c.id)
    )
    if changed is None:
        return False
    action = "organisation.switched_on" if to == "active" else "organisation.switched_off"
    await _audit(session, now_ms, actor, action, organisation, {})
    await revocations.publish(session, now_ms, [revocations.organisation(entry, organisation.code)])
    return True


async def _audit(
    session: Session, now_ms: int, actor: Actor, action: str, organisation: Organisation, details: dict[str, Any]
) -> None:
    subject = ("organisation", organisation.code)
    await record(session, now_ms, actor, action, subject, kapow=organisation.kapow, details=details)


def _organisation(row: Row[Any]) -> Organisation:
    return Organisation(*tuple(row))
