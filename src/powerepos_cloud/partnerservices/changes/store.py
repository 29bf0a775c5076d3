"""SQL of the change feed: numbers from one counter per organisation, so that order of commit is order of number."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import astuple

from powerepos_cloud.foundation.database import Bulk, Hot, Session
from powerepos_cloud.partnerservices.changes import tables


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
_ADD = Bulk(tables.changes)
_AFTER = Hot("""
    SELECT n, kind, subject, version, outlet_id, change, at FROM changes
    WHERE kapow = $1 AND client_id = $2 AND n > $3 ORDER BY n LIMIT $4
""")


async def record(session: Session, kapow: str, changes: Sequence[Change], now_ms: int) -> None:
    """Number and write changes. Call it last: the counter is held until the commit."""
    if not changes:
        return
    newest: int = (await session.hot(_TAKE, kapow, len(changes)))[0][0]
    count = len(changes)
    kind, subject, version, outlet_id, client_id, change = zip(*map(astuple, changes), strict=True)
    numbers = range(newest - count + 1, newest + 1)
    columns = ([kapow] * count, client_id, numbers, kind, subject, version, outlet_id, change, [now_ms] * count)
    await session.insert(_ADD, columns)


async def after(session: Session, kapow: str, client_id: str, n: int, limit: int) -> list[Numbered]:
    """A client's changes with a number above `n`, in order."""
    return [Numbered(*row) for row in await session.hot(_AFTER, kapow, client_id, n, limit)]
