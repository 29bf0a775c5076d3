"""`/sales`: finding sales, and one sale with every version of it."""

from datetime import timedelta
from typing import Any

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.foundation.database import Session, TookTooLong
from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.partnerservices.figures import one_sale, rules, search
from powerepos_cloud.partnerservices.figures.rules import SEARCH_DAYS, Period
from powerepos_cloud.partnerservices.figures.search import Found, Wanted
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup
from powerepos_cloud.webui.pages.trading.base import EVERYBODY, ROLES, Place, Trading, company_of, name_of

_FIELDS = ("text", "invoice", "amount", "terminal", "id", "from", "to")
_SHOWN_FIRST_DAYS = 7


class _Pages(Trading):
    async def listing(self, ask: Ask) -> Response[bytes]:
        """The form, and what was found."""
        place = await self.place(ask)
        if place is None:
            return self.frame.show(ask, "trading/no_outlets.html")
        typed = {name: ask.query(name) for name in _FIELDS}
        span = Period(place.clock.today - timedelta(days=_SHOWN_FIRST_DAYS - 1), place.clock.today)
        found: Found | None = None
        status, is_slow = 200, False
        try:
            span = rules.period(typed["from"], typed["to"], span, SEARCH_DAYS)
            what = _wanted(typed, training=ask.query("training") == "1")
            found = await self._find(place, span, what, ask.query("after"))
        except Invalid as refused:
            ask.form = Form.of(**{name: value for name, value in typed.items() if value})
            ask.form.refuse(refused)
            status = 422
        except TookTooLong:
            is_slow, status = True, 503
        form = Form.of(**(typed | {"from": span.first.isoformat(), "to": span.last.isoformat()}))
        form.faults = ask.form.faults
        ask.form = form
        keep = {name: value for name, value in typed.items() if value} | ({"training": "1"} if ask.query("training") else {})
        return self.frame.show(
            ask, "trading/sales.html", status=status, place=place, span=span, found=found, typed=typed, is_slow=is_slow,
            is_training=ask.query("training") == "1", older=place.query(**keep, after=found.after) if found else "",
            newest=place.query(**keep), is_narrowed=any(typed[name] for name in _FIELDS[:5]),
        )  # fmt: skip

    @staticmethod
    async def _find(place: Place, span: Period, what: Wanted, after: str) -> Found:
        return await place.database.read_long(
            lambda session: search.search(session, place.kapow, place.outlet.id, span, what, after)
        )

    async def sale(self, ask: Ask) -> Response[bytes]:
        """One sale."""
        database = await self.frame.backroom.partnerservices(ask.viewer.organisation)
        facts = await database.read_long(lambda session: _sale(session, ask))
        client_id = facts["view"].current.z.client_id
        people = await self.people({client_id})
        return self.frame.show(
            ask, "trading/sale.html", paper=ask.query("paper"),
            who=name_of(people, client_id, facts["view"].current.z.client_name), company=company_of(people, client_id), **facts,
        )  # fmt: skip


def _wanted(typed: dict[str, str], *, training: bool) -> Wanted:
    return search.wanted(
        invoice=typed["invoice"], sale_id=typed["id"], amount=typed["amount"], terminal=typed["terminal"], text=typed["text"],
        training=training,
    )  # fmt: skip


async def _sale(session: Session, ask: Ask) -> dict[str, Any]:
    kapow = ask.viewer.organisation.kapow
    view = await one_sale.view(session, kapow, ask.value("sale_id").lower())
    return {
        "view": view,
        "current": view.current,
        "outlet": await outlets.get(session, kapow, view.current.z.outlet_id),
        "refunds": await one_sale.refunds(session, kapow, view.id),
    }


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [frame.get("/sales", EVERYBODY)(pages.listing), frame.get("/sales/{sale_id:str}", EVERYBODY)(pages.sale)]


GROUP = PageGroup(_build, (Link(ORGANISATION, "Trading", "Sales", "/sales", "receipt", ROLES, 30),))
