"""Staff are invited by an admin, as colleagues are; without a second factor they reach nothing; they are removed again."""

import re

import pyotp

from powerepos_cloud.audit import store as audit
from powerepos_cloud.directory import mails, staff
from tests.webui.house import House
from tests.webui.people import PASSWORD, PEOPLE
from tests.webui.reader import Reader
from tests.webui.test_people import NEW, newest_link
from tests.webui.test_support import proved
from tests.webui.test_support_isolation import of_support, real_ids

HERE = "/support/staff"


async def at_the_desk(house: House) -> Reader:
    """An admin with the page of staff open."""
    admin = await house.signed_in("support", "admin")
    await proved(house, admin, HERE)
    return admin


async def invited(house: House, email: str, role: str = "agent") -> tuple[Reader, str]:
    """The admin who invited this address, and the link in the mail."""
    admin = await at_the_desk(house)
    page = await admin.send(f"{HERE}/invite", email=email, role=role)
    assert f"{email} is invited." in page.text
    return admin, await newest_link(house, email)


async def test_somebody_new_joins_reaches_nothing_without_a_second_factor_and_is_removed(house: House) -> None:
    admin, path = await invited(house, NEW)
    assert NEW in (await admin.get(HERE)).text
    for _ in range(2):  # a scanner of mail
        assert (await (await house.visitor("198.51.100.1")).http.get(path)).status_code == 200
    reader = await house.visitor()
    assert "You are invited to PowerEPOS support" in (await reader.get(path)).text
    page = await reader.send(path, name="Somebody New", password=PASSWORD)
    assert page.path == "/sign-in?after=invited"
    page = await reader.sign_in(NEW, PASSWORD)
    assert "Support’s desk opens with a second factor only." in page.text
    csrf = page.forms[0].fields["csrf"]
    for one in of_support(house):
        if one.method == "GET":
            assert (await reader.get(one.filled(real_ids(house)))).status == 404, one.path
        else:
            answer = await reader.post_only(one.filled(real_ids(house)), {"csrf": csrf, "use": "0"})
            assert answer.status_code == 404 or one.path == "/support/view/end", one.path

    page = await reader.get("/account/second-factor")
    secret = re.findall(r"six digits: ([A-Z2-7 ]{39})", page.text)[0].replace(" ", "")
    page = await reader.send("/account/second-factor", code=pyotp.TOTP(secret).at(house.clock.now_ms() // 1000))
    assert "Your recovery codes" in page.text
    assert (await reader.get("/support/applications")).status == 200
    assert (await reader.get(HERE)).status == 403, "an agent has nothing to do with staff"
    assert (await reader.get(path)).status == 404, "the link works once"

    found = next(one for one in await staff.listing(house.directory.reader) if one.email == NEW)
    await proved(house, admin, HERE)
    assert "is no longer staff" in (await admin.send(f"{HERE}/{found.id}/remove")).text
    assert (await reader.get("/support/applications")).path.startswith("/sign-in")
    deeds = [row.action for row in await audit.newest(house.directory.reader, 20, subject=NEW)]
    assert [deed for deed in deeds if deed.startswith("invitation.") or deed == "user.staff_role_set"] == [
        "user.staff_role_set",
        "invitation.accepted",
        "user.staff_role_set",
        "invitation.made",
    ]


async def test_who_has_an_account_joins_with_it_unless_it_belongs_to_somebody_else(house: House) -> None:
    person = PEOPLE["nothing", ""]
    for who in (("organisation", "owner"), ("rival", "owner")):
        _, path = await invited(house, PEOPLE[who].email)
        reader = await house.signed_in(*who)
        await reader.get(path)
        page = await reader.send(path)
        assert (page.status, "works for an organisation or a partner" in page.text) == (409, True)
        assert (await reader.get(path)).status == 200, "nothing is used up"
    _, path = await invited(house, person.email, "admin")
    csrf = (await reader.get(path)).forms[0].fields["csrf"]
    assert (await reader.post(path, {"csrf": csrf})).status == 409, "it was sent to another address"
    reader, other = await house.signed_in("nothing", ""), await house.signed_in("nothing", "")
    form = (await reader.get(path)).form(path).fields
    assert "You belong to PowerEPOS support now" in (await reader.post(path, form)).text
    assert (await other.get("/account")).path.startswith("/sign-in"), "sessions of staff are shorter"
    await reader.sign_in(person.email, PASSWORD)
    again = await reader.post(path, {**form, "csrf": (await reader.get("/account")).forms[0].fields["csrf"]})
    assert again.status == 404
    roles = {one.email: one.role for one in await staff.listing(house.directory.reader)}
    assert roles == {PEOPLE["support", "admin"].email: "admin", PEOPLE["support", "agent"].email: "agent", person.email: "admin"}


async def test_whoever_is_invited_the_answer_is_the_same_and_it_is_withdrawn_replaced_and_outlived(house: House) -> None:
    admin = await at_the_desk(house)
    assert admin.page is not None
    fields = admin.page.form(f"{HERE}/invite").fields | {"email": [NEW], "role": ["agent"]}
    for _ in range(2):
        await admin.post(f"{HERE}/invite", fields)
    assert len([mail for mail in await mails.newest(house.directory.reader, 20) if mail.recipient == NEW]) == 1
    first, visitor = await newest_link(house, NEW), await house.visitor()
    for email in (PEOPLE["nothing", ""].email, PEOPLE["organisation", "owner"].email, PEOPLE["partner", "owner"].email, NEW):
        page = await admin.send(f"{HERE}/invite", email=email, role="admin")
        assert (page.status, page.path, f"{email} is invited." in page.text) == (200, HERE, True)
    page = await admin.send(f"{HERE}/invite", email=PEOPLE["support", "agent"].email, role="admin")
    assert (page.status, "is here already" in page.text) == (422, True)  # the page lists staff anyway
    page = await admin.send(f"{HERE}/invite", email=NEW, role="owner")
    assert (page.status, "one of agent, admin" in page.text) == (422, True)

    assert (await visitor.get(first)).status == 404
    second = await newest_link(house, NEW)
    assert (await visitor.get(second)).status == 200
    await admin.get(HERE)
    await admin.send(f"{HERE}/withdraw")  # the newest one
    assert (await visitor.send(second, name="X", password=PASSWORD)).status == 404
    await admin.get(HERE)
    await admin.send(f"{HERE}/invite", email=NEW, role="agent")
    third = await newest_link(house, NEW)
    await visitor.get(third)
    house.clock.advance_ms(24 * 3_600_000)
    assert (await visitor.send(third, name="X", password=PASSWORD)).status == 404


async def test_no_organisation_reaches_an_invitation_of_support_and_it_ends_with_its_senders_role(house: House) -> None:
    admin, path = await invited(house, NEW)
    number = (await admin.get(HERE)).form(f"{HERE}/withdraw").fields["invitation"]
    owner, agent = await house.signed_in("organisation", "owner"), house.users["support", "agent"]
    page = await owner.get("/people")
    assert NEW not in page.html
    assert (await owner.post("/people/withdraw", {"csrf": page.forms[0].fields["csrf"], "invitation": number})).status == 404
    await owner.get("/people")
    await owner.send("/people/invite", email=agent.email, role="viewer")
    other, link = await house.signed_in("support", "agent"), await newest_link(house, agent.email)
    await other.get(link)
    page = await other.send(link)
    assert (page.status, "belongs to PowerEPOS support" in page.text) == (409, True)

    await admin.send(f"{HERE}/{agent.id}/role", role="admin")
    visitor = await house.visitor()
    assert (await visitor.get(path)).status == 200
    other = await house.signed_in("support", "agent")
    await proved(house, other, HERE, "agent")
    await other.send(f"{HERE}/{house.users['support', 'admin'].id}/role", role="agent")
    assert (await visitor.send(path, name="Somebody New", password=PASSWORD)).status == 404
    assert NEW not in [one.email for one in await staff.listing(house.directory.reader)]
