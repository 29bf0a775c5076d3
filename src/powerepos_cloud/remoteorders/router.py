"""The paths of the remote order server. As yet one: what a token may do here; it takes no permission, only the scope."""

from typing import Any

from litestar import Request, Response, Router, get
from powerepos.contract.connection import RemoteOrderConnectionResponse
from powerepos.contract.limits import Limits

from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.resourceserver.access import Access
from powerepos_cloud.resourceserver.errors import Door, json_answer


def build_router(*, access: Access, clock: Clock, door: Door, prefix: str) -> Router:
    """The remote order server under `prefix`, the path of the instance's URI."""

    @get("/connection", name="remoteorders-connection")
    async def connection(request: Request[Any, Any, Any]) -> Response[bytes]:
        caller = await access.admit(request.scope["headers"])
        return json_answer(
            RemoteOrderConnectionResponse(
                organisation_code=caller.organisation_code,
                kapow=caller.kapow,
                client_id=caller.client_id,
                service_uri=access.uri,
                expires_at=caller.expires_at_text(),
                expires_in_seconds=caller.expires_in_seconds(clock.now_ms()),
            )
        )

    return Router(
        path=prefix,
        route_handlers=[connection],
        exception_handlers={Exception: door.handler},
        request_max_body_size=Limits.MAX_BODY_BYTES,
    )
