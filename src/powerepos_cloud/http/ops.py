"""`/healthz`, `/readyz`, `/metrics`: for the operator. Reasons and figures only from loopback or with the token."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, Router, get

from powerepos_cloud.http.facts import facts_of
from powerepos_cloud.http.source import is_loopback
from powerepos_cloud.observability.metrics import Metrics

Readiness = Callable[[], Awaitable[dict[str, str | None]]]
"""What must work, by name; the value says what is wrong, None that it is well."""
Notes = Callable[[], Awaitable[dict[str, str]]]
"""What the operator should know of, by name, though it keeps nothing from being answered."""


def build_router(readiness: Readiness, notes: Notes, metrics: Metrics, token: str) -> Router:
    """The operator's routes; an empty `token` opens them to loopback only."""

    @get("/healthz", media_type=MediaType.TEXT)
    async def healthz() -> str:
        return "ok\n"

    @get("/readyz")
    async def readyz(request: Request[Any, Any, Any]) -> Response[bytes]:
        found = await readiness()
        is_ready = not any(found.values())
        body: dict[str, Any] = {"ready": is_ready}
        if _may_see(request, token):
            body["checks"] = {name: reason or "ok" for name, reason in found.items()}
            if is_ready and (known := await notes()):
                body["notes"] = known
        headers = {"cache-control": "no-store"}
        status = 200 if is_ready else 503
        return Response(msgspec.json.encode(body), status_code=status, headers=headers, media_type=MediaType.JSON)

    @get("/metrics")
    async def show_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        if not _may_see(request, token):
            return Response(b"", status_code=404, media_type=MediaType.TEXT)
        return Response(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return Router("/", route_handlers=[healthz, readyz, show_metrics])


def _may_see(request: Request[Any, Any, Any], token: str) -> bool:
    # Behind a proxy on the same machine every caller seems to be loopback: a forwarded request never counts as that.
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    if not forwarded and is_loopback(facts_of(request.scope).source):
        return True
    return bool(token) and hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode())
