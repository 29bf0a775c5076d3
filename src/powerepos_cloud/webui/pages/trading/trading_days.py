"""`/trading-days`: a month as a calendar, one day, one Z report, and the merchant's own finalising."""

from datetime import date, timedelta
from typing import Any

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.figures import days, deeds, rules, store, sums, zview
from powerepos_cloud.partnerservices.figures.days import Calendar
from powerepos_cloud.partnerservices.figures.rules import Period
from powerepos_cloud.partnerservices.figures.zview import SALES_A_PAGE, ZView
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.sales.totals import MEASURES, rounded_money
from powerepos_cloud.webui import sheets
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.frame import Frame
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup
from powerepos_cloud.webui.pages.trading.base import (
    DEEDS,
    EVERYBODY,
    EXPORTS,
    ROLES,
    Place,
    Trading,
    name_of,
    other_currencies,
)
from powerepos_cloud.webui.pages.trading.z_sheet import HEAD, z_rows

_MOST_PAGES = 10_000


class _Pages(Trading):
    async def calendar(self, ask: Ask) -> Response[bytes]:
        """A month."""
        place = await self.place(ask)
        if place is None:
            return self.frame.show(ask, "trading/no_outlets.html")
        month = rules.month_of(ask.query("month"), place.clock.today)
        found = await _calendar(place, month)
        return self.frame.show(
            ask,
            "trading/calendar.html",
            place=place,
            month=month,
            found=found,
            before=month.first - timedelta(days=1),
            after=month.last + timedelta(days=1),
            others=other_currencies(found.currencies, place),
            define=self.definitions,
        )

    async def calendar_sheet(self, ask: Ask) -> Response[bytes]:
        """A month as CSV."""
        place = await self.place(ask)
        if place is None:
            return self.frame.show(ask, "trading/no_outlets.html")
        month = rules.month_of(ask.query("month"), place.clock.today)
        found = await _calendar(place, month)
        head = ("Trading day", "State", "Currency", "Sales", "Gross", "Tax", "Net sales", "Tips", "Collected", "Warnings")
        rows = [
            (
                one.date.isoformat(), one.state.value, place.currency, one.whole.count, sheets.fine(one.whole.gross),
                sheets.fine(one.whole.tax), sheets.fine(one.whole.net), sheets.money(one.whole.tips),
                sheets.money(one.whole.collected), one.warned,
            )
            for one in found.days
            if one.date <= place.clock.today
        ]  # fmt: skip
        return sheets.answer(f"{place.outlet.name} {month.first:%Y-%m}.csv", head, rows)

    async def day(self, ask: Ask) -> Response[bytes]:
        """One day with its Zs and sums."""
        place = await self.place(ask)
        if place is None:
            return self.frame.show(ask, "trading/no_outlets.html")
        of = _date(ask)
        facts = await place.database.read_long(lambda session: _day(session, place, of))
        people = await self.people({one.head.client_id for one in facts["zs"]})
        return self.frame.show(
            ask,
            "trading/day.html",
            place=place,
            people=people,
            name_of=name_of,
            before=of - timedelta(days=1),
            after=of + timedelta(days=1),
            others=other_currencies(facts["currencies"], place),
            define=self.definitions,
            **facts,
        )

    async def z(self, ask: Ask) -> Response[bytes]:
        """One Z report."""
        database = await self.frame.backroom.partnerservices(ask.viewer.organisation)
        page, paper = _page(ask), ask.query("paper")
        facts = await database.read_long(lambda session: _z(session, ask, page))
        view: ZView = facts["view"]
        people = await self.people({view.z.head.client_id})
        head = view.z.head
        return self.frame.show(
            ask,
            "trading/z.html",
            who=name_of(people, head.client_id, head.client_name),
            paper=paper,
            page=page,
            a_page=SALES_A_PAGE,
            define=self.definitions,
            **facts,
        )

    async def z_sheet(self, ask: Ask) -> Response[bytes]:
        """One Z report as CSV."""
        database = await self.frame.backroom.partnerservices(ask.viewer.organisation)
        kapow = ask.viewer.organisation.kapow
        z = await database.read_long(lambda session: store.z(session, kapow, ask.value("z_id")))
        return sheets.answer(f"Z {z.head.counter} {z.head.terminal_name} {z.head.trading_date}.csv", HEAD, z_rows(z))

    async def finalise(self, ask: Ask) -> Response[bytes]:
        """Close an open Z older than a day."""
        kapow, z_id = ask.viewer.organisation.kapow, ask.value("z_id")
        database = await self.frame.backroom.partnerservices(ask.viewer.organisation)
        await ask.claim(self.frame.backroom.directory, leads_to=f"/z-reports/{z_id}")
        await database.write(lambda session: deeds.finalise(session, kapow, z_id, ask.now_ms, ask.actor, ask.viewer.name))
        return self.frame.go(ask, f"/z-reports/{z_id}", "The Z is finalised. Its integration is told so in its changes.")


async def _calendar(place: Place, month: Period) -> Calendar:
    return await place.database.read_long(
        lambda session: days.calendar(session, place.kapow, place.outlet, month, place.clock.today, place.currency)
    )


def _date(ask: Ask) -> date:
    text = ask.value("day")
    only = Period(date.min, date.max)
    return rules.period(text, text, only).first


def _page(ask: Ask) -> int:
    text = ask.query("page", "1")
    return min(_MOST_PAGES, int(text)) - 1 if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else 0


async def _day(session: Session, place: Place, of: date) -> dict[str, Any]:
    zs = await store.zs(session, place.kapow, place.outlet.id, of, of, tuple(MEASURES))
    found = await days.calendar(session, place.kapow, place.outlet, Period(of, of), place.clock.today, place.currency)
    official = sums.official(zs, place.currency)
    return {
        "of": of,
        "zs": zs,
        "day": found.days[0],
        "whole": sums.whole(official),
        "payments": sums.payments(official),
        "taxes": sums.taxes(official),
        "adjustments": sums.adjustments(official),
        "warnings": {code: count for code, count in sums.warnings(official).items() if code},
        "currencies": sums.currencies(zs),
        "wholes": {one.head.z_no: sums.whole([one]) for one in zs},
    }


async def _z(session: Session, ask: Ask, page: int) -> dict[str, Any]:
    kapow = ask.viewer.organisation.kapow
    view = await zview.view(session, kapow, ask.value("z_id"), ask.now_ms)
    head = view.z.head
    outlet = await outlets.get(session, kapow, head.outlet_id)
    clock = days.clock_of(outlet, ask.now_ms)
    rows = await zview.sales_of(session, kapow, head, page)
    wrong = [line for line in view.lines if not line.agrees]
    gross = next((line for line in wrong if line.label == "Gross"), None)
    return {
        "view": view,
        "head": head,
        "outlet": outlet,
        "clock": clock,
        "whole": sums.whole([view.z]),
        "payments": sums.payments([view.z]),
        "taxes": sums.taxes([view.z]),
        "adjustments": sums.adjustments([view.z]),
        "warnings": {code: count for code, count in sums.warnings([view.z]).items() if code},
        "rows": rows[:SALES_A_PAGE],
        "more": len(rows) > SALES_A_PAGE,
        "wrong": wrong,
        "gross_line": gross,
        "may_finalise": head.is_open and rules.is_overdue(head.day, clock.today) and ask.viewer.role in ("owner", "manager"),
        "is_overdue": head.is_open and rules.is_overdue(head.day, clock.today),
        "gross": rounded_money(sums.whole([view.z]).gross),
    }


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [
        frame.get("/trading-days", EVERYBODY)(pages.calendar),
        frame.get("/trading-days.csv", EXPORTS)(pages.calendar_sheet),
        frame.get("/trading-days/{day:str}", EVERYBODY)(pages.day),
        frame.get("/z-reports/{z_id:str}", EVERYBODY)(pages.z),
        frame.get("/z-reports/{z_id:str}/csv", EXPORTS)(pages.z_sheet),
        frame.post("/z-reports/{z_id:str}/finalise", DEEDS, form_at="/z-reports/{z_id}")(pages.finalise),
    ]


GROUP = PageGroup(_build, (Link(ORGANISATION, "Trading", "Trading days", "/trading-days", "calendar", ROLES, 20),))
