"""The running AuthServer with its world, on both databases."""

from collections.abc import AsyncIterator

import pytest

from powerepos_cloud.foundation.database import open_database
from powerepos_cloud.foundation.sealing import Seal
from tests.authserver.stage import Stage
from tests.support.application import MASTER_KEY, Running, running, settings_for
from tests.support.clock import FakeClock
from tests.support.world import World, make_world


@pytest.fixture
async def world(directory_url: str, clock: FakeClock) -> AsyncIterator[World]:
    """The world in a directory of its own."""
    database = open_database("directory", directory_url)
    yield await make_world(database, clock, Seal(MASTER_KEY))
    await database.close()


@pytest.fixture
async def app(world: World, directory_url: str, partnerservices_url: str, clock: FakeClock) -> AsyncIterator[Running]:
    """The application on that directory."""
    async with running(settings_for(directory_url, partnerservices_url), clock) as started:
        yield started


@pytest.fixture
async def stage(world: World, directory_url: str, partnerservices_url: str, clock: FakeClock) -> AsyncIterator[Stage]:
    """The application as the tests of refresh and revocation use it: hours may pass between two calls."""
    async with running(settings_for(directory_url, partnerservices_url, revocations_stale=28_800), clock) as started:
        yield Stage(world, clock, started)
