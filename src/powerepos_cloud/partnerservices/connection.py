"""`GET /api/v1/connection`: what this token may do here. An integrator's first call (contract section 6)."""

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from powerepos.contract.connection import ConnectionLimits, ConnectionOutlet, ConnectionResponse
from powerepos.contract.limits import Limits
from powerepos.contract.permissions import SERVICE_PERMISSIONS
from powerepos.contract.scopes import AuthServerScopes

from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.partnerservices.outlets import store
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.outlets.trading_day import trading_date
from powerepos_cloud.partnerservices.requestlog.log import RequestLog
from powerepos_cloud.resourceserver.access import Access
from powerepos_cloud.resourceserver.caller import Caller
from powerepos_cloud.resourceserver.errors import json_answer
from powerepos_cloud.resourceserver.refusals import TokenInvalid
from powerepos_cloud.resourceserver.revocations import MOVED

_LIMITS = ConnectionLimits(
    max_batch_size=Limits.MAX_BATCH_SIZE,
    max_line_items=Limits.MAX_LINE_ITEMS,
    max_body_bytes=Limits.MAX_BODY_BYTES,
    max_nesting=Limits.MAX_NESTING,
)


def build_connection(*, access: Access, database: Database, clock: Clock, request_log: RequestLog) -> HTTPRouteHandler:
    """The handler of `GET connection`; any permission of Partner Services opens it."""

    @get("/connection", name="partnerservices-connection")
    async def connection(request: Request[Any, Any, Any]) -> Response[bytes]:
        caller = await access.admit(request.scope["headers"])
        request_log.begin(request, caller, "GET /api/v1/connection")
        caller.require(*SERVICE_PERMISSIONS[AuthServerScopes.PARTNER_SERVICE])

        async def unit(session: Session) -> list[Outlet]:
            if await store.tenant_state(session, caller.kapow) == "gone":
                raise TokenInvalid(MOVED.description, detail="tenant.gone")
            return await store.listing(session, caller.kapow)

        outlets = await database.read(unit)
        return json_answer(_describe(caller, outlets, access.uri, clock.now_ms()))

    return connection


def _describe(caller: Caller, outlets: list[Outlet], uri: str, now_ms: int) -> ConnectionResponse:
    return ConnectionResponse(
        organisation_code=caller.organisation_code,
        kapow=caller.kapow,
        client_id=caller.client_id,
        subject=caller.sub,
        service_uri=uri,
        permissions=sorted(caller.permissions),
        all_outlets=caller.outlets is None,
        outlets=[_outlet(outlet, now_ms) for outlet in outlets if caller.may_use_outlet(outlet.id)],
        expires_at=caller.expires_at_text(),
        expires_in_seconds=caller.expires_in_seconds(now_ms),
        limits=_LIMITS,
    )


def _outlet(outlet: Outlet, now_ms: int) -> ConnectionOutlet:
    return ConnectionOutlet(
        outlet_id=outlet.id,
        name=outlet.name,
        time_zone=outlet.zone,
        trading_day_start=outlet.day_start,
        current_trading_date=trading_date(now_ms, outlet.zone, outlet.day_start).isoformat(),
        currency_code=outlet.currency,
        stock_enabled=outlet.stock_enabled,
    )
