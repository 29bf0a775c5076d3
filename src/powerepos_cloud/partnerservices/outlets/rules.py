"""What an outlet may be. No SQL; each raises `Invalid`."""

import re
import zoneinfo

from powerepos_cloud.foundation.ids import new_id, parse_guid
from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.foundation.texts import line
from powerepos_cloud.partnerservices.outlets.currencies import DECIMALS, MOST_DECIMALS

LONGEST_NAME = 64

_DAY_START = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_ZONE = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}")
_NO_PLACE = frozenset(("localtime", "Factory"))


def outlet_id(text: str | None, kapow: str) -> str:
    """An outlet's GUID in lower case with hyphens; a new one if none is given."""
    if text is None:
        return new_id()
    try:
        guid = parse_guid(text)
    except ValueError:
        raise Invalid("outlet ID", "a GUID", text) from None
    if guid == kapow:
        raise Invalid("outlet ID", "another GUID than the organisation's own", text, "Leave it out to get a new one.")
    return guid


def name(text: str) -> str:
    """An outlet's name."""
    return line("name", text, LONGEST_NAME)


def zone(text: str) -> str:
    """An IANA time zone that this machine knows."""
    expected = "an IANA time zone such as Pacific/Auckland"
    if not _ZONE.fullmatch(text) or text in _NO_PLACE:
        raise Invalid("zone", expected, text)
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        close = sorted(known for known in zoneinfo.available_timezones() if known.casefold() == text.casefold())
        raise Invalid("zone", expected, text, f"Write it as {close[0]}." if close else "") from None
    return text


def day_start(text: str) -> str:
    """When a trading day begins, on the outlet's wall clock."""
    if not _DAY_START.fullmatch(text):
        raise Invalid("day start", "a time from 00:00 to 23:59, such as 05:00", text)
    return text


def currency(text: str) -> str:
    """An ISO 4217 currency whose amounts can be held exactly."""
    if text not in DECIMALS:
        cure = f"Write it as {text.upper()}." if text.upper() in DECIMALS else ""
        raise Invalid("currency", "an ISO 4217 code such as EUR", text, cure)
    if DECIMALS[text] > MOST_DECIMALS:
        raise Invalid("currency", "one with at most two decimals", text, "Amounts with three cannot be held exactly.")
    return text
