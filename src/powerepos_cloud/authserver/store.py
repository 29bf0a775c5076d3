"""SQL of the token endpoint. The statements on the hot path are written by hand; the rest is Core."""

from typing import Any

import msgspec
from sqlalchemy import delete, func, select, update

from powerepos_cloud.authserver.tables import assertions, families, superseded
from powerepos_cloud.directory.rights import Instance, Rights
from powerepos_cloud.directory.tables import connections
from powerepos_cloud.foundation.database import Hot, Session
from powerepos_cloud.foundation.json_lists import load_list

_FAMILY = """
    SELECT f.id, f.service, f.scope, f.state, f.reason, f.rev, f.last_used_at, f.ends_at, f.current_hash, f.previous_hash,
           f.previous_used_at, cn.client_id, cn.state, cn.valid_from, o.state, o.code_key, cn.kind,
           o.id, o.code, o.kapow, cn.sub, COALESCE(a.permissions, cn.permissions), a.outlets, cn.outlets, cn.services,
           cn.id, i.uri, sv.alg, sv.access_seconds, sv.refresh_idle_seconds, sv.refresh_total_seconds,
           COALESCE((SELECT value FROM counters WHERE name = 'revocations'), 0), a.state,
           (a.any_partner OR EXISTS
             (SELECT 1 FROM account_bindings b WHERE b.account_id = a.id AND b.client_id = cn.client_id)),
           cl.valid_from, COALESCE(a.valid_from, 0)
    FROM families f
    JOIN connections cn ON cn.id = f.connection_id
    JOIN clients cl ON cl.id = cn.client_id
    JOIN organisations o ON o.id = cn.organisation_id
    JOIN services sv ON sv.name = f.service
    LEFT JOIN accounts a ON a.id = cn.sub AND a.organisation_id = o.id
    LEFT JOIN assignments g ON g.organisation_id = o.id AND g.service = f.service
    LEFT JOIN instances i ON i.id = g.instance_id
"""
_FAMILY_BY_CURRENT = Hot(_FAMILY + "WHERE f.current_hash = $1")
_FAMILY_BY_ID = Hot(_FAMILY + "WHERE f.id = $1")
_SUPERSEDED = Hot("SELECT family_id, used_at FROM superseded WHERE hash = $1")

_ADD_FAMILY = Hot("""
    INSERT INTO families (id, connection_id, service, scope, state, rev, hash_key, current_hash, repeats, late_streak,
                          late_here, created_at, last_used_at, ends_at, delete_after_at)
    VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, 0, 0, 0, $8, $8, $9, $10)
""")

# One statement decides, for a first use and for a repeat alike (contract section 3, "refresh rotation"). In every CASE the
# first branch is the rotation: the token presented is the current one. RETURNING tells which key and salt derive the
# successor: this process's own for a rotation, those of the first use for a repeat.
_ROTATE = Hot("""
    UPDATE families SET
      previous_used_at = CASE WHEN current_hash = $2 THEN $3 ELSE previous_used_at END,
      previous_source = CASE WHEN current_hash = $2 THEN $4 ELSE previous_source END,
      previous_agent = CASE WHEN current_hash = $2 THEN $5 ELSE previous_agent END,
      refresh_key = CASE WHEN current_hash = $2 THEN $6 ELSE refresh_key END,
      salt = CASE WHEN current_hash = $2 THEN $7 ELSE salt END,
      hash_key = CASE WHEN current_hash = $2 THEN $8 ELSE hash_key END,
      repeats = CASE WHEN current_hash = $2 THEN 0 ELSE repeats + 1 END,
      late_streak = CASE WHEN current_hash <> $2 OR late_here = 1 THEN late_streak ELSE 0 END,
      late_here = CASE WHEN current_hash = $2 THEN 0 ELSE late_here END,
      last_used_at = $3,
      delete_after_at = $9,
      previous_hash = $2,
      current_hash = CASE WHEN current_hash = $2 THEN $10 ELSE current_hash END
    WHERE id = $1 AND state = 'active' AND (current_hash = $2 OR (previous_hash = $2 AND previous_used_at > $11))
    RETURNING refresh_key, salt, repeats, previous_used_at, previous_source, previous_agent, late_streak, late_here
""")
_SUPERSEDE = Hot("INSERT INTO superseded (hash, family_id, used_at) VALUES ($1, $2, $3)")

_ADD_CONNECTION = Hot("""
    INSERT INTO connections (organisation_id, client_id, sub, kind, state, valid_from, late_repeats, created_at)
    VALUES ($1, $2, $3, 'account', 'active', 0, 0, $4)
    ON CONFLICT (client_id, sub, organisation_id) DO NOTHING RETURNING id
""")
_CONNECTION_ID = Hot("SELECT id, state FROM connections WHERE client_id = $1 AND sub = $2 AND organisation_id = $3")
_TAKE_ASSERTION = Hot("""
    INSERT INTO assertions (client_id, jti_hash, delete_after_at) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING client_id
""")
_END_SURPLUS = Hot("""
    UPDATE families SET state = 'ended', reason = 'newer_sign_ins' WHERE state = 'active' AND id IN (
      SELECT id FROM families WHERE connection_id = $1 AND state = 'active' ORDER BY last_used_at DESC LIMIT $3 OFFSET $2
    ) RETURNING 1
""")
_TOUCH = {
    table: Hot(f"UPDATE {table} SET last_used_at = $2 WHERE id = $1")  # noqa: S608 - two constant names
    for table in ("client_secrets", "account_passwords")
}


class Family(msgspec.Struct, frozen=True):
    """A refresh family as it stands, with the rights that a new token would have. Instants in ms."""

    id: str
    service: str
    scope: str
    state: str
    reason: str | None
    rev: int
    last_used_at: int
    ends_at: int
    current_hash: bytes
    previous_hash: bytes | None
    previous_used_at: int | None
    client_id: str
    connection_state: str
    valid_from: int
    """The highest number of connection, client and account: below it nothing issued works."""
    organisation_state: str
    code_key: str
    by_account: bool
    account_state: str | None
    is_bound: bool
    rights: Rights


class Rotated(msgspec.Struct, frozen=True):
    """What the deciding UPDATE returned. `repeats` 0 means a first use, else a repeat of the same successor."""

    refresh_key: str
    salt: bytes
    repeats: int
    first_used_at: int
    first_source: str
    first_agent: str
    late_streak: int
    late_here: int


async def family_by_current(session: Session, token_hash: bytes) -> Family | None:
    """The family whose current token has this hash."""
    rows = await session.hot(_FAMILY_BY_CURRENT, token_hash)
    return _family(rows[0]) if rows else None


async def family_by_superseded(session: Session, token_hash: bytes) -> tuple[Family, int] | None:
    """The family that once had a token of this hash, and when that token was first used."""
    rows = await session.hot(_SUPERSEDED, token_hash)
    if not rows:
        return None
    family_id, used_at = rows[0]
    found = await session.hot(_FAMILY_BY_ID, family_id)
    return (_family(found[0]), used_at) if found else None


def _family(row: Any) -> Family:
    outlets = row[22] if row[16] == "account" else row[23]
    rights = Rights(
        organisation_id=row[17],
        org_id=row[18],
        kapow=row[19],
        sub=row[20],
        permissions=load_list(row[21]) if row[21] else [],
        outlets=None if outlets is None else load_list(outlets),
        services=None if row[24] is None else load_list(row[24]),
        connection_id=row[25],
        connection_state=row[12],
        instance=Instance(*row[26:31]),
        rev=row[31],
    )
    valid_from = max(row[13], row[34], row[35])
    values: list[Any] = [*row[:13], valid_from, *row[14:16], row[16] == "account", row[32], bool(row[33]), rights]
    return Family(*values)


async def add_family(
    session: Session,
    family_id: str,
    connection_id: int,
    service: str,
    scope: str,
    rev: int,
    token: tuple[str, bytes],
    now_ms: int,
    ends_at: int,
    delete_after_at: int,
) -> None:
    """Store a new family; `token` is its first token's hash key and hash."""
    await session.hot(
        _ADD_FAMILY, family_id, connection_id, service, scope, rev, token[0], token[1], now_ms, ends_at, delete_after_at
    )


async def rotate(
    session: Session,
    family_id: str,
    presented: bytes,
    successor: tuple[str, bytes],
    derived_by: tuple[str, bytes],
    now_ms: int,
    source: str,
    agent: str,
    delete_after_at: int,
    repeats_since_ms: int,
) -> Rotated | None:
    """Use a token once, or repeat its use; None if it is neither the current one nor a predecessor within the window.

    `successor` is (hash key, hash) of the token that follows, `derived_by` the refresh key and salt that made it.
    """
    rows = await session.hot(
        _ROTATE,
        family_id,
        presented,
        now_ms,
        source,
        agent,
        *derived_by,
        successor[0],
        delete_after_at,
        successor[1],
        repeats_since_ms,
    )
    if not rows:
        return None
    rotated = Rotated(*rows[0])
    if rotated.repeats == 0:
        await session.hot(_SUPERSEDE, presented, family_id, now_ms)
    return rotated


async def mark_late_repeat(session: Session, family_id: str, connection_id: int, late_streak: int | None) -> None:
    """Count a late repeat on its connection; `late_streak` is the family's new streak if it came from another network."""
    await session.run(
        update(connections)
        .where(connections.c.id == connection_id)
        .values(late_repeats=connections.c.late_repeats + 1)
        .execution_options(crosses_tenants="a late repeat is counted on the connection of its own family")
    )
    if late_streak is not None:
        await session.run(update(families).where(families.c.id == family_id).values(late_streak=late_streak, late_here=1))


async def hold_family(session: Session, family_id: str) -> None:
    """Keep everybody else from changing the family, or holding it, until the commit."""
    await session.all(select(families.c.id).where(families.c.id == family_id).with_for_update())


async def end_family(session: Session, family_id: str, state: str, reason: str) -> bool:
    """Make a family `revoked` or `ended`; whether it was active until now."""
    ended = await session.first(
        update(families)
        .where(families.c.id == family_id, families.c.state == "active")
        .values(state=state, reason=reason)
        .returning(families.c.id)
    )
    return ended is not None


async def connection_of_account(
    session: Session, client_id: str, sub: str, organisation_id: int, now_ms: int
) -> tuple[int, str | None]:
    """The connection by account, made if this is the first grant; its ID, and its state if it was there before."""
    made = await session.hot(_ADD_CONNECTION, organisation_id, client_id, sub, now_ms)
    if made:
        return made[0][0], None
    [(connection_id, state)] = await session.hot(_CONNECTION_ID, client_id, sub, organisation_id)
    return connection_id, state


async def take_assertion(session: Session, client_id: str, jti_hash: bytes, delete_after_at: int) -> bool:
    """Claim an assertion's `jti`; False if it was taken before."""
    return bool(await session.hot(_TAKE_ASSERTION, client_id, jti_hash, delete_after_at))


async def touch(session: Session, table: str, row_id: int, now_ms: int) -> None:
    """Note that a secret was used."""
    await session.hot(_TOUCH[table], row_id, now_ms)


async def end_families_beyond(session: Session, connection_id: int, most: int, limit: int) -> int:
    """End families of a connection that were unused for longer than its `most` newest; how many, up to `limit`."""
    return len(await session.hot(_END_SURPLUS, connection_id, most, limit))


async def connections_beyond(session: Session, most: int) -> list[int]:
    """Connections with more than `most` live families."""
    statement = (
        select(families.c.connection_id)
        .where(families.c.state == "active")
        .group_by(families.c.connection_id)
        .having(func.count() > most)
    )
    return [row[0] for row in await session.all(statement)]


async def delete_outlived(session: Session, now_ms: int, limit: int) -> int:
    """Forget families and assertions whose time is over, up to `limit` of each; how many families went."""
    old = select(families.c.id).where(families.c.delete_after_at <= now_ms).order_by(families.c.delete_after_at).limit(limit)
    ids = [row[0] for row in await session.all(old)]
    await session.run(delete(superseded).where(superseded.c.family_id.in_(ids)))
    await session.run(delete(families).where(families.c.id.in_(ids)))
    await session.run(delete(assertions).where(assertions.c.delete_after_at <= now_ms))
    return len(ids)
