"""Somebody without a mouse: pages are gone through by Tab, and what has the focus is typed into or pressed."""

import asyncio

from playwright.async_api import Locator, Page

_MOST_STOPS = 150
_TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}

_MARK_STOPS = """() => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  const all = [...document.querySelectorAll("*")];
  const isStop = e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ visibilityProperty: true })
    && e.matches("a[href], button, input, select, textarea, summary, [tabindex]");
  // Of a group of radio buttons Tab stops at the chosen one, or at the first.
  const group = e => all.filter(one => one.type === "radio" && one.name === e.name && one.form === e.form);
  const ofGroup = e => e.type === "radio" ? (group(e).find(one => one.checked) ?? group(e)[0]) : e;
  const stops = all.filter(e => isStop(e) && ofGroup(e) === e);
  const told = e => e.outerHTML.slice(0, 140).replace(/\\s+/g, " ");
  const look = e => (s => [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow].join())(getComputedStyle(e));
  const before = new Map(stops.map(e => [e, look(e)]));
  const faults = [];
  for (const e of all) {
    if (e.tabIndex > 0) faults.push("tabindex above 0: " + told(e));
    if (getComputedStyle(e).cursor === "pointer" && !e.closest("a[href], button, label, summary, input, select"))
      faults.push("can be clicked, but not reached: " + told(e));
  }
  const skip = document.querySelector("a.skip");
  if (document.querySelector("nav#nav") && (stops[0] !== skip || !document.querySelector(skip.hash)?.matches("main")))
    faults.push("the first stop does not skip to the content");
  // Wherever the page was clicked before, Tab begins at its top again.
  const top = document.createElement("button");
  document.body.prepend(top);
  top.focus();
  top.remove();
  globalThis.reached = [];
  document.addEventListener("focusin", ({ target: e }) => {
    reached.push(e);
    const box = e.getBoundingClientRect();
    if (before.get(e) === look(e)) faults.push("the focus is not to be seen: " + told(e));
    if (!box.width || !box.height || box.bottom <= 0) faults.push("is out of sight: " + told(e));
  });
  globalThis.judge = () => {
    const missed = stops.filter(e => !reached.includes(e)), strange = reached.filter(e => !stops.includes(e));
    faults.push(...missed.map(e => "Tab never reaches " + told(e)), ...strange.map(e => "Tab stops at " + told(e)));
    if (!missed.length && !strange.length && stops.some((e, n) => e !== reached[n]))
      faults.push("Tab does not follow the page's order");
    return faults;
  };
  // Within a date Tab stops at day, month, year and calendar.
  return stops.length + 3 * stops.filter(e => e.type === "date").length;
}"""
"""Unfolds all that folds, and notes the page's stops: what can be pressed or filled in, in the order of the page.

Gives how often Tab is to be pressed to come to its end.
"""

_WHERE = """e => {
  const at = document.activeElement;
  const inOneGroup = e.type === "radio" && at.type === "radio" && e.name === at.name && e.form === at.form;
  return e === at || inOneGroup ? "there" : at.matches("a.skip") && e.closest("main") ? "could skip" : "";
}"""


async def found_by_keyboard(page: Page) -> list[str]:
    """What hinders somebody who goes through this page by Tab: what is missed, unseen, out of order, or a trap."""
    presses = await page.evaluate(_MARK_STOPS)
    keys = await page.context.new_cdp_session(page)
    # All at once, in this order: a page has up to a hundred stops.
    await asyncio.gather(*(keys.send("Input.dispatchKeyEvent", _TAB) for _ in range(presses)))
    await keys.detach()
    return [f"{page.url}: {fault}" for fault in await page.evaluate("judge()")]


class Keyboard:
    """The keys of a page. Each deed goes on by Tab from where the focus is until it has what it is named for.

    `page` is for looking; it is never clicked. `among` is the part of the page meant, where several things have one name.
    """

    def __init__(self, page: Page) -> None:
        self.page = page

    async def follow(self, link: str, among: Locator | None = None) -> None:
        """Follow a link."""
        await self._go(self._in(among).get_by_role("link", name=link, exact=True))

    async def press(self, button: str, among: Locator | None = None) -> None:
        """Press a button that leads to another page."""
        await self._go(self._in(among).get_by_role("button", name=button, exact=True))

    async def unfold(self, summary: str, among: Locator | None = None) -> None:
        """Open what is folded, such as the question before a deed."""
        await self._reach(self._in(among).locator("summary").filter(has_text=summary))
        await self.page.keyboard.press("Enter")

    async def open_menu(self) -> None:
        """Open the navigation where it is folded away, on a phone."""
        await self._reach(self.page.get_by_role("button", name="Menu"))
        await self.page.keyboard.press("Enter")

    async def write(self, among: Locator | None = None, /, **fields: str) -> None:
        """Fill in text fields by their name in the form, in this order."""
        for name, text in fields.items():
            await self._reach(self._in(among).locator(f'[name="{name.rstrip("_")}"]'))
            await self.page.keyboard.press("Control+A")
            await self.page.keyboard.type(text)

    async def tick(self, label: str) -> None:
        """Tick a box, or choose a radio button: Tab goes to its group, the arrows to it."""
        target = self.page.get_by_label(label)
        await self._reach(target)
        while not await target.evaluate("e => e === document.activeElement"):
            await self.page.keyboard.press("ArrowDown")
        await self.page.keyboard.press("Space")

    async def choose(self, label: str, option: str) -> None:
        """Choose one of a list, by the letters that it begins with."""
        await self._reach(self.page.get_by_label(label))
        await self.page.keyboard.type(option)

    def _in(self, among: Locator | None) -> Page | Locator:
        return among or self.page

    async def _go(self, target: Locator) -> None:
        await self._reach(target)
        async with self.page.expect_navigation():
            await self.page.keyboard.press("Enter")

    async def _reach(self, target: Locator) -> None:
        wanted = await target.element_handle()
        for _ in range(_MOST_STOPS):
            await self.page.keyboard.press("Tab")
            match await wanted.evaluate(_WHERE):
                case "there":
                    return
                case "could skip":
                    await self.page.keyboard.press("Enter")
        raise AssertionError(f"Tab never reaches {target} on {self.page.url}")
