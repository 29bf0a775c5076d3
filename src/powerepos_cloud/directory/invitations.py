"""People of an organisation, of a partner, and of the vendor's support: who they are, and inviting others by mail.

An invitation is accepted only by an account with the address that it was sent to (contract section 9); its link works once,
for a day, and opening it changes nothing. One to support's desk counts only while who sent it is an admin there; and nobody
belongs both to support and to an organisation or partner, since staff must not judge their own.
"""

from typing import Any

import msgspec
from sqlalchemy import Row, Table, insert, select, update

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import links, mails, organisations, partners, rules, staff, users
from powerepos_cloud.directory.account_tables import invitations as table
from powerepos_cloud.directory.links import DAY_MS, LinkOver
from powerepos_cloud.directory.tables import user_organisations, user_partners
from powerepos_cloud.directory.tables import users as users_table
from powerepos_cloud.directory.users import User
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from powerepos_cloud.foundation.texts import compare_key

PURPOSE = "invitation"
SUPPORT = "support"
"""The place of the vendor's own staff; there is one."""
ROLES = {"organisation": rules.ORGANISATION_ROLES, "partner": rules.PARTNER_ROLES, SUPPORT: rules.STAFF_ROLES}


class Member(msgspec.Struct, frozen=True):
    """A person of a place, with the role there."""

    user_id: int
    email: str
    name: str
    role: str
    has_second_factor: bool


class Invitation(msgspec.Struct, frozen=True):
    """Somebody who was asked to come; instants in ms. `place` is `organisation:ID`, `partner:ID` or `support`."""

    id: int
    place: str
    email: str
    role: str
    state: str
    invited_by: str
    created_at: int
    ends_at: int


_COLUMNS = tuple(table.c[name] for name in Invitation.__struct_fields__)
_MEMBER = (users_table.c.id, users_table.c.email, users_table.c.name)


async def members(session: Session, place: str) -> list[Member]:
    """The people of a place, by name."""
    if place == SUPPORT:
        found = await staff.listing(session)
        return [Member(one.id, one.email, one.name, one.role, one.has_second_factor) for one in found]
    kind, _, number = place.partition(":")
    has_factor = users_table.c.totp_sealed.is_not(None)
    linked, column = _links_of(kind)
    wanted = (
        select(*_MEMBER, linked.c.role, has_factor)
        .join(linked, linked.c.user_id == users_table.c.id)
        .where(linked.c[column] == int(number))
    )
    return [Member(*tuple(row)) for row in await session.all(wanted.order_by(users_table.c.name, users_table.c.id))]


async def member(session: Session, place: str, user_id: int | None) -> Member:
    """One of them. Raises `NotFound`, for everybody else alike."""
    found = next((one for one in await members(session, place) if one.user_id == user_id), None)
    if found is None:
        raise NotFound("person", user_id)
    return found


async def waiting(session: Session, now_ms: int, place: str) -> list[Invitation]:
    """Invitations that can still be accepted, newest first."""
    wanted = select(*_COLUMNS).where(table.c.place == place, table.c.state == "open", table.c.ends_at > now_ms)
    return [_invitation(row) for row in await session.all(wanted.order_by(table.c.id.desc()))]


async def invite(
    session: Session, now_ms: int, actor: Actor, site_url: str, place: str, place_name: str, email: str, role: str
) -> Invitation:
    """Ask somebody to come, by mail; an older invitation to the same address is withdrawn. Raises `Invalid`, `Conflict`."""
    kind = place.partition(":")[0]
    rules.one_of("role", role, ROLES[kind])
    address, key = rules.email(email)
    if any(compare_key(one.email) == key for one in await members(session, place)):
        raise Conflict(f"{address} is here already", "Change the role in the list instead.")
    older = update(table).where(table.c.place == place, table.c.email_key == key, table.c.state == "open")
    await session.run(older.values(state="withdrawn"))
    values = {
        "place": place,
        "email": address,
        "email_key": key,
        "role": role,
        "state": "open",
        "invited_by": actor.name,
        "created_at": now_ms,
        "ends_at": now_ms + DAY_MS,
    }
    made = await session.first(insert(table).values(values).returning(*_COLUMNS))
    assert made is not None
    invitation = _invitation(made)
    token = await links.make(session, now_ms, PURPOSE, str(invitation.id))
    mail = _mail(actor, place, place_name, role, f"{site_url}/invitation/{token}")
    await mails.queue(session, now_ms, address, *mail)
    await _audit(session, now_ms, actor, "invitation.made", invitation)
    return invitation


async def withdraw(session: Session, now_ms: int, actor: Actor, place: str, invitation_id: int | None) -> None:
    """Take an invitation back. Raises `NotFound`, for another place's too."""
    mine = update(table).where(table.c.id == invitation_id, table.c.place == place, table.c.state == "open")
    row = await session.first(mine.values(state="withdrawn").returning(*_COLUMNS))
    if row is None:
        raise NotFound("invitation", invitation_id)
    await _audit(session, now_ms, actor, "invitation.withdrawn", _invitation(row))


async def look(session: Session, now_ms: int, token: str) -> tuple[Invitation, str, bool]:
    """What a link invites to, the place's name, and whether its address has an account. Raises `NotFound`."""
    invitation = await _of_link(session, await links.look(session, now_ms, PURPOSE, token))
    found = await users.credentials(session, email=invitation.email)
    return invitation, await _name_of(session, invitation.place), found is not None


async def accept(
    session: Session, now_ms: int, actor: Actor, token: str, *, signed_in_as: str | None, name: str = "", password_hash: str = ""
) -> Invitation:
    """Use the link up: give the role to the account with that address, which is made if there is none.

    Raises `NotFound`, `Invalid`; `Conflict` if somebody else is signed in, or nobody and there is an account.
    """
    invitation = await _of_link(session, await links.use(session, now_ms, PURPOSE, token))
    found = await users.credentials(session, email=invitation.email)
    if signed_in_as is None and found is None:
        user = await users.create(session, now_ms, actor, invitation.email, name, password_hash)
    elif signed_in_as is None or compare_key(signed_in_as) != compare_key(invitation.email):
        raise Conflict(f"this invitation was sent to {invitation.email}", "Sign in with that address, then open the link again.")
    else:
        user = await users.by_email(session, invitation.email)
    done = update(table).where(table.c.id == invitation.id, table.c.state == "open").values(state="accepted")
    if await session.first(done.returning(table.c.id)) is None:
        raise NotFound("invitation", "that is still open")
    await give_role(session, now_ms, actor, invitation.place, user, invitation.role)
    await _audit(session, now_ms, actor, "invitation.accepted", invitation)
    return invitation


async def give_role(session: Session, now_ms: int, actor: Actor, place: str, user: User, role: str) -> None:
    """Give a person a role at a place, or another one.

    Raises `Invalid`; `Conflict` for the last owner, and for who belongs to support and to somebody else.
    """
    if place == SUPPORT:
        await staff.add(session, now_ms, actor, user.email, role)
        return
    if user.staff_role is not None:
        raise Conflict(f"{user.email} belongs to PowerEPOS support", "Use an account of your own for it, with another address.")
    kind, _, number = place.partition(":")
    if kind == "organisation":
        organisation = await organisations.by_id(session, int(number))
        await users.link_organisation(session, now_ms, actor, user, organisation, role)
    else:
        await users.link_partner(session, now_ms, actor, user, await partners.get(session, int(number)), role)


async def remove(session: Session, now_ms: int, actor: Actor, place: str, user: User) -> None:
    """Take a person out of an organisation or partner. Raises `NotFound`; `Conflict` for the last owner."""
    kind, _, number = place.partition(":")
    if kind == "organisation":
        await users.unlink_organisation(session, now_ms, actor, user, await organisations.by_id(session, int(number)))
    else:
        await users.unlink_partner(session, now_ms, actor, user, await partners.get(session, int(number)))


async def _of_link(session: Session, link: links.Link) -> Invitation:
    found = await session.first(select(*_COLUMNS).where(table.c.id == int(link.subject), table.c.state == "open"))
    if found is None:
        raise LinkOver("invitation", "that is still open", "Ask for another one.")
    invitation = _invitation(found)
    if invitation.place == SUPPORT and not await staff.is_admin(session, invitation.invited_by):
        raise LinkOver("invitation", "of somebody who may invite", "Ask an admin for another one.")
    return invitation


async def _name_of(session: Session, place: str) -> str:
    if place == SUPPORT:
        return "PowerEPOS support"
    kind, _, number = place.partition(":")
    if kind == "organisation":
        return (await organisations.by_id(session, int(number))).name
    return (await partners.get(session, int(number))).company_name


def _mail(actor: Actor, place: str, place_name: str, role: str, link: str) -> tuple[str, str]:
    where = place_name if place == SUPPORT else f"{place_name} at PowerEPOS"
    needs = "Its pages open with a second factor only: you set one up after you have signed in.\n\n" if place == SUPPORT else ""
    return f"You are invited to {place_name}", (
        f"{actor.name} invites you to {where}, as {role}.\n\nOpen this within a day to accept:\n\n{link}\n\n{needs}"
        "If you do not know what this is about, do nothing."
    )


def _links_of(kind: str) -> tuple[Table, str]:
    return (user_organisations, "organisation_id") if kind == "organisation" else (user_partners, "partner_id")


async def _audit(session: Session, now_ms: int, actor: Actor, action: str, invitation: Invitation) -> None:
    kind, _, number = invitation.place.partition(":")
    kapow = (await organisations.by_id(session, int(number))).kapow if kind == "organisation" else None
    details: dict[str, Any] = {"place": invitation.place, "role": invitation.role}
    await record(session, now_ms, actor, action, ("user", invitation.email), kapow=kapow, details=details)


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(*tuple(row))
