"""The vendor's staff: joining, leaving, a lost second factor; the last admin stays."""

import pytest

from powerepos_cloud.directory import mails, sessions, staff, users
from powerepos_cloud.directory.users import User
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from tests.support.desk import Desk, refused


async def person(desk: Desk, name: str, role: str | None = None) -> User:
    return await desk.do(users.create, f"{name}@support.example", name.title(), "$argon2id$none", role)


async def sign_in(desk: Desk, user: User) -> None:
    now, begun = desk.clock.now_ms(), {"stage": sessions.OPEN, "second_factor": True, "source": "192.0.2.1", "agent": "-"}
    token = sessions.new_token()
    await desk.database.write(lambda session: sessions.begin(session, now, token, user.id, user.staff_role, **begun))


async def sessions_of(desk: Desk, user: User) -> int:
    return len(await desk.ask(sessions.of_user, desk.clock.now_ms(), user.id))


async def test_a_person_joins_changes_role_and_leaves(desk: Desk) -> None:
    ada, jonas = await person(desk, "ada", "admin"), await person(desk, "jonas")
    await sign_in(desk, jonas)
    assert (await desk.do(staff.add, "JONAS@support.example", "agent")).staff_role == "agent"
    assert await sessions_of(desk, jonas) == 0  # it had the longer limits of other people
    assert [(one.name, one.role, one.has_second_factor) for one in await desk.ask(staff.listing)] == [
        ("Ada", "admin", False),
        ("Jonas", "agent", False),
    ]
    [mail] = await mails.newest(desk.database.reader, 9)
    assert (mail.recipient, "second factor" in mail.body) == ("jonas@support.example", True)
    await desk.do(staff.add, "jonas@support.example", "admin")
    await sign_in(desk, ada)
    await desk.do(staff.remove, ada.id)
    assert await sessions_of(desk, ada) == 0
    assert [one.name for one in await desk.ask(staff.listing)] == ["Jonas"]
    assert [subject for action, subject in await desk.audit() if action == "user.staff_role_set"] == [
        "jonas@support.example",
        "jonas@support.example",
        "ada@support.example",
    ]


async def test_the_last_admin_neither_leaves_nor_becomes_an_agent(desk: Desk) -> None:
    ada = await person(desk, "ada", "admin")
    assert "last admin" in await refused(desk, Conflict, staff.remove, ada.id)
    assert "last admin" in await refused(desk, Conflict, staff.add, ada.email, "agent")


async def test_of_two_admins_who_remove_each_other_at_once_one_stays(desk: Desk) -> None:
    ada, bo = await person(desk, "ada", "admin"), await person(desk, "bo", "admin")
    results = await desk.at_once((staff.remove, ada.id), (staff.remove, bo.id))
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "User"]
    assert len(await desk.ask(staff.listing)) == 1


async def test_who_works_for_an_organisation_or_a_partner_is_not_made_staff(desk: Desk) -> None:
    await person(desk, "ada", "admin")
    for name, link, place in (
        ("ann", users.link_organisation, await desk.organisation()),
        ("pat", users.link_partner, await desk.partner()),
    ):
        await desk.do(link, await person(desk, name), place, "owner")
        assert "another address" in await refused(desk, Conflict, staff.add, f"{name}@support.example", "agent")


@pytest.mark.parametrize(
    ("error", "email", "role"), [(NotFound, "nobody@support.example", "agent"), (Invalid, "ada@support.example", "king")]
)
async def test_nobody_joins_by_a_wrong_address_or_in_a_wrong_role(
    desk: Desk, error: type[Exception], email: str, role: str
) -> None:
    await person(desk, "ada", "admin")
    await refused(desk, error, staff.add, email, role)


async def test_another_admin_restores_a_lost_second_factor(desk: Desk) -> None:
    ada, jonas, ann = await person(desk, "ada", "admin"), await person(desk, "jonas", "agent"), await person(desk, "ann")
    await desk.do(users.set_totp, jonas, b"sealed")
    await sign_in(desk, jonas)
    await refused(desk, Conflict, staff.restore_second_factor, jonas.id, jonas.id)
    await refused(desk, NotFound, staff.restore_second_factor, ada.id, ann.id)
    await desk.do(staff.restore_second_factor, ada.id, jonas.id)
    assert [one.has_second_factor for one in await desk.ask(staff.listing)] == [False, False]
    assert await sessions_of(desk, jonas) == 0
    [mail] = await mails.newest(desk.database.reader, 9)
    assert (mail.recipient, "tester" in mail.body) == ("jonas@support.example", True)
    assert (await desk.newest_audit())[0] == "user.second_factor_restored"
