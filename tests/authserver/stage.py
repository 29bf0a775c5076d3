"""What the tests of refresh, revocation and keys act with: partners' clients, the merchant's deeds, and what they leave."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import msgspec
from sqlalchemy import Row, insert, select

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.audit.tables import audit
from powerepos_cloud.authserver.tables import families, superseded
from powerepos_cloud.directory import organisations, revocations
from powerepos_cloud.directory import tables as t
from powerepos_cloud.directory.revocations import Entry
from powerepos_cloud.foundation.database import Session
from tests.support.application import Running
from tests.support.clock import FakeClock
from tests.support.patience import until_answered
from tests.support.world import Account, Client, Organisation, World

T = TypeVar("T")

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

MERCHANT = Actor("user", "owner@harbour.example", "203.0.113.9", "request-of-the-merchant")
OFFLINE = "partnerservices offline_access"


class Stage:
    """A partner's side and a merchant's side of one running AuthServer."""

    def __init__(self, world: World, clock: FakeClock, app: Running) -> None:
        self.world = world
        self.clock = clock
        self.app = app

    async def sign_in(self, account: Account | None = None, client: Client | None = None, **others: Any) -> dict[str, Any]:
        """A password grant that must succeed; its answer."""
        form = (client or self.world.client).form("password", **(account or self.world.account).login(**others))
        answer = await self.app.token(form)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def refresh(
        self, token: str, *, client: Client | None = None, source: str | None = None, agent: str = "till/1", **form: str
    ) -> httpx.Response:
        """A refresh, whatever becomes of it."""
        data = (client or self.world.client).form("refresh_token", refresh_token=token, **form)
        headers = {"user-agent": agent}
        if source is None:
            return await self.app.token(data, headers=headers)
        async with self.app.called_from(source) as http:
            return await http.post("/authorisation/token", data=data, headers=headers)

    async def refreshed(self, token: str, **options: Any) -> dict[str, Any]:
        """A refresh that must succeed; its answer."""
        answer = await self.refresh(token, **options)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def successor(self, token: str, **options: Any) -> str:
        """The refresh token that follows this one."""
        token_after: str = (await self.refreshed(token, **options))["refresh_token"]
        return token_after

    async def refused(self, token: str, error: str = "invalid_grant", **options: Any) -> str:
        """A refresh that must be refused with this error; the text."""
        answer = await self.refresh(token, **options)
        assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text
        text: str = answer.json()["error_description"]
        return text

    async def revoke(self, token: str, client: Client | None = None, **form: str) -> httpx.Response:
        """POST /authorisation/revoke."""
        who = client or self.world.client
        data = {"client_id": who.id, "client_secret": who.secret, "token": token, **form}
        return await self.app.http.post("/authorisation/revoke", data=data)

    async def call(self, access_token: str) -> int:
        """The status of an API call with this token, once the service has read what there is to know."""
        await until_answered(self._is_ready, 5)
        answer = await self.app.http.get("/api/v1/connection", headers={"authorization": f"Bearer {access_token}"})
        return answer.status_code

    async def comes_to(self, access_token: str, status: int, seconds: float = 2) -> None:
        """Wait until API calls with this token get this status: within two seconds, as promised."""

        async def met() -> bool:
            return await self.call(access_token) == status

        await until_answered(met, seconds)

    async def _is_ready(self) -> bool:
        return (await self.app.http.get("/readyz")).status_code == 200

    async def introspect(self, token: str, service: str = "partnerservices") -> dict[str, Any]:
        """POST /authorisation/introspect by the service's instance; the answer."""
        instance_id, credential, _ = self.world.instances[service]
        url = "/authorisation/introspect"
        answer = await self.app.http.post(url, data={"token": token}, auth=(instance_id, credential))
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def deed(self, function: Callable[..., Awaitable[T]], *arguments: Any, at: Organisation | None = None) -> T:
        """One of the directory's deeds at an organisation (the harbour's), by its owner, now."""
        now, code = self.clock.now_ms(), (at or self.world.harbour).code

        async def unit(session: Session) -> T:
            organisation = await organisations.by_code(session, code)
            return await function(session, now, MERCHANT, organisation, *arguments)

        return await self.world.database.write(unit)

    async def connection_deed(self, function: Callable[..., Awaitable[T]], account: Account | None = None) -> T:
        """A deed on the connection of the client with the account."""
        return await self.deed(function, self.world.client.id, (account or self.world.account).id)

    async def client_deed(self, function: Callable[..., Awaitable[T]]) -> T:
        """A deed on the client, by support."""
        now = self.clock.now_ms()
        return await self.world.database.write(lambda session: function(session, now, MERCHANT, self.world.client.id))

    async def add_owner(self, organisation: Organisation, email: str) -> None:
        """A person who owns the organisation."""

        async def unit(session: Session) -> None:
            user = insert(t.users).values(
                email=email, email_key=email, name="Owner", password_hash="-", created_at=self.clock.now_ms()
            )
            user_id = await session.scalar(user.returning(t.users.c.id))
            link = {"user_id": user_id, "organisation_id": organisation.id, "role": "owner"}
            await session.run(insert(t.user_organisations).values(link))

        await self.world.database.write(unit)

    async def audited(self, action: str) -> list[dict[str, Any]]:
        """The details of every audit row of this action, in order, with actor, source and client."""
        rows = await self._rows(select(audit).where(audit.c.action == action).order_by(audit.c.at, audit.c.id))
        return [
            msgspec.json.decode(row.details) | {"actor": row.actor, "client_id": row.client_id, "subject": row.subject}
            for row in rows
        ]

    async def mailed(self) -> list[str]:
        """The recipients of all mail that waits, in order."""
        return [row.recipient for row in await self._rows(select(t.mails).order_by(t.mails.c.id))]

    async def feed(self) -> list[Entry]:
        """All entries of the feed."""
        return (await revocations.read_after(self.world.database.reader, 0, 1000)).entries

    async def family(self, grant_id: str | None = None) -> Any:
        """The row of the refresh family of this grant, or of the only one."""
        wanted = select(families)
        [row] = await self._rows(wanted if grant_id is None else wanted.where(families.c.id == grant_id))
        return row

    async def history(self) -> list[Row[Any]]:
        """The tokens that were used, oldest use first."""
        return await self._rows(select(superseded).order_by(superseded.c.used_at))

    async def late_repeats(self) -> int:
        """What is counted on the connection of client and account."""
        counted = select(t.connections.c.late_repeats).where(
            t.connections.c.organisation_id == self.world.harbour.id, t.connections.c.sub == self.world.account.id
        )
        [row] = await self._rows(counted)
        number: int = row[0]
        return number

    async def _rows(self, statement: Any) -> list[Row[Any]]:
        return list(await self.world.database.reader.all(statement))
