"""Trading days of an outlet: the present one, a month of them, one by one."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.figures import rules, store, sums
from powerepos_cloud.partnerservices.figures.rules import DayFacts, DayState, Period
from powerepos_cloud.partnerservices.figures.sums import HourSum, Whole, ZFigures, ZHead
from powerepos_cloud.partnerservices.figures.variance import differs
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.outlets.trading_day import trading_date
from powerepos_cloud.partnerservices.sales.totals import ALL, HOUR, PAYMENT, TAX, WARNING

_DAYS_LOOKED_AT = 14


class Clock(msgspec.Struct, frozen=True):
    """An outlet's present: its wall clock and its trading day."""

    now: datetime
    today: date


def clock_of(outlet: Outlet, now_ms: int) -> Clock:
    """What time and trading day it is at the outlet."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(outlet.zone)).replace(tzinfo=None)
    return Clock(now, trading_date(now_ms, outlet.zone, outlet.day_start))


class Day(msgspec.Struct, frozen=True):
    """A trading day as the calendar shows it. `zs` are its Zs, training too; `whole` is of the official ones."""

    date: date
    state: DayState
    whole: Whole
    warned: int
    zs: list[ZHead]

    @property
    def open_zs(self) -> list[ZHead]:
        """Official Zs that are not finalised."""
        return [head for head in self.zs if head.is_open and not head.is_training]


class Calendar(msgspec.Struct, frozen=True):
    """A range of days, what they come to, and which need a look."""

    days: list[Day]
    whole: Whole
    currencies: list[str]

    @property
    def traded(self) -> int:
        """On how many days there were sales."""
        return sum(day.whole.count > 0 for day in self.days)

    @property
    def best(self) -> int:
        """The net sales of the best day."""
        return max((day.whole.net for day in self.days), default=0)


async def calendar(session: Session, kapow: str, outlet: Outlet, span: Period, today: date, currency: str) -> Calendar:
    """The days of a range, with their states."""
    begin = rules.looked_back(span.first)
    found = await store.zs(session, kapow, outlet.id, begin, span.last, (ALL, WARNING, *_compared))
    counted = sums.official(found, currency)
    all_official = [one for one in found if not one.head.is_training]
    traded = frozenset(one.head.day for one in all_official)
    official_of = sums.grouped(counted, lambda head: head.day)
    every_of = sums.grouped(found, lambda head: head.day)
    states_of = sums.grouped(all_official, lambda head: head.day)
    days = [
        Day(
            day,
            rules.day_state(day, today, _facts(states_of.get(day, [])), is_usual=rules.is_usual(day, traded)),
            sums.whole(official_of.get(day, [])),
            sums.warnings(states_of.get(day, [])).get("", 0),
            [one.head for one in every_of.get(day, [])],
        )
        for day in span.dates()
    ]
    within = [one for one in counted if one.head.day in span]
    return Calendar(days, sums.whole(within), sums.currencies(one for one in found if one.head.day in span))


_compared = (PAYMENT, TAX)
"""Kinds of totals that control totals are compared with."""


def _facts(zs: Sequence[ZFigures]) -> DayFacts:
    return DayFacts(
        zs=len(zs),
        open_zs=sum(one.head.is_open for one in zs),
        late_zs=sum(one.head.seq > 1 for one in zs),
        differing_zs=sum(differs(one) for one in zs),
        warned=sums.warnings(zs).get("", 0),
    )


async def needing_a_look(session: Session, kapow: str, outlet: Outlet, clock: Clock) -> list[Day]:
    """Of the last two weeks: days without sales that should have some, with open Zs overdue, or with totals that differ."""
    span = Period(clock.today - timedelta(days=_DAYS_LOOKED_AT), clock.today - timedelta(days=1))
    found = await calendar(session, kapow, outlet, span, clock.today, outlet.currency)
    return [day for day in found.days if _needs_look(day, clock.today)]


def _needs_look(day: Day, today: date) -> bool:
    if day.state in (DayState.MISSING, DayState.DIFFERS):
        return True
    return bool(day.open_zs) and rules.is_overdue(day.date, today)


class Today(msgspec.Struct, frozen=True):
    """The present trading day against the same weekday of the week before."""

    clock: Clock
    whole: Whole
    before: Whole
    hours: dict[int, HourSum]
    hours_before: dict[int, HourSum]
    full_hours: list[int]
    open_zs: list[ZHead]
    currencies: list[str]

    @property
    def net_full(self) -> int:
        """Net sales of the hours that are over."""
        return sum(self.hours[hour].net for hour in self.full_hours if hour in self.hours)

    @property
    def net_full_before(self) -> int:
        """Net sales of the same hours a week ago."""
        return sum(self.hours_before[hour].net for hour in self.full_hours if hour in self.hours_before)

    @property
    def count_full(self) -> int:
        """Sales of the hours that are over."""
        return sum(self.hours[hour].count for hour in self.full_hours if hour in self.hours)

    @property
    def count_full_before(self) -> int:
        """Sales of the same hours a week ago."""
        return sum(self.hours_before[hour].count for hour in self.full_hours if hour in self.hours_before)


async def today(session: Session, kapow: str, outlet: Outlet, now_ms: int, currency: str) -> Today:
    """The outlet's present trading day."""
    clock = clock_of(outlet, now_ms)
    week_ago = clock.today - timedelta(weeks=1)
    now = await store.zs(session, kapow, outlet.id, clock.today, clock.today, (ALL, HOUR))
    then = sums.official(await store.zs(session, kapow, outlet.id, week_ago, week_ago, (ALL, HOUR)), currency)
    counted = sums.official(now, currency)
    return Today(
        clock,
        sums.whole(counted),
        sums.whole(then),
        sums.by_hour(counted),
        sums.by_hour(then),
        rules.full_hours(outlet.day_start, clock.now.hour),
        [one.head for one in now if one.head.is_open and not one.head.is_training],
        sums.currencies(now),
    )
