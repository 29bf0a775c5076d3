"""What is wrong with an order or its lines: everything at once, each with code, place and cure, and nothing is stored."""

import asyncio
import json
import threading
from typing import Any

import pytest

from powerepos_cloud.foundation.database import Session
from tests.partnerservices.stock.shop import StockShop, failed, line, new_id, order, warned
from tests.resourceserver.authserver import KAPOW

NIL = "00000000-0000-0000-0000-000000000000"


ORDER_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"orderID": ...}, "order.id_invalid", "/orderID"),
    ({"orderID": None}, "order.id_invalid", "/orderID"),
    ({"orderID": 7}, "order.id_invalid", "/orderID"),
    ({"orderID": NIL}, "order.id_invalid", "/orderID"),
    ({"orderID": "71c3e5a8"}, "order.id_invalid", "/orderID"),
    ({"outletID": "here"}, "guid.invalid", "/outletID"),
    ({"outletID": 5}, "field.type", "/outletID"),
    ({"outletName": "x" * 65}, "text.too_long", "/outletName"),
    ({"supplierID": ""}, "guid.invalid", "/supplierID"),
    ({"supplierName": "x\0"}, "text.invalid", "/supplierName"),
    ({"supplierName": "\ud800"}, "text.invalid", "/supplierName"),
    ({"supplierInvoiceNumber": ...}, "field.missing", "/supplierInvoiceNumber"),
    ({"supplierInvoiceNumber": " "}, "field.missing", "/supplierInvoiceNumber"),
    ({"supplierInvoiceNumber": "x" * 33}, "text.too_long", "/supplierInvoiceNumber"),
    ({"supplierInvoiceDate": "29.11.2024"}, "date.invalid", "/supplierInvoiceDate"),
    ({"supplierInvoiceDate": "2024-02-30"}, "date.invalid", "/supplierInvoiceDate"),
    ({"supplierInvoiceDate": 20241129}, "field.type", "/supplierInvoiceDate"),
    ({"applicationClientName": ""}, "field.missing", "/applicationClientName"),
    ({"applicationClientVersion": None}, "field.missing", "/applicationClientVersion"),
    ({"currencyCode": "XYZ"}, "currency.invalid", "/currencyCode"),
    ({"currencyCode": "KWD"}, "currency.unsupported", "/currencyCode"),
    ({"currencyCode": "NZDOL"}, "text.too_long", "/currencyCode"),
    ({"lineItems": None}, "field.missing", "/lineItems"),
    ({"lineItems": {}}, "field.type", "/lineItems"),
    ({"lineItems": [line()] * 1025}, "order.size", "/lineItems"),
]


async def test_a_fault_of_the_order_is_named(shop: StockShop) -> None:
    for changed, code, pointer in ORDER_FAULTS:
        data = await shop.fail(order(**changed))
        assert (data["result"], [(one["code"], one["pointer"]) for one in data["errors"]]) == (1, [(code, pointer)]), changed
        assert data["lineItemFailureResults"] is None
    assert await shop.stored() == 0


LINE_FAULTS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"lineItemID": ...}, [("line.id_invalid", "lineItemID")]),
    ({"lineItemID": NIL}, [("line.id_invalid", "lineItemID")]),
    ({"lineItemID": "7"}, [("line.id_invalid", "lineItemID")]),
    ({"lineItemID": 7}, [("line.id_invalid", "lineItemID")]),
    ({"type": 5}, [("enum.unknown", "type")]),
    ({"type": "1"}, [("number.type", "type")]),
    ({"type": True}, [("number.type", "type")]),
    ({"type": 10**30}, [("enum.unknown", "type")]),
    ({"type": 1.5}, [("number.type", "type")]),
    ({"description": ...}, [("field.missing", "description")]),
    ({"description": " "}, [("field.missing", "description")]),
    ({"description": "x" * 51}, [("text.too_long", "description")]),
    ({"description": "a\0b"}, [("text.invalid", "description")]),
    ({"quantity": ...}, [("field.missing", "quantity")]),
    ({"quantity": "12"}, [("number.type", "quantity")]),
    ({"quantity": 0.000001}, [("number.scale", "quantity")]),
    ({"quantity": 10**13}, [("number.range", "quantity")]),
    ({"amount": None}, [("field.missing", "amount")]),
    ({"amount": 1.005}, [("number.scale", "amount")]),
    ({"amount": 10**9}, [("number.range", "amount")]),
    ({"amount": -(10**9)}, [("number.range", "amount")]),
    ({"amount": 10**40}, [("number.range", "amount")]),
    ({"amount": float("nan")}, [("number.type", "amount")]),
    ({"amount": []}, [("number.type", "amount")]),
    ({"supplierProductCode": None}, [("line.product_code_missing", "supplierProductCode")]),
    ({"supplierProductCode": "  "}, [("line.product_code_missing", "supplierProductCode")]),
    ({"supplierProductCode": "milk-2l"}, [("line.product_unknown", "supplierProductCode")]),
    ({"supplierProductCode": "x" * 19}, [("text.too_long", "supplierProductCode")]),
    ({"supplierProductCode": 9001}, [("field.type", "supplierProductCode")]),
    ({"taxGroupName": "GST"}, [("line.tax_group_unknown", "taxGroupName")]),
    ({"taxGroupName": "x" * 33}, [("text.too_long", "taxGroupName")]),
    ({"type": 11, "supplierProductCode": None, "quantity": 1, "amount": 4}, [("line.sign", "amount")]),
    ({"type": 11, "supplierProductCode": None, "quantity": 1, "amount": 0}, [("line.sign", "amount")]),
    ({"type": 11, "supplierProductCode": None, "amount": -1.005}, [("number.scale", "amount")]),
    ({"type": 10, "supplierProductCode": None, "quantity": 0.0000001}, [("number.scale", "quantity")]),
    (
        {"supplierProductCode": "?", "taxGroupName": "?", "lineItemID": "?", "description": ""},
        [
            ("line.id_invalid", "lineItemID"), ("field.missing", "description"), ("line.product_unknown", "supplierProductCode"),
            ("line.tax_group_unknown", "taxGroupName"),
        ],
    ),
    (
        {"quantity": "1", "amount": "1", "description": 5},
        [("field.type", "description"), ("number.type", "quantity"), ("number.type", "amount")],
    ),
]  # fmt: skip


async def test_every_fault_of_every_line_is_told_at_once(shop: StockShop) -> None:
    lines = [{name: value for name, value in (line(41.4) | changed).items() if value is not ...} for changed, _ in LINE_FAULTS]
    data = await shop.fail(order(*lines[:1], line(), *lines[1:]))
    expected = [
        (place + (place > 0), code, f"/lineItems/{place + (place > 0)}/{field}")
        for place, (_, faults) in enumerate(LINE_FAULTS)
        for code, field in faults
    ]
    assert sorted(failed(data)) == sorted(expected)
    assert [place for place, _, _ in failed(data)] == sorted(place for place, _, _ in expected)
    assert (data["result"], data["code"], data["actual"]) == (4, "order.lines_failed", len(LINE_FAULTS))
    for one in data["lineItemFailureResults"]:
        sent = ([*lines[:1], line(), *lines[1:]])[one["index"]].get("lineItemID")
        assert one["lineItemID"] == (sent if isinstance(sent, str) else None)
        assert one["errorMessage"].endswith(".")
        assert one["expected"]
    assert await shop.stored() == 0


async def test_a_lines_faults_are_the_same_where_it_stands_alone(shop: StockShop) -> None:
    """A body of which nothing looks unusual is read another way."""
    for changed, faults in LINE_FAULTS:
        one = {name: value for name, value in (line(41.4) | changed).items() if value is not ...}
        data = await shop.fail(order(one))
        assert sorted(code for _, code, _ in failed(data)) == sorted(code for code, _ in faults), changed
    assert warned(await shop.add(order(line(-5)))) == [("item.sign", "/lineItems/0/quantity")]


async def test_faults_of_the_order_and_of_its_lines_are_told_together(shop: StockShop) -> None:
    lines = [line(), line("1"), line(1, None)]
    data = await shop.fail(order(*lines, currencyCode="XYZ"))
    assert data["result"] == 1
    assert [(one["code"], one["pointer"]) for one in data["errors"]] == [("currency.invalid", "/currencyCode")]
    assert failed(data) == [
        (1, "number.type", "/lineItems/1/amount"), (2, "line.product_code_missing", "/lineItems/2/supplierProductCode")
    ]  # fmt: skip


async def test_a_quantity_that_cannot_be_read_is_no_other_than_one(shop: StockShop) -> None:
    data = await shop.fail(order(line(5, kind=10, quantity=0.0000001)))
    assert (failed(data), warned(data)) == ([(0, "number.scale", "/lineItems/0/quantity")], [])


async def test_a_line_id_stands_once_in_an_order_and_in_as_many_orders_as_wanted(shop: StockShop) -> None:
    one = line()
    await shop.add(order(one))
    await shop.add(order(one))
    data = await shop.fail(order(one, line(), {**one, "lineItemID": one["lineItemID"].upper().replace("-", "")}))
    assert failed(data) == [(2, "line.id_repeated", "/lineItems/2/lineItemID")]


async def test_pointers_are_in_the_spelling_that_was_sent(shop: StockShop) -> None:
    body = order(line(), line(1, "NOPE"), line(7, kind=10, quantity=2))
    pascal = {name[0].upper() + name[1:]: value for name, value in body.items()}
    pascal["LineItems"] = [{name[0].upper() + name[1:]: value for name, value in one.items()} for one in body["lineItems"]]
    data = await shop.fail(pascal)
    assert failed(data) == [(1, "line.product_unknown", "/LineItems/1/SupplierProductCode")]
    pascal["LineItems"].pop(1)
    assert warned(await shop.add(pascal)) == [("line.quantity", "/LineItems/1/Quantity")]


async def test_what_is_only_odd_is_warned_of(shop: StockShop) -> None:
    lines = [
        line(-5), line(5, kind=10, supplierProductCode="FREIGHT"), line(-5, kind=11, quantity=3), line(1) | {"colour": "red"},
    ]  # fmt: skip
    answer = await shop.add(order(*lines, supplierInvoiceDate="2024-12-05T00:00:00Z"))
    assert warned(answer) == [
        ("date.zone", "/supplierInvoiceDate"), ("date.future", "/supplierInvoiceDate"), ("item.sign", "/lineItems/0/quantity"),
        ("line.product_code_unexpected", "/lineItems/1/supplierProductCode"), ("line.quantity", "/lineItems/2/quantity"),
        ("field.unknown", "/lineItems/3/colour"),
    ]  # fmt: skip
    assert "2024-12-04T11:00:00.000Z" in answer["warnings"][0]["message"]
    old = await shop.add(order(supplierInvoiceDate="2023-01-01"))
    assert warned(old) == [("date.too_old", "/supplierInvoiceDate")]


async def test_a_name_that_every_line_has_is_told_once(shop: StockShop) -> None:
    lines = [line(1) | {"colour": "red", f"f{n}": 1} for n in range(60)]
    answer = await shop.add(order(*lines))
    assert warned(answer)[:3] == [
        ("field.unknown", f"/lineItems/{n}/{name}") for n, name in ((0, "colour"), (0, "f0"), (1, "f1"))
    ]
    assert len(answer["warnings"]) == 50
    data = await shop.fail(order(line(1) | {"amout": 2}, supplierName=..., suplierName="Southern Dairy"))
    meant = [(one["pointer"], one["message"].rpartition(". ")[2]) for one in data["warnings"]]
    assert meant == [("/suplierName", "Is supplierName meant?"), ("/lineItems/0/amout", "Is amount meant?")]


async def test_1024_lines_are_taken_and_1024_failing_ones_are_all_told(shop: StockShop) -> None:
    lines = [line(n + 1, "MILK-2L" if n % 2 else "SAUCE-5L") for n in range(1024)]
    answer = await shop.add(order(*lines))
    assert [one["stockOrderLineItemID"] for one in answer["stockOrder"]["lineItems"]] == [one["lineItemID"] for one in lines]
    assert answer["stockOrder"]["total"] == 1024 * 1025 // 2
    data = await shop.fail(order(*(line(1, f"MILK-{n}L") for n in range(1024))))
    missing = [n for n in range(1024) if n != 2]
    assert [place for place, _, _ in failed(data)] == missing
    assert all(one["candidates"] for one in data["lineItemFailureResults"][:8])


@pytest.mark.parametrize("dialect", ["sqlite"])  # where long reads have two threads
async def test_failures_are_told_without_candidates_while_others_search(shop: StockShop) -> None:
    done = threading.Event()

    async def search(_: Session) -> None:
        done.wait(60)

    searches = [asyncio.create_task(shop.database.read_long(search)) for _ in range(16)]
    await asyncio.sleep(0)
    data = await shop.fail(order(line(1, "MILK-3L")))
    assert (failed(data), data["lineItemFailureResults"][0]["candidates"]) == (
        [(0, "line.product_unknown", "/lineItems/0/supplierProductCode")], []
    )  # fmt: skip
    done.set()
    await asyncio.gather(*searches)
    data = await shop.fail(order(line(1, "MILK-3L")))
    assert [one["supplierProductCode"] for one in data["lineItemFailureResults"][0]["candidates"]] == ["MILK-2L"]


async def test_the_largest_amounts_come_to_what_they_are(shop: StockShop) -> None:
    lines = [line("AMOUNT", quantity="QUANTITY", taxGroupName="Sales Tax") for _ in range(1024)]
    body = json.dumps(order(*lines)).replace('"AMOUNT"', "999999999.99").replace('"QUANTITY"', "9999999999999.99999")
    raw = (await shop.post_order(body.encode())).text
    assert '"amount":1023999999989.76,' in raw
    assert '"exTax1":84479999999.16,' in raw
    assert '"quantity":9999999999999.99999,' in raw
    assert '"total":1108479999988.92}' in raw


async def test_an_order_without_lines_is_an_order_of_nothing(shop: StockShop) -> None:
    answer = await shop.add(order() | {"lineItems": []})
    assert (answer["stockOrder"]["lineItems"], answer["stockOrder"]["total"]) == ([], 0)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "json.malformed"), (b'{"orderID": "x",}', "json.malformed"), (b"[]", "json.not_object"),
        (b'{"orderID": 1, "OrderID": 2}', "json.duplicate_name"), (b"\xff", "json.encoding"),
        (b'{"lineItems": [{"amount": 1, "Amount": 2}]}', "json.duplicate_name"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "json.nesting"), (b"null", "json.not_object"),
    ],
)  # fmt: skip
async def test_a_body_that_is_not_well_formed_holds_no_order(shop: StockShop, raw: bytes, code: str) -> None:
    answer = await shop.post_order(raw)
    found = answer.json()
    assert (answer.status_code, found["errorCode"]) == (400, code)
    assert "result" not in found["data"]


async def test_a_body_over_four_mebibytes_is_refused(shop: StockShop) -> None:
    answer = await shop.post_order(json.dumps(order(note="x" * 2**22)).encode())
    assert (answer.status_code, answer.json()["errorCode"]) == (413, "body.too_large")


ODD_VALUES = (None, True, 7, -1.5, "", "\0", [], {}, [[]], {"a": 1}, "9" * 5000, 10**400)


async def test_no_value_in_any_field_is_a_fault_of_ours(shop: StockShop) -> None:
    """Every field of the order and of a line, one at a time, and in the place of a line."""
    for value in ODD_VALUES:
        bodies = [order(**{name: value}) for name in order()]
        bodies += [order(line() | {name: value}) for name in line()]
        for body in [*bodies, order() | {"lineItems": [value, line(), value]}]:
            answer = await shop.post_order(body)
            assert answer.status_code in (200, 400), answer.text
            if answer.status_code == 400:
                assert answer.json()["data"]["outcome"] == "rejected"


async def test_failures_are_written_by_rfc_9457_where_that_is_asked_for(shop: StockShop) -> None:
    headers = shop.bearer(root_nodes=[KAPOW], pga=["Partner Stock (Submit)"]) | {"Accept": "application/problem+json"}
    answer = await shop.http.post("/api/v1/stock/stockorders/addstockorder", headers=headers, json=order(supplierName="Nobody"))
    found = answer.json()
    assert (found["status"], found["errorCode"], found["data"]["result"]) == (400, "supplier.not_found", 3)


async def test_a_fault_in_a_small_number_is_told_without_an_exponent(shop: StockShop) -> None:
    body = json.dumps(order(line("AMOUNT"))).replace('"AMOUNT"', "0.0000001").encode()
    answer = await shop.post_order(body)
    assert '"actual":0.0000001' in answer.text


async def test_other_methods_and_queries(shop: StockShop) -> None:
    answer = await shop.get("stock/stockorders/addstockorder", pga=["Partner Stock (Submit)"])
    assert answer.status_code in (404, 405)
    for query in ("?version=0", "?version=x", "?version=99999999999"):
        read = await shop.read(new_id(), query)
        assert (read.status_code, read.json()["errorCode"]) == (400, "query.invalid")
