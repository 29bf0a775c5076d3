"""The checks of a sale's times: trading day, future and past, order, summer time, zones that were sent. No HTTP, no SQL.

Everything is reckoned on the outlet's wall clock; a time is stored as it was sent, and no real sale is refused for it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from powerepos.contract.codes import Codes

from powerepos_cloud.partnerservices.outlets.trading_day import trading_date_at
from powerepos_cloud.partnerservices.sales.findings import Findings
from powerepos_cloud.partnerservices.sales.model import Sale
from powerepos_cloud.partnerservices.wire import local_datetime

OLDEST_DAYS = 400
FUTURE_MINUTES = 10


def check_times(sale: Sale, trading_date: str, day_start: str, zone: str, local_now: datetime, findings: Findings) -> None:
    """Checks 20, 21 and 22, and the local times that a switch to or from summer time makes doubtful."""
    closed = datetime.fromisoformat(sale.closed_at)
    day = trading_date_at(closed, day_start).isoformat()
    if day != trading_date:
        told = f"By the day start of {day_start} this was closed on the trading day {day}, not {trading_date}."
        findings.warn(Codes.DATE_TRADING_DAY, "/dateTimeClosed", told, trading_date, day)
    if closed > local_now + timedelta(minutes=FUTURE_MINUTES):
        findings.warn(Codes.DATE_FUTURE, "/dateTimeClosed", "Closed in the future.", None, sale.closed_at)
    elif closed < local_now - timedelta(days=OLDEST_DAYS):
        findings.warn(Codes.DATE_TOO_OLD, "/dateTimeClosed", f"Closed more than {OLDEST_DAYS} days ago.", None, sale.closed_at)
    _check_order(sale, findings)
    _check_switches(sale, zone, findings)


def settle_zones(findings: Findings, zone: str) -> None:
    """Keep a warning of a zone that came with a time only where it is not the outlet's; it then names the instant meant."""
    if not any(one.code == Codes.DATE_ZONE for one in findings.warnings):
        return
    found, findings.warnings = findings.warnings, []
    for one in found:
        read = local_datetime(str(one.actual)) if one.code == Codes.DATE_ZONE else None
        if read is None or read.offset_minutes is None:
            findings.warnings.append(one)
            continue
        offsets = _offsets(read.text, zone)
        if timedelta(minutes=read.offset_minutes) not in offsets:
            told = f"{one.message} This one is {_instant(read.text, offsets[0])}."
            findings.warnings.append(one._replace(message=told))


def _check_order(sale: Sale, findings: Findings) -> None:
    """Check 22: ordered, paid, closed, in this order. A time that was not sent is the closing time, and says nothing."""
    last_paid = max((payment.paid_at for payment in sale.payments), default=sale.closed_at)
    for n, item in enumerate(sale.items):
        ordered = item.ordered_at
        if ordered > sale.closed_at:
            pointer = f"/transactionItems/{n}/dateTimeOrdered"
            findings.warn(Codes.DATE_ORDER, pointer, "Ordered after the sale was closed.", sale.closed_at, ordered)
        elif ordered > last_paid and ordered != sale.closed_at:
            pointer = f"/transactionItems/{n}/dateTimeOrdered"
            findings.warn(Codes.DATE_ORDER, pointer, "Ordered after the last payment.", last_paid, ordered)
    for n, payment in enumerate(sale.payments):
        if payment.paid_at > sale.closed_at:
            pointer = f"/transactionPayments/{n}/dateTimePaid"
            findings.warn(Codes.DATE_ORDER, pointer, "Paid after the sale was closed.", sale.closed_at, payment.paid_at)


def _check_switches(sale: Sale, zone: str, findings: Findings) -> None:
    """Times that the outlet's clock showed twice (read as the first) or skipped."""
    for pointer, text in _times(sale):
        first, second = _offsets(text, zone)
        if first > second:
            told = "The outlet's clock showed this time twice; it is read as the first."
            findings.warn(Codes.DATE_LOCAL_TIME, pointer, told, None, text)
        elif first < second:
            findings.warn(Codes.DATE_LOCAL_TIME, pointer, "The outlet's clock skipped this time.", None, text)


def _times(sale: Sale) -> Iterator[tuple[str, str]]:
    """The closing time, and each time that differs from it, with its pointer."""
    yield "/dateTimeClosed", sale.closed_at
    for n, item in enumerate(sale.items):
        if item.ordered_at != sale.closed_at:
            yield f"/transactionItems/{n}/dateTimeOrdered", item.ordered_at
    for n, payment in enumerate(sale.payments):
        if payment.paid_at != sale.closed_at:
            yield f"/transactionPayments/{n}/dateTimePaid", payment.paid_at


def _offsets(text: str, zone: str) -> tuple[timedelta, timedelta]:
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
