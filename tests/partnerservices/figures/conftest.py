"""A merchant with sixteen days of trade at three outlets, and another organisation beside it, on both databases."""

from dataclasses import dataclass

import pytest

from powerepos_cloud.foundation.database import Database
from powerepos_cloud.partnerservices.outlets.store import Outlet
from tests.partnerservices.figures.ledger import Ledger, read_ledger
from tests.partnerservices.figures.trade import Trade
from tests.resourceserver.authserver import KAPOW

OTHER = "7d3a4f21-5c60-4b1e-8f92-aa11bb22cc33"


@dataclass
class Merchant:
    """What the tests look at."""

    database: Database
    trade: Trade
    outlets: list[Outlet]
    ledger: Ledger


@pytest.fixture
async def merchant(partnerservices_database: Database) -> Merchant:
    """Both organisations have the same outlets' names and days, so that a mixed-up sum would show."""
    trade = Trade(partnerservices_database)
    opened = await trade.open(KAPOW)
    await trade.days(KAPOW, opened)
    theirs = await trade.open(OTHER)
    await trade.days(OTHER, theirs[:1])
    return Merchant(partnerservices_database, trade, opened, await read_ledger(partnerservices_database))
