"""Signed-in pages in a real browser: accessible in both themes, on a phone and on a desk; by keyboard, without scripts."""

import pyotp

from powerepos_cloud.directory import recovery
from tests.webui.browsing import DESK, PHONE, assert_seen_no_more, found_in_every_look, go_back
from tests.webui.conftest import OpenAs
from tests.webui.house import LitHouse
from tests.webui.keyboard import Keyboard
from tests.webui.people import PASSWORD, PEOPLE

PAGES: tuple[tuple[str | None, str, str], ...] = (
    (None, "", "/sign-in"),
    ("both", "owner", "/account"),
    ("nothing", "", "/account"),
    ("support", "admin", "/account/confirm"),
    (None, "", "/reset"),
    ("organisation", "owner", "/account/password"),
    ("organisation", "owner", "/account/second-factor"),
    ("support", "admin", "/account/second-factor"),
    ("organisation", "owner", "/account/sessions"),
    ("organisation", "owner", "/account/email"),
    ("organisation", "owner", "/people"),
    ("organisation", "owner", "/partner/nowhere"),
)
"""(audience, role, path): one page of each kind. Page groups have tests of their own; this is the frame's."""


async def test_axe_finds_nothing(open_as: OpenAs) -> None:
    found: list[str] = []
    for audience, role, path in PAGES:
        page = await open_as(audience, role)
        refused: list[str] = []
        page.on("console", lambda message, refused=refused: refused.append(message.text))
        await page.goto(path)
        assert not [text for text in refused if "Content Security Policy" in text], path
        found += await found_in_every_look(page)
    assert not found, "\n".join(found)


async def test_a_person_signs_in_by_keyboard_and_without_scripts(open_as: OpenAs) -> None:
    page = await open_as(None, viewport=PHONE, java_script_enabled=False)
    keys = Keyboard(page)
    await page.goto("/account")
    await keys.write(email=PEOPLE["both", "owner"].email, password="wrong, the first time")
    await keys.press("Sign in")
    assert "Nothing is locked" in await page.get_by_role("alert").inner_text()
    await keys.write(password=PASSWORD)
    await keys.press("Sign in")
    assert page.url.endswith("/account")
    await keys.open_menu()
    await keys.unfold("Harbour Street Coffee")
    await keys.press("Lakeside Bakery Organisation LAKESIDE, owner")
    assert "You are now at Lakeside Bakery." in await page.get_by_role("status").inner_text()
    await page.reload()
    assert await page.get_by_role("status").count() == 0
    await keys.open_menu()
    await keys.press("Sign out")
    assert page.url.endswith("/sign-in")


async def test_a_forgotten_password_is_replaced_by_keyboard(open_as: OpenAs, lit_house: LitHouse) -> None:
    email, page = PEOPLE["organisation", "viewer"].email, await open_as(None, viewport=DESK, java_script_enabled=False)
    keys = Keyboard(page)
    await page.goto("/sign-in")
    await keys.follow("Set a new password")
    await keys.write(email=email)
    await keys.press("Send the link")
    await page.goto(await lit_house.mailed_link(email))
    await keys.write(password="another password of mine")
    await keys.press("Set the password")
    await keys.write(email=email, password="another password of mine")
    await keys.press("Sign in")
    assert "/sign-in" not in page.url


async def test_a_second_factor_is_turned_on_and_used_by_keyboard_and_seen_once(open_as: OpenAs, lit_house: LitHouse) -> None:
    email, user_id = PEOPLE["organisation", "manager"].email, lit_house.users["organisation", "manager"].id
    elsewhere = await open_as("organisation", "manager", DESK)
    page = await open_as("organisation", "manager", DESK, java_script_enabled=False)
    keys, reader = Keyboard(page), lit_house.directory.reader
    await page.goto("/account/sessions")
    await keys.press("End the session of A browser at 127.0.0.1")
    await elsewhere.goto("/account")
    assert "/sign-in" in elsewhere.url
    await keys.follow("Your account", page.get_by_role("main"))
    await keys.follow("Turn on a second factor")
    secret = await page.locator(".steps .id").inner_text()
    await keys.write(code=pyotp.TOTP(secret.replace(" ", "")).now())
    await keys.press("Turn it on")
    codes = (await page.get_by_label("Ten recovery codes").inner_text()).split()
    await keys.follow("I have kept them")
    await assert_seen_no_more(page, secret, *codes)
    assert await recovery.codes_left(reader, user_id) == len(codes) == recovery.CODES
    for _ in range(2):  # on to the page that showed the secret of the app
        await go_back(page)
    assert "Recovery codes" in await page.inner_text("main")
    assert secret not in await page.content()
    await keys.unfold("Make other codes")
    await keys.press("Make ten and show them")
    others = (await page.get_by_label("Ten recovery codes").inner_text()).split()
    assert not set(codes) & set(others)
    await keys.follow("I have kept them")
    await assert_seen_no_more(page, secret, *codes, *others)
    assert await recovery.codes_left(reader, user_id) == recovery.CODES
    later = Keyboard(await open_as(None, viewport=DESK, java_script_enabled=False))
    await later.page.goto("/account/password")
    await later.write(email=email, password=PASSWORD)
    await later.press("Sign in")
    await later.write(code=codes[0])
    await later.press("Go on")
    assert "That is not the code." in await later.page.get_by_role("alert").inner_text()
    await later.write(code=others[0])
    await later.press("Go on")
    await later.write(password="another password of mine")
    await later.press("Change it")
    assert "Your password is changed." in await later.page.get_by_role("status").inner_text()


async def test_the_chosen_theme_stays_on_every_page(open_as: OpenAs) -> None:
    page = await open_as("organisation", "owner", DESK, "light")
    await page.goto("/account")
    await page.get_by_role("button", name="dark", exact=True).click()
    for path in ("/account", "/docs", "/nowhere"):
        await page.goto(path)
        assert await page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(21, 17, 14)", path
