"""The trading pages in Chromium: axe-clean in both themes, at both sizes, nothing wider than the screen; and in print."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page

from powerepos_cloud.foundation.clock import SystemClock
from tests.partnerservices.figures.ledger import read_ledger
from tests.partnerservices.figures.trade import Trade, today_of
from tests.webui.browsing import DESK, Theme, found_in_every_look
from tests.webui.conftest import OpenAs
from tests.webui.house import LitHouse
from tests.webui.keyboard import Keyboard

CHART_TEXT = """() => {
  const channel = part => (part /= 255) <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = colour => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(channel);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll(".chart text")].map(text => {
    const [one, other] = [getComputedStyle(text).fill, getComputedStyle(text.closest(".card")).backgroundColor].map(light);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  });
}"""
"""axe cannot judge text in SVG over a line of the grid: so the contrast of each is reckoned from its own colours."""


@pytest.fixture(scope="module")
async def paths(lit_house: LitHouse) -> list[str]:
    """Every kind of page, after sixteen days of trade."""
    now_ms = SystemClock().now_ms()
    trade = Trade(lit_house.partnerservices, now_ms)
    opened = await trade.open(lit_house.world.harbour.kapow)
    await trade.days(lit_house.world.harbour.kapow, opened)
    outlet = opened[0]
    day = today_of(outlet, now_ms) - timedelta(days=2)
    one = next(
        one for one in (await read_ledger(lit_house.partnerservices)).entries if (one.outlet_id, one.day) == (outlet.id, day)
    )
    here = f"outlet={outlet.id}"
    reports = [f"/reports?{here}&report={which}" for which in ("summary", "terminals", "payments", "taxes", "refunds", "health")]
    return [
        f"/today?{here}",
        f"/trading-days?{here}",
        f"/trading-days/{day}?{here}",
        f"/z-reports/{one.z_id}",
        f"/sales?{here}&text=flat",
        f"/sales/{one.id}",
        *reports,
    ]


async def looked_at(page: Page, path: str) -> list[str]:
    """What is wrong with a page."""
    answer = await page.goto(path)
    assert answer is not None
    assert answer.status == 200, path
    found = [one for one in await found_in_every_look(page) if ": <text " not in one]
    themes: tuple[Theme, ...] = ("light", "dark")
    for theme in themes:
        await page.emulate_media(color_scheme=theme)
        found += [f"{path}: text of a chart at {ratio:.2f}" for ratio in await page.evaluate(CHART_TEXT) if ratio < 4.5]
    return found


async def test_nothing_is_found_on_any_page(open_as: OpenAs, paths: list[str]) -> None:
    page = await open_as("organisation", "owner")
    assert [wrong for path in paths for wrong in await looked_at(page, path)] == []


async def test_days_and_sales_are_found_by_keyboard(open_as: OpenAs, paths: list[str]) -> None:
    page = await open_as("organisation", "viewer", DESK, java_script_enabled=False)
    keys = Keyboard(page)
    await page.goto("/today")
    await keys.follow("Trading days")
    await keys.follow("Quay Espresso")
    the_month_before = await page.locator(".page-head a").first.get_attribute("aria-label")
    await keys.follow(str(the_month_before))
    assert str(the_month_before) in await page.inner_text(".lead")
    await keys.follow("Today")
    await keys.unfold("Net sales")
    await keys.follow("Sales")
    await keys.write(text="flat")
    await keys.tick("Training sales instead")
    await keys.press("Search")
    await keys.tick("Training sales instead")
    await keys.write(from_=datetime.fromtimestamp(time.time() - 5 * 86_400, UTC).strftime("%m%d%Y"))  # as this browser has it
    await keys.press("Search")
    newest = page.locator("tbody tr").first
    number = await newest.get_by_role("link").first.inner_text()
    await keys.follow(number, newest)
    assert number in await page.inner_text("h1")


async def test_a_z_report_is_printed_on_a4_and_on_a_roll_of_80_mm(open_as: OpenAs, paths: list[str]) -> None:
    page = await open_as("organisation", "owner", DESK, "dark")
    z = next(path for path in paths if path.startswith("/z-reports"))
    await page.goto(z)
    await page.emulate_media(media="print")
    assert await page.locator(".print-only").first.is_visible()
    for hidden in (".sidenav", ".crumbs", ".btn"):
        assert not await page.locator(hidden).first.is_visible()
    assert await page.locator("text=Sales in this Z").is_visible()
    await page.goto(f"{z}?paper=roll")
    assert not await page.locator("text=Sales in this Z").is_visible()
    sheet = await page.pdf(prefer_css_page_size=True)
    width = sheet.split(b"/MediaBox [")[1].split(b"]")[0].split()[2]
    assert abs(float(width) - 80 / 25.4 * 72) < 2
