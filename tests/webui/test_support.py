"""Support's pages: applications are decided once, any ID leads to a timeline, services and staff are the admin's."""

import asyncio
import base64
import csv
import io
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import select

from powerepos_cloud.audit.store import newest
from powerepos_cloud.authserver import lookup as grants
from powerepos_cloud.directory import applications, mails, organisations, partners, services, staff, users
from powerepos_cloud.directory.applications import Application
from powerepos_cloud.foundation.database import Session, crossing
from powerepos_cloud.foundation.secrets import SecretKind, generate
from powerepos_cloud.partnerservices.requestlog.tables import request_log
from tests.support.desk import ACTOR
from tests.webui.house import House
from tests.webui.people import CHEAP_HASH, PASSWORD, PEOPLE
from tests.webui.reader import Reader

REASON = "ticket 8841, totals differ"


async def applied(house: House, company: str, website: str, email: str) -> Application:
    """A company that applied and confirmed its address."""
    now = house.clock.now_ms()

    async def deed(session: Session) -> Application:
        await applications.apply(session, now, ACTOR, "https://epos.example", company, website, "Hana Petersen", email)
        [mail] = await mails.newest(session, 1)
        token = re.search(r"/apply/confirm/(\S+)", mail.body)
        assert token is not None
        return await applications.confirm(session, now, ACTOR, token[1], CHEAP_HASH)

    return await house.directory.write(deed)


async def proved(house: House, reader: Reader, path: str, role: str = "admin") -> Any:
    """Open a page that asks who it is."""
    page = await reader.get(path)
    if page.path.startswith("/account/confirm"):
        house.clock.advance_ms(30_000)
        code = PEOPLE["support", role].code_at(house.clock.now_ms()) or ""
        page = await reader.send("/account/confirm", password=PASSWORD, code=code)
    assert page.status == 200, page.text
    return page


def token_id(answer: dict[str, Any]) -> str:
    """The `sid` of an access token."""
    middle = answer["access_token"].split(".")[1]
    found: str = json.loads(base64.urlsafe_b64decode(middle + "=="))["sid"]
    return found


async def actions(house: House) -> list[tuple[str, str]]:
    """Action and actor of the newest deeds in the directory."""
    return [(row.action, row.actor) for row in await newest(house.directory.reader, 30)]


async def test_the_queue_shows_checks_and_an_agent_approves_and_refuses(house: House) -> None:
    bayleaf = await applied(house, "Bayleaf Software Ltd", "https://bayleaf.example", "hana@bayleaf.example")
    house.clock.advance_ms(3 * 86_400_000)
    twin = await applied(house, "Tallyho", "https://tallyho.example", "hana@leaf.example")
    agent = await house.signed_in("support", "agent")
    page = await agent.get("/support/applications")
    assert page.text.index("Bayleaf Software Ltd") < page.text.index("Tallyho")
    for said in ("3 days", "All passed", "E-mail on another domain and more", "hana@bayleaf.example", "Waiting for you"):
        assert said in page.text, said
    assert 'href="https://bayleaf.example' not in page.html  # a stranger's address is text
    first = page.form(f"/support/applications/{bayleaf.id}").fields
    page = await agent.send(f"/support/applications/{bayleaf.id}", decision="approve")
    assert "is a partner now" in page.text
    assert "Became" in page.text
    again = await agent.post(f"/support/applications/{bayleaf.id}", {**first, "decision": "approve"})
    assert "nothing was done a second time" in again.text
    assert [row.company_name for row in await partners.listing(house.directory.reader) if "Bayleaf" in row.company_name] == [
        "Bayleaf Software Ltd"
    ]
    page = await agent.get(f"/support/applications/{twin.id}")
    assert "Looks like a partner we know: Tallyho" in page.text
    page = await agent.send(f"/support/applications/{twin.id}", decision="refuse", why="")
    assert page.status == 422
    assert "One thing to mend." in page.text
    page = await agent.send(f"/support/applications/{twin.id}", decision="refuse", why="We know you already.")
    assert "is refused" in page.text
    assert "We know you already." in page.text
    [mail] = [one for one in await mails.newest(house.directory.reader, 9) if one.recipient == "hana@leaf.example"][:1]
    assert "We know you already." in mail.body
    decided = [action for action, actor in await actions(house) if actor == PEOPLE["support", "agent"].email]
    assert {"application.approved", "application.refused"} <= set(decided)
    assert "Nobody waits" in (await agent.get("/support/applications")).text
    assert "Bayleaf" in (await agent.get("/support/applications?decided=1")).text
    assert (await agent.get("/support/applications/99")).status == 404


async def test_any_id_leads_to_one_timeline_and_the_look_is_audited(house: House) -> None:
    world = house.world
    login = world.client.form("password", **world.account.login())
    token = (await house.app.token(login)).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    async with house.app.called_from("192.0.2.7") as http:
        request_id = (await http.get("/api/v1/connection", headers=bearer)).headers["X-Request-ID"]
        lost = await http.get("/api/v1/sales/transactions/" + request_id, headers=bearer)
    await _settled(house)
    refused = (await house.app.token({**login, "grant_type": "password", "password": "wrong"})).headers["X-Request-ID"]
    await _until(lambda: grants.refusal(house.directory.reader, refused))
    agent = await house.signed_in("support", "agent")
    page = await agent.get("/support/look-up")
    assert "Nothing yet" in page.text
    for text, expected in (
        (request_id, ("A request", "Call answered 200", "Call answered 404", world.harbour.code, world.client.id)),
        (lost.headers["X-Request-ID"], ("A request", "Call answered 404")),
        (refused, ("A request", "Token refused 400", "invalid_grant", world.client.id)),
        (token_id(token), ("A grant", "Grant began", world.harbour.code, world.client.id)),
        (world.harbour.code.lower(), ("A organisation", "Connection made", "Harbour Street Coffee")),
        (world.harbour.kapow, ("A organisation",)),
        (world.client.id, ("A client", "Call answered 200", "Token refused 400", "Partner")),
        (world.account.id, ("A service account", "Connection made", "Harbour Street Coffee")),
        (f"partner:{world.partners['Tallyho']}", ("A partner", "Call answered 200")),
        (world.instances["ros"][0], ("A instance",)),
    ):
        page = await agent.get(f"/support/look-up?id={text}")
        assert page.status == 200, text
        for said in expected:
            assert said.replace("A organisation", "An organisation").replace("A instance", "An instance") in page.text, (
                text,
                said,
            )
        assert "owner@harbour.example" not in page.html
    looked = await newest(house.directory.reader, 50, action="lookup.made")
    assert {row.actor for row in looked} == {PEOPLE["support", "agent"].email}
    assert [row.subject for row in looked][-1] == request_id
    assert {row.kapow for row in looked if row.subject in (request_id, world.account.id)} == {world.harbour.kapow}
    assert request_id in (await agent.get("/support/look-up")).text


async def test_secrets_and_people_are_not_looked_up_and_nothing_is_kept_of_them(house: House) -> None:
    agent = await house.signed_in("support", "agent")
    secret = generate(SecretKind.CLIENT_SECRET)
    for text, said in (
        (secret, "That is a secret"),
        ("owner@harbour.example", "People are not looked up"),
        ("x" * 101, "at most 100"),
    ):
        page = await agent.get(f"/support/look-up?id={text}")
        assert (page.status, said in page.text) == (422, True), text
        assert text not in page.html
    assert await newest(house.directory.reader, 5, action="lookup.made") == []
    page = await agent.get("/support/look-up?id=NOBODY-1")
    assert (page.status, "Nothing has this ID" in page.text) == (200, True)
    assert secret not in house.app.logged.getvalue()


async def _settled(house: House) -> None:
    """Both calls are in the request log, which writes after the answer."""
    noted = crossing(select(request_log.c.id).order_by(request_log.c.at).offset(1), "a test waits for what was noted")
    await _until(lambda: house.partnerservices.reader.first(noted))


async def _until(look: Callable[[], Awaitable[Any]]) -> None:
    """Look until there is something."""
    deadline = time.monotonic() + 30
    while await look() is None:
        assert time.monotonic() < deadline, "it was not noted"
        await asyncio.sleep(0.02)


async def test_support_views_as_an_organisation_and_its_owner_sees_it_at_once(house: House) -> None:
    agent, owner = await house.signed_in("support", "agent"), await house.signed_in("organisation", "owner")
    manager, other = await house.signed_in("organisation", "manager"), await house.signed_in("lakeside", "owner")
    code = house.world.harbour.code
    page = await agent.get(f"/support/organisations/{code}")
    assert "Harbour Street Coffee" in page.text
    page = await agent.send(f"/support/organisations/{code}/view", reason="")
    assert page.status == 422
    page = await agent.send(f"/support/organisations/{code}/view", reason=REASON)
    assert page.status == 200, page.text
    assert f"Viewing Harbour Street Coffee as they see it: reading only, 30 minutes left. Reason: {REASON}" in page.text
    seen = (await owner.get("/account")).text
    assert (
        f"Agent Support of PowerEPOS support sees your pages now, reading only, for 30 minutes at most. Reason: {REASON}" in seen
    )
    for someone in (manager, other):
        assert "sees your pages now" not in (await someone.get("/account")).text
    told = {mail.recipient for mail in await mails.newest(house.directory.reader, 9) if REASON in mail.body}
    assert "owner@harbour.example" in told
    assert "manager@harbour.example" not in told
    assert 'href="/audit.csv' not in (await agent.get("/audit")).html
    exports = ("/audit.csv", "/support/audit.csv", "/reports.csv", "/catalogue/export/products.csv")
    for path in (*exports, "/support/applications", "/support/look-up", "/account", "/support/staff"):
        assert (await agent.get(path)).status in (403, 404), path
    await agent.get("/stock-orders")
    page = await agent.send("/support/view/end")
    assert (page.path, "You stopped viewing." in page.text) == (f"/support/organisations/{code}", True)
    assert "sees your pages now" not in (await owner.get("/account")).text
    rows = await newest(house.directory.reader, 9, kapow=house.world.harbour.kapow, action="view")
    assert [(row.action, row.actor) for row in rows] == [
        ("view.ended", PEOPLE["support", "agent"].email),
        ("view.began", PEOPLE["support", "agent"].email),
    ]
    assert all(f'"staff_id":{house.users["support", "agent"].id}' in row.details for row in rows)


async def test_a_view_ends_by_itself_and_another_session_of_the_same_person_has_none(house: House) -> None:
    agent, elsewhere = await house.signed_in("support", "agent"), await house.signed_in("support", "agent")
    code = house.world.harbour.code
    await agent.get(f"/support/organisations/{code}")
    await agent.send(f"/support/organisations/{code}/view", reason=REASON)
    assert (await elsewhere.get("/stock-orders")).status == 404
    for _ in range(2):  # a session of staff ends when it is not used for a quarter of an hour
        house.clock.advance_ms(14 * 60_000)
        assert (await agent.get("/stock-orders")).status == 200
    house.clock.advance_ms(2 * 60_000)
    assert (await agent.get("/stock-orders")).status == 404
    assert (await agent.get("/support/applications")).status == 200


async def test_registers_and_audit_are_searched(house: House) -> None:
    world, agent = house.world, await house.signed_in("support", "agent")
    for path, said in (
        ("/support/organisations", ("Harbour Street Coffee", "Lakeside Bakery")),
        ("/support/organisations?q=lake", ("Lakeside Bakery",)),
        ("/support/organisations?q=%25", ("No organisation fits",)),
        ("/support/partners", ("Tallyho", "Rival")),
        (f"/support/partners/{world.partners['Tallyho']}", (world.client.id, world.harbour.code)),
        ("/support/clients?q=Rival", (world.other_client.id,)),
        (f"/support/clients/{world.client.id}", ("Tallyho", world.harbour.code, "Live")),
        (f"/support/organisations/{world.harbour.code}", (world.account.id, "Approved")),
        ("/support/audit", ("user.signed_in",)),
        ("/support/audit?action=user.linked&organisation=harbour-1", ("user.linked", world.harbour.code)),
        ("/support/audit?actor=nobody", ("Nothing fits",)),
        ("/support/audit?since=2001-01-01&until=2001-01-02", ("Nothing fits",)),
    ):
        page = await agent.get(path)
        assert page.status == 200, path
        for one in said:
            assert one in page.text, (path, one)
    assert "Harbour Street Coffee" not in (await agent.get("/support/organisations?q=lake")).text
    assert "user.signed_in" not in (await agent.get("/support/audit?action=user.linked")).text
    for path in ("/support/audit?since=yesterday", "/support/audit?organisation=NOBODY"):
        assert (await agent.get(path)).status == 422, path
        assert (await agent.get(path.replace("audit?", "audit.csv?"))).path == path  # which says what is wrong
    assert (await agent.get("/support/audit?before=nonsense")).status == 200
    assert (
        "/support/audit.csv?organisation=harbour-1&amp;action=user.linked"
        in (await agent.get("/support/audit?organisation=harbour-1&action=user.linked")).html
    )
    linked = (await agent.get("/support/audit.csv?organisation=harbour-1&action=user.linked")).answer.content.decode("utf-8-sig")
    assert {(row["Action"], row["Organisation"]) for row in csv.DictReader(io.StringIO(linked))} == {
        ("user.linked", world.harbour.code)
    }
    every = (await agent.get("/support/audit.csv")).answer.content.decode("utf-8-sig")
    assert world.lakeside.code in {row["Organisation"] for row in csv.DictReader(io.StringIO(every))}
    seen, path = [], "/support/audit"
    while path:
        page = await agent.get(path)
        seen += re.findall(r'<th scope="row" class="wrap-any"><code>([a-z_.]+)</code>', page.html)
        older = re.search(r'href="(/support/audit\?before=[^"]+)"', page.html)
        path = older[1] if older else ""
    everything = len(await newest(house.directory.reader, 500)) + len(await newest(house.partnerservices.reader, 500))
    assert len(seen) == everything > 0


async def test_an_admin_makes_an_instance_shows_its_credential_once_and_moves_an_organisation(house: House) -> None:
    admin, harbour = await house.signed_in("support", "admin"), house.world.harbour
    await proved(house, admin, "/support/instances/new")
    page = await admin.send("/support/instances/new", service="ros", name="ros-2", address="http://no.example")
    assert page.status == 422
    form = page.form("/support/instances/new").fields
    page = await admin.send("/support/instances/new", service="ros", name="ros-2", address="https://ros-2.example/")
    [secret] = re.findall(r"pepos_si_[a-z2-7]{32}[0-9a-f]{8}", page.html)
    again = await admin.post("/support/instances/new", {**form, "name": "ros-2", "address": "https://ros-3.example/"})
    assert "nothing was done a second time" in again.text
    assert secret not in again.html
    [made] = [one for one in await services.instances_listing(house.directory.reader, "ros") if one.name == "ros-2"]
    page = await admin.get(f"/support/instances/{made.id}")
    assert secret not in page.html
    page = await admin.send(f"/support/instances/{made.id}/organisations", code=harbour.code.lower())
    assert (page.status, "tick the box" in page.text) == (422, True)
    page = await admin.send(f"/support/instances/{made.id}/organisations", code=harbour.code, moved="yes")
    assert "Tokens for another one are refused there." in page.text
    assert "Harbour Street Coffee" in page.text
    page = await admin.send(f"/support/instances/{made.id}/credentials")
    [second] = re.findall(r"pepos_si_[a-z2-7]{32}[0-9a-f]{8}", page.html)
    page = await admin.get(f"/support/instances/{made.id}")
    assert "End one to make another." in page.text
    page = await admin.send(f"/support/instances/{made.id}/credentials/end")
    assert "opens nothing any more" in page.text
    assert len([one for one in await services.credentials_of(house.directory.reader, made.id) if one.ended_at is None]) == 1
    assert not {secret, second} & set(re.findall(r"pepos_si_\w+", house.app.logged.getvalue()))
    page = await admin.get("/support/services/ros")
    page = await admin.send("/support/services/ros", access_seconds="1")
    assert page.status == 422
    page = await admin.send("/support/services/ros", access_seconds="3600")
    assert "1 hour" in page.text
    assert (await services.get(house.directory.reader, "ros")).access_seconds == 3600


async def test_an_admin_changes_and_removes_staff_and_restores_a_second_factor(house: House) -> None:
    admin = await house.signed_in("support", "admin")
    agent = await house.signed_in("support", "agent")
    await proved(house, admin, "/support/staff")
    jonas = house.users["support", "agent"]
    assert "is admin now" in (await admin.send(f"/support/staff/{jonas.id}/role", role="admin")).text
    assert "is agent now" in (await admin.send(f"/support/staff/{jonas.id}/role", role="agent")).text
    page = await admin.send(f"/support/staff/{jonas.id}/second-factor")
    assert "can set up another second factor" in page.text
    assert (await agent.get("/support/applications")).path.startswith("/sign-in")
    without = await house.visitor()
    await without.sign_in(PEOPLE["support", "agent"].email, PASSWORD)
    assert (await without.get("/support/applications")).status == 404
    page = await admin.send(f"/support/staff/{jonas.id}/remove")
    assert "is no longer staff" in page.text
    mine = house.users["support", "admin"].id
    csrf = page.form("/support/staff/invite").fields["csrf"]
    for deed in ("remove", "second-factor", "role"):
        assert (await admin.post(f"/support/staff/{mine}/{deed}", {"csrf": csrf, "role": "agent"})).status == 409, deed
    assert (await admin.post(f"/support/staff/{jonas.id}/role", {"csrf": csrf, "role": "admin"})).status == 404
    assert [one.email for one in await staff.listing(house.directory.reader) if one.role == "admin"] == [
        PEOPLE["support", "admin"].email
    ]
    assert (await users.by_email(house.directory.reader, jonas.email)).staff_role is None
    assert (await organisations.by_code(house.directory.reader, house.world.harbour.code)).state == "active"
