"""Pages in a real browser: accessible in both themes, on a phone and on a desk, by keyboard, without scripts, on paper."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from powerepos_cloud.webui.error_pages import PAGES
from tests.webui.browsing import DESK, PHONE, Theme, found_by_axe
from tests.webui.keyboard import found_by_keyboard

KINDS = [
    "/",
    "/docs",
    "/docs/quick-start",
    "/docs/authserver",
    "/docs/token-lifetimes",
    "/docs/sales",
    "/docs/stock",
    "/docs/reference",
    "/docs/errors",
    "/docs/errors/invalid_grant",
    "/docs/errors/token.invalid",
    "/docs/errors/sale.unbalanced",
    "/docs/errors/date.zone",
    "/outbox",
    "/nowhere",
    "/fails",
]
"""One page of each kind."""
ALL = list(dict.fromkeys([*KINDS, *(page.path for page in PAGES)]))


@pytest.fixture
async def open_page(anyio_backend: str, browser: Browser, site_url: str) -> AsyncIterator[Any]:
    """Opens pages in contexts of their own, closed at the end."""
    contexts = []

    async def open_in(viewport: dict[str, int], theme: Theme = "light", **options: Any) -> Page:
        context = await browser.new_context(base_url=site_url, viewport=viewport, color_scheme=theme, **options)  # type: ignore[arg-type]
        contexts.append(context)
        return await context.new_page()

    yield open_in
    for context in contexts:
        await context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("viewport", "paths"), [(DESK, ALL), (PHONE, KINDS)], ids=["desk", "phone"])
async def test_axe_finds_nothing(open_page: Any, viewport: dict[str, int], paths: list[str], theme: Theme) -> None:
    page = await open_page(viewport, theme)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    found: list[str] = []
    for path in paths:
        await page.goto(path)
        # What the Content-Security-Policy refuses, the browser writes to its console.
        assert not [text for text in refused if "Content Security Policy" in text], path
        found += await found_by_axe(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_in_the_open_menu(open_page: Any, theme: Theme) -> None:
    page = await open_page(PHONE, theme)
    await page.goto("/docs/quick-start")
    await page.get_by_role("button", name="Menu").click()
    assert await page.get_by_role("navigation", name="Main").is_visible()
    assert not await found_by_axe(page)


async def test_the_theme_follows_the_system(open_page: Any) -> None:
    grounds = []
    for theme in ("light", "dark"):
        page = await open_page(DESK, theme)
        await page.goto("/")
        grounds.append(await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
    assert grounds == ["rgb(250, 247, 242)", "rgb(21, 17, 14)"]


@pytest.mark.parametrize("width", [320, 390, 1024])
async def test_no_page_scrolls_sideways(open_page: Any, width: int) -> None:
    page = await open_page({"width": width, "height": 700})
    for path in ALL:
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


async def test_tab_reaches_everything_on_every_page(open_page: Any) -> None:
    page = await open_page(DESK)
    found: list[str] = []
    for path in KINDS:
        await page.goto(path)
        found += await found_by_keyboard(page)
    assert not found, "\n".join(found)


async def test_the_first_tab_offers_to_skip_to_the_content(open_page: Any) -> None:
    page = await open_page(DESK)
    await page.goto("/docs/quick-start")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.closest('main') !== null")


async def test_everything_works_without_scripts(open_page: Any) -> None:
    page = await open_page(PHONE, java_script_enabled=False)
    await page.goto("/")
    await page.get_by_role("link", name="Open the quick start").click()
    await page.get_by_role("button", name="Menu").click()
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Errors").click()
    await page.get_by_role("link", name="invalid_grant").click()
    assert await page.get_by_role("heading", level=1).inner_text() == "invalid_grant"
    await page.get_by_role("link", name="All errors").click()
    assert page.url.endswith("/docs/errors#invalid_grant")


async def test_one_click_selects_the_whole_call(open_page: Any) -> None:
    page = await open_page(DESK)
    await page.goto("/docs/quick-start")
    block = page.get_by_role("region", name="curl: get a token")
    await block.click()
    selected = await page.evaluate("getSelection().toString()")
    assert selected.strip() == (await block.inner_text()).strip()


async def test_paper_leaves_out_what_is_for_the_screen(open_page: Any) -> None:
    page = await open_page(DESK, "dark")
    await page.goto("/docs/quick-start")
    await page.emulate_media(media="print")
    assert await page.get_by_role("heading", level=1).is_visible()
    for gone in (".sidenav", ".topbar", ".demo", ".crumbs", ".pager .btn", ".toc"):
        assert not await page.locator(gone).first.is_visible(), gone
    printed = await page.locator("footer .print-only").inner_text()
    assert printed.endswith("/docs/quick-start")
    assert await page.evaluate("getComputedStyle(document.body).color") == "rgb(35, 27, 22)"
