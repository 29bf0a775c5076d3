"""`/service-accounts`: an organisation's machine logins; seen, made, changed. Their passwords and deeds stand beside."""

from typing import Any

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.authserver.last_use import last_refreshes
from powerepos_cloud.directory import accounts, counterparts, stopping
from powerepos_cloud.directory.accounts import Account, Wanted
from powerepos_cloud.directory.counterparts import Counterpart
from powerepos_cloud.directory.credentials import StoredSecret
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.renaming import rename_account
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound, Refused
from powerepos_cloud.webui import venues, words
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, organisation
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup
from powerepos_cloud.webui.pages import service_account_deeds, service_account_passwords

ROLES = ("owner", "manager")
PATH = "/service-accounts"
UNUSED_MS = 30 * 86_400_000
_ANY = "any partner"


class Shown(msgspec.Struct, frozen=True):
    """An account with all that its row or page says."""

    account: Account
    users: list[Counterpart]
    passwords: list[StoredSecret]
    last_used_at: int | None
    now_ms: int

    @property
    def live(self) -> list[StoredSecret]:
        """The passwords that work."""
        return [password for password in self.passwords if password.is_live(self.now_ms)]

    @property
    def is_unused(self) -> bool:
        """On, and used by nobody for a month."""
        since = self.last_used_at or self.account.created_at
        return self.account.state == "active" and self.now_ms - since > UNUSED_MS

    @property
    def older_password(self) -> StoredSecret | None:
        """Of two live passwords the one that a rotation leaves to be ended: the newer one is used already."""
        if len(self.live) < 2 or self.live[1].last_used_at is None:
            return None
        return self.live[0]


async def shown(session: Session, owned: Organisation, found: list[Account], now_ms: int) -> list[Shown]:
    """The accounts with their partners, passwords and last use."""
    names = {client_id for account in found for client_id in account.clients}
    users = await counterparts.of_clients(session, names)
    refreshes = await last_refreshes(session, owned)
    rows = []
    for account in found:
        passwords = await accounts.passwords_of(session, owned, account.id)
        uses = [password.last_used_at for password in passwords if password.last_used_at is not None]
        uses += [at for (_, sub), at in refreshes.items() if sub == account.id]
        bound = [users[client_id] for client_id in account.clients if client_id in users]
        rows.append(Shown(account, bound, passwords, max(uses, default=None), now_ms))
    return rows


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.backroom = frame.backroom
        self.directory = frame.backroom.directory

    async def listing(self, ask: Ask) -> Response[bytes]:
        """All accounts."""
        owned = ask.viewer.organisation
        rows = await shown(self.directory.reader, owned, await accounts.listing(self.directory.reader, owned), ask.now_ms)
        return self.frame.show(
            ask,
            "service_accounts.html",
            in_use=[row for row in rows if row.account.state == "active"],
            off=[row for row in rows if row.account.state == "off"],
            removed=[row for row in rows if row.account.state == "removed"],
            venues=await venues.venues_of(self.backroom, owned),
            words=words,
        )

    async def one(self, ask: Ask) -> Response[bytes]:
        """One account, and what can be done with it."""
        owned = ask.viewer.organisation
        account = await accounts.get(self.directory.reader, owned, ask.value("account"))
        [row] = await shown(self.directory.reader, owned, [account], ask.now_ms)
        at = await venues.venues_of(self.backroom, owned)
        return self.frame.show(ask, "service_account.html", row=row, account=account, venues=at, words=words)

    async def new(self, ask: Ask) -> Response[bytes]:
        """The form of a new account."""
        ask.form = Form.of(at="all", who="one", client=ask.query("client"))
        return await self._form(ask, None)

    async def make(self, ask: Ask) -> Response[bytes]:
        """Make it, once whoever it is bound to was seen with company and website."""
        owned, form = ask.viewer.organisation, ask.form
        any_partner = form.value("who") == "any"
        user = None if any_partner else await self._user(form)
        chosen = venues.chosen_in(form)
        if not form.all("may"):
            form.blame("may", "Tick at least one thing that it may do.")
        binding = _ANY if any_partner else "" if user is None else user.client_id
        if not form.is_sound or form.value("seen") != binding:
            return await self._form(ask, user, binding)
        bound = [] if user is None else [user.client_id]
        wanted = Wanted(form.value("name"), form.all("may"), chosen, bound, any_partner)

        async def deed(session: Session) -> Account:
            await ask.once(session, PATH)
            made = await accounts.create_bare(session, ask.now_ms, ask.actor, owned, wanted)
            await ask.leads_to(session, f"{PATH}/{made.id}/password")
            return made

        try:
            await venues.check(self.backroom, owned, chosen)
            made = await self.directory.write(deed)
        except Refused as refused:
            form.refuse(refused, permissions="may", clients="client", conflict="")
            return await self._form(ask, user, binding)
        return self.frame.go(ask, f"{PATH}/{made.id}/password", f"{made.name} is made. It needs a password now.")

    async def _user(self, form: Form) -> Counterpart | None:
        try:
            return await counterparts.get(self.directory.reader, form.value("client"))
        except NotFound as refused:
            form.blame("client", "Nobody has this ClientID. " + refused.cure if form.value("client") else "Enter the ClientID.")
            return None

    async def _form(self, ask: Ask, user: Counterpart | None, binding: str = "") -> Response[bytes]:
        owned = ask.viewer.organisation
        return self.frame.show(
            ask,
            "service_account_new.html",
            status=200 if ask.form.is_sound else 422,
            venues=await venues.venues_of(self.backroom, owned),
            permissions=permission_options(),
            user=user,
            stopped=await stopping.find(self.directory.reader, owned, user.partner_id) if user else None,
            binding=binding,
            any_partner=_ANY,
        )

    async def rights(self, ask: Ask) -> Response[bytes]:
        """The form that changes an account's name, what it may do, and where."""
        account = await accounts.get(self.directory.reader, ask.viewer.organisation, ask.value("account"))
        at = "all" if account.outlets is None else "list"
        ask.form = Form.of(name=account.name, may=account.permissions, at=at, outlets=account.outlets or [])
        return await self._rights_form(ask, account)

    async def set_rights(self, ask: Ask) -> Response[bytes]:
        """Change it; what is taken away stops at the next call."""
        owned, form = ask.viewer.organisation, ask.form
        account = await accounts.get(self.directory.reader, owned, ask.value("account"))
        chosen = venues.chosen_in(form)
        if not form.is_sound:
            return await self._rights_form(ask, account)
        changes: dict[str, Any] = {"permissions": form.all("may"), "outlets": chosen}

        async def deed(session: Session) -> Account:
            await rename_account(session, ask.now_ms, ask.actor, owned, account.id, form.value("name"))
            return await accounts.set_rights(session, ask.now_ms, ask.actor, owned, account.id, **changes)

        try:
            await venues.check(self.backroom, owned, chosen)
            changed = await self.directory.write(deed)
        except Refused as refused:
            form.refuse(refused, permissions="may")
            return await self._rights_form(ask, account)
        return self.frame.go(ask, f"{PATH}/{account.id}", f"{changed.name} may do this from now on.")

    async def _rights_form(self, ask: Ask, account: Account) -> Response[bytes]:
        at = await venues.venues_of(self.backroom, ask.viewer.organisation)
        status = 200 if ask.form.is_sound else 422
        return self.frame.show(
            ask, "service_account_rights.html", status=status, account=account, venues=at, permissions=permission_options()
        )


def permission_options() -> list[tuple[str, str, str]]:
    """Every permission as a choice."""
    return [(name, saying.label, saying.small) for name, saying in words.PERMISSIONS.items()]


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    seen, done = organisation(*ROLES), organisation(*ROLES, view_as=False)
    return [
        frame.get(PATH, seen)(pages.listing),
        frame.get(f"{PATH}/new", done)(pages.new),
        frame.post(f"{PATH}/new", done)(pages.make),
        frame.get(f"{PATH}/{{account:str}}", seen)(pages.one),
        frame.get(f"{PATH}/{{account:str}}/rights", done)(pages.rights),
        frame.post(f"{PATH}/{{account:str}}/rights", done)(pages.set_rights),
        *service_account_deeds.build(frame, done),
        *service_account_passwords.build(frame, done),
    ]


GROUP = PageGroup(_build, (Link(ORGANISATION, "Access", "Service accounts", PATH, "key", ROLES, 40),))
