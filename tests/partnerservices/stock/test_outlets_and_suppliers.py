"""Which outlet and supplier an order is for: every combination of ID and name, own and another's, with and without stock."""

from typing import Any

from powerepos_cloud.partnerservices.outlets import store as outlets
from tests.partnerservices.stock.shop import (
    CLOSED,
    FOREIGN,
    FOREIGN_SUPPLIER,
    KAPOW,
    NO_DEFAULT,
    OUTLET,
    OUTLET_2,
    SOUTHERN_DAIRY,
    TWIN_1,
    StockShop,
    failed,
    line,
    order,
)
from tests.support.desk import ACTOR

UNKNOWN = "00000000-1111-4222-8333-444444444444"

FOUND = [
    (OUTLET, ...), (OUTLET.upper(), None), (OUTLET, "Harbour Cafe"), (..., "Harbour Cafe"), (None, " harbour CAFE "),
    ("{" + OUTLET.replace("-", "") + "}", ""), (OUTLET, "  "),
]  # fmt: skip
UNRESOLVED = [
    (UNKNOWN, ..., "outlet.not_found", "/outletID"),
    (FOREIGN, ..., "outlet.not_found", "/outletID"),
    (FOREIGN, "Lakeside", "outlet.not_found", "/outletID"),
    (UNKNOWN, "Harbour Cafe", "outlet.not_found", "/outletID"),
    (FOREIGN, "Harbour Cafe", "outlet.not_found", "/outletID"),
    (OUTLET, "Camden Corner", "outlet.mismatch", "/outletName"),
    (OUTLET, "Nowhere", "outlet.mismatch", "/outletName"),
    (OUTLET, "Lakeside", "outlet.mismatch", "/outletName"),
    (..., "Nowhere", "outlet.not_found", "/outletName"),
    (..., "Lakeside", "outlet.not_found", "/outletName"),
    (..., "Twin", "outlet.ambiguous", "/outletName"),
    (..., ..., "field.missing", "/outletID"),
    (None, "  ", "field.missing", "/outletID"),
]
SUPPLIER_UNRESOLVED = [
    (UNKNOWN, ..., "supplier.not_found", "/supplierID"),
    (FOREIGN_SUPPLIER, ..., "supplier.not_found", "/supplierID"),
    (FOREIGN_SUPPLIER, "Southern Dairy", "supplier.not_found", "/supplierID"),
    (SOUTHERN_DAIRY, "No Default", "supplier.mismatch", "/supplierName"),
    (SOUTHERN_DAIRY, "Nobody", "supplier.mismatch", "/supplierName"),
    (..., "Nobody", "supplier.not_found", "/supplierName"),
    (..., "Lakeside Farm", "supplier.not_found", "/supplierName"),
    (..., ..., "field.missing", "/supplierID"),
    (None, "", "field.missing", "/supplierID"),
]

EXPECTED = {"outlet.mismatch": "the name of the outlet of this ID", "supplier.mismatch": "the name of the supplier of this ID"}


async def test_an_outlet_is_found_by_id_by_name_or_by_both(shop: StockShop) -> None:
    for outlet_id, name in FOUND:
        stored = (await shop.add(order(outletID=outlet_id, outletName=name)))["stockOrder"]
        assert (stored["outletID"], stored["outletName"], stored["currencyCode"]) == (OUTLET, "Harbour Cafe", "NZD")
    twin = (await shop.add(order(outletID=TWIN_1, outletName="twin")))["stockOrder"]
    assert twin["outletID"] == TWIN_1


async def test_a_supplier_is_found_by_id_by_name_or_by_both(shop: StockShop) -> None:
    for supplier_id, name in (
        (SOUTHERN_DAIRY, ...), (SOUTHERN_DAIRY.upper(), "SOUTHERN dairy"), (..., " southern dairy"), (SOUTHERN_DAIRY, "")
    ):  # fmt: skip
        stored = (await shop.add(order(supplierID=supplier_id, supplierName=name)))["stockOrder"]
        assert (stored["supplierID"], stored["supplierName"]) == (SOUTHERN_DAIRY, "Southern Dairy")


async def test_an_outlet_that_is_none_of_the_organisation_is_not_resolved(shop: StockShop) -> None:
    """Whatever the grant is: an outlet must be known before it can be forbidden."""
    for token in ({}, {"root_nodes": [OUTLET]}, {"root_nodes": []}):
        for outlet_id, name, code, pointer in UNRESOLVED:
            data = await shop.fail(order(outletID=outlet_id, outletName=name), **token)
            assert (data["result"], data["code"], data["pointer"]) == (2, code, pointer), (outlet_id, name)
            assert [one["code"] for one in data["errors"]] == [code]
            assert data["expected"] == EXPECTED.get(code, "an outlet of the organisation")
    assert await shop.stored() == 0


async def test_a_supplier_that_is_none_of_the_organisation_is_not_resolved(shop: StockShop) -> None:
    for supplier_id, name, code, pointer in SUPPLIER_UNRESOLVED:
        data = await shop.fail(order(supplierID=supplier_id, supplierName=name))
        assert (data["result"], data["code"], data["pointer"]) == (3, code, pointer), (supplier_id, name)
        assert data["expected"] == EXPECTED.get(code, "a supplier of the organisation")
    assert await shop.stored() == 0


FORBIDDEN: list[tuple[dict[str, Any], list[str] | None, str, str]] = [
    ({"outletID": OUTLET}, [OUTLET_2], "outlet.forbidden", "/outletID"),
    ({"outletID": ..., "outletName": "Harbour Cafe"}, [OUTLET_2], "outlet.forbidden", "/outletName"),
    ({"outletID": OUTLET, "outletName": "Harbour Cafe"}, [OUTLET_2], "outlet.forbidden", "/outletID"),
    ({"outletID": OUTLET}, [], "outlet.forbidden", "/outletID"),
    ({"outletID": CLOSED}, [OUTLET_2], "outlet.forbidden", "/outletID"),
    ({"outletID": CLOSED}, None, "outlet.stock_disabled", "/outletID"),
    ({"outletID": CLOSED}, [CLOSED], "outlet.stock_disabled", "/outletID"),
    ({"outletID": ..., "outletName": "pier kiosk"}, [CLOSED, OUTLET], "outlet.stock_disabled", "/outletName"),
]


async def test_an_outlet_outside_the_grant_or_without_stock_is_forbidden(shop: StockShop) -> None:
    for named, grant, code, pointer in FORBIDDEN:
        token = {} if grant is None else {"root_nodes": grant}
        data = await shop.fail(order(line("x"), **named), 403, **token)
        assert (data["result"], data["code"], data["pointer"], data["lineItemFailureResults"]) == (2, code, pointer, None), named
    assert await shop.stored() == 0


async def test_a_stored_order_can_be_read_but_not_sent_again_once_stock_is_off(shop: StockShop) -> None:
    body = order()
    await shop.add(body)
    await shop.database.write(lambda session: outlets.edit(session, 1, ACTOR, KAPOW, OUTLET, stock_enabled=False))
    data = await shop.fail(body, 403)
    assert data["code"] == "outlet.stock_disabled"
    assert (await shop.read(body["orderID"])).json()["version"] == 1


async def test_an_order_at_a_granted_outlet_is_taken(shop: StockShop) -> None:
    assert (await shop.add(order(), root_nodes=[OUTLET, OUTLET_2]))["outcome"] == "created"


async def test_failing_lines_are_told_beside_an_outlet_or_supplier_that_is_not_resolved(shop: StockShop) -> None:
    wrong = [line("x"), line(1, None), line(1)]
    for changed, result in (({"outletID": UNKNOWN}, 2), ({"supplierName": "Nobody"}, 3)):
        data = await shop.fail(order(*wrong, **changed))
        assert data["result"] == result
        assert [code for _, code, _ in failed(data)] == ["number.type", "line.product_code_missing"]


async def test_a_failed_order_leaves_its_id_free(shop: StockShop) -> None:
    body = order(supplierName="Nobody")
    await shop.fail(body)
    assert (await shop.read(body["orderID"])).status_code == 404
    assert (await shop.get("changes", pga=["Partner Stock (Submit)"])).json()["changes"] == []
    assert (await shop.add({**body, "supplierName": "Southern Dairy"}, client="clienttwo"))["version"] == 1


async def test_another_supplier_replaces(shop: StockShop) -> None:
    body = order()
    await shop.add(body)
    answer = await shop.add({**body, "supplierName": None, "supplierID": NO_DEFAULT, "lineItems": [line(1, "SAUCE-5L")]})
    assert (answer["outcome"], answer["stockOrder"]["supplierName"]) == ("replaced", "No Default")
