"""Outlet-local times and the zone that came with them: what it would have meant, and what the outlet's clock says of it."""

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from powerepos.contract.codes import Codes

from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.wire import local_datetime


def settle_zones(findings: Findings, zone: str) -> None:
    """Keep a warning of a zone that came with a time only where it is not the outlet's; it then names the instant meant."""
    if not findings.warnings or not any(one.code == Codes.DATE_ZONE for one in findings.warnings):
        return
    found, findings.warnings = findings.warnings, []
    for one in found:
        read = local_datetime(str(one.actual)) if one.code == Codes.DATE_ZONE else None
        if read is None or read.offset_minutes is None:
            findings.warnings.append(one)
            continue
        known = offsets(read.text, zone)
        if timedelta(minutes=read.offset_minutes) not in known:
            told = f"{one.message} This one is {_instant(read.text, known[0])}."
            findings.warnings.append(one._replace(message=told))


def offsets(text: str, zone: str) -> tuple[timedelta, timedelta]:
    """The zone's offsets from UTC at a local time, by its first and its second reading (PEP 495): equal but for a switch."""
    return _offsets_in_quarter(f"{text[:14]}{int(text[14:16]) // 15 * 15:02d}", zone)


@lru_cache(maxsize=8192)
def _offsets_in_quarter(quarter: str, zone: str) -> tuple[timedelta, timedelta]:
    # Clocks are switched on the quarter of an hour everywhere, so the sales of a day ask for few of them.
    local = datetime.fromisoformat(quarter).replace(tzinfo=ZoneInfo(zone))
    first, second = local.utcoffset(), local.replace(fold=1).utcoffset()
    assert first is not None
    assert second is not None
    return first, second


def _instant(text: str, offset: timedelta) -> str:
    """The instant of a local time with this offset, in UTC."""
    try:
        return f"{(datetime.fromisoformat(text) - offset).isoformat(timespec='milliseconds')}Z"
    except OverflowError:  # within hours of the first or last representable time
        return f"{text} there"
