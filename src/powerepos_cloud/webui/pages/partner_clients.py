"""`/partner/clients`: a partner's clients, their secrets shown once, rotated and retired, their public keys."""

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import clients, partner_view, replacing, rules, sandboxes
from powerepos_cloud.directory.clients import Client
from powerepos_cloud.directory.credentials import MOST_LIVE, NewSecret, StoredSecret
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound, Refused
from powerepos_cloud.webui import calls
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, partner
from powerepos_cloud.webui.navigation import PARTNER, Link, PageGroup
from powerepos_cloud.webui.pages.partner_home import ROLES

_HERE = "/partner/clients"
_DAY_MS = 86_400_000
_LIVES = {"": "never", "90": "in 90 days", "365": "in a year", "730": "in two years"}


class Shown(msgspec.Struct, frozen=True):
    """A client as the page shows it: its live secrets newest first, how many ended, its public keys, its organisations."""

    client: Client
    live: list[StoredSecret]
    ended: int
    keys: list[dict[str, str]]
    organisations: int


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory

    async def listing(self, ask: Ask) -> Response[bytes]:
        """All clients, each with its secrets."""
        mine = await calls.own(self.frame.backroom, ask.viewer.partner.id)
        shown = [
            await self._shown(ask, client, {one.kapow for one in mine.connections if one.client_id == client.id})
            for client in await clients.listing(self.directory.reader, ask.viewer.partner.id)
        ]
        return self.frame.show(ask, "partner_clients.html", clients=shown)

    async def new(self, ask: Ask) -> Response[bytes]:
        """The form for another client."""
        return self.frame.show(ask, "partner_client_new.html")

    async def make(self, ask: Ask) -> Response[bytes]:
        """Another client, without a secret yet; it may use the sandbox at once."""

        async def deed(session: Session) -> Client:
            await ask.once(session, leads_to=_HERE)
            own, name = ask.viewer.partner, ask.form.value("name")
            client = await clients.register(session, ask.now_ms, ask.actor, own, name, list(rules.GRANTS))
            await sandboxes.admit(session, ask.now_ms, ask.actor, own, client.id)
            return client

        try:
            client = await self.directory.write(deed)
        except Refused as refused:
            ask.form.refuse(refused)
            return self.frame.show(ask, "partner_client_new.html", status=422)
        return self.frame.go(ask, _HERE, f"{client.name} is made. Its ClientID is {client.id}; make a secret for it next.")

    async def before_secret(self, ask: Ask) -> Response[bytes]:
        """The button that makes a secret and shows it."""
        return await self._show_before(ask)

    async def show_secret(self, ask: Ask) -> Response[bytes]:
        """Make a secret and show it, in this answer alone."""
        client = await self._own(ask)
        days = ask.form.value("ends_by_itself")
        if days not in _LIVES:
            days = ""
        expires_at = ask.now_ms + int(days) * _DAY_MS if days else None

        async def deed(session: Session) -> NewSecret:
            await ask.once(session, leads_to=_HERE)
            keys, ends = self.frame.backroom.ring.keys, ask.form.number("ends")
            return await replacing.client_secret(session, ask.now_ms, ask.actor, keys, client.id, ends, expires_at)

        try:
            secret = await self.directory.write(deed)
        except Refused as refused:
            ask.form.refuse(refused, conflict="ends")
            return await self._show_before(ask, status=422)
        return self.frame.show(ask, "partner_secret.html", client=client, secret=secret)

    async def retire(self, ask: Ask) -> Response[bytes]:
        """End authentication with a secret."""
        client, secret_id = await self._own(ask), ask.form.number("secret")
        if secret_id is None:
            raise NotFound("client secret", "of that form")
        ended = await self.directory.write(
            lambda session: clients.end_secret(session, ask.now_ms, ask.actor, client.id, secret_id)
        )
        said = "The secret is retired: nobody can sign in with it." if ended else "The secret had ended before."
        return self.frame.go(ask, _HERE, said)

    async def keys(self, ask: Ask) -> Response[bytes]:
        """The client's public keys, to be replaced by others."""
        client = await self._own(ask)
        pretty = "" if client.jwks is None else msgspec.json.format(client.jwks, indent=2)
        ask.form = Form.of(jwks=pretty)
        return self.frame.show(ask, "partner_keys.html", client=client)

    async def set_keys(self, ask: Ask) -> Response[bytes]:
        """Replace the public keys; an empty field takes them away."""
        client = await self._own(ask)
        jwks = ask.form.value("jwks") or None
        try:
            await self.directory.write(lambda session: clients.set_keys(session, ask.now_ms, ask.actor, client.id, jwks))
        except Refused as refused:
            ask.form.refuse(refused, keys="jwks", key="jwks")
            return self.frame.show(ask, "partner_keys.html", status=422, client=client)
        return self.frame.go(ask, _HERE, "The public keys are saved." if jwks else "The public keys are taken away.")

    async def _show_before(self, ask: Ask, status: int = 200) -> Response[bytes]:
        client = await self._own(ask)
        live = [one for one in await clients.secrets_of(self.directory.reader, client.id) if one.is_live(ask.now_ms)]
        return self.frame.show(
            ask,
            "partner_secret_before.html",
            status=status,
            client=client,
            live=live,
            unused=[one for one in live if one.last_used_at is None],
            is_full=len(live) >= MOST_LIVE,
            lives=list(_LIVES.items()),
        )

    async def _shown(self, ask: Ask, client: Client, organisations: set[str]) -> Shown:
        known = await clients.secrets_of(self.directory.reader, client.id)
        live = [secret for secret in known if secret.is_live(ask.now_ms)]
        keys = [] if client.jwks is None else msgspec.json.decode(client.jwks)["keys"]
        return Shown(client, live[::-1], len(known) - len(live), keys, len(organisations))

    async def _own(self, ask: Ask) -> Client:
        """The client of the path. Raises `NotFound`, for another partner's too."""
        reader = self.directory.reader
        return await clients.get(reader, await partner_view.client_of(reader, ask.viewer.partner.id, ask.value("client_id")))


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages, own = _Pages(frame), partner(*ROLES)
    secret, keys = f"{_HERE}/{{client_id:str}}/secret", f"{_HERE}/{{client_id:str}}/keys"
    return [
        frame.get(_HERE, own)(pages.listing),
        frame.get(f"{_HERE}/new", own)(pages.new),
        frame.post(f"{_HERE}/new", own)(pages.make),
        frame.get(secret, own, fresh=True)(pages.before_secret),
        frame.post(secret, own, fresh=True)(pages.show_secret),
        frame.post(f"{_HERE}/{{client_id:str}}/retire", own)(pages.retire),
        frame.get(keys, own, fresh=True)(pages.keys),
        frame.post(keys, own, fresh=True)(pages.set_keys),
    ]


GROUP = PageGroup(_build, (Link(PARTNER, "Build", "Clients and secrets", _HERE, "key", ROLES, 20),))
