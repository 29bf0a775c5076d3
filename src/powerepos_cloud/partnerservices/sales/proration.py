"""An order-level adjustment spread over the lines: by |line and its own adjustments|, largest remainder, to the cent.

What is spread always adds up to what was sent; ties go to the earlier line (contract section 7).
"""

from collections.abc import Sequence

import msgspec

from powerepos_cloud.partnerservices.sales.model import Adjustment, Levels, Sale


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One line's part of an order-level adjustment."""

    line: int
    amount: int
    inc: Levels
    ex: Levels


def weights(sale: Sale) -> list[int]:
    """How heavy each line is: |amount with its own adjustments|, in hundredths."""
    return [abs(item.amount + sum(adjustment.amount for adjustment in item.adjustments)) for item in sale.items]


def spread(whole: int, over: Sequence[int]) -> list[int]:
    """`whole` split in proportion to the weights, exactly: the parts add up to it. All weights zero: equally."""
    if not any(over):
        over = [1] * len(over)
    total, sign, size = sum(over), (-1 if whole < 0 else 1), abs(whole)
    parts = [size * weight // total for weight in over]
    remainders = sorted(range(len(over)), key=lambda line: (-(size * over[line] % total), line))
    for line in remainders[: size - sum(parts)]:
        parts[line] += 1
    return [sign * part for part in parts]


def prorate(adjustment: Adjustment, over: Sequence[int]) -> tuple[Part, ...]:
    """The adjustment's parts, one a line; none if there are no lines (it stays on the order)."""
    if not over:
        return ()
    amounts = spread(adjustment.amount, over)
    inc = [spread(level, over) if level else [0] * len(over) for level in adjustment.inc]
    ex = [spread(level, over) if level else [0] * len(over) for level in adjustment.ex]
    return tuple(Part(line, amounts[line], _levels(inc, line), _levels(ex, line)) for line in range(len(over)))


def _levels(parts: list[list[int]], line: int) -> Levels:
    first, second, third, fourth = (level[line] for level in parts)
    return first, second, third, fourth
