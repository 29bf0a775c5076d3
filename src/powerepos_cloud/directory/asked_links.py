"""Links that somebody asked for by an address, which may be nobody's: noted at once, mailed a moment later to its owner.

Whoever asks reads the same words after the same work, whether the address is known or not: it is not looked up before the answer
has left. What was asked is forgotten as soon as it is mailed, or found to be nobody's.
"""

import msgspec
from sqlalchemy import delete, insert, select

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.directory.application_tables import asked_links as table
from powerepos_cloud.foundation.database import Session

LONGEST_ADDRESS = 254
_PIECE = 50


class AskedLink(msgspec.Struct, frozen=True):
    """A link that was asked for: what for, by which address, and from where."""

    purpose: str
    email: str
    source: str | None
    request_id: str | None


_COLUMNS = tuple(table.c[name] for name in AskedLink.__struct_fields__)


async def note(session: Session, actor: Actor, purpose: str, email: str) -> None:
    """Note that a link was asked for; what can be no address at all is left out."""
    if email.isprintable() and len(email) <= LONGEST_ADDRESS:
        values = {"purpose": purpose, "email": email, "source": actor.source, "request_id": actor.request_id}
        await session.run(insert(table).values(values))


async def has_any(session: Session) -> bool:
    """Whether somebody waits for a link."""
    return await session.first(select(table.c.id).limit(1)) is not None


async def take(session: Session) -> list[AskedLink]:
    """The links asked for longest ago, forgotten here by this unit; at most fifty. Nobody else gets them."""
    first = select(table.c.id).order_by(table.c.id).limit(_PIECE).with_for_update(skip_locked=True)
    taken = await session.all(delete(table).where(table.c.id.in_(first.scalar_subquery())).returning(*_COLUMNS))
    return [AskedLink(*tuple(row)) for row in taken]
