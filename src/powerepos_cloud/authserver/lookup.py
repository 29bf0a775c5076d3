"""Look-up of a grant by the `sid` of its access tokens, and of refused token requests, for support."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select

from powerepos_cloud.audit.store import newest
from powerepos_cloud.audit.timeline import BAD, OK, RECORD, REQUEST, Event, deeds
from powerepos_cloud.authserver.refusal_log import ENDPOINT, RefusedCall, of_clients
from powerepos_cloud.authserver.tables import families, refused_calls
from powerepos_cloud.directory.tables import connections, organisations
from powerepos_cloud.foundation.database import Session, crossing

_MOST = 50
_AROUND = 10


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


async def refusal(session: Session, request_id: str) -> RefusedCall | None:
    """The token request of this ID, if a proved client was refused by it in the last thirty days."""
    columns = (refused_calls.c[name] for name in RefusedCall.__struct_fields__)
    row = await session.first(select(*columns).where(refused_calls.c.id == request_id))
    return None if row is None else RefusedCall(*tuple(row))


async def refusals_of(session: Session, client_id: str, it: str = "") -> list[Event]:
    """The newest token requests that were refused to a client, as events; `it` is the one that was looked for."""
    return [_event(call, is_it=call.id == it) for call in await of_clients(session, [client_id], _AROUND)]


def events_of(call: RefusedCall, around: Sequence[Event]) -> list[Event]:
    """A refusal among those around it, also where it is older than all of them."""
    return [_event(call, is_it=True), *(event for event in around if not event.is_it)]


def _event(call: RefusedCall, *, is_it: bool) -> Event:
    grant_type = f", grant {call.grant_type}" if call.grant_type else ""
    return Event(call.at, REQUEST, f"Token refused {call.status}", f"{ENDPOINT}: {call.error}{grant_type}", BAD, call.id, is_it)
