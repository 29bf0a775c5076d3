"""Access handed over and taken away in a real browser, by keyboard, without scripts; each page accessible in both themes."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from playwright.async_api import Page

from tests.webui.browsing import DESK, PHONE, Theme, found_by_axe
from tests.webui.conftest import OpenAs
from tests.webui.house import LitHouse

WITHIN_SECONDS = 2.0


async def tab_to(page: Page, name: str) -> None:
    """Go on by Tab until the control of this name has the focus."""
    said = "(() => { const e = document.activeElement; return (e.innerText || e.labels?.[0]?.innerText || '').trim(); })()"
    for _ in range(80):
        await page.keyboard.press("Tab")
        if (await page.evaluate(said)).startswith(name):
            return
    raise AssertionError(f"Tab never reaches {name!r} on {page.url}")


async def token_of(lit_house: LitHouse, username: str, password: str) -> str:
    """An access token for the account."""
    world = lit_house.world
    grant = {"org_id": world.harbour.code, "username": username, "password": password, "scope": "partnerservices"}
    async with httpx.AsyncClient(base_url=lit_house.url) as http:
        answer = await http.post("/authorisation/token", data=world.client.form("password", **grant))
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        return token


async def status_of_a_call(lit_house: LitHouse, token: str) -> int:
    """What the API answers."""
    async with httpx.AsyncClient(base_url=lit_house.url) as http:
        return (await http.get("/api/v1/connection", headers={"Authorization": f"Bearer {token}"})).status_code


async def seconds_until_refused(lit_house: LitHouse, token: str) -> float:
    """How long calls still go through, from now on."""
    begun = time.monotonic()
    while await status_of_a_call(lit_house, token) == 200:
        assert time.monotonic() - begun < 20, "the token goes on working"
        await asyncio.sleep(0.05)
    return time.monotonic() - begun


async def press_enter(page: Page) -> None:
    """Send the form, or follow the link, that has the focus, and see the next page."""
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def test_an_owner_opens_and_ends_access_by_keyboard_without_scripts(lit_house: LitHouse, open_as: OpenAs) -> None:
    page = await open_as("organisation", "owner", DESK, java_script_enabled=False)
    await page.goto("/service-accounts")
    await tab_to(page, "New service account")
    await press_enter(page)
    await tab_to(page, "Name")
    await page.keyboard.type("Till sales, Wellington")
    await tab_to(page, "Send sales and finalise Z reports")
    await page.keyboard.press("Space")
    await tab_to(page, "ClientID")
    await page.keyboard.type(lit_house.world.client.id)
    await press_enter(page)
    assert "https://tallyho.example" in await page.get_by_role("main").inner_text()
    await tab_to(page, "Make the account")
    await press_enter(page)
    assert page.url.endswith("/password")
    account_id = page.url.split("/")[-2]
    await tab_to(page, "Show the password")
    await press_enter(page)
    password = await page.get_by_label("Password", exact=True).input_value()
    assert password.startswith("pepos_sp_")
    assert password not in page.url
    token = await token_of(lit_house, account_id, password)
    assert await status_of_a_call(lit_house, token) == 200
    await page.reload()  # the browser sends the form again
    assert page.url.endswith(account_id)
    assert password not in await page.content()

    await page.goto("/connections")
    await page.locator(f'article:has(a[href="/service-accounts/{account_id}"]) h3 a').focus()
    await tab_to(page, "Revoke")
    await page.keyboard.press("Enter")
    await tab_to(page, "Revoke now")
    await press_enter(page)
    assert "is revoked" in await page.get_by_role("status").inner_text()
    assert await seconds_until_refused(lit_house, token) < WITHIN_SECONDS


@pytest.mark.parametrize(("viewport", "theme"), [(DESK, "light"), (PHONE, "dark")])
async def test_axe_finds_nothing(lit_house: LitHouse, open_as: OpenAs, viewport: Any, theme: Theme) -> None:
    at, client_id = f"/service-accounts/{lit_house.world.account.id}", lit_house.world.client.id
    page = await open_as("organisation", "owner", viewport, theme)
    found: list[str] = []
    for path in (
        "/access", "/service-accounts", "/service-accounts/new", at, f"{at}/rights", f"{at}/bind", f"{at}/password",
        "/connections", f"/connections/{client_id}/{client_id}", f"/connections/approve?client={client_id}",
        "/outlets", "/outlets/new", "/audit", "/catalogue", "/catalogue/products/new", "/catalogue/tax-groups",
        "/catalogue/tax-groups/one", "/catalogue/suppliers", "/catalogue/suppliers/new", "/catalogue/files",
    ):  # fmt: skip
        await page.goto(path)
        for closed in await page.locator("main details > summary").all():
            await closed.click()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        found += await found_by_axe(page)
    assert not found, "\n".join(found)
