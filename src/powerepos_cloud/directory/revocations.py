"""The feed of revocations (contract section 5): what tells every service instance that tokens must no longer work.

Its number comes from one counter row, which is the last thing that a deed locks: so order of commit is order of number,
and the numbers have no gaps. A deed writes its entries with `publish`, in its own transaction, after everything else.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.accesstoken import AccessTokenClaims
from powerepos_cloud.directory.tables import counters, revocations
from powerepos_cloud.foundation.database import Hot, Session

KEEP_MARGIN_MS = 3_600_000
RESTORE_JUMP = 1_000_000_000
"""Far more numbers than were ever given out between a backup and what was lost: JSON carries whole numbers up to 2^53."""

_NEXT = Hot("""
    INSERT INTO counters (name, value) VALUES ('revocations', $1)
    ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value RETURNING value
""")
# What an access token may live for at most. The counter remembers the longest lifetime that was ever in force: tokens made
# under it may still be alive after it was shortened.
_LONGEST_ACCESS = Hot("""
    SELECT value FROM (
        SELECT access_seconds AS value FROM services
        UNION ALL SELECT value FROM counters WHERE name = 'longest_access_seconds'
    ) AS lifetimes ORDER BY 1 DESC LIMIT 1
""")
# One statement, hence one snapshot: entries, newest number and pruned number fit together.
_AFTER = Hot("""
    SELECT COALESCE((SELECT value FROM counters WHERE name = 'revocations'), 0),
           COALESCE((SELECT value FROM counters WHERE name = 'revocations_pruned'), 0),
           r.n, r.kind, r.state, r.subject, r.client_id, r.sub, r.org_id, r.svc
    FROM (SELECT 1 AS one) AS always
    LEFT JOIN (SELECT * FROM revocations WHERE n > $1 ORDER BY n LIMIT $2) AS r ON 1 = 1
    ORDER BY r.n
""")


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry. A connection is named by `client_id`, `sub` and `org_id`, everything else by `id`; `svc` only if moved."""

    n: int = 0
    """Its number; 0 until it is published."""
    kind: str
    id: str | None = None
    client_id: str | None = None
    sub: str | None = None
    org_id: str | None = None
    state: str
    svc: str | None = None


class Found(msgspec.Struct, frozen=True):
    """What was read: entries in order, the newest number given out, and the highest number already forgotten."""

    entries: list[Entry]
    newest: int
    pruned: int


def refused_grant(grant_id: str, client_id: str) -> Entry:
    """A grant revoked, or whose refresh token was used twice. `grant_id` is the `sid` of its access tokens."""
    return Entry(kind="grant", id=grant_id, client_id=client_id, state="refused")


def connection(state: str, client_id: str, sub: str, org_id: str) -> Entry:
    """A connection refused, lifted or narrowed; `sub` is the account's ID, or the ClientID where approved."""
    return Entry(kind="connection", client_id=client_id, sub=sub, org_id=org_id, state=state)


def account(state: str, account_id: str, org_id: str) -> Entry:
    """A service account refused, lifted or narrowed."""
    return Entry(kind="account", id=account_id, org_id=org_id, state=state)


def client(state: str, client_id: str) -> Entry:
    """A client refused, lifted or narrowed."""
    return Entry(kind="client", id=client_id, state=state)


def organisation(state: str, org_id: str) -> Entry:
    """An organisation refused, lifted or narrowed; `org_id` is its code as registered."""
    return Entry(kind="organisation", id=org_id, state=state)


def moved(org_id: str, svc: str) -> Entry:
    """An organisation moved to the instance with this URI."""
    return Entry(kind="organisation", id=org_id, state="moved", svc=svc)


async def hold(session: Session) -> None:
    """Lock the counter before `publish` does: whoever looks first whether an entry is there must not look at once with others."""
    await session.hot(_NEXT, 0)


async def publish(session: Session, now_ms: int, entries: Sequence[Entry]) -> list[int]:
    """Write entries; their numbers. Call it last: it locks the counter until the commit."""
    if not entries:
        return []
    newest: int = (await session.hot(_NEXT, len(entries)))[0][0]
    # Read under the counter's lock, which who lengthens a life takes too: a token of the longer life either comes after
    # this entry, or its life is seen here.
    longest = (await longest_access_seconds(session)) * 1000
    numbers = list(range(newest - len(entries) + 1, newest + 1))
    rows = [
        {
            "n": n,
            "kind": entry.kind,
            "subject": entry.id or _connection_subject(entry.client_id, entry.sub, entry.org_id),
            "client_id": entry.client_id,
            "sub": entry.sub,
            "org_id": entry.org_id,
            "state": entry.state,
            "svc": entry.svc,
            "delete_after_at": now_ms + longest + KEEP_MARGIN_MS,
        }
        for n, entry in zip(numbers, entries, strict=True)
    ]
    await session.run(insert(revocations), rows)
    return numbers


async def read_after(session: Session, after: int, limit: int) -> Found:
    """Entries with a number above `after`, at most `limit`. An `after` above 0 but below `pruned` has missed some."""
    rows = await session.hot(_AFTER, after, limit)
    entries = [_entry(row[2:10]) for row in rows if row[2] is not None]
    return Found(entries, rows[0][0], rows[0][1])


async def concerning(session: Session, claims: AccessTokenClaims) -> list[Entry]:
    """Every entry that could refuse this token, in order."""
    subjects = {
        "grant": claims.sid,
        "connection": _connection_subject(claims.client_id, claims.sub, claims.org_id),
        "account": claims.sub,
        "client": claims.client_id,
        "organisation": claims.org_id,
    }
    named = [and_(revocations.c.kind == kind, revocations.c.subject == subject) for kind, subject in subjects.items()]
    rows = await session.all(select(revocations).where(or_(*named)).order_by(revocations.c.n))
    return [_entry((row.n, row.kind, row.state, row.subject, row.client_id, row.sub, row.org_id, row.svc)) for row in rows]


async def newest_number(session: Session) -> int:
    """The newest number given out; 0 if there is none yet."""
    value: int | None = await session.scalar(select(counters.c.value).where(counters.c.name == "revocations"))
    return value or 0


async def is_grant_refused(session: Session, grant_id: str) -> bool:
    """Whether the feed already refuses this grant."""
    wanted = select(revocations.c.n).where(revocations.c.kind == "grant", revocations.c.subject == grant_id).limit(1)
    return await session.scalar(wanted) is not None


async def prune(session: Session, now_ms: int) -> int:
    """Forget entries whose last token has ended, and remember up to which number; how many went."""
    gone = await session.all(delete(revocations).where(revocations.c.delete_after_at <= now_ms).returning(revocations.c.n))
    if gone:
        await _raise_counter(session, "revocations_pruned", max(row[0] for row in gone))
    return len(gone)


async def restored(session: Session) -> tuple[int, int]:
    """After a backup was put back: raise the counter above every number in a token or a worker; before and after.

    Tokens may carry numbers that the restored counter has not given out yet, and would outlive what is revoked next. Workers
    know entries that are gone: with the old ones called forgotten, each of them is told to read the feed anew.
    """
    raised: int = (await session.hot(_NEXT, RESTORE_JUMP))[0][0]
    await _raise_counter(session, "revocations_pruned", raised)
    return raised - RESTORE_JUMP, raised


async def longest_access_seconds(session: Session) -> int:
    """The longest life that an access token alive now may have been given, in seconds."""
    rows = await session.hot(_LONGEST_ACCESS)
    return rows[0][0] if rows else 0


async def remember_lifetime(session: Session, access_seconds: int) -> None:
    """Note a lifetime that is, or was, in force. Call it last: it locks the feed's counter until the commit."""
    await hold(session)
    await _raise_counter(session, "longest_access_seconds", access_seconds)


def _connection_subject(client_id: str | None, sub: str | None, org_id: str | None) -> str:
    return f"{client_id} {sub} {org_id}"


def _entry(row: Sequence[Any]) -> Entry:
    n, kind, state, subject, client_id, sub, org_id, svc = row
    named = None if kind == "connection" else subject
    return Entry(n=n, kind=kind, id=named, client_id=client_id, sub=sub, org_id=org_id, state=state, svc=svc)


async def _raise_counter(session: Session, name: str, least: int) -> None:
    """Bring a counter to at least this value."""
    fresh = upsert(counters).values(name=name, value=least)
    await session.run(
        fresh.on_conflict_do_update(
            index_elements=["name"], set_={"value": fresh.excluded.value}, where=fresh.excluded.value > counters.c.value
        )
    )
