"""Figures and outlet-local times as people read them; what goes in are the whole numbers and texts of the rooms."""

from datetime import datetime

_MINUS = "\N{MINUS SIGN}"


def money(hundredths: int) -> str:
    """`1,234.50`, with a true minus sign."""
    return _signed(hundredths, f"{abs(hundredths) // 100:,}.{abs(hundredths) % 100:02d}")


def quantity(hundred_thousandths: int) -> str:
    """`12` or `1.25`: up to five decimals, none that say nothing."""
    whole, rest = divmod(abs(hundred_thousandths), 100_000)
    return _signed(hundred_thousandths, f"{whole:,}.{rest:05d}".rstrip("0").rstrip("."))


def percent(thousandths: int) -> str:
    """A tax rate: `15%` or `8.25%`."""
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") + "%"


def day(local: str) -> str:
    """`Fri 20 Nov 2026` of `2026-11-20…`."""
    return _read(local[:10]).strftime("%a %-d %b %Y")


def day_and_time(local: str) -> str:
    """`Fri 20 Nov 2026, 12:24` of `2026-11-20 12:24:00.000`."""
    return f"{day(local)}, {local[11:16]}"


def _read(date: str) -> datetime:
    return datetime.strptime(date, "%Y-%m-%d")  # noqa: DTZ007 - an outlet's calendar day has no zone


def _signed(number: int, text: str) -> str:
    return f"{_MINUS}{text}" if number < 0 else text


FILTERS = {"money": money, "quantity": quantity, "percent": percent, "day": day, "day_and_time": day_and_time}
"""What templates know them by."""
