"""`/account/passkeys` and signing in by one. The ceremony needs a script; beside it password and second factor always work."""

import secrets
from urllib.parse import urlsplit

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import passkeys
from powerepos_cloud.directory.passkeys import NotProved
from powerepos_cloud.directory.sign_in import SignInRefused
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, Invalid
from powerepos_cloud.foundation.sealing import MasterKeyError
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import BadForm, Form
from powerepos_cloud.webui.frame import PUBLIC, SIGNED_IN, Frame
from powerepos_cloud.webui.navigation import PageGroup
from powerepos_cloud.webui.pages.sign_in import enter, safe_path

_CEREMONY_MS = 5 * 60_000


class _Challenge(msgspec.Struct, frozen=True):
    """What a ceremony proves to have been made for: sealed in the form, so that nothing is kept for who only looks."""

    bound_to: str
    challenge: bytes
    ends_at: int


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory
        parts = urlsplit(frame.public_url)
        self.site = passkeys.Site(parts.hostname or "", frame.public_origin)

    async def show(self, ask: Ask) -> Response[bytes]:
        """A person's passkeys, and the button that makes another."""
        return await self._show(ask)

    async def add(self, ask: Ask) -> Response[bytes]:
        """Keep what the browser made."""
        viewer = ask.viewer
        try:
            made = passkeys.verify_made(self.site, self._challenge(ask), ask.form.raw("credential"))
        except NotProved as refused:
            self._log(ask, str(refused))
            ask.form.blame("", "The browser made no passkey for this site. Try again.")
            return await self._show(ask, status=422)

        async def deed(session: Session) -> None:
            await ask.once(session, "/account/passkeys")
            await passkeys.add(session, ask.now_ms, ask.actor, viewer.user_id, viewer.email, made, ask.form.value("name"))

        try:
            await self.directory.write(deed)
        except (Invalid, Conflict) as refused:
            ask.form.refuse(refused)
            return await self._show(ask, status=422)
        return self.frame.go(ask, "/account/passkeys", "The passkey is added. Sign in with it from now on.")

    async def remove(self, ask: Ask) -> Response[bytes]:
        """Forget one."""
        viewer, number = ask.viewer, ask.form.number("passkey")

        async def deed(session: Session) -> None:
            await passkeys.remove(session, ask.now_ms, ask.actor, viewer.user_id, viewer.email, number)

        await self.directory.write(deed)
        return self.frame.go(ask, "/account/passkeys", "The passkey is removed.")

    async def show_sign_in(self, ask: Ask) -> Response[bytes]:
        """The page that asks the browser for a passkey."""
        if ask.visitor is not None:
            return self.frame.go(ask, "/start")
        ask.form = Form.of(next=safe_path(ask.query("next")))
        return self._show_sign_in(ask)

    async def sign_in(self, ask: Ask) -> Response[bytes]:
        """Both factors at once. Failures elsewhere do not close this way."""
        target = safe_path(ask.form.value("next"))
        challenge = self._challenge(ask)
        try:
            known, count = await passkeys.verify_shown(self.directory.reader, self.site, challenge, ask.form.raw("credential"))
            await ask.claim(self.directory, "/sign-in")
            found = await self.frame.sign_in.by_passkey(known, count, ask.origin)
        except (NotProved, SignInRefused) as refused:
            self._log(ask, str(refused))
            ask.form.blame("", "That passkey does not open anything here.")
            return self._show_sign_in(ask, status=422)
        return enter(self.frame, ask, found, target)

    def _show_sign_in(self, ask: Ask, status: int = 200) -> Response[bytes]:
        challenge = secrets.token_bytes(32)
        options = passkeys.sign_in_options(self.site, challenge)
        return self.frame.show(ask, "sign_in_passkey.html", status=status, options=options, sealed=self._sealed(ask, challenge))

    async def _show(self, ask: Ask, status: int = 200) -> Response[bytes]:
        viewer, challenge = ask.viewer, secrets.token_bytes(32)
        known = await passkeys.of_user(self.directory.reader, viewer.user_id)
        options = passkeys.registration_options(self.site, viewer.user_id, viewer.email, viewer.name, known, challenge)
        sealed = self._sealed(ask, challenge)
        return self.frame.show(ask, "passkeys.html", status=status, passkeys=known, options=options, sealed=sealed)

    def _sealed(self, ask: Ask, challenge: bytes) -> str:
        what = _Challenge(ask.owner.hex(), challenge, self.frame.backroom.clock.now_ms() + _CEREMONY_MS)
        return self.frame.backroom.seal.close(msgspec.json.encode(what)).decode()

    def _challenge(self, ask: Ask) -> bytes:
        try:
            found = msgspec.json.decode(self.frame.backroom.seal.open(ask.form.value("challenge").encode()), type=_Challenge)
        except (MasterKeyError, msgspec.MsgspecError) as error:
            raise BadForm("the challenge is none of ours") from error
        if found.bound_to != ask.owner.hex():
            raise BadForm("the challenge is another browser's")
        # One that is too old proves nothing: whatever was signed, it does not fit this.
        return found.challenge if found.ends_at > ask.now_ms else secrets.token_bytes(32)

    def _log(self, ask: Ask, reason: str) -> None:
        said = {"source": ask.facts.source, "request_id": ask.facts.request_id}
        self.frame.backroom.log.info("webui.passkey_refused", reason=reason, **said)


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [
        frame.get("/account/passkeys", SIGNED_IN, fresh=True)(pages.show),
        frame.post("/account/passkeys", SIGNED_IN, fresh=True)(pages.add),
        frame.post("/account/passkeys/remove", SIGNED_IN, fresh=True, form_at="/account/passkeys")(pages.remove),
        frame.get("/sign-in/passkey", PUBLIC)(pages.show_sign_in),
        frame.post("/sign-in/passkey", PUBLIC)(pages.sign_in),
    ]


GROUP = PageGroup(_build)
