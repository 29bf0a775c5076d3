"""`/access`: the Organisation Code, and how a merchant hands access over without anybody mailing a secret."""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import accounts, connections
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.frame import Frame, organisation
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup

ROLES = ("owner", "manager")


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    reader = frame.backroom.directory.reader

    @frame.get("/access", organisation(*ROLES))
    async def access(ask: Ask) -> Response[bytes]:
        owned = ask.viewer.organisation
        on = [account for account in await accounts.listing(reader, owned) if account.state == "active"]
        approved = [one for one in await connections.listing(reader, owned) if one.kind == "approved" and one.state == "active"]
        return frame.show(ask, "access.html", accounts=len(on), approved=len(approved))

    return [access]


GROUP = PageGroup(_build, (Link(ORGANISATION, "Access", "Hand over access", "/access", "lock", ROLES, 20),))
