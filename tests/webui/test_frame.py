"""What the frame does around any page: who may open it, one-time form keys, re-authentication, proof that forms are ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.audit import store as audit
from powerepos_cloud.directory import sessions, users
from powerepos_cloud.directory.organisations import by_code
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Invalid, NotFound, Refused
from powerepos_cloud.webui import assembly
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.frame import PROVED_MS, Frame, organisation, partner, support
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup
from powerepos_cloud.webui.session import VIEW_AS
from tests.support.clock import FakeClock
from tests.webui.house import House, house_at
from tests.webui.people import PASSWORD
from tests.webui.reader import Reader

ROLES = ("owner", "manager", "viewer")


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    """Pages that make audit rows, so that what was done can be counted."""
    directory = frame.backroom.directory

    @frame.get("/probe", organisation(*ROLES))
    async def show(ask: Ask) -> Response[bytes]:
        return frame.show(ask, "confirm.html")

    @frame.get("/probe/secret", organisation("owner", view_as=False), fresh=True)
    async def secret(ask: Ask) -> Response[bytes]:
        return frame.show(ask, "account.html")

    @frame.post("/probe/things", organisation("owner", "manager"))
    async def make(ask: Ask) -> Response[bytes]:
        async def deed(session: Session) -> None:
            await ask.once(session, "/probe?made")
            if ask.form.value("name") == "bad":
                raise Invalid("name", "a good name", "bad")
            subject = ("thing", ask.form.value("name"))
            await audit.record(session, ask.now_ms, ask.actor, "thing.made", subject, kapow=ask.viewer.organisation.kapow)

        try:
            await directory.write(deed)
        except Refused as refused:
            ask.form.refuse(refused)
            return frame.show(ask, "confirm.html", status=422)
        return frame.go(ask, "/probe?made", "Made.")

    @frame.get("/probe/{thing:str}", organisation(*ROLES))
    async def one(ask: Ask) -> Response[bytes]:
        raise NotFound("thing", ask.value("thing"))

    @frame.get("/probe-partner", partner("owner"))
    async def for_partners(ask: Ask) -> Response[bytes]:
        return frame.show(ask, "account.html")

    @frame.get("/probe-support", support("admin"))
    async def for_support(ask: Ask) -> Response[bytes]:
        return frame.show(ask, "account.html")

    return [show, secret, make, one, for_partners, for_support]


PROBE = PageGroup(_build, (Link(ORGANISATION, "Trading", "Probe", "/probe", "home", ROLES, 1),))


@pytest.fixture
async def house(
    anyio_backend: str, directory_url: str, partnerservices_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """The house with one more group of pages: the frame has none of its own that make something."""
    monkeypatch.setattr(assembly, "GROUPS", (*assembly.GROUPS, PROBE))
    async with house_at(directory_url, partnerservices_url, clock) as found:
        yield found


async def made(house: House) -> list[str]:
    """What was made, oldest first."""
    return [row.subject for row in reversed(await audit.newest(house.directory.reader, 99, action="thing.made"))]


async def form_of(reader: Reader) -> dict[str, str]:
    """What the form of `/probe` carries for `/probe/things`, as a macro would write it."""
    page = await reader.get("/probe")
    return {"csrf": page.forms[0].fields["csrf"][0], "use": "0"}


async def test_a_form_that_makes_something_works_once(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    form = await form_of(reader)
    first = await reader.post("/probe/things", form | {"name": "a"})
    assert first.path == "/probe?made"
    assert "Made." in first.text
    second = await reader.post("/probe/things", form | {"name": "b"})  # a reload, a double press, another tab
    assert second.path == "/probe?made"
    assert "nothing was done a second time" in second.text
    third = await reader.post("/probe/things", form | {"use": "1", "name": "c"})
    assert "Made." in third.text
    assert "Made." not in (await reader.get("/probe")).text
    await reader.post("/probe/things", form | {"use": "7", "name": "d"})
    assert (await reader.post("/probe/things", {"csrf": form["csrf"], "name": "e"})).status == 400
    assert await made(house) == ["a", "c"]


async def test_a_form_that_was_refused_is_still_good(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    form = await form_of(reader)
    refused = await reader.post("/probe/things", form | {"name": "bad"})
    assert refused.status == 422
    assert "Name: expected a good name, got 'bad'." in refused.text
    await reader.post("/probe/things", form | {"name": "good"})
    assert await made(house) == ["good"]


async def test_a_deed_names_who_where_and_in_which_request(house: House) -> None:
    reader = await house.signed_in("organisation", "manager")
    await reader.post("/probe/things", await form_of(reader) | {"name": "a"})
    (row,) = await audit.newest(house.directory.reader, 1, action="thing.made")
    assert (row.actor_kind, row.actor, row.source) == ("user", "manager@harbour.example", "192.0.2.1")
    assert row.kapow == house.world.harbour.kapow
    assert len(row.request_id) == 36


async def test_roles_open_what_they_cover(house: House) -> None:
    viewer = await house.signed_in("organisation", "viewer")
    assert (await viewer.get("/probe")).status == 200
    page = await viewer.post("/probe/things", await form_of(viewer) | {"name": "a"})
    assert page.status == 403
    assert "It takes the role owner or manager." in page.text
    assert (await viewer.get("/probe/secret")).status == 403
    assert await made(house) == []


async def test_pages_of_others_are_not_there(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    for path in ("/probe-partner", "/probe-support", "/probe/thing", "/probe/%00", f"/probe/{'x' * 400}", "/nowhere"):
        assert (await reader.get(path)).status == 404, path
    developer = await house.signed_in("partner", "developer")
    assert (await developer.get("/probe")).status == 404
    assert (await developer.get("/probe-partner")).status == 403


async def test_who_works_at_several_places_is_led_to_the_right_one(house: House) -> None:
    reader = await house.signed_in("both", "owner")
    assert (await reader.get("/probe-partner")).status == 403
    page = await reader.send("/account/place", place=f"partner:{house.world.partners['Rival']}")
    assert "You are now at Rival." in page.text
    assert (await reader.get("/probe-partner")).status == 200
    await reader.get("/account")
    foreign = await reader.send("/account/place", place="partner:99999")
    assert foreign.status == 404


async def test_a_tab_left_open_at_another_place_does_nothing(house: House) -> None:
    reader = await house.signed_in("both", "owner")
    form = await form_of(reader)
    await reader.get("/account")
    await reader.send("/account/place", place=f"organisation:{house.world.lakeside.id}")
    page = await reader.post("/probe/things", form | {"name": "meant for Harbour"})
    assert page.status == 403
    assert "This form is from another session" in page.text
    assert await made(house) == []


async def test_rights_that_were_taken_away_end_at_once(house: House) -> None:
    reader = await house.signed_in("organisation", "manager")
    form = await form_of(reader)

    async def unlink(session: Session) -> None:
        organisation = await by_code(session, house.world.harbour.code)
        user = house.users["organisation", "manager"]
        await users.unlink_organisation(session, house.clock.now_ms(), audit.SYSTEM, user, organisation)

    await house.directory.write(unlink)
    assert (await reader.get("/probe")).status == 404
    assert (await reader.post("/probe/things", form | {"name": "a"})).status == 404
    assert await made(house) == []


async def test_secrets_ask_for_the_password_again(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    assert (await reader.get("/probe/secret")).path == "/probe/secret"
    house.clock.advance_ms(PROVED_MS + 1)
    page = await reader.get("/probe/secret")
    assert page.path == "/account/confirm?next=/probe/secret"
    before = reader.http.cookies.get("pepos_session")
    assert (await reader.send("/account/confirm", password="not it, I fear")).status == 422
    assert (await reader.get("/probe/secret")).path.startswith("/account/confirm")
    page = await reader.send("/account/confirm", password=PASSWORD)
    assert page.path == "/probe/secret"
    after = reader.http.cookies.get("pepos_session")
    assert after != before
    thief = await house.visitor()
    thief.http.cookies.set("pepos_session", before or "", domain="localhost.local")
    assert (await thief.get("/probe")).path.startswith("/sign-in")


@asynccontextmanager
async def _viewing(house: House, reader: Reader) -> AsyncIterator[None]:
    token = reader.http.cookies.get("pepos_session")
    row = await sessions.find(house.directory.reader, house.clock.now_ms(), token or "")
    assert row is not None
    until = house.clock.now_ms() + 14 * 60_000
    harbour = house.world.harbour
    await house.directory.write(lambda session: sessions.set_view(session, row.id, harbour.id, "ticket 8841", until))
    yield


async def test_support_that_views_as_an_organisation_reads_only(house: House) -> None:
    reader = await house.signed_in("support", "agent")
    async with _viewing(house, reader):
        page = await reader.get("/probe")
        assert page.status == 200
        assert "reading only, 14 minutes left. Reason: ticket 8841" in page.text
        assert VIEW_AS.replace("_", " ") in page.text
        form = {"csrf": page.forms[0].fields["csrf"][0], "use": "0", "name": "a"}
        assert "You are viewing only" in (await reader.post("/probe/things", form)).text
        for path in ("/probe/secret", "/account", "/account/confirm"):
            assert (await reader.get(path)).status == 403, path
        assert await made(house) == []
        house.clock.advance_ms(14 * 60_000)
        assert (await reader.get("/probe")).status == 404


async def test_a_person_who_is_no_staff_never_views_as_another(house: House) -> None:
    reader = await house.signed_in("lakeside", "owner")
    async with _viewing(house, reader):
        assert "Lakeside Bakery" in (await reader.get("/probe")).text
