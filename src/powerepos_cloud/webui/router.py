"""The paths of people's pages."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from powerepos_cloud.foundation.database import DatabaseUnavailable
from powerepos_cloud.webui.model import Lifetimes, Outbox, RefreshRules
from powerepos_cloud.webui.pages.documentation import OwnOf, build_documentation
from powerepos_cloud.webui.pages.errors import build_errors
from powerepos_cloud.webui.pages.home import build_home
from powerepos_cloud.webui.pages.outbox import build_outbox
from powerepos_cloud.webui.pages.reference import build_reference
from powerepos_cloud.webui.site import Site

_RETRY_AFTER_SECONDS = 2
_MISDIRECTED = 421
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def build_router(
    site: Site,
    signed_in: list[ControllerRouterHandler],
    *,
    issuer: str,
    lifetimes: Lifetimes,
    refresh: RefreshRules,
    outbox: Outbox | None,
    host_names: frozenset[str],
    own_of: OwnOf | None = None,
) -> Router:
    """All pages, and the files that they refer to. Other errors than an absent database are left to the application."""
    hosts = host_names | {host_name(urlsplit(site.public_url).netloc)}
    if hosts & _LOOPBACK:
        hosts |= _LOOPBACK
    handlers = [
        *signed_in,
        *build_home(site),
        *build_documentation(site, lifetimes, refresh, own_of),
        *build_errors(site),
        *build_reference(site, issuer),
        _static(site),
    ]
    if outbox is not None:
        handlers += build_outbox(site, outbox)

    def unavailable(request: Request[Any, Any, Any], _error: DatabaseUnavailable) -> Response[bytes]:
        return site.page_error(request, 503, {"Retry-After": str(_RETRY_AFTER_SECONDS)})

    async def keep_out(request: Request[Any, Any, Any]) -> Response[bytes] | None:
        # A name that somebody else points at this machine would otherwise share its pages with them (DNS rebinding).
        if host_name(request.headers.get("host", "")) in hosts:
            return None
        return site.page_error(request, _MISDIRECTED)

    return Router("/", route_handlers=handlers, before_request=keep_out, exception_handlers={DatabaseUnavailable: unavailable})


def host_name(authority: str) -> str:
    """The host of `host:port`, in lower case."""
    host, _, port = authority.rpartition(":")
    return (host if host and port.isdigit() else authority).lower()


def _static(site: Site) -> ControllerRouterHandler:
    @get("/static/{digest:str}/{name:str}", name="static-file")
    async def static_file(digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        found = site.static_file(digest, name)
        if found is None:
            raise NotFoundException
        return found

    return static_file
