"""What tests in the browser share: sizes, themes, and what axe-core finds on a page."""

from typing import Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Error, Page

_ALL_RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_CONTRAST = {"type": "rule", "values": ["color-contrast"]}
_OPTIONS = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations", "incomplete"]}
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}

Theme = Literal["light", "dark"]


async def found_by_axe(page: Page, *, contrast_alone: bool = False) -> list[str]:
    """What breaks WCAG 2.2 AA or good practice, and contrasts that could not be judged."""
    if await page.evaluate("typeof axe === 'undefined'"):
        await page.evaluate(Axe().axe_script)
    options = {**_OPTIONS, "runOnly": _CONTRAST} if contrast_alone else {**_OPTIONS, "runOnly": _ALL_RULES}
    results = await page.evaluate("options => axe.run(options)", options)
    unsure = [result for result in results["incomplete"] if result["id"] == "color-contrast"]
    return [
        f"{page.url}: {result['id']}: {node['html'][:160]}"
        for result in (*results["violations"], *unsure)
        for node in result["nodes"]
    ]


async def found_in_every_look(page: Page) -> list[str]:
    """What is wrong with the page as it stands, on a desk and on a phone, in both themes; nothing is loaded again.

    For answers that are shown once, too. Of the dark theme the contrasts are judged: what else axe looks at is the same.
    """
    found = []
    for size, viewport in (("desk", DESK), ("phone", PHONE)):
        await page.set_viewport_size(viewport)  # type: ignore[arg-type]
        await page.emulate_media(color_scheme="light")
        found += await found_by_axe(page)
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{page.url}: too wide for a {size}")
        await page.emulate_media(color_scheme="dark")
        found += [f"dark, {size}: {one}" for one in await found_by_axe(page, contrast_alone=True)]
    return found


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
