"""The vendor's own staff: who they are, who joins and leaves, and what helps one who has lost the second factor."""

import msgspec
from sqlalchemy import select

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import mails, recovery, rules, sessions, users
from powerepos_cloud.directory.tables import users as table
from powerepos_cloud.directory.users import User
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from powerepos_cloud.foundation.texts import compare_key

ADMIN = "admin"


class Member(msgspec.Struct, frozen=True):
    """One of the staff. Without a second factor they cannot work at support's desk."""

    id: int
    email: str
    name: str
    role: str
    has_second_factor: bool
    created_at: int


async def listing(session: Session) -> list[Member]:
    """All staff, by name."""
    of = table.c
    wanted = select(of.id, of.email, of.name, of.staff_role, of.totp_sealed.is_not(None), of.created_at)
    rows = await session.all(wanted.where(of.staff_role.is_not(None)).order_by(of.name, of.id))
    return [Member(*tuple(row)) for row in rows]


async def add(session: Session, now_ms: int, actor: Actor, email: str, role: str) -> User:
    """Make a person who has an account staff, or give one of the staff another role.

    Raises `NotFound`, `Invalid`; `Conflict` for who belongs to an organisation or partner (staff must not judge their own),
    and for the last admin.
    """
    rules.one_of("role", role, rules.STAFF_ROLES)
    admins = await _hold_admins(session)
    user = await users.by_email(session, email)
    if user.organisations or user.partners:
        raise Conflict(
            f"{user.email} works for an organisation or a partner", "Staff need an account of their own, with another address."
        )
    if user.staff_role == role:
        return user
    if role != ADMIN:
        _refuse_last(admins, user)
    await users.set_staff_role(session, now_ms, actor, user, role)
    # Sessions of staff are shorter: one that began before must not outlive that.
    await sessions.end_others(session, user.id)
    await mails.queue(session, now_ms, user.email, *_joined(role))
    return msgspec.structs.replace(user, staff_role=role)


async def set_role(session: Session, now_ms: int, actor: Actor, user_id: int, role: str) -> User:
    """Give one of the staff another role. Raises `NotFound`, `Invalid`; `Conflict` for the last admin."""
    return await add(session, now_ms, actor, (await _member(session, user_id)).email, role)


async def is_admin(session: Session, email: str) -> bool:
    """Whether this address is that of an admin, now."""
    return any(compare_key(one.email) == compare_key(email) for one in await listing(session) if one.role == ADMIN)


async def remove(session: Session, now_ms: int, actor: Actor, user_id: int) -> User:
    """Let one of the staff go; their sessions end at once. Raises `NotFound`; `Conflict` for the last admin."""
    admins = await _hold_admins(session)
    user = await _member(session, user_id)
    _refuse_last(admins, user)
    await users.set_staff_role(session, now_ms, actor, user, None)
    await sessions.end_others(session, user.id)
    return user


async def restore_second_factor(session: Session, now_ms: int, actor: Actor, by_user_id: int, user_id: int) -> User:
    """Take a lost second factor away, so that its owner can set up another; audited, mailed, and their sessions end.

    Raises `NotFound`; `Conflict` for one's own: another admin has to do it.
    """
    user = await _member(session, user_id)
    if user.id == by_user_id:
        raise Conflict("nobody restores their own second factor", "Ask another admin, or use a recovery code.")
    await users.set_totp(session, now_ms, actor, user, None)
    await recovery.drop_factors(session, user.id)
    ended = await sessions.end_others(session, user.id)
    details = {"sessions_ended": ended}
    await record(session, now_ms, actor, "user.second_factor_restored", ("user", user.email), details=details)
    await mails.queue(session, now_ms, user.email, *_restored(actor))
    return user


async def _member(session: Session, user_id: int) -> User:
    found = await session.first(select(table.c.email).where(table.c.id == user_id, table.c.staff_role.is_not(None)))
    if found is None:
        raise NotFound("member of staff", user_id)
    return await users.by_email(session, found.email)


async def _hold_admins(session: Session) -> list[int]:
    """The admins, held until the commit: two who remove each other at once must not both succeed."""
    wanted = select(table.c.id).where(table.c.staff_role == ADMIN).order_by(table.c.id).with_for_update(key_share=True)
    return [row.id for row in await session.all(wanted)]


def _refuse_last(admins: list[int], user: User) -> None:
    if admins == [user.id]:
        raise Conflict(f"{user.email} is the last admin", "Make somebody else an admin first.")


def _joined(role: str) -> tuple[str, str]:
    return "You are PowerEPOS support now", (
        f"You were made {role} of PowerEPOS support. Its pages open once you have set up a second factor, and signed in with it."
        "\n\nIf that is a mistake, tell an admin.\n"
    )


def _restored(actor: Actor) -> tuple[str, str]:
    return "Your second factor was taken away", (
        f"{actor.name} took your lost second factor away, and you were signed out everywhere. Sign in with your password and "
        "set up another one: without it, support's pages stay shut.\n\nIf you did not ask for it, tell another admin at once.\n"
    )
