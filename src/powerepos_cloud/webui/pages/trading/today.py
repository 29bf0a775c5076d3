"""`/today`: what came in so far, against the same weekday, and whether everything is arriving."""

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.figures import days, health, rules
from powerepos_cloud.partnerservices.figures.days import Day, Today
from powerepos_cloud.partnerservices.figures.health import Strip
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.webui import sheets
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.charts import HoursChart, beat, hours_chart
from powerepos_cloud.webui.figures import short_day
from powerepos_cloud.webui.frame import Frame
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup
from powerepos_cloud.webui.pages.trading.base import EVERYBODY, EXPORTS, ROLES, Place, Trading, other_currencies

_MOST_OUTLETS = 12


class Beside(msgspec.Struct, frozen=True):
    """An outlet in the table of all of them."""

    outlet: Outlet
    today: Today


class _Pages(Trading):
    async def show(self, ask: Ask) -> Response[bytes]:
        """The page."""
        place = await self.place(ask)
        if place is None:
            return self.frame.show(ask, "trading/no_outlets.html")
        facts = await place.database.read_long(lambda session: _read(session, place, ask.now_ms))
        strips: list[Strip] = facts["strips"]
        people = await self.people({strip.client_id for strip in strips})
        return self.frame.show(
            ask,
            "trading/today.html",
            place=place,
            define=self.definitions,
            people=people,
            chart=_chart(place, facts["today"]),
            beats=[beat(strip.beats, strip.missed) for strip in strips],
            week_ago=_week_ago(facts["today"]),
            others=other_currencies(facts["today"].currencies, place),
            needing_words=_needing(facts["needing"]),
            **facts,
        )

    async def sheet(self, ask: Ask) -> Response[bytes]:
        """The hours as CSV."""
        place = await self.place(ask)
        if place is None:
            return self.frame.show(ask, "trading/no_outlets.html")
        found = await place.database.read_long(
            lambda session: days.today(session, place.kapow, place.outlet, ask.now_ms, place.currency)
        )
        rows = [
            (f"{hour:02d}:00", place.currency, sheets.fine(now), sheets.fine(before), state)
            for hour, now, before, state in _chart(place, found).rows
        ]
        head = ("Hour from", "Currency", f"Net sales {found.clock.today}", f"Net sales {_week_ago_date(found)}", "State")
        return sheets.answer(f"{place.outlet.name} {found.clock.today} hours.csv", head, rows)


async def _read(session: Session, place: Place, now_ms: int) -> dict[str, Any]:
    """Everything of the page, of one moment."""
    today = await days.today(session, place.kapow, place.outlet, now_ms, place.currency)
    beside = [
        Beside(one, await days.today(session, place.kapow, one, now_ms, one.currency)) for one in place.outlets[:_MOST_OUTLETS]
    ]
    needing = []
    for one in place.outlets[:_MOST_OUTLETS]:
        clock = days.clock_of(one, now_ms)
        needing += [(one, found) for found in await days.needing_a_look(session, place.kapow, one, clock)]
    strips = await health.strips(session, place.kapow, place.outlet.id, place.clock.today, now_ms)
    return {"today": today, "beside": beside, "needing": needing, "strips": strips}


def _chart(place: Place, today: Today) -> HoursChart:
    now = {hour: one.net for hour, one in today.hours.items()}
    before = {hour: one.net for hour, one in today.hours_before.items()}
    hours = rules.shown_hours(place.outlet.day_start, list(now), list(before), [today.clock.now.hour] if now else [])
    named = (short_day(today.clock.today), f"last {today.clock.today:%A}")
    return hours_chart(hours, now, before, today.full_hours, today.clock.now.hour, named)


def _week_ago(today: Today) -> str:
    return f"last {today.clock.today:%A}"


def _week_ago_date(today: Today) -> str:
    return (today.clock.today - timedelta(weeks=1)).isoformat()


_WORDS = {
    rules.DayState.MISSING: "no sales arrived",
    rules.DayState.DIFFERS: "totals differ from the partner’s",
}


def _needing(needing: list[tuple[Outlet, Day]]) -> list[tuple[Outlet, Day, str]]:
    return [(outlet, one, _WORDS.get(one.state, "a Z is still open")) for outlet, one in needing]


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [frame.get("/today", EVERYBODY)(pages.show), frame.get("/today.csv", EXPORTS)(pages.sheet)]


GROUP = PageGroup(_build, (Link(ORGANISATION, "Trading", "Today", "/today", "home", ROLES, 10),))
