"""`/partner/requests`: what a partner's clients called, what came of it, and a failed batch record by record."""

from urllib.parse import urlencode

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.webui import calls
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.calls import REFUSED, REJECTED, Filter
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, partner
from powerepos_cloud.webui.navigation import PARTNER, Link, PageGroup
from powerepos_cloud.webui.pages.partner_home import ROLES

_HERE = "/partner/requests"
_ROWS = 50
_RESULTS = (("", "All"), (REJECTED, "Records rejected"), (REFUSED, "Refused"))


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    room = frame.backroom

    @frame.get(_HERE, partner(*ROLES))
    async def listing(ask: Ask) -> Response[bytes]:
        mine = await calls.own(room, ask.viewer.partner.id)
        wanted_id = ask.query("q")
        if wanted_id:
            try:
                found, _ = await calls.find(room, mine, wanted_id)
            except NotFound:
                pass
            else:
                return frame.go(ask, f"{_HERE}/{found.id}")
        chosen = {name: ask.query(name) for name in ("organisation", "client", "result")}
        chosen["result"] = chosen["result"] if chosen["result"] in (REJECTED, REFUSED) else ""
        wanted = Filter(**chosen, before=_place(ask.query("before")))
        rows = [] if wanted_id else await calls.page(room, mine, wanted, _ROWS + 1)
        ask.form = Form.of(q=wanted_id, **chosen)
        older = {**chosen, "before": f"{rows[_ROWS - 1].at}.{rows[_ROWS - 1].id}"} if len(rows) > _ROWS else {}
        return frame.show(
            ask,
            "request_log.html",
            rows=rows[:_ROWS],
            wanted_id=wanted_id,
            is_narrowed=any(chosen.values()),
            organisations=[("", "All"), *sorted({(one.organisation_code, one.organisation_code) for one in mine.connections})],
            clients=[("", "All"), *mine.names.items()],
            results=_RESULTS,
            newest=f"{_HERE}?{urlencode(chosen)}" if wanted.before else "",
            older=f"{_HERE}?{urlencode(older)}" if older else "",
        )

    @frame.get(f"{_HERE}/{{request_id:str}}", partner(*ROLES))
    async def one(ask: Ask) -> Response[bytes]:
        mine = await calls.own(room, ask.viewer.partner.id)
        call, inspected = await calls.find(room, mine, ask.value("request_id"))
        items = [] if inspected is None else inspected.items
        wanted = ask.query("item")
        selected = next((item for item in items if str(item.index) == wanted), None)
        selected = selected or next((item for item in items if item.faults), items[0] if items else None)
        return frame.show(ask, "request.html", call=call, inspected=inspected, items=items, selected=selected)

    return [listing, one]


def _place(text: str) -> tuple[int, str] | None:
    """Where the page before ended; None for what no link of ours can have said."""
    at, _, last_id = text.partition(".")
    return (int(at), last_id) if at.isascii() and at.isdigit() and len(at) < 16 and last_id else None


GROUP = PageGroup(_build, (Link(PARTNER, "Watch", "Request log", _HERE, "list", ROLES, 40),))
