"""A desk in an empty directory."""

import pytest

from powerepos_cloud.foundation.database import Database
from tests.support.clock import FakeClock
from tests.support.desk import Desk


@pytest.fixture
async def desk(directory_database: Database, clock: FakeClock) -> Desk:
    """The desk, with the four services in place."""
    desk = Desk(directory_database, clock)
    await desk.services()
    return desk
