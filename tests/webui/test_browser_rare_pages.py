"""Pages that a walk through the site never meets, in a real browser: behind mailed links, shown once, refusals, faults."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pyotp
import pytest
from playwright.async_api import Page

from powerepos_cloud.audit.store import SYSTEM
from powerepos_cloud.directory import addresses, applications, invitations, links, passkeys, recovery
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.catalogue import samples
from powerepos_cloud.partnerservices.catalogue.samples import SOUTHERN_DAIRY
from tests.support.desk import ACTOR
from tests.webui.browsing import found_in_every_look
from tests.webui.conftest import OpenAs
from tests.webui.house import LitHouse
from tests.webui.keyboard import found_by_keyboard
from tests.webui.people import PASSWORD, PEOPLE

Look = Callable[[Page], Awaitable[None]]

BAD_FILE = b"""pluNumber,pluName,groupName,mainGroupName,taxGroupName,active
5,Tea,Hot,Drinks,,yes
x,Bad,Hot,Drinks,,yes
6,Cocoa,Hot,Drinks,Nowhere,yes
"""


@pytest.fixture
async def look() -> AsyncIterator[Look]:
    """Looks at a page on a desk and on a phone, in both themes, then goes through it by Tab.

    The test fails in the end if something was wrong with one.
    """
    found: list[str] = []

    async def look_at(page: Page) -> None:
        found.extend([*await found_in_every_look(page), *await found_by_keyboard(page)])

    yield look_at
    assert not found, "\n".join(found)


async def fill(page: Page, button: str, **fields: str) -> None:
    """Fill in a form by its fields' names and send it, whatever the browser itself would say to that."""
    await page.evaluate("document.querySelectorAll('form').forEach(form => form.noValidate = true)")
    for name, text in fields.items():
        await page.locator(f'[name="{name}"]').fill(text)
    await page.get_by_role("button", name=button, exact=True).click()


async def test_pages_behind_mailed_links(lit_house: LitHouse, open_as: OpenAs, look: Look) -> None:
    now, place = lit_house.world.clock.now_ms(), f"organisation:{lit_house.world.lakeside.id}"
    url, owner, user_id = lit_house.url, PEOPLE["lakeside", "owner"].email, lit_house.users["lakeside", "owner"].id
    known, new, other, rival = PEOPLE["nothing", ""].email, "new@a.example", "other@a.example", PEOPLE["rival", "owner"].email

    async def write(session: Session) -> str:
        await recovery.ask_reset(session, now, SYSTEM, rival)
        await addresses.ask_change(session, now, SYSTEM, url, user_id, other)
        await applications.apply(session, now, SYSTEM, url, "Bakers", "https://bakers.example", "Bo", owner)
        for invited in (new, known):
            await invitations.invite(session, now, SYSTEM, url, place, "Lakeside Bakery", invited, "manager")
        return await links.make(session, now, recovery.BROWSER, str(user_id))

    token = await lit_house.directory.write(write)
    page = await open_as(None)
    mailed = [await lit_house.mailed_link(email) for email in (rival, other, owner, new, known)]
    for address in (f"/sign-in/browser/{token}", "/confirm-address/over", "/apply/confirm/over", *mailed):
        await page.goto(address)
        await look(page)
    await page.goto(mailed[0])
    await fill(page, "Set the password", password="short")
    await look(page)
    await page.goto(mailed[3])
    await fill(page, "Make my account and accept", password="short")
    await look(page)
    for somebody in (("lakeside", "owner"), ("nothing", "")):  # somebody else, and who was invited
        page = await open_as(*somebody)
        await page.goto(mailed[4])
        await look(page)


async def test_signing_in_and_what_it_refuses(open_as: OpenAs, look: Look) -> None:
    page, admin = await open_as(None), PEOPLE["support", "admin"].email
    await page.goto("/apply")
    await fill(page, "Apply", website="http://", e_mail="none")
    await look(page)
    await page.goto("/sign-in")
    await fill(page, "Sign in", email=admin, password="wrong")
    await look(page)
    await fill(page, "Sign in", email=admin, password=PASSWORD)
    await look(page)
    await fill(page, "Go on", code="000000")
    await look(page)
    page = await open_as("support", "admin")
    await page.goto("/account/confirm")
    await fill(page, "Go on", password="wrong", code="000000")
    await look(page)


async def test_answers_that_are_shown_once(lit_house: LitHouse, open_as: OpenAs, look: Look) -> None:
    page = await open_as("lakeside", "owner")
    await page.goto("/account/second-factor")
    secret = await page.locator(".steps .id").inner_text()
    await fill(page, "Turn it on", code="000000")
    await look(page)
    await fill(page, "Turn it on", code=pyotp.TOTP(secret.replace(" ", "")).now())
    await look(page)
    await page.goto("/account/second-factor")
    for summary in ("Make other codes", "Turn it off"):
        await page.locator("summary").filter(has_text=summary).click()
    await look(page)
    user = lit_house.users["lakeside", "owner"]
    made, now = passkeys.Made(b"one", b"key", 0, synced=True), lit_house.world.clock.now_ms()
    await lit_house.directory.write(
        lambda session: passkeys.add(session, now, SYSTEM, user.id, user.email, made, "The tablet beside the second till")
    )
    await page.goto("/account/passkeys")
    await look(page)
    account = f"/service-accounts/{lit_house.world.lakeside_account.id}"
    await page.goto(f"{account}/password")
    await page.get_by_role("button", name="Show the password").click()
    await look(page)
    await page.goto(account)
    await look(page)


async def test_forms_that_are_to_be_mended(lit_house: LitHouse, open_as: OpenAs, look: Look) -> None:
    kapow, now = lit_house.world.harbour.kapow, lit_house.world.clock.now_ms()
    await lit_house.partnerservices.write(lambda session: samples.add_samples(session, now, ACTOR, kapow))
    page = await open_as("organisation", "owner")
    await page.goto("/outlets/new")
    await fill(page, "Add the outlet", name="", day_start="25:99")
    await look(page)
    await fill(page, "Add the outlet", name="Harbour Street", day_start="04:00")
    await look(page)
    await page.goto("/catalogue/products/2041")
    await look(page)
    await fill(page, "Save", pluName="", groupName="x" * 40)
    await look(page)
    await page.goto(f"/catalogue/suppliers/{SOUTHERN_DAIRY}")
    await look(page)
    await fill(page, "Save the code", supplierProductCode="", pluNumber="none")
    await look(page)
    for content in (b"\xff\xfe", BAD_FILE):
        await page.goto("/catalogue/files")
        await page.get_by_label("File", exact=True).set_input_files(
            {"name": "pies.csv", "mimeType": "text/csv", "buffer": content}
        )
        await fill(page, "Check the file")
        await look(page)
    await page.goto("/people")
    await fill(page, "Send the invitation", email="none")
    await look(page)
    await page.goto("/service-accounts/new")
    await fill(page, "Check who it is", client="nobody")
    await look(page)


async def test_pages_that_refuse(open_as: OpenAs, look: Look) -> None:
    page = await open_as("organisation", "manager")
    for address in ("/people", "/partner/clients", "/service-accounts/none"):  # not this role's, not this person's, not there
        await page.goto(address)
        await look(page)
    page = await open_as("both", "owner")
    await page.goto("/partner/clients")  # at another place
    await look(page)
    page = await open_as(None)
    await page.goto("/sign-in")
    await page.evaluate("document.querySelector('[name=csrf]').value = 'stale'")
    await fill(page, "Sign in", email="a@b.example", password=PASSWORD)
    await look(page)
