"""Runs an async check for many examples of hypothesis, against an application in the test's own event loop.

200 examples each; with TESTS_FUZZ=100 a hundred times as many.
"""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import anyio
import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.drawing import TIMES

T = TypeVar("T")

EXAMPLES = 200 * TIMES


async def fuzz(
    strategy: st.SearchStrategy[T], check: Callable[[T], Coroutine[Any, Any, None]], *, examples: int = EXAMPLES
) -> None:
    """Draw examples in a thread of their own and check each in this loop; fails with the smallest that fails."""

    @settings(
        max_examples=examples,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(strategy)
    def run(example: T) -> None:
        anyio.from_thread.run(check, example)

    await anyio.to_thread.run_sync(run)


async def call(
    app: Any,
    method: str,
    path: str,
    *,
    headers: list[tuple[bytes, bytes]] | None = None,
    body: bytes = b"",
    query: bytes = b"",
    source: str = "192.0.2.1",
) -> httpx.Response:
    """Call an ASGI application with any bytes at all, which HTTP libraries would refuse to send."""
    sent: list[dict[str, Any]] = []
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return parts.pop() if parts else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode("utf-8", "surrogateescape"), "query_string": query, "root_path": "",
        "headers": [(b"host", b"localhost:8000"), (b"content-length", str(len(body)).encode()), *(headers or [])],
        "client": (source, 50_000), "server": ("127.0.0.1", 8000), "state": {}, "extensions": {},
    }  # fmt: skip
    await app(scope, receive, send)
    assert sent, "no answer"
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return httpx.Response(
        sent[0]["status"], headers=sent[0]["headers"], content=content, request=httpx.Request("POST", "http://localhost")
    )
