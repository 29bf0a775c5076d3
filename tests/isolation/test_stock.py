"""Two organisations may even have orders, outlets and suppliers of the same IDs, and see and touch their own alone."""

import inspect
import json
from typing import Any

import pytest

from powerepos_cloud.partnerservices.stock import candidates, listing, prices, reading, resolving, store
from tests.partnerservices.conftest import feed, http, keys, services
from tests.partnerservices.stock.conftest import shop
from tests.partnerservices.stock.shop import (
    FOREIGN,
    FOREIGN_SUPPLIER,
    KAPOW,
    OTHER_KAPOW,
    SOUTHERN_DAIRY,
    StockShop,
    line,
    new_id,
    order,
    warned,
)

__all__ = ["feed", "http", "keys", "services", "shop"]


def test_every_function_that_reads_or_writes_is_given_a_kapow() -> None:
    functions = [
        function
        for module in (candidates, listing, prices, reading, store, resolving)
        for name, function in inspect.getmembers(module, inspect.iscoroutinefunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]
    assert len(functions) >= 12
    for function in functions:
        assert {"kapow", "caller"} & set(inspect.signature(function).parameters), function


async def test_the_same_ids_are_two_orders_of_two_organisations(shop: StockShop) -> None:
    body = order(line(10), supplierInvoiceNumber="SD-1")
    own = await shop.add(body)
    theirs = await shop.add({**body, "lineItems": [line(99)]}, kapow=OTHER_KAPOW)
    assert [(one["outcome"], one["version"], warned(one)) for one in (own, theirs)] == [("created", 1, [])] * 2
    for kapow, amount in ((KAPOW, 10.0), (OTHER_KAPOW, 99.0)):
        read = (await shop.read(body["orderID"], kapow=kapow)).json()
        assert (read["stockOrder"]["total"], read["currentVersion"]) == (amount, 1)
        (row,) = await listing.list_orders(shop.database.reader, kapow, supplier_id=SOUTHERN_DAIRY)
        assert row.total == amount * 100
        found = await reading.find_order(shop.database.reader, kapow, body["orderID"])
        assert found is not None
        assert await reading.duplicates(shop.database.reader, kapow, found) == []
        assert await reading.price_changes(shop.database.reader, kapow, found) == []
        feed = (await shop.get("changes", kapow=kapow, pga=["Partner Stock (Submit)"])).json()["changes"]
        assert len(feed) == 1


async def test_store_functions_find_nothing_by_anothers_number(shop: StockShop) -> None:
    body = order()
    await shop.add(body)
    await shop.add({**body, "lineItems": [line(1)]})
    reader = shop.database.reader
    found = await reading.find_order(reader, KAPOW, body["orderID"])
    assert found is not None
    assert await reading.find_order(reader, OTHER_KAPOW, body["orderID"]) is None
    assert await shop.database.write(lambda session: store.existing(session, OTHER_KAPOW, body["orderID"])) is None
    assert await store.older_versions(reader, OTHER_KAPOW, found.order_no) == []
    assert await store.older_hashes(reader, OTHER_KAPOW, found.order_no) == set()
    assert await store.load_version(reader, OTHER_KAPOW, found.order_no, 1) is None
    with pytest.raises(AssertionError):
        await store.load(reader, OTHER_KAPOW, found.order_no)
    assert await listing.list_orders(reader, OTHER_KAPOW) == []


@pytest.mark.parametrize(
    ("foreign", "unknown"),
    [
        ({"outletID": FOREIGN}, {"outletID": new_id()}),
        ({"outletID": ..., "outletName": "Lakeside"}, {"outletID": ..., "outletName": "Nowhere"}),
        ({"supplierName": ..., "supplierID": FOREIGN_SUPPLIER}, {"supplierName": ..., "supplierID": new_id()}),
        ({"supplierName": "Lakeside Farm"}, {"supplierName": "Nobody"}),
    ],
)
async def test_what_is_anothers_cannot_be_told_from_what_is_unknown(
    shop: StockShop, foreign: dict[str, Any], unknown: dict[str, Any]
) -> None:
    def without_names(data: dict[str, Any], sent: dict[str, Any]) -> str:
        text = json.dumps(data, default=str)
        for value in sent.values():
            text = text.replace(str(value), "SENT") if value is not ... else text
        return text

    answers = [without_names(await shop.fail(order(**one)), one) for one in (foreign, unknown)]
    assert answers[0] == answers[1]
    assert await shop.stored() == 0


async def test_anothers_order_reads_as_an_unknown_one(shop: StockShop) -> None:
    body = order()
    await shop.add(body, kapow=OTHER_KAPOW)
    answers = [(await shop.read(one)).json() for one in (body["orderID"], new_id())]
    assert answers[0] | {"requestID": ""} == answers[1] | {"requestID": ""}


async def test_candidates_are_of_ones_own_catalogue(shop: StockShop) -> None:
    data = await shop.fail(order(line(1, "MILK-2"), line(1, taxGroupName="Mixt")), kapow=OTHER_KAPOW)
    code, group = data["lineItemFailureResults"]
    assert [one["supplierProductCode"] for one in code["candidates"]] == ["MILK-2L"]
    assert group["candidates"] == []
    own = await shop.fail(order(line(1, taxGroupName="Mixt")))
    assert [one["taxGroupName"] for one in own["lineItemFailureResults"][0]["candidates"]] == ["Mixed"]
