"""People who sign in to the WebUI, and what they are linked to: organisations, a partner, or the vendor's support."""

from typing import Any

import msgspec
from sqlalchemy import Table, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import organisations, partners, rules
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.partners import Partner
from powerepos_cloud.directory.tables import organisations as organisations_table
from powerepos_cloud.directory.tables import partners as partners_table
from powerepos_cloud.directory.tables import user_organisations, user_partners, users
from powerepos_cloud.foundation.database import Session, UniqueViolation
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from powerepos_cloud.foundation.texts import compare_key


class OrganisationLink(msgspec.Struct, frozen=True):
    """A user's role (owner, manager, viewer) in the organisation of this code."""

    code: str
    role: str


class PartnerLink(msgspec.Struct, frozen=True):
    """A user's role (owner, developer) at the partner of this ID."""

    partner_id: int
    role: str


class User(msgspec.Struct, frozen=True):
    """A person. `staff_role` is agent or admin for the vendor's own staff, else None."""

    id: int
    email: str
    name: str
    staff_role: str | None
    created_at: int
    organisations: list[OrganisationLink] = []
    partners: list[PartnerLink] = []


class Credentials(msgspec.Struct, frozen=True):
    """What a person is asked for at sign-in; `totp_sealed` is None without a second factor."""

    user_id: int
    email: str
    name: str
    staff_role: str | None
    password_hash: str
    totp_sealed: bytes | None


_CREDENTIALS = (users.c.id, users.c.email, users.c.name, users.c.staff_role, users.c.password_hash, users.c.totp_sealed)
_COLUMNS = (users.c.id, users.c.email, users.c.name, users.c.staff_role, users.c.created_at)


async def create(
    session: Session,
    now_ms: int,
    actor: Actor,
    email: str,
    name: str,
    password_hash: str,
    staff_role: str | None = None,
) -> User:
    """A person, linked to nothing yet; `password_hash` is from `passwords.hash_password`. Raises `Invalid`, `Conflict`."""
    address, key = rules.email(email)
    if staff_role is not None:
        rules.one_of("staff role", staff_role, rules.STAFF_ROLES)
    made = await session.first(
        insert(users)
        .values(
            email=address,
            email_key=key,
            name=rules.name("name", name),
            password_hash=password_hash,
            staff_role=staff_role,
            created_at=now_ms,
        )
        .on_conflict_do_nothing(index_elements=["email_key"])
        .returning(*_COLUMNS)
    )
    if made is None:
        raise Conflict(f"there is a user {address} already", "Link that one instead.")
    user = User(*tuple(made))
    await _audit(session, now_ms, actor, "user.created", user, {"staff_role": staff_role})
    return user


async def by_email(session: Session, email: str) -> User:
    """The person with this address, letter case aside. Raises `NotFound`."""
    found = None
    if email.isprintable():
        found = await session.first(select(*_COLUMNS).where(users.c.email_key == compare_key(email.strip())))
    if found is None:
        raise NotFound("user", email)
    return (await _with_links(session, [found]))[0]


async def credentials(session: Session, *, email: str | None = None, user_id: int | None = None) -> Credentials | None:
    """What the person with this address (letter case aside) or ID is asked for; None if there is none."""
    which = users.c.id == user_id if email is None else users.c.email_key == compare_key(email.strip())
    found = await session.first(select(*_CREDENTIALS).where(which)) if email is None or email.isprintable() else None
    return None if found is None else Credentials(*tuple(found))


async def has_second_factor(session: Session, user_id: int) -> bool:
    """Whether the person has set one up."""
    return await session.scalar(select(users.c.totp_sealed).where(users.c.id == user_id)) is not None


async def take_totp_step(session: Session, user_id: int, step: int) -> bool:
    """Take the code of this step of 30 s; False if it, or a later one, was taken before (RFC 6238 section 5.2)."""
    fresh = or_(users.c.totp_step.is_(None), users.c.totp_step < step)
    taken = update(users).where(users.c.id == user_id, fresh).values(totp_step=step).returning(users.c.id)
    return await session.first(taken) is not None


async def organisations_of(session: Session, user_id: int) -> list[tuple[Organisation, str]]:
    """The organisations that a person is linked to, by name, with the role in each."""
    statement = (
        select(*(organisations_table.c[name] for name in Organisation.__struct_fields__), user_organisations.c.role)
        .join(user_organisations, user_organisations.c.organisation_id == organisations_table.c.id)
        .where(user_organisations.c.user_id == user_id)
        .order_by(organisations_table.c.name, organisations_table.c.id)
    )
    return [(Organisation(*tuple(row)[:-1]), row[-1]) for row in await session.all(statement)]


async def partners_of(session: Session, user_id: int) -> list[tuple[Partner, str]]:
    """The partners that a person is linked to, by name, with the role at each."""
    statement = (
        select(*(partners_table.c[name] for name in Partner.__struct_fields__), user_partners.c.role)
        .join(user_partners, user_partners.c.partner_id == partners_table.c.id)
        .where(user_partners.c.user_id == user_id)
        .order_by(partners_table.c.company_name, partners_table.c.id)
    )
    return [(Partner(*tuple(row)[:-1]), row[-1]) for row in await session.all(statement)]


async def listing(session: Session) -> list[User]:
    """All people, oldest first, with what they are linked to."""
    return await _with_links(session, await session.all(select(*_COLUMNS).order_by(users.c.id)))


async def set_password(session: Session, now_ms: int, actor: Actor, user: User, password_hash: str) -> None:
    """Replace a person's password; `password_hash` is from `passwords.hash_password`."""
    await session.run(update(users).where(users.c.id == user.id).values(password_hash=password_hash))
    await _audit(session, now_ms, actor, "user.password_set", user, {})


async def set_email(session: Session, user_id: int, email: str, email_key: str) -> bool:
    """Give a person another address, already confirmed; False if it is somebody's. The caller writes the audit."""
    taken = select(users.c.id).where(users.c.email_key == email_key, users.c.id != user_id)
    if await session.first(taken) is not None:
        return False
    try:
        await session.run(update(users).where(users.c.id == user_id).values(email=email, email_key=email_key))
    except UniqueViolation:
        return False
    return True


async def set_totp(session: Session, now_ms: int, actor: Actor, user: User, sealed: bytes | None) -> None:
    """Store the sealed secret of the person's second factor (RFC 6238); None takes it away. Raises `NotFound`."""
    changed = update(users).where(users.c.id == user.id).values(totp_sealed=sealed).returning(users.c.id)
    if await session.first(changed) is None:
        raise NotFound("user", user.email)
    await _audit(session, now_ms, actor, "user.second_factor_set" if sealed else "user.second_factor_removed", user, {})


async def set_staff_role(session: Session, now_ms: int, actor: Actor, user: User, staff_role: str | None) -> None:
    """Make a person the vendor's staff, or no longer. Raises `Invalid`."""
    if staff_role is not None:
        rules.one_of("staff role", staff_role, rules.STAFF_ROLES)
    await session.run(update(users).where(users.c.id == user.id).values(staff_role=staff_role))
    await _audit(session, now_ms, actor, "user.staff_role_set", user, {"from": user.staff_role, "to": staff_role})


async def link_organisation(
    session: Session, now_ms: int, actor: Actor, user: User, organisation: Organisation, role: str
) -> None:
    """Give a person a role in an organisation, or another one. Raises `Invalid`; `Conflict` for the last owner."""
    rules.one_of("role", role, rules.ORGANISATION_ROLES)
    await organisations.lock(session, organisation)
    await _link(session, user_organisations, "organisation_id", organisation.id, user, role, organisation.code)
    details = {"organisation": organisation.code, "role": role}
    await _audit(session, now_ms, actor, "user.linked", user, details, organisation.kapow)


async def unlink_organisation(session: Session, now_ms: int, actor: Actor, user: User, organisation: Organisation) -> None:
    """Take a person out of an organisation. Raises `NotFound`; `Conflict` for the last owner."""
    await organisations.lock(session, organisation)
    await _unlink(session, user_organisations, "organisation_id", organisation.id, user, organisation.code)
    details = {"organisation": organisation.code}
    await _audit(session, now_ms, actor, "user.unlinked", user, details, organisation.kapow)


async def link_partner(session: Session, now_ms: int, actor: Actor, user: User, partner: Partner, role: str) -> None:
    """Give a person a role at a partner, or another one. Raises `Invalid`; `Conflict` for the last owner."""
    rules.one_of("role", role, rules.PARTNER_ROLES)
    await partners.lock(session, partner)
    await _link(session, user_partners, "partner_id", partner.id, user, role, partner.company_name)
    await _audit(session, now_ms, actor, "user.linked", user, {"partner_id": partner.id, "role": role})


async def unlink_partner(session: Session, now_ms: int, actor: Actor, user: User, partner: Partner) -> None:
    """Take a person off a partner. Raises `NotFound`; `Conflict` for the last owner."""
    await partners.lock(session, partner)
    await _unlink(session, user_partners, "partner_id", partner.id, user, partner.company_name)
    await _audit(session, now_ms, actor, "user.unlinked", user, {"partner_id": partner.id})


async def _link(session: Session, table: Table, column: str, owner_id: int, user: User, role: str, where: str) -> None:
    if role != "owner":
        await _keep_an_owner(session, table, column, owner_id, user, where)
    fresh = insert(table).values({"user_id": user.id, column: owner_id, "role": role})
    await session.run(fresh.on_conflict_do_update(index_elements=["user_id", column], set_={"role": role}))


async def _unlink(session: Session, table: Table, column: str, owner_id: int, user: User, where: str) -> None:
    await _keep_an_owner(session, table, column, owner_id, user, where)
    gone = await session.first(
        delete(table).where(table.c.user_id == user.id, table.c[column] == owner_id).returning(table.c.user_id)
    )
    if gone is None:
        raise NotFound("link of this user to", where)


async def _keep_an_owner(session: Session, table: Table, column: str, owner_id: int, user: User, where: str) -> None:
    """Raises `Conflict` if this user is the only owner. The caller holds the owned row, so nobody counts meanwhile."""
    owners = select(table.c.user_id).where(table.c[column] == owner_id, table.c.role == "owner")
    if [row[0] for row in await session.all(owners)] == [user.id]:
        raise Conflict(f"{user.email} is the last owner of {where}", "Make somebody else an owner first.")


async def _with_links(session: Session, rows: Any) -> list[User]:
    ids = [row.id for row in rows]
    to_organisations = (
        select(user_organisations.c.user_id, organisations_table.c.code, user_organisations.c.role)
        .join(organisations_table, organisations_table.c.id == user_organisations.c.organisation_id)
        .where(user_organisations.c.user_id.in_(ids))
        .order_by(organisations_table.c.code_key)
    )
    to_partners = (
        select(user_partners.c.user_id, user_partners.c.partner_id, user_partners.c.role)
        .where(user_partners.c.user_id.in_(ids))
        .order_by(user_partners.c.partner_id)
    )
    at_organisations: dict[int, list[OrganisationLink]] = {user_id: [] for user_id in ids}
    at_partners: dict[int, list[PartnerLink]] = {user_id: [] for user_id in ids}
    for link in await session.all(to_organisations):
        at_organisations[link.user_id].append(OrganisationLink(link.code, link.role))
    for link in await session.all(to_partners):
        at_partners[link.user_id].append(PartnerLink(link.partner_id, link.role))
    return [
        User(*tuple(row), organisations=at_organisations[row.id], partners=at_partners[row.id])  # type: ignore[misc]
        for row in rows
    ]


async def _audit(
    session: Session,
    now_ms: int,
    actor: Actor,
    action: str,
    user: User,
    details: dict[str, Any],
    kapow: str | None = None,
) -> None:
    await record(session, now_ms, actor, action, ("user", user.email), kapow=kapow, details=details)
