"""Keys, a feed and running services for every test of the resource server."""

from collections.abc import AsyncIterator

import httpx
import pytest

from powerepos_cloud.foundation.database import open_database
from tests.resourceserver.authserver import Feed, Keys
from tests.resourceserver.services import Services, in_process
from tests.support.clock import FakeClock
from tests.support.databases import SqliteDatabases


@pytest.fixture(scope="session")
def keys() -> Keys:
    """Signing keys, made once: an RSA key takes its time."""
    return Keys()


@pytest.fixture
def feed() -> Feed:
    """An empty feed of revocations."""
    return Feed()


@pytest.fixture
async def services(
    anyio_backend: str, keys: Keys, feed: Feed, clock: FakeClock, sqlite_databases: SqliteDatabases
) -> AsyncIterator[Services]:
    """Services that have not been started; what is tested here stops before the database, so one kind of it will do."""
    url = sqlite_databases.new("partnerservices")
    database = open_database("partnerservices", url)
    yield in_process(keys, feed, database, clock)
    await database.close()
    sqlite_databases.drop(url)


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A client of running services."""
    async with services.running() as client:
        yield client
