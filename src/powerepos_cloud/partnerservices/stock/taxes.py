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
    """A group's levels as they are reckoned with: the rates of its inclusive and of its add-on ones, 0 where it has none."""

    name: str
    taxes: Taxes
    inclusive: Levels
    add_on: Levels
    divisor: int

    def on(self, amount: int) -> tuple[Levels, Levels]:
        """Inclusive and add-on taxes of an amount in hundredths, in ten-millionths."""
        inc = ex = NO_TAX
        if self.inclusive is not NO_TAX:
            fine, divisor, (one, two, three, four) = amount * FINE_PER_MONEY, self.divisor, self.inclusive
            inc = (
                half_even(fine * one, divisor) if one else 0,
                half_even(fine * two, divisor) if two else 0,
                half_even(fine * three, divisor) if three else 0,
                half_even(fine * four, divisor) if four else 0,
            )
        if self.add_on is not NO_TAX:
            # A hundredth of a thousandth of a percent is a ten-millionth: there is nothing to round.
            one, two, three, four = self.add_on
            ex = (amount * one, amount * two, amount * three, amount * four)
        return inc, ex


def rates_of(group: TaxGroup) -> Rates:
    """The rates of a group of the catalogue."""
    one, two, three, four = (None if level is None else Tax(level.name, level.rate) for level in group.levels)
    inclusive = _rates(level.rate if level is not None and level.inclusive else 0 for level in group.levels)
    add_on = _rates(level.rate if level is not None and not level.inclusive else 0 for level in group.levels)
    return Rates(group.name, (one, two, three, four), inclusive, add_on, _WHOLE + sum(inclusive))


def _rates(levels: Iterable[int]) -> Levels:
    one, two, three, four = levels
    return (one, two, three, four) if one or two or three or four else NO_TAX


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
