"""What is wrong in a record that is JSON: every fault told at its place, with what was expected and what came."""

import json
from decimal import Decimal
from typing import Any

import pytest
from powerepos.contract.codes import MEANINGS
from powerepos.contract.sales import (
    PartnerSalesBatchRequest,
    PartnerSalesBatchRequestOptions,
    PartnerSalesTransaction,
    PartnerZFinaliseRequest,
    PartnerZReportRequest,
)
from powerepos.contract.stock import AddStockOrderRequest, StockItemStringItemType

from powerepos_cloud.partnerservices.wire import Fault, Reading, read, read_order
from tests.contract.examples import example, wrapped
from tests.partnerservices.wire.documents import read_batch

SALE = json.loads(example("bucketed_discount"))["sales"][0]
BATCH = json.loads(example("bucketed_discount"))


def sale_with(old: str, new: str) -> "Reading[PartnerSalesTransaction]":
    """The example's sale with one piece of its text replaced."""
    text = json.dumps(SALE)
    assert old in text
    return read(text.replace(old, new, 1).encode(), PartnerSalesTransaction)


def only(reading: "Reading[Any]") -> Fault:
    """Its only fault."""
    assert reading.value is None
    assert reading.warnings == []
    (fault,) = reading.faults
    assert fault.code in MEANINGS
    return fault


AMOUNT = '"amount": 11.5'
AT_AMOUNT = "/transactionItems/0/amount"
SEAT = '"seat": 1'
NUMBER = '"invoiceNumber": "K2000431"'


@pytest.mark.parametrize(
    ("value", "code", "actual"),
    [
        ('"11.5"', "number.type", "11.5"),
        ('"NaN"', "number.type", "NaN"),
        ('""', "number.type", ""),
        ("NaN", "number.type", "NaN"),
        ("Infinity", "number.type", "Infinity"),
        ("-Infinity", "number.type", "-Infinity"),
        ("1E+19", "number.type", "1E+19"),
        ("1e-19", "number.type", "1e-19"),
        ("1E+999999999", "number.type", "1E+999999999"),
        ("1e-99999999999999999999", "number.type", "1e-99999999999999999999"),
        ("true", "number.type", "true"),
        ("[11.5]", "number.type", "a list"),
        ("{}", "number.type", "an object"),
        ("null", "field.missing", None),
    ],
)
def test_an_amount_is_a_number(value: str, code: str, actual: str | None) -> None:
    fault = only(sale_with(AMOUNT, f'"amount": {value}'))
    assert (fault.code, fault.pointer, fault.actual) == (code, AT_AMOUNT, actual)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("9007199254740993.01", "9007199254740993.01"),
        ("0.1", "0.1"),
        ("1e2", "100"),
        ("115E-1", "11.5"),
        ("1.5e+18", "1500000000000000000"),
        ("1e-18", "0.000000000000000001"),
        ("1e0000000000000000000001", "10"),
        ("-0", "0"),
        ("9" * 400, "9" * 400),
    ],
)
def test_an_amount_is_exact_whatever_its_form(written: str, value: str) -> None:
    for unknown in ("", ', "colour": "red"'):  # with an unknown field it is read the other way
        reading = sale_with(AMOUNT, f'"amount": {written}{unknown}')
        assert reading.faults == []
        assert reading.value is not None
        assert reading.value.transaction_items[0].amount == Decimal(value)


@pytest.mark.parametrize(
    ("value", "code", "actual"),
    [
        ("1.0", "number.type", "1.0"),
        ("1e2", "number.type", "1e2"),
        ('"1"', "number.type", "1"),
        ("true", "number.type", "true"),
        ("2147483648", "number.range", "2147483648"),
        ("-2147483649", "number.range", "-2147483649"),
        ("9" * 30, "number.range", "9" * 30),
    ],
)
def test_a_whole_number_is_written_as_one(value: str, code: str, actual: str) -> None:
    fault = only(sale_with(SEAT, f'"seat": {value}'))
    assert (fault.code, fault.pointer, fault.actual) == (code, "/transactionItems/0/seat", actual)


@pytest.mark.parametrize(
    ("value", "code", "actual"),
    [
        ("2000431", "field.type", "a number"),
        ("false", "field.type", "false"),
        ("null", "field.missing", None),
        ('"' + "x" * 37 + '"', "text.too_long", 37),
        ('"' + "\U0001f600" * 37 + '"', "text.too_long", 37),
        ('"a\\u0000b"', "text.invalid", "a\ufffdb"),
        ('"a\\ud800b"', "text.invalid", "a?b"),
        ('"\\udc00"', "text.invalid", "?"),
        ('"\\ud800\\ud800"', "text.invalid", "??"),
    ],
)
def test_an_invoice_number_is_a_text(value: str, code: str, actual: Any) -> None:
    fault = only(sale_with(NUMBER, f'"invoiceNumber": {value}'))
    assert (fault.code, fault.pointer, fault.actual) == (code, "/invoiceNumber", actual)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("x" * 36, "x" * 36),
        ("\U0001f600" * 36, "\U0001f600" * 36),
        ("\\ud83d\\ude00", "\U0001f600"),
        ("C:\\\\u0000", "C:\\u0000"),
        ("\\u00e9\\/", "é/"),
        ("null", "null"),
        ("1: e5", "1: e5"),
    ],
)
def test_whole_characters_arrive_as_they_are(written: str, value: str) -> None:
    reading = sale_with(NUMBER, f'"invoiceNumber": "{written}"')
    assert reading.value is not None
    assert reading.value.invoice_number == value


@pytest.mark.parametrize(("value", "actual"), [("1", "a number"), ('"true"', "a text"), ("[]", "a list")])
def test_true_is_true(value: str, actual: str) -> None:
    fault = only(sale_with('"affectsCID": true', f'"affectsCID": {value}'))
    assert (fault.code, fault.pointer, fault.actual) == ("field.type", "/transactionPayments/0/affectsCID", actual)


@pytest.mark.parametrize("value", ["5", "13", "-1", "100000000000000000000000"])
def test_a_choice_is_one_of_the_documented(value: str) -> None:
    raw = example("order_with_charges").replace(b'"type": 11', f'"type": {value}'.encode())
    fault = only(read(raw, AddStockOrderRequest))
    assert (fault.code, fault.pointer, fault.actual) == ("enum.unknown", "/lineItems/2/type", value)
    assert fault.expected == "one of 0, 1, 2, 3, 4, 10, 11, 12, 100"


@pytest.mark.parametrize("value", ['"11"', "11.0", "true", "{}"])
def test_a_choice_is_a_whole_number(value: str) -> None:
    raw = example("order_with_charges").replace(b'"type": 11', f'"type": {value}'.encode())
    assert only(read(raw, AddStockOrderRequest)).code == "number.type"


def test_choices_arrive_as_such() -> None:
    reading = read(example("order_with_charges"), AddStockOrderRequest)
    assert reading.value is not None
    assert [line.type for line in reading.value.line_items] == [
        StockItemStringItemType.STOCK_ITEM_RECIPE,
        StockItemStringItemType.DELIVERY_CHARGE,
        StockItemStringItemType.DISCOUNT,
        StockItemStringItemType.ROUNDING_LINE,
    ]


def test_every_fault_of_a_record_is_told_at_once() -> None:
    sale = json.loads(json.dumps(SALE))
    del sale["dateTimeClosed"]
    sale["invoiceNumber"] = 7
    sale["tax1Rate"] = "15"
    sale["transactionItems"][1] = "nothing"
    sale["transactionItems"][2]["pluNumber"] = 1.5
    sale["transactionItems"][0]["itemAdjustments"][0]["bucketID"] = "x" * 65
    sale["transactionPayments"] = {}
    reading = read(json.dumps(sale).encode(), PartnerSalesTransaction)
    assert sorted((fault.pointer, fault.code) for fault in reading.faults) == [
        ("/dateTimeClosed", "field.missing"),
        ("/invoiceNumber", "field.type"),
        ("/tax1Rate", "number.type"),
        ("/transactionItems/0/itemAdjustments/0/bucketID", "text.too_long"),
        ("/transactionItems/1", "field.type"),
        ("/transactionItems/2/pluNumber", "number.type"),
        ("/transactionPayments", "field.type"),
    ]
    assert reading.sent_text("salesTransactionID") == SALE["salesTransactionID"]


def test_an_unknown_field_is_ignored_with_a_warning_that_knows_a_better_name() -> None:
    reading = sale_with(SEAT, '"salesQty": 1')
    assert reading.faults == []
    assert reading.value is not None
    (warning,) = reading.warnings
    assert (warning.code, warning.pointer, warning.expected) == ("field.unknown", "/transactionItems/0/salesQty", "saleQty")
    assert "Is saleQty meant?" in warning.message


def test_a_field_unknown_in_many_places_is_told_once() -> None:
    sale = {**SALE, "transactionItems": [{"amount": 1, "colour": "red", "Müll/~": {"a": []}} for _ in range(500)]}
    reading = read(json.dumps(sale).encode(), PartnerSalesTransaction)
    assert reading.value is not None
    assert [warning.pointer for warning in reading.warnings] == [
        "/transactionItems/0/colour",
        "/transactionItems/0/Müll~1~0",
    ]
    assert "499 more places" in reading.warnings[0].message


def test_a_thousand_unknown_fields_do_not_swell_the_answer() -> None:
    sale = {**SALE, **{f"extra{n}": n for n in range(10_000)}}
    assert len(read(json.dumps(sale).encode(), PartnerSalesTransaction).warnings) == 50


def test_a_hundred_thousand_faults_do_not_swell_the_answer() -> None:
    sale = {**SALE, "transactionItems": [1] * 100_000}
    reading = read(json.dumps(sale).encode(), PartnerSalesTransaction)
    assert reading.value is None
    assert len(reading.faults) == 4096


def test_names_that_cannot_be_encoded_do_not_break_the_answer() -> None:
    raw = json.dumps(SALE)[:-1].encode() + b', "\\ud800\\u0000' + b"x" * 1000 + b'": 1}'
    reading = read(raw, PartnerSalesTransaction)
    assert reading.value is not None
    pointer = reading.warnings[0].pointer
    assert pointer.encode().startswith("/?\ufffdxxx".encode())
    assert len(pointer) < 140


def test_null_stands_for_the_default() -> None:
    sale = json.loads(json.dumps(SALE))
    plain = read(json.dumps(sale).encode(), PartnerSalesTransaction).value
    sale |= {"tax2Name": None, "tax2Rate": None, "orderAdjustments": None, "refundOf": None}
    sale["transactionItems"][0] |= {"incTax2": None, "exTax4": None, "pluName": None}
    sale["transactionItems"][2] |= {"stockQty": None, "itemAdjustments": None, "cost": None}
    sale["transactionPayments"][1] |= {"affectsCID": None, "amountRounded": None, "dateTimePaid": None}
    assert read(json.dumps(sale).encode(), PartnerSalesTransaction).value == plain
    sale["colour"] = "red"
    assert read(json.dumps(sale).encode(), PartnerSalesTransaction).value == plain


def test_null_does_not_stand_for_what_is_no_null() -> None:
    options = b'{"allowPartialBatchSubmission": null}'
    fault = only(read(options, PartnerSalesBatchRequestOptions))
    assert (fault.code, fault.pointer) == ("field.type", "/allowPartialBatchSubmission")


def test_nulls_in_a_list_are_faults() -> None:
    fault = only(sale_with('"transactionPayments": [', '"transactionPayments": [null, '))
    assert (fault.code, fault.pointer, fault.actual) == ("field.type", "/transactionPayments/0", "null")


@pytest.mark.parametrize(
    ("sent", "pointer", "code"),
    [
        (b'{"OUTLETID":"o","zreportid":5}', "/zreportid", "field.type"),
        (b'{"OutletID":"o","ZReportTarget":{"TradingDate":"2024-12-01"}}', "/ZReportTarget/terminalName", "field.missing"),
    ],
)
def test_pointers_use_the_spelling_that_was_sent(sent: bytes, pointer: str, code: str) -> None:
    assert (pointer, code) in [(fault.pointer, fault.code) for fault in read(sent, PartnerZReportRequest).faults]


@pytest.mark.parametrize(
    ("respell", "spelled"),
    [
        (str, "/transactionItems/0/itemAdjustments/0/adjustmentRevenue_CostCenterName"),
        (
            lambda name: name[0].upper() + name[1:],
            "/TransactionItems/0/ItemAdjustments/0/AdjustmentRevenue_CostCenterName",
        ),
        (str.lower, "/transactionitems/0/itemadjustments/0/adjustmentrevenue_costcentername"),
    ],
)
def test_rules_find_the_spelling_that_was_sent(respell: Any, spelled: str) -> None:
    def respelled(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {respell(name): respelled(value) for name, value in tree.items()}
        return [respelled(one) for one in tree] if isinstance(tree, list) else tree

    _, (sale,) = read_batch(json.dumps(respelled(BATCH)).encode())
    assert sale.value is not None
    assert sale.base == f"/{respell('sales')}/0"
    assert sale.spelled("/transactionItems/0/itemAdjustments/0/adjustmentRevenue_CostCenterName") == spelled
    assert sale.spelled("") == ""


@pytest.mark.parametrize("name", ["fixed_z", "order_discount", "bucketed_discount"])
def test_documented_batches_are_read(name: str) -> None:
    envelope, (sale,) = read_batch(example(name))
    assert envelope.value is not None
    assert sale.value is not None
    assert (envelope.faults, envelope.warnings, sale.faults, sale.warnings) == ([], [], [], [])


def test_the_documented_add_on_tax_is_read() -> None:
    _, (sale,) = read_batch(wrapped(example("add_on_tax_sale")))
    assert sale.value is not None
    assert sale.value.transaction_items[0].ex_tax1 == Decimal("1.65")


@pytest.mark.parametrize(("name", "model"), [("z_request", PartnerZReportRequest), ("finalise_request", PartnerZFinaliseRequest)])
def test_documented_requests_about_a_z_are_read(name: str, model: Any) -> None:
    reading = read(example(name), model)
    assert reading.value is not None
    assert reading.value.outlet_id == "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c11"


@pytest.mark.parametrize("name", ["order_by_supplier_name", "order_by_names", "order_with_charges"])
def test_documented_orders_are_read(name: str) -> None:
    order, lines = read_order(example(name))
    assert order.value is not None
    assert all(line.value is not None for line in lines)
    assert len(lines) == len(json.loads(example(name))["lineItems"])


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"sales": []}, "/sales", "batch.size"),
        ({"sales": [SALE] * 65}, "/sales", "batch.size"),
        ({"sales": None}, "/sales", "field.missing"),
        ({"sales": {}}, "/sales", "field.type"),
        ({"outletID": 5}, "/outletID", "field.type"),
        ({"batchOptions": []}, "/batchOptions", "field.type"),
        ({"batchOptions": {"allowPartialBatchSubmission": "yes"}}, "/batchOptions/allowPartialBatchSubmission", "field.type"),
        ({"zReportTarget": {**BATCH["zReportTarget"], "tradingDate": "2024-12-01 00:00"}},
         "/zReportTarget/tradingDate", "text.too_long"),
    ],
)  # fmt: skip
def test_faults_of_the_envelope_are_its_own(change: dict[str, Any], pointer: str, code: str) -> None:
    envelope, sales = read_batch(json.dumps({**BATCH, **change}).encode())
    fault = only(envelope)
    assert (fault.pointer, fault.code) == (pointer, code)
    assert sales == []


def test_a_batch_without_sales_or_outlet_says_both() -> None:
    envelope, _ = read_batch(b"{}")
    assert [fault.pointer for fault in envelope.faults] == ["/outletID", "/sales"]


def test_64_sales_are_a_batch() -> None:
    envelope, sales = read_batch(json.dumps({**BATCH, "sales": [SALE] * 64}).encode())
    assert envelope.value is not None
    assert envelope.value.sales == []
    assert len(sales) == 64


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("null", "field.type"),
        ("7", "field.type"),
        ('"sale"', "field.type"),
        ("[]", "field.type"),
        ('{"salesTransactionID":"x","dateTimeClosed":NaN}', "field.type"),
        ('{"salesTransactionID":"\\ud800"}', "text.invalid"),
    ],
)
def test_a_sale_that_is_none_leaves_the_others_alone(bad: str, code: str) -> None:
    raw = json.dumps({**BATCH, "sales": [SALE, "BAD", SALE]}).replace('"BAD"', bad).encode()
    envelope, sales = read_batch(raw)
    assert envelope.faults == []
    assert [sale.value is not None for sale in sales] == [True, False, True]
    assert sales[1].base == "/sales/1"
    assert code in [fault.code for fault in sales[1].faults]
    assert sales[0].value == sales[2].value


def test_the_id_of_a_sale_that_cannot_be_read_is_told_as_sent() -> None:
    sale = {"SALESTRANSACTIONID": "{5D2F1C90-6B7E-4A58-9C31-77E0A4B8D201}"}
    _, sales = read_batch(json.dumps({**BATCH, "sales": [sale, {"salesTransactionID": 5}, 5]}).encode())
    assert [one.sent_text("salesTransactionID") for one in sales] == [sale["SALESTRANSACTIONID"], None, None]


def test_warnings_of_sales_are_theirs_and_those_of_the_envelope_its_own() -> None:
    sales = [SALE, {**SALE, "colour": "red"}, SALE]
    envelope, readings = read_batch(json.dumps({**BATCH, "sales": sales, "shop": 1}).encode())
    assert [warning.pointer for warning in envelope.warnings] == ["/shop"]
    assert [[warning.pointer for warning in one.warnings] for one in readings] == [[], ["/colour"], []]


def test_1024_lines_are_an_order_and_1025_are_refused_whole() -> None:
    order = json.loads(example("order_by_names"))
    for lines, faults in ((1024, []), (1025, [("order.size", "/lineItems", 1025)])):
        found, _ = read_order(json.dumps({**order, "lineItems": order["lineItems"] * lines}).encode())
        assert [(fault.code, fault.pointer, fault.actual) for fault in found.faults] == faults


def test_1024_faulty_lines_are_all_told() -> None:
    order = json.loads(example("order_by_names"))
    lines = [{**order["lineItems"][0], "amount": "12"} for _ in range(1024)]
    _, found = read_order(json.dumps({**order, "lineItems": lines}).encode())
    assert [(line.base, line.faults[0].pointer) for line in found] == [(f"/lineItems/{n}", "/amount") for n in range(1024)]


def test_raw_lists_are_read_by_their_own_reader_only() -> None:
    with pytest.raises(TypeError, match="part by part"):
        read(b'{"outletID":"o","sales":[1],"colour":1}', PartnerSalesBatchRequest)
