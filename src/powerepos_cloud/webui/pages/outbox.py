"""`/outbox`, in the demo only: the mail that would have left. Reading it takes no sign-in and changes nothing."""

from litestar import HttpMethod, Response, route
from litestar.types import ControllerRouterHandler

from powerepos_cloud.webui.model import Outbox
from powerepos_cloud.webui.site import Site


def build_outbox(site: Site, outbox: Outbox) -> list[ControllerRouterHandler]:
    """The handler of `/outbox`."""

    @route("/outbox", http_method=[HttpMethod.GET, HttpMethod.HEAD], name="page-outbox")
    async def show() -> Response[bytes]:
        mails = sorted(await outbox(), key=lambda mail: mail.created_at, reverse=True)
        return site.fresh_page("/outbox", "outbox.html", mails=mails)

    return [show]
