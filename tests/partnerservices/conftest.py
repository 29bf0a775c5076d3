"""Partner Services and the remote order server on each of the two databases."""

from collections.abc import AsyncIterator

import httpx
import pytest

from powerepos_cloud.foundation.database import Database
from tests.resourceserver.authserver import Feed, Keys
from tests.resourceserver.services import Services, in_process
from tests.support.clock import FakeClock


@pytest.fixture(scope="session")
def keys() -> Keys:
    """Signing keys, made once."""
    return Keys()


@pytest.fixture
def feed() -> Feed:
    """An empty feed of revocations."""
    return Feed()


@pytest.fixture
async def services(partnerservices_database: Database, keys: Keys, feed: Feed, clock: FakeClock) -> Services:
    """Services that have not been started."""
    return in_process(keys, feed, partnerservices_database, clock)


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A client of running services."""
    async with services.running() as client:
        yield client
