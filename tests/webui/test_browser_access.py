"""Access handed over and taken away in a real browser, by keyboard, without scripts; each page accessible in both themes."""

import asyncio
import time

import httpx

from powerepos_cloud.directory import accounts, organisations
from powerepos_cloud.partnerservices.catalogue import browsing
from powerepos_cloud.partnerservices.outlets import store as outlets
from tests.webui.browsing import DESK, assert_seen_no_more, found_in_every_look
from tests.webui.conftest import OpenAs
from tests.webui.house import LitHouse
from tests.webui.keyboard import Keyboard
from tests.webui.people import PASSWORD

WITHIN_SECONDS = 2.0
PIES = b"""pluNumber,pluName,groupName,mainGroupName,taxGroupName,active
77,Kumara pie,Pies,Food,,no
78,Fish pie,Pies,Food,,yes
"""


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


async def test_an_owner_opens_and_ends_access_by_keyboard_without_scripts(lit_house: LitHouse, open_as: OpenAs) -> None:
    page = await open_as("organisation", "owner", DESK, java_script_enabled=False)
    keys, harbour = Keyboard(page), await organisations.by_code(lit_house.directory.reader, lit_house.world.harbour.code)
    await page.goto("/service-accounts")
    await keys.follow("New service account")
    await keys.write(name="Till sales, Wellington")
    await keys.tick("Send sales and finalise Z reports")
    await keys.write(client=lit_house.world.client.id)
    await keys.press("Check who it is")
    assert "https://tallyho.example" in await page.get_by_role("main").inner_text()
    await keys.press("Make the account")
    assert page.url.endswith("/password")
    account_id = page.url.split("/")[-2]
    await keys.press("Show the password")
    password = await page.get_by_label("Password", exact=True).input_value()
    assert password.startswith("pepos_sp_")
    assert password not in page.url
    await keys.follow("I have it")
    await assert_seen_no_more(page, password)
    assert page.url.partition("#")[0].endswith(account_id)
    token = await token_of(lit_house, account_id, password)
    assert await status_of_a_call(lit_house, token) == 200

    await keys.follow("Another password")
    await keys.press("Show the password")
    another = await page.get_by_label("Password", exact=True).input_value()
    await keys.follow("I have it")
    kept = await accounts.passwords_of(lit_house.directory.reader, harbour, account_id)
    assert [(one.hint, one.ended_at) for one in kept] == [(password[-4:], None), (another[-4:], None)]
    await keys.press(f"End the password that ends in {password[-4:]}")
    await keys.unfold("Switch off…")
    await keys.press("Switch off now")
    await keys.press("Switch on")
    assert "is on again" in await page.get_by_role("status").inner_text()

    await page.goto("/connections")
    this = page.get_by_role("article", name="Till sales, Wellington")
    await keys.unfold("Pause…", this)
    await keys.press("Pause now", this)
    assert await seconds_until_refused(lit_house, token) < WITHIN_SECONDS
    await keys.press("Resume", this)
    await keys.unfold("Revoke…", this)
    await keys.press("Revoke now", this)
    assert "is revoked" in await page.get_by_role("status").inner_text()
    await keys.follow("Approve a connection")
    await keys.write(client=lit_house.world.other_client.id)
    await keys.press("Check who it is")
    await keys.tick("Remote Orders")
    await keys.tick("Send sales and finalise Z reports")
    await keys.press("Approve main")
    assert "may act for you now" in await page.get_by_role("status").inner_text()


async def test_an_owner_sets_up_outlets_products_and_people_by_keyboard(lit_house: LitHouse, open_as: OpenAs) -> None:
    page = await open_as("lakeside", "owner", DESK, java_script_enabled=False)
    keys = Keyboard(page)
    said = page.get_by_role("status")
    await page.goto("/outlets")
    await keys.follow("Add an outlet")
    await keys.write(name="Kiosk")
    await keys.choose("Time zone", "Australia/Perth")
    await keys.choose("Currency", "AUD")
    await keys.tick("Taken")
    await keys.press("Add the outlet")
    await keys.write(day_start="05:30")
    await keys.press("Save")
    (outlet,) = await outlets.listing(lit_house.partnerservices.reader, lit_house.world.lakeside.kapow)
    assert (outlet.name, outlet.zone, outlet.currency) == ("Kiosk", "Australia/Perth", "AUD")
    assert (outlet.day_start, outlet.stock_enabled) == ("05:30", True)

    await keys.follow("Catalogue")
    await keys.follow("New product", page.get_by_role("main"))
    await keys.write(pluNumber="77", pluName="Kumara pie", groupName="Pies", mainGroupName="Food")
    await keys.press("Save")
    await keys.follow("Files")
    await keys.choose("What the file holds", "Products")
    await page.get_by_label("File", exact=True).set_input_files({"name": "pies.csv", "mimeType": "text/csv", "buffer": PIES})
    await keys.press("Check the file")
    await keys.press("Store it")
    assert "1 new, 1 changed" in await said.inner_text()
    await keys.follow("Products")
    await keys.write(search="kumara")
    await keys.press("Search")
    await keys.follow("Kumara pie")
    await keys.tick("Yes")
    await keys.press("Save")
    product = await browsing.product(lit_house.partnerservices.reader, lit_house.world.lakeside.kapow, 77)
    assert product is not None
    assert product.active

    await keys.follow("People")
    await keys.write(email="new@lakeside.example")
    await keys.tick("Manager")
    await keys.press("Send the invitation")
    colleague = Keyboard(await open_as(None, viewport=DESK, java_script_enabled=False))
    await colleague.page.goto(await lit_house.mailed_link("new@lakeside.example"))
    await colleague.write(name="Nikau", password=PASSWORD)
    await colleague.press("Make my account and accept")
    await colleague.write(email="new@lakeside.example", password=PASSWORD)
    await colleague.press("Sign in")
    await colleague.follow("Outlets")
    await page.reload()
    await keys.choose("Role of Nikau", "Viewer")
    await keys.press("Change the role of Nikau")
    assert "Nikau is viewer now." in await said.inner_text()
    await colleague.page.reload()
    assert "Outlets" not in await colleague.page.inner_text("nav#nav")
    await keys.choose("Role of Nikau", "None")
    await keys.press("Change the role of Nikau")
    assert "Nikau no longer belongs here." in await said.inner_text()


async def test_axe_finds_nothing(lit_house: LitHouse, open_as: OpenAs) -> None:
    at, client_id = f"/service-accounts/{lit_house.world.account.id}", lit_house.world.client.id
    page = await open_as("organisation", "owner")
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
        found += await found_in_every_look(page)
    assert not found, "\n".join(found)
