"""Rounding: the vectors of the domain rules (2.3), proration to the cent, and how money is shown."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from powerepos_cloud.foundation.database.tenants import crossing
from powerepos_cloud.partnerservices.sales.proration import Part, spread
from powerepos_cloud.partnerservices.sales.tables import sale_adjustments
from powerepos_cloud.partnerservices.sales.totals import recomputed, rounded_money
from tests.partnerservices.sales.shop import Shop, batch, sale
from tests.partnerservices.sales.test_rules import line, paid, plain, warns


async def test_the_total_is_rounded_half_up_once(shop: Shop) -> None:
    """25.06 + 25.61 + 25.63 at 15 % on top: 11.445 of tax, which is 11.45 and neither 11.44."""
    lines = [line(net, exTax1=round(net * 0.15, 7), taxSales1=net) for net in (25.06, 25.61, 25.63)]
    one = plain(*lines, payments=[paid(87.75)])
    answer = await shop.send(batch(one))
    assert (answer["batchResult"], answer["batchItemResults"][0]["warnings"]) == (0, [])
    raw = (await shop.get(f"sales/zreports/{answer['zReportID']}")).content
    assert b'"gross":87.75,' in raw
    assert b'"exTax":11.445,' in raw
    assert (await shop.finalise(answer["zReportID"], controlTotals={"gross": 87.75}))["resultCode"] == 0


@pytest.mark.parametrize("tax", [0.12, 0.115, 0.1142857, 0.11])
async def test_lines_rounded_one_by_one_are_borne(shop: Shop, tax: float) -> None:
    """7 × 0.69 at 20 % inside: 0.84 line by line, 0.81 on the total. Half a cent a line admits every way."""
    one = plain(*[line(0.69, incTax1=tax, taxSales1=0.69) for _ in range(7)], tax1Rate=20)
    await warns(shop, one)


async def test_seven_decimals_are_the_documented_ones() -> None:
    for amount, tax in ((1000, 9_090_909), (450, 4_090_909)):
        assert recomputed(amount * 100_000, 10_000, is_exclusive=False) == tax


@pytest.mark.parametrize(("due", "cash", "rounded"), [(149.97, 149.95, -0.02), (29.99, 30.00, 0.01), (129.93, 129.95, 0.02)])
async def test_cash_is_rounded_to_five_cents(shop: Shop, due: float, cash: float, rounded: float) -> None:
    one = plain(line(due), payments=[paid(cash, amountRounded=rounded, affectsCID=True, paymentTypeName="CASH")])
    await warns(shop, one)
    z_id = (await shop.get("sales/zreports")).json()["zReports"][0]["zReportID"]
    totals = (await shop.z(z_id))["totals"]
    assert (totals["gross"], totals["rounding"], totals["payments"][0]["amountPurchase"]) == (due, rounded, cash)


@given(st.integers(-(10**12), 10**12), st.integers(0, 100_000), st.booleans())
def test_any_recomputed_tax_is_rounded_half_even_at_seven_decimals(base: int, rate: int, is_exclusive: bool) -> None:
    divisor = Decimal(100_000 if is_exclusive else 100_000 + rate)
    exact = (Decimal(base) * rate / divisor).quantize(Decimal(1), ROUND_HALF_EVEN)
    assert recomputed(base, rate, is_exclusive=is_exclusive) == int(exact)


@given(st.integers(-(10**25), 10**25))
def test_any_money_is_rounded_half_up(fine: int) -> None:
    expected = (Decimal(fine).scaleb(-7)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert rounded_money(fine) == expected
    assert len(str(rounded_money(fine)).partition(".")[2]) == 2


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_any_amount_is_spread_to_the_last_cent(whole: int, weights: list[int]) -> None:
    """The parts add up, none is off its exact share by a unit, and heavier lines get no less."""
    parts = spread(whole, weights)
    assert sum(parts) == whole
    shares = weights if any(weights) else [1] * len(weights)
    for part, weight in zip(parts, shares, strict=True):
        assert abs(Decimal(part) - Decimal(whole) * weight / sum(shares)) < 1
        assert part == 0 or (part > 0) == (whole > 0)
    ordered = sorted(zip(shares, map(abs, parts), strict=True))
    assert [part for _, part in ordered] == sorted(part for _, part in ordered)


@pytest.mark.parametrize(
    ("whole", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),  # ties go to the earlier line
        (-100, [1, 1, 1], [-34, -33, -33]),
        (200, [1, 1, 1], [67, 67, 66]),
        (-345, [1150, 575], [-230, -115]),
        (1, [1, 2], [0, 1]),
        (10, [0, 0, 0], [4, 3, 3]),
        (10, [0, 5], [0, 10]),
        (0, [3, 4], [0, 0]),
        (5, [7], [5]),
    ],
)
def test_an_adjustment_is_spread_by_largest_remainder(whole: int, weights: list[int], parts: list[int]) -> None:
    assert spread(whole, weights) == parts


async def parts_of(shop: Shop, one: dict[str, Any]) -> list[list[Part] | None]:
    """The stored parts of each of the sale's order adjustments."""
    answer = await shop.send(batch(one))
    assert answer["batchResult"] == 0, answer
    rows = await shop.database.reader.all(crossing(select(sale_adjustments).order_by(sale_adjustments.c.n), "a test"))
    return [msgspec.json.decode(row.parts, type=list[Part]) for row in rows if row.line is None]


async def test_an_order_discount_is_stored_with_its_parts(shop: Shop) -> None:
    """By |amount with the line's own adjustments|: 10 − 4 and |−3|, so two to one; taxes likewise at seven decimals."""
    items = [
        line(10, itemAdjustments=[{"adjustmentName": "Off", "amount": -4}]),
        line(-3, saleQty=-1),
    ]
    order = [{"adjustmentName": "Members", "amount": -1, "incTax1": -0.1304348}]
    (parts,) = await parts_of(shop, plain(*items, payments=[paid(2)], orderAdjustments=order))
    assert parts == [
        Part(0, -67, (-869_565, 0, 0, 0), (0, 0, 0, 0)),
        Part(1, -33, (-434_783, 0, 0, 0), (0, 0, 0, 0)),
    ]


async def test_without_items_an_adjustment_stays_on_the_order(shop: Shop) -> None:
    order = [{"adjustmentName": "Delivery", "amount": 5}]
    assert await parts_of(shop, plain(payments=[paid(5)], orderAdjustments=order)) == [[]]


async def test_money_is_shown_with_two_decimals_and_taxes_without_zeros(shop: Shop) -> None:
    one = sale(1000000)
    one["transactionItems"][0] |= {"incTax1": 0.0000001, "taxSales1": 0.0000001, "cost": 3, "stockQty": 1e-7, "saleQty": 20}
    answer = await shop.send(batch(one))
    assert answer["batchResult"] == 0
    raw = (await shop.get(f"sales/transactions/{one['salesTransactionID']}")).content.decode()
    for shown in (
        '"amount":1000000.00,', '"cost":3.00,', '"incTax1":0.0000001,', '"stockQty":0.0000001,', '"saleQty":20,',
        '"tax1Rate":15,',
        '"amountPurchase":1000000.00,', '"amountTip":0.00,',
    ):  # fmt: skip
        assert shown in raw, shown
    assert "E-" not in raw
    assert "E+" not in raw
