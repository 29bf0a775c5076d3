"""People: one per address, linked to organisations and partners; the last owner stays."""

import pytest
from sqlalchemy import select

from powerepos_cloud.directory import passwords, users
from powerepos_cloud.directory.tables import users as users_table
from powerepos_cloud.directory.users import OrganisationLink, PartnerLink, User
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from tests.support.desk import Desk, refused


async def make(desk: Desk, email: str = "ann@example.com") -> User:
    """A person; the hash is nobody's."""
    return await desk.do(users.create, email, "Ann", "$argon2id$none")


async def test_a_person_is_found_by_address_without_letter_case(desk: Desk) -> None:
    made = await make(desk, "Ann.Smith@Example.com")
    assert await desk.ask(users.by_email, " ann.smith@EXAMPLE.com ") == made
    assert made.email == "Ann.Smith@Example.com"
    assert await desk.audit() == [("user.created", "Ann.Smith@Example.com")]
    await refused(desk, Conflict, users.create, "ANN.SMITH@example.com", "Ann", "$argon2id$none")


@pytest.mark.parametrize("email", ["", "ann", "ann@", "@example.com", "a b@example.com", "ann@example", "a@b@c.de", "a\0@b.cd"])
async def test_what_is_no_address_is_refused(desk: Desk, email: str) -> None:
    assert (await refused(desk, Invalid, users.create, email, "Ann", "x")).startswith("e-mail:")
    await refused(desk, NotFound, lambda session, *_: users.by_email(session, email))


async def test_roles_are_given_changed_and_taken(desk: Desk) -> None:
    harbour, lakeside, partner = await desk.organisation(), await desk.organisation("LAKESIDE"), await desk.partner()
    ann, bob = await make(desk), await make(desk, "bob@example.com")
    await desk.do(users.link_organisation, ann, harbour, "owner")
    await desk.do(users.link_organisation, bob, harbour, "viewer")
    await desk.do(users.link_organisation, bob, harbour, "owner")
    await desk.do(users.link_organisation, bob, lakeside, "manager")
    await desk.do(users.link_partner, bob, partner, "owner")
    found = await desk.ask(users.listing)
    assert [user.organisations for user in found] == [
        [OrganisationLink("HARBOUR", "owner")],
        [OrganisationLink("HARBOUR", "owner"), OrganisationLink("LAKESIDE", "manager")],
    ]
    assert found[1] == await desk.ask(users.by_email, "bob@example.com")
    assert found[1].partners == [PartnerLink(partner.id, "owner")]
    await desk.do(users.unlink_organisation, ann, harbour)
    assert (await desk.ask(users.by_email, ann.email)).organisations == []
    assert await desk.newest_audit() == ("user.unlinked", ann.email, harbour.kapow, None, {"organisation": "HARBOUR"})


async def test_the_last_owner_of_an_organisation_stays_owner(desk: Desk) -> None:
    harbour = await desk.organisation()
    ann, bob = await make(desk), await make(desk, "bob@example.com")
    await desk.do(users.link_organisation, ann, harbour, "owner")
    await desk.do(users.link_organisation, bob, harbour, "manager")
    assert "last owner" in await refused(desk, Conflict, users.unlink_organisation, ann, harbour)
    assert "last owner" in await refused(desk, Conflict, users.link_organisation, ann, harbour, "viewer")
    await desk.do(users.link_organisation, ann, harbour, "owner")
    await desk.do(users.unlink_organisation, bob, harbour)


async def test_the_last_owner_of_a_partner_stays_owner(desk: Desk) -> None:
    partner, ann = await desk.partner(), await make(desk)
    await desk.do(users.link_partner, ann, partner, "owner")
    assert "last owner of Tills Ltd" in await refused(desk, Conflict, users.unlink_partner, ann, partner)
    await refused(desk, Conflict, users.link_partner, ann, partner, "developer")


async def test_of_two_owners_who_leave_at_once_one_stays(desk: Desk) -> None:
    harbour = await desk.organisation()
    people = [await make(desk, f"{name}@example.com") for name in ("ann", "bob")]
    for person in people:
        await desk.do(users.link_organisation, person, harbour, "owner")
    results = await desk.at_once(*[(users.unlink_organisation, person, harbour) for person in people])
    assert sum(isinstance(result, Conflict) for result in results) == 1


async def test_a_link_that_is_not_there_is_not_found(desk: Desk) -> None:
    harbour, partner, ann = await desk.organisation(), await desk.partner(), await make(desk)
    await refused(desk, NotFound, users.unlink_organisation, ann, harbour)
    await refused(desk, NotFound, users.unlink_partner, ann, partner)
    await refused(desk, Invalid, users.link_organisation, ann, harbour, "boss")
    await refused(desk, Invalid, users.link_partner, ann, partner, "manager")


async def test_staff_have_a_role_of_their_own(desk: Desk) -> None:
    ann = await desk.do(users.create, "ann@example.com", "Ann", "$argon2id$none", "agent")
    assert ann.staff_role == "agent"
    await desk.do(users.set_staff_role, ann, None)
    assert (await desk.ask(users.by_email, ann.email)).staff_role is None
    await refused(desk, Invalid, users.set_staff_role, ann, "root")
    await refused(desk, Invalid, users.create, "bob@example.com", "Bob", "x", "root")


async def test_a_password_is_stored_as_argon2id_and_checked_in_any_spelling(desk: Desk) -> None:
    ann = await make(desk)
    await desk.do(users.set_password, ann, passwords.hash_password("Crème brûlée für zwei"))
    stored = await desk.database.reader.scalar(select(users_table.c.password_hash))
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.is_password(stored, "Cre\u0300me bru\u0302le\u0301e fu\u0308r zwei")
    assert not passwords.is_password(stored, "Creme brulee fur zwei")
    assert await desk.audit() == [("user.created", ann.email), ("user.password_set", ann.email)]


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 129])
def test_a_password_that_is_too_short_or_long_is_refused_without_being_shown(password: str) -> None:
    with pytest.raises(Invalid) as raised:
        passwords.hash_password(password)
    assert str(raised.value) == f"password: expected 12 to 128 characters, got {len(password)} of them."
