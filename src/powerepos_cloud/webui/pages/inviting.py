"""Inviting people to a place, and taking it back: the same at organisations, partners and support's own desk."""

from abc import ABC, abstractmethod

from litestar import Response

from powerepos_cloud.directory import invitations
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, Invalid
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.frame import Frame
from powerepos_cloud.webui.session import Place


class Inviting(ABC):
    """The deeds below `base`, where the page with their forms is."""

    def __init__(self, frame: Frame, base: str) -> None:
        self.frame = frame
        self.base = base
        self.directory = frame.backroom.directory

    @abstractmethod
    async def listed(self, ask: Ask, status: int = 200) -> Response[bytes]:
        """The page with the form, and with what is to be mended in it (422)."""

    async def invite(self, ask: Ask) -> Response[bytes]:
        """A mail with a link; the same answer whether the address is known or not."""
        place = self.place(ask)
        email, role = ask.form.value("email"), ask.form.value("role")

        async def deed(session: Session) -> None:
            await ask.once(session, self.base)
            site = self.frame.public_url
            await invitations.invite(session, ask.now_ms, ask.actor, site, place.key, place.name, email, role)

        try:
            await self.directory.write(deed)
        except (Invalid, Conflict) as refused:
            ask.form.refuse(refused, e_mail="email", conflict="email")
            return await self.listed(ask, 422)
        return self.frame.go(ask, self.base, f"{email} is invited. The link in the mail works for a day.")

    async def withdraw(self, ask: Ask) -> Response[bytes]:
        """Take an invitation back."""
        place, number = self.place(ask).key, ask.form.number("invitation")
        await self.directory.write(lambda session: invitations.withdraw(session, ask.now_ms, ask.actor, place, number))
        return self.frame.go(ask, self.base, "The invitation is withdrawn.")

    @staticmethod
    def place(ask: Ask) -> Place:
        """Where the person is at work."""
        place = ask.viewer.place
        assert place is not None  # the frame has checked the audience
        return place
