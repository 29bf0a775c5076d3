"""What lets one client act for one organisation: by account, or approved by the merchant.

A connection is named by its client and its `sub`: the account's ID, or the ClientID itself where it is approved. The one by
account comes into being at the first grant (`authserver.store`).
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import accounts, clients, revocations, rules
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.tables import connections
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.json_lists import dump_list, load_list
from powerepos_cloud.foundation.refusals import Conflict, NotFound


class Connection(msgspec.Struct, frozen=True):
    """A connection. The three lists are None where it is by account: then the account's rights count.

    `outlets` is also None where an approved one has all outlets. `state` is active, paused or revoked; nothing that was
    issued before the revocation number `valid_from` works again; `late_repeats` counts suspicious refreshes; `pause_note`
    is what the merchant said about a pause.
    """

    id: int
    client_id: str
    sub: str
    kind: str
    state: str
    services: list[str] | None
    permissions: list[str] | None
    outlets: list[str] | None
    valid_from: int
    late_repeats: int
    pause_note: str | None
    created_at: int


_COLUMNS = tuple(connections.c[name] for name in Connection.__struct_fields__)
_LISTS = ("services", "permissions", "outlets")


async def approve(
    session: Session,
    now_ms: int,
    actor: Actor,
    organisation: Organisation,
    client_id: str,
    services: Sequence[str],
    permissions: Sequence[str],
    outlets: Sequence[str] | None,
) -> Connection:
    """Let a client act for the organisation by itself. Raises `Invalid`, `NotFound`, `Conflict` if there is one already."""
    await clients.get(session, client_id)
    rights = _approved_rights(organisation, services, permissions, outlets)
    made = await session.first(
        insert(connections)
        .values(
            **_dumped(rights),
            organisation_id=organisation.id,
            client_id=client_id,
            sub=client_id,
            kind="approved",
            state="active",
            valid_from=0,
            late_repeats=0,
            created_at=now_ms,
        )
        .on_conflict_do_nothing(index_elements=["client_id", "sub", "organisation_id"])
        .returning(*_COLUMNS)
    )
    if made is None:
        known = await get(session, organisation, client_id, client_id)
        cure = "Reopen it." if known.state == "revoked" else "Change it instead."
        raise Conflict(f"{organisation.code} has a connection with {client_id} already, {known.state}", cure)
    connection = _connection(made)
    await _audit(session, now_ms, actor, "connection.approved", organisation, connection, rights)
    return connection


async def get(session: Session, organisation: Organisation, client_id: str, sub: str) -> Connection:
    """The organisation's connection of this name. Raises `NotFound`, for another organisation's too."""
    wanted = select(*_COLUMNS).where(*_named(organisation, client_id, sub))
    found = await session.first(wanted) if rules.is_id(client_id) and rules.is_id(sub) else None
    if found is None:
        raise _not_found(client_id, sub)
    return _connection(found)


async def listing(session: Session, organisation: Organisation) -> list[Connection]:
    """The organisation's connections, oldest first."""
    statement = select(*_COLUMNS).where(connections.c.organisation_id == organisation.id).order_by(connections.c.id)
    return [_connection(row) for row in await session.all(statement)]


async def change(
    session: Session,
    now_ms: int,
    actor: Actor,
    organisation: Organisation,
    client_id: str,
    services: Sequence[str],
    permissions: Sequence[str],
    outlets: Sequence[str] | None,
) -> Connection:
    """Replace what an approved connection may do; taking something away ends what was issued with it.

    Raises `Invalid`, `NotFound`, `Conflict` if it is revoked.
    """
    rights = _approved_rights(organisation, services, permissions, outlets)
    old = await _locked(session, organisation, client_id, client_id)
    _refuse_revoked(old, organisation)
    before = {name: getattr(old, name) for name in _LISTS}
    if before == rights:
        return old
    changed = await _update(session, organisation, old, **_dumped(rights))
    is_narrower = any(rules.is_narrower(before[name], rights[name]) for name in _LISTS)
    action = "connection.narrowed" if is_narrower else "connection.widened"
    await _audit(session, now_ms, actor, action, organisation, old, {"from": before, "to": rights})
    if is_narrower:
        await revocations.publish(session, now_ms, [_entry("narrowed", old, organisation)])
    return changed


async def pause(
    session: Session, now_ms: int, actor: Actor, organisation: Organisation, client_id: str, sub: str, note: str = ""
) -> bool:
    """Stop it until it is resumed; False if it was paused. The note says why, and its partner reads it; empty: no note.

    Raises `NotFound`, `Invalid`, `Conflict` if it is revoked.
    """
    said = rules.note("note", note)
    return await _turn(session, now_ms, actor, organisation, client_id, sub, to="paused", note=said)


async def resume(session: Session, now_ms: int, actor: Actor, organisation: Organisation, client_id: str, sub: str) -> bool:
    """Let a paused one go on, with what was issued before; False if it was active. Raises `NotFound`, `Conflict`."""
    return await _turn(session, now_ms, actor, organisation, client_id, sub, to="active")


async def revoke(session: Session, now_ms: int, actor: Actor, organisation: Organisation, client_id: str, sub: str) -> bool:
    """End it with all that was issued, refresh tokens included; False if it was revoked. Raises `NotFound`."""
    known = await _locked(session, organisation, client_id, sub)
    if known.state == "revoked":
        return False
    await _update(session, organisation, known, state="revoked", pause_note=None)
    await _audit(session, now_ms, actor, "connection.revoked", organisation, known, {})
    await revocations.publish(session, now_ms, [_entry("refused", known, organisation)])
    return True


async def revoke_all(
    session: Session, now_ms: int, actor: Actor, organisation: Organisation, client_ids: Sequence[str]
) -> list[Connection]:
    """Revoke every connection of these clients with the organisation; those that were not revoked before."""
    every = (
        select(*_COLUMNS)
        .where(connections.c.organisation_id == organisation.id, connections.c.client_id.in_(list(client_ids)))
        .order_by(connections.c.id)
        .with_for_update(key_share=True)
    )
    stopped = [known for known in map(_connection, await session.all(every)) if known.state != "revoked"]
    for known in stopped:
        await _update(session, organisation, known, state="revoked", pause_note=None)
        await _audit(session, now_ms, actor, "connection.revoked", organisation, known, {"with": "all of the partner's"})
    if stopped:
        await revocations.publish(session, now_ms, [_entry("refused", known, organisation) for known in stopped])
    return stopped


async def reopen(session: Session, now_ms: int, actor: Actor, organisation: Organisation, client_id: str, sub: str) -> Connection:
    """Open a revoked one: new tokens can be had, nothing issued before works again. Raises `NotFound`, `Conflict`."""
    known = await _locked(session, organisation, client_id, sub)
    if known.state != "revoked":
        raise Conflict(f"the connection is {known.state}, not revoked", "A paused one is resumed.")
    if known.kind == "account":
        account = await accounts.get(session, organisation, sub)
        if account.state == "removed":
            raise Conflict(f"the service account {sub} was removed for good", "Create another one.")
    await _update(session, organisation, known, state="active")
    await _audit(session, now_ms, actor, "connection.reopened", organisation, known, {})
    # First narrowed, then lifted: a worker that has read only the first of them still refuses what was issued before.
    entries = [_entry("narrowed", known, organisation), _entry("lifted", known, organisation)]
    narrowed, _ = await revocations.publish(session, now_ms, entries)
    return await _update(session, organisation, known, valid_from=narrowed)


async def _turn(
    session: Session,
    now_ms: int,
    actor: Actor,
    organisation: Organisation,
    client_id: str,
    sub: str,
    *,
    to: str,
    note: str | None = None,
) -> bool:
    known = await _locked(session, organisation, client_id, sub)
    _refuse_revoked(known, organisation)
    if known.state == to:
        return False
    await _update(session, organisation, known, state=to, pause_note=note)
    action, state = ("connection.resumed", "lifted") if to == "active" else ("connection.paused", "refused")
    await _audit(session, now_ms, actor, action, organisation, known, {} if note is None else {"note": note})
    await revocations.publish(session, now_ms, [_entry(state, known, organisation)])
    return True


async def _locked(session: Session, organisation: Organisation, client_id: str, sub: str) -> Connection:
    await get(session, organisation, client_id, sub)
    held = select(*_COLUMNS).where(*_named(organisation, client_id, sub)).with_for_update(key_share=True)
    row = await session.first(held)
    assert row is not None  # connections are never deleted
    return _connection(row)


async def _update(session: Session, organisation: Organisation, known: Connection, **values: Any) -> Connection:
    row = await session.first(
        update(connections)
        .where(connections.c.id == known.id, connections.c.organisation_id == organisation.id)
        .values(values)
        .returning(*_COLUMNS)
    )
    assert row is not None  # it is held by this transaction
    return _connection(row)


def _named(organisation: Organisation, client_id: str, sub: str) -> tuple[Any, ...]:
    return (
        connections.c.client_id == client_id,
        connections.c.sub == sub,
        connections.c.organisation_id == organisation.id,
    )


def _not_found(client_id: str, sub: str) -> NotFound:
    if client_id == sub:
        return NotFound("approved connection with client", client_id)
    cure = "One by account begins with the first token; to keep this client from ever getting one, unbind it."
    return NotFound("connection of client and account", f"{client_id}, {sub}", cure)


def _refuse_revoked(known: Connection, organisation: Organisation) -> None:
    if known.state == "revoked":
        raise Conflict(f"the connection of {known.client_id} with {organisation.code} is revoked", "Reopen it.")


def _approved_rights(
    organisation: Organisation, services: Sequence[str], permissions: Sequence[str], outlets: Sequence[str] | None
) -> dict[str, list[str] | None]:
    chosen, allowed = rules.approval(services, permissions)
    return {"services": chosen, "permissions": allowed, "outlets": rules.outlets(outlets, organisation.kapow)}


def _dumped(rights: dict[str, list[str] | None]) -> dict[str, str | None]:
    return {name: None if words is None else dump_list(words) for name, words in rights.items()}


def _entry(state: str, known: Connection, organisation: Organisation) -> revocations.Entry:
    return revocations.connection(state, known.client_id, known.sub, organisation.code)


def _connection(row: Row[Any]) -> Connection:
    values = row._asdict()
    lists = {name: None if values[name] is None else load_list(values[name]) for name in _LISTS}
    return Connection(**{**values, **lists})


async def _audit(
    session: Session,
    now_ms: int,
    actor: Actor,
    action: str,
    organisation: Organisation,
    known: Connection,
    details: dict[str, Any],
) -> None:
    await record(
        session,
        now_ms,
        actor,
        action,
        ("connection", str(known.id)),
        kapow=organisation.kapow,
        client_id=known.client_id,
        details={"sub": known.sub, "kind": known.kind, **details},
    )
