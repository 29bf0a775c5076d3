"""SQL of the change feed: numbers from one counter per organisation, so that order of commit is order of number."""

from collections.abc import Sequence

import msgspec

from powerepos_cloud.foundation.database import Hot, Session


class Change(msgspec.Struct, frozen=True):
    """One change: `kind` is `sale`, `z` or `stockOrder`; `change` is `created`, `replaced`, `moved` or `finalised`."""

    kind: str
    subject: str
    version: int
    outlet_id: str
    client_id: str
    change: str


class Numbered(msgspec.Struct, frozen=True):
    """A change with its number within the organisation, and when it was written (ms)."""

    n: int
    kind: str
    subject: str
    version: int
    outlet_id: str
    change: str
    at: int


_TAKE = Hot("""
    INSERT INTO change_counters (kapow, value) VALUES ($1, $2)
    ON CONFLICT (kapow) DO UPDATE SET value = change_counters.value + excluded.value RETURNING value
""")
_ADD = Hot("""
    INSERT INTO changes (kapow, client_id, n, kind, subject, version, outlet_id, change, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
""")
_AFTER = Hot("""
    SELECT n, kind, subject, version, outlet_id, change, at FROM changes
    WHERE kapow = $1 AND client_id = $2 AND n > $3 ORDER BY n LIMIT $4
""")


async def record(session: Session, kapow: str, changes: Sequence[Change], now_ms: int) -> None:
    """Number and write changes. Call it last: the counter is held until the commit."""
    if not changes:
        return
    newest: int = (await session.hot(_TAKE, kapow, len(changes)))[0][0]
    first = newest - len(changes) + 1
    rows = [
        (kapow, one.client_id, first + place, one.kind, one.subject, one.version, one.outlet_id, one.change, now_ms)
        for place, one in enumerate(changes)
    ]
    await session.hot_many(_ADD, rows)


async def after(session: Session, kapow: str, client_id: str, n: int, limit: int) -> list[Numbered]:
    """A client's changes with a number above `n`, in order."""
    return [Numbered(*row) for row in await session.hot(_AFTER, kapow, client_id, n, limit)]
