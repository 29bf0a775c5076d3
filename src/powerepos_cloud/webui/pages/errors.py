"""`/docs/errors`: the index of error codes, and a page for each."""

from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from powerepos.contract.codes import MEANINGS

from powerepos_cloud.webui.error_pages import PAGES, by_sender
from powerepos_cloud.webui.site import Site

_GET = [HttpMethod.GET, HttpMethod.HEAD]


def build_errors(site: Site) -> list[ControllerRouterHandler]:
    """The handlers of the index and of the pages; the latter are looked up by code."""
    by_code = {page.code: page for page in PAGES}

    @route("/docs/errors", http_method=_GET, name="page-errors")
    async def index(request: Request[Any, Any, Any]) -> Response[bytes]:
        return site.fixed_page(request, "/docs/errors", "docs/errors.html", groups=by_sender(), meanings=MEANINGS)

    @route("/docs/errors/{code:str}", http_method=_GET, name="page-error")
    async def error(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[bytes]:
        page = by_code.get(code)
        if page is None and code in MEANINGS:
            return site.fixed_page(request, f"/docs/errors/{code}", "docs/record_code.html", code=code, meaning=MEANINGS[code])
        if page is None:
            raise NotFoundException
        return site.fixed_page(request, page.path, "docs/error.html", page=page, by_code=by_code)

    return [index, error]
