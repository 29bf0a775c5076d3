"""Figures of sales as pages write them: a minus that is read aloud, thousands apart, never a lost cent."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from powerepos_cloud.partnerservices.arithmetic import half_up
from powerepos_cloud.partnerservices.sales.totals import rounded_money

_MINUTE, _HOUR = 60_000, 3_600_000


def decimal(value: Decimal) -> Markup:
    """An amount with two decimals."""
    return _signed(f"{abs(value):,.2f}", value < 0)


def amount(hundredths: int) -> Markup:
    """Hundredths as an amount."""
    return decimal(Decimal(hundredths) / 100)


def fine(ten_millionths: int) -> Markup:
    """Ten-millionths as an amount, half a cent rounded away from zero."""
    return decimal(rounded_money(ten_millionths))


def change(ten_millionths: int) -> Markup:
    """A difference of ten-millionths, with its sign."""
    rounded = rounded_money(ten_millionths)
    return Markup("+") + decimal(rounded) if rounded > 0 else decimal(rounded)


def whole_change(number: int) -> Markup:
    """A difference of two counts, with its sign."""
    return Markup("+{:,}").format(number) if number > 0 else _signed(f"{abs(number):,}", number < 0)


def count_of(number: int) -> Markup:
    """A count, thousands apart."""
    return _signed(f"{abs(number):,}", number < 0)


def compared(now: int, before: int) -> str:
    """How much more or less than before, such as `+5.9 %`; empty where there is nothing to compare with."""
    if before <= 0:
        return ""
    tenths = half_up((now - before) * 1000, before)
    sign = "+" if tenths > 0 else "\u2212" if tenths < 0 else "\u00b1"
    return f"{sign}{abs(tenths) / 10:,.1f}%"


def share(part: int, of: int) -> str:
    """A part of the whole in percent, with one decimal; empty of nothing."""
    return f"{half_up(part * 1000, of) / 10:.1f}%".replace("-", "\u2212") if of > 0 else ""


def short_day(of: date) -> str:
    """`Wed 18 Nov`."""
    return f"{of:%a} {of.day} {of:%b}"


def long_day(of: date) -> str:
    """`Wednesday 18 November 2026`."""
    return f"{of:%A} {of.day} {of:%B} {of.year}"


def hour(of: int) -> str:
    """`09:00`."""
    return f"{of:02d}:00"


def clock(text: str) -> str:
    """Hours and minutes of outlet-local text."""
    return text[11:16]


def local(at_ms: int, zone: str, form: str = "%H:%M") -> str:
    """An instant on a zone's wall clock."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(zone)).strftime(form)


def place_of(zone: str) -> str:
    """The city of a zone: `in Sydney` is how times name their place."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def long_ago(at_ms: int, now_ms: int) -> str:
    """How long ago an instant was, in words."""
    passed = now_ms - at_ms
    if passed < 2 * _MINUTE:
        return "a minute ago"
    if passed < _HOUR:
        return f"{passed // _MINUTE} minutes ago"
    if passed < 2 * _HOUR:
        return "an hour ago"
    if passed < 24 * _HOUR:
        return f"{passed // _HOUR} hours ago"
    days = timedelta(milliseconds=passed).days
    return "a day ago" if days == 1 else f"{days} days ago"


def _signed(text: str, is_negative: bool) -> Markup:
    if is_negative and any(sign in "123456789" for sign in text):
        return Markup('<span class="vh">minus </span>\u2212{}').format(text)
    return Markup("{}").format(text)


FILTERS: dict[str, Callable[..., Any]] = {
    "decimal": decimal, "amount": amount, "fine": fine, "change": change, "whole_change": whole_change, "count_of": count_of,
    "compared": compared, "share": share, "short_day": short_day, "long_day": long_day, "hour": hour, "clock": clock,
    "local": local, "place_of": place_of, "long_ago": long_ago,
}  # fmt: skip
"""What templates know them by."""
