"""`/reports`: a range of trading days against the range before, six ways; each as CSV, too."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.figures import health, rules, store, sums
from powerepos_cloud.partnerservices.figures.rules import Period
from powerepos_cloud.partnerservices.figures.sums import ZFigures
from powerepos_cloud.partnerservices.outlets.trading_day import begin_of
from powerepos_cloud.partnerservices.sales.totals import ADJUSTMENT, ALL, HOUR, PAYMENT, TAX
from powerepos_cloud.webui import sheets
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.charts import days_chart, heat_map
from powerepos_cloud.webui.figures import short_day
from powerepos_cloud.webui.frame import Frame
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup
from powerepos_cloud.webui.pages.trading import report_sheets
from powerepos_cloud.webui.pages.trading.base import (
    EVERYBODY,
    EXPORTS,
    ROLES,
    Place,
    Trading,
    company_of,
    name_of,
    other_currencies,
)

_KINDS = {
    "summary": (ALL, HOUR, PAYMENT),
    "terminals": (ALL,),
    "payments": (ALL, PAYMENT),
    "taxes": (ALL, TAX),
    "refunds": (ALL, ADJUSTMENT),
    "health": (ALL,),
}
_LABELS = (
    ("summary", "Summary"), ("terminals", "Terminals"), ("payments", "Payments"), ("taxes", "Taxes"),
    ("refunds", "Discounts and refunds"), ("health", "Integration health"),
)  # fmt: skip
_DEFAULT_DAYS = 14
Facts = dict[str, Any]


class _Pages(Trading):
    async def show(self, ask: Ask) -> Response[bytes]:
        """The report that `?report=` names."""
        place = await self.place(ask)
        if place is None:
            return self.frame.show(ask, "trading/no_outlets.html")
        which, span = _which(ask), _span(ask, place)
        facts = await self._facts(place, which, span, ask.now_ms)
        query = place.query(**{"from": span.first.isoformat(), "to": span.last.isoformat()})
        return self.frame.show(
            ask,
            f"trading/report_{which}.html",
            place=place,
            which=which,
            span=span,
            tabs=[(label, f"/reports{query}&report={name}", name == which) for name, label in _LABELS],
            query=f"{query}&report={which}",
            outlet_tabs=place.tabs("/reports", report=which, **{"from": span.first.isoformat(), "to": span.last.isoformat()}),
            define=self.definitions,
            name_of=name_of,
            company_of=company_of,
            **facts,
        )

    async def sheet(self, ask: Ask) -> Response[bytes]:
        """The same as CSV."""
        place = await self.place(ask)
        if place is None:
            return self.frame.show(ask, "trading/no_outlets.html")
        which, span = _which(ask), _span(ask, place)
        facts = await self._facts(place, which, span, ask.now_ms)
        head, rows = report_sheets.MAKERS[which](facts, place.currency)
        return sheets.answer(f"{place.outlet.name} {which} {span.first} to {span.last}.csv", head, rows)

    async def _facts(self, place: Place, which: str, span: Period, now_ms: int) -> Facts:
        found = await place.database.read_long(lambda session: _read(session, place, which, span, now_ms))
        found["people"] = await self.people(found["clients"])
        found["others"] = other_currencies(found["currencies"], place)
        return found


def _which(ask: Ask) -> str:
    wanted = ask.query("report", "summary")
    return wanted if wanted in _KINDS else "summary"


def _span(ask: Ask, place: Place) -> Period:
    yesterday = place.clock.today - timedelta(days=1)
    return rules.period(ask.query("from"), ask.query("to"), Period(yesterday - timedelta(days=_DEFAULT_DAYS - 1), yesterday))


async def _read(session: Session, place: Place, which: str, span: Period, now_ms: int) -> Facts:
    every = await store.zs(session, place.kapow, place.outlet.id, span.first, span.last, _KINDS[which])
    earlier = await store.zs(session, place.kapow, place.outlet.id, span.before.first, span.before.last, _KINDS[which])
    now, before = sums.official(every, place.currency), sums.official(earlier, place.currency)
    facts: Facts = {
        "whole": sums.whole(now),
        "whole_before": sums.whole(before),
        "currencies": sums.currencies(every),
        "clients": {one.head.client_id for one in every},
        "weeks": span.weeks_before,
        "began": await store.first_day(session, place.kapow, place.outlet.id),
    }
    return facts | await _READERS[which](session, place, span, now, before, now_ms)


async def _summary(
    _session: Session, place: Place, span: Period, now: list[ZFigures], before: list[ZFigures], _now_ms: int
) -> Facts:
    by_day, by_day_before = sums.by_day(now), sums.by_day(before)
    dates, dates_before = span.dates(), span.before.dates()
    nets = [by_day[one].net if one in by_day else 0 for one in dates]
    nets_before = [by_day_before[one].net if one in by_day_before else 0 for one in dates_before]
    named = (
        f"{short_day(span.first)} to {short_day(span.last)}",
        f"{short_day(span.before.first)} to {short_day(span.before.last)}",
    )
    hours = sums.by_hour(now)
    nets_by_hour, on_days = sums.weekday_hours(now)
    return {
        "chart": days_chart(dates, nets, nets_before, named),
        "by_day": [(one, by_day.get(one)) for one in dates],
        "heat": heat_map(rules.shown_hours(place.outlet.day_start, list(hours)), nets_by_hour, on_days),
        "payments": sums.payments(now),
    }


async def _terminals(
    _session: Session, _place: Place, _span: Period, now: list[ZFigures], before: list[ZFigures], _now_ms: int
) -> Facts:
    earlier = {key: sums.whole(some) for key, some in sums.grouped(before, lambda z: (z.terminal_key, z.client_id)).items()}
    rows = [
        (
            some[-1].head.terminal_name,
            key[1],
            some[-1].head.client_name,
            sums.whole(some),
            earlier.get(key),
            max((one.head.received_at for one in some if one.head.received_at is not None), default=None),
        )
        for key, some in sums.grouped(now, lambda z: (z.terminal_key, z.client_id)).items()
    ]
    return {"rows": sorted(rows, key=lambda row: -row[3].net)}


async def _payments(
    _session: Session, _place: Place, _span: Period, now: list[ZFigures], before: list[ZFigures], _now_ms: int
) -> Facts:
    earlier = {label.casefold(): paid for label, paid in sums.payments(before)}
    return {"rows": [(label, paid, earlier.get(label.casefold())) for label, paid in sums.payments(now)]}


async def _taxes(
    _session: Session, _place: Place, _span: Period, now: list[ZFigures], before: list[ZFigures], _now_ms: int
) -> Facts:
    earlier = dict(sums.taxes(before))
    return {"rows": [(name, one, earlier.get(name)) for name, one in sums.taxes(now)]}


async def _refunds(
    _session: Session, _place: Place, _span: Period, now: list[ZFigures], before: list[ZFigures], _now_ms: int
) -> Facts:
    earlier = {(label.casefold(), one.amount > 0): one for label, one in sums.adjustments(before)}
    rows = [(label, one, earlier.get((label.casefold(), one.amount > 0))) for label, one in sums.adjustments(now)]
    return {"rows": rows}


async def _health(
    session: Session, place: Place, span: Period, now: list[ZFigures], _before: list[ZFigures], now_ms: int
) -> Facts:
    outlet, today = place.outlet, place.clock.today
    reaching = await store.zs(session, place.kapow, outlet.id, rules.looked_back(span.first), span.last, ())
    traded = frozenset(one.head.day for one in reaching if not one.head.is_training)
    clients = sorted({one.head.client_id for one in reaching})
    since, until = (begin_of(edge, outlet.zone, outlet.day_start) for edge in (span.first, span.last + timedelta(days=1)))
    found = await health.rejections(session, place.kapow, outlet.id, clients, since, until)
    heads = [one.head for one in reaching if one.head.day in span and not one.head.is_training]
    return {
        "clients": set(clients),
        "missing": health.missing_days(traded, span, today),
        "overdue": [head for head in heads if head.is_open and rules.is_overdue(head.day, today)],
        "late": [head for head in heads if head.seq > 1],
        "rejected": found.rejected,
        "stored": found.stored,
        "log_begins": max(since, now_ms - 30 * health.DAY_MS),
        "is_cut": since < now_ms - 30 * health.DAY_MS,
        "traded": len({one.head.day for one in now}),
    }


_READERS: dict[str, Callable[[Session, Place, Period, list[ZFigures], list[ZFigures], int], Awaitable[Facts]]] = {
    "summary": _summary, "terminals": _terminals, "payments": _payments, "taxes": _taxes, "refunds": _refunds, "health": _health,
}  # fmt: skip


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [frame.get("/reports", EVERYBODY)(pages.show), frame.get("/reports.csv", EXPORTS)(pages.sheet)]


GROUP = PageGroup(_build, (Link(ORGANISATION, "Trading", "Reports", "/reports", "bars", ROLES, 40),))
