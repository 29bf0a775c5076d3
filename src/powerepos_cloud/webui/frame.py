"""What stands around every page for people: who may open it, whose form this is, and how it is answered."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from litestar import HttpMethod, Request, Response, route
from litestar.datastructures import Cookie, UploadFile
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import form_uses
from powerepos_cloud.directory.form_uses import FormUsed
from powerepos_cloud.directory.links import LinkOver
from powerepos_cloud.directory.passwords import TooBusy
from powerepos_cloud.directory.sessions import CODE
from powerepos_cloud.directory.sign_in import SignIn
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from powerepos_cloud.http.facts import facts_of
from powerepos_cloud.http.fields import read_fields
from powerepos_cloud.http.forms import FormFault, is_form
from powerepos_cloud.webui import problems
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.backroom import Backroom, NoInstance
from powerepos_cloud.webui.cookies import Cookies
from powerepos_cloud.webui.forms import LONGEST_TEXT, BadForm, Form
from powerepos_cloud.webui.navigation import ORGANISATION, PARTNER, SUPPORT, Navigation
from powerepos_cloud.webui.problems import Problem
from powerepos_cloud.webui.session import VIEW_AS, Viewer, viewer_of
from powerepos_cloud.webui.site import Site

Handler = Callable[[Ask], Awaitable[Response[bytes]]]

PROVED_MS = 5 * 60_000
"""How long a person need not prove again who they are."""
MOST_FIELDS = 400
OPT = "who"
"""Where a handler says who may open it: tests that walk all pages read it there."""
_GET = [HttpMethod.GET, HttpMethod.HEAD]
_ANSWERED = (FormUsed, BadForm, FormFault, NotFound, Conflict, Invalid, NoInstance, TooBusy)


class Who(msgspec.Struct, frozen=True):
    """Who may open a page: everybody, everybody signed in, or these roles of one audience."""

    audience: str | None = None
    roles: tuple[str, ...] = ()
    is_public: bool = False
    view_as: bool = False


PUBLIC = Who(is_public=True)
SIGNED_IN = Who()


def organisation(*roles: str, view_as: bool = True) -> Who:
    """These roles of the organisation at hand; `view_as` says whether support sees the page, too, while it views as it."""
    return Who(ORGANISATION, roles, view_as=view_as)


def partner(*roles: str) -> Who:
    """These roles of the partner at hand."""
    return Who(PARTNER, roles)


def support(*roles: str) -> Who:
    """These roles of the vendor's support."""
    return Who(SUPPORT, roles)


class Frame:
    """Registers pages and answers for them. One per application; page groups get it and keep what they need."""

    def __init__(self, site: Site, backroom: Backroom, navigation: Navigation, cookies: Cookies, public_url: str) -> None:
        self.site = site
        self.backroom = backroom
        self.navigation = navigation
        self.cookies = cookies
        parts = urlsplit(public_url)
        self.public_url = public_url
        self.sign_in = SignIn(backroom.directory, backroom.passwords, backroom.seal, backroom.clock)
        self.public_origin = f"{parts.scheme}://{parts.netloc}"

    def get(self, path: str, who: Who, *, fresh: bool = False) -> Callable[[Handler], ControllerRouterHandler]:
        """Register the page at `path`; `fresh` asks for the password again unless it was shown within five minutes."""

        def register(handler: Handler) -> ControllerRouterHandler:
            @route(path, http_method=_GET, opt={OPT: who})
            async def page(request: Request[Any, Any, Any]) -> Response[bytes]:
                return await self._answer(request, who, handler, again=request.scope["path"] if fresh else None)

            return page

        return register

    def post(
        self,
        path: str,
        who: Who,
        *,
        fresh: bool = False,
        form_at: str | None = None,
        upload: int = 0,
        longest: int = LONGEST_TEXT,
    ) -> Callable[[Handler], ControllerRouterHandler]:
        """Register a deed at `path`; `form_at` is the path of the page with its form, where that is another.

        `upload` is the most bytes of a body with files (`multipart/form-data`), `longest` the most characters of a field.
        """
        limits: dict[str, Any] = {"request_max_body_size": upload} if upload else {}

        def register(handler: Handler) -> ControllerRouterHandler:
            @route(path, http_method=[HttpMethod.POST], status_code=200, opt={OPT: who}, **limits)
            async def deed(request: Request[Any, Any, Any]) -> Response[bytes]:
                again = (form_at or request.scope["path"]).format(**request.path_params) if fresh else None
                return await self._answer(
                    request, who, self._guarded(handler, longest, uploads=upload > 0), again=again, is_deed=True
                )

            return deed

        return register

    def show(self, ask: Ask, template: str, *, status: int = 200, **facts: Any) -> Response[bytes]:
        """The page from a template that extends `signed_in.html` (or `gate.html`); 422 is for a form to be mended."""
        viewer = ask.visitor
        nav = {} if viewer is None or viewer.session.stage == CODE else self.navigation.of(viewer, ask.path)
        facts = {"form": ask.form, **facts, "ask": ask, "viewer": viewer, "nav": nav}
        answer = self.site.fresh_page(ask.path, template, self.cookies.theme_of(ask.request), status=status, **facts)
        if viewer is None and self.cookies.visit_token(ask.request) != ask.visit:
            answer.set_cookie(self.cookies.visit(ask.visit))
        if ask.said:
            answer.set_cookie(self.cookies.without("said"))
        return answer

    def go(self, ask: Ask, location: str, said: str = "", *cookies: Cookie) -> Response[bytes]:
        """Lead on to another page of ours (303), which says `said` once."""
        answer = self.site.redirect(location)
        for cookie in cookies:
            answer.set_cookie(cookie)
        if said and ask.visitor is not None:
            answer.set_cookie(self.cookies.said(ask.visitor.session.id, said))
        return answer

    def again(self, ask: Ask, token: str) -> Ask:
        """The same asking, in the session under its new token: so that the forms of this very answer still work."""
        assert ask.visitor is not None
        row = msgspec.structs.replace(ask.visitor.session, second_factor=True, has_second_factor=True)
        ask.visitor = msgspec.structs.replace(ask.visitor, token=token, session=row)
        return ask

    def problem(self, ask: Ask, problem: Problem, headers: dict[str, str] | None = None) -> Response[bytes]:
        """A page that says what cannot be done, why, and what to do."""
        is_inside = ask.visitor is not None and ask.visitor.session.stage != CODE
        layout = "signed_in.html" if is_inside else "gate.html"
        answer = self.show(ask, "problem.html", status=problem.status, problem=problem, layout=layout)
        answer.headers.update(headers or {})
        return answer

    async def _answer(
        self, request: Request[Any, Any, Any], who: Who, handler: Handler, *, again: str | None, is_deed: bool = False
    ) -> Response[bytes]:
        if is_deed and request.headers.get("origin") != self.public_origin:
            return self.problem(await self._ask(request, None), problems.FOREIGN_FORM)
        ask = await self._ask(request, await self._viewer(request))
        try:
            refused = None if who.is_public else self._refusal(ask, who, again)
            return refused or await handler(ask)
        except _ANSWERED as error:
            return self._worded(ask, error)

    def _worded(self, ask: Ask, error: Exception) -> Response[bytes]:
        """The page for what a handler raised; only the log hears what was meant for us."""
        said = {"request_id": ask.facts.request_id}
        if isinstance(error, FormUsed):
            return self.go(ask, error.leads_to, "That form had been sent already: nothing was done a second time.")
        if isinstance(error, Conflict | Invalid):
            return self.problem(ask, problems.refused(error))
        if isinstance(error, TooBusy):
            return self.problem(ask, problems.BUSY, {"Retry-After": "2"})
        if isinstance(error, NoInstance):
            self.backroom.log.warning("webui.no_instance", reason=error.reason, **said)
            return self.problem(ask, problems.NO_INSTANCE)
        if isinstance(error, NotFound):
            return self.problem(ask, problems.LINK_OVER if isinstance(error, LinkOver) else problems.NOT_FOUND)
        self.backroom.log.info("webui.form_refused", reason=str(error), **said)
        return self.problem(ask, problems.UNREADABLE)

    async def _viewer(self, request: Request[Any, Any, Any]) -> Viewer | None:
        token = self.cookies.session_token(request)
        if token is None:
            return None
        return await viewer_of(self.backroom.directory, self.backroom.clock, token, facts_of(request.scope))

    async def _ask(self, request: Request[Any, Any, Any], viewer: Viewer | None) -> Ask:
        ask = Ask(
            request,
            viewer=viewer,
            visit=self.cookies.visit_token(request) or secrets.token_urlsafe(32),
            now_ms=self.backroom.clock.now_ms(),
            browser=self.cookies.browser_of(request),
            said="" if viewer is None else self.cookies.said_to(request, viewer.session.id),
        )
        ask.set_uses(await form_uses.uses_of(self.backroom.directory.reader, ask.owner))
        return ask

    def _refusal(self, ask: Ask, who: Who, again: str | None) -> Response[bytes] | None:
        """The answer to who may not open the page; None for who may."""
        viewer = ask.visitor
        if viewer is None:
            target = ask.path if ask.request.method == "GET" else ""
            return self.go(ask, f"/sign-in?next={quote(target)}" if target else "/sign-in")
        if viewer.session.stage == CODE:
            return self.go(ask, "/sign-in/code")
        if who.audience is not None and (refused := _unfit(viewer, who, is_deed=ask.request.method == "POST")):
            return self.problem(ask, refused)
        if viewer.view is not None and (ask.request.method == "POST" or not who.view_as) and not _ends_view(ask):
            return self.problem(ask, problems.READING_ONLY)
        if again is not None and ask.now_ms - viewer.session.proved_at > PROVED_MS:
            return self.go(ask, f"/account/confirm?next={quote(again)}")
        return None

    def _guarded(self, handler: Handler, longest: int, *, uploads: bool) -> Handler:
        """The handler behind the check that the form is one of ours, shown in this session, at this place."""

        async def deed(ask: Ask) -> Response[bytes]:
            form = await _read_form(ask.request, longest, uploads=uploads)
            if not hmac.compare_digest(form.value("csrf").encode(), ask.csrf.encode()):
                return self.problem(ask, problems.STALE_FORM)
            ask.form = form
            return await handler(ask)

        return deed


def _unfit(viewer: Viewer, who: Who, *, is_deed: bool) -> Problem | None:
    if viewer.audience != who.audience:
        elsewhere = [place for place in viewer.places if place.audience == who.audience and place.role in who.roles]
        return problems.elsewhere(elsewhere) if elsewhere else problems.NOT_FOUND
    if viewer.role == VIEW_AS and who.view_as and not is_deed:
        return None
    if viewer.role == VIEW_AS:
        return problems.READING_ONLY
    return None if viewer.role in who.roles else problems.role_lacks(who.roles)


def _ends_view(ask: Ask) -> bool:
    return ask.path in ("/support/view/end", "/sign-out", "/theme")


async def _read_form(request: Request[Any, Any, Any], longest: int, *, uploads: bool) -> Form:
    """Raises `BadForm`, `FormFault`."""
    content_type = request.headers.get("content-type", "")
    if is_form(content_type):
        return Form(read_fields(await request.body(), most=MOST_FIELDS, longest=longest))
    if not uploads or not content_type.startswith("multipart/form-data;"):
        raise BadForm("not a form")
    values: dict[str, list[str]] = {}
    files: dict[str, tuple[str, bytes]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, UploadFile):
            files[name] = (value.filename, await value.read())
        elif "\0" in str(value) or len(str(value)) > longest or len(values) > MOST_FIELDS:
            raise BadForm("a field of the upload cannot be read")
        else:
            values.setdefault(name, []).append(str(value))
    return Form(values, files)
