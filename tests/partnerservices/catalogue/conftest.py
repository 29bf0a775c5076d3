"""Two organisations' catalogues on one database."""

import pytest

from powerepos_cloud.foundation.database import Database
from tests.partnerservices.catalogue.shop import OTHER_KAPOW, Shop
from tests.support.clock import FakeClock


@pytest.fixture
def shop(partnerservices_database: Database, clock: FakeClock) -> Shop:
    """An organisation without a catalogue."""
    return Shop(partnerservices_database, clock)


@pytest.fixture
def other(partnerservices_database: Database, clock: FakeClock) -> Shop:
    """Another organisation on the same instance."""
    return Shop(partnerservices_database, clock, OTHER_KAPOW)
