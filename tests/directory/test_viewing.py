"""Support views as an organisation: for a reason, half an hour, told to the owners in the same unit."""

import pytest

from powerepos_cloud.directory import mails, sessions, users, viewing
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.sessions import SessionRow
from powerepos_cloud.foundation.refusals import Conflict, Invalid
from tests.support.desk import Desk, refused

REASON = "Ticket 8841, totals differ"


async def session_of(desk: Desk, email: str, role: str | None, *, second_factor: bool = True) -> SessionRow:
    user = await desk.do(users.create, email, email.partition("@")[0].title(), "$argon2id$none", role)
    token, now = sessions.new_token(), desk.clock.now_ms()
    begun = {"stage": sessions.OPEN, "second_factor": second_factor, "source": "192.0.2.1", "agent": "-"}
    await desk.database.write(lambda session: sessions.begin(session, now, token, user.id, role, **begun))
    return await again(desk, token)


async def again(desk: Desk, token: str) -> SessionRow:
    row = await sessions.find(desk.database.reader, desk.clock.now_ms(), token)
    assert row is not None
    return row


async def organisation(desk: Desk, code: str = "HARBOUR") -> Organisation:
    made = await desk.organisation(code)
    for name, role in (("ann", "owner"), ("bob", "owner"), ("cy", "manager")):
        user = await desk.do(users.create, f"{name}@{code.lower()}.example", name, "$argon2id$none")
        await desk.do(users.link_organisation, user, made, role)
    return made


async def test_a_view_is_told_to_every_owner_and_stands_in_the_organisations_audit(desk: Desk) -> None:
    harbour, lakeside = await organisation(desk), await organisation(desk, "LAKESIDE")
    row = await session_of(desk, "jonas@support.example", "agent")
    until = await desk.do(viewing.begin, row, harbour, f"  {REASON} ")
    assert until == desk.clock.now_ms() + 30 * 60_000
    queued = await mails.newest(desk.database.reader, 9)
    assert {mail.recipient for mail in queued} == {"ann@harbour.example", "bob@harbour.example"}
    assert all(REASON in mail.body and "Jonas of PowerEPOS support" in mail.body for mail in queued)
    action, subject, kapow, _, details = await desk.newest_audit()
    assert (action, subject, kapow) == ("view.began", "HARBOUR", harbour.kapow)
    assert details == {"staff_id": row.user_id, "session_id": row.id, "reason": REASON, "until_at": until}
    [watching] = await desk.ask(viewing.open_now, desk.clock.now_ms(), harbour.id)
    assert (watching.staff_name, watching.reason, watching.until_at) == ("Jonas", REASON, until)
    assert await desk.ask(viewing.open_now, desk.clock.now_ms(), lakeside.id) == []
    assert await desk.ask(viewing.open_now, until, harbour.id) == []


async def test_a_view_ends_once_and_another_ends_the_first(desk: Desk) -> None:
    harbour, lakeside = await organisation(desk), await organisation(desk, "LAKESIDE")
    row = await session_of(desk, "jonas@support.example", "agent")
    assert not await desk.do(viewing.end, row)
    await desk.do(viewing.begin, row, harbour, REASON)
    [viewed] = await desk.ask(sessions.of_user, desk.clock.now_ms(), row.user_id)
    await desk.do(viewing.begin, viewed, lakeside, REASON)
    [viewed] = await desk.ask(sessions.of_user, desk.clock.now_ms(), row.user_id)
    assert viewed.view_organisation_id == lakeside.id
    assert await desk.do(viewing.end, viewed)
    [viewed] = await desk.ask(sessions.of_user, desk.clock.now_ms(), row.user_id)
    assert (viewed.view_organisation_id, viewed.view_reason, viewed.view_until_at) == (None, None, None)
    views = [(action, subject) for action, subject in await desk.audit() if action.startswith("view.")]
    assert sorted(views) == [
        ("view.began", "HARBOUR"),
        ("view.began", "LAKESIDE"),
        ("view.ended", "HARBOUR"),
        ("view.ended", "LAKESIDE"),
    ]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "two\nlines"])
async def test_a_view_needs_a_reason_of_one_line(desk: Desk, reason: str) -> None:
    row, harbour = await session_of(desk, "jonas@support.example", "agent"), await organisation(desk)
    assert "reason" in await refused(desk, Invalid, viewing.begin, row, harbour, reason)
    assert await mails.newest(desk.database.reader, 9) == []


@pytest.mark.parametrize(("role", "second_factor"), [(None, True), ("agent", False)])
async def test_only_staff_with_a_second_factor_view(desk: Desk, role: str | None, second_factor: bool) -> None:
    row, harbour = await session_of(desk, "eve@evil.example", role, second_factor=second_factor), await organisation(desk)
    await refused(desk, Conflict, viewing.begin, row, harbour, REASON)
    assert await desk.ask(viewing.open_now, desk.clock.now_ms(), harbour.id) == []
