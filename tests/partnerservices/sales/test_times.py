"""Trading days and local times around a switch to or from summer time, and zones that come with a time (domain rules 2.1)."""

import asyncio
from typing import Any

import pytest

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.partnerservices.outlets import store as outlets
from tests.partnerservices.sales.shop import Shop, batch, sale, warned
from tests.resourceserver.authserver import KAPOW, Feed

ZONES = {
    "London": ("b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c21", "Europe/London", "GBP"),
    "Sydney": ("b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c22", "Australia/Sydney", "AUD"),
}
DAY, DOUBTFUL = ("date.trading_day", "/sales/0/dateTimeClosed"), ("date.local_time", "/sales/0/dateTimeClosed")


@pytest.fixture
async def two_zones(shop: Shop, feed: Feed) -> Shop:
    """An outlet in London and one in Sydney whose days begin at six; it is the end of October 2026."""
    shop.clock.set(1_793_448_000_000)  # 2026-10-31T12:00:00Z
    await feed.add("grant", "lifted", "nobody's")  # else the service has not heard of revocations for long

    async def unit(session: Any) -> None:
        for name, (outlet_id, zone, currency) in ZONES.items():
            await outlets.add(
                session, shop.clock.now_ms(), Actor("operator", "test"), KAPOW, name=name, zone=zone, currency=currency,
                day_start="06:00", outlet_id=outlet_id,
            )  # fmt: skip

    await shop.database.write(unit)
    while (await shop.get("connection")).status_code == 503:
        await asyncio.sleep(0.01)
    return shop


async def warnings(shop: Shop, place: str, closed: str, trading_date: str, **fields: Any) -> list[tuple[str, str | None]]:
    """What a sale that is closed then, sent for that day, is warned of; it is always stored, as it was sent."""
    one = sale(dateTimeClosed=closed, **fields)
    answer = await shop.send(batch(one, outletID=ZONES[place][0], target={"tradingDate": trading_date}))
    result = answer["batchItemResults"][0]
    assert (result["outcome"], result["tradingDate"]) == ("created", trading_date), result
    back = (await shop.get(f"sales/transactions/{one['salesTransactionID']}")).json()["salesTransaction"]
    assert back["dateTimeClosed"] == closed[:19].replace("T", " ")
    return warned(result)


@pytest.mark.parametrize(
    ("place", "closed", "trading_date", "doubtful"),
    [
        # London's clock goes back on 2026-10-25 at 02:00, and forward on 2026-03-29 at 01:00: both are Saturday's day still.
        ("London", "2026-10-24 06:00:00", "2026-10-24", False),
        ("London", "2026-10-25 00:59:59", "2026-10-24", False),
        ("London", "2026-10-25 01:00:00", "2026-10-24", True),
        ("London", "2026-10-25 01:30:00", "2026-10-24", True),
        ("London", "2026-10-25 01:59:59", "2026-10-24", True),
        ("London", "2026-10-25 02:00:00", "2026-10-24", False),
        ("London", "2026-10-25 05:59:59", "2026-10-24", False),
        ("London", "2026-10-25 06:00:00", "2026-10-25", False),
        ("London", "2026-03-28 06:00:00", "2026-03-28", False),
        ("London", "2026-03-29 00:59:59", "2026-03-28", False),
        ("London", "2026-03-29 01:30:00", "2026-03-28", True),
        ("London", "2026-03-29 02:00:00", "2026-03-28", False),
        ("London", "2026-03-29 05:59:59", "2026-03-28", False),
        ("London", "2026-03-29 06:00:00", "2026-03-29", False),
        # Sydney's goes back on 2026-04-05 at 03:00, and forward on 2026-10-04 at 02:00.
        ("Sydney", "2026-04-04 06:00:00", "2026-04-04", False),
        ("Sydney", "2026-04-05 02:30:00", "2026-04-04", True),
        ("Sydney", "2026-04-05 03:00:00", "2026-04-04", False),
        ("Sydney", "2026-04-05 05:59:59", "2026-04-04", False),
        ("Sydney", "2026-04-05 06:00:00", "2026-04-05", False),
        ("Sydney", "2026-10-04 01:59:59", "2026-10-03", False),
        ("Sydney", "2026-10-04 02:30:00", "2026-10-03", True),
        ("Sydney", "2026-10-04 03:00:00", "2026-10-03", False),
        ("Sydney", "2026-10-04 05:59:59", "2026-10-03", False),
        ("Sydney", "2026-10-04 06:00:00", "2026-10-04", False),
    ],
)
async def test_a_sale_around_the_switch_is_of_the_wall_clocks_trading_day(
    two_zones: Shop, place: str, closed: str, trading_date: str, doubtful: bool
) -> None:
    assert await warnings(two_zones, place, closed, trading_date) == [DOUBTFUL] * doubtful
    other = "2026-06-06"
    assert DAY in await warnings(two_zones, place, closed, other)


async def test_doubtful_times_of_items_and_payments_are_told_apart(two_zones: Shop) -> None:
    one = sale(dateTimeClosed="2026-10-25 03:00:00")
    one["transactionItems"][0]["dateTimeOrdered"] = "2026-10-25 01:15:00"
    one["transactionPayments"][0]["dateTimePaid"] = "2026-10-25 01:45:00"
    answer = await two_zones.send(batch(one, outletID=ZONES["London"][0], target={"tradingDate": "2026-10-24"}))
    assert warned(answer["batchItemResults"][0]) == [
        ("date.local_time", "/sales/0/transactionItems/0/dateTimeOrdered"),
        ("date.local_time", "/sales/0/transactionPayments/0/dateTimePaid"),
    ]


@pytest.mark.parametrize(
    ("place", "closed", "instant"),
    [
        ("London", "2026-10-24T12:00:00Z", "2026-10-24T11:00:00.000Z"),  # summer time: Z is not the outlet's
        ("London", "2026-10-24T12:00:00+01:00", None),
        ("London", "2026-10-24 12:00:00+02:00", "2026-10-24T11:00:00.000Z"),
        ("London", "2026-01-24T12:00:00Z", None),  # winter time: it is
        ("London", "2026-10-25T01:30:00+01:00", None),  # either reading of a time that is shown twice
        ("London", "2026-10-25T01:30:00Z", None),
        ("Sydney", "2026-10-24T12:00:00Z", "2026-10-24T01:00:00.000Z"),
        ("Sydney", "2026-10-24T12:00:00+11:00", None),
        ("Sydney", "2026-10-24T12:00:00-11:30", "2026-10-24T01:00:00.000Z"),
    ],
)  # fmt: skip
async def test_a_zone_is_ignored_and_told_where_it_is_not_the_outlets(
    two_zones: Shop, place: str, closed: str, instant: str | None
) -> None:
    one = sale(dateTimeClosed=closed)
    body = batch(one, outletID=ZONES[place][0], target={"tradingDate": closed[:10]})
    for outcome in ("created", "replayed"):
        result = (await two_zones.send(body))["batchItemResults"][0]
        assert result["outcome"] == outcome
        zones = [warning for warning in result["warnings"] if warning["code"] == "date.zone"]
        assert len(zones) == (instant is not None)
        if instant is not None:
            assert zones[0]["pointer"] == "/sales/0/dateTimeClosed"
            assert instant in zones[0]["message"]
    back = (await two_zones.get(f"sales/transactions/{one['salesTransactionID']}")).json()["salesTransaction"]
    assert back["dateTimeClosed"] == closed[:19].replace("T", " ")


@pytest.mark.parametrize("closed", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01 05:59:59"])
async def test_the_first_and_last_times_are_borne(two_zones: Shop, closed: str) -> None:
    for place in ZONES:
        assert DAY in await warnings(two_zones, place, closed, "2026-10-24")


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2024-11-30 18:05:09", "2024-11-30 18:05:09"), ("2024-11-30T18:05:09", "2024-11-30 18:05:09"),
        ("2024-11-30 18:05:09.250", "2024-11-30 18:05:09.250"), ("2024-11-30 18:05:09.2", "2024-11-30 18:05:09.200"),
        ("2024-11-30 18:05:09.123999999", "2024-11-30 18:05:09.123"), ("2024-11-30 18:05:09.000", "2024-11-30 18:05:09"),
    ],
)  # fmt: skip
async def test_times_are_read_in_every_documented_form(shop: Shop, sent: str, stored: str) -> None:
    one = sale(dateTimeClosed=sent)
    await shop.send(batch(one, target={"tradingDate": "2024-11-30"}))
    back = (await shop.get(f"sales/transactions/{one['salesTransactionID']}")).json()["salesTransaction"]
    assert back["dateTimeClosed"] == back["transactionItems"][0]["dateTimeOrdered"] == stored


async def test_finalising_takes_the_outlets_clock(two_zones: Shop) -> None:
    for place, local in (("London", "2026-10-31 12:00:00"), ("Sydney", "2026-10-31 23:00:00")):
        z = await two_zones.send(batch(sale(), outletID=ZONES[place][0], target={"tradingDate": "2026-10-24"}))
        done = await two_zones.finalise(z["zReportID"], outlet=ZONES[place][0])
        assert (done["finalisedDateTime"], done["finalisedUserName"]) == (local, "External Interface")
