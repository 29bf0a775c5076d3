"""What tests in the browser share: sizes, themes, and what axe-core finds on a page."""

from typing import Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

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
