"""`/sign-in`: password, then the code of the second factor; signing out; where a person begins; the theme."""

import re
from urllib.parse import quote

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.audit.store import record
from powerepos_cloud.directory import sessions
from powerepos_cloud.directory.sessions import CODE
from powerepos_cloud.directory.sign_in import SignedIn, SignInRefused
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import PUBLIC, SIGNED_IN, Frame, Who
from powerepos_cloud.webui.navigation import PageGroup

_OURS = re.compile(r"/(?![/\\])[A-Za-z0-9/_.~%-]*(\?[A-Za-z0-9/_.~%&=+-]*)?")
_LONGEST_PATH = 300
_AFTER = {
    "reset": "Your new password is set. Sign in with it.",
    "browser": "This browser may try again. Sign in here.",
    "invited": "Your account is made, and the invitation accepted. Sign in.",
    "joined": "You belong to PowerEPOS support now, and were signed out everywhere. Sign in again.",
    "address": "Your new address is confirmed. Sign in with it.",
    "ended": "You are signed out everywhere.",
}
"""What the page says to who comes from where."""


def safe_path(text: str) -> str:
    """A path of this site to lead on to; `/start` for anything that could lead elsewhere."""
    return text if len(text) <= _LONGEST_PATH and _OURS.fullmatch(text) else "/start"


def enter(frame: Frame, ask: Ask, found: SignedIn, target: str) -> Response[bytes]:
    """Lead on, with the session in its cookie, in a browser that is known from now on."""
    cookies = frame.cookies
    known = cookies.browser(ask.browser, found.user_id)
    return frame.go(ask, target, "", cookies.session(found.token), known, cookies.without("visit"))


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.sign_in = frame.sign_in

    async def show(self, ask: Ask) -> Response[bytes]:
        """The form, unless the person is signed in already."""
        if ask.visitor is not None:
            return self.frame.go(ask, "/sign-in/code" if ask.visitor.session.stage == CODE else safe_path(ask.query("next")))
        ask.form = Form.of(next=safe_path(ask.query("next")))
        return self.frame.show(ask, "sign_in.html", after=_AFTER.get(ask.query("after"), ""))

    async def with_password(self, ask: Ask) -> Response[bytes]:
        """One text for whatever was wrong."""
        target = safe_path(ask.form.value("next"))
        try:
            found = await self.sign_in.by_password(ask.form.value("email"), ask.form.raw("password"), ask.origin)
        except SignInRefused as refused:
            self._log(ask, refused)
            ask.form.blame("password", "Enter your password again.")
            return self.frame.show(ask, "sign_in.html", status=422, after="")
        if found.stage == CODE:
            return self.frame.go(ask, f"/sign-in/code?next={quote(target)}", "", self.frame.cookies.session(found.token))
        return enter(self.frame, ask, found, target)

    async def ask_code(self, ask: Ask) -> Response[bytes]:
        """The form for the code, in a session that awaits one."""
        if ask.visitor is None or ask.visitor.session.stage != CODE:
            return self.frame.go(ask, "/sign-in" if ask.visitor is None else "/start")
        ask.form = Form.of(next=safe_path(ask.query("next")))
        return self.frame.show(ask, "sign_in_code.html")

    async def with_code(self, ask: Ask) -> Response[bytes]:
        """Sign in for good; five wrong codes lead back to the password."""
        if ask.visitor is None or ask.visitor.session.stage != CODE:
            return self.frame.go(ask, "/sign-in" if ask.visitor is None else "/start")
        row = ask.visitor.session
        try:
            found = await self.sign_in.by_code(row, ask.form.value("code"), ask.origin)
        except SignInRefused as refused:
            self._log(ask, refused)
            if row.tries + 1 >= sessions.CODE_TRIES:
                return self.frame.go(ask, "/sign-in", "", self.frame.cookies.without("session"))
            ask.form.blame("code", "Enter the code that the app shows now. A code works once.")
            return self.frame.show(ask, "sign_in_code.html", status=422)
        return enter(self.frame, ask, found, safe_path(ask.form.value("next")))

    async def leave(self, ask: Ask) -> Response[bytes]:
        """Give up a session that awaits its code, and begin again."""
        viewer = ask.visitor
        if viewer is not None and viewer.session.stage == CODE:
            await self.frame.backroom.directory.write(lambda session: sessions.end(session, viewer.session.id))
        return self.frame.go(ask, "/sign-in", "", self.frame.cookies.without("session"))

    async def sign_out(self, ask: Ask) -> Response[bytes]:
        """End this session."""
        viewer = ask.viewer

        async def deed(session: Session) -> None:
            await sessions.end(session, viewer.session.id)
            await record(session, ask.now_ms, ask.actor, "user.signed_out", ("user", viewer.email))

        await self.frame.backroom.directory.write(deed)
        return self.frame.go(ask, "/sign-in", "", self.frame.cookies.without("session"))

    async def start(self, ask: Ask) -> Response[bytes]:
        """To the first page that this person may see."""
        return self.frame.go(ask, self.frame.navigation.landing(ask.viewer))

    async def theme(self, ask: Ask) -> Response[bytes]:
        """Light, dark, or as the system has it."""
        return self.frame.go(ask, safe_path(ask.form.value("back")), "", self.frame.cookies.theme(ask.form.value("theme")))

    def _log(self, ask: Ask, refused: SignInRefused) -> None:
        self.frame.backroom.log.info(
            "webui.sign_in_refused", reason=refused.reason, source=ask.facts.source, request_id=ask.facts.request_id
        )


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [
        frame.get("/sign-in", PUBLIC)(pages.show),
        frame.post("/sign-in", PUBLIC)(pages.with_password),
        frame.get("/sign-in/code", PUBLIC)(pages.ask_code),
        frame.post("/sign-in/code", PUBLIC)(pages.with_code),
        frame.post("/sign-in/leave", PUBLIC)(pages.leave),
        frame.post("/sign-out", SIGNED_IN)(pages.sign_out),
        frame.get("/start", Who(view_as=True))(pages.start),
        frame.post("/theme", SIGNED_IN)(pages.theme),
    ]


GROUP = PageGroup(_build)
