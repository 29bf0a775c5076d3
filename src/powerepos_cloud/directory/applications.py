"""Companies that ask to become partners: apply, confirm the address, wait, be approved or refused with a reason.

Nothing that the applicant sees depends on whether an address is known: the same mail goes to the same address, and only who
holds its link is told whether an account is there already.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import clients, links, mails, partners, rules, users
from powerepos_cloud.directory.application_tables import applications as table
from powerepos_cloud.directory.clients import Client
from powerepos_cloud.directory.partners import Partner
from powerepos_cloud.directory.users import User
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from powerepos_cloud.foundation.texts import line

UNCONFIRMED, WAITING, APPROVED, REFUSED = "unconfirmed", "waiting", "approved", "refused"
PURPOSE = "application"
MAILS_A_DAY = 3
"""How many links go to one address in a day: an applicant who tries again gets one, nobody's mailbox is flooded."""
FROM_ONE_PLACE = 20
"""How many applications an hour come from one source address."""
LONGEST_REASON = 500
KEPT_UNCONFIRMED_MS = 7 * links.DAY_MS

_HOUR_MS = 3_600_000


class Application(msgspec.Struct, frozen=True):
    """An application. `website` is shown as text only; `reason` is set where `state` is refused. Instants in ms."""

    id: int
    company_name: str
    website: str
    contact_name: str
    contact_email: str
    state: str
    reason: str | None
    source: str | None
    user_id: int | None
    partner_id: int | None
    created_at: int
    confirmed_at: int | None
    decided_at: int | None
    decided_by: str | None


_COLUMNS = tuple(table.c[name] for name in Application.__struct_fields__)


async def apply(
    session: Session,
    now_ms: int,
    actor: Actor,
    site_url: str,
    company_name: str,
    website: str,
    contact_name: str,
    contact_email: str,
) -> None:
    """Note an application and queue the mail with its link below `site_url`; whoever asks learns nothing from it.

    Raises `Invalid`; `Conflict` for too many from one source.
    """
    address, key = rules.email(contact_email)
    values = {
        "company_name": rules.name("company name", company_name),
        "website": rules.website(website.strip()),
        "contact_name": rules.name("contact name", contact_name),
        "contact_email": address,
        "email_key": key,
        "state": UNCONFIRMED,
        "source": actor.source,
        "created_at": now_ms,
    }
    await _refuse_flood(session, now_ms, actor)
    since = (table.c.email_key == key, table.c.created_at > now_ms - links.DAY_MS)
    recent: int = await session.scalar(select(func.count()).select_from(table).where(*since))
    made: int = await session.scalar(insert(table).values(values).returning(table.c.id))
    details = {"company_name": values["company_name"], "website": values["website"], "mailed": recent < MAILS_A_DAY}
    await _audit(session, now_ms, actor, "application.made", made, details)
    if recent < MAILS_A_DAY:
        token = await links.make(session, now_ms, PURPOSE, str(made))
        subject, body = _confirm_mail(f"{site_url}/apply/confirm/{token}")
        await mails.queue(session, now_ms, address, subject, body)


async def of_link(session: Session, now_ms: int, token: str) -> tuple[Application, bool]:
    """The application that a link is for, and whether its address has an account already. Raises `NotFound`."""
    link = await links.look(session, now_ms, PURPOSE, token)
    application = await get(session, int(link.subject))
    return application, await _person(session, application) is not None


async def confirm(session: Session, now_ms: int, actor: Actor, token: str, password_hash: str | None) -> Application:
    """Use a link up: the address is the applicant's, and support is asked to decide.

    An address without an account gets one, with this hash from `passwords.hash_password`; the password of one that is there
    stays what it is. Raises `NotFound` for a link that is used or outlived, `Invalid` if a password is needed and missing.
    """
    link = await links.use(session, now_ms, PURPOSE, token)
    application = await get(session, int(link.subject))
    person = await _person(session, application)
    if person is None:
        if password_hash is None:
            raise Invalid("password", "a password for the new account", None)
        person = await users.create(session, now_ms, actor, application.contact_email, application.contact_name, password_hash)
    values = {"state": WAITING, "user_id": person.id, "confirmed_at": now_ms}
    confirmed = await _turn(session, application.id, UNCONFIRMED, values)
    await _audit(session, now_ms, actor, "application.confirmed", application.id, {"user": person.email})
    return confirmed


async def get(session: Session, application_id: int) -> Application:
    """The application of this ID. Raises `NotFound`."""
    found = await session.first(select(*_COLUMNS).where(table.c.id == application_id))
    if found is None:
        raise NotFound("application", application_id)
    return _application(found)


async def listing(session: Session, states: Sequence[str] = (WAITING,), limit: int = 200) -> list[Application]:
    """Applications in these states: those that wait, longest first; decided ones, newest first."""
    order = table.c.confirmed_at if tuple(states) == (WAITING,) else table.c.id.desc()
    statement = select(*_COLUMNS).where(table.c.state.in_(list(states))).order_by(order, table.c.id).limit(limit)
    return [_application(row) for row in await session.all(statement)]


async def of_user(session: Session, user_id: int) -> list[Application]:
    """The applications that a person confirmed, newest first."""
    statement = select(*_COLUMNS).where(table.c.user_id == user_id).order_by(table.c.id.desc())
    return [_application(row) for row in await session.all(statement)]


async def approve(
    session: Session, now_ms: int, actor: Actor, site_url: str, application_id: int
) -> tuple[Application, Partner, Client]:
    """Make the applicant a partner, its contact the owner, with a first client that has no secret yet; and mail it.

    Raises `NotFound`; `Conflict` if it does not wait (any more).
    """
    values = {"state": APPROVED, "decided_at": now_ms, "decided_by": actor.name}
    application = await _turn(session, application_id, WAITING, values)
    partner = await partners.create(
        session,
        now_ms,
        actor,
        application.company_name,
        application.website,
        application.contact_name,
        application.contact_email,
    )
    owner = await _person(session, application)
    if owner is None or owner.id != application.user_id:
        raise Conflict(
            f"{application.contact_email} is no longer the address of who confirmed it", "Ask the company to apply again."
        )
    await users.link_partner(session, now_ms, actor, owner, partner, "owner")
    client = await clients.register(session, now_ms, actor, partner, partner.company_name, list(rules.GRANTS))
    became = update(table).where(table.c.id == application.id).values(partner_id=partner.id)
    await session.run(became)
    await _audit(session, now_ms, actor, "application.approved", application.id, {"partner_id": partner.id})
    subject, body = _approved_mail(site_url, application.company_name)
    await mails.queue(session, now_ms, application.contact_email, subject, body)
    return msgspec.structs.replace(application, partner_id=partner.id), partner, client


async def refuse(session: Session, now_ms: int, actor: Actor, site_url: str, application_id: int, reason: str) -> Application:
    """Refuse an application; the applicant is mailed the reason. Raises `Invalid`, `NotFound`, `Conflict`."""
    told = line("reason", reason, LONGEST_REASON)
    values = {"state": REFUSED, "reason": told, "decided_at": now_ms, "decided_by": actor.name}
    application = await _turn(session, application_id, WAITING, values)
    await _audit(session, now_ms, actor, "application.refused", application.id, {"reason": told})
    subject, body = _refused_mail(site_url, application.company_name, told)
    await mails.queue(session, now_ms, application.contact_email, subject, body)
    return application


async def forget_unconfirmed(session: Session, now_ms: int) -> None:
    """Forget applications that nobody confirmed in a week, and links that ended: no address is kept without its owner's word."""
    stale = (table.c.state == UNCONFIRMED, table.c.created_at < now_ms - KEPT_UNCONFIRMED_MS)
    await session.run(delete(table).where(*stale))
    await links.prune(session, now_ms)


async def _turn(session: Session, application_id: int, state: str, values: dict[str, Any]) -> Application:
    """Change one that is in this state; of two at once one wins. Raises `NotFound`, `Conflict`."""
    changed = update(table).where(table.c.id == application_id, table.c.state == state).values(values)
    row = await session.first(changed.returning(*_COLUMNS))
    if row is None:
        known = await get(session, application_id)
        raise Conflict(f"the application of {known.company_name} is {known.state}", "Look at it again: nothing was changed.")
    return _application(row)


async def _person(session: Session, application: Application) -> User | None:
    try:
        return await users.by_email(session, application.contact_email)
    except NotFound:
        return None


async def _refuse_flood(session: Session, now_ms: int, actor: Actor) -> None:
    recent = (table.c.source == actor.source, table.c.created_at > now_ms - _HOUR_MS)
    if actor.source is not None and (
        await session.scalar(select(func.count()).select_from(table).where(*recent)) >= FROM_ONE_PLACE
    ):
        raise Conflict("too many applications came from your network within an hour", "Try again in an hour.")


async def _audit(session: Session, now_ms: int, actor: Actor, action: str, application_id: int, details: dict[str, Any]) -> None:
    await record(session, now_ms, actor, action, ("application", str(application_id)), details=details)


def _application(row: Row[Any]) -> Application:
    return Application(*tuple(row))


def _confirm_mail(link: str) -> tuple[str, str]:
    """Holds nothing that the sender of the form typed: it may go to somebody who never asked for it."""
    return "Confirm your application to PowerEPOS", (
        "Somebody, probably you, asked for access to the PowerEPOS API and gave this address.\n\n"
        f"To go on, open this page and press its button within 24 hours:\n\n{link}\n\n"
        "If it was not you, do nothing: without that press the application is forgotten.\n"
    )


def _approved_mail(site_url: str, company_name: str) -> tuple[str, str]:
    return f"{company_name} is a PowerEPOS partner now", (
        f"We have approved your application. Sign in to see your ClientID and to make your ClientSecret:\n\n"
        f"{site_url}/partner/clients\n\nSecrets are shown once, on that page, and never travel by e-mail.\n"
    )


def _refused_mail(site_url: str, company_name: str, reason: str) -> tuple[str, str]:
    return f"Your application for {company_name}", (
        f"We could not approve your application to PowerEPOS. The reason:\n\n{reason}\n\n"
        f"You may apply again once that is mended: {site_url}/apply\n"
    )
