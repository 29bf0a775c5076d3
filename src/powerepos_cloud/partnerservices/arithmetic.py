"""Exact division of whole numbers, rounded once: taxes half-even, money half-up (contract section 7)."""


def half_even(numerator: int, denominator: int) -> int:
    """The quotient by a positive denominator as a whole number; a half goes to the even neighbour."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))


def half_up(numerator: int, denominator: int) -> int:
    """The quotient by a positive denominator as a whole number; a half goes away from zero."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -size if numerator < 0 else size
