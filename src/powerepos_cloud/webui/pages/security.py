"""`/account/…`: password, second factor with recovery codes, sessions. Deeds end the other sessions, and a mail tells of them."""

import msgspec
import segno
from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.audit.store import record
from powerepos_cloud.directory import recovery, second_factor, sessions, users
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from powerepos_cloud.foundation.sealing import MasterKeyError
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import BadForm
from powerepos_cloud.webui.frame import SIGNED_IN, Frame
from powerepos_cloud.webui.navigation import PageGroup
from powerepos_cloud.webui.pages.ways_back import new_password


class _Draft(msgspec.Struct, frozen=True):
    """A second factor's secret that is not set yet: it travels sealed in the form, good for this person alone."""

    user_id: int
    secret: str


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory
        self.seal = frame.backroom.seal

    async def show_password(self, ask: Ask) -> Response[bytes]:
        """The form for another password."""
        return self.frame.show(ask, "account_password.html")

    async def set_password(self, ask: Ask) -> Response[bytes]:
        """Set it; every other session ends."""
        viewer = ask.viewer
        try:
            hashed = await new_password(self.frame, ask)
        except Invalid as refused:
            ask.form.refuse(refused)
            return self.frame.show(ask, "account_password.html", status=422)

        async def deed(session: Session) -> None:
            await ask.once(session, "/account")
            await recovery.change_password(
                session, ask.now_ms, ask.actor, viewer.user_id, viewer.email, hashed, but_session=viewer.session.id
            )

        await self.directory.write(deed)
        return self.frame.go(ask, "/account", "Your password is changed. Your other sessions have ended.")

    async def show_factor(self, ask: Ask) -> Response[bytes]:
        """Turn it on, or what there is of it."""
        if ask.viewer.session.has_second_factor:
            left = await recovery.codes_left(self.directory.reader, ask.viewer.user_id)
            return self.frame.show(ask, "second_factor.html", left=left, codes=[])
        return self._show_draft(ask, second_factor.new_secret())

    async def turn_on(self, ask: Ask) -> Response[bytes]:
        """The app shows the right code: keep the secret, show the recovery codes, in this answer alone."""
        viewer, secret = ask.viewer, self._drafted(ask)
        step = second_factor.step_of_secret(secret, ask.form.value("code"), ask.now_ms)
        if step is None:
            ask.form.blame("code", "Enter the six digits that the app shows now.")
            return self._show_draft(ask, secret, status=422)
        token = sessions.new_token()

        async def deed(session: Session) -> list[str]:
            await ask.once(session, "/account/second-factor")
            user = await users.by_email(session, viewer.email)
            if await users.has_second_factor(session, user.id):
                raise Conflict("your second factor is on already", "Turn it off first.")
            sealed = second_factor.sealed(self.seal, secret)
            codes = await recovery.set_second_factor(session, ask.now_ms, ask.actor, user, sealed, but_session=viewer.session.id)
            await users.take_totp_step(session, user.id, step)
            await sessions.renew(session, ask.now_ms, viewer.session.id, token, second_factor=True)
            return codes

        codes = await self.directory.write(deed)
        ask = self.frame.again(ask, token)
        answer = self.frame.show(ask, "second_factor.html", left=len(codes), codes=codes)
        answer.set_cookie(self.frame.cookies.session(token))
        return answer

    async def turn_off(self, ask: Ask) -> Response[bytes]:
        """Not for support, whose desk needs it."""
        viewer = ask.viewer
        if viewer.session.staff_role is not None:
            raise Conflict("support works with a second factor only", "An admin can take a lost one off your account.")

        async def deed(session: Session) -> None:
            user = await users.by_email(session, viewer.email)
            await recovery.set_second_factor(session, ask.now_ms, ask.actor, user, None, but_session=viewer.session.id)

        await self.directory.write(deed)
        return self.frame.go(ask, "/account", "Your second factor is off. Your password alone signs you in.")

    async def new_codes(self, ask: Ask) -> Response[bytes]:
        """Other recovery codes, shown in this answer alone."""
        viewer = ask.viewer

        async def deed(session: Session) -> list[str]:
            await ask.once(session, "/account/second-factor")
            if not await users.has_second_factor(session, viewer.user_id):
                raise Conflict("there is no second factor that the codes could stand in for", "Turn it on first.")
            return await recovery.new_codes(session, ask.now_ms, ask.actor, viewer.user_id, viewer.email)

        codes = await self.directory.write(deed)
        return self.frame.show(ask, "second_factor.html", left=len(codes), codes=codes)

    async def show_sessions(self, ask: Ask) -> Response[bytes]:
        """Where this person is signed in."""
        found = await sessions.of_user(self.directory.reader, ask.now_ms, ask.viewer.user_id)
        return self.frame.show(ask, "sessions.html", sessions=found)

    async def end_session(self, ask: Ask) -> Response[bytes]:
        """End one; another person's is not there."""
        viewer, number = ask.viewer, ask.form.number("session")

        async def deed(session: Session) -> bool:
            return await sessions.end_one_of(session, ask.now_ms, ask.actor, viewer.user_id, viewer.email, number or 0)

        if number is None or not await self.directory.write(deed):
            raise NotFound("session", "of that number")
        if number == viewer.session.id:
            return self.frame.go(ask, "/sign-in?after=ended", "", self.frame.cookies.without("session"))
        return self.frame.go(ask, "/account/sessions", "That session has ended.")

    async def end_others(self, ask: Ask) -> Response[bytes]:
        """End all but this one."""
        viewer = ask.viewer

        async def deed(session: Session) -> int:
            ended = await sessions.end_others(session, viewer.user_id, viewer.session.id)
            await record(session, ask.now_ms, ask.actor, "session.others_ended", ("user", viewer.email), details={"ended": ended})
            return ended

        ended = await self.directory.write(deed)
        return self.frame.go(ask, "/account/sessions", f"{ended} other session{'' if ended == 1 else 's'} ended.")

    def _show_draft(self, ask: Ask, secret: str, status: int = 200) -> Response[bytes]:
        uri = second_factor.enrolment_uri(secret, ask.viewer.email)
        size, path = _qr_path(uri)
        draft = self.seal.close(msgspec.json.encode(_Draft(ask.viewer.user_id, secret))).decode()
        shown = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        return self.frame.show(ask, "second_factor_on.html", status=status, draft=draft, secret=shown, size=size, path_of_qr=path)

    def _drafted(self, ask: Ask) -> str:
        try:
            draft = msgspec.json.decode(self.seal.open(ask.form.value("draft").encode()), type=_Draft)
        except (MasterKeyError, msgspec.MsgspecError) as error:
            raise BadForm("the draft of the second factor is none of ours") from error
        if draft.user_id != ask.viewer.user_id:
            raise BadForm("the draft of the second factor is another person's")
        return draft.secret


def _qr_path(text: str) -> tuple[int, str]:
    """The side of a QR code in modules, and its dark ones as one SVG path: no style, so that the strict policy holds."""
    matrix = list(segno.make(text, error="m", micro=False).matrix_iter(border=2))
    runs = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark]
    return len(matrix), "".join(runs)


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [
        frame.get("/account/password", SIGNED_IN, fresh=True)(pages.show_password),
        frame.post("/account/password", SIGNED_IN, fresh=True)(pages.set_password),
        frame.get("/account/second-factor", SIGNED_IN, fresh=True)(pages.show_factor),
        frame.post("/account/second-factor", SIGNED_IN, fresh=True)(pages.turn_on),
        frame.post("/account/second-factor/off", SIGNED_IN, fresh=True, form_at="/account/second-factor")(pages.turn_off),
        frame.post("/account/second-factor/codes", SIGNED_IN, fresh=True, form_at="/account/second-factor")(pages.new_codes),
        frame.get("/account/sessions", SIGNED_IN)(pages.show_sessions),
        frame.post("/account/sessions/end", SIGNED_IN)(pages.end_session),
        frame.post("/account/sessions/end-others", SIGNED_IN)(pages.end_others),
    ]


GROUP = PageGroup(_build)
