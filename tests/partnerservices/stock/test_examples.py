"""The examples of the documentation go through as they are, and a failure has the documented shape."""

import json
from decimal import Decimal
from typing import Any

import jsonschema_rs

from powerepos_cloud.webui.openapi.document import build_document
from tests.contract.examples import example
from tests.partnerservices.stock.shop import OUTLET, SOUTHERN_DAIRY, StockShop, line, new_id, order


def amounts(one: dict[str, Any]) -> tuple[Decimal, ...]:
    """Amount, inclusive tax and add-on tax of level 1 of an order or line."""
    return one["amount"], one["incTax1"], one["exTax1"]


async def test_an_order_by_outlet_id_and_suppliers_name(shop: StockShop) -> None:
    answer = await shop.add(example("order_by_supplier_name"))
    stored = answer["stockOrder"]
    assert (answer["outcome"], answer["version"], answer["warnings"]) == ("created", 1, [])
    assert {name: stored[name] for name in stored if name not in ("lineItems",)} == {
        "stockOrderID": "71c3e5a8-4f20-4b9d-8e16-d2a0b7c95f13", "active_RevisionID": 0, "continuedFromContextType": 0,
        "isTraining": False, "dateTimeCreated": "2024-12-02 13:00:00", "invoice_Tax1CommonName": "GST",
        "invoice_Tax1LocalizedName": "GST", "invoice_Tax1Rate": 15, "invoice_Tax2CommonName": "",
        "invoice_Tax2LocalizedName": "", "invoice_Tax2Rate": 0, "invoice_Tax3CommonName": "", "invoice_Tax3LocalizedName": "",
        "invoice_Tax3Rate": 0, "invoice_Tax4CommonName": "", "invoice_Tax4LocalizedName": "", "invoice_Tax4Rate": 0,
        "version": 1, "outletID": OUTLET, "outletName": "Harbour Cafe", "supplierID": SOUTHERN_DAIRY,
        "supplierName": "Southern Dairy", "supplierInvoiceNumber": "SD-88017", "supplierInvoiceDate": "2024-11-29 00:00:00",
        "currencyCode": "NZD", "applicationClientName": "Harbour Stock Bridge", "applicationClientVersion": "0.9",
        "amount": Decimal("41.40"), "incTax1": Decimal("5.40"), "incTax2": 0, "incTax3": 0, "incTax4": 0, "exTax1": 0,
        "exTax2": 0, "exTax3": 0, "exTax4": 0, "taxRounding": 0, "total": Decimal("41.40"),
    }  # fmt: skip
    assert stored["lineItems"] == [
        {
            "stockOrderLineItemID": "2b94d7f0-a61e-4c83-97b5-0e8d1c3f6a27", "active_RevisionID": 0, "sortID": 1, "itemType": 1,
            "itemCommonName": "Milk 2 L", "itemLocalizedName": "Milk 2 L", "saleModifierCommonName": "[No Modifier]",
            "supplierProductCode": "MILK-2L", "pluNumber": 9001, "pluName": "Milk 2 L", "quantity": 12,
            "amount": Decimal("41.40"), "taxGroupName": "GST 15", "incTax1": Decimal("5.4"), "incTax2": 0, "incTax3": 0,
            "incTax4": 0, "exTax1": 0, "exTax2": 0, "exTax3": 0, "exTax4": 0,
        }
    ]  # fmt: skip


async def test_an_order_by_names_with_a_tax_group(shop: StockShop) -> None:
    answer = await shop.add(example("order_by_names"))
    (line,) = answer["stockOrder"]["lineItems"]
    assert (line["pluNumber"], line["taxGroupName"], amounts(line)) == (9002, "GST 15", (Decimal("57.5"), Decimal("7.5"), 0))


async def test_an_order_with_freight_rebate_and_rounding(shop: StockShop) -> None:
    stored = (await shop.add(example("order_with_charges")))["stockOrder"]
    assert (stored["supplierID"], stored["supplierInvoiceDate"]) == (SOUTHERN_DAIRY, "2024-12-05 00:00:00")
    assert [(line["itemType"], line["itemCommonName"], line["quantity"], amounts(line)) for line in stored["lineItems"]] == [
        (3, "House Sauce 5 L", Decimal("2.5"), (Decimal("57.52"), Decimal("7.5026087"), 0)),
        (10, "Freight", 1, (Decimal("11.50"), Decimal("1.5"), 0)),
        (11, "Volume rebate", 1, (Decimal("-4.60"), Decimal("-0.6"), 0)),
        (100, "Rounding", 1, (Decimal("-0.02"), 0, 0)),
    ]
    assert [line["taxGroupName"] for line in stored["lineItems"]] == ["GST 15", "GST 15", "GST 15", None]
    assert [line["saleModifierCommonName"] for line in stored["lineItems"]] == ["[No Modifier]", "", "", ""]
    assert (*amounts(stored), stored["total"]) == (Decimal("64.40"), Decimal("8.40"), 0, Decimal("64.40"))


async def test_a_failure_has_the_documented_shape(shop: StockShop) -> None:
    body = json.loads(example("order_by_names"))
    body["lineItems"][0]["supplierProductCode"] = "BUTTER-1K"
    answer = await shop.post_order(body)
    found = answer.json()
    assert answer.status_code == 400
    assert set(json.loads(example("order_failure"))["data"]) <= set(found["data"])
    assert found["errorCode"] == "order.lines_failed"
    data = found["data"]
    assert (data["result"], data["stockOrder"]) == (4, None)
    (failure,) = data["lineItemFailureResults"]
    assert failure["candidates"] == [
        {"supplierProductCode": "BUTTER-1KG", "pluNumber": 9002, "pluName": "Butter 1 kg", "taxGroupName": None}
    ]
    assert (failure["lineItemID"], failure["index"]) == ("d3c81e4f-7b05-49a6-8f2d-5a6e0b9c1d38", 0)
    assert (failure["code"], failure["pointer"]) == ("line.product_unknown", "/lineItems/0/supplierProductCode")


async def test_the_order_is_read_back_as_it_was_answered(shop: StockShop) -> None:
    answer = await shop.add(example("order_with_charges"))
    read = await shop.read("96E2F4D10B7A4D38A5C91F8B3E6D7C02")
    found = json.loads(read.text, parse_float=Decimal)
    assert found == {
        "stockOrder": answer["stockOrder"], "version": 1, "currentVersion": 1,
        "versions": [{"version": 1, "receivedAt": "2024-12-02T00:00:00.000Z"}],
    }  # fmt: skip
    assert found["stockOrder"]["lineItems"][0]["quantity"] == Decimal("2.5")


async def test_answers_are_as_the_published_document_describes_them(shop: StockShop) -> None:
    """Of an order, of one that fails in every way, and of reading it back."""
    components = build_document("", "")["components"]
    wrong = [line(1, "MILK-3L"), line(1.005), line("1"), line(1, taxGroupName="GST 16"), line(10.5) | {"lineItemID": 7}]
    body = order(line(), line(-0.02, kind=100), line(1, taxGroupName="Mixed"))
    answers = [
        (await shop.post_order(body)).json(),
        (await shop.post_order(body | {"lineItems": wrong, "colour": "red"})).json()["data"],
        (await shop.post_order(body | {"outletID": new_id()})).json()["data"],
        (await shop.post_order(body | {"currencyCode": "XYZ", "lineItems": [None]})).json()["data"],
    ]
    for answer in answers:
        jsonschema_rs.validate({"$ref": "#/components/schemas/AddStockOrderResponse", "components": components}, answer)
    assert [answer["result"] for answer in answers] == [0, 4, 2, 1]
    read = (await shop.read(body["orderID"])).json()
    jsonschema_rs.validate({"$ref": "#/components/schemas/StockOrderResponse", "components": components}, read)
