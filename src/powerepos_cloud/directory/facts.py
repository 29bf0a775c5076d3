"""Facts about the directory itself."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.directory.tables import facts
from powerepos_cloud.foundation.database import Session

_DEMO = "demo"


async def is_demo(session: Session) -> bool:
    """Whether this directory was filled by the demo: then it must never be served but on loopback."""
    return await session.scalar(select(facts.c.value).where(facts.c.name == _DEMO)) is not None


async def mark_demo(session: Session, now_ms: int) -> bool:
    """Note that the demo fills this directory; False if that was noted before."""
    marked = insert(facts).values(name=_DEMO, value=str(now_ms)).on_conflict_do_nothing(index_elements=["name"])
    return await session.first(marked.returning(facts.c.name)) is not None
