"""Ranges of trading days, what they are compared with, and in what state a day is."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from powerepos_cloud.foundation.refusals import Invalid

MOST_DAYS = 366
SEARCH_DAYS = 92
OVERDUE_DAYS = 2
"""An open Z is overdue, and a merchant may finalise it, when its trading day lies this many days back: one has passed whole."""
_WEEKS_LOOKED_BACK = 4


class Period(msgspec.Struct, frozen=True):
    """Trading days from `first` to `last`, both in it."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def weeks_before(self) -> int:
        """How many whole weeks back it is compared with: the least that do not overlap, so that weekdays meet."""
        return -(-self.days // 7)

    @property
    def before(self) -> "Period":
        """The range that it is compared with."""
        shift = timedelta(weeks=self.weeks_before)
        return Period(self.first - shift, self.last - shift)

    def dates(self) -> list[date]:
        """Its days in order."""
        return [self.first + timedelta(days=n) for n in range(self.days)]

    def __contains__(self, day: date) -> bool:
        """Whether the day is in it."""
        return self.first <= day <= self.last


def period(first: str, last: str, default: Period, most: int = MOST_DAYS) -> Period:
    """The range that somebody asked for, `default` where a side is empty. Raises `Invalid`."""
    start, end = _day("from", first, default.first), _day("to", last, default.last)
    if start > end:
        raise Invalid("from", f"a day not after {end}", str(start))
    if (end - start).days >= most:
        raise Invalid("to", f"at most {most} days after the first", str(end), f"Take {start + timedelta(days=most - 1)}.")
    return Period(start, end)


def month_of(text: str, today: date) -> Period:
    """A month, `yyyy-MM`; the present one if empty. Raises `Invalid`."""
    first = _day("month", f"{text}-01" if text else "", today).replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def _day(field: str, text: str, default: date) -> date:
    if not text:
        return default
    try:
        if len(text) != 10:
            raise ValueError
        found = date.fromisoformat(text)
    except ValueError:
        raise Invalid(field, "a day such as 2026-11-24", text) from None
    if not 2000 <= found.year <= 2100:
        raise Invalid(field, "a day between 2000 and 2100", text)
    return found


class DayState(StrEnum):
    """What a look at a trading day tells first."""

    AHEAD = "ahead"
    TRADING = "trading"
    MISSING = "missing"
    QUIET = "quiet"  # without sales, as usual
    DIFFERS = "differs"
    OPEN = "open"
    LATE = "late"
    WARNINGS = "warnings"
    COMPLETE = "complete"


class DayFacts(msgspec.Struct, frozen=True):
    """What a day's state is decided by: official Zs only."""

    zs: int
    open_zs: int
    late_zs: int
    differing_zs: int
    warned: int


def day_state(day: date, today: date, facts: DayFacts, *, is_usual: bool) -> DayState:
    """The state of a trading day, the gravest thing first."""
    if day > today:
        return DayState.AHEAD
    if day == today:
        return DayState.TRADING
    if not facts.zs:
        return DayState.MISSING if is_usual else DayState.QUIET
    for number, state in (
        (facts.differing_zs, DayState.DIFFERS),
        (facts.open_zs, DayState.OPEN),
        (facts.late_zs, DayState.LATE),
        (facts.warned, DayState.WARNINGS),
    ):
        if number:
            return state
    return DayState.COMPLETE


def looked_back(first: date) -> date:
    """The day from which on sales must be known to tell whether a day from `first` on is usual."""
    return first - timedelta(weeks=_WEEKS_LOOKED_BACK)


def is_usual(day: date, traded: frozenset[date]) -> bool:
    """Whether at least half of the four same weekdays before had sales; those before the first sales ever do not count."""
    begin = min(traded, default=day)
    same = [one for n in range(1, _WEEKS_LOOKED_BACK + 1) if (one := day - timedelta(weeks=n)) >= begin]
    return bool(same) and 2 * sum(one in traded for one in same) >= len(same)


def is_overdue(trading_date: date, today: date) -> bool:
    """Whether an open Z of this day should have been finalised."""
    return (today - trading_date).days >= OVERDUE_DAYS


def hours_of_day(day_start: str) -> list[int]:
    """The hours of a trading day in its order, from the one in which it begins."""
    start = int(day_start[:2])
    return [(start + n) % 24 for n in range(24)]


def full_hours(day_start: str, hour_now: int) -> list[int]:
    """The hours of the present trading day that are over."""
    hours = hours_of_day(day_start)
    return hours[: hours.index(hour_now)]


def shown_hours(day_start: str, *used: Sequence[int]) -> list[int]:
    """The hours to draw: from the first with sales to the last, in the trading day's order."""
    hours = hours_of_day(day_start)
    places = [hours.index(hour) for one in used for hour in one]
    return hours[min(places) : max(places) + 1] if places else []
