"""What pages are made of: lists of orders, prices that changed since the last invoice, invoices that were sent twice."""

from typing import Any

import pytest

from powerepos_cloud.partnerservices.catalogue.imports import save
from powerepos_cloud.partnerservices.catalogue.rules import Kind, SupplierCodeRow
from powerepos_cloud.partnerservices.stock import listing, reading
from powerepos_cloud.partnerservices.stock.prices import is_one_price, unit_price
from tests.partnerservices.stock.shop import (
    KAPOW,
    NO_DEFAULT,
    OUTLET,
    OUTLET_2,
    SOUTHERN_DAIRY,
    StockShop,
    line,
    order,
    warned,
)
from tests.support.desk import ACTOR


async def listed(shop: StockShop, kapow: str = KAPOW, **options: Any) -> list[str]:
    """The invoice numbers of a list."""
    return [row.invoice_number for row in await listing.list_orders(shop.database.reader, kapow, **options)]


async def test_orders_are_listed_newest_invoice_first_and_narrowed(shop: StockShop) -> None:
    for number, day, options in (
        ("A", "2024-11-02", {}),
        ("B", "2024-11-01 08:30:00", {"outletID": OUTLET_2}),
        ("C", "2024-11-03 23:59:59.999", {"supplierName": "No Default", "lineItems": [line(1, "SAUCE-5L")]}),
        ("D", "2024-11-02", {}),
    ):
        await shop.add(order(supplierInvoiceNumber=number, supplierInvoiceDate=day, **options))
    assert await listed(shop) == ["C", "D", "A", "B"]
    assert await listed(shop, outlets=[OUTLET]) == ["C", "D", "A"]
    assert await listed(shop, outlets=[]) == []
    assert await listed(shop, supplier_id=NO_DEFAULT) == ["C"]
    assert await listed(shop, first_day="2024-11-02", last_day="2024-11-02") == ["D", "A"]
    assert await listed(shop, last_day="2024-11-03") == ["C", "D", "A", "B"]
    page = await listing.list_orders(shop.database.reader, KAPOW, limit=2)
    assert [row.invoice_number for row in page] == ["C", "D"]
    assert await listed(shop, after=(page[-1].invoice_date, page[-1].order_no), limit=2) == ["A", "B"]
    assert (page[0].total, page[0].lines, page[0].version, page[0].supplier_name) == (100, 1, 1, "No Default")


async def test_a_replaced_order_is_listed_as_it_is_now(shop: StockShop) -> None:
    body = order(line(10), supplierInvoiceNumber="A")
    await shop.add(body)
    await shop.add({**body, "supplierInvoiceNumber": "B", "lineItems": [line(20), line(30)]})
    (row,) = await listing.list_orders(shop.database.reader, KAPOW)
    assert (row.invoice_number, row.total, row.lines, row.version) == ("B", 5000, 2, 2)


async def test_an_invoice_number_of_the_same_supplier_is_warned_of(shop: StockShop) -> None:
    first = order(supplierInvoiceNumber="SD-1")
    assert warned(await shop.add(first)) == []
    other = await shop.add(order(line(1, "BOX"), supplierInvoiceNumber="SD-1", supplierName="No Default"))
    assert warned(other) == []
    again = order(line(1, "BUTTER-1KG"), supplierInvoiceNumber=" sd-1 ")
    answer = await shop.add(again)
    assert warned(answer) == [("order.invoice_duplicate", "/supplierInvoiceNumber")]
    assert first["orderID"] in answer["warnings"][0]["message"]
    stranger = await shop.add(order(line(1, "BUTTER-1KG"), supplierInvoiceNumber="SD-1"), client="clienttwo")
    assert warned(stranger) == [("order.invoice_duplicate", "/supplierInvoiceNumber")]
    assert stranger["warnings"][0]["message"] == "Another order has this supplier and invoice number."
    await shop.add(order(outletID=OUTLET_2, supplierInvoiceNumber="SD-9"))
    elsewhere = await shop.add(order(line(1, "BUTTER-1KG"), supplierInvoiceNumber="SD-9"), root_nodes=[OUTLET])
    assert elsewhere["warnings"] == [{**stranger["warnings"][0]}]
    reader = shop.database.reader
    found = await reading.find_order(reader, KAPOW, first["orderID"])
    assert found is not None
    doubles = [row.id for row in await reading.duplicates(reader, KAPOW, found)]
    assert doubles == [again["orderID"], stranger["stockOrder"]["stockOrderID"]]


async def test_a_price_that_differs_from_the_last_invoice_is_warned_of(shop: StockShop) -> None:
    def invoice(day: int, *lines: dict[str, Any], **changed: Any) -> dict[str, Any]:
        return order(*lines, supplierInvoiceDate=f"2024-11-{day:02d}", supplierInvoiceNumber=f"SD-{day}", **changed)

    await shop.add(invoice(1, line(41.4), line(57.5, "BUTTER-1KG", quantity=5)))
    assert warned(await shop.add(invoice(2, line(3.45, quantity=1), line(0, quantity=1)))) == []
    dearer = invoice(8, line(3.6, quantity=1), line(11.5, "BUTTER-1KG", quantity=1), line(9, kind=10))
    answer = await shop.add(dearer)
    assert warned(answer) == [("line.price_changed", "/lineItems/0/amount")]
    assert answer["warnings"][0]["message"] == "MILK-2L costs 3.60 apiece, and 3.45 on invoice SD-2 of 2024-11-02."
    # An invoice that arrives late is compared with the one before it; another outlet's, client's or currency's are not known.
    assert warned(await shop.add(invoice(3, line(6.9, quantity=2)))) == []
    assert warned(await shop.add(invoice(9, line(9), outletID=OUTLET_2, currencyCode="NZD"))) == []
    assert warned(await shop.add(invoice(10, line(9)), client="clienttwo")) == []
    assert warned(await shop.add(invoice(11, line(9), currencyCode="USD"))) == []
    # A product that was not on the last invoice is sought on those before.
    await shop.add(invoice(12, line(3.6, quantity=1), line(3.6, quantity=1)))
    (warning,) = (await shop.add(invoice(13, line(24, "BUTTER-1KG", quantity=2))))["warnings"]
    assert warning["message"] == "BUTTER-1KG costs 12.00 apiece, and 11.50 on invoice SD-8 of 2024-11-08."
    # What was free, or no goods at all, had no price.
    await shop.add(invoice(14, line(0, "BUTTER-1KG", quantity=1), line(5, "BUTTER-1KG", quantity=0)))
    assert warned(await shop.add(invoice(15, line(12, "BUTTER-1KG", quantity=1)))) == []
    reader = shop.database.reader
    found = await reading.find_order(reader, KAPOW, dearer["orderID"])
    assert found is not None
    (change,) = await reading.price_changes(reader, KAPOW, found)
    assert (change.place, change.line.product_code, change.before.invoice_number) == (0, "MILK-2L", "SD-3")


async def test_a_code_is_the_catalogues_however_it_is_composed(shop: StockShop) -> None:
    row = SupplierCodeRow(supplier_id=SOUTHERN_DAIRY, code="CAF\u00c9", number=9001)
    await shop.database.write(lambda session: save(session, 1, ACTOR, KAPOW, Kind.SUPPLIER_CODES, [row]))
    await shop.add(order(line(10, " CAF\u00c9 "), supplierInvoiceDate="2024-11-01"))
    answer = await shop.add(order(line(20, "CAFE\u0301")))
    assert answer["stockOrder"]["lineItems"][0]["supplierProductCode"] == "CAF\u00c9"
    assert warned(answer) == [("line.price_changed", "/lineItems/0/amount")]


async def test_a_replaced_order_is_not_compared_with_itself(shop: StockShop) -> None:
    body = order(line(10))
    await shop.add(body)
    assert warned(await shop.add({**body, "lineItems": [line(20)]})) == []
    assert warned(await shop.add({**body, "lineItems": [line(30)], "supplierInvoiceDate": "2024-11-30"})) == []


async def test_an_answer_tells_all_warnings_and_a_list_the_first_hundred(shop: StockShop) -> None:
    answer = await shop.add(order(*(line(1, kind=10, quantity=2) for _ in range(101))))
    (row,) = await listing.list_orders(shop.database.reader, KAPOW)
    assert (len(answer["warnings"]), (row.warnings or "").count("line.quantity")) == (101, 100)


@pytest.mark.parametrize(
    ("quantity", "amount", "is_same"),
    [
        (3, 1000, True), (7, 2333, True), (7, 2334, True), (7, 2336, False), (1, 333, True), (1, 334, True), (1, 335, False),
        (-3, -1000, True), (3, -1000, False), (1000, 333_333, True), (1000, 333_500, True), (1000, 333_600, False),
    ],
)  # fmt: skip
def test_prices_differ_only_by_more_than_two_roundings_explain(quantity: int, amount: int, is_same: bool) -> None:
    """Three for 10.00: apiece that is anything from 3.3317 to 3.3350."""
    assert is_one_price(quantity * 100_000, amount, 3 * 100_000, 1000) == is_same


def test_prices_are_shown_with_two_to_four_decimals() -> None:
    shown = {(1, 345): "3.45", (3, 1000): "3.3333", (12, 4140): "3.45", (-2, 5): "-0.025", (8, 1): "0.0013"}
    assert {(quantity, amount): unit_price(100_000 * quantity, amount) for quantity, amount in shown} == shown


async def test_nothing_but_the_suppliers_id_finds_its_orders(shop: StockShop) -> None:
    await shop.add(order(supplierName=..., supplierID=SOUTHERN_DAIRY))
    assert len(await listed(shop, supplier_id=SOUTHERN_DAIRY)) == 1
    assert await listed(shop, supplier_id=NO_DEFAULT) == []
