"""The pages of partners over HTTP: applying, secrets shown once, the log, the sandbox; and nothing of another partner's."""

import asyncio
import re
import threading
from typing import Any

import pytest
from powerepos.contract import AuthServerScopes
from sqlalchemy import Engine, event, func, select

from powerepos_cloud.audit.store import SYSTEM
from powerepos_cloud.directory import applications, clients, links, mails, partner_view, partners, sandboxes, users
from powerepos_cloud.directory.application_tables import applications as applications_table
from powerepos_cloud.directory.tables import client_secrets
from powerepos_cloud.foundation.database import crossing
from powerepos_cloud.partnerservices.outlets.tables import tenants
from tests.support.clock import FakeClock
from tests.support.databases import SqliteDatabases
from tests.support.trader import batch, open_shop, sale
from tests.webui.document import Document
from tests.webui.house import House, house_at
from tests.webui.people import CHEAP_HASH, PASSWORD
from tests.webui.reader import PageSeen, Reader

SECRET = re.compile(r"pepos_cs_[a-z2-7]{32}[0-9a-f]{8}")
SP_PASSWORD = re.compile(r"pepos_sp_[a-z2-7]{32}[0-9a-f]{8}")
ASKED = {"company_name": "Tills Ltd", "website": "https://tills.example", "contact_name": "Ann", "e_mail": "ann@tills.example"}


async def count(house: House, table: Any) -> int:
    found: int = await house.directory.reader.scalar(select(func.count()).select_from(table))
    return found


async def link_of(house: House) -> str:
    """The path of the newest mail's link."""
    [mail] = await mails.newest(house.directory.reader, 1)
    found = re.search(r"http://localhost:8000(/apply/confirm/\S+)", mail.body)
    assert found is not None
    return found[1]


async def applied(house: House, **asked: str) -> str:
    reader = await house.visitor()
    await reader.get("/apply")
    page = await reader.send("/apply", **{**ASKED, **asked})
    assert page.path == "/apply/sent", page.text
    return await link_of(house)


async def ready(house: House) -> tuple[str, dict[str, str]]:
    """An outlet for the world's organisation; the request ID of a batch with a wrong sale, and the token's header."""
    await open_shop(house.partnerservices, house.world)
    world = house.world
    answer = await house.app.token(world.client.form("password", **world.account.login()))
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    wrong = sale(500)
    wrong["transactionPayments"][0]["amountPurchase"] = 9
    many = [sale(100 + number) for number in range(62)]
    sent = batch(*many, wrong, sale(700), batchOptions={"allowPartialBatchSubmission": True})
    stored = await house.app.http.post("/api/v1/sales/addbatch", json=sent, headers=headers)
    assert stored.json()["batchResult"] == 1, stored.text
    return stored.headers["X-Request-ID"], headers


async def seen(reader: Reader, path: str, words: str) -> PageSeen:
    """The page, once it says so: calls are noted after the answer."""
    for _ in range(300):
        page = await reader.get(path)
        if words in page.text:
            return page
        await asyncio.sleep(0.02)
    raise AssertionError(f"{path} never says {words}: {page.text}")


async def test_the_way_from_applying_to_a_secret(house: House) -> None:
    link = await applied(house)
    visitor = await house.visitor()
    for _ in range(3):  # a mail scanner opens it
        assert "Tills Ltd" in (await visitor.get(link)).text
    assert (await visitor.send(link, password="short")).status == 422
    assert (await visitor.send(link, password=PASSWORD)).path == "/apply/confirmed"
    assert (await visitor.get(link)).status == 404
    await visitor.sign_in(ASKED["e_mail"], PASSWORD)
    assert "Being reviewed" in (await visitor.get("/account/application")).text
    assert (await visitor.get("/partner/clients")).status == 404
    [waiting] = await applications.listing(house.directory.reader)
    now = house.clock.now_ms()
    await house.directory.write(lambda session: applications.approve(session, now, SYSTEM, "http://localhost:8000", waiting.id))
    assert "Approved" in (await visitor.get("/account/application")).text
    page = await visitor.get("/partner/clients")
    [client] = await clients.listing(
        house.directory.reader, (await users.by_email(house.directory.reader, ASKED["e_mail"])).partners[0].partner_id
    )
    assert client.id in page.text
    assert "No secret yet" in page.text
    assert not SECRET.search(page.html)


async def test_the_form_tells_nothing_of_known_addresses_and_makes_one(house: House) -> None:
    pages = []
    for address in ("owner@harbour.example", "nobody@anywhere.example"):
        reader = await house.visitor()
        await reader.get("/apply")
        page = await reader.send("/apply", **{**ASKED, "e_mail": address})
        pages.append((page.status, page.path, re.sub(r'value="[^"]*"', "", page.html)))
    assert pages[0] == pages[1]
    assert len(await mails.newest(house.directory.reader, 9)) == 2
    reader = await house.visitor()
    form = (await reader.get("/apply")).form("/apply").fields
    for _ in range(3):
        again = await reader.post("/apply", {**form, **ASKED})
        assert again.path == "/apply/sent"
    assert await count(house, applications_table) == 3
    assert (await reader.post_only("/apply", {**form, **ASKED}, Origin="https://evil.example")).status_code == 403


async def test_what_is_wrong_with_the_form_stands_beside_its_field(house: House) -> None:
    reader = await house.visitor()
    await reader.get("/apply")
    page = await reader.send("/apply", **{**ASKED, "website": "http://tills.example"})
    assert page.status == 422
    assert 'id="website-e"' in page.html
    assert await count(house, applications_table) == 0


async def test_who_has_an_account_confirms_without_a_password(house: House) -> None:
    link = await applied(house, e_mail="nobody@nowhere.example")
    visitor = await house.visitor()
    page = await visitor.get(link)
    assert 'name="password"' not in page.html
    assert (await visitor.send(link)).path == "/apply/confirmed"
    person = await house.signed_in("nothing", "")
    assert "Being reviewed" in (await person.get("/account/application")).text
    house.clock.advance_ms(links.DAY_MS)


async def test_a_secret_is_shown_once_and_made_once(house: House) -> None:
    owner = await house.signed_in("partner", "owner")
    path = f"/partner/clients/{house.world.client.id}/secret"
    before = await count(house, client_secrets)
    form = (await owner.get(path)).form(path).fields
    first = await owner.post(path, form)
    found = SECRET.findall(first.html)
    assert len(found) == 1
    assert first.answer.headers["cache-control"] == "no-store"
    for _ in range(2):  # a reload, a second tab
        again = await owner.post(path, form)
        assert (again.path, SECRET.findall(again.html)) == ("/partner/clients", [])
    assert await count(house, client_secrets) == before + 1
    listed = await owner.get("/partner/clients")
    assert found[0][-4:] in listed.text
    assert found[0] not in listed.html + house.app.logged.getvalue()
    # The lost one is mended by a third, which takes its place; the one in use stays.
    third = await owner.send(path) if (await owner.get(path)).status == 200 else None
    assert third is not None
    assert SECRET.findall(third.html) != found
    live = [
        one
        for one in await clients.secrets_of(house.directory.reader, house.world.client.id)
        if one.is_live(house.clock.now_ms())
    ]
    assert len(live) == 2
    assert found[0][-4:] not in {one.hint for one in live}


async def test_with_two_in_use_the_person_chooses_which_ends(house: House) -> None:
    owner, world = await house.signed_in("partner", "owner"), house.world
    path = f"/partner/clients/{world.client.id}/secret"
    await owner.get(path)
    await owner.send(path, ends_by_itself="90")
    await world.run(
        client_secrets.update().where(client_secrets.c.client_id == world.client.id).values(last_used_at=house.clock.now_ms())
    )
    page = await owner.get(path)
    assert "Which one ends now?" in page.text
    refused = await owner.send(path)
    assert (refused.status, SECRET.findall(refused.html)) == (422, [])
    old, newer = [one for one in await clients.secrets_of(house.directory.reader, world.client.id) if one.ended_at is None]
    assert newer.expires_at == house.clock.now_ms() + 90 * 86_400_000
    assert SECRET.search((await owner.send(path, ends=str(old.id))).html)
    await owner.get("/partner/clients")
    retired = await owner.send(f"/partner/clients/{world.client.id}/retire", secret=str(newer.id))
    assert "retired" in retired.text
    live = [one for one in await clients.secrets_of(house.directory.reader, world.client.id) if one.ended_at is None]
    assert len(live) == 1


async def test_secrets_ask_for_the_password_again(house: House) -> None:
    owner = await house.signed_in("partner", "developer")
    path = f"/partner/clients/{house.world.client.id}/secret"
    form = (await owner.get(path)).form(path).fields
    house.clock.advance_ms(6 * 60_000)
    page = await owner.post(path, form)
    assert page.path.startswith("/account/confirm")
    assert not SECRET.search(page.html)


async def test_keys_and_clients_are_made_and_changed(house: House) -> None:
    owner, world = await house.signed_in("partner", "owner"), house.world
    keys = f"/partner/clients/{world.client.id}/keys"
    await owner.get(keys)
    refused = await owner.send(keys, jwks="{}")
    assert refused.status == 422
    assert "things to mend" in refused.text or "One thing to mend" in refused.text
    form = (await owner.get("/partner/clients/new")).form("/partner/clients/new").fields
    for _ in range(2):
        page = await owner.post("/partner/clients/new", {**form, "name": "Tallyho Kiosk"})
    own = await clients.listing(house.directory.reader, world.partners["Tallyho"])
    assert [client.name for client in own].count("Tallyho Kiosk") == 1
    assert (await owner.get("/partner/clients/new")).status == 200
    assert (await owner.send("/partner/clients/new", name="")).status == 422
    assert page.path == "/partner/clients"


async def test_the_sandbox_is_made_once_reset_and_works(house: House) -> None:
    owner, world = await house.signed_in("partner", "owner"), house.world
    form = (await owner.get("/partner/sandbox")).form("/partner/sandbox/new").fields
    page = await owner.post("/partner/sandbox/new", form)
    [password] = SP_PASSWORD.findall(page.html)
    again = await owner.post("/partner/sandbox/new", form)
    assert (again.path, SP_PASSWORD.findall(again.html)) == ("/partner/sandbox", [])
    sandbox = await sandboxes.of_partner(house.directory.reader, world.partners["Tallyho"])
    assert sandbox is not None
    login = {"org_id": sandbox.organisation.code, "username": sandbox.account_id, "password": password}
    token = await house.app.token(world.client.form("password", **login, scope="partnerservices"))
    headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
    connection = (await house.app.http.get("/api/v1/connection", headers=headers)).json()
    assert {outlet["timeZone"] for outlet in connection["outlets"]} == {
        "Pacific/Auckland", "Australia/Sydney", "Europe/London",
    }  # fmt: skip
    form = (await owner.get("/partner/sandbox")).form("/partner/sandbox/reset").fields
    for _ in range(2):
        assert (await owner.post("/partner/sandbox/reset", form)).path == "/partner/sandbox"
    reset = await sandboxes.of_partner(house.directory.reader, world.partners["Tallyho"])
    assert reset is not None
    assert (reset.resets, reset.organisation.code) == (1, sandbox.organisation.code)
    here = crossing(select(tenants.c.kapow).where(tenants.c.state == "here"), "a test looks for what was left behind")
    assert [row[0] for row in await house.partnerservices.reader.all(here)] == [reset.organisation.kapow]
    assert reset.organisation.kapow != sandbox.organisation.kapow
    for _ in range(300):
        refused = await house.app.http.get("/api/v1/connection", headers=headers)
        if refused.status_code == 401:
            break
        await asyncio.sleep(0.02)
    assert refused.status_code == 401
    token = await house.app.token(world.client.form("password", **login, scope="partnerservices"))
    headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
    renewed = (await house.app.http.get("/api/v1/connection", headers=headers)).json()
    assert {one["outletID"] for one in renewed["outlets"]} == {one["outletID"] for one in connection["outlets"]}
    assert SP_PASSWORD.search((await _another_password(owner)).html)


async def _another_password(owner: Reader) -> PageSeen:
    await owner.get("/partner/sandbox/password")
    return await owner.send("/partner/sandbox/password")


async def test_the_log_shows_a_failed_batch_record_by_record(house: House) -> None:
    request_id, _ = await ready(house)
    refused = await house.app.token(house.world.client.form("password", **house.world.account.login(scope="nonsense")))
    developer = await house.signed_in("partner", "developer")
    page = await seen(developer, "/partner/requests", "63 of 64 stored")
    page = await seen(developer, "/partner/requests", "invalid_scope")
    assert request_id in page.text
    one = await developer.get(f"/partner/requests/{request_id}")
    for words in ("Batch of 64", "63 created", "1 rejected", "sale.unbalanced", "/sales/62/transactionPayments", "expected"):
        assert words in one.text, words
    assert 'class="hit"' in one.html
    assert "Record 3" in (await developer.get(f"/partner/requests/{request_id}?item=3")).text
    assert (await developer.get(f"/partner/requests?q={request_id}")).path == f"/partner/requests/{request_id}"
    assert "No request" in (await developer.get("/partner/requests?q=nonsense")).text
    narrowed = await developer.get("/partner/requests?result=rejected&organisation=HARBOUR-1")
    assert request_id in narrowed.text
    assert refused.headers["X-Request-ID"] not in narrowed.text
    assert "No call fits" in (await developer.get("/partner/requests?organisation=LAKESIDE&result=rejected")).text
    token_page = await developer.get(f"/partner/requests/{refused.headers['X-Request-ID']}")
    assert refused.json()["error_description"].split(":")[0] in token_page.text
    assert "HARBOUR-1" in (await developer.get("/partner/connections")).text
    owner, at = await house.signed_in("organisation", "owner"), f"/connections/{house.world.client.id}/{house.world.client.id}"
    await owner.get(at)
    await owner.send(f"{at}/pause", note="Your Zs do not add up")
    assert "Your Zs do not add up" in (await developer.get("/partner/connections")).text
    assert "sale.unbalanced" in (await developer.get("/partner/overview")).text
    for odd in ("before=x", "before=1.", "before=99999999999999999.x", "result=x", "item=x"):
        assert (await developer.get(f"/partner/requests?{odd}")).status == 200


async def test_nothing_of_another_partner_is_found(house: House) -> None:
    request_id, _ = await ready(house)
    world = house.world
    owner = await house.signed_in("partner", "owner")
    await seen(owner, "/partner/requests", "63 of 64")
    refused = await house.app.token(world.client.form("password", **world.account.login(scope="nonsense")))
    await seen(owner, "/partner/requests", "invalid_scope")
    await owner.get("/partner/sandbox")
    await owner.send("/partner/sandbox/new")
    rival = await house.signed_in("rival", "owner")
    theirs = [
        f"/partner/clients/{world.client.id}/secret",
        f"/partner/clients/{world.client.id}/keys",
        f"/partner/requests/{request_id}",
        f"/partner/requests/{refused.headers['X-Request-ID']}",
    ]
    for path in theirs:
        assert (await owner.get(path)).status == 200, path
        assert (await rival.get(path)).status == 404, path
    csrf = (await rival.get("/partner/clients/new")).form("/partner/clients/new").fields
    secret = (await clients.secrets_of(house.directory.reader, world.client.id))[0]
    for path in (*theirs[:2], f"/partner/clients/{world.client.id}/retire"):
        answer = await rival.post_only(path, {**csrf, "secret": str(secret.id), "jwks": ""})
        assert answer.status_code == 404, path
    wrong = await rival.post_only(f"/partner/clients/{world.other_client.id}/retire", {**csrf, "secret": str(secret.id)})
    assert wrong.status_code == 404
    connected = await partner_view.connections_of(
        house.directory.reader, world.partners["Tallyho"], AuthServerScopes.PARTNER_SERVICE
    )
    needles = {world.client.id, "Tallyho", request_id, *(one.organisation_code for one in connected)} - {"LAKESIDE"}
    for path in ("/partner/overview", "/partner/clients", "/partner/sandbox", "/partner/connections", "/partner/requests"):
        page = await rival.get(path)
        assert page.status == 200
        assert not [needle for needle in needles if needle in page.html], path


@pytest.mark.parametrize("audience", ["organisation", "support", "nothing"])
async def test_only_partners_open_these_pages(house: House, audience: str) -> None:
    reader = await house.signed_in(audience, {"organisation": "owner", "support": "admin", "nothing": ""}[audience])
    for path in ("overview", "clients", "clients/new", "sandbox", "connections", "requests"):
        assert (await reader.get(f"/partner/{path}")).status == 404, path


async def test_the_quick_start_holds_the_readers_own_client_id(house: House) -> None:
    reader = await house.signed_in("partner", "developer")
    page = await reader.get("/docs/quick-start")
    assert house.world.client.id in page.text
    assert page.answer.headers["cache-control"] == "no-store"
    for somebody in (await house.visitor(), await house.signed_in("organisation", "owner")):
        page = await somebody.get("/docs/quick-start")
        assert house.world.client.id not in page.text
        assert "CLIENT_ID" in page.text


async def test_the_quick_start_is_filled_in_with_the_readers_sandbox_and_works(house: House) -> None:
    owner = await house.signed_in("partner", "owner")
    assert "ORGANISATION_CODE&username=SERVICE_ACCOUNT_ID" in _token_request(await owner.get("/docs/quick-start"))
    await owner.get("/partner/sandbox")
    [password] = set(SP_PASSWORD.findall((await owner.send("/partner/sandbox/new")).html))
    page = await owner.get("/docs/quick-start")
    form = _token_request(page).replace("CLIENT_SECRET", house.world.client.secret).replace("SERVICE_ACCOUNT_PASSWORD", password)
    answer = await house.app.http.post(
        "/authorisation/token", content=form, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["org_id"].startswith("SBX-")
    assert password not in page.html
    stranger = await house.signed_in("rival", "owner")
    assert answer.json()["org_id"] not in (await stranger.get("/docs/quick-start")).text


def _token_request(page: PageSeen) -> str:
    """The first form of the quick start, its line breaks taken out."""
    return Document(page.html).code["Contents of token-request.form"].replace("\n", "")


async def test_a_partner_that_has_nothing_yet_is_led_on(house: House) -> None:
    async def add(session: Any) -> None:
        person = await users.create(session, house.clock.now_ms(), SYSTEM, "new@new.example", "New", CHEAP_HASH)
        made = await partners.create(
            session, house.clock.now_ms(), SYSTEM, "New Ltd", "https://new.example", "New", "new@new.example"
        )
        await users.link_partner(session, house.clock.now_ms(), SYSTEM, person, made, "owner")

    await house.directory.write(add)
    reader = await house.visitor()
    await reader.sign_in("new@new.example", PASSWORD)
    for path, words in {
        "overview": "Your way to the first sale", "clients": "No client yet", "sandbox": "Make a client first",
        "connections": "No connection yet", "requests": "No call yet",
    }.items():  # fmt: skip
        assert words in (await reader.get(f"/partner/{path}")).text, path


async def test_the_log_is_read_where_it_keeps_nobody_waiting(sqlite_databases: SqliteDatabases, clock: FakeClock) -> None:
    """A partner may be connected with many organisations: what is read of each is not read on the event loop."""
    read_by: dict[str, set[str]] = {table: set() for table in ("connections", "request_log", "refused_calls")}

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        for table, threads in read_by.items():
            if f"FROM {table}" in statement:
                threads.add(threading.current_thread().name.partition("_")[0])

    async with house_at(sqlite_databases.new("directory"), sqlite_databases.new("partnerservices"), clock) as house:
        developer = await house.signed_in("partner", "developer")
        event.listen(Engine, "before_cursor_execute", note)
        try:
            for path in ("/partner/requests", "/partner/overview", "/partner/connections"):
                assert (await developer.get(path)).status == 200
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert read_by == {table: {"long-read"} for table in read_by}
