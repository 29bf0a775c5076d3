"""`/docs`: overview, quick start, reference of the AuthServer, lifetimes, sending sales and invoices."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response, route
from litestar.types import ControllerRouterHandler
from powerepos.contract import SERVICE_SCOPES, Limits

from powerepos_cloud.authserver.assertions import ASSERTION_ALGORITHMS, ASSERTION_TYPE
from powerepos_cloud.authserver.token import BODY_LIMIT
from powerepos_cloud.partnerservices.sales.zreports import MOST_PER_DAY
from powerepos_cloud.webui import examples
from powerepos_cloud.webui.error_pages import by_sender
from powerepos_cloud.webui.examples import example_connection, example_token_answer
from powerepos_cloud.webui.model import Lifetimes, RefreshRules
from powerepos_cloud.webui.reference import (
    CLAIM_TEXTS,
    ITEM_CODE_TEXTS,
    LINE_TYPE_TEXTS,
    ORDER_RESULT_TEXTS,
    OUTCOME_TEXTS,
    permission_rows,
    scope_rows,
)
from powerepos_cloud.webui.site import Site

_GET = [HttpMethod.GET, HttpMethod.HEAD]


class Own(msgspec.Struct, frozen=True):
    """What the quick start fills in of the reader's own, where a partner is signed in: empty what it has not."""

    client_id: str = ""
    org_id: str = ""
    """Code of the partner's sandbox."""
    username: str = ""
    """Service account of the partner's sandbox."""


OwnOf = Callable[[Request[Any, Any, Any]], Awaitable[Own]]


def build_documentation(
    site: Site, lifetimes: Lifetimes, refresh: RefreshRules, own_of: OwnOf | None = None
) -> list[ControllerRouterHandler]:
    """The handlers of the pages under `/docs`, but for those of errors."""

    @route("/docs", http_method=_GET, name="page-docs")
    async def overview(request: Request[Any, Any, Any]) -> Response[bytes]:
        return site.fixed_page(request, "/docs", "docs/overview.html", errors=by_sender())

    @route("/docs/quick-start", http_method=_GET, name="page-quick-start")
    async def quick_start(request: Request[Any, Any, Any]) -> Response[bytes]:
        own = await own_of(request) if own_of is not None else Own()
        facts: dict[str, Any] = {
            "token_answer": example_token_answer(),
            "connection_answer": example_connection(),
            **_first_sale(),
            "refresh": refresh,
            "own": own,
        }
        if own.client_id:
            return site.fresh_page("/docs/quick-start", "docs/quick_start.html", site.theme_of(request), **facts)
        return site.fixed_page(request, "/docs/quick-start", "docs/quick_start.html", **facts)

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
            token_answer=example_token_answer(),
        )

    @route("/docs/token-lifetimes", http_method=_GET, name="page-token-lifetimes")
    async def token_lifetimes() -> Response[bytes]:
        services = sorted(await lifetimes(), key=lambda service: SERVICE_SCOPES.index(service.name))
        return site.fresh_page("/docs/token-lifetimes", "docs/token_lifetimes.html", services=services, refresh=refresh)

    return [overview, quick_start, authserver, token_lifetimes, _build_sales_guide(site), _build_stock_guide(site)]


def _first_sale() -> dict[str, Any]:
    """What the quick start shows of a sale, in capitals what the reader fills in."""
    return {
        "batch": examples.example_batch(outlet="OUTLET_ID", day="TRADING_DATE", sale="NEW_GUID"),
        "batch_answer": examples.example_batch_answer(),
        "finalise": examples.example_finalise(outlet="OUTLET_ID", z="Z_REPORT_ID"),
        "finalise_answer": examples.example_finalise_answer(),
    }


def _build_sales_guide(site: Site) -> ControllerRouterHandler:
    @route("/docs/sales", http_method=_GET, name="page-sales-guide")
    async def sales(request: Request[Any, Any, Any]) -> Response[bytes]:
        return site.fixed_page(
            request,
            "/docs/sales",
            "docs/sales.html",
            limits=Limits,
            most_zs=MOST_PER_DAY,
            outcomes=[(outcome, *texts) for outcome, texts in OUTCOME_TEXTS.items()],
            item_codes=[(code.value, *texts) for code, texts in ITEM_CODE_TEXTS.items()],
        )

    return sales


def _build_stock_guide(site: Site) -> ControllerRouterHandler:
    @route("/docs/stock", http_method=_GET, name="page-stock-guide")
    async def stock(request: Request[Any, Any, Any]) -> Response[bytes]:
        return site.fixed_page(
            request,
            "/docs/stock",
            "docs/stock.html",
            limits=Limits,
            line_types=[(kind.value, *texts) for kind, texts in LINE_TYPE_TEXTS.items()],
            result_codes=[(code.value, *texts) for code, texts in ORDER_RESULT_TEXTS.items()],
        )

    return stock
