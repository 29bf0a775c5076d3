"""`/partner/overview`: the way to the first stored sale, ticked off by what happened, and what went wrong last."""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import clients, sandboxes
from powerepos_cloud.webui import calls
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.calls import Filter
from powerepos_cloud.webui.frame import Frame, partner
from powerepos_cloud.webui.navigation import PARTNER, Link, PageGroup

ROLES = ("owner", "developer")
HOME = "/partner/overview"
_SHOWN = 6


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    room = frame.backroom

    @frame.get(HOME, partner(*ROLES))
    async def home(ask: Ask) -> Response[bytes]:
        reader, own_id = room.directory.reader, ask.viewer.partner.id
        mine = await calls.own(room, own_id)
        secrets = [secret for client_id in mine.names for secret in await clients.secrets_of(reader, client_id)]
        newest = await calls.page(room, mine, Filter(), 50)
        troubles = [
            *await calls.page(room, mine, Filter(result=calls.REJECTED), _SHOWN),
            *await calls.page(room, mine, Filter(result=calls.REFUSED), _SHOWN),
        ]
        has_called = any(call.status < 400 for call in newest)
        steps = {
            "secret": any(secret.is_live(ask.now_ms) for secret in secrets),
            "sandbox": await sandboxes.of_partner(reader, own_id) is not None,
            "token": has_called or any(secret.last_used_at is not None for secret in secrets),
            "call": has_called,
            "sale": any(call.outcomes.get("created") for call in newest),
        }
        return frame.show(
            ask,
            "partner_home.html",
            mine=mine,
            steps=steps,
            newest=newest[:_SHOWN],
            troubles=sorted(troubles, key=lambda call: call.at, reverse=True)[:_SHOWN],
        )

    return [home]


GROUP = PageGroup(_build, (Link(PARTNER, "Build", "Overview", HOME, "home", ROLES, 10),))
