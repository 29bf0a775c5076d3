"""Mail waiting to leave, written in the transaction of the deed that it tells of. Never holds a secret."""

import msgspec
from sqlalchemy import Select, insert, select

from powerepos_cloud.directory.tables import clients, mails, user_organisations, user_partners, users
from powerepos_cloud.foundation.database import Session


class QueuedMail(msgspec.Struct, frozen=True):
    """A mail; instants in ms, `sent_at` None while it waits."""

    recipient: str
    subject: str
    body: str
    created_at: int
    sent_at: int | None


_COLUMNS = tuple(mails.c[name] for name in QueuedMail.__struct_fields__)


async def to_partner_owners(session: Session, now_ms: int, client_id: str, subject: str, body: str) -> None:
    """Queue a mail to the owners of the partner that this client belongs to."""
    owners = (
        select(users.c.email)
        .join(user_partners, user_partners.c.user_id == users.c.id)
        .join(clients, clients.c.partner_id == user_partners.c.partner_id)
        .where(clients.c.id == client_id, user_partners.c.role == "owner")
    )
    await _queue(session, now_ms, owners, subject, body)


async def to_organisation_owners(session: Session, now_ms: int, organisation_id: int, subject: str, body: str) -> None:
    """Queue a mail to the owners of an organisation."""
    owners = (
        select(users.c.email)
        .join(user_organisations, user_organisations.c.user_id == users.c.id)
        .where(user_organisations.c.organisation_id == organisation_id, user_organisations.c.role == "owner")
    )
    await _queue(session, now_ms, owners, subject, body)


async def queue(session: Session, now_ms: int, recipient: str, subject: str, body: str) -> None:
    """Queue a mail to one address."""
    await session.run(insert(mails).values(recipient=recipient, subject=subject, body=body, created_at=now_ms))


async def newest(session: Session, limit: int) -> list[QueuedMail]:
    """The newest mails, waiting or sent."""
    statement = select(*_COLUMNS).order_by(mails.c.id.desc()).limit(limit)
    return [QueuedMail(*tuple(row)) for row in await session.all(statement)]


async def _queue(session: Session, now_ms: int, recipients: Select[tuple[str]], subject: str, body: str) -> None:
    for row in await session.all(recipients.order_by(users.c.id)):
        await queue(session, now_ms, row[0], subject, body)
