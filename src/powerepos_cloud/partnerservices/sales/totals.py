"""Totals kept as sales arrive: per Z, split by hour, payment type, tax and adjustment.

A Z fixes outlet, client, terminal, trading day, currency and training flag, so every other total (a day's, a terminal's, a
client's) is a sum over its Zs, and costs the same with ten sales and with ten million. A sale adds its cells, a replacement
takes the old version's away; a recount from the stored sales must give the same (`powerepos-admin doctor --recount`).
"""

import operator
from collections.abc import Collection, Iterable
from decimal import Decimal

import msgspec
from powerepos.contract.results import ResultWarning

from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.arithmetic import half_even, half_up
from powerepos_cloud.partnerservices.sales.model import FINE_PER_MONEY, Adjustment, Item, Sale, Tax, gross
from powerepos_cloud.partnerservices.wire import money

ALL, HOUR, PAYMENT, TAX, ADJUSTMENT, WARNING = "all", "hour", "payment", "tax", "adjustment", "warning"

MEASURES = {
    ALL: (
        "count", "refund_count", "gross", "refunds", "items", "discounts", "surcharges", "inc_tax", "ex_tax", "purchase",
        "tips", "rounded", "cash", "collected",
    ),
    HOUR: ("count", "gross", "tax"),
    PAYMENT: ("count", "purchase", "tips", "rounded", "collected", "refunded"),
    TAX: ("lines", "taxable", "inc_tax", "ex_tax", "recomputed"),
    ADJUSTMENT: ("count", "amount", "inc_tax", "ex_tax"),
    WARNING: ("count",),
}  # fmt: skip
"""What each kind's list of whole numbers means. `gross`, `refunds`, taxes and `taxable` are in ten-millionths, other money
in hundredths. `collected` is what was paid with tips and cash rounding, whether `amountPurchase` came with the rounding in it
or without; `cash` is what the drawer gained of it, `refunded` what was paid back. A warning's cell counts sales by code; the
one without a code counts sales with any."""

NO_TAX_KEY = "none"

_warnings_decoder = msgspec.json.Decoder(list[ResultWarning])

Cell = tuple[str, list[int]]
Cells = dict[tuple[str, str], Cell]
_Levels = list[tuple[int, Tax, str]]


class TaxKey(msgspec.Struct, frozen=True):
    """What a tax cell's key says. `rate` is in thousandths of a percent."""

    level: int
    rate: int
    name_key: str


def cells_of(sale: Sale, warned: Collection[str]) -> Cells:
    """One sale's contribution to its Z's cells, each with a label for people; `warned` are its warnings' codes, once each."""
    cells: Cells = {}
    add_sale(cells, sale, gross(sale), warned)
    return cells


def add_sale(cells: Cells, sale: Sale, total: int, warned: Collection[str]) -> None:
    """Add the contribution of one sale, whose gross is `total`, to cells."""
    adjustments = [*sale.adjustments, *[one for item in sale.items for one in item.adjustments]]
    collected, cash = _add_payments(cells, sale, total)
    _add_taxes(cells, sale)
    for adjustment in adjustments:
        key = f"{'-' if adjustment.amount < 0 else '+'}{compare_key(adjustment.name)}"
        _add(cells, ADJUSTMENT, key, adjustment.name, [1, adjustment.amount, sum(adjustment.inc), sum(adjustment.ex)])
    overall = _overall(sale, adjustments, total, collected, cash)
    hour = sale.closed_at[11:13]
    _add(cells, HOUR, hour, hour, [1, total, overall[7] + overall[8]])
    _add(cells, ALL, "", "", overall)
    if warned:
        for code in ("", *warned):
            _add(cells, WARNING, code, code, [1])


def add(into: Cells, more: Cells, sign: int = 1) -> None:
    """Add (or with `sign` -1 take away) cells."""
    for (kind, key), (label, measures) in more.items():
        _add(into, kind, key, label, list(measures) if sign > 0 else [-measure for measure in measures])


def recount(sales: Iterable[tuple[Sale, Collection[str]]]) -> Cells:
    """The cells of all these sales, reckoned anew; each comes with the codes of its warnings."""
    cells: Cells = {}
    for sale, warned in sales:
        add_sale(cells, sale, gross(sale), warned)
    return drop_empty(cells)


def warned_by(warnings: str | None) -> frozenset[str]:
    """The codes among a stored sale's warnings."""
    return frozenset(one.code for one in _warnings_decoder.decode(warnings)) if warnings else frozenset()


def drop_empty(cells: Cells) -> Cells:
    """Only cells in which something is left."""
    return {key: cell for key, cell in cells.items() if any(cell[1])}


def tax_key(level: int, rate: int, name: str) -> str:
    """The key of a tax cell: `level|rate|name`, the name folded."""
    return f"{level}|{rate}|{compare_key(name)}"


def _overall(sale: Sale, adjustments: list[Adjustment], total: int, collected: int, cash: int) -> list[int]:
    items = sum(item.amount for item in sale.items)
    discounts = sum(one.amount for one in adjustments if one.amount < 0)
    surcharges = sum(one.amount for one in adjustments if one.amount > 0)
    lines: list[Item | Adjustment] = [*sale.items, *adjustments]
    inclusive = sum(sum(line.inc) for line in lines)
    exclusive = sum(sum(line.ex) for line in lines)
    purchase = sum(payment.purchase for payment in sale.payments)
    tips = sum(payment.tip for payment in sale.payments)
    rounded = sum(payment.rounded for payment in sale.payments)
    is_refund = total < 0
    return [
        1, int(is_refund), total, total if is_refund else 0, items, discounts, surcharges, inclusive, exclusive, purchase,
        tips, rounded, cash, collected,
    ]  # fmt: skip


def _add_payments(cells: Cells, sale: Sale, total: int) -> tuple[int, int]:
    """What was collected, and how much of it in cash."""
    all_collected = cash = 0
    rounds = rounding_is_apart(sale, total)
    for payment in sale.payments:
        collected = payment.purchase + payment.tip + (payment.rounded if rounds else 0)
        refunded = collected if payment.purchase < 0 else 0
        measures = [1, payment.purchase, payment.tip, payment.rounded, collected, refunded]
        _add(cells, PAYMENT, compare_key(payment.type_name), payment.type_name, measures)
        all_collected += collected
        cash += collected if payment.affects_cid else 0
    return all_collected, cash


def rounding_is_apart(sale: Sale, total: int) -> bool:
    """Whether the payments cover the sale as they are, so that cash rounding comes on top of them.

    Partners send both forms, and both balance (contract section 7): 9.98 due is paid as 10.00 with 0.02 of rounding in it,
    or as 9.98 and 0.02.
    """
    rounded = sum(payment.rounded for payment in sale.payments)
    if not rounded:
        return False
    difference = sum(payment.purchase for payment in sale.payments) * FINE_PER_MONEY - total
    return abs(difference) < abs(difference - rounded * FINE_PER_MONEY)


def _add_taxes(cells: Cells, sale: Sale) -> None:
    levels = [(level, tax, tax_key(level + 1, tax.rate, tax.name)) for level, tax in enumerate(sale.taxes) if tax is not None]
    for item in sale.items:
        if not _add_line_taxes(cells, levels, item):
            _add(cells, TAX, NO_TAX_KEY, "", [1, item.amount * FINE_PER_MONEY, 0, 0, 0])
        for adjustment in item.adjustments:
            _add_adjustment_taxes(cells, levels, adjustment)
    for adjustment in sale.adjustments:
        _add_adjustment_taxes(cells, levels, adjustment)


def _add_line_taxes(cells: Cells, levels: _Levels, item: Item) -> bool:
    """The item's tax levels; whether it has any."""
    is_taxed = False
    for level, tax, key in levels:
        inclusive, exclusive, taxable = item.inc[level], item.ex[level], item.taxable[level]
        if not (taxable or inclusive or exclusive):
            continue
        is_taxed = True
        base = taxable or item.amount * FINE_PER_MONEY
        measures = [1, base, inclusive, exclusive, recomputed(base, tax.rate, is_exclusive=bool(exclusive))]
        _add(cells, TAX, key, tax.name, measures)
    return is_taxed


def _add_adjustment_taxes(cells: Cells, levels: _Levels, adjustment: Adjustment) -> None:
    for level, tax, key in levels:
        inclusive, exclusive, taxable = adjustment.inc[level], adjustment.ex[level], adjustment.taxable[level]
        if not (taxable or inclusive or exclusive):
            continue
        base = taxable or adjustment.amount * FINE_PER_MONEY
        measures = [0, base, inclusive, exclusive, recomputed(base, tax.rate, is_exclusive=bool(exclusive))]
        _add(cells, TAX, key, tax.name, measures)


def recomputed(base: int, rate: int, *, is_exclusive: bool) -> int:
    """The tax that the rate makes of the base, in its unit: base × r / 100, or base × r / (100 + r) where it is inside.

    Rounded half-even.
    """
    return half_even(base * rate, 100_000 if is_exclusive else 100_000 + rate)


def _add(cells: Cells, kind: str, key: str, label: str, measures: list[int]) -> None:
    known = cells.get((kind, key))
    cells[kind, key] = (label, measures if known is None else list(map(operator.add, known[1], measures)))


def rounded_money(fine: int) -> Decimal:
    """Ten-millionths as money, half a cent rounded away from zero."""
    return money(half_up(fine, FINE_PER_MONEY))
