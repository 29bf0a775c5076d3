"""`/account/email` and `/confirm-address/…`: another address for the account."""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import addresses
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, Invalid
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.frame import PUBLIC, SIGNED_IN, Frame
from powerepos_cloud.webui.navigation import PageGroup


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory

    async def show(self, ask: Ask) -> Response[bytes]:
        """Asks for the new address."""
        return self.frame.show(ask, "account_email.html")

    async def change(self, ask: Ask) -> Response[bytes]:
        """A mail to the new address; nothing changes before its link is used."""
        new, site = ask.form.value("email"), self.frame.public_url

        async def deed(session: Session) -> str:
            await ask.once(session, "/account")
            return await addresses.ask_change(session, ask.now_ms, ask.actor, site, ask.viewer.user_id, new)

        try:
            address = await self.directory.write(deed)
        except (Invalid, Conflict) as refused:
            ask.form.refuse(refused, e_mail="email", conflict="email")
            return self.frame.show(ask, "account_email.html", status=422)
        return self.frame.go(ask, "/account", f"A mail is on its way to {address}. Until its link is used, all stays as it is.")

    async def show_link(self, ask: Ask) -> Response[bytes]:
        """A button: only its press changes anything."""
        owner, address = await addresses.look(self.directory.reader, ask.now_ms, ask.value("token"))
        return self.frame.show(ask, "confirm_address.html", owner=owner, address=address)

    async def confirm(self, ask: Ask) -> Response[bytes]:
        """The account has its new address."""
        token = ask.value("token")
        await self.directory.write(lambda session: addresses.confirm(session, ask.now_ms, ask.actor, token))
        if ask.visitor is None:
            return self.frame.go(ask, "/sign-in?after=address")
        return self.frame.go(ask, "/account", "Your new address is confirmed.")


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [
        frame.get("/account/email", SIGNED_IN, fresh=True)(pages.show),
        frame.post("/account/email", SIGNED_IN, fresh=True)(pages.change),
        frame.get("/confirm-address/{token:str}", PUBLIC)(pages.show_link),
        frame.post("/confirm-address/{token:str}", PUBLIC)(pages.confirm),
    ]


GROUP = PageGroup(_build)
