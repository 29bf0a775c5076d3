"""Values as the wire spells them: GUIDs, outlet-local times, dates, and whole numbers of small units as decimals."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Context, Decimal, Inexact

import msgspec

from powerepos_cloud.foundation.ids import parse_guid

_PLAIN_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_GUID_LENGTH = 36
_GUID_HYPHENS = (8, 13, 18, 23)
_OF_GUIDS = b"0123456789abcdef-"
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-5][0-9])?)?"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FURTHEST_OFFSET = 18 * 60
_WIDE = Context(prec=60, traps=[Inexact])
_STEPS = tuple(Decimal(1).scaleb(-decimals) for decimals in range(10))
_HUNDREDTH = _STEPS[2]


class LocalDateTime(msgspec.Struct, frozen=True):
    """An outlet-local time: `text` is `yyyy-MM-dd HH:mm:ss.fff`.

    `offset_minutes` is that of the zone that came with it and was ignored; None if there was none.
    """

    text: str
    has_zone: bool
    offset_minutes: int | None

    @property
    def value(self) -> datetime:
        """The same as a naive datetime."""
        return datetime.fromisoformat(self.text)


def guid(text: str) -> str | None:
    """A GUID in any case, with or without hyphens or braces, as lower case with hyphens; None if it is none."""
    if _PLAIN_GUID.fullmatch(text):
        return text
    try:
        return parse_guid(text)
    except ValueError:
        return None


def are_plain_guids(texts: Sequence[str]) -> bool:
    """Whether each is a GUID in lower case with hyphens: what `guid` leaves as it is. Many at once are quicker than each."""
    joined = "".join(texts)
    return (
        joined.isascii()
        and set(map(len, texts)) <= {_GUID_LENGTH}
        and all(joined[place::_GUID_LENGTH] == "-" * len(texts) for place in _GUID_HYPHENS)
        and joined.count("-") == len(_GUID_HYPHENS) * len(texts)
        and not joined.encode().translate(None, _OF_GUIDS)
    )


def local_datetime(text: str) -> LocalDateTime | None:
    """An outlet-local time, cut to milliseconds; a date alone is its midnight; None if it is none.

    Forms: `yyyy-MM-dd HH:mm:ss` or with a `T`, with one to nine decimals, with `Z` or `±hh:mm`, which do not count.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    plain = f"{day} {clock or '00:00:00'}"
    if clock is not None and clock.startswith("24"):
        return None  # Python 3.13 takes 24:00:00 for the next day's midnight
    try:
        datetime.fromisoformat(plain)
    except ValueError:
        return None
    offset = None
    if zone is not None:
        offset = 0 if zone == "Z" else (int(zone[1:3]) * 60 + int(zone[4:])) * (-1 if zone[0] == "-" else 1)
        if abs(offset) > _FURTHEST_OFFSET:
            return None
    return LocalDateTime(f"{plain}.{(fraction or '')[:3]:0<3}", zone is not None, offset)


def trading_date(text: str) -> date | None:
    """A date `yyyy-MM-dd`; None if it is none."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def money(hundredths: int) -> Decimal:
    """Money with two decimals."""
    return _WIDE.multiply(_HUNDREDTH, hundredths)


def tax(ten_millionths: int) -> Decimal:
    """A tax amount, without trailing zeros."""
    return quantity(ten_millionths, 7)


def quantity(units: int, decimals: int = 7) -> Decimal:
    """A number of units of 10^-decimals, without trailing zeros."""
    whole, rest = divmod(units, 10**decimals)
    return _WIDE.normalize(_WIDE.multiply(_STEPS[decimals], units)) if rest else Decimal(whole)
