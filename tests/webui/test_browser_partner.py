"""The pages of partners in a real browser: the whole way from applying to a sale and its end, and accessible everywhere."""

import asyncio
import re
import time

import httpx

from powerepos_cloud.audit.store import SYSTEM
from powerepos_cloud.directory import accounts, applications, clients, mails, sandboxes
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.outlets import store as outlets
from tests.support.trader import batch, open_shop, post_until_answered, sale, sign_in
from tests.webui.browsing import DESK, assert_seen_no_more, found_in_every_look
from tests.webui.conftest import OpenAs
from tests.webui.house import LitHouse
from tests.webui.keyboard import Keyboard
from tests.webui.people import PASSWORD

MAIL = "ann@way.example"
WITHIN_SECONDS = 2.0


async def let_in(keys: Keyboard, client_id: str) -> tuple[str, str]:
    """What the merchant does: a service account for this client, and its password, shown once. The account's ID, the password."""
    page = keys.page
    await page.goto("/service-accounts/new")
    await keys.write(name="Way sales")
    await keys.tick("Send sales and finalise Z reports")
    await keys.write(client=client_id)
    await keys.press("Check who it is")
    assert "https://way.example" in await page.inner_text("main")
    await keys.press("Make the account")
    account_id = page.url.split("/")[-2]
    await keys.press("Show the password")
    return account_id, await page.get_by_label("Password", exact=True).input_value()


async def shut_out(keys: Keyboard, account_id: str) -> None:
    """What the merchant does in the end: the connection is revoked."""
    await keys.page.goto("/connections")
    this = keys.page.locator(f'article:has(a[href="/service-accounts/{account_id}"])')
    await keys.unfold("Revoke…", this)
    await keys.press("Revoke now", this)
    assert "is revoked" in await keys.page.get_by_role("status").inner_text()


async def approve(keys: Keyboard) -> None:
    """What support does."""
    await keys.page.goto("/support/applications")
    await keys.follow("Way Ltd")
    await keys.press("Approve")
    assert "Way Ltd is a partner now" in await keys.page.get_by_role("status").inner_text()


async def apply(house: LitHouse, keys: Keyboard) -> None:
    """What the applicant does: apply, open the link in the mail, which a scanner opened before, and look where it stands."""
    await keys.page.goto("/")
    await keys.follow("Become a partner")
    await keys.write(company_name="Way Ltd", website="https://way.example", contact_name="Ann", e_mail=MAIL)
    await keys.press("Apply")
    link = await house.mailed_link(MAIL)
    async with httpx.AsyncClient() as scanner:
        assert (await scanner.get(link)).status_code == 200
    await keys.page.goto(link)
    await keys.write(password=PASSWORD)
    await keys.press("Confirm and hand in")
    await keys.follow("Sign in and see the state")
    await keys.write(email=MAIL, password=PASSWORD)
    await keys.press("Sign in")
    assert keys.page.url == f"{house.url}/account/application"
    assert "Being reviewed" in await keys.page.inner_text("main")


async def reveal(house: LitHouse, keys: Keyboard) -> tuple[str, str]:
    """What the partner does then: make the secret, which is seen once. ClientID and secret."""
    page = keys.page
    await page.reload()
    await keys.follow("To your clients and secrets")
    await keys.follow("Make the secret")
    await keys.press("Show my secret")
    client_id = await page.get_by_label("ClientID").input_value()
    secret = await page.get_by_label("ClientSecret").input_value()
    assert re.fullmatch(r"pepos_cs_[a-z2-7]{32}[0-9a-f]{8}", secret)
    await keys.follow("I have it")
    await assert_seen_no_more(page, secret)
    assert len(await clients.secrets_of(house.directory.reader, client_id)) == 1
    return client_id, secret


async def test_the_whole_way_from_applying_to_a_sale_and_its_end(open_as: OpenAs, lit_house: LitHouse) -> None:
    """Each on their pages, by keyboard, without scripts: applying, approval, a secret and a password shown once, a batch seen in
    the log, and the merchant's last word, which stops the next call within two seconds.
    """
    house, world = lit_house, lit_house.world
    if not await _has_shop(house):
        await open_shop(house.partnerservices, world)
    page = await open_as(None, viewport=DESK, java_script_enabled=False)
    partner, merchant = Keyboard(page), Keyboard(await open_as("organisation", "owner", DESK, java_script_enabled=False))
    await apply(house, partner)
    await approve(Keyboard(await open_as("support", "agent", DESK, java_script_enabled=False)))
    client_id, secret = await reveal(house, partner)
    account_id, password = await let_in(merchant, client_id)
    form = {
        "grant_type": "password", "client_id": client_id, "client_secret": secret, "org_id": world.harbour.code,
        "username": account_id, "password": password, "scope": "partnerservices",
    }  # fmt: skip
    with httpx.Client(timeout=30) as till:
        answer = till.post(f"{house.url}/authorisation/token", data=form)
        assert answer.status_code == 200, answer.text
        token = answer.json()["access_token"]
        wrong = sale(900)
        wrong["transactionPayments"][0]["amountPurchase"] = 1
        sent = batch(sale(450), wrong, batchOptions={"allowPartialBatchSubmission": True})
        stored, _ = post_until_answered(till, house.url, token, "addbatch", sent)
        assert stored.json()["batchResult"] == 1, stored.text
        request_id = stored.headers["X-Request-ID"]
        await page.goto("/partner/requests")
        deadline = time.monotonic() + 20
        while request_id not in await page.content() and time.monotonic() < deadline:
            await page.reload()
        await partner.write(q=request_id)
        await partner.press("Filter")
        assert "1 of 2 stored" in await page.inner_text("main")
        assert "/sales/1/transactionPayments" in await page.inner_text("main")
        await shut_out(merchant, account_id)
        deadline = time.monotonic() + WITHIN_SECONDS
        while till.get(f"{house.url}/api/v1/connection", headers={"Authorization": f"Bearer {token}"}).status_code == 200:
            assert time.monotonic() < deadline, "the token goes on working"
            time.sleep(0.05)
        assert till.post(f"{house.url}/authorisation/token", data=form).json()["error"] == "unauthorized_client"
    await page.goto("/partner/connections")
    assert "Revoked" in await page.inner_text("main")


async def test_a_partner_rotates_a_secret_and_has_a_sandbox_by_keyboard(open_as: OpenAs, lit_house: LitHouse) -> None:
    page, client = await open_as("rival", "owner", DESK, java_script_enabled=False), lit_house.world.other_client
    keys = Keyboard(page)
    await page.goto("/partner/clients")
    await keys.follow("Make another secret")
    await keys.choose("It ends by itself", "in a year")
    await keys.press("Show my secret")
    secret = await page.get_by_label("ClientSecret").input_value()
    await keys.follow("I have it")
    await keys.unfold(f"Retire …{client.secret[-4:]}")
    await keys.press("Retire it")
    assert "The secret is retired" in await page.get_by_role("status").inner_text()
    known = await clients.secrets_of(lit_house.directory.reader, client.id)
    assert [(one.hint, one.ended_at is None, one.expires_at is None) for one in known] == [
        (client.secret[-4:], False, True),
        (secret[-4:], True, False),
    ]
    await keys.follow("Sandbox")
    await keys.press("Make my sandbox")
    password = await page.get_by_label("Service account password").input_value()
    await keys.follow("I have it")
    await assert_seen_no_more(page, password)
    kapow = await page.locator("dt:text-is('Kapow') + dd > .id").inner_text()
    await keys.unfold("Reset the sandbox")
    await keys.press("Reset it")
    assert "The sandbox is as new." in await page.get_by_role("status").inner_text()
    assert await page.locator("dt:text-is('Kapow') + dd > .id").inner_text() != kapow
    await keys.follow("Show a password")
    await keys.press("Show my password")
    another = await page.get_by_label("Service account password").input_value()
    await keys.follow("I have it")
    await assert_seen_no_more(page, another)
    sandbox = await sandboxes.of_partner(lit_house.directory.reader, lit_house.world.partners["Rival"])
    assert sandbox is not None
    kept = await accounts.passwords_of(lit_house.directory.reader, sandbox.organisation, sandbox.account_id)
    assert [one.hint for one in kept] == [password[-4:], another[-4:]]


async def test_axe_finds_nothing(open_as: OpenAs, lit_house: LitHouse) -> None:
    request_id = await failed_batch(lit_house)
    client_id = lit_house.world.client.id
    page = await open_as("partner", "owner")
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    found: list[str] = []
    await page.goto("/partner/sandbox")
    found += await found_in_every_look(page)
    await page.get_by_role("button", name="Make my sandbox").click()
    found += await found_in_every_look(page)  # its password
    paths = [
        *(f"/partner/{name}" for name in ("overview", "clients", "clients/new", "sandbox", "connections", "requests")),
        f"/partner/requests/{request_id}",
        f"/partner/clients/{client_id}/keys",
        f"/partner/clients/{client_id}/secret",
    ]
    for path in paths:
        await page.goto(path)
        found += await found_in_every_look(page)
    await page.get_by_role("button", name="Show my secret").click()
    found += await found_in_every_look(page)
    stranger = await open_as(None)
    for path in ("/apply", "/apply/sent", await fresh_link(lit_house), "/apply/confirm/over", "/apply/confirmed"):
        await stranger.goto(path)
        found += await found_in_every_look(stranger)
    applicant = await open_as("nothing")
    await applicant.goto("/account/application")
    found += await found_in_every_look(applicant)
    assert not [text for text in refused if "Content Security Policy" in text]
    assert not found, "\n".join(found)


async def failed_batch(house: LitHouse) -> str:
    """The request ID of a batch with a wrong sale."""
    if not await _has_shop(house):
        await open_shop(house.partnerservices, house.world)
    wrong = sale(900)
    wrong["transactionPayments"][0]["amountPurchase"] = 1
    with httpx.Client(timeout=30) as till:
        token = sign_in(house.url, house.world)
        answer, _ = post_until_answered(till, house.url, token, "addbatch", batch(*[sale(100) for _ in range(20)], wrong))
    request_id = answer.headers["X-Request-ID"]
    page = f"{house.url}/partner/requests/{request_id}"
    cookie = await house.cookie("partner", "owner")
    async with httpx.AsyncClient(cookies={cookie["name"]: cookie["value"]}) as reader:
        deadline = time.monotonic() + 20
        while (found := await reader.get(page)).status_code != 200:
            assert time.monotonic() < deadline, found.text
            await asyncio.sleep(0.05)
    return request_id


async def _has_shop(house: LitHouse) -> bool:
    return bool(await outlets.listing(house.partnerservices.reader, house.world.harbour.kapow))


async def fresh_link(house: LitHouse) -> str:
    """The path of a link that nobody has used."""

    async def deed(session: Session) -> str:
        await applications.apply(
            session,
            house.world.clock.now_ms(),
            SYSTEM,
            "",
            "Link Ltd",
            "https://link.example",
            "Ann",
            f"a{time.time_ns()}@l.example",
        )
        [mail] = await mails.newest(session, 1)
        found = re.search(r"/apply/confirm/\S+", mail.body)
        assert found is not None
        return found[0]

    return await house.directory.write(deed)
