"""Every page of the route table in a real browser, gone through by Tab: all is reached, in order, and to be seen."""

import pytest
from playwright.async_api import Page as BrowserPage

from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.webui.navigation import ORGANISATION, PARTNER, SUPPORT
from tests.partnerservices.figures.trade import TODAY
from tests.support.application import running
from tests.webui.browsing import DESK
from tests.webui.conftest import OpenAs
from tests.webui.crawl import Page, fill_lakeside, pages
from tests.webui.house import LitHouse
from tests.webui.keyboard import Keyboard, found_by_keyboard
from tests.webui.test_browser_partner import failed_batch
from tests.webui.test_browser_support import applied

READERS = {ORGANISATION: ("lakeside", "owner"), PARTNER: ("partner", "owner"), SUPPORT: ("support", "admin")}
"""Who reads the pages of whom; those of everybody are read as the first."""
NO_PAGES = ("csv", "{file}")
"""How addresses end that give a file."""


@pytest.fixture(scope="module")
async def known(lit_house: LitHouse) -> list[Page]:
    """The pages of the route table."""
    async with running(lit_house.settings, SystemClock()) as app:
        return [page for page in pages(app) if page.method == "GET" and not page.path.endswith(NO_PAGES)]


async def fill_organisation(lit_house: LitHouse, _page: BrowserPage) -> dict[str, str]:
    return {**await fill_lakeside(lit_house), "day": TODAY.isoformat()}


async def fill_partner(lit_house: LitHouse, page: BrowserPage) -> dict[str, str]:
    await page.goto("/partner/sandbox")
    await Keyboard(page).press("Make my sandbox")
    return {"client_id": lit_house.world.client.id, "request_id": await failed_batch(lit_house)}


async def fill_support(lit_house: LitHouse, _page: BrowserPage) -> dict[str, str]:
    world, one = lit_house.world, await applied(lit_house, "Kakapo")
    names = {"number": str(one.id), "name": "ros", "instance_id": world.instances["ros"][0]}
    return {**names, "code": world.harbour.code, "client_id": world.client.id}


FILL = {ORGANISATION: fill_organisation, PARTNER: fill_partner, SUPPORT: fill_support}
"""What gives each audience one of everything: path parameter to its ID."""


@pytest.mark.parametrize("audience", READERS)
async def test_tab_reaches_everything_on_every_page(
    open_as: OpenAs, lit_house: LitHouse, known: list[Page], audience: str
) -> None:
    page = await open_as(*READERS[audience], DESK)
    ids = await FILL[audience](lit_house, page)
    found = []
    for address in [one.filled(ids) for one in known if (one.who.audience or ORGANISATION) == audience]:
        answer = await page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        found += await found_by_keyboard(page)
    assert not found, "\n".join(found)


async def test_what_keeps_the_keyboard_out_is_found(open_as: OpenAs) -> None:
    page = await open_as(None)
    await page.set_content(
        """<style>#unseen:focus { outline: none } .ghost { position: absolute; top: -99px } .hand { cursor: pointer }</style>
        <nav id="nav"><a href="/1">One</a></nav><button id="unseen">Two</button><button tabindex="3">Three</button>
        <a href="/4" class="ghost">Four</a><p class="hand">Five</p>
        <button onkeydown="event.preventDefault()">Six</button><a href="/7">Seven</a>"""
    )
    found = "\n".join(await found_by_keyboard(page))
    for fault in (
        "tabindex above 0: <button tabindex",
        "can be clicked, but not reached: <p",
        "the first stop does not skip",
        'the focus is not to be seen: <button id="unseen',
        'is out of sight: <a href="/4',
        'Tab never reaches <a href="/7',
    ):
        assert fault in found, found
