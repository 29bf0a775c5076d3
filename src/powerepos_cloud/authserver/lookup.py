"""Look-up of a grant by the `sid` of its access tokens, for support."""

import msgspec
from sqlalchemy import select

from powerepos_cloud.audit.store import newest
from powerepos_cloud.audit.timeline import OK, RECORD, Event, deeds
from powerepos_cloud.authserver.tables import families
from powerepos_cloud.directory.tables import connections, organisations
from powerepos_cloud.foundation.database import Session, crossing

_MOST = 50


class Grant(msgspec.Struct, frozen=True):
    """A grant with a refresh token (one without leaves nothing behind). Instants in ms; `reason` says why it is over."""

    id: str
    state: str
    reason: str | None
    service: str
    scope: str
    connection_id: int
    sub: str
    client_id: str
    kapow: str
    created_at: int
    last_used_at: int
    ends_at: int
    events: list[Event]


async def grant(session: Session, sid: str) -> Grant | None:
    """The grant of this ID with what happened to it; None if there is none, or it is forgotten."""
    own = ("id", "state", "reason", "service", "scope", "connection_id", "created_at", "last_used_at", "ends_at")
    joined = (
        select(
            *(families.c[name] for name in own),
            connections.c.sub,
            connections.c.client_id,
            organisations.c.kapow,
        )
        .join(connections, connections.c.id == families.c.connection_id)
        .join(organisations, organisations.c.id == connections.c.organisation_id)
        .where(families.c.id == sid)
    )
    row = await session.first(crossing(joined, "support looks up any ID"))
    if row is None:
        return None
    events = [Event(row.created_at, RECORD, "Grant began", row.scope, OK, row.id, is_it=True)]
    if row.last_used_at > row.created_at:
        events.append(Event(row.last_used_at, RECORD, "Refreshed last", row.service, OK, row.id))
    events += deeds(await newest(session, _MOST, subject_kind="grant", subject=sid))
    return Grant(**row._asdict(), events=events)
