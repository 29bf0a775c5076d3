"""People of an organisation and a partner: invited by mail, given roles, taken off; and the address of an account."""

import re

from powerepos_cloud.audit import store as audit
from powerepos_cloud.directory import mails
from tests.webui.house import House
from tests.webui.people import PASSWORD, PEOPLE
from tests.webui.reader import Reader

NEW = "somebody@new.example"


async def newest_link(house: House, email: str) -> str:
    """The link of the newest mail to this address, as a path."""
    found = [mail for mail in await mails.newest(house.directory.reader, 20) if mail.recipient == email]
    link: str = re.findall(r"http://localhost:8000(/\S+)", found[0].body)[0]
    return link


async def invited(house: House, email: str, role: str = "manager", base: str = "/people") -> tuple[Reader, str]:
    """The owner who invited this address, and the link in the mail."""
    owner = await house.signed_in("organisation" if base == "/people" else "partner", "owner")
    await owner.get(base)
    page = await owner.send(f"{base}/invite", email=email, role=role)
    assert f"{email} is invited." in page.text
    return owner, await newest_link(house, email)


async def test_somebody_new_is_invited_and_comes(house: House) -> None:
    owner, path = await invited(house, NEW)
    scanner = await house.visitor("198.51.100.1")
    for _ in range(2):
        assert (await scanner.http.get(path)).status_code == 200
    reader = await house.visitor()
    page = await reader.get(path)
    assert "You are invited to Harbour Street Coffee" in page.text
    assert (await reader.send(path, name="Somebody New", password="short")).status == 422
    page = await reader.send(path, name="Somebody New", password=PASSWORD)
    assert page.path == "/sign-in?after=invited"
    assert (await reader.sign_in(NEW, PASSWORD)).is_inside
    assert "Harbour Street Coffee" in (await reader.get("/account")).text
    assert (await reader.get("/people")).status == 403, "a manager does all but people"
    assert (await reader.get(path)).status == 404, "the link works once"
    assert "Somebody New" in (await owner.get("/people")).text
    deeds = [row.action for row in await audit.newest(house.directory.reader, 9, kapow=house.world.harbour.kapow)]
    assert {"invitation.made", "user.linked", "invitation.accepted"} <= set(deeds)


async def test_an_invitation_is_good_for_its_own_address_alone(house: House) -> None:
    _, path = await invited(house, PEOPLE["lakeside", "owner"].email, "viewer")
    stranger = await house.signed_in("lakeside", "owner")
    other = await house.signed_in("rival", "owner")
    page = await other.get(path)
    assert "You are signed in as lead@rival.example." in page.text
    csrf = page.forms[0].fields["csrf"]
    assert (await other.post(path, {"csrf": csrf})).status == 409
    visitor = await house.visitor()
    page = await visitor.get(path)
    assert "There is an account with this address" in page.text
    sign_in = await visitor.get("/sign-in")
    forced = {"csrf": sign_in.form("/sign-in").fields["csrf"], "name": "Thief", "password": PASSWORD}
    assert (await visitor.post(path, forced)).status == 409
    await stranger.get(path)
    page = await stranger.send(path)
    assert "You are viewer there now." in page.text
    assert "Harbour Street Coffee" in page.text


async def test_an_invitation_is_withdrawn_replaced_and_outlived(house: House) -> None:
    owner, first = await invited(house, NEW)
    await owner.get("/people")
    await owner.send("/people/invite", email=NEW.upper(), role="viewer")
    second = await newest_link(house, NEW.upper())
    visitor = await house.visitor()
    assert (await visitor.get(first)).status == 404
    page = await visitor.get(second)
    assert "viewer" in page.text
    await owner.get("/people")
    await owner.send("/people/withdraw")
    assert (await visitor.send(second, name="X", password=PASSWORD)).status == 404
    await owner.get("/people")
    await owner.send("/people/invite", email=NEW, role="viewer")
    third = await newest_link(house, NEW)
    await visitor.get(third)
    house.clock.advance_ms(24 * 3_600_000)
    assert (await visitor.send(third, name="X", password=PASSWORD)).status == 404


async def test_what_cannot_be_invited_is_told_beside_the_field(house: House) -> None:
    owner = await house.signed_in("organisation", "owner")
    await owner.get("/people")
    for email, role, says in (
        ("no address", "viewer", "an address such as ann@example.com"),
        (PEOPLE["organisation", "viewer"].email, "manager", "is here already"),
        (NEW, "admin", "one of owner, manager, viewer"),
    ):
        page = await owner.send("/people/invite", email=email, role=role)
        assert page.status == 422
        assert says in page.text
        assert email in page.html


async def test_pressing_twice_invites_once(house: House) -> None:
    owner = await house.signed_in("organisation", "owner")
    page = await owner.get("/people")
    fields = page.form("/people/invite").fields | {"email": [NEW], "role": ["viewer"]}
    for _ in range(3):
        await owner.post("/people/invite", fields)
    assert len([mail for mail in await mails.newest(house.directory.reader, 20) if mail.recipient == NEW]) == 1


async def test_roles_are_changed_and_the_last_owner_stays(house: House) -> None:
    owner = await house.signed_in("organisation", "owner")
    manager = house.users["organisation", "manager"]
    await owner.get("/people")
    page = await owner.send("/people/role", person=str(manager.id), role="viewer")
    assert f"{manager.name} is viewer now." in page.text
    page = await owner.send("/people/role", person=str(manager.id), role="")
    assert manager.email not in page.html
    await owner.get("/people")
    both = house.users["both", "owner"]
    await owner.send("/people/role", person=str(both.id), role="")
    await owner.get("/people")
    alone = house.users["organisation", "owner"]
    for role in ("viewer", ""):
        page = await owner.send("/people/role", person=str(alone.id), role=role)
        assert page.status == 409
        assert "is the last owner" in page.text
        await owner.get("/people")


async def test_one_organisation_touches_no_other(house: House) -> None:
    harbour, path = await invited(house, NEW)
    other = await house.signed_in("lakeside", "owner")
    page = await other.get("/people")
    assert "harbour.example" not in page.html
    invitation = (await harbour.get("/people")).form("/people/withdraw").fields["invitation"]
    csrf = page.forms[0].fields["csrf"]
    assert (await other.post("/people/withdraw", {"csrf": csrf, "invitation": invitation})).status == 404
    person = str(house.users["organisation", "viewer"].id)
    assert (await other.post("/people/role", {"csrf": csrf, "person": person, "role": ""})).status == 404
    assert (await (await house.visitor()).http.get(path)).status_code == 200
    for audience, role in (("organisation", "manager"), ("organisation", "viewer"), ("partner", "developer")):
        reader = await house.signed_in(audience, role)
        assert (await reader.get("/people")).status in (403, 404)
        assert (await reader.get("/partner/people")).status in (403, 404)


async def test_partners_have_people_too(house: House) -> None:
    owner, path = await invited(house, NEW, "developer", "/partner/people")
    visitor = await house.visitor()
    await visitor.get(path)
    await visitor.send(path, name="Dev Eloper", password=PASSWORD)
    assert (await visitor.sign_in(NEW, PASSWORD)).is_inside
    assert "Tallyho" in (await visitor.get("/account")).text
    assert "Dev Eloper" in (await owner.get("/partner/people")).text


async def test_an_address_is_changed_once_the_new_one_is_confirmed(house: House) -> None:
    person, reader = PEOPLE["organisation", "owner"], await house.signed_in("organisation", "owner")
    await reader.get("/account/email")
    assert (await reader.send("/account/email", email="no address")).status == 422
    page = await reader.send("/account/email", email=NEW)
    assert f"A mail is on its way to {NEW}." in page.text
    assert person.email in page.html
    path = await newest_link(house, NEW)
    visitor = await house.visitor()
    await visitor.http.get(path)
    assert (await visitor.sign_in(NEW, PASSWORD)).status == 422
    await visitor.get(path)
    assert "Your new address is confirmed" in (await visitor.send(path)).text
    assert (await visitor.sign_in(NEW, PASSWORD)).is_inside
    newest = (await mails.newest(house.directory.reader, 1))[0]
    assert (newest.recipient, newest.subject) == (person.email, "Your address was changed")
    assert (await (await house.visitor()).sign_in(person.email, PASSWORD)).status == 422


async def test_an_address_that_is_taken_is_answered_alike(house: House) -> None:
    reader, taken = await house.signed_in("organisation", "owner"), PEOPLE["lakeside", "owner"].email
    await reader.get("/account/email")
    page = await reader.send("/account/email", email=taken)
    assert f"A mail is on its way to {taken}." in page.text
    newest = (await mails.newest(house.directory.reader, 1))[0]
    assert (newest.recipient, newest.subject) == (taken, "This address has an account already")
    assert "http" not in newest.body
