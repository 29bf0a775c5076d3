"""The pages of partners in a real browser: the whole way from applying to a sale and its end, and accessible everywhere."""

import asyncio
import re
import time
from typing import Any

import httpx
import pytest
from playwright.async_api import Page

from powerepos_cloud.audit.store import SYSTEM
from powerepos_cloud.directory import applications, mails
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.outlets import store as outlets
from tests.support.trader import batch, open_shop, post_until_answered, sale, sign_in
from tests.webui.browsing import DESK, PHONE, Theme, found_by_axe
from tests.webui.conftest import OpenAs
from tests.webui.house import LitHouse
from tests.webui.people import PASSWORD

MAIL = "ann@way.example"
WITHIN_SECONDS = 2.0


async def let_in(page: Page, client_id: str) -> tuple[str, str]:
    """What the merchant does: a service account for this client, and its password, shown once. The account's ID, the password."""
    await page.goto("/service-accounts/new")
    await page.get_by_label("Name", exact=True).fill("Way sales")
    await page.get_by_label("Send sales and finalise Z reports").check()
    await page.get_by_role("textbox", name="ClientID").fill(client_id)
    await page.get_by_role("button", name="Check who it is").click()
    assert "https://way.example" in await page.inner_text("main")
    await page.get_by_role("button", name="Make the account").click()
    account_id = page.url.split("/")[-2]
    await page.get_by_role("button", name="Show the password").click()
    return account_id, await page.get_by_label("Password", exact=True).input_value()


async def shut_out(page: Page, account_id: str) -> None:
    """What the merchant does in the end: the connection is revoked."""
    await page.goto("/connections")
    await page.locator(f'article:has(a[href="/service-accounts/{account_id}"]) h3 a').click()
    await page.get_by_text("Revoke…").click()
    await page.get_by_role("button", name="Revoke now").click()
    assert "is revoked" in await page.get_by_role("status").inner_text()


async def approve(page: Page) -> None:
    """What support does."""
    await page.goto("/support/applications")
    await page.get_by_role("link", name="Way Ltd").click()
    await page.get_by_role("button", name="Approve").click()
    assert "Way Ltd is a partner now" in await page.get_by_role("status").inner_text()


async def mailed_link(house: LitHouse) -> str:
    found = [mail for mail in await mails.newest(house.directory.reader, 20) if mail.recipient == MAIL]
    link = re.search(r"http://\S+", found[0].body)
    assert link is not None
    return link[0]


async def test_the_whole_way_from_applying_to_a_sale_and_its_end(open_as: OpenAs, lit_house: LitHouse) -> None:
    """Each on their pages, without scripts: applying, approval, a secret and a password shown once, a batch seen in the log, and
    the merchant's last word, which stops the next call within two seconds.
    """
    house, world = lit_house, lit_house.world
    if not await _has_shop(house):
        await open_shop(house.partnerservices, world)
    page = await open_as(None, viewport=PHONE, java_script_enabled=False)
    await page.goto("/")
    await page.get_by_role("link", name="Become a partner").click()
    fields = {"Company name": "Way Ltd", "Website": "https://way.example", "Primary contact": "Ann", "Contact’s e-mail": MAIL}
    for label, text in fields.items():
        await page.get_by_label(label).fill(text)
    await page.get_by_role("button", name="Apply").click()
    await page.wait_for_url("**/apply/sent")
    link = await mailed_link(house)
    async with httpx.AsyncClient() as scanner:
        assert (await scanner.get(link)).status_code == 200
    await page.goto(link)
    await page.get_by_label("Choose a password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm and hand in").click()
    await page.get_by_role("link", name="Sign in and see the state").click()
    await page.get_by_label("E-mail").fill(MAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{house.url}/account/application")
    assert "Being reviewed" in await page.inner_text("main")
    await approve(await open_as("support", "agent", DESK, java_script_enabled=False))
    await page.reload()
    await page.get_by_role("link", name="To your clients and secrets").click()
    await page.get_by_role("link", name="Make the secret").click()
    await page.get_by_role("button", name="Show my secret").click()
    client_id = await page.get_by_label("ClientID").input_value()
    secret = await page.get_by_label("ClientSecret").input_value()
    assert re.fullmatch(r"pepos_cs_[a-z2-7]{32}[0-9a-f]{8}", secret)
    for again in (page.reload, page.go_back, page.go_forward):
        await again()
        assert secret not in await page.content()
    merchant = await open_as("organisation", "owner", PHONE, java_script_enabled=False)
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
        await page.locator(f'a[href="/partner/requests/{request_id}"]').click()
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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
async def test_axe_finds_nothing(open_as: OpenAs, lit_house: LitHouse, viewport: Any, theme: Theme) -> None:
    request_id = await failed_batch(lit_house)
    client_id = lit_house.world.client.id
    page = await open_as("partner", "owner", viewport, theme)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    found: list[str] = []
    await page.goto("/partner/sandbox")
    if await page.get_by_role("button", name="Make my sandbox").count():
        found += await found_by_axe(page)
        await page.get_by_role("button", name="Make my sandbox").click()
        found += await found_by_axe(page)  # its password
    paths = [
        *(f"/partner/{name}" for name in ("overview", "clients", "clients/new", "sandbox", "connections", "requests")),
        f"/partner/requests/{request_id}",
        f"/partner/clients/{client_id}/keys",
        f"/partner/clients/{client_id}/secret",
    ]
    for path in paths:
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        found += await found_by_axe(page)
    await page.get_by_role("button", name="Show my secret").click()
    found += await found_by_axe(page)
    stranger = await open_as(None, "", viewport, theme)
    for path in ("/apply", "/apply/sent", await fresh_link(lit_house), "/apply/confirm/over", "/apply/confirmed"):
        await stranger.goto(path)
        found += await found_by_axe(stranger)
    applicant = await open_as("nothing", "", viewport, theme)
    await applicant.goto("/account/application")
    found += await found_by_axe(applicant)
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
