"""Mail waiting to leave, written in the transaction of the deed that it tells of. Never holds a secret."""

import msgspec
from sqlalchemy import ColumnElement, Select, func, insert, or_, select, update

from powerepos_cloud.directory.tables import clients, mails, user_organisations, user_partners, users
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.secrets import masked


class QueuedMail(msgspec.Struct, frozen=True):
    """A mail; instants in ms, `sent_at` None while it waits."""

    recipient: str
    subject: str
    body: str
    created_at: int
    sent_at: int | None


class DueMail(msgspec.Struct, frozen=True):
    """A mail to be handed over now; `tries` counts this one."""

    id: int
    recipient: str
    subject: str
    body: str
    created_at: int
    tries: int


_DUE = tuple(mails.c[name] for name in DueMail.__struct_fields__)
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


async def to_user(session: Session, now_ms: int, user_id: int, subject: str, body: str) -> None:
    """Queue a mail to one person."""
    await _queue(session, now_ms, select(users.c.email).where(users.c.id == user_id), subject, body)


async def has_due(session: Session, now_ms: int) -> bool:
    """Whether a mail is to be handed over now."""
    return await session.first(select(mails.c.id).where(*_is_due(now_ms)).limit(1)) is not None


async def take_due(session: Session, now_ms: int, until_ms: int) -> DueMail | None:
    """The mail that is due for longest, which nobody else gets until then; None if there is none."""
    first = select(mails.c.id).where(*_is_due(now_ms)).order_by(mails.c.id).limit(1).with_for_update(skip_locked=True)
    taken = update(mails).where(mails.c.id == first.scalar_subquery()).values(due_at=until_ms, tries=_tries() + 1)
    row = await session.first(taken.returning(*_DUE))
    return None if row is None else DueMail(*tuple(row))


async def note_sent(session: Session, now_ms: int, mail: DueMail) -> None:
    """The mail server has it. Links in it are hidden: only their hashes are kept here (contract section 9)."""
    values = {"sent_at": now_ms, "due_at": None, "trouble": None, "body": masked(mail.body)}
    await session.run(update(mails).where(mails.c.id == mail.id).values(values))


async def note_trouble(session: Session, now_ms: int, mail_id: int, trouble: str, due_at: int | None) -> None:
    """The mail server did not take it; `due_at` is when it is tried again, None to give up."""
    values = {"trouble": trouble, "due_at": due_at, "given_up_at": now_ms if due_at is None else None}
    await session.run(update(mails).where(mails.c.id == mail_id).values(values))


async def newest(session: Session, limit: int) -> list[QueuedMail]:
    """The newest mails, waiting or sent."""
    statement = select(*_COLUMNS).order_by(mails.c.id.desc()).limit(limit)
    return [QueuedMail(*tuple(row)) for row in await session.all(statement)]


async def _queue(session: Session, now_ms: int, recipients: Select[tuple[str]], subject: str, body: str) -> None:
    for row in await session.all(recipients.order_by(users.c.id)):
        await queue(session, now_ms, row[0], subject, body)


def _is_due(now_ms: int) -> tuple[ColumnElement[bool], ...]:
    ready = or_(mails.c.due_at.is_(None), mails.c.due_at <= now_ms)
    return mails.c.sent_at.is_(None), mails.c.given_up_at.is_(None), ready


def _tries() -> ColumnElement[int]:
    return func.coalesce(mails.c.tries, 0)
