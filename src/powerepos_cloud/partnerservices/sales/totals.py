"""Totals kept as sales arrive: per Z, split by hour, payment type, tax and adjustment.

A Z fixes outlet, client, terminal, trading day, currency and training flag, so every other total (a day's, a terminal's, a
client's) is a sum over its Zs, and costs the same with ten sales and with ten million. A sale adds its cells, a replacement
takes the old version's away; a recount from the stored sales must give the same (`powerepos-admin doctor --recount`).
"""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import msgspec
from powerepos.contract.results import ResultWarning

from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.arithmetic import half_even, half_up
from powerepos_cloud.partnerservices.sales.model import FINE_PER_MONEY, Adjustment, Item, Sale, Taxes
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
_ALL_CELL, _UNTAXED_CELL = ((ALL, ""), ""), ((TAX, NO_TAX_KEY), "")

_warnings_decoder = msgspec.json.Decoder(list[ResultWarning])

Key = tuple[str, str]
Cell = tuple[str, list[int]]
Cells = dict[Key, Cell]
Measures = Sequence[int]
Named = tuple[Key, str]
"""A cell's key, and its label."""
Part = tuple[Named, Measures]


class Level(NamedTuple):
    """A tax level in use: its place from 0, its rate in thousandths of a percent, and its cell."""

    place: int
    rate: int
    cell: Named


Taxed = tuple[Level, Measures]
"""A line's tax of one level: the measures are those of its cell."""


class Tally(msgspec.Struct, frozen=True, gc=False):
    """What one sale comes to, reckoned once: its `gross`, what was paid and rounded, and its part in each cell.

    `lines` holds the taxes of each item, level by level; the rules look at them.
    """

    gross: int
    purchase: int
    rounded: int
    lines: list[list[Taxed]]
    parts: list[Part]


class TaxKey(msgspec.Struct, frozen=True):
    """What a tax cell's key says. `rate` is in thousandths of a percent."""

    level: int
    rate: int
    name_key: str


def tally(sale: Sale) -> Tally:
    """What the sale comes to."""
    parts: list[Part] = []
    levels = _levels_in_use(sale.taxes)
    items = inclusive = exclusive = discounts = surcharges = 0
    adjustments, lines = list(sale.adjustments), []
    for item in sale.items:
        adjustments += item.adjustments
        items += item.amount
        inclusive += sum(item.inc)
        exclusive += sum(item.ex)
        lines.append(_add_taxes(parts, item, 1, levels))
        if not lines[-1]:
            parts.append((_UNTAXED_CELL, (1, item.amount * FINE_PER_MONEY, 0, 0, 0)))
    for one in adjustments:
        amount, inc, ex = one.amount, sum(one.inc), sum(one.ex)
        if amount < 0:
            discounts += amount
        else:
            surcharges += amount
        inclusive += inc
        exclusive += ex
        _add_taxes(parts, one, 0, levels)
        key = f"{'-' if amount < 0 else '+'}{compare_key(one.name)}"
        parts.append((((ADJUSTMENT, key), one.name), (1, amount, inc, ex)))
    gross = (items + discounts + surcharges) * FINE_PER_MONEY + exclusive
    purchase, tips, rounded, cash, collected = _add_payments(parts, sale, gross)
    is_refund = gross < 0
    overall = (
        1, int(is_refund), gross, gross if is_refund else 0, items, discounts, surcharges, inclusive, exclusive, purchase, tips,
        rounded, cash, collected,
    )  # fmt: skip
    hour = sale.closed_at[11:13]
    parts += [(_ALL_CELL, overall), (((HOUR, hour), hour), (1, gross, inclusive + exclusive))]
    return Tally(gross, purchase, rounded, lines, parts)


class Sums:
    """Parts of cells, gathered sale by sale and added up at the end."""

    def __init__(self) -> None:
        self._gathered: dict[Key, tuple[str, list[Measures]]] = {}

    def add(self, more: Tally, warned: Collection[str]) -> None:
        """Add a sale; `warned` are its warnings' codes, once each."""
        gathered = self._gathered
        for (key, label), measures in (*more.parts, *_warnings(warned)):
            known = gathered.get(key)
            if known is None:
                gathered[key] = (label, [measures])
            else:
                known[1].append(measures)

    def take_away(self, less: Tally, warned: Collection[str]) -> None:
        """Take a sale away that was added once, here or to what is stored."""
        for (key, label), measures in (*less.parts, *_warnings(warned)):
            self._gathered.setdefault(key, (label, []))[1].append([-measure for measure in measures])

    def cells(self) -> Cells:
        """What the cells change by."""
        return {key: (label, list(map(sum, zip(*measures, strict=True)))) for key, (label, measures) in self._gathered.items()}


def recount(sales: Iterable[tuple[Sale, Collection[str]]]) -> Cells:
    """The cells of all these sales, reckoned anew; each comes with the codes of its warnings."""
    sums = Sums()
    for sale, warned in sales:
        sums.add(tally(sale), warned)
    return drop_empty(sums.cells())


def warned_by(warnings: str | None) -> frozenset[str]:
    """The codes among a stored sale's warnings."""
    return frozenset(one.code for one in _warnings_decoder.decode(warnings)) if warnings else frozenset()


def drop_empty(cells: Cells) -> Cells:
    """Only cells in which something is left."""
    return {key: cell for key, cell in cells.items() if any(cell[1])}


def tax_key(level: int, rate: int, name: str) -> str:
    """The key of a tax cell: `level|rate|name`, the name folded."""
    return f"{level}|{rate}|{compare_key(name)}"


def _warnings(warned: Collection[str]) -> list[Part]:
    return [(((WARNING, code), code), (1,)) for code in ("", *warned)] if warned else []


def _add_payments(parts: list[Part], sale: Sale, gross: int) -> tuple[int, int, int, int, int]:
    """Add the parts of payments. What they come to: goods, tips, rounding, what was collected in cash, and in all."""
    purchase = tips = rounded = cash = all_collected = 0
    for payment in sale.payments:
        purchase += payment.purchase
        rounded += payment.rounded
    rounds = rounding_is_apart(gross, purchase, rounded)
    for payment in sale.payments:
        collected = payment.purchase + payment.tip + (payment.rounded if rounds else 0)
        refunded = collected if payment.purchase < 0 else 0
        cell = (PAYMENT, compare_key(payment.type_name)), payment.type_name
        parts.append((cell, (1, payment.purchase, payment.tip, payment.rounded, collected, refunded)))
        tips += payment.tip
        all_collected += collected
        cash += collected if payment.affects_cid else 0
    return purchase, tips, rounded, cash, all_collected


def rounding_is_apart(gross: int, purchase: int, rounded: int) -> bool:
    """Whether the payments cover the sale as they are, so that cash rounding comes on top of them.

    Partners send both forms, and both balance (contract section 7): 9.98 due is paid as 10.00 with 0.02 of rounding in it,
    or as 9.98 and 0.02.
    """
    if not rounded:
        return False
    difference = purchase * FINE_PER_MONEY - gross
    return abs(difference) < abs(difference - rounded * FINE_PER_MONEY)


@lru_cache(maxsize=256)
def _levels_in_use(taxes: Taxes) -> list[Level]:
    """The levels that have a name."""
    return [
        Level(place, tax.rate, ((TAX, tax_key(place + 1, tax.rate, tax.name)), tax.name))
        for place, tax in enumerate(taxes)
        if tax is not None
    ]


def _add_taxes(parts: list[Part], line: Item | Adjustment, counted: int, levels: list[Level]) -> list[Taxed]:
    """Add a line's taxes, and give them; `counted` is what it adds to the number of lines."""
    taxed: list[Taxed] = []
    for level in levels:
        place, rate, cell = level
        inclusive, exclusive, taxable = line.inc[place], line.ex[place], line.taxable[place]
        if taxable or inclusive or exclusive:
            base = taxable or line.amount * FINE_PER_MONEY
            again = recomputed(base, rate, is_exclusive=exclusive != 0)
            measures = (counted, base, inclusive, exclusive, again)
            taxed.append((level, measures))
            parts.append((cell, measures))
    return taxed


def recomputed(base: int, rate: int, *, is_exclusive: bool) -> int:
    """The tax that the rate makes of the base, in its unit: base × r / 100, or base × r / (100 + r) where it is inside.

    Rounded half-even.
    """
    return half_even(base * rate, 100_000 if is_exclusive else 100_000 + rate)


def rounded_money(fine: int) -> Decimal:
    """Ten-millionths as money, half a cent rounded away from zero."""
    return money(half_up(fine, FINE_PER_MONEY))
