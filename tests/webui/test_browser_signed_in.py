"""Signed-in pages in a real browser: accessible in both themes, on a phone and on a desk; by keyboard, without scripts."""

from typing import Any

import pytest

from tests.webui.browsing import DESK, PHONE, Theme, found_by_axe
from tests.webui.conftest import OpenAs
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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
async def test_axe_finds_nothing(open_as: OpenAs, viewport: Any, theme: Theme) -> None:
    found: list[str] = []
    for audience, role, path in PAGES:
        page = await open_as(audience, role, viewport, theme)
        refused: list[str] = []
        page.on("console", lambda message, refused=refused: refused.append(message.text))
        await page.goto(path)
        assert not [text for text in refused if "Content Security Policy" in text], path
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        found += await found_by_axe(page)
    assert not found, "\n".join(found)


async def test_a_person_signs_in_by_keyboard_and_without_scripts(open_as: OpenAs) -> None:
    page = await open_as(None, viewport=PHONE, java_script_enabled=False)
    await page.goto("/account")
    await page.get_by_label("E-mail").fill(PEOPLE["both", "owner"].email)
    await page.keyboard.press("Tab")
    await page.keyboard.type("wrong, the first time")
    await page.keyboard.press("Enter")
    assert "Nothing is locked" in await page.get_by_role("alert").inner_text()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/account")
    await page.get_by_role("button", name="Menu").click()
    await page.get_by_role("navigation", name="Main").locator("details.switch > summary").click()
    await page.get_by_role("button", name="Lakeside Bakery").click()
    assert "You are now at Lakeside Bakery." in await page.get_by_role("status").inner_text()
    await page.reload()
    assert await page.get_by_role("status").count() == 0


async def test_the_chosen_theme_stays_on_every_page(open_as: OpenAs) -> None:
    page = await open_as("organisation", "owner", DESK, "light")
    await page.goto("/account")
    await page.get_by_role("button", name="dark", exact=True).click()
    for path in ("/account", "/docs", "/nowhere"):
        await page.goto(path)
        assert await page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(21, 17, 14)", path
