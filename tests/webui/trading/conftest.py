"""A merchant's house: sixteen days of trade at three outlets, another organisation's beside it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from powerepos_cloud.partnerservices.outlets.store import Outlet
from tests.partnerservices.figures.ledger import Ledger, read_ledger
from tests.partnerservices.figures.trade import NOW_MS, Trade
from tests.webui.house import House
from tests.webui.reader import Reader


@dataclass
class Shop:
    """The house with its trade; `reader` is the owner."""

    house: House
    trade: Trade
    kapow: str
    outlets: list[Outlet]
    theirs: list[Outlet]
    ledger: Ledger
    reader: Reader
    signed_in: Callable[[str, str], Awaitable[Reader]]


@pytest.fixture
async def shop(house: House) -> Shop:
    """At 14:35 in Auckland on Monday 6 April 2026."""
    house.clock.set(NOW_MS)
    trade = Trade(house.partnerservices)
    kapow, theirs = house.world.harbour.kapow, house.world.lakeside.kapow
    opened = await trade.open(kapow)
    await trade.days(kapow, opened)
    others = await trade.open(theirs)
    await trade.days(theirs, others[:1])
    ledger = await read_ledger(house.partnerservices)
    reader = await house.signed_in("organisation", "owner")
    return Shop(house, trade, kapow, opened, others, ledger, reader, house.signed_in)
