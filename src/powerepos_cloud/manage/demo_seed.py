"""What the demo consists of: two merchants, a partner with two clients, support. Seeding twice changes nothing."""

import base64
import secrets
from typing import Any

import msgspec
from powerepos.contract import AuthServerScopes, Permissions

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.directory import (
    accounts,
    assignments,
    clients,
    connections,
    credentials,
    facts,
    organisations,
    partners,
    passwords,
    rights,
    services,
    users,
)
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.sealing import Seal
from powerepos_cloud.foundation.secrets import SecretKind
from powerepos_cloud.keyring.ring import KeyRing
from powerepos_cloud.manage.demo_access import AccessDemo
from powerepos_cloud.manage.demo_calls import CallsDemo
from powerepos_cloud.manage.demo_catalogue import add_demo_catalogue
from powerepos_cloud.manage.demo_sales import SalesDemo
from powerepos_cloud.manage.demo_stock import StockDemo
from powerepos_cloud.manage.demo_support import add_applications
from powerepos_cloud.partnerservices.catalogue import store as catalogue
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.sales import reading
from powerepos_cloud.partnerservices.stock import listing as stock
from powerepos_cloud.resourceserver.caller import Caller

ACTOR = Actor("operator", "demo")
CODE = "HARBOUR-1"
OTHER_CODE = "LAKESIDE"
SALES = (Permissions.PARTNER_SALES_SUBMIT, Permissions.PARTNER_SALES_VIEW, Permissions.PARTNER_STOCK_SUBMIT)
MERCHANT, PARTNER, SUPPORT = "owner@harbour.example", "dev@tallyho.example", "support@powerepos.example"

_NOBODY = "nobody@nowhere.example"
"""Whose password, hashed, those get who never sign in."""

_OUTLETS = {
    CODE: (
        {
            "name": "Harbour Street",
            "zone": "Pacific/Auckland",
            "currency": "NZD",
            "day_start": "04:00",
            "stock_enabled": True,
        },
        {
            "name": "Quay Espresso",
            "zone": "Australia/Sydney",
            "currency": "AUD",
            "day_start": "03:00",
            "stock_enabled": True,
        },
        {"name": "Camden Corner", "zone": "Europe/London", "currency": "GBP", "day_start": "05:00", "stock_enabled": False},
    ),
    OTHER_CODE: ({"name": "Lakeside Bakery", "zone": "Pacific/Auckland", "currency": "NZD", "stock_enabled": True},),
}


class Secrets(msgspec.Struct, frozen=True):
    """`DATA/demo.json` (contract section 2)."""

    token_url: str
    client_id: str
    client_secret: str
    org_id: str
    username: str
    password: str
    outlet_id: str
    ros_client_id: str
    ros_client_secret: str
    webui_url: str
    webui_email: str
    webui_password: str
    partner_email: str
    partner_password: str
    support_email: str
    support_password: str
    support_totp_secret: str


class Demo:
    """Seeds the demo's two databases."""

    def __init__(self, directory: Database, partnerservices: Database, ring: KeyRing, seal: Seal, clock: Clock) -> None:
        self._directory = directory
        self._partnerservices = partnerservices
        self._ring = ring
        self._seal = seal
        self._clock = clock

    async def seed(self, issuer: str, known: Secrets | None) -> Secrets:
        """Make what is missing, and set the URLs to `issuer`; `known` is what an earlier start wrote."""
        person_passwords = {email: secrets.token_urlsafe(15) for email in (MERCHANT, PARTNER, SUPPORT)}
        hashes = {email: passwords.hash_password(password) for email, password in person_passwords.items()}
        unknown = {_NOBODY: passwords.hash_password(secrets.token_urlsafe(15))}
        await self._directory.write(lambda session: self._fill(session, issuer, hashes | unknown))
        organisation = await organisations.by_code(self._directory.reader, CODE)
        other = await organisations.by_code(self._directory.reader, OTHER_CODE)
        outlet_id = await self._partnerservices.write(lambda session: self._add_outlets(session, organisation))
        await self._partnerservices.write(lambda session: self._add_outlets(session, other))
        await self._trade(organisation, issuer)
        await self._open_access(organisation)
        await self._directory.write(lambda session: self._set_uris(session, issuer))
        urls = {"token_url": f"{issuer}/authorisation/token", "webui_url": issuer, "outlet_id": outlet_id}
        if known is not None and await self._still_opens(known):
            return msgspec.structs.replace(known, **urls)
        made = await self._directory.write(lambda session: self._make_secrets(session, organisation, hashes))
        return Secrets(
            **urls,
            **made,
            webui_password=person_passwords[MERCHANT],
            partner_password=person_passwords[PARTNER],
            support_password=person_passwords[SUPPORT],
        )

    async def _fill(self, session: Session, issuer: str, hashes: dict[str, str]) -> None:
        now, keys = self._clock.now_ms(), self._ring.keys
        if not await facts.mark_demo(session, now):
            return
        await services.ensure_services(session)
        instance, _ = await services.create_instance(
            session, now, ACTOR, keys, AuthServerScopes.PARTNER_SERVICE, f"{issuer}/", "Demo Partner Services"
        )
        ros, _ = await services.create_instance(
            session, now, ACTOR, keys, AuthServerScopes.REMOTE_ORDER_SERVER, f"{issuer}/ros/", "Demo remote orders"
        )
        partner = await partners.create(
            session, now, ACTOR, "Tallyho Integrations", "https://tallyho.example", "Kim Reyes", "kim@tallyho.example"
        )
        client, _ = await clients.create(
            session, now, ACTOR, keys, partner, "Tallyho Sync", ["password", "client_credentials", "refresh_token"]
        )
        ros_client, _ = await clients.create(
            session, now, ACTOR, keys, partner, "Tallyho Orders", ["client_credentials", "refresh_token"]
        )
        organisation = await organisations.create(session, now, ACTOR, CODE, "Harbour Street Coffee")
        other = await organisations.create(session, now, ACTOR, OTHER_CODE, "Lakeside Bakery")
        for owned in (organisation, other):
            await assignments.assign(session, now, ACTOR, owned, instance.id)
        await assignments.assign(session, now, ACTOR, organisation, ros.id)
        for owned in (organisation, other):
            await accounts.create(session, now, ACTOR, keys, owned, "Tallyho Sync", list(SALES), None, [client.id])
        await connections.approve(
            session, now, ACTOR, organisation, client.id, [AuthServerScopes.PARTNER_SERVICE], list(SALES), None
        )
        await connections.approve(
            session, now, ACTOR, organisation, ros_client.id, [AuthServerScopes.REMOTE_ORDER_SERVER], [], None
        )
        merchant = await users.create(session, now, ACTOR, MERCHANT, "Mere Tamati", hashes[MERCHANT])
        await users.link_organisation(session, now, ACTOR, merchant, organisation, "owner")
        developer = await users.create(session, now, ACTOR, PARTNER, "Kim Reyes", hashes[PARTNER])
        await users.link_partner(session, now, ACTOR, developer, partner, "owner")
        await users.create(session, now, ACTOR, SUPPORT, "Sam Okafor", hashes[SUPPORT], staff_role="admin")
        await add_applications(session, now, issuer, hashes[_NOBODY], SUPPORT)

    async def _add_outlets(self, session: Session, organisation: Organisation) -> str:
        """The first outlet's GUID; all are made if there are none."""
        wanted: tuple[dict[str, Any], ...] = _OUTLETS[organisation.code]
        if not await outlets.listing(session, organisation.kapow):
            for outlet in wanted:
                await outlets.add(session, self._clock.now_ms(), ACTOR, organisation.kapow, **outlet)
        present = {outlet.name: outlet.id for outlet in await outlets.listing(session, organisation.kapow)}
        return present.get(wanted[0]["name"]) or next(iter(present.values()))

    async def _trade(self, organisation: Organisation, issuer: str) -> None:
        """A catalogue, thirty days of sales and a month of supplier invoices, unless there are any."""
        by_name = {client.name: client.id for client in await clients.listing(self._directory.reader)}
        now = self._clock.now_ms()
        reader = self._partnerservices.reader
        await self._partnerservices.write(lambda session: add_demo_catalogue(session, now, ACTOR, organisation.kapow))
        caller = Caller(
            service=AuthServerScopes.PARTNER_SERVICE,
            organisation_code=organisation.code,
            kapow=organisation.kapow,
            client_id=by_name["Tallyho Sync"],
            sub="demo",
            permissions=frozenset(SALES),
            outlets=None,
            sid="demo",
            expires_at=now // 1000 + 3600,
        )
        shops = {outlet.name: outlet for outlet in await outlets.listing(reader, organisation.kapow)}
        in_order = [shops[wanted["name"]] for wanted in _OUTLETS[organisation.code] if wanted["name"] in shops]
        if not await stock.list_orders(reader, organisation.kapow, limit=1):
            for outlet in in_order[:1]:
                await StockDemo(self._partnerservices, caller, now).buy(outlet)
        if not await reading.zs_of(reader, organisation.kapow, caller.client_id, None, None, 0, 1):
            products = await catalogue.list_products(reader, organisation.kapow, active=True)
            await SalesDemo(self._partnerservices, caller, products, now).sell(in_order)
            troubles = CallsDemo(self._partnerservices, caller, products, issuer, now)
            await troubles.fail(in_order[0])
            await troubles.refuse_token(self._directory)

    async def _open_access(self, organisation: Organisation) -> None:
        """More partners, accounts and connections, unless they are there."""
        known = await outlets.listing(self._partnerservices.reader, organisation.kapow)
        demo = AccessDemo(self._clock.now_ms(), MERCHANT, self._ring.keys, organisation)
        await self._directory.write(lambda session: demo.add(session, {outlet.name: outlet.id for outlet in known}))

    async def _set_uris(self, session: Session, issuer: str) -> None:
        paths = {AuthServerScopes.PARTNER_SERVICE: "/", AuthServerScopes.REMOTE_ORDER_SERVER: "/ros/"}
        for instance in await services.instances_listing(session):
            uri = issuer + paths[instance.service]
            if instance.uri != uri:
                await services.set_instance_uri(session, self._clock.now_ms(), ACTOR, instance.id, uri)

    async def _still_opens(self, known: Secrets) -> bool:
        """Whether the file fits this directory: both may have been deleted or copied one without the other."""
        reader, now = self._directory.reader, self._clock.now_ms()
        hashed = [
            self._ring.keys.hashes(SecretKind.CLIENT_SECRET, secret) for secret in (known.client_secret, known.ros_client_secret)
        ]
        found = [
            await rights.client_by_secret(reader, client_id, candidates[0], now)
            for client_id, candidates in zip((known.client_id, known.ros_client_id), hashed, strict=True)
        ]
        return all(found)

    async def _make_secrets(self, session: Session, organisation: Organisation, hashes: dict[str, str]) -> dict[str, str]:
        """New secrets for all; the old ones, which nobody knows any more, are ended."""
        now, keys = self._clock.now_ms(), self._ring.keys
        by_name = {client.name: client.id for client in await clients.listing(session)}
        shown = {}
        for prefix, name in (("", "Tallyho Sync"), ("ros_", "Tallyho Orders")):
            client_id = by_name[name]
            await credentials.end_all(session, now, credentials.CLIENT_SECRET, client_id)
            shown[f"{prefix}client_id"] = client_id
            shown[f"{prefix}client_secret"] = (await clients.add_secret(session, now, ACTOR, keys, client_id)).secret
        account = next(one for one in await accounts.listing(session, organisation) if one.name == "Tallyho Sync")
        await credentials.end_all(session, now, credentials.ACCOUNT_PASSWORD, account.id)
        password = await accounts.add_password(session, now, ACTOR, keys, organisation, account.id)
        for email, password_hash in hashes.items():
            await users.set_password(session, now, ACTOR, await users.by_email(session, email), password_hash)
        totp_secret = base64.b32encode(secrets.token_bytes(20)).decode()
        support = await users.by_email(session, SUPPORT)
        await users.set_totp(session, now, ACTOR, support, self._seal.close(totp_secret.encode()))
        return {
            **shown,
            "org_id": organisation.code,
            "username": account.id,
            "password": password.secret,
            "webui_email": MERCHANT,
            "partner_email": PARTNER,
            "support_email": SUPPORT,
            "support_totp_secret": totp_secret,
        }
