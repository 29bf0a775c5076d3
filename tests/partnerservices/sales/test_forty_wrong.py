"""A batch of 64 sales, 40 of them wrong, each in another way: every one is told exactly, and the others stand or fall."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from powerepos_cloud.foundation.database.tenants import crossing
from powerepos_cloud.partnerservices.sales.tables import sales
from tests.partnerservices.sales.shop import OUTLET_2, Shop, batch, sale

Change = Callable[[dict[str, Any]], None]
Wrong = tuple[str, int, str, str, Change]

ITEM, PAYMENT = "/transactionItems/0", "/transactionPayments/0"


def put(path: str, value: Any) -> Change:
    """Set (or with `...` remove) what a pointer names."""

    def change(one: dict[str, Any]) -> None:
        *way, last = [int(word) if word.isdigit() else word for word in path.split("/")[1:]]
        node: Any = one
        for word in way:
            node = node[word]
        if value is ...:
            del node[last]
        else:
            node[last] = value

    return change


def adjusted(*names: str, bucket: str | None = None, centres: tuple[str | None, ...] = (None, None)) -> Change:
    """Item adjustments of one bucket that cancel each other out."""

    def change(one: dict[str, Any]) -> None:
        one["transactionItems"][0]["itemAdjustments"] = [
            {"adjustmentName": name, "amount": amount, "bucketID": bucket, "adjustmentRevenue_CostCenterName": centre}
            for name, amount, centre in zip(names, (1, -1), centres, strict=False)
        ]

    return change


def nothing_sold(one: dict[str, Any]) -> None:
    """Neither items nor payments."""
    one["transactionItems"] = one["transactionPayments"] = []


WRONG: list[Wrong] = [
    # what, errorCode, code, pointer within the sale, change
    ("no ID", 2, "sale.id_invalid", "/salesTransactionID", put("/salesTransactionID", ...)),
    ("no GUID", 2, "sale.id_invalid", "/salesTransactionID", put("/salesTransactionID", "K-1")),
    ("nil GUID", 2, "sale.id_invalid", "/salesTransactionID", put("/salesTransactionID", "0" * 32)),
    ("no closing time", 2, "field.missing", "/dateTimeClosed", put("/dateTimeClosed", ...)),
    ("closing time null", 2, "field.missing", "/dateTimeClosed", put("/dateTimeClosed", None)),
    ("closing time nonsense", 2, "date.invalid", "/dateTimeClosed", put("/dateTimeClosed", "2024-02-30 10:00:00")),
    ("closing time a number", 2, "field.type", "/dateTimeClosed", put("/dateTimeClosed", 20241201)),
    ("no invoice number", 2, "field.missing", "/invoiceNumber", put("/invoiceNumber", ...)),
    ("invoice number too long", 2, "text.too_long", "/invoiceNumber", put("/invoiceNumber", "K" * 37)),
    ("NUL in the invoice number", 2, "text.invalid", "/invoiceNumber", put("/invoiceNumber", "K\0")),
    ("half a surrogate pair", 2, "text.invalid", "/invoiceNumber", put("/invoiceNumber", "K\ud800")),
    ("items a text", 2, "field.type", "/transactionItems", put("/transactionItems", "none")),
    ("an item null", 2, "field.type", ITEM, put(ITEM, None)),
    ("nothing sold", 2, "sale.empty", "/transactionItems", nothing_sold),
    ("no payments", 2, "sale.empty", "/transactionPayments", put("/transactionPayments", [])),
    ("payments missing", 2, "field.missing", "/transactionPayments", put("/transactionPayments", ...)),
    ("paid too little", 3, "sale.unbalanced", "/transactionPayments", put(f"{PAYMENT}/amountPurchase", 11.49)),
    ("paid too much", 3, "sale.unbalanced", "/transactionPayments", put(f"{PAYMENT}/amountPurchase", 11.51)),
    ("no such PLU", 4, "item.unknown_plu", f"{ITEM}/pluNumber", put(f"{ITEM}/pluNumber", 9999)),
    ("no product at all", 4, "item.unknown_plu", ITEM, put(f"{ITEM}/pluNumber", None)),
    ("PLU a text", 2, "number.type", f"{ITEM}/pluNumber", put(f"{ITEM}/pluNumber", "2040")),
    ("PLU not whole", 2, "number.type", f"{ITEM}/pluNumber", put(f"{ITEM}/pluNumber", 2040.5)),
    ("PLU beyond 32 bits", 2, "number.range", f"{ITEM}/pluNumber", put(f"{ITEM}/pluNumber", 2**31)),
    ("no amount", 2, "field.missing", f"{ITEM}/amount", put(f"{ITEM}/amount", ...)),
    ("amount a text", 2, "number.type", f"{ITEM}/amount", put(f"{ITEM}/amount", "11.5")),
    ("amount true", 2, "number.type", f"{ITEM}/amount", put(f"{ITEM}/amount", True)),
    ("amount with three decimals", 2, "number.scale", f"{ITEM}/amount", put(f"{ITEM}/amount", 11.505)),
    ("amount out of range", 2, "number.range", f"{ITEM}/amount", put(f"{ITEM}/amount", 10**9)),
    ("quantity with three decimals", 2, "number.scale", f"{ITEM}/saleQty", put(f"{ITEM}/saleQty", 0.125)),
    ("stock quantity with eight", 2, "number.scale", f"{ITEM}/stockQty", put(f"{ITEM}/stockQty", 0.12345678)),
    ("cost with three decimals", 2, "number.scale", f"{ITEM}/cost", put(f"{ITEM}/cost", 3.101)),
    ("tax out of range", 2, "number.range", f"{ITEM}/incTax1", put(f"{ITEM}/incTax1", -(10**9))),
    ("tax without a name", 2, "tax.rate_missing", f"{ITEM}/incTax2", put(f"{ITEM}/incTax2", 0.5)),
    ("tax without a rate", 2, "tax.rate_missing", f"{ITEM}/incTax1", put("/tax1Rate", 0)),
    ("rate below zero", 2, "number.range", "/tax1Rate", put("/tax1Rate", -100)),
    ("rate with four decimals", 2, "number.scale", "/tax1Rate", put("/tax1Rate", 15.0001)),
    ("seat not whole", 2, "number.type", f"{ITEM}/seat", put(f"{ITEM}/seat", 1.5)),
    (
        "bucket of two names", 5, "adjustment.bucket", f"{ITEM}/itemAdjustments/1/adjustmentName",
        adjusted("One", "Other", bucket="B"),
    ),
    (
        "bucket of two cost centres", 5, "adjustment.bucket", f"{ITEM}/itemAdjustments/1/adjustmentRevenue_CostCenterName",
        adjusted("One", "One", bucket="B", centres=("Bar", "Floor")),
    ),
    (
        "card number in a name", 2, "text.pan", f"{PAYMENT}/paymentTypeName",
        put(f"{PAYMENT}/paymentTypeName", "4111 1111 1111 1111"),
    ),
]  # fmt: skip
PLACES = [*range(0, 40, 2), *range(40, 60)]  # where in the batch they stand: among right ones, and in a row


def spoilt() -> tuple[list[dict[str, Any]], dict[int, Wrong]]:
    """64 sales, and which of them are wrong."""
    many = [sale() for _ in range(64)]
    wrong = dict(zip(PLACES, WRONG, strict=True))
    for place, (_, _, _, _, change) in wrong.items():
        many[place] = copy.deepcopy(many[place])
        change(many[place])
    return many, wrong


def pascal(value: Any) -> Any:
    """The same with names as .NET writes them: PascalCase."""
    if isinstance(value, dict):
        return {name[0].upper() + name[1:]: pascal(one) for name, one in value.items()}
    return [pascal(one) for one in value] if isinstance(value, list) else value


def spelled(body: Any, pointer: str) -> str:
    """A pointer in the body's own spelling; what the body does not have keeps the documented one."""
    words = []
    for word in pointer.split("/")[1:]:
        if isinstance(body, dict):
            words.append(next((name for name in body if name.lower() == word.lower()), word))
            body = body.get(words[-1])
        else:
            words.append(word)
            body = body[int(word)] if isinstance(body, list) else None
    return "".join(f"/{word}" for word in words)


async def stored_ids(shop: Shop) -> set[str]:
    """The IDs of all stored sales."""
    return {row.id for row in await shop.database.reader.all(crossing(select(sales.c.id), "a test"))}


def test_there_are_forty_ways() -> None:
    assert len(WRONG) == len({name for name, *_ in WRONG}) == len(PLACES) == len(set(PLACES)) == 40


@pytest.mark.parametrize("spelling", ["camelCase", "PascalCase"])
async def test_partial_mode_tells_each_and_stores_the_others(shop: Shop, spelling: str) -> None:
    many, wrong = spoilt()
    body: Any = batch(*many, batchOptions={"allowPartialBatchSubmission": True})
    if spelling == "PascalCase":
        body = pascal(body)
    answer = await shop.send(body)
    results = answer["batchItemResults"]
    assert answer["batchResult"] == 1
    assert [result["index"] for result in results] == list(range(64))
    for place, result in enumerate(results):
        sent_id = many[place].get("salesTransactionID")
        assert result["salesTransactionID"] == sent_id
        if place not in wrong:
            assert (result["outcome"], result["errorCode"], result["warnings"]) == ("created", 0, []), result
            continue
        what, error, code, pointer, _ = wrong[place]
        expected = ("rejected", error, code, spelled(body, f"/sales/{place}{pointer}"))
        assert (result["outcome"], result["errorCode"], result["code"], result["pointer"]) == expected, what
        assert result["errorMessage"], what
        assert [(one["code"], one["pointer"]) for one in result["errors"]] == [expected[2:]], what
        assert result["retryable"] is False
        assert (result["zReportID"], result["version"]) == (None, None)
    good = {one["salesTransactionID"] for place, one in enumerate(many) if place not in wrong}
    assert await stored_ids(shop) == good
    totals = (await shop.z(answer["zReportID"]))["totals"]
    assert (totals["count"], totals["gross"]) == (24, 276)


async def test_by_default_nothing_is_stored_and_a_replayed_sale_is_still_told(shop: Shop) -> None:
    known = sale()
    first = await shop.send(batch(known))
    many, wrong = spoilt()
    many[1] = known
    answer = await shop.send(batch(*many))
    results = answer["batchItemResults"]
    assert answer["batchResult"] == 2
    assert len(results) == 64
    for place, result in enumerate(results):
        if place == 1:
            assert (result["outcome"], result["errorCode"], result["zReportID"]) == ("replayed", 0, first["zReportID"])
        elif place in wrong:
            assert (result["outcome"], result["errorCode"], result["code"]) == ("rejected", *wrong[place][1:3])
        else:
            assert (result["outcome"], result["errorCode"], result["code"]) == ("skipped", 1, "sale.skipped")
            assert (result["errorMessage"], result["retryable"]) == (None, True)
    assert await stored_ids(shop) == {known["salesTransactionID"]}


@pytest.mark.parametrize("text", ["-", "01", "1.", ".5", "+1", "0x1", "1,5"])
async def test_what_is_no_json_number_is_the_bodys_fault(shop: Shop, text: str) -> None:
    raw = json.dumps(batch(sale())).replace('"amount": 11.5', f'"amount": {text}')
    answer = await shop.post("addbatch", raw.encode())
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "json.malformed")
    assert await stored_ids(shop) == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NaN", "number.type"), ("-Infinity", "number.type"), ("1E+999999999", "number.type"), ("1E-999999999", "number.type"),
        ("1e19", "number.type"), ("11.50000000000000000000000000000000001", "number.scale"),
        ("11.5" + 80 * "0" + "1", "number.scale"), ("1e18", "number.range"), ("-1000000000.00", "number.range"),
    ],
)  # fmt: skip
async def test_numbers_are_read_exactly_or_refused(shop: Shop, text: str, code: str) -> None:
    raw = json.dumps(batch(sale(), sale())).replace('"amount": 11.5', f'"amount": {text}', 1)
    answer = await shop.send(raw.encode())
    first, second = answer["batchItemResults"]
    assert (first["errorCode"], first["code"], first["pointer"]) == (2, code, "/sales/0/transactionItems/0/amount")
    assert second["outcome"] == "skipped"


async def test_the_largest_amount_is_kept_to_the_cent(shop: Shop) -> None:
    one = sale(999999999.99)
    one["transactionItems"][0] |= {"incTax1": 0, "taxSales1": 0}
    answer = await shop.send(batch(one))
    assert answer["batchResult"] == 0, answer
    back = await shop.get(f"sales/transactions/{one['salesTransactionID']}")
    assert b'"amount":999999999.99,' in back.content
    z = await shop.get(f"sales/zreports/{answer['zReportID']}")
    assert b'"gross":999999999.99,' in z.content


async def test_a_sale_beyond_what_can_be_added_up_is_refused(shop: Shop) -> None:
    """Twelve hundred lines of nearly a thousand million each would pass 64 bits in the database."""
    line = {"amount": 999999999.99, "pluNumber": 2040}
    many = 1200
    huge = sale(
        transactionItems=[line] * many,
        transactionPayments=[{"amountPurchase": 999999999.99, "paymentTypeName": "Visa"}] * many,
    )
    answer = await shop.send(batch(huge))
    result = answer["batchItemResults"][0]
    assert (result["errorCode"], result["code"], result["pointer"]) == (2, "number.range", "/sales/0/transactionItems")


async def test_totals_pass_64_bits(shop: Shop) -> None:
    def rich() -> dict[str, Any]:
        return sale(
            transactionItems=[{"amount": 999999999.99, "pluNumber": 2040}] * 90,
            transactionPayments=[{"amountPurchase": 999999999.99, "paymentTypeName": "Visa"}] * 90,
        )

    for _ in range(2):
        answer = await shop.send(batch(*(rich() for _ in range(60))))
        assert answer["batchResult"] == 0, answer["batchItemResults"][0]
    again = rich()
    await shop.send(batch(again))
    assert (await shop.send(batch(again | {"invoiceNumber": "other"})))["batchItemResults"][0]["outcome"] == "replaced"
    z = await shop.get(f"sales/zreports/{answer['zReportID']}")
    assert b'"gross":10889999999891.10,' in z.content  # 121 × 90 × 999,999,999.99


async def test_a_sale_of_another_outlet_is_not_found_by_its_neighbours(shop: Shop) -> None:
    one = sale(dateTimeClosed="2024-12-01 12:00:00", invoiceNumber="K100")
    await shop.send(batch(one))
    pounds = sale(dateTimeClosed="2024-12-01 12:00:00", invoiceNumber="K100")
    answer = await shop.send(batch(pounds, outletID=OUTLET_2))
    assert answer["batchItemResults"][0]["warnings"] == []
