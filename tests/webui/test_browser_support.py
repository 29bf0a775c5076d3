"""Support's pages in a real browser: accessible in both themes, on a phone and on a desk, without scripts."""

import re
import time

import pyotp

from powerepos_cloud.directory import applications, mails
from powerepos_cloud.directory.applications import Application
from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.foundation.database import Session
from tests.support.desk import ACTOR
from tests.webui.browsing import DESK, found_by_axe, found_in_every_look
from tests.webui.conftest import OpenAs
from tests.webui.house import LitHouse
from tests.webui.keyboard import Keyboard
from tests.webui.people import CHEAP_HASH, PASSWORD, PEOPLE, TOTP_SECRET


async def applied(lit_house: LitHouse, company: str) -> Application:
    """A company that applied and confirmed its address."""
    now, host = SystemClock().now_ms(), f"{company.lower()}.example"

    async def deed(session: Session) -> Application:
        asked = (company, f"https://{host}", "Hana Petersen", f"hana@{host}")
        await applications.apply(session, now, ACTOR, lit_house.url, *asked)
        [mail] = await mails.newest(session, 1)
        token = re.search(r"/apply/confirm/(\S+)", mail.body)
        assert token is not None
        return await applications.confirm(session, now, ACTOR, token[1], CHEAP_HASH)

    return await lit_house.directory.write(deed)


async def test_axe_finds_nothing_on_any_page(lit_house: LitHouse, open_as: OpenAs) -> None:
    one, world = await applied(lit_house, "Axe"), lit_house.world
    page = await open_as("support", "admin")
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    found: list[str] = []
    for path in (
        f"/support/applications/{one.id}",
        "/support/applications?decided=1",
        "/support/look-up",
        f"/support/look-up?id={world.harbour.code}",
        "/support/look-up?id=NOBODY-1",
        "/support/look-up?id=a@b.example",
        "/support/partners",
        f"/support/partners/{world.partners['Tallyho']}",
        f"/support/clients/{world.client.id}",
        "/support/organisations?q=lake",
        f"/support/organisations/{world.harbour.code}",
        "/support/services",
        "/support/services/ros",
        "/support/instances/new",
        f"/support/instances/{world.instances['ros'][0]}",
        "/support/staff",
        "/support/audit",
        "/support/audit?since=never",
    ):
        await page.goto(path)
        found += await found_in_every_look(page)
    assert not found, "\n".join(found)[:6000]
    assert not [text for text in refused if "Content Security Policy" in text]


async def test_an_agent_signs_in_with_both_factors_decides_and_views_by_keyboard(lit_house: LitHouse, open_as: OpenAs) -> None:
    one, other = await applied(lit_house, "Kereru"), await applied(lit_house, "Tui")
    code = lit_house.world.harbour.code
    owner = await open_as("organisation", "owner", DESK)
    page = await open_as(None, viewport=DESK, java_script_enabled=False)
    await page.goto("/support/applications")
    keys = Keyboard(page)
    await keys.write(email=PEOPLE["support", "agent"].email, password=PASSWORD)
    await keys.press("Sign in")
    await keys.write(code=pyotp.TOTP(TOTP_SECRET).at(int(time.time())))
    await keys.press("Go on")
    assert page.url.endswith("/support/applications")
    await keys.follow("Kereru")
    await keys.press("Refuse")
    assert "One thing to mend." in await page.get_by_role("alert").inner_text()
    await keys.press("Approve")
    assert "Kereru is a partner now" in await page.get_by_role("status").inner_text()
    await page.reload()
    assert "Approved" in await page.locator("#review header").inner_text()
    await page.goto(f"/support/applications/{other.id}")
    await keys.write(why="We do not know the company")
    await keys.press("Refuse")
    assert "Refused" in await page.locator("#review header").inner_text()
    await keys.follow("Look-up")
    await keys.write(id=code)
    await keys.press("Look up")
    assert await page.get_by_role("heading", name="Timeline").count() == 1
    await keys.follow("Open its page")
    await keys.write(reason="ticket 8841")
    await keys.press("View as Harbour Street Coffee")
    assert "Reason: ticket 8841" in await page.locator(".viewas").inner_text()
    await owner.goto("/account")
    assert "of PowerEPOS support sees your pages now" in await owner.locator(".viewas").inner_text()
    assert not await found_by_axe(owner)
    await keys.press("Stop viewing")
    assert "You stopped viewing." in await page.get_by_role("status").inner_text()
    await owner.reload()
    assert await owner.locator(".viewas").count() == 0
    found = await applications.get(lit_house.directory.reader, one.id)
    assert (found.state, found.decided_by) == ("approved", PEOPLE["support", "agent"].email)
