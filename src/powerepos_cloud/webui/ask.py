"""One request for a page, as its handler sees it."""

import hashlib
from collections.abc import Mapping
from typing import Any

from litestar import Request

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.directory import form_uses
from powerepos_cloud.directory.sign_in import Browser, From
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.http.facts import RequestFacts, facts_of
from powerepos_cloud.webui.cookies import csrf_token
from powerepos_cloud.webui.forms import BadForm, Form
from powerepos_cloud.webui.session import Viewer

_LONGEST_WORD = 300
_LONGEST_NUMBER = 9  # digits: what PostgreSQL's smaller integers hold, too


class Ask:
    """What was asked, by whom, with which form. Made by `frame`; `now_ms` is the instant at which it came."""

    def __init__(
        self,
        request: Request[Any, Any, Any],
        *,
        viewer: Viewer | None,
        visit: str,
        now_ms: int,
        browser: Browser | None,
        said: str = "",
    ) -> None:
        self.request = request
        self.visitor = viewer
        self.visit = visit
        self.now_ms = now_ms
        self.browser = browser
        self.said = said
        self.form = Form()
        self._uses: Mapping[str, int] = {}

    @property
    def viewer(self) -> Viewer:
        """The signed-in person. Only on pages that need a sign-in."""
        assert self.visitor is not None
        return self.visitor

    @property
    def path(self) -> str:
        """The page's own path."""
        path: str = self.request.scope["path"]
        return path

    @property
    def facts(self) -> RequestFacts:
        """Request ID, source, user agent."""
        return facts_of(self.request.scope)

    @property
    def actor(self) -> Actor:
        """Who does the deed, from where, in which request: for the audit row that the room function writes."""
        if self.visitor is not None:
            return self.visitor.actor
        return Actor("visitor", "webui", self.facts.source, self.facts.request_id)

    @property
    def origin(self) -> From:
        """Where a sign-in comes from."""
        return From(self.facts.source, self.facts.agent, self.facts.request_id, self.browser)

    def value(self, name: str) -> str:
        """A part of the path. Raises `NotFound` for what no ID of ours can be."""
        text = str(self.request.path_params[name])
        if not text.isprintable() or len(text) > _LONGEST_WORD:
            raise NotFound(name, "of that form")
        return text

    def number(self, name: str, what: str) -> int:
        """A part of the path that is our own number of a thing (`what`: such as `partner`). Raises `NotFound`."""
        text = self.value(name)
        if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
            raise NotFound(what, text)
        return int(text)

    def query(self, name: str, default: str = "") -> str:
        """A parameter after the question mark, without spaces around it. Raises `BadForm` for what nobody types."""
        text = str(self.request.query_params.get(name, default)).strip()
        if not text.isprintable() or len(text) > _LONGEST_WORD:
            raise BadForm(f"the parameter {name} cannot be read")
        return text

    @property
    def bound_to(self) -> str:
        """The place that this page's forms are for: one left open in another tab does nothing at another place."""
        place = None if self.visitor is None else self.visitor.place
        return "" if place is None else place.key

    @property
    def csrf(self) -> str:
        """The token that forms of this page carry."""
        return csrf_token(self.visit if self.visitor is None else self.visitor.token, self.bound_to)

    @property
    def owner(self) -> bytes:
        """Whose forms these are."""
        who = f"visit:{self.visit}" if self.visitor is None else f"session:{self.visitor.session.id}"
        return hashlib.sha256(b"form\0" + who.encode()).digest()

    def set_uses(self, uses: Mapping[str, int]) -> None:
        """How often each of this owner's forms was used: the frame looks it up."""
        self._uses = uses

    def use_of(self, action: str) -> int:
        """The one-time key of the form that is sent to this path."""
        return self._uses.get(action, 0)

    async def once(self, session: Session, leads_to: str) -> None:
        """First line of a deed that must not be done twice: use this form up. `leads_to` is the page that shows what it did.

        Raises `FormUsed` if the form was used before; the frame then leads to that page.
        """
        uses = self.form.number("use")
        if uses is None:
            raise BadForm("the form's one-time key is missing")
        await form_uses.claim(session, self.now_ms, self.owner, self.path, uses, leads_to)

    async def leads_to(self, session: Session, location: str) -> None:
        """Say where the form leads once the deed has made it, where that was not known before."""
        await form_uses.lead_to(session, self.owner, self.path, location)

    async def claim(self, directory: Database, leads_to: str) -> None:
        """As `once`, in a unit of its own: before a deed in another database. Raises `FormUsed`."""
        await directory.write(lambda session: self.once(session, leads_to))
