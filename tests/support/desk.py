"""A desk at which a test does deeds in the directory, and reads what they left behind."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Table, select, text

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.audit.tables import audit
from powerepos_cloud.directory import clients, organisations, partners, revocations, services
from powerepos_cloud.directory.accounts import Account
from powerepos_cloud.directory.clients import Client
from powerepos_cloud.directory.credentials import NewSecret
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.partners import Partner
from powerepos_cloud.directory.revocations import Entry
from powerepos_cloud.directory.tables import connections as connections_table
from powerepos_cloud.foundation.database import Database, Session, crossing
from powerepos_cloud.keyring.ring import Keys
from tests.support.clock import FakeClock

T = TypeVar("T")

ACTOR = Actor("operator", "tester", "192.0.2.1", "request-1")
KEYS = Keys([], [("hash-1", b"h" * 32)], [])
SALES = "Partner Sales (Submit)"
SALES_VIEW = "Partner Sales (View)"
STOCK = "Partner Stock (Submit)"


class Desk:
    """Deeds are store functions whose first parameters are session, time and actor."""

    def __init__(self, database: Database, clock: FakeClock) -> None:
        self.database = database
        self.clock = clock

    async def do(self, deed: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
        """Do a deed in a writing unit of its own."""
        now = self.clock.now_ms()

        async def unit(session: Session) -> T:
            return await deed(session, now, ACTOR, *arguments, **named)

        return await self.database.write(unit)

    async def at_once(self, *deeds: tuple[Any, ...]) -> list[Any]:
        """Do deeds (function and arguments) side by side; what each gave or raised.

        On PostgreSQL each is held before its audit row until all of them have got there, or wait for one another: so what
        they looked at before is as stale as it can ever be. On SQLite they queue by themselves.
        """
        holder = asyncio.create_task(self.database.write(_hold_audit)) if self.database.dialect == "postgresql" else None
        await asyncio.sleep(0.1 if holder else 0)
        results = await asyncio.gather(*(self.do(*deed) for deed in deeds), return_exceptions=True)
        if holder:
            await holder
        return results

    async def ask(self, question: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
        """Read by a store function."""

        async def unit(session: Session) -> T:
            return await question(session, *arguments, **named)

        return await self.database.read(unit)

    async def organisation(self, code: str = "HARBOUR") -> Organisation:
        """A merchant."""
        return await self.do(organisations.create, code, code.title())

    async def partner(self, company_name: str = "Tills Ltd") -> Partner:
        """A partner company."""
        return await self.do(partners.create, company_name, "https://tills.example", "Ann", "ann@tills.example")

    async def client(self, partner: Partner | None = None) -> Client:
        """A client with every grant."""
        return (await self.client_with_secret(partner))[0]

    async def client_with_secret(self, partner: Partner | None = None) -> tuple[Client, NewSecret]:
        """A client with every grant, and its secret."""
        partner = partner or await self.partner()
        grants = ["password", "client_credentials", "refresh_token"]
        return await self.do(clients.create, KEYS, partner, "Tills", grants)

    async def connect(self, organisation: Organisation, account: Account, client: Client) -> None:
        """What the first password grant does: the connection of client and account comes into being."""
        values = {
            "organisation_id": organisation.id,
            "client_id": client.id,
            "sub": account.id,
            "kind": "account",
            "state": "active",
            "valid_from": 0,
            "late_repeats": 0,
            "created_at": self.clock.now_ms(),
        }
        await self.database.write(lambda session: session.run(connections_table.insert().values(values)))

    async def services(self) -> None:
        """The four services with their default lifetimes."""
        await self.database.write(services.ensure_services)

    async def audit(self) -> list[tuple[str, str]]:
        """(action, subject) of every audit row, in order. Checks that each names who did it, when and from where."""
        rows = await self.database.reader.all(select(audit).order_by(audit.c.at, audit.c.id))
        for row in rows:
            assert (row.actor_kind, row.actor, row.source, row.request_id) == msgspec.structs.astuple(ACTOR)
        return [(row.action, row.subject) for row in rows]

    async def newest_audit(self) -> tuple[str, str, str | None, str | None, dict[str, Any]]:
        """Action, subject, kapow, client and details of the newest audit row."""
        row = await self.database.reader.first(select(audit).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(1))
        assert row is not None
        return row.action, row.subject, row.kapow, row.client_id, msgspec.json.decode(row.details)

    async def feed(self, after: int = 0) -> list[Entry]:
        """The entries of the feed after a number."""
        return (await revocations.read_after(self.database.reader, after, 1000)).entries

    async def valid_from(self, table: Table, key: Any) -> int:
        """The revocation number below which nothing works that was issued on this connection, client or account."""
        wanted = select(table.c.valid_from).where(table.c.id == key)
        number: int = await self.database.reader.scalar(crossing(wanted, "a test looks at one row by its key"))
        return number


async def unchanged(desk: Desk, deed: Callable[..., Awaitable[Any]], *arguments: Any, **named: Any) -> Any:
    """The deed's result; it must leave neither an audit row nor an entry in the feed."""
    before = (await desk.audit(), await desk.feed())
    result = await desk.do(deed, *arguments, **named)
    assert (await desk.audit(), await desk.feed()) == before
    return result


async def refused(desk: Desk, error: type[Exception], deed: Callable[..., Awaitable[Any]], *arguments: Any, **named: Any) -> str:
    """The text of the refusal; the deed must leave neither an audit row nor an entry in the feed."""
    before = (await desk.audit(), await desk.feed())
    try:
        await desk.do(deed, *arguments, **named)
    except error as raised:
        assert (await desk.audit(), await desk.feed()) == before
        return str(raised)
    raise AssertionError(f"{deed.__name__} was not refused")


async def _hold_audit(session: Session) -> None:
    await session.run(text("LOCK TABLE audit IN EXCLUSIVE MODE"))
    await session.run(text("SELECT pg_sleep(0.6)"))
