"""A small world for tests of the AuthServer: two organisations, two partners, accounts, approvals, two services."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from powerepos.contract import Permissions
from sqlalchemy import insert
from sqlalchemy.sql import Executable

from powerepos_cloud.directory import tables as t
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.ids import new_account_id, new_client_id, new_instance_id
from powerepos_cloud.foundation.json_lists import dump_list
from powerepos_cloud.foundation.sealing import Seal
from powerepos_cloud.foundation.secrets import SecretKind, generate
from powerepos_cloud.keyring import store as keyring_store
from powerepos_cloud.keyring.ring import KeyRing

ISSUER = "http://localhost:8000"
PARTNERSERVICES_URI = f"{ISSUER}/"
ROS_URI = f"{ISSUER}/ros/"
ALL_GRANTS = ["password", "client_credentials", "refresh_token"]


@dataclass
class Client:
    """A partner's client with its secret."""

    id: str
    secret: str

    def form(self, grant_type: str, **parameters: str | None) -> dict[str, str]:
        """A token request of this client; parameters that are None are left out."""
        form = {"grant_type": grant_type, "client_id": self.id, "client_secret": self.secret, **parameters}
        return {name: value for name, value in form.items() if value is not None}


@dataclass
class Account:
    """A service account with its password and organisation."""

    id: str
    password: str
    org_id: str

    def login(self, scope: str | None = "partnerservices offline_access", **others: str | None) -> dict[str, str | None]:
        """The parameters of the password grant."""
        return {"org_id": self.org_id, "username": self.id, "password": self.password, "scope": scope, **others}


@dataclass
class Organisation:
    """A merchant."""

    id: int
    code: str
    kapow: str


@dataclass
class World:
    """What a test needs to know of what is in the database."""

    database: Database
    clock: Clock
    seal: Seal
    ring: KeyRing
    harbour: Organisation
    lakeside: Organisation
    client: Client
    other_client: Client
    account: Account
    lakeside_account: Account
    instances: dict[str, tuple[str, str, str]]
    """Service → (ID, credential, URI)."""
    partners: dict[str, int] = field(default_factory=dict)

    async def run(self, statement: Executable) -> None:
        """Run one statement that writes."""
        await self.database.write(lambda session: session.run(statement))


async def make_world(database: Database, clock: Clock, seal: Seal) -> World:
    """Fill an empty, migrated directory."""
    ring = KeyRing(database, seal, clock)
    await database.write(lambda session: keyring_store.ensure(session, seal, clock.now_ms(), {"ES256"}))
    await ring.load()
    return await database.write(lambda session: _Maker(session, database, clock, seal, ring).make())


class _Maker:
    def __init__(self, session: Session, database: Database, clock: Clock, seal: Seal, ring: KeyRing) -> None:
        self.session = session
        self.database = database
        self.clock = clock
        self.seal = seal
        self.ring = ring
        self.now = clock.now_ms()

    async def make(self) -> World:
        instances = {
            "partnerservices": await self.service("partnerservices", PARTNERSERVICES_URI),
            "ros": await self.service("ros", ROS_URI),
        }
        harbour = await self.organisation("HARBOUR-1", "Harbour Street Coffee")
        lakeside = await self.organisation("LAKESIDE", "Lakeside Bakery")
        for organisation in (harbour, lakeside):
            for service, (instance_id, _, _) in instances.items():
                await self.add(t.assignments, organisation_id=organisation.id, service=service, instance_id=instance_id)
        partner = await self.partner("Tallyho")
        rival = await self.partner("Rival")
        client, other_client = await self.client(partner), await self.client(rival)
        account = await self.account(harbour, client)
        lakeside_account = await self.account(lakeside, client)
        await self.approve(harbour, client, ["partnerservices", "ros"])
        return World(
            self.database, self.clock, self.seal, self.ring, harbour, lakeside, client, other_client, account,
            lakeside_account, instances, {"Tallyho": partner, "Rival": rival},
        )  # fmt: skip

    async def add(self, table: Any, **values: Any) -> Any:
        """Insert one row; its first primary key column."""
        return await self.session.scalar(insert(table).values(**values).returning(next(iter(table.primary_key.columns))))

    async def secret(self, table: Any, owner: str, owner_id: str, kind: SecretKind) -> str:
        secret = generate(kind)
        hash_key, hashed = self.ring.keys.hash(kind, secret)
        await self.add(table, **{owner: owner_id}, hash=hashed, hash_key=hash_key, hint=secret[-4:], created_at=self.now)
        return secret

    async def service(self, name: str, uri: str) -> tuple[str, str, str]:
        await self.add(
            t.services, name=name, alg="ES256", access_seconds=28_800, refresh_idle_seconds=90 * 86_400,
            refresh_total_seconds=365 * 86_400,
        )  # fmt: skip
        instance_id = new_instance_id()
        await self.add(t.instances, id=instance_id, service=name, uri=uri, name=name, created_at=self.now)
        credential = await self.secret(t.instance_credentials, "instance_id", instance_id, SecretKind.INSTANCE_CREDENTIAL)
        return instance_id, credential, uri

    async def organisation(self, code: str, name: str) -> Organisation:
        kapow = str(uuid.uuid4())
        new = await self.add(
            t.organisations, code=code, code_key=code.upper(), kapow=kapow, name=name, state="active", created_at=self.now
        )
        return Organisation(new, code, kapow)

    async def partner(self, name: str) -> int:
        number: int = await self.add(
            t.partners, company_name=name, website=f"https://{name.lower()}.example", contact_name="Kim",
            contact_email=f"kim@{name.lower()}.example", state="approved", created_at=self.now,
        )  # fmt: skip
        owner = await self.add(
            t.users, email=f"owner@{name.lower()}.example", email_key=f"owner@{name.lower()}.example", name="Owner",
            password_hash="-", created_at=self.now,
        )  # fmt: skip
        await self.add(t.user_partners, user_id=owner, partner_id=number, role="owner")
        return number

    async def client(self, partner_id: int) -> Client:
        client_id = new_client_id()
        await self.add(
            t.clients, id=client_id, partner_id=partner_id, name="main", grants=dump_list(ALL_GRANTS), state="active",
            created_at=self.now,
        )  # fmt: skip
        return Client(client_id, await self.secret(t.client_secrets, "client_id", client_id, SecretKind.CLIENT_SECRET))

    async def account(self, organisation: Organisation, client: Client, permissions: list[str] | None = None) -> Account:
        account_id = new_account_id()
        granted = [Permissions.PARTNER_SALES_SUBMIT, Permissions.RAW_DATA_VIEW] if permissions is None else permissions
        await self.add(
            t.accounts, id=account_id, organisation_id=organisation.id, name="till", permissions=dump_list(granted),
            any_partner=False, state="active", created_at=self.now,
        )  # fmt: skip
        await self.add(t.account_bindings, account_id=account_id, client_id=client.id)
        password = await self.secret(t.account_passwords, "account_id", account_id, SecretKind.SERVICE_PASSWORD)
        return Account(account_id, password, organisation.code)

    async def approve(self, organisation: Organisation, client: Client, services: list[str]) -> None:
        await self.add(
            t.connections, organisation_id=organisation.id, client_id=client.id, sub=client.id, kind="approved",
            state="active", services=dump_list(services), permissions=dump_list([Permissions.PARTNER_SALES_SUBMIT]),
            valid_from=0, late_repeats=0, created_at=self.now,
        )  # fmt: skip
