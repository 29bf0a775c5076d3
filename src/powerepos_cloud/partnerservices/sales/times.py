"""The checks of a sale's times: trading day, future and past, order, summer time, zones that were sent. No HTTP, no SQL.

Everything is reckoned on the outlet's wall clock; a time is stored as it was sent, and no real sale is refused for it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from powerepos.contract.codes import Codes

from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.outlets.trading_day import trading_date_at
from powerepos_cloud.partnerservices.sales.model import Sale
from powerepos_cloud.partnerservices.zones import offsets

OLDEST_DAYS = 400
FUTURE_MINUTES = 10


class Ordinary(NamedTuple):
    """From when until before when, as text, a time raises no question: within the trading day, not in the future, not old.

    On a day on which the outlet's clock is switched there is no such time, and `check_times` looks at each.
    """

    opens: str
    closes: str

    def has(self, sale: Sale) -> bool:
        """Whether all of the sale's times are ordinary, and in order."""
        ordered, paid = [item.ordered_at for item in sale.items], [payment.paid_at for payment in sale.payments]
        times = {sale.closed_at, *ordered, *paid}
        if not (self.opens <= min(times) and max(times) < self.closes):
            return False
        return len(times) == 1 or max(ordered, default="") <= max(paid, default="") <= sale.closed_at


_NONE = Ordinary("", "")


def ordinary_times(trading_date: str, day_start: str, zone: str, local_now: datetime) -> Ordinary:
    """The times of this trading day's sales that need no closer look."""
    try:
        opens = datetime.fromisoformat(f"{trading_date} {day_start}")
        closes = opens + timedelta(days=1)
        latest = local_now + timedelta(minutes=FUTURE_MINUTES)
        oldest = local_now - timedelta(days=OLDEST_DAYS)
    except OverflowError:
        return _NONE
    if len({*offsets(_text(opens), zone), *offsets(_text(closes), zone)}) != 1:
        return _NONE
    return Ordinary(_text(max(opens, oldest)), _text(min(closes, latest)))


def _text(time: datetime) -> str:
    return time.isoformat(" ", "milliseconds")


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
        first, second = offsets(text, zone)
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
