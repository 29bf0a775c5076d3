"""What a tax group makes of a line, and what the lines of an order come to (contract section 8). No HTTP, no SQL.

Levels are parallel: no tax is charged on another. An inclusive level of a group is its rate's share of what the amount is
without any of the group's inclusive taxes; an add-on level is its rate of the amount. Both are rounded half-even to seven
decimals, line by line; an order's total of a level is rounded once, half-up, to what the currency's smallest unit is.
"""

from collections.abc import Iterable, Sequence

import msgspec

from powerepos_cloud.partnerservices.arithmetic import half_even, half_up
from powerepos_cloud.partnerservices.catalogue.rules import TaxGroup
from powerepos_cloud.partnerservices.stock.model import FINE_PER_MONEY, NO_TAX, Levels, Line, Tax, Taxes, Totals

_WHOLE = 100_000
"""100 %, in thousandths of a percent."""


class Rates(msgspec.Struct, frozen=True):
    """A group's levels as they are reckoned with. `inclusive` and `add_on` are the rates in use, each with its level from 0."""

    name: str
    taxes: Taxes
    inclusive: tuple[tuple[int, int], ...]
    add_on: tuple[tuple[int, int], ...]
    divisor: int

    def on(self, amount: int) -> tuple[Levels, Levels]:
        """Inclusive and add-on taxes of an amount in hundredths, in ten-millionths."""
        inc = ex = NO_TAX
        if self.inclusive:
            fine, found = amount * FINE_PER_MONEY, [0, 0, 0, 0]
            for level, rate in self.inclusive:
                found[level] = half_even(fine * rate, self.divisor)
            inc = (found[0], found[1], found[2], found[3])
        if self.add_on:
            found = [0, 0, 0, 0]
            for level, rate in self.add_on:
                found[level] = amount * rate  # a hundredth of a thousandth of a percent is a ten-millionth: nothing to round
            ex = (found[0], found[1], found[2], found[3])
        return inc, ex


def rates_of(group: TaxGroup) -> Rates:
    """The rates of a group of the catalogue."""
    one, two, three, four = (None if level is None else Tax(level.name, level.rate) for level in group.levels)
    used = [(n, level) for n, level in enumerate(group.levels) if level is not None and level.rate]
    inclusive = tuple((n, level.rate) for n, level in used if level.inclusive)
    add_on = tuple((n, level.rate) for n, level in used if not level.inclusive)
    return Rates(group.name, (one, two, three, four), inclusive, add_on, _WHOLE + sum(rate for _, rate in inclusive))


def totals_of(lines: Sequence[Line], used: Iterable[Rates], currency_decimals: int) -> Totals:
    """What the lines come to. `used` are the rates of their groups, in the order in which they first occur."""
    unit = 1 if currency_decimals else 100
    inc = _sums([line.inc for line in lines])
    ex = _sums([line.ex for line in lines])
    rounded_inc, rounded_ex = _rounded(inc, unit), _rounded(ex, unit)
    amount = sum([line.amount for line in lines])
    return Totals(
        _levels_used(used), amount, rounded_inc, rounded_ex, sum(rounded_ex) * FINE_PER_MONEY - sum(ex), amount + sum(rounded_ex)
    )


def _sums(taxes: list[Levels]) -> Levels:
    taxed = [levels for levels in taxes if levels is not NO_TAX]
    one, two, three, four = (sum([levels[n] for levels in taxed]) for n in range(4))
    return one, two, three, four


def _rounded(fine: Levels, unit: int) -> Levels:
    one, two, three, four = (half_up(level, FINE_PER_MONEY * unit) * unit for level in fine)
    return one, two, three, four


def _levels_used(used: Iterable[Rates]) -> Taxes:
    """Name and rate of each level; where groups differ in one, those with the highest rate, of equals the first."""
    found: list[Tax | None] = [None] * 4
    for rates in used:
        for n, tax in enumerate(rates.taxes):
            known = found[n]
            if tax is not None and (known is None or tax.rate > known.rate):
                found[n] = tax
    return found[0], found[1], found[2], found[3]
