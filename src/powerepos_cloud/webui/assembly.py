"""Builds the WebUI's parts from what it is given."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, Response, Router

from powerepos_cloud.webui.model import Lifetimes, Outbox, RefreshRules
from powerepos_cloud.webui.router import build_router
from powerepos_cloud.webui.site import Site

PageError = Callable[[Request[Any, Any, Any], int, "dict[str, str] | None"], Response[bytes]]


class WebUI(msgspec.Struct, frozen=True):
    """The pages, and `page_error(request, status, headers)` for errors on paths that no other room answers for."""

    router: Router
    page_error: PageError


def build_webui(
    *,
    issuer: str,
    public_url: str,
    lifetimes: Lifetimes,
    refresh: RefreshRules,
    outbox: Outbox | None,
    is_demo: bool,
) -> WebUI:
    """The WebUI at `public_url`, telling of the AuthServer at `issuer`; `outbox` is None outside the demo."""
    site = Site(issuer=issuer, public_url=public_url, is_demo=is_demo, has_outbox=outbox is not None)
    router = build_router(site, lifetimes=lifetimes, refresh=refresh, outbox=outbox)
    return WebUI(router, site.page_error)
