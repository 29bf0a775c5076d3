"""The one writer of the audit, in both databases: each row in its deed's own transaction."""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Row, insert, select, tuple_

from powerepos_cloud.audit.tables import audit
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.ids import new_id


class Actor(msgspec.Struct, frozen=True):
    """Who does a deed, from where: a person, the operator's command, a partner's client, or the system itself.

    `kind` is one of `user`, `operator`, `client`, `service_account`, `system`; `name` its ID; `source` an IP address.
    """

    kind: str
    name: str
    source: str | None = None
    request_id: str | None = None


class Place(msgspec.Struct, frozen=True):
    """A row's place in the order of time: its instant (ms), then its ID. The same in both databases."""

    at: int
    id: str


SYSTEM = Actor("system", "powerepos-cloud")


async def record(
    session: Session,
    at_ms: int,
    actor: Actor,
    action: str,
    subject: tuple[str, str],
    *,
    kapow: str | None = None,
    client_id: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write one deed. `action` is `noun.verb` such as `connection.paused`; `details` never holds a secret or a token."""
    await session.run(
        insert(audit).values(
            id=new_id(),
            at=at_ms,
            action=action,
            actor_kind=actor.kind,
            actor=actor.name,
            subject_kind=subject[0],
            subject=subject[1],
            kapow=kapow,
            client_id=client_id,
            source=actor.source,
            request_id=actor.request_id,
            details=msgspec.json.encode(details or {}).decode(),
        )
    )


async def newest(
    session: Session,
    limit: int,
    *,
    kapow: str | None = None,
    client_id: str | None = None,
    subject: str | None = None,
    subject_kind: str | None = None,
    action: str | None = None,
    actor: str | None = None,
    request_id: str | None = None,
    since_ms: int | None = None,
    until_ms: int | None = None,
    before: Place | None = None,
) -> list[Row[Any]]:
    """The newest rows first, narrowed by what is given; at most `limit`.

    `action` may be a noun alone: `connection` finds `connection.paused` and its like. `since_ms` is the oldest instant,
    `until_ms` the first one that is too new; `before` a row that was seen already, with all that are newer.
    """
    statement = select(audit).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit)
    wanted = {
        "kapow": kapow,
        "client_id": client_id,
        "subject": subject,
        "subject_kind": subject_kind,
        "actor": actor,
        "request_id": request_id,
    }
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(audit.c[column] == value)
    if action is not None:
        # autoescape: a name holds underscores, which LIKE would take for any sign.
        is_noun = audit.c.action.startswith(f"{action}.", autoescape=True)
        statement = statement.where(audit.c.action == action if "." in action else is_noun)
    if since_ms is not None:
        statement = statement.where(audit.c.at >= since_ms)
    if until_ms is not None:
        statement = statement.where(audit.c.at < until_ms)
    if before is not None:
        statement = statement.where(tuple_(audit.c.at, audit.c.id) < (before.at, before.id))
    return list(await session.all(statement))


async def newest_by_subject(
    session: Session, kapow: str, subject_kind: str, subjects: Collection[str], actions: Collection[str]
) -> dict[str, Row[Any]]:
    """Subject → the newest row about it with one of these actions; for an organisation's own things."""
    statement = (
        select(audit)
        .where(
            audit.c.kapow == kapow,
            audit.c.subject_kind == subject_kind,
            audit.c.subject.in_(list(subjects)),
            audit.c.action.in_(list(actions)),
        )
        .order_by(audit.c.at, audit.c.id)
    )
    return {row.subject: row for row in await session.all(statement)}
