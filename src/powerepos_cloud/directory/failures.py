"""Failures at sign-in, counted by what was tried: ten in an hour, then that way is closed for the rest of it."""

import hashlib

from sqlalchemy import case, select
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.directory.session_tables import sign_in_failures as table
from powerepos_cloud.foundation.database import Session

MOST = 10
WINDOW_MS = 3_600_000


def key_of(*parts: str) -> bytes:
    """What failures are counted by. Known and unknown addresses are counted alike, and neither is kept."""
    return hashlib.sha256("\0".join(("failure", *parts)).encode()).digest()


async def is_spent(session: Session, now_ms: int, key: bytes, most: int = MOST, window_ms: int = WINDOW_MS) -> bool:
    """Whether there were too many failures in the present window."""
    wanted = select(table.c.count).where(table.c.hash == key, table.c.since_at > now_ms - window_ms)
    return (await session.scalar(wanted) or 0) >= most


async def count(session: Session, now_ms: int, key: bytes, window_ms: int = WINDOW_MS) -> int:
    """Count one failure; how many there are in the window that began with the first."""
    fresh = insert(table).values(hash=key, count=1, since_at=now_ms, delete_after_at=now_ms + window_ms)
    is_over = table.c.since_at <= now_ms - window_ms
    again = {
        "count": case((is_over, 1), else_=table.c.count + 1),
        "since_at": case((is_over, now_ms), else_=table.c.since_at),
        "delete_after_at": case((is_over, now_ms + window_ms), else_=table.c.delete_after_at),
    }
    counted: int = await session.scalar(fresh.on_conflict_do_update(index_elements=["hash"], set_=again).returning(table.c.count))
    return counted
