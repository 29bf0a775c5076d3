"""The numbered checks of a sale: code, severity and pointer of each (those that reject stand in the batch of forty, too)."""

from typing import Any

import pytest

from tests.partnerservices.sales.shop import OUTLET, OUTLET_2, TARGET, Shop, batch, new_id, outcomes, sale, warned

CLOSED = "2024-12-01 12:10:00"
VISA = "Visa"


def line(amount: float = 11.5, **fields: Any) -> dict[str, Any]:
    """An item without taxes."""
    return {"amount": amount, "pluNumber": 2040} | fields


def paid(amount: float = 11.5, **fields: Any) -> dict[str, Any]:
    """A payment by card."""
    return {"amountPurchase": amount, "paymentTypeName": VISA} | fields


def plain(*items: dict[str, Any], payments: list[dict[str, Any]] | None = None, **changed: Any) -> dict[str, Any]:
    """A sale of these items, paid in full."""
    total = round(sum(item["amount"] for item in items), 2)
    return sale(transactionItems=list(items), transactionPayments=[paid(total)] if payments is None else payments, **changed)


async def result(shop: Shop, one: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The result of a batch with this sale alone."""
    answer = await shop.send(batch(one, **options))
    found: dict[str, Any] = answer["batchItemResults"][0]
    return found


async def warns(shop: Shop, one: dict[str, Any], *expected: tuple[str, str], **options: Any) -> None:
    """The sale is stored, with exactly these warnings; pointers are within the sale."""
    found = await result(shop, one, **options)
    assert (found["outcome"], found["errorCode"]) == ("created", 0), found
    assert warned(found) == [(code, f"/sales/0{pointer}") for code, pointer in expected]


async def rejects(shop: Shop, one: dict[str, Any], error: int, code: str, pointer: str, **options: Any) -> dict[str, Any]:
    """The sale is rejected for exactly this."""
    found = await result(shop, one, **options)
    assert [(fault["code"], fault["pointer"]) for fault in found["errors"]] == [(code, f"/sales/0{pointer}")]
    assert (found["outcome"], found["errorCode"], found["code"]) == ("rejected", error, code)
    return found


# Checks 1 to 8 are about identity and Zs: see test_outcomes.py, test_zs.py and test_refusals.py.


@pytest.mark.parametrize(
    ("amount", "rounded", "affects_cid"),
    [(150, 0.03, True), (149.97, 0, False), (149.95, -0.02, True), (149.97, 0.03, True)],
)
async def test_9_payments_balance_as_they_are_or_net_of_rounding(
    shop: Shop, amount: float, rounded: float, affects_cid: bool
) -> None:
    one = plain(line(149.97), payments=[paid(amount, amountRounded=rounded, affectsCID=affects_cid)])
    await warns(shop, one)


@pytest.mark.parametrize(("amount", "is_right"), [(100.01, True), (100.00, True), (99.99, False), (100.02, False)])
async def test_9_half_a_cent_is_borne(shop: Shop, amount: float, is_right: bool) -> None:
    one = plain(line(95, exTax1=5.005, taxSales1=95), payments=[paid(amount)], tax1Name="Levy", tax1Rate=5.268)
    if is_right:
        await warns(shop, one)
    else:
        found = await rejects(shop, one, 3, "sale.unbalanced", "/transactionPayments")
        assert (found["expected"], found["actual"]) == (100.005, amount)
        assert found["errors"][0]["difference"] == round(amount - 100.005, 3)


async def test_9_adjustments_and_all_four_exclusive_taxes_count(shop: Shop) -> None:
    levels = {f"tax{n}{what}": value for n in (1, 2, 3, 4) for what, value in (("Name", f"T{n}"), ("Rate", n))}
    item = line(
        100, **{f"exTax{n}": n for n in (1, 2, 3, 4)}, **{f"taxSales{n}": 100 for n in (1, 2, 3, 4)},
        itemAdjustments=[{"adjustmentName": "Off", "amount": -10, "exTax1": -0.1}],
    )  # fmt: skip
    order = [{"adjustmentName": "Delivery", "amount": 5, "exTax4": 0.2}]
    await warns(shop, plain(item, payments=[paid(105.1)], orderAdjustments=order, **levels))
    await rejects(
        shop, plain(item, payments=[paid(105.0)], orderAdjustments=order, **levels), 3, "sale.unbalanced", "/transactionPayments"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rounded", "affects_cid", "warned_of"),
    [(0.03, True, False), (0.09, True, False), (0.10, True, True), (0.03, False, True), (-0.09, True, False)],
)
async def test_10_rounding_is_for_cash_and_less_than_a_coin(
    shop: Shop, rounded: float, affects_cid: bool, warned_of: bool
) -> None:
    one = plain(line(10), payments=[paid(round(10 + rounded, 2), amountRounded=rounded, affectsCID=affects_cid)])
    await warns(shop, one, *[("payment.rounding", "/transactionPayments/0/amountRounded")] * warned_of)


async def test_11_something_is_sold_and_paid(shop: Shop) -> None:
    await rejects(shop, plain(payments=[]), 2, "sale.empty", "/transactionItems")
    await rejects(shop, plain(line(), payments=[]), 2, "sale.empty", "/transactionPayments")
    await warns(shop, plain(line(0), payments=[]))
    await warns(shop, plain(line(0), payments=[paid(0)]))
    await warns(shop, plain(payments=[paid(5)], orderAdjustments=[{"adjustmentName": "Delivery", "amount": 5}]))
    await warns(shop, plain(line(5, itemAdjustments=[{"adjustmentName": "Free", "amount": -5}]), payments=[]))


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("amount", 0.005, "number.scale"), ("saleQty", 1.005, "number.scale"), ("stockQty", 0.00000001, "number.scale"),
        ("cost", 0.001, "number.scale"), ("amount", 1e9, "number.range"), ("saleQty", 1e11, "number.range"),
        ("stockQty", -1e11, "number.range"), ("cost", 1e9, "number.range"), ("incTax1", 1e9, "number.range"),
        ("exTax4", -1e9, "number.range"), ("taxSales2", 1e9, "number.range"), ("amount", "11.5", "number.type"),
        ("seat", 2**31, "number.range"),
    ],
)  # fmt: skip
async def test_12_numbers_are_within_their_field(shop: Shop, field: str, value: Any, code: str) -> None:
    await rejects(shop, plain(line(), payments=[paid()]) | {"transactionItems": [line() | {field: value}]}, 2, code,
        f"/transactionItems/0/{field}")  # fmt: skip


async def test_12_exponents_are_read_by_value(shop: Shop) -> None:
    raw = b'{"outletID": "%s", "zReportTarget": %s, "sales": [%s]}' % (
        OUTLET.encode(), str(TARGET).replace("'", '"').encode(),
        str(plain(line(7777))).replace("'", '"').replace("7777", "1.15E+1").encode(),
    )  # fmt: skip
    assert outcomes(await shop.send(raw)) == [("created", 0, None)]


async def test_12_taxes_beyond_seven_decimals_are_rounded_half_even(shop: Shop) -> None:
    item = line(11.5, incTax1=1.50000005, taxSales1=11.50000015)
    one = plain(item)
    await warns(shop, one, ("number.rounded", "/transactionItems/0/incTax1"), ("number.rounded", "/transactionItems/0/taxSales1"))
    back = (await shop.get(f"sales/transactions/{one['salesTransactionID']}")).json()["salesTransaction"]
    assert back["transactionItems"][0]["incTax1"] == 1.5
    assert back["transactionItems"][0]["taxSales1"] == 11.5000002


@pytest.mark.parametrize(("code", "decimals"), [("JPY", 0), ("NZD", 2)])
async def test_12_a_currency_without_decimals_takes_whole_amounts(shop: Shop, code: str, decimals: int) -> None:
    target = {"currencyCode": code, "currencySymbol": "$", "currencyName": code}
    await warns(shop, plain(line(1000, incTax1=90.9090909), tax1Rate=10), target=target)
    half = plain(line(1000.5), payments=[paid(1000.5, amountTip=0.5)])
    if decimals:
        await warns(shop, half, target=target)
    else:
        found = await result(shop, half, target=target)
        assert [(fault["code"], fault["pointer"]) for fault in found["errors"]] == [
            ("number.scale", "/sales/0/transactionItems/0/amount"),
            ("number.scale", "/sales/0/transactionPayments/0/amountPurchase"),
            ("number.scale", "/sales/0/transactionPayments/0/amountTip"),
        ]


async def test_13_quantity_and_amount_have_one_sign(shop: Shop) -> None:
    await warns(shop, plain(line(-11.5, saleQty=1)), ("item.sign", "/transactionItems/0/saleQty"))
    await warns(shop, plain(line(11.5, saleQty=-1)), ("item.sign", "/transactionItems/0/saleQty"))
    await warns(shop, plain(line(-11.5, saleQty=-1)))
    await warns(shop, plain(line(0, saleQty=-1), payments=[]))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"incTax1": 1.5}, None), ({"incTax1": 1.505}, None), ({"incTax1": 1.505001}, None), ({"incTax1": 1.5050011}, "incTax1"),
        ({"incTax1": 1.49}, "incTax1"), ({"incTax1": 1.49, "saleQty": 3}, None), ({"incTax1": 0, "taxSales1": 11.5}, "incTax1"),
        ({"incTax1": 0.75, "taxSales1": 5.75}, None), ({"exTax1": 1.725}, None), ({"exTax1": 1.5}, "exTax1"),
    ],
)  # fmt: skip
async def test_14_the_tax_is_what_its_rate_makes_of_the_value(shop: Shop, fields: dict[str, Any], wrong: str | None) -> None:
    due = 11.5 + fields.get("exTax1", 0)
    one = plain(line(11.5, **fields), payments=[paid(round(due, 2))])
    await warns(shop, one, *([("tax.mismatch", f"/transactionItems/0/{wrong}")] if wrong else []))


async def test_15_a_tax_needs_a_name_and_a_rate(shop: Shop) -> None:
    where = "/transactionItems/0/incTax1"
    await rejects(shop, plain(line(incTax1=1.5), tax1Name=None), 2, "tax.rate_missing", where)
    await rejects(shop, plain(line(incTax1=1.5), tax1Rate=None), 2, "tax.rate_missing", where)
    await rejects(shop, plain(line(exTax3=1), payments=[paid(12.5)]), 2, "tax.rate_missing", "/transactionItems/0/exTax3")
    adjusted = line(itemAdjustments=[{"adjustmentName": "Off", "amount": -1.5, "incTax2": -0.2}])
    await rejects(
        shop, plain(adjusted, payments=[paid(10)]), 2, "tax.rate_missing", "/transactionItems/0/itemAdjustments/0/incTax2"
    )
    order = [{"adjustmentName": "Off", "amount": -1.5, "exTax4": 0.1}]
    await rejects(
        shop, plain(line(), payments=[paid(10.1)], orderAdjustments=order), 2, "tax.rate_missing", "/orderAdjustments/0/exTax4"
    )
    await warns(shop, plain(line(taxSales2=11.5), tax2Name="Zero", tax2Rate=0))  # zero-rated: no tax


async def test_15_the_taxed_value_is_no_more_than_the_amount(shop: Shop) -> None:
    one = plain(line(11.5, incTax1=1.56, taxSales1=11.96))
    await warns(shop, one, ("tax.sales_exceed", "/transactionItems/0/taxSales1"))


def bucketed(*parts: tuple[str, str | None, str | None]) -> dict[str, Any]:
    """A sale of one item a part, each with an adjustment of that name, bucket and cost centre."""
    items = [
        line(10, itemAdjustments=[
            {"adjustmentName": name, "bucketID": bucket, "amount": -1, "adjustmentRevenue_CostCenterName": centre}
        ])
        for name, bucket, centre in parts
    ]  # fmt: skip
    return plain(*items, payments=[paid(9 * len(parts))])


async def test_16_parts_of_a_bucket_agree(shop: Shop) -> None:
    second = "/transactionItems/1/itemAdjustments/0"
    await warns(shop, bucketed(("A", "1", "Bar"), ("A", "1", "Bar"), ("B", "2", None), ("C", None, "Bar")))
    await rejects(shop, bucketed(("A", "1", None), ("B", "1", None)), 5, "adjustment.bucket", f"{second}/adjustmentName")
    found = await rejects(
        shop, bucketed(("A", "1", "Bar"), ("A", "1", None)), 5, "adjustment.bucket", f"{second}/adjustmentRevenue_CostCenterName"
    )
    assert (found["expected"], found["actual"]) == ("Bar", None)
    order = [{"adjustmentName": name, "bucketID": "1", "amount": 1} for name in ("A", "B")]
    await warns(shop, plain(line(10), payments=[paid(12)], orderAdjustments=order))  # buckets of the order are ignored


async def test_17_discounts_are_no_larger_than_their_item(shop: Shop) -> None:
    def discounted(*amounts: float, amount: float = 5) -> dict[str, Any]:
        item = line(amount, itemAdjustments=[{"adjustmentName": "Off", "amount": one} for one in amounts])
        if amount < 0:
            item["saleQty"] = -1
        return plain(item, payments=[paid(round(amount + sum(amounts), 2))])

    await warns(shop, discounted(-5))
    await warns(shop, discounted(-3, 4, -2))
    await warns(shop, discounted(-6), ("adjustment.exceeds_item", "/transactionItems/0/itemAdjustments/0/amount"))
    await warns(shop, discounted(-3, -3), ("adjustment.exceeds_item", "/transactionItems/0/itemAdjustments/1/amount"))
    await warns(shop, discounted(6, amount=-5), ("adjustment.exceeds_item", "/transactionItems/0/itemAdjustments/0/amount"))


async def test_18_a_negative_tip_is_for_refunds(shop: Shop) -> None:
    await warns(shop, plain(line(10), payments=[paid(10, amountTip=2)]))
    await warns(shop, plain(line(10), payments=[paid(10, amountTip=-2)]), ("payment.tip", "/transactionPayments/0/amountTip"))
    await warns(shop, plain(line(-10, saleQty=-1), payments=[paid(-10, amountTip=-2)]))


async def test_19_the_refunds_of_a_sale_do_not_exceed_it(shop: Shop) -> None:
    original = plain(line(10))
    await warns(shop, original)

    def refund(amount: float, of: str = original["salesTransactionID"]) -> dict[str, Any]:
        return plain(line(-amount, saleQty=-1), refundOf=of)

    first = refund(6)
    await warns(shop, first)
    assert (await result(shop, first))["outcome"] == "replayed"  # which counts once
    await warns(shop, refund(4, original["salesTransactionID"].upper()))
    await warns(shop, refund(0.01), ("refund.exceeds", "/refundOf"))
    changed = await result(shop, refund(5) | {"salesTransactionID": first["salesTransactionID"]})
    assert (changed["outcome"], changed["warnings"]) == ("replaced", [])  # 5 count, instead of 6
    await warns(shop, refund(1, new_id()), ("refund.unknown", "/refundOf"))
    await warns(shop, plain(line(-10, saleQty=-1)))  # without refundOf nothing is compared
    fresh = plain(line(4))
    both = await shop.send(batch(refund(3, fresh["salesTransactionID"]), fresh, refund(2, fresh["salesTransactionID"])))
    assert [warned(found) for found in both["batchItemResults"]] == [[], [], [("refund.exceeds", "/sales/2/refundOf")]]


@pytest.mark.parametrize(
    ("closed", "is_of_that_day"),
    [
        ("2024-12-01 04:00:00", True), ("2024-12-01 03:59:59.999", False), ("2024-12-02 03:59:59.999", True),
        ("2024-12-02 04:00:00", False), ("2024-12-01T23:00:00", True),
    ],
)  # fmt: skip
async def test_20_closed_on_the_zs_trading_day(shop: Shop, closed: str, is_of_that_day: bool) -> None:
    one = sale(dateTimeClosed=closed)
    await warns(shop, one, *([] if is_of_that_day else [("date.trading_day", "/dateTimeClosed")]))


async def test_20_the_warning_names_the_day(shop: Shop) -> None:
    found = await result(shop, sale(dateTimeClosed="2024-12-01 03:00:00"))
    assert "2024-11-30" in found["warnings"][0]["message"]


@pytest.mark.parametrize(
    ("closed", "code"),  # it is 2024-12-02 13:00:00 in Auckland
    [
        ("2024-12-02 13:10:00", None), ("2024-12-02 13:10:00.001", "date.future"), ("2025-12-02 13:00:00", "date.future"),
        ("2023-10-29 13:00:00", None), ("2023-10-29 12:59:59", "date.too_old"), ("0001-01-01 00:00:00", "date.too_old"),
        ("0001-01-01T00:00:00Z", "date.too_old"), ("9999-12-31 23:59:59.999", "date.future"),
    ],
)  # fmt: skip
async def test_21_closed_in_the_future_or_long_ago(shop: Shop, closed: str, code: str | None) -> None:
    found = await result(shop, sale(dateTimeClosed=closed))
    assert found["outcome"] == "created"
    codes = [warning for warning in warned(found) if warning[0] not in ("date.trading_day", "date.zone")]
    assert codes == ([(code, "/sales/0/dateTimeClosed")] if code else [])


async def test_22_ordered_paid_closed(shop: Shop) -> None:
    def timed(ordered: str | None, *payments: str | None) -> dict[str, Any]:
        many = [paid(round(12 / len(payments), 2), dateTimePaid=one) for one in payments]
        return plain(line(12, dateTimeOrdered=ordered), payments=many)

    early, middle, late = (f"2024-12-01 {clock}" for clock in ("11:00:00", "12:00:00", "12:10:00.001"))
    await warns(shop, timed(early, middle))
    await warns(shop, timed(None, early))
    await warns(shop, timed(CLOSED, early))
    await warns(shop, timed(middle, early, middle))  # a part was paid beforehand
    await warns(shop, timed(middle, early), ("date.order", "/transactionItems/0/dateTimeOrdered"))
    await warns(shop, timed(late, None), ("date.order", "/transactionItems/0/dateTimeOrdered"))
    await warns(shop, timed(early, middle, late), ("date.order", "/transactionPayments/1/dateTimePaid"))


async def test_23_invoice_numbers_are_used_once_a_day_and_terminal(shop: Shop) -> None:
    await warns(shop, sale(1, invoiceNumber="K7"))
    duplicate = ("invoice.duplicate", "/invoiceNumber")
    await warns(shop, sale(2, invoiceNumber="K7"), duplicate)
    await warns(shop, sale(2, invoiceNumber="K7", dateTimeClosed="2024-12-01 09:00:00"), duplicate, client="clienttwo")
    await warns(shop, sale(3, invoiceNumber="k7"))
    await warns(shop, sale(4, invoiceNumber="K7"), target={"terminalName": "Kiosk"})
    await warns(shop, sale(5, invoiceNumber="K7", dateTimeClosed="2024-11-30 12:00:00"), target={"tradingDate": "2024-11-30"})
    answer = await shop.send(batch(sale(5, invoiceNumber="M1"), sale(6, invoiceNumber="M1"), target={"terminalName": "New"}))
    assert [warned(found) for found in answer["batchItemResults"]] == [[], [("invoice.duplicate", "/sales/1/invoiceNumber")]]


async def test_23_two_sales_of_a_batch_may_swap_their_numbers(shop: Shop) -> None:
    one, other = sale(1, invoiceNumber="K1"), sale(2, invoiceNumber="K2")
    await shop.send(batch(one, other))
    swapped = await shop.send(batch(one | {"invoiceNumber": "K2"}, other | {"invoiceNumber": "K1"}))
    assert [(found["outcome"], found["warnings"]) for found in swapped["batchItemResults"]] == [("replaced", [])] * 2


async def test_23_gaps_are_told(shop: Shop) -> None:
    async def gaps(*invoices: str, **options: Any) -> list[str]:
        answer = await shop.send(batch(*(sale(n + 1, invoiceNumber=one) for n, one in enumerate(invoices)), **options))
        assert answer["batchResult"] == 0
        return [
            invoices[found["index"]]
            for found in answer["batchItemResults"]
            if warned(found) == [("invoice.gap", f"/sales/{found['index']}/invoiceNumber")]
        ]

    assert await gaps("P1000009") == []  # the first of the day
    assert await gaps("P1000010", "P1000011") == []
    assert await gaps("P1000013") == ["P1000013"]
    assert await gaps("P1000012") == []  # fills it
    assert await gaps("P1000016", "P1000014", "P1000018") == ["P1000016", "P1000018"]
    assert await gaps("P1000020", "P1000019") == []
    assert await gaps("Q1", "Q2", "R5", "17", "no number") == []
    assert await gaps("A1", "A3", target={"terminalName": "New"}) == ["A3"]
    assert await gaps("A4", target={"terminalName": "new", "isTraining": True}) == []
    assert await gaps(*(f"L{n}0" for n in range(1, 9)), target={"terminalName": "Loose"})  # told as far as it is looked up


async def test_24_a_product_by_number_or_by_all_names(shop: Shop) -> None:
    names = {"pluNumber": None, "mainGroupName": "Food", "groupName": "Bakery", "pluName": "Scone"}
    await warns(shop, plain(line(**names)))
    await warns(shop, plain(line(**names | {"pluNumber": 2041})))
    await rejects(shop, plain(line(pluNumber=77)), 4, "item.unknown_plu", "/transactionItems/0/pluNumber")
    for missing in ("mainGroupName", "groupName", "pluName"):
        for nothing in (None, ""):
            await rejects(shop, plain(line(**names | {missing: nothing})), 4, "item.unknown_plu", "/transactionItems/0")


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"currencyCode": "XYZ", "currencySymbol": "$", "currencyName": "X"}, "currency.invalid", "currencyCode"),
        ({"currencyCode": "KWD", "currencySymbol": "KD", "currencyName": "Dinar"}, "currency.unsupported", "currencyCode"),
        ({"currencyCode": "AUD", "currencyName": "Dollar"}, "currency.incomplete", "currencySymbol"),
        ({"currencyCode": "AUD", "currencySymbol": "$"}, "currency.incomplete", "currencyName"),
        ({"currencyCode": "AUDOL", "currencySymbol": "$", "currencyName": "X"}, "text.too_long", "currencyCode"),
    ],
)
async def test_25_a_currency_is_known_and_complete(shop: Shop, fields: dict[str, Any], code: str, pointer: str) -> None:
    for path, body in (
        ("addbatch", batch(sale(), target=fields)),
        ("requestzreport", {"outletID": OUTLET, "zReportTarget": TARGET | fields}),
    ):
        answer = await shop.post(path, body)
        assert (answer.status_code, answer.json()["errorCode"]) == (400, code)
        assert answer.json()["data"]["errors"][0]["pointer"] == f"/zReportTarget/{pointer}"


async def test_25_the_outlets_own_currency_needs_no_symbol_and_no_name(shop: Shop) -> None:
    answer = await shop.send(batch(sale(), target={"currencyCode": "nzd"}))
    assert answer["zReportTarget"]["currencyCode"] == "NZD"
    assert (await shop.send(batch(sale())))["zReportID"] == answer["zReportID"]


async def test_25_no_currency_is_the_outlets_and_lower_case_is_the_same(shop: Shop) -> None:
    first = await shop.send(batch(sale()))
    assert first["zReportTarget"]["currencyCode"] == "NZD"
    same = {"currencyCode": "nzd", "currencySymbol": "$", "currencyName": "Dollar"}
    assert (await shop.send(batch(sale(), target=same)))["zReportID"] == first["zReportID"]
    pounds = await shop.send(batch(sale(), outletID=OUTLET_2))
    assert pounds["zReportTarget"]["currencyCode"] == "GBP"


@pytest.mark.parametrize("count", [0, 65])
async def test_26_a_batch_has_one_to_64_sales(shop: Shop, count: int) -> None:
    answer = await shop.post("addbatch", batch(*(sale() for _ in range(count))))
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "batch.size")
    assert answer.json()["data"]["errors"][0]["pointer"] == "/sales"
    assert (await shop.get("sales/zreports")).json()["zReports"] == []


async def test_26_unknown_fields_are_warned_of(shop: Shop) -> None:
    one = sale(discount=3)
    one["transactionPayments"][0]["cardNumber"] = "x"
    answer = await shop.send(batch(one, comment="hello"))
    assert answer["batchResult"] == 0
    assert [(warning["code"], warning["pointer"]) for warning in answer["warnings"]] == [("field.unknown", "/comment")]
    assert sorted(warned(answer["batchItemResults"][0])) == [
        ("field.unknown", "/sales/0/discount"),
        ("field.unknown", "/sales/0/transactionPayments/0/cardNumber"),
    ]


async def test_27_likely_duplicates(shop: Shop) -> None:
    await warns(shop, sale(5, invoiceNumber="K7"))
    twin = sale(5, invoiceNumber="K7", dateTimeClosed="2024-12-01 12:10:59")
    await warns(shop, twin, ("invoice.duplicate", "/invoiceNumber"), ("sale.possible_duplicate", "/salesTransactionID"))
    await warns(shop, sale(5, invoiceNumber="K7", dateTimeClosed="2024-12-01 12:11:00"), ("invoice.duplicate", "/invoiceNumber"))
    await warns(shop, sale(6, invoiceNumber="K7"), ("invoice.duplicate", "/invoiceNumber"))
    both = await shop.send(batch(sale(1, invoiceNumber="M"), sale(1, invoiceNumber="M")))
    assert [[code for code, _ in warned(found)] for found in both["batchItemResults"]] == [
        [],
        ["invoice.duplicate", "sale.possible_duplicate"],
    ]


PAN = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    ("pointer", "one"),
    [
        ("/tax1Name", sale(tax1Name=f"GST {PAN}"[-30:])),
        ("/transactionItems/0/pluName", plain(line(pluName=f"Card {PAN}!"))),
        ("/transactionItems/0/groupName", plain(line(groupName=PAN))),
        ("/transactionItems/0/mainGroupName", plain(line(mainGroupName="4111-1111-1111-1111"))),
        ("/transactionPayments/0/paymentTypeName", plain(line(), payments=[paid(paymentTypeName="378282246310005")])),
        (
            "/transactionItems/0/itemAdjustments/0/adjustmentName",
            plain(line(itemAdjustments=[{"adjustmentName": "x5555555555554444x", "amount": 0}])),
        ),
        (
            "/transactionItems/0/itemAdjustments/0/bucketID",
            plain(line(itemAdjustments=[{"adjustmentName": "Off", "bucketID": "4111111111111111 12", "amount": 0}])),
        ),
        (
            "/orderAdjustments/0/adjustmentRevenue_CostCenterName",
            plain(line(), orderAdjustments=[
                {"adjustmentName": "Off", "amount": 0, "adjustmentRevenue_CostCenterName": "6011111111111117"}
            ]),
        ),
    ],
)  # fmt: skip
async def test_28_card_numbers_are_refused_and_not_echoed(shop: Shop, pointer: str, one: dict[str, Any]) -> None:
    found = await rejects(shop, one | {"salesTransactionID": new_id()}, 2, "text.pan", pointer)
    assert not any(digits in str(found) for digits in ("1111", "4444", "10005"))


@pytest.mark.parametrize(
    "name", ["4111 1111 1111 1112", "411111111111", "9111111111111111", "41111111111111111111111", "2024-12-01 12:10:00"]
)
async def test_28_other_digits_are_no_card(shop: Shop, name: str) -> None:
    await warns(shop, plain(line(), payments=[paid(paymentTypeName=name)]))
    await warns(shop, plain(line(), invoiceNumber="4111111111111111"))  # a number of the sender's own, no name
