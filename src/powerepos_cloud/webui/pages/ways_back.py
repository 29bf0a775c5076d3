"""`/reset` and `/sign-in/browser`: ways back in by a link in a mail. Opening a link only shows a button; a POST uses it up."""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import links, recovery
from powerepos_cloud.directory.links import Link
from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.frame import PUBLIC, Frame
from powerepos_cloud.webui.navigation import PageGroup


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory

    async def show_reset(self, ask: Ask) -> Response[bytes]:
        """Asks for the address."""
        return self.frame.show(ask, "reset.html", is_sent=False)

    async def ask_reset(self, ask: Ask) -> Response[bytes]:
        """One answer for every address."""
        email = ask.form.value("email")
        await self.directory.write(lambda session: recovery.ask_reset(session, ask.now_ms, ask.actor, email))
        return self.frame.show(ask, "reset.html", is_sent=True)

    async def show_link(self, ask: Ask) -> Response[bytes]:
        """The form for the new password; a scanner that opens it changes nothing."""
        found = await recovery.look_at_reset(self.directory.reader, ask.now_ms, ask.value("token"))
        return self.frame.show(ask, "reset_link.html", email=found.email)

    async def reset(self, ask: Ask) -> Response[bytes]:
        """Set the password; whoever was signed in is signed out."""
        token = ask.value("token")
        found = await recovery.look_at_reset(self.directory.reader, ask.now_ms, token)
        try:
            hashed = await new_password(self.frame, ask)
        except Invalid as refused:
            ask.form.refuse(refused)
            return self.frame.show(ask, "reset_link.html", status=422, email=found.email)
        await self.directory.write(lambda session: recovery.reset(session, ask.now_ms, ask.actor, token, hashed))
        return self.frame.go(ask, "/sign-in?after=reset", "", self.frame.cookies.without("session"))

    async def show_browser(self, ask: Ask) -> Response[bytes]:
        """A button: only its press uses the link up."""
        found: Link = await links.look(self.directory.reader, ask.now_ms, recovery.BROWSER, ask.value("token"))
        return self.frame.show(ask, "browser_link.html", link=found)

    async def let_in(self, ask: Ask) -> Response[bytes]:
        """This browser counts as one of the person's own from now on."""
        token = ask.value("token")
        user_id = await self.directory.write(lambda session: recovery.let_browser_in(session, ask.now_ms, ask.actor, token))
        return self.frame.go(ask, "/sign-in?after=browser", "", self.frame.cookies.browser(ask.browser, user_id))


async def new_password(frame: Frame, ask: Ask) -> str:
    """The hash of the new password in the form's `password`. Raises `Invalid`, `TooBusy`."""
    return await frame.backroom.passwords.hash(ask.form.raw("password"))


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [
        frame.get("/reset", PUBLIC)(pages.show_reset),
        frame.post("/reset", PUBLIC)(pages.ask_reset),
        frame.get("/reset/{token:str}", PUBLIC)(pages.show_link),
        frame.post("/reset/{token:str}", PUBLIC)(pages.reset),
        frame.get("/sign-in/browser/{token:str}", PUBLIC)(pages.show_browser),
        frame.post("/sign-in/browser/{token:str}", PUBLIC)(pages.let_in),
    ]


GROUP = PageGroup(_build)
