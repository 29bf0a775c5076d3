"""Values as the wire spells them: GUIDs, outlet-local times, dates, and whole numbers of small units as decimals."""

import re
from datetime import date, datetime
from decimal import Decimal

import msgspec

_GUID = re.compile(r"\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?", re.IGNORECASE | re.ASCII
)
_PLAIN_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class LocalDateTime(msgspec.Struct, frozen=True):
    """An outlet-local time: `text` is `yyyy-MM-dd HH:mm:ss.fff`; `offset_minutes` is of the zone that came with it, if any."""

    text: str
    has_zone: bool
    offset_minutes: int | None


def guid(text: str) -> str | None:
    """A GUID in any case, with or without hyphens or braces, as lower case with hyphens; None if it is none."""
    if _PLAIN_GUID.fullmatch(text):
        return text
    found = _GUID.fullmatch(text)
    if found is None or text.startswith("{") != text.endswith("}"):
        return None
    return "-".join(found.groups()).lower()


def local_datetime(text: str) -> LocalDateTime | None:
    """An outlet-local time, cut to milliseconds; a date alone is its midnight; None if it is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    plain = f"{day} {clock or '00:00:00'}"
    try:
        datetime.fromisoformat(plain)
    except ValueError:
        return None
    offset = None
    if zone is not None:
        offset = 0 if zone in "Zz" else int(zone[:3]) * 60 + int(zone[0] + zone[4:])
    return LocalDateTime(f"{plain}.{(fraction or '')[:3]:0<3}", zone is not None, offset)


def trading_date(text: str) -> date | None:
    """A date `yyyy-MM-dd`; None if it is none."""
    try:
        return date.fromisoformat(text) if len(text) == 10 and text[4] == text[7] == "-" else None
    except ValueError:
        return None


def money(hundredths: int) -> Decimal:
    """Money with two decimals."""
    return Decimal(hundredths).scaleb(-2)


def tax(ten_millionths: int) -> Decimal:
    """A tax amount, without trailing zeros."""
    return quantity(ten_millionths, 7)


def quantity(units: int, decimals: int) -> Decimal:
    """A number of units of 10^-decimals, without trailing zeros and never with an exponent."""
    plain = Decimal(units).scaleb(-decimals).normalize()
    exponent = plain.as_tuple().exponent
    return plain.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else plain
