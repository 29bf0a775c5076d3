"""The whole application with people in it, for tests of signed-in pages by HTTP."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx

from powerepos_cloud.audit.store import SYSTEM
from powerepos_cloud.directory import mails, services, sessions
from powerepos_cloud.directory.users import User
from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.foundation.database import Database, Session, open_database
from powerepos_cloud.foundation.sealing import Seal
from powerepos_cloud.settings import Settings
from tests.support.application import MASTER_KEY, Running, running, settings_for
from tests.support.clock import FakeClock
from tests.support.databases import SqliteDatabases
from tests.support.patience import until_answered
from tests.support.server import free_port, serving
from tests.support.world import ISSUER, World, make_world
from tests.webui.people import PASSWORD, PEOPLE, add_people
from tests.webui.reader import Reader


class House:
    """`signed_in("organisation", "owner")` gives a person at work; see `PEOPLE` for who there is."""

    def __init__(
        self,
        app: Running,
        world: World,
        clock: FakeClock,
        partnerservices: Database,
        users: dict[tuple[str, str], User],
        stack: AsyncExitStack,
    ) -> None:
        self.app = app
        self.world = world
        self.clock = clock
        self.directory = world.database
        self.partnerservices = partnerservices
        self.users = users
        self._stack = stack

    async def visitor(self, source: str = "192.0.2.1") -> Reader:
        """Somebody with a fresh browser."""
        http: httpx.AsyncClient = await self._stack.enter_async_context(self.app.called_from(source))
        return Reader(http, ISSUER)

    async def signed_in(self, audience: str, role: str) -> Reader:
        """A person who has just signed in, by the forms."""
        person, reader = PEOPLE[audience, role], await self.visitor()
        if person.has_code:
            self.clock.advance_ms(30_000)  # a code works once
        page = await reader.sign_in(person.email, PASSWORD, person.code_at(self.clock.now_ms()))
        assert page.status == 200, page.text
        assert "/sign-in" not in page.path, page.text
        return reader


@asynccontextmanager
async def house_at(directory_url: str, partnerservices_url: str, clock: FakeClock, **others: Any) -> AsyncIterator[House]:
    """The application on these two empty databases, filled with the world and its people; `others` are settings."""
    seal = Seal(MASTER_KEY)
    directory, partnerservices = open_database("directory", directory_url), open_database("partnerservices", partnerservices_url)
    try:
        world = await make_world(directory, clock, seal)
        users = await add_people(directory, world, clock, seal)
        async with running(settings_for(directory_url, partnerservices_url, **others), clock) as app, AsyncExitStack() as stack:
            yield House(app, world, clock, partnerservices, users, stack)
    finally:
        await directory.close()
        await partnerservices.close()


class LitHouse:
    """The same behind a real server, with the real time."""

    def __init__(
        self, url: str, settings: Settings, world: World, partnerservices: Database, users: dict[tuple[str, str], User]
    ) -> None:
        self.url = url
        self.settings = settings
        self.world = world
        self.directory = world.database
        self.partnerservices = partnerservices
        self.users = users

    async def cookie(self, audience: str, role: str) -> dict[str, str]:
        """The cookie of a fresh session of this person, as Playwright takes it."""
        token, user, clock = sessions.new_token(), self.users[audience, role], SystemClock()

        async def deed(session: Session) -> None:
            await sessions.begin(
                session,
                clock.now_ms(),
                token,
                user.id,
                user.staff_role,
                stage=sessions.OPEN,
                second_factor=PEOPLE[audience, role].has_code,
                source="127.0.0.1",
                agent="Chromium",
            )

        await self.directory.write(deed)
        return {"name": "pepos_session", "value": token, "url": self.url}

    async def mailed_link(self, email: str) -> str:
        """The address that the newest mail to this person leads to."""
        found: list[str] = []

        async def has_come() -> bool:
            bodies = [mail.body for mail in await mails.newest(self.directory.reader, 50) if mail.recipient == email]
            found.extend(re.findall(r"http://\S+", "\n".join(bodies)))
            return found != []

        await until_answered(has_come)
        return found[0]


async def _move_instance(session: Session, now_ms: int, world: World, uri: str) -> None:
    """The server's port is free by chance: the instance is known by the URI that it has there."""
    await services.set_instance_uri(session, now_ms, SYSTEM, world.instances["partnerservices"][0], uri)


@asynccontextmanager
async def lit_house_on(databases: SqliteDatabases) -> AsyncIterator[LitHouse]:
    """A server process on two new databases."""
    clock, seal, port = SystemClock(), Seal(MASTER_KEY), free_port()
    directory_url, partnerservices_url = databases.new("directory"), databases.new("partnerservices")
    directory, partnerservices = open_database("directory", directory_url), open_database("partnerservices", partnerservices_url)
    try:
        world = await make_world(directory, clock, seal)
        users = await add_people(directory, world, clock, seal)
        url = f"http://localhost:{port}"
        await directory.write(lambda session: _move_instance(session, clock.now_ms(), world, f"{url}/"))
        settings = settings_for(directory_url, partnerservices_url, issuer=url, service_uri=f"{url}/", ros_uri="")
        with serving(settings, port=port):
            yield LitHouse(url, settings, world, partnerservices, users)
    finally:
        await directory.close()
        await partnerservices.close()
        databases.drop(directory_url)
        databases.drop(partnerservices_url)
