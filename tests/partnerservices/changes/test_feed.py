"""The change feed: every change once, in order, however it is paged and waited for (contract section 7)."""

import asyncio
import time
from typing import Any

import pytest

from tests.partnerservices.sales.conftest import shop
from tests.partnerservices.sales.shop import OUTLET, OUTLET_2, Shop, batch, sale
from tests.partnerservices.sales.test_outcomes import dearer, unbalanced
from tests.partnerservices.sales.test_zs import AUTO, request_z

__all__ = ["shop"]

Seen = tuple[str, str, int, str]


async def page(shop: Shop, query: str = "", **options: Any) -> dict[str, Any]:
    """One page."""
    answer = await shop.get(f"changes{query}", **options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def seen(changes: list[dict[str, Any]]) -> list[Seen]:
    """What each change says."""
    return [(one["type"], one["id"], one["version"], one["change"]) for one in changes]


async def everything(shop: Shop, limit: int = 100, **options: Any) -> list[Seen]:
    """All changes, page by page."""
    found, after = [], ""
    while True:
        one = await page(shop, f"?limit={limit}{after}", **options)
        assert len(one["changes"]) <= limit
        found += seen(one["changes"])
        after = f"&after={one['next']}"
        if not one["more"]:
            return found


async def test_an_empty_feed_has_a_cursor(shop: Shop) -> None:
    empty = await page(shop)
    assert (empty["changes"], empty["more"]) == ([], False)
    assert (await page(shop, f"?after={empty['next']}"))["changes"] == []


async def test_each_deed_is_one_change(shop: Shop) -> None:
    one, other = sale(), sale(3)
    one_id, other_id = one["salesTransactionID"], other["salesTransactionID"]
    first = await shop.send(batch(one, other))
    await shop.send(batch(one, other))  # replayed: no change
    await shop.send(batch(unbalanced(), sale()))  # nothing was stored
    await shop.send(batch(sale()), query="?validateOnly=true")
    await shop.send(batch(dearer(one)))
    moved = await shop.send(batch(other, target={"tradingDate": "2024-12-02"}))
    await shop.finalise(moved["zReportID"])
    await shop.finalise(moved["zReportID"])  # finalised before: no change
    third = await shop.send(batch(sale(7), batchOptions=AUTO, target={"tradingDate": "2024-12-03"}))
    found = await everything(shop)
    assert found == [
        ("z", first["zReportID"], 1, "created"),
        ("sale", one_id, 1, "created"),
        ("sale", other_id, 1, "created"),
        ("sale", one_id, 2, "replaced"),
        ("z", moved["zReportID"], 1, "created"),
        ("sale", other_id, 2, "moved"),
        ("z", moved["zReportID"], 1, "finalised"),
        ("z", third["zReportID"], 1, "created"),
        ("sale", third["batchItemResults"][0]["salesTransactionID"], 1, "created"),
        ("z", first["zReportID"], 1, "finalised"),
    ]


async def test_a_change_names_outlet_time_and_cursor(shop: Shop) -> None:
    z = await request_z(shop)
    only = (await page(shop))["changes"][0]
    assert only == {
        "cursor": only["cursor"], "type": "z", "id": z["zReportID"], "version": 1, "outletID": OUTLET,
        "at": "2024-12-02T00:00:00.000Z", "change": "created",
    }  # fmt: skip
    assert (await page(shop, f"?after={only['cursor']}"))["changes"] == []


@pytest.mark.parametrize("limit", [1, 2, 7, 500])
async def test_pages_join_without_gap_or_repeat(shop: Shop, limit: int) -> None:
    for _ in range(5):
        await shop.send(batch(sale(), sale()))
    whole = await everything(shop)
    assert len(whole) == len(set(whole)) == 11
    assert await everything(shop, limit) == whole


async def test_any_cursor_can_be_gone_back_to(shop: Shop) -> None:
    for _ in range(3):
        await shop.send(batch(sale()))
    changes = (await page(shop))["changes"]
    for place, change in enumerate(changes):
        assert (await page(shop, f"?after={change['cursor']}"))["changes"] == changes[place + 1 :]


async def test_a_reader_beside_many_writers_misses_nothing(shop: Shop) -> None:
    """Read on and on while eight senders write: the order of cursors is the order of commits, so nothing appears behind."""
    bodies = [batch(sale(), target={"terminalName": f"T{n % 3}"}) for n in range(24)]
    done = asyncio.Event()

    async def read_on() -> list[Seen]:
        found, after = [], ""
        while True:
            await asyncio.sleep(0)  # in this loop nothing else would let the writers write
            is_last = done.is_set()
            one = await page(shop, f"?limit=3{after}")
            found += seen(one["changes"])
            after = f"&after={one['next']}"
            if is_last and not one["more"]:
                return found

    async def sender(n: int) -> None:
        for body in bodies[n::8]:
            assert (await shop.send(body))["batchResult"] == 0

    reader = asyncio.create_task(read_on())
    await asyncio.gather(*(sender(n) for n in range(8)))
    done.set()
    found = await reader
    assert found == await everything(shop)
    assert sorted(subject for kind, subject, _, _ in found if kind == "sale") == sorted(
        body["sales"][0]["salesTransactionID"] for body in bodies
    )


async def test_waiting_ends_with_the_first_change(shop: Shop) -> None:
    cursor = (await page(shop))["next"]
    waiting = asyncio.create_task(page(shop, f"?after={cursor}&wait=20"))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    started = time.monotonic()
    z = await request_z(shop)
    assert seen((await waiting)["changes"]) == [("z", z["zReportID"], 1, "created")]
    assert time.monotonic() - started < 10  # and not the 20 s that it would have waited


async def test_waiting_in_vain_ends_in_time(shop: Shop) -> None:
    started = time.monotonic()
    empty = await page(shop, "?wait=1")
    assert (empty["changes"], empty["more"]) == ([], False)
    assert 0.9 < time.monotonic() - started < 15  # and not the 25 s that are the most


async def test_a_reader_sees_its_own_client_outlets_and_permissions_only(shop: Shop) -> None:
    mine = await request_z(shop)
    theirs = await request_z(shop, client="clienttwo")
    london = await request_z(shop, outlet=OUTLET_2)
    assert [subject for _, subject, _, _ in await everything(shop)] == [mine["zReportID"], london["zReportID"]]
    assert [subject for _, subject, _, _ in await everything(shop, client="clienttwo")] == [theirs["zReportID"]]
    narrowed = await page(shop, root_nodes=[OUTLET_2])
    assert [change["id"] for change in narrowed["changes"]] == [london["zReportID"]]
    stock = await page(shop, pga=["Partner Stock (Submit)"])
    assert stock["changes"] == []
    assert stock["next"] == (await page(shop))["next"]  # what may not be seen is passed over
    assert (await shop.get("changes", pga=["Raw Data (View)"])).status_code == 403


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("after=x", "cursor.invalid"), ("after=", "cursor.invalid"), ("after=7", "cursor.invalid"), ("limit=0", "query.invalid"),
        ("limit=501", "query.invalid"), ("wait=26", "query.invalid"), ("wait=-1", "query.invalid"), ("wait=1.5", "query.invalid"),
    ],
)  # fmt: skip
async def test_a_query_that_is_wrong(shop: Shop, query: str, code: str) -> None:
    answer = await shop.get(f"changes?{query}")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, code)
    assert answer.json()["data"]["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"
