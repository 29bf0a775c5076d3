"""A person with a browser that runs no scripts: keeps cookies, sends the forms that a page holds as they stand there."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.webui.document import Document


@dataclass
class HtmlForm:
    """A form of a page: where it goes, and what it would send if its first button were pressed at once."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)

    def put(self, name: str | None, value: str) -> None:
        """A field that would be sent."""
        if name:
            self.fields.setdefault(name, []).append(value)


class _Forms(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self._in_form = False
        self._select: str | None = None
        self._area: tuple[str | None, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms and their fields."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._in_form = True
            self.forms.append(HtmlForm(found.get("action", "")))
        if not self._in_form:
            return
        form = self.forms[-1]
        if tag == "input" and (found.get("type") not in ("checkbox", "radio") or "checked" in found):
            form.put(found.get("name"), found.get("value", ""))
        elif tag == "select":
            self._select = found.get("name")
        elif tag == "option" and self._select and "selected" in found:
            form.put(self._select, found.get("value", ""))
        elif tag == "textarea":
            self._area = found.get("name"), ""

    def handle_data(self, data: str) -> None:
        """What a text area holds."""
        if self._area is not None:
            self._area = self._area[0], self._area[1] + data

    def handle_endtag(self, tag: str) -> None:
        """Note ends."""
        if tag == "form":
            self._in_form = False
        elif tag == "textarea" and self._area is not None:
            self.forms[-1].put(self._area[0], self._area[1].removeprefix("\n"))
            self._area = None


@dataclass
class PageSeen:
    """An answer as a person sees it."""

    answer: httpx.Response
    path: str

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.answer.status_code

    @property
    def is_inside(self) -> bool:
        """Whether a signed-in page came; which one a person begins with, depends on what there is."""
        return self.status == 200 and not self.path.startswith("/sign-in")

    @property
    def html(self) -> str:
        """The markup."""
        return self.answer.text

    @property
    def text(self) -> str:
        """The text, spaces as they fall."""
        return " ".join(Document(self.html).text.split())

    @property
    def forms(self) -> list[HtmlForm]:
        """The forms in order."""
        return _Forms(self.html).forms

    def form(self, action: str) -> HtmlForm:
        """The first form that goes to this path."""
        found = [form for form in self.forms if form.action == action]
        assert found, f"{self.path} ({self.status}) has no form to {action}: {[form.action for form in self.forms]}"
        return found[0]


class Reader:
    """Follows redirects, remembers the page at hand."""

    def __init__(self, http: httpx.AsyncClient, origin: str) -> None:
        self.http = http
        self.origin = origin
        self.page: PageSeen | None = None

    async def get(self, path: str) -> PageSeen:
        """Open a page."""
        return await self._follow(await self.http.get(path), path)

    async def send(self, action: str, **fields: str | list[str]) -> PageSeen:
        """Fill in and send the form of the page at hand that goes to `action`."""
        assert self.page is not None, "open a page first"
        return await self.post(action, {**self.page.form(action).fields, **fields})

    async def post(self, action: str, fields: dict[str, Any], **headers: str) -> PageSeen:
        """Send these fields, as a browser would from a page of this site, and follow."""
        return await self._follow(await self.post_only(action, fields, **headers), action)

    async def post_only(self, action: str, fields: dict[str, Any], **headers: str) -> httpx.Response:
        """As `post`, without following."""
        return await self.http.post(action, data=fields, headers={"Origin": self.origin, **headers})

    async def sign_in(self, email: str, password: str, code: str | None = None) -> PageSeen:
        """Sign in by the forms."""
        await self.get("/sign-in")
        page = await self.send("/sign-in", email=email, password=password)
        if code is not None:
            page = await self.send("/sign-in/code", code=code)
        return page

    async def _follow(self, answer: httpx.Response, path: str) -> PageSeen:
        hops = 0
        while answer.status_code == 303:
            path = answer.headers["location"]
            assert path.startswith("/") and not path.startswith("//"), path  # noqa: PT018
            answer = await self.http.get(path)
            hops += 1
            assert hops < 10, path
        self.page = PageSeen(answer, path)
        return self.page
