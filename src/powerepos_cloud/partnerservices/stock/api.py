"""The endpoints of stock: admit, parse, call, answer."""

import asyncio
from collections import Counter
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from powerepos.contract.codes import Codes
from powerepos.contract.permissions import Permissions
from powerepos.contract.stock import AddStockOrderResponse

from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, DatabaseUnavailable, Session
from powerepos_cloud.partnerservices.catalogue.memory import CatalogueMemory
from powerepos_cloud.partnerservices.endpoints import Endpoints, answered
from powerepos_cloud.partnerservices.faults import require_readable, require_writable
from powerepos_cloud.partnerservices.queries import whole_number
from powerepos_cloud.partnerservices.requestlog.log import RequestLog
from powerepos_cloud.partnerservices.requestlog.store import Call
from powerepos_cloud.partnerservices.stock import orders, reading
from powerepos_cloud.partnerservices.stock.answers import added_answer, failed_answer, refusal_of
from powerepos_cloud.partnerservices.stock.candidates import Candidates, candidates, read_known
from powerepos_cloud.partnerservices.stock.failures import OrderFailed
from powerepos_cloud.partnerservices.stock.intake import read_intake
from powerepos_cloud.partnerservices.wire import guid, write
from powerepos_cloud.resourceserver.access import Access
from powerepos_cloud.resourceserver.caller import Caller
from powerepos_cloud.resourceserver.refusals import Refusal

SUBMIT = (Permissions.PARTNER_STOCK_SUBMIT,)


def build_handlers(
    access: Access, database: Database, clock: Clock, request_log: RequestLog, docs_url: str
) -> list[HTTPRouteHandler]:
    """The handlers under `stock/`."""
    api = Endpoints(access, database, clock, request_log, docs_url)
    return [_add_order(api, CatalogueMemory()), _get_order(api)]


def _add_order(api: Endpoints, memory: CatalogueMemory) -> HTTPRouteHandler:
    @post("/stock/stockorders/addstockorder", name="stock-addstockorder", status_code=200)
    async def add_stock_order(request: Request[Any, Any, Any]) -> Response[bytes]:
        caller, call = await api.admit(request, SUBMIT)
        raw = await request.body()
        intake = await api.read(read_intake, raw)
        call.outlet_id = intake.outlet_id
        now = api.clock.now_ms()

        async def unit(session: Session) -> orders.Added:
            await require_writable(session, caller.kapow)
            return await orders.add(session, memory, caller, intake, now)

        try:
            added = await api.write(unit)
        except OrderFailed as failed:
            meant = await _candidates(api, caller, failed) if failed.line_faults else {}
            answer = failed_answer(failed, intake, meant, api.docs_url)
            _note_failure(call, answer, raw)
            raise refusal_of(failed, answer) from None
        call.outlet_id, call.outcomes = added.order.outlet_id, {added.outcome: 1}
        return answered(added_answer(added))

    return add_stock_order


async def _candidates(api: Endpoints, caller: Caller, failed: OrderFailed) -> Candidates:
    """Looked up once the write is over, and in threads, so that nobody waits behind a search in ten thousand codes.

    What is wrong with the order is known without them: if they cannot be had now, it is told alone.
    """
    faults = failed.line_faults
    try:
        known = await api.database.read_long(lambda session: read_known(session, caller.kapow, failed.supplier_id, faults))
    except DatabaseUnavailable:
        return {}
    return await asyncio.to_thread(candidates, known, faults)


def _note_failure(call: Call, answer: AddStockOrderResponse, raw: bytes) -> None:
    """Counts for the request log, with body and answer."""
    codes = Counter([one.code for one in (*answer.errors, *(answer.line_item_failure_results or ()))])
    call.outcomes = {"rejected": 1, **codes}
    call.body, call.answer = raw, write(answer)


def _get_order(api: Endpoints) -> HTTPRouteHandler:
    @get("/stock/stockorders/{order_id:str}", name="stock-stockorder")
    async def get_stock_order(request: Request[Any, Any, Any], order_id: FromPath[str]) -> Response[bytes]:
        caller, _ = await api.admit(request, SUBMIT)
        version = whole_number(request, "version", 1, 2**31 - 1, 0) or None
        canonical = guid(order_id)

        async def unit(session: Session) -> reading.Found | None:
            await require_readable(session, caller.kapow)
            if canonical is None:
                return None
            return await reading.find_order(session, caller.kapow, canonical, version=version, client_id=caller.client_id)

        found = await api.database.read(unit)
        if found is None or not caller.may_use_outlet(found.order.outlet_id):
            raise Refusal(404, Codes.ORDER_NOT_FOUND, "You have no stock order with this ID, or not in this version.")
        return answered(reading.found_answer(found))

    return get_stock_order
