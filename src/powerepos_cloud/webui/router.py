"""The paths of people's pages."""

from typing import Any

from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from powerepos_cloud.foundation.database import DatabaseUnavailable
from powerepos_cloud.webui.model import Lifetimes, Outbox, RefreshRules
from powerepos_cloud.webui.pages.documentation import build_documentation
from powerepos_cloud.webui.pages.errors import build_errors
from powerepos_cloud.webui.pages.home import build_home
from powerepos_cloud.webui.pages.outbox import build_outbox
from powerepos_cloud.webui.site import Site

_RETRY_AFTER_SECONDS = 2


def build_router(site: Site, *, lifetimes: Lifetimes, refresh: RefreshRules, outbox: Outbox | None) -> Router:
    """All pages, and the files that they refer to. Other errors than an absent database are left to the application."""
    handlers = [
        *build_home(site),
        *build_documentation(site, lifetimes, refresh),
        *build_errors(site),
        _static(site),
    ]
    if outbox is not None:
        handlers += build_outbox(site, outbox)

    def unavailable(request: Request[Any, Any, Any], _error: DatabaseUnavailable) -> Response[bytes]:
        return site.page_error(request, 503, {"Retry-After": str(_RETRY_AFTER_SECONDS)})

    return Router("/", route_handlers=handlers, exception_handlers={DatabaseUnavailable: unavailable})


def _static(site: Site) -> ControllerRouterHandler:
    @get("/static/{digest:str}/{name:str}", name="static-file")
    async def static_file(digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        found = site.static_file(digest, name)
        if found is None:
            raise NotFoundException
        return found

    return static_file
