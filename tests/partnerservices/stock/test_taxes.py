"""Taxes and totals against a computation of their own, in decimals by the contract's words; and which tax group a line has."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import strategies as st

from powerepos_cloud.partnerservices.catalogue.imports import save
from powerepos_cloud.partnerservices.catalogue.rules import Kind, Row, SupplierCodeRow, SupplierRow, TaxGroup, TaxLevel
from tests.partnerservices.stock.shop import KAPOW, SOUTHERN_DAIRY, TWIN_2, StockShop, failed, line, order, warned
from tests.support.desk import ACTOR
from tests.support.fuzz import EXAMPLES, fuzz

LEVELS = (1, 2, 3, 4)

rates = st.integers(0, 999_999) | st.sampled_from([0, 5_000, 7_700, 10_000, 15_000, 20_000])
levels = st.none() | st.builds(TaxLevel, st.sampled_from(["GST", "VAT", "Duty"]), rates, st.booleans())
groups = st.lists(st.tuples(levels, levels, levels, levels), min_size=3, max_size=3)
cents = st.integers(-(10**11) + 1, 10**11 - 1) | st.integers(-5000, 5000)
kinds = st.sampled_from([0, 1, 2, 3, 4, 10, 11, 12, 100])
drawn_lines = st.lists(st.tuples(kinds, cents, st.integers(0, 3)), max_size=12)


async def put(shop: StockShop, kind: Kind, *rows: Row) -> None:
    """Save rows of the catalogue."""
    await shop.database.write(lambda session: save(session, shop.clock.now_ms(), ACTOR, KAPOW, kind, rows))


def expected_taxes(amount: Decimal, group: TaxGroup | None) -> tuple[list[Decimal], list[Decimal]]:
    """Inclusive and add-on taxes of a line: seven decimals, half-even."""
    found = group.levels if group is not None else (None,) * 4
    inclusive = sum((Decimal(one.rate) / 1000 for one in found if one and one.inclusive), Decimal(0))
    inc, ex = [Decimal(0)] * 4, [Decimal(0)] * 4
    for n, one in enumerate(found):
        if one is not None:
            percent = Decimal(one.rate) / 1000
            exact = amount * percent / (100 + inclusive) if one.inclusive else amount * percent / 100
            (inc if one.inclusive else ex)[n] = exact.quantize(Decimal("1E-7"), ROUND_HALF_EVEN)
    return inc, ex


def taxes(answer: dict[str, Any], kind: str) -> list[Decimal]:
    """`incTax` or `exTax`, the four levels of an order or line."""
    return [Decimal(answer[f"{kind}{level}"]) for level in LEVELS]


def check(stored: dict[str, Any], sent: list[tuple[Decimal, TaxGroup | None]], step: str = "0.01") -> None:
    """Each line and the totals are what these amounts and groups make."""
    with localcontext(Context(prec=80)):
        expected = [expected_taxes(amount, group) for amount, group in sent]
        for one, (inc, ex), (amount, group) in zip(stored["lineItems"], expected, sent, strict=True):
            assert (taxes(one, "incTax"), taxes(one, "exTax"), Decimal(one["amount"])) == (inc, ex, amount)
            assert one["taxGroupName"] == (group.name if group is not None else None)
        inc_sums = [sum((inc[n] for inc, _ in expected), Decimal(0)) for n in range(4)]
        ex_sums = [sum((ex[n] for _, ex in expected), Decimal(0)) for n in range(4)]
        rounded = [one.quantize(Decimal(step), ROUND_HALF_UP) for one in ex_sums]
        amount = sum((amount for amount, _ in sent), Decimal(0))
        assert taxes(stored, "incTax") == [one.quantize(Decimal(step), ROUND_HALF_UP) for one in inc_sums]
        assert taxes(stored, "exTax") == rounded
        assert (stored["amount"], stored["total"]) == (amount, amount + sum(rounded))
        assert stored["taxRounding"] == sum(rounded) - sum(ex_sums)
        for n in range(4):
            used = [group.levels[n] for _, group in sent if group is not None and group.levels[n] is not None]
            highest = max((Decimal(one.rate) / 1000 for one in used if one is not None), default=Decimal(0))
            assert stored[f"invoice_Tax{n + 1}Rate"] == highest
            names = {one.name for one in used if one is not None and Decimal(one.rate) / 1000 == highest}
            assert stored[f"invoice_Tax{n + 1}CommonName"] in (names or {""})


async def test_any_taxes_are_those_of_an_independent_computation(shop: StockShop) -> None:
    """Three groups of any levels, inclusive, add-on and mixed; lines of any kind, amount and group, named or by default."""

    async def example(drawn: tuple[list[Any], list[tuple[int, int, int]]]) -> None:
        made = [TaxGroup(f"G{n}", levels) for n, levels in enumerate(drawn[0])]
        await put(shop, Kind.TAX_GROUPS, *made)
        await put(shop, Kind.SUPPLIERS, SupplierRow(id=SOUTHERN_DAIRY, name="Southern Dairy", tax_group="G0"))
        sent, lines = [], []
        for kind, hundredths, choice in drawn[1]:
            amount = Decimal(-abs(hundredths) or -1 if kind == 11 else hundredths).scaleb(-2)
            named = {"taxGroupName": f"g{choice}"} if choice < 3 else {}
            lines.append(line(float(amount), kind=kind, **named))
            sent.append((amount, None if kind == 100 else made[choice % 3]))
        check((await shop.add(order(*lines) | {"lineItems": lines}))["stockOrder"], sent)

    await fuzz(st.tuples(groups, drawn_lines), example, examples=EXAMPLES // 2)


async def test_an_orders_add_on_tax_is_rounded_half_up_once(shop: StockShop) -> None:
    """25.06 + 25.61 + 25.63 at 15 % on top: 11.445, which is 11.45; line by line or half-even it would be 11.44."""
    await put(shop, Kind.TAX_GROUPS, TaxGroup("On top", (TaxLevel("GST", 15_000, inclusive=False), None, None, None)))
    lines = [line(net, taxGroupName="On top") for net in (25.06, 25.61, 25.63)]
    stored = (await shop.add(order(*lines)))["stockOrder"]
    assert [one["exTax1"] for one in stored["lineItems"]] == [Decimal("3.759"), Decimal("3.8415"), Decimal("3.8445")]
    assert (stored["exTax1"], stored["taxRounding"], stored["total"]) == (Decimal("11.45"), Decimal("0.005"), Decimal("87.75"))


async def test_inclusive_tax_keeps_seven_decimals_a_line(shop: StockShop) -> None:
    """7 × 0.69 at 20 % inside: 0.115 a line and 0.81 in all; 10.00 and 4.50 at 10 % are the documented ones."""
    await put(
        shop, Kind.TAX_GROUPS, TaxGroup("VAT 20", (TaxLevel("VAT", 20_000, inclusive=True), None, None, None)),
        TaxGroup("GST 10", (TaxLevel("GST", 10_000, inclusive=True), None, None, None)),
    )  # fmt: skip
    stored = (await shop.add(order(*(line(0.69, taxGroupName="VAT 20") for _ in range(7)))))["stockOrder"]
    assert ({one["incTax1"] for one in stored["lineItems"]}, stored["incTax1"]) == ({Decimal("0.115")}, Decimal("0.81"))
    stored = (await shop.add(order(line(10, taxGroupName="GST 10"), line(4.5, taxGroupName="GST 10"))))["stockOrder"]
    assert [one["incTax1"] for one in stored["lineItems"]] == [Decimal("0.9090909"), Decimal("0.4090909")]


async def test_half_a_ten_millionth_goes_to_the_even_neighbour(shop: StockShop) -> None:
    """2.4 % inside 0.02 is 0.00046875, and inside 0.06 it is 0.00140625."""
    await put(shop, Kind.TAX_GROUPS, TaxGroup("Even", (TaxLevel("Levy", 2_400, inclusive=True), None, None, None)))
    stored = (await shop.add(order(*(line(amount, taxGroupName="Even") for amount in (0.02, 0.06, -0.06)))))["stockOrder"]
    assert [one["incTax1"] for one in stored["lineItems"]] == [Decimal(text) for text in ("0.0004688", "0.0014062", "-0.0014062")]


async def test_levels_of_a_mixed_group_are_parallel(shop: StockShop) -> None:
    """125.00 with 20 % and 5 % inside is 100.00 net, 20.00 and 5.00; 2.5 % on top is of the 125.00."""
    stored = (await shop.add(order(line(125, taxGroupName="Mixed"))))["stockOrder"]
    assert taxes(stored, "incTax") == [20, 0, 5, 0]
    assert taxes(stored["lineItems"][0], "exTax") == [0, Decimal("3.125"), 0, 0]
    assert (stored["exTax2"], stored["taxRounding"], stored["total"]) == (Decimal("3.13"), Decimal("0.005"), Decimal("128.13"))
    assert [stored[f"invoice_Tax{n}CommonName"] for n in LEVELS] == ["VAT", "Levy", "Duty", ""]


async def test_where_groups_differ_in_a_level_the_highest_rate_and_of_equals_the_first_is_shown(shop: StockShop) -> None:
    await put(shop, Kind.TAX_GROUPS, TaxGroup("Twin", (TaxLevel("TVA", 15_000, inclusive=True), None, None, None)))
    for groups, shown in ((("GST 15", "Twin"), "GST"), (("Twin", "GST 15"), "TVA"), (("Twin", "GST 15", "Mixed", "Twin"), "VAT")):
        stored = (await shop.add(order(*(line(1, taxGroupName=group) for group in groups))))["stockOrder"]
        assert stored["invoice_Tax1CommonName"] == shown


async def test_currencies_without_decimals_come_to_whole_amounts(shop: StockShop) -> None:
    body = order(line(999, taxGroupName="Sales Tax"), line(1000, taxGroupName="GST 15"), outletID=TWIN_2)
    stored = (await shop.add(body))["stockOrder"]
    assert (stored["currencyCode"], stored["exTax1"], stored["incTax1"], stored["total"]) == ("JPY", 82, 130, 2081)
    assert stored["taxRounding"] == Decimal("-0.4175")
    for changed in ({"outletID": TWIN_2}, {"currencyCode": "JPY"}):
        data = await shop.fail(order(line(10.5), line(11), **changed))
        assert failed(data) == [(0, "number.scale", "/lineItems/0/amount")]
    stored = (await shop.add(order(line(10.5), outletID=TWIN_2, currencyCode="NZD")))["stockOrder"]
    assert (stored["currencyCode"], stored["incTax1"]) == ("NZD", Decimal("1.37"))


async def test_a_line_without_a_group_takes_its_products_then_its_suppliers(shop: StockShop) -> None:
    await put(shop, Kind.SUPPLIER_CODES, SupplierCodeRow(supplier_id=SOUTHERN_DAIRY, code="BOX", number=4100))
    stored = (await shop.add(order(line(1, "BOX"), line(1, "MILK-2L"), line(1, kind=10), line(1, "BOX", taxGroupName="exempt"))))[
        "stockOrder"
    ]
    assert [one["taxGroupName"] for one in stored["lineItems"]] == ["Sales Tax", "GST 15", "GST 15", "Exempt"]


async def test_without_any_group_a_line_fails_and_is_offered_the_groups(shop: StockShop) -> None:
    lines = [
        line(1, "MILK-2L"), line(1, "BOX"), line(5, kind=10), line(-5, kind=11), line(5, kind=12), line(0.01, kind=100),
        line(5, kind=12, taxGroupName="Exempt"), line(1, "NOPE"),
    ]  # fmt: skip
    data = await shop.fail(order(*lines, supplierName="No Default"))
    assert failed(data) == [
        *[(n, "line.tax_group_missing", f"/lineItems/{n}/taxGroupName") for n in (0, 2, 3, 4)],
        (7, "line.product_unknown", "/lineItems/7/supplierProductCode"),
    ]
    names = [one["taxGroupName"] for one in data["lineItemFailureResults"][0]["candidates"]]
    assert names == ["Exempt", "GST 15", "Mixed", "Sales Tax", "Zero-rated"]


async def test_rounding_carries_no_tax_whatever_is_said(shop: StockShop) -> None:
    lines = [line(1), line(0.02, kind=100, taxGroupName="GST 15"), line(0.02, kind=100, taxGroupName="Nonsense")]
    answer = await shop.add(order(*lines))
    assert warned(answer) == [("line.tax_group_unexpected", f"/lineItems/{n}/taxGroupName") for n in (1, 2)]
    assert [one["taxGroupName"] for one in answer["stockOrder"]["lineItems"]] == ["GST 15", None, None]


@pytest.mark.parametrize("name", ["zero-rated", "Exempt"])
async def test_zero_rated_and_exempt_differ_in_what_is_shown(shop: StockShop, name: str) -> None:
    stored = (await shop.add(order(line(11.5, taxGroupName=name))))["stockOrder"]
    assert (stored["incTax1"], stored["total"]) == (0, Decimal("11.50"))
    assert stored["invoice_Tax1CommonName"] == {"zero-rated": "GST", "Exempt": ""}[name]
