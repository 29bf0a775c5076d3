"""Every figure that pages show equals a recount from the sales: refunds, replacements, late and training Zs, three zones."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.figures import days, health, rules, store, sums
from powerepos_cloud.partnerservices.figures.rules import DayState, Period
from powerepos_cloud.partnerservices.figures.sums import Whole
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.sales.totals import MEASURES
from tests.partnerservices.figures.conftest import Merchant
from tests.partnerservices.figures.ledger import Entry, by, total
from tests.partnerservices.figures.trade import DAYS, NOW_MS, today_of
from tests.resourceserver.authserver import KAPOW


def fine(number: int) -> Decimal:
    return Decimal(number) / 10**7


def money(number: int) -> Decimal:
    return Decimal(number) / 100


def same_whole(whole: Whole, entries: list[Entry]) -> None:
    """All measures of a whole against sales one by one."""
    payments = [payment for one in entries for payment in one.sale.payments]
    adjusted = [one.amount for entry in entries for one in entry.adjustments]
    assert whole.count == len(entries)
    assert whole.refund_count == sum(one.gross < 0 for one in entries)
    assert fine(whole.gross) == total(entries, lambda one: one.gross)
    assert fine(whole.net) == total(entries, lambda one: one.net)
    assert fine(whole.tax) == total(entries, lambda one: one.tax)
    assert fine(whole.refunds) == total([one for one in entries if one.gross < 0], lambda one: one.gross)
    assert money(whole.tips) == money(sum(one.tip for one in payments))
    assert money(whole.rounded) == money(sum(one.rounded for one in payments))
    assert money(whole.collected) == total(entries, lambda one: one.collected())
    assert money(whole.cash) == total(entries, lambda one: one.collected(lambda payment: payment.affects_cid))
    assert whole.discounts == sum(amount for amount in adjusted if amount < 0)
    assert whole.surcharges == sum(amount for amount in adjusted if amount > 0)


def span_of(outlet: Outlet) -> Period:
    today = today_of(outlet)
    return Period(today - timedelta(days=DAYS), today)


async def test_days_outlets_and_currencies_are_the_sum_of_their_sales(merchant: Merchant) -> None:
    for outlet in merchant.outlets:
        span = span_of(outlet)
        found = await merchant.database.read_long(
            lambda session, o=outlet, s=span: store.zs(session, KAPOW, o.id, s.first, s.last, tuple(MEASURES))  # type: ignore[misc]
        )
        assert sums.currencies(found) == sorted({outlet.currency, "USD"})
        for currency in (outlet.currency, "USD"):
            official = sums.official(found, currency)
            entries = merchant.ledger.of(KAPOW, outlet.id, currency, *span.dates())
            same_whole(sums.whole(official), entries)
            by_day = by(entries, lambda one: one.day)
            assert sums.by_day(official).keys() == by_day.keys()
            for day, whole in sums.by_day(official).items():
                same_whole(whole, by_day[day])
            same_splits(official, entries)


def same_splits(official: list[sums.ZFigures], entries: list[Entry]) -> None:
    """Hours, payment types, taxes, adjustments, terminals, weekdays."""
    hours = by(entries, lambda one: int(one.closed_at[11:13]))
    assert {hour: (one.count, fine(one.net)) for hour, one in sums.by_hour(official).items()} == {
        hour: (len(some), total(some, lambda one: one.net)) for hour, some in hours.items()
    }
    for label, paid in sums.payments(official):
        mine = [
            (entry, payment)
            for entry in entries
            for payment in entry.sale.payments
            if compare_key(payment.type_name) == compare_key(label)
        ]
        assert paid.count == len(mine)
        assert paid.purchase == sum(payment.purchase for _, payment in mine)
        assert money(paid.collected) == sum(
            (entry.collected(lambda each, this=payment: each is this) for entry, payment in mine), Decimal(0)
        )
        assert money(paid.refunded) == sum(
            (entry.collected(lambda each, this=payment: each is this) for entry, payment in mine if payment.purchase < 0),
            Decimal(0),
        )
    assert sum(one.collected for _, one in sums.payments(official)) == sums.whole(official).collected
    taxes = sums.taxes(official)
    assert fine(sum(one.tax for _, one in taxes)) == total(entries, lambda one: one.tax)
    untaxed = [item for one in entries for item in one.sale.items if not any((*item.inc, *item.ex, *item.taxable))]
    exempt = [one for name, one in taxes if name.is_exempt]
    assert sum(one.lines for one in exempt) == len(untaxed)
    assert sum(one.taxable for one in exempt) == sum(item.amount for item in untaxed) * 10**5
    zero = [one for name, one in taxes if name.is_zero]
    assert fine(sum(one.taxable for one in zero)) == fine(sum(item.taxable[2] for one in entries for item in one.sale.items))
    adjusted = [one for entry in entries for one in entry.adjustments]
    assert sum(one.count for _, one in sums.adjustments(official)) == len(adjusted)
    terminals = sums.grouped(official, lambda head: (head.terminal_name, head.client_id))
    sold = by(entries, lambda one: (one.terminal, one.client_id))
    assert {key: sums.whole(some).count for key, some in terminals.items()} == {key: len(some) for key, some in sold.items()}
    heat, on_days = sums.weekday_hours(official)
    cells = by(entries, lambda one: (one.day.weekday(), int(one.closed_at[11:13])))
    assert {key: fine(net) for key, net in heat.items()} == {key: total(some, lambda one: one.net) for key, some in cells.items()}
    assert on_days == {
        weekday: len({one.day for one in some}) for weekday, some in by(entries, lambda one: one.day.weekday()).items()
    }


async def test_today_is_compared_with_the_same_weekday_in_full_hours(merchant: Merchant) -> None:
    for outlet in merchant.outlets:
        found = await merchant.database.read(
            lambda session, o=outlet: days.today(session, KAPOW, o, NOW_MS, o.currency)  # type: ignore[misc]
        )
        assert found.clock.today == today_of(outlet)
        week_ago = found.clock.today - timedelta(weeks=1)
        now = merchant.ledger.of(KAPOW, outlet.id, outlet.currency, found.clock.today)
        then = merchant.ledger.of(KAPOW, outlet.id, outlet.currency, week_ago)
        same_whole(found.whole, now)
        same_whole(found.before, then)
        until = found.clock.now.replace(minute=0, second=0)

        def in_full(entries: list[Entry], back: int, until: Any = until) -> Decimal:
            limit = (until - timedelta(days=back)).strftime("%Y-%m-%d %H:%M:%S")
            return total([one for one in entries if one.closed_at < limit], lambda one: one.net)

        assert fine(found.net_full) == in_full(now, 0)
        assert fine(found.net_full_before) == in_full(then, 7)


async def test_the_calendar_tells_each_days_state(merchant: Merchant) -> None:
    outlet = merchant.outlets[1]
    today = today_of(outlet)
    span = Period(today - timedelta(days=7), today + timedelta(days=1))
    found = await merchant.database.read(lambda session: days.calendar(session, KAPOW, outlet, span, today, outlet.currency))
    states = {(today - day.date).days: day.state for day in found.days}
    assert states[-1] is DayState.AHEAD
    assert states[0] is DayState.TRADING
    assert states[1] is DayState.OPEN
    assert states[3] is DayState.MISSING
    for ago in (1, 2, 4, 5, 6, 7):
        assert states[ago] in (DayState.OPEN, DayState.LATE), "the second till's Z is never finalised"
    for day in found.days:
        same_whole(day.whole, merchant.ledger.of(KAPOW, outlet.id, outlet.currency, day.date))
        every = [one for one in merchant.ledger.entries if (one.outlet_id, one.day, one.training) == (outlet.id, day.date, False)]
        assert day.warned == sum(one.warned for one in every)
    same_whole(found.whole, merchant.ledger.of(KAPOW, outlet.id, outlet.currency, *span.dates()))
    clock = days.clock_of(outlet, NOW_MS)
    needing = await merchant.database.read(lambda session: days.needing_a_look(session, KAPOW, outlet, clock))
    assert today - timedelta(days=3) in {day.date for day in needing}
    assert today - timedelta(days=1) not in {day.date for day in needing}, "its integration has a day to finalise"


async def test_the_strip_tells_who_sent_last_and_what_is_open(merchant: Merchant) -> None:
    outlet = merchant.outlets[0]

    async def unit(session: Session) -> list[health.Strip]:
        return await health.strips(session, KAPOW, outlet.id, today_of(outlet), NOW_MS)

    found = {one.client_id: one for one in await merchant.database.read(unit)}
    assert found.keys() == {"clientone", "clienttwo"}
    assert found["clienttwo"].last_at == NOW_MS
    assert len(found["clienttwo"].open_zs) == DAYS + 1
    assert found["clienttwo"].overdue == DAYS - 1


@pytest.mark.parametrize(("length", "weeks"), [(1, 1), (7, 1), (8, 2), (19, 3), (28, 4), (31, 5)])
def test_the_range_before_has_the_same_weekdays_and_does_not_overlap(length: int, weeks: int) -> None:
    span = Period(date(2026, 3, 4), date(2026, 3, 4) + timedelta(days=length - 1))
    assert span.weeks_before == weeks
    assert span.before.last < span.first
    assert [day.weekday() for day in span.before.dates()] == [day.weekday() for day in span.dates()]


def test_hours_go_from_the_days_start_round_the_clock() -> None:
    assert rules.hours_of_day("04:00")[:2] == [4, 5]
    assert rules.full_hours("04:00", 2) == [*range(4, 24), 0, 1]
    assert rules.full_hours("04:00", 4) == []
    assert rules.shown_hours("04:00", [9, 1], [12]) == [*range(9, 24), 0, 1]
