"""`/docs`: overview, quick start, reference of the AuthServer, lifetimes."""

from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response, route
from litestar.types import ControllerRouterHandler
from powerepos.contract import (
    AuthServerScopes,
    ConnectionLimits,
    ConnectionOutlet,
    ConnectionResponse,
    Limits,
    Permissions,
)

from powerepos_cloud.authserver.client_auth import ASSERTION_ALGORITHMS, ASSERTION_TYPE
from powerepos_cloud.authserver.token import BODY_LIMIT, TokenAnswer
from powerepos_cloud.webui.error_pages import PAGES
from powerepos_cloud.webui.model import Lifetimes, RefreshRules
from powerepos_cloud.webui.reference import CLAIM_TEXTS, permission_rows, scope_rows
from powerepos_cloud.webui.site import Site

_GET = [HttpMethod.GET, HttpMethod.HEAD]
_EXAMPLE_SVC = "https://service.example/"
_EXAMPLE_ORGANISATION = "HARBOUR"
_EXAMPLE_KAPOW = "6f1f6a5e-2f0b-4c55-9a57-0b8f2f1b7d21"


def build_documentation(site: Site, lifetimes: Lifetimes, refresh: RefreshRules) -> list[ControllerRouterHandler]:
    """The handlers of the pages under `/docs`, but for those of errors."""

    @route("/docs", http_method=_GET, name="page-docs")
    async def overview(request: Request[Any, Any, Any]) -> Response[bytes]:
        return site.fixed_page(request, "/docs", "docs/overview.html", errors=PAGES)

    @route("/docs/quick-start", http_method=_GET, name="page-quick-start")
    async def quick_start(request: Request[Any, Any, Any]) -> Response[bytes]:
        return site.fixed_page(
            request,
            "/docs/quick-start",
            "docs/quick_start.html",
            token_answer=_token_answer(),
            connection_answer=_connection_answer(),
            refresh=refresh,
        )

    @route("/docs/authserver", http_method=_GET, name="page-authserver")
    async def authserver(request: Request[Any, Any, Any]) -> Response[bytes]:
        return site.fixed_page(
            request,
            "/docs/authserver",
            "docs/authserver.html",
            assertion_type=ASSERTION_TYPE,
            assertion_algorithms=ASSERTION_ALGORITHMS,
            body_limit=BODY_LIMIT,
            claims=CLAIM_TEXTS,
            permissions=permission_rows(),
            scopes=scope_rows(),
            token_answer=_token_answer(),
        )

    @route("/docs/token-lifetimes", http_method=_GET, name="page-token-lifetimes")
    async def token_lifetimes() -> Response[bytes]:
        services = await lifetimes()
        return site.fresh_page("/docs/token-lifetimes", "docs/token_lifetimes.html", services=services, refresh=refresh)

    return [overview, quick_start, authserver, token_lifetimes]


def _token_answer() -> TokenAnswer:
    return TokenAnswer(
        token_type="Bearer",
        access_token="eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIs…",
        expires_in=28_800,
        svc=_EXAMPLE_SVC,
        org_id=_EXAMPLE_ORGANISATION,
        scope=f"{AuthServerScopes.PARTNER_SERVICE} {AuthServerScopes.OFFLINE_ACCESS}",
        refresh_token="pepos_rt_…",
    )


def _connection_answer() -> ConnectionResponse:
    limits = ConnectionLimits(
        max_batch_size=Limits.MAX_BATCH_SIZE,
        max_line_items=Limits.MAX_LINE_ITEMS,
        max_body_bytes=Limits.MAX_BODY_BYTES,
        max_nesting=Limits.MAX_NESTING,
    )
    outlet = ConnectionOutlet(
        outlet_id="b3c1d9a2-4d1e-4f8a-8a53-2c2f7a1e9d40",
        name="Wynyard Wharf",
        time_zone="Pacific/Auckland",
        trading_day_start="04:00",
        current_trading_date="2026-11-24",
        currency_code="NZD",
        stock_enabled=True,
    )
    return ConnectionResponse(
        organisation_code=_EXAMPLE_ORGANISATION,
        kapow=_EXAMPLE_KAPOW,
        client_id="k3v9x0q2m7c1t8r4w6z5b2n1",
        subject="svc-4h7kq2m9t3x6v8c1b5n0",
        service_uri=_EXAMPLE_SVC,
        permissions=[Permissions.PARTNER_SALES_SUBMIT],
        all_outlets=False,
        outlets=[outlet],
        expires_at="2026-11-24T14:39:42Z",
        expires_in_seconds=28_792,
        limits=limits,
    )


def field_names(answer: msgspec.Struct) -> list[str]:
    """The names of an answer's fields as they are sent."""
    return [field.encode_name for field in msgspec.structs.fields(answer)]
