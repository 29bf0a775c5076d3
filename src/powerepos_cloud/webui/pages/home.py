"""`/`: what PowerEPOS cloud is, and the ways on."""

from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.types import ControllerRouterHandler

from powerepos_cloud.webui.examples import example_token_answer
from powerepos_cloud.webui.site import Site


def build_home(site: Site) -> list[ControllerRouterHandler]:
    """The handler of `/`."""

    @route("/", http_method=[HttpMethod.GET, HttpMethod.HEAD], name="page-home")
    async def home(request: Request[Any, Any, Any]) -> Response[bytes]:
        return site.fixed_page(request, "/", "home.html", token_answer=example_token_answer())

    return [home]
