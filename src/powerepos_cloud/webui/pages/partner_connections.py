"""`/partner/connections`: for whom a partner's clients may act, in which state, and what last went wrong."""

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory.partner_view import PartnerConnection
from powerepos_cloud.webui import calls
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.calls import Seen
from powerepos_cloud.webui.frame import Frame, partner
from powerepos_cloud.webui.navigation import PARTNER, Link, PageGroup
from powerepos_cloud.webui.pages.partner_home import ROLES


class Shown(msgspec.Struct, frozen=True):
    """A connection, its client's last call for that organisation, and the last that went wrong."""

    connection: PartnerConnection
    last: Seen | None
    wrong: Seen | None


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    @frame.get("/partner/connections", partner(*ROLES))
    async def listing(ask: Ask) -> Response[bytes]:
        mine = await calls.own(frame.backroom, ask.viewer.partner.id)
        newest = await calls.newest(mine)
        shown = [Shown(one, *newest.get((one.kapow, one.client_id), (None, None))) for one in mine.connections]
        return frame.show(ask, "partner_connections.html", connections=shown, mine=mine)

    return [listing]


GROUP = PageGroup(_build, (Link(PARTNER, "Watch", "Connections", "/partner/connections", "plug", ROLES, 30),))
