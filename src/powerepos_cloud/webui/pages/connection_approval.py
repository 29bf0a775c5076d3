"""Approving an integration by its ClientID, and changing what it may do: the merchant sees company and website first."""

from typing import Any

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import connections, counterparts, stopping
from powerepos_cloud.directory.connections import Connection
from powerepos_cloud.directory.counterparts import Counterpart
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Invalid, NotFound, Refused
from powerepos_cloud.webui import venues, words
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, Who

_APPROVE = "/connections/approve"
_CHANGE = "/connections/{client:str}/change"


class _Approval:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.backroom = frame.backroom
        self.directory = frame.backroom.directory

    async def ask_for(self, ask: Ask) -> Response[bytes]:
        """Step 1 without a ClientID, step 2 with one: who is behind it, and what it shall be allowed."""
        client_id = ask.query("client")
        ask.form = Form.of(client=client_id, services=["partnerservices"], at="all")
        if not client_id:
            return await self._form(ask, None)
        return await self._form(ask, await self._user(ask, client_id))

    async def approve(self, ask: Ask) -> Response[bytes]:
        """Open the connection. The form says whom the merchant saw, and only that client is let in."""
        form, owned = ask.form, ask.viewer.organisation
        user = await self._user(ask, form.value("client"))
        chosen = venues.chosen_in(form)
        _require_service(form)
        if user is None or not form.is_sound:
            return await self._form(ask, user)
        path = f"/connections/{user.client_id}/{user.client_id}"

        async def deed(session: Session) -> Connection:
            await ask.once(session, path)
            rights = (form.all("services"), form.all("may"), chosen)
            return await connections.approve(session, ask.now_ms, ask.actor, owned, user.client_id, *rights)

        try:
            await venues.check(self.backroom, owned, chosen)
            await self.directory.write(deed)
        except Refused as refused:
            _blame(form, refused)
            return await self._form(ask, user)
        return self.frame.go(ask, path, f"{user.client_name} may act for you now.")

    async def change_form(self, ask: Ask) -> Response[bytes]:
        """What an approved connection may do, to be changed."""
        known, user = await self._approved(ask)
        at = "all" if known.outlets is None else "list"
        ask.form = Form.of(services=known.services or [], may=known.permissions or [], at=at, outlets=known.outlets or [])
        return await self._form(ask, user, known)

    async def change(self, ask: Ask) -> Response[bytes]:
        """Change it; what is taken away stops at the next call."""
        form, owned = ask.form, ask.viewer.organisation
        known, user = await self._approved(ask)
        chosen = venues.chosen_in(form)
        _require_service(form)
        if not form.is_sound:
            return await self._form(ask, user, known)
        rights = (known.client_id, form.all("services"), form.all("may"), chosen)
        try:
            await venues.check(self.backroom, owned, chosen)
            await self.directory.write(lambda session: connections.change(session, ask.now_ms, ask.actor, owned, *rights))
        except Refused as refused:
            _blame(form, refused)
            return await self._form(ask, user, known)
        path = f"/connections/{known.client_id}/{known.client_id}"
        return self.frame.go(ask, path, f"{user.client_name} may do this from now on.")

    async def _approved(self, ask: Ask) -> tuple[Connection, Counterpart]:
        client_id = ask.value("client")
        known = await connections.get(self.directory.reader, ask.viewer.organisation, client_id, client_id)
        return known, await counterparts.get(self.directory.reader, client_id)

    async def _user(self, ask: Ask, client_id: str) -> Counterpart | None:
        try:
            return await counterparts.get(self.directory.reader, client_id)
        except NotFound as refused:
            ask.form.blame("client", f"Nobody has this ClientID. {refused.cure}")
            return None

    async def _form(self, ask: Ask, user: Counterpart | None, known: Connection | None = None) -> Response[bytes]:
        owned = ask.viewer.organisation
        facts: dict[str, Any] = {
            "user": user,
            "stopped": await stopping.find(self.directory.reader, owned, user.partner_id) if user else None,
            "known": known,
            "venues": await venues.venues_of(self.backroom, owned),
            "services": [(name, saying.label, saying.small) for name, saying in words.SERVICES.items()],
            "permissions": [(name, saying.label, saying.small) for name, saying in words.PERMISSIONS.items()],
        }
        status = 200 if ask.form.is_sound else 422
        return self.frame.show(ask, "connection_approve.html", status=status, **facts)


def _require_service(form: Form) -> None:
    if not form.all("services"):
        form.blame("services", "Tick at least one service.")


def _blame(form: Form, refused: Refused) -> None:
    """Say in words what the room says in codes."""
    if isinstance(refused, Invalid) and refused.field == "permissions":
        fits = "sales and stock go through Partner Services, figures and records through reporting"
        form.blame("may", f"Tick what fits the services: {fits}.")
    form.refuse(refused, permissions="may")


def build(frame: Frame, done: Who) -> list[ControllerRouterHandler]:
    """The handlers, for `connections`."""
    pages = _Approval(frame)
    return [
        frame.get(_APPROVE, done)(pages.ask_for),
        frame.post(_APPROVE, done)(pages.approve),
        frame.get(_CHANGE, done)(pages.change_form),
        frame.post(_CHANGE, done)(pages.change),
    ]
