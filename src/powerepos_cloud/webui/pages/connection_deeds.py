"""What is done with a connection at the press of a button: pause, resume, revoke, reopen; and a whole partner stopped."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import connections, counterparts, stopping
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.frame import Frame, Handler, Who

_ONE = "/connections/{client:str}/{sub:str}"


class _Deeds:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory

    def deed(self, function: Callable[..., Awaitable[Any]], said: str) -> Handler:
        """The handler that does this with the connection of the path; `{name}` in `said` is the integration."""

        async def handler(ask: Ask) -> Response[bytes]:
            owned, client_id, sub = ask.viewer.organisation, ask.value("client"), ask.value("sub")
            await self.directory.write(lambda session: function(session, ask.now_ms, ask.actor, owned, client_id, sub))
            user = await counterparts.get(self.directory.reader, client_id)
            return self.frame.go(ask, "/connections", said.replace("{name}", user.client_name))

        return handler

    async def pause(self, ask: Ask) -> Response[bytes]:
        """Stop it until it is resumed, with what is said about it."""
        said = "{name} is paused. Its next call is refused within two seconds."
        return await self.deed(partial(connections.pause, note=ask.form.value("note")), said)(ask)

    async def stop(self, ask: Ask) -> Response[bytes]:
        """End everything of one partner."""
        owned, partner_id = ask.viewer.organisation, ask.number("partner", "partner")
        await self.directory.write(lambda session: stopping.stop_partner(session, ask.now_ms, ask.actor, owned, partner_id))
        [first, *_] = await counterparts.of_partner(self.directory.reader, partner_id)
        said = f"{first.company_name} is stopped: all its tokens end within two seconds, and it gets no new ones."
        return self.frame.go(ask, "/connections", said)

    async def lift(self, ask: Ask) -> Response[bytes]:
        """Let a stopped partner begin again where any partner may."""
        owned, partner_id = ask.viewer.organisation, ask.number("partner", "partner")
        lifted = await self.directory.write(lambda session: stopping.lift_stop(session, ask.now_ms, ask.actor, owned, partner_id))
        if lifted is None:
            return self.frame.go(ask, "/connections", "That partner was not stopped.")
        said = f"The stop of {lifted.company_name} is lifted. What was revoked stays revoked until you open it again."
        return self.frame.go(ask, "/connections", said)


def build(frame: Frame, done: Who) -> list[ControllerRouterHandler]:
    """The handlers, for `connections`."""
    deeds = _Deeds(frame)
    turns = {
        "resume": (connections.resume, "{name} goes on from where it stopped."),
        "revoke": (connections.revoke, "{name} is revoked. Every token that it holds ends within two seconds."),
        "reopen": (connections.reopen, "{name} may ask for new tokens. Those from before stay dead."),
    }
    return [
        *(frame.post(f"{_ONE}/{word}", done)(deeds.deed(function, said)) for word, (function, said) in turns.items()),
        frame.post(f"{_ONE}/pause", done)(deeds.pause),
        frame.post("/connections/partners/{partner:str}/stop", done)(deeds.stop),
        frame.post("/connections/partners/{partner:str}/lift", done)(deeds.lift),
    ]
