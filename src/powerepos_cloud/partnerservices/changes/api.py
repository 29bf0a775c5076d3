"""GET /api/v1/changes: every change once, in the order of commit; the cursor is opaque and never expires."""

import asyncio
import base64
import binascii
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from powerepos.contract.codes import Codes
from powerepos.contract.permissions import Permissions
from powerepos.contract.reading import Change, ChangePage, ChangeTypes

from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.partnerservices.changes import store
from powerepos_cloud.partnerservices.changes.store import Numbered
from powerepos_cloud.partnerservices.faults import refused_field, require_readable
from powerepos_cloud.partnerservices.queries import utc_text, whole_number
from powerepos_cloud.partnerservices.requestlog.log import RequestLog
from powerepos_cloud.partnerservices.wire import write
from powerepos_cloud.resourceserver.access import Access
from powerepos_cloud.resourceserver.caller import Caller

LARGEST_PAGE = 500
LONGEST_WAIT_SECONDS = 25
_LOOK_EVERY_SECONDS = 0.25

_SALES = (Permissions.PARTNER_SALES_SUBMIT, Permissions.PARTNER_SALES_VIEW)
_VISIBLE = {
    ChangeTypes.SALE: _SALES,
    ChangeTypes.Z: _SALES,
    ChangeTypes.STOCK_ORDER: (Permissions.PARTNER_STOCK_SUBMIT,),
}


def build_handler(access: Access, database: Database, request_log: RequestLog) -> HTTPRouteHandler:
    """The handler of `GET changes`."""

    @get("/changes", name="changes")
    async def list_changes(request: Request[Any, Any, Any]) -> Response[bytes]:
        caller = await access.admit(request.scope["headers"])
        request_log.begin(request, caller, "GET /api/v1/changes")
        caller.require(*_SALES, Permissions.PARTNER_STOCK_SUBMIT)
        after = _read_cursor(request.query_params.get("after"))
        limit = whole_number(request, "limit", 1, LARGEST_PAGE, 100)
        wait = whole_number(request, "wait", 0, LONGEST_WAIT_SECONDS, 0)
        page = await _page(database, caller, after, limit, wait)
        return Response(write(page), headers={"Cache-Control": "no-store"}, media_type="application/json")

    return list_changes


async def _page(database: Database, caller: Caller, after: int, limit: int, wait_seconds: int) -> ChangePage:
    """Changes that the caller may see; what it may not see moves the cursor all the same."""

    async def unit(session: Session) -> list[Numbered]:
        await require_readable(session, caller.kapow)
        return await store.after(session, caller.kapow, caller.client_id, after, limit + 1)

    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_seconds
    found = await database.read(unit)
    while not found and loop.time() < deadline:
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        found = await database.read(unit)
    page, more = found[:limit], len(found) > limit
    newest = page[-1].n if page else after
    return ChangePage(changes=[_change(one) for one in page if _may_see(caller, one)], next=_write_cursor(newest), more=more)


def _may_see(caller: Caller, one: Numbered) -> bool:
    return not caller.permissions.isdisjoint(_VISIBLE[one.kind]) and caller.may_use_outlet(one.outlet_id)


def _change(one: Numbered) -> Change:
    return Change(
        cursor=_write_cursor(one.n),
        type=one.kind,
        id=one.subject,
        version=one.version,
        outlet_id=one.outlet_id,
        at=utc_text(one.at),
        change=one.change,
    )


def _write_cursor(n: int) -> str:
    return base64.urlsafe_b64encode(f"c{n}".encode()).decode().rstrip("=")


def _read_cursor(text: str | None) -> int:
    if text is None:
        return 0
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        if plain[:1] == "c" and plain[1:].isdigit() and len(plain) <= 20:
            return int(plain[1:])
    except (binascii.Error, ValueError):
        pass
    raise refused_field(
        Codes.CURSOR_INVALID, "/after", "This is no cursor: send `next` of the page before, as it is.", None, text[:64]
    )
