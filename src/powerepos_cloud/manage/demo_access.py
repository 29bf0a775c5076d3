"""Access as a merchant has it after half a year: more partners, service accounts in every state, connections that ended."""

from powerepos.contract import AuthServerScopes, Permissions

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.authserver.store import connection_of_account, touch
from powerepos_cloud.directory import accounts, clients, connections, partners
from powerepos_cloud.directory.clients import Client
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.keyring.ring import Keys

_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
_SYNC = "Tallyho Sync"


class AccessDemo:
    """Fills the directory; `merchant` is who did it all."""

    def __init__(self, now_ms: int, merchant: str, keys: Keys, organisation: Organisation) -> None:
        self.now = now_ms
        self.keys = keys
        self.organisation = organisation
        self.operator = Actor("operator", "demo")
        self.actor = Actor("user", merchant, "203.0.113.24")

    async def add(self, session: Session, outlets: dict[str, str]) -> None:
        """Make it all, unless it is there; `outlets` are GUIDs by name."""
        known = {client.name: client for client in await clients.listing(session)}
        if "Ledgerline" in known or _SYNC not in known:
            return
        ledgerline = await self._integration(session, 140, "Ledgerline Pty Ltd", "https://ledgerline.example", "Ledgerline")
        brightcup = await self._integration(session, 90, "Brightcup Software", "https://brightcup.example", "Brightcup Ordering")
        oldtown = await self._integration(session, 400, "Oldtown Ltd", "https://oldtown.example", "Oldtown Loyalty")
        await self._accounts(session, known[_SYNC], ledgerline, brightcup, outlets)
        await self._approvals(session, brightcup, oldtown)

    async def _integration(self, session: Session, days: int, company: str, website: str, name: str) -> Client:
        at, mail = self.now - days * _DAY_MS, f"hello@{website.removeprefix('https://')}"
        partner = await partners.create(session, at, self.operator, company, website, "Alex Marsh", mail)
        grants = ["password", "client_credentials", "refresh_token"]
        return (await clients.create(session, at, self.operator, self.keys, partner, name, grants))[0]

    async def _accounts(
        self, session: Session, sync: Client, ledgerline: Client, brightcup: Client, outlets: dict[str, str]
    ) -> None:
        submit, view = Permissions.PARTNER_SALES_SUBMIT, Permissions.PARTNER_SALES_VIEW
        quay = [outlets[name] for name in ("Quay Espresso",) if name in outlets] or None
        till = await self._account(session, 60, "Till sales, Quay Espresso", [submit], quay, sync, used_hours=150)
        second = await accounts.add_password(session, self.now - 6 * _DAY_MS, self.actor, self.keys, self.organisation, till)
        await touch(session, "account_passwords", second.id, self.now - _HOUR_MS)
        stock = Permissions.PARTNER_STOCK_SUBMIT
        await self._account(session, 120, "Stock invoices", [stock], None, ledgerline, used_hours=18)
        await self._account(session, 75, "Evening report, unused", [view], None, sync, used_hours=None)
        trial = await self._account(session, 80, "Trial, Brightcup", [submit], quay, brightcup, used_hours=1700)
        await accounts.switch_off(session, self.now - 2 * _HOUR_MS, self.actor, self.organisation, trial)

    async def _account(
        self,
        session: Session,
        days: int,
        name: str,
        permissions: list[str],
        outlets: list[str] | None,
        client: Client,
        *,
        used_hours: int | None,
    ) -> str:
        """An account made so many days ago, used last so many hours ago; its ID."""
        at = self.now - days * _DAY_MS
        account, password = await accounts.create(
            session, at, self.actor, self.keys, self.organisation, name, permissions, outlets, [client.id]
        )
        if used_hours is not None:
            await touch(session, "account_passwords", password.id, self.now - used_hours * _HOUR_MS)
            await connection_of_account(session, client.id, account.id, self.organisation.id, at + _HOUR_MS)
        return account.id

    async def _approvals(self, session: Session, brightcup: Client, oldtown: Client) -> None:
        service, view = [AuthServerScopes.PARTNER_SERVICE], [Permissions.PARTNER_SALES_VIEW]
        for days, client in ((70, brightcup), (300, oldtown)):
            at = self.now - days * _DAY_MS
            await connections.approve(session, at, self.actor, self.organisation, client.id, service, view, None)
        # Not longer ago: what stops tokens is told to the services for some hours only.
        turn = (self.actor, self.organisation)
        await connections.pause(session, self.now - 3 * _HOUR_MS, *turn, brightcup.id, brightcup.id)
        await connections.revoke(session, self.now - 5 * _HOUR_MS, *turn, oldtown.id, oldtown.id)
