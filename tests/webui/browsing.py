"""What tests in the browser share: sizes, themes, and what axe-core finds on a page."""

from typing import Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Error, Page

AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations", "incomplete"],
}
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}

Theme = Literal["light", "dark"]


async def found_by_axe(page: Page) -> list[str]:
    """What breaks WCAG 2.2 AA or good practice, and contrasts that could not be judged."""
    results = (await Axe().run(page, options=AXE)).response
    unsure = [result for result in results["incomplete"] if result["id"] == "color-contrast"]
    return [
        f"{page.url}: {result['id']}: {node['html'][:160]}"
        for result in (*results["violations"], *unsure)
        for node in result["nodes"]
    ]


async def go_back(page: Page) -> bool:
    """Go back; whether there is a page of ours to be seen.

    Chromium keeps no answer to a form that says `no-store`: it has a page of its own, which asks whether to send the form again.
    """
    try:
        await page.go_back()
    except Error as error:
        if "ERR_CACHE_MISS" not in error.message:
            raise
        await page.wait_for_url(lambda url: url.startswith("chrome-error:"), wait_until="domcontentloaded")
        return False
    return True


async def assert_seen_no_more(page: Page, *secrets: str) -> None:
    """From the page that came after the answer with these secrets: neither going back nor sending its form again shows them."""
    assert not await go_back(page)
    await page.reload()  # sends the form again
    assert page.url.startswith("http"), page.url
    shown = await page.content()
    assert not [secret for secret in secrets if secret in shown]
