"""`/account`: who is signed in, where they may work; proving again who they are before secrets."""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.audit.store import record
from powerepos_cloud.directory import sessions
from powerepos_cloud.directory.sign_in import SignInRefused
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import SIGNED_IN, Frame
from powerepos_cloud.webui.navigation import PageGroup
from powerepos_cloud.webui.pages.sign_in import safe_path


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory
        self.sign_in = frame.sign_in

    async def show(self, ask: Ask) -> Response[bytes]:
        """The person, and where they may work."""
        return self.frame.show(ask, "account.html")

    async def switch(self, ask: Ask) -> Response[bytes]:
        """Go to work at another place that this person is linked to."""
        key = ask.form.value("place")
        place = next((one for one in ask.viewer.places if one.key == key), None)
        if place is None:
            raise NotFound("place", key)
        await self.directory.write(lambda session: sessions.set_place(session, ask.viewer.session.id, place.key))
        return self.frame.go(ask, "/start", f"You are now at {place.name}.")

    async def ask_again(self, ask: Ask) -> Response[bytes]:
        """The form that asks for the password again."""
        ask.form = Form.of(next=safe_path(ask.query("next")))
        return self.frame.show(ask, "confirm.html")

    async def prove_again(self, ask: Ask) -> Response[bytes]:
        """The session gets a new token, and for a few minutes the pages with secrets open."""
        viewer = ask.viewer
        try:
            token = await self.sign_in.prove_again(viewer.session, ask.form.raw("password"), ask.form.value("code"), ask.origin)
        except SignInRefused:
            await self.directory.write(lambda session: self._note_failure(session, ask))
            with_code = viewer.session.has_second_factor
            ask.form.blame("password", f"Enter your password{' and the present code' if with_code else ''} again.")
            return self.frame.show(ask, "confirm.html", status=422)
        return self.frame.go(ask, safe_path(ask.form.value("next")), "", self.frame.cookies.session(token))

    @staticmethod
    async def _note_failure(session: Session, ask: Ask) -> None:
        await record(session, ask.now_ms, ask.actor, "user.not_proved_again", ("user", ask.viewer.email))


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [
        frame.get("/account", SIGNED_IN)(pages.show),
        frame.post("/account/place", SIGNED_IN)(pages.switch),
        frame.get("/account/confirm", SIGNED_IN)(pages.ask_again),
        frame.post("/account/confirm", SIGNED_IN)(pages.prove_again),
    ]


GROUP = PageGroup(_build)
