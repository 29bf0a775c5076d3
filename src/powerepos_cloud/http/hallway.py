"""The hallway: every request passes it, before any room. Gives each its ID, its source and its time, and counts it."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from litestar.exceptions import HTTPException

from powerepos_cloud.foundation.ids import new_id
from powerepos_cloud.foundation.secrets import masked
from powerepos_cloud.http.deadlines import Deadlines, Expired
from powerepos_cloud.http.facts import RequestFacts, put_facts, tell_answered
from powerepos_cloud.http.source import Sources
from powerepos_cloud.observability.logs import Log
from powerepos_cloud.observability.metrics import Metrics

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]
Refuse = Callable[[Any, Receive, Send, HTTPException], Awaitable[None]]
"""Answers a request that no room shall see, in the words of the door that it came to."""

_DRAIN_MOST = 16 * 1024 * 1024
_FRAMING = (b"content-length", b"transfer-encoding")
_CALLERS_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class BodyTooSlow(HTTPException):
    """The body did not arrive in time."""

    status_code = 408

    def __init__(self) -> None:
        super().__init__(detail="The request's body did not arrive in time: send it again.")


class BadFraming(HTTPException):
    """It is not clear where the request ends, or whom it is for (RFC 9112 sections 3.2 and 6.1)."""

    status_code = 400

    def __init__(self) -> None:
        super().__init__(detail="No Host header or two of them, or the body's length in two ways.")


async def _plainly(_scope: Any, _receive: Receive, send: Send, error: HTTPException) -> None:
    body = error.detail.encode() + b"\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": error.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Hallway:
    """ASGI wrapper around the whole application."""

    def __init__(
        self,
        app: App,
        *,
        sources: Sources,
        metrics: Metrics,
        log: Log,
        body_timeout_seconds: float,
        refuse: Refuse = _plainly,
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._sources = sources
        self._metrics = metrics
        self._log = log
        self._body_timeout_seconds = body_timeout_seconds
        self._deadlines = Deadlines()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        method = scope["method"]
        if method == "HEAD":  # what GET would answer, without its content (RFC 9110 section 9.3.2)
            scope, send = {**scope, "method": "GET"}, _without_content(send)
        facts, framings, is_sound = self._read_headers(scope)
        put_facts(scope, facts)
        status = 0

        async def send_with_id(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (b"x-request-id", facts.request_id.encode())]
                if facts.client_request_id:
                    headers.append((b"x-client-request-id", facts.client_request_id.encode()))
                if status == 408 or not is_sound:  # what else may arrive on this connection is nobody's request
                    headers.append((b"connection", b"close"))
                message = {**message, "headers": headers}
            await send(message)

        if not is_sound:
            await self._refuse(scope, receive, send_with_id, BadFraming())
        else:
            body = _Body(receive, self._deadlines, self._body_timeout_seconds)
            await self._app(scope, body, send_with_id)
            if framings and not body.is_whole:
                await body.drain()
        tell_answered(scope, status)
        seconds = time.perf_counter() - started
        self._metrics.request(method, status, seconds)
        if status >= 400:
            self._log.info(
                "http.refused",
                request_id=facts.request_id,
                method=method,
                path=scope["path"][:200],
                status=status,
                source=facts.source,
                client_request_id=facts.client_request_id,
                ms=round(seconds * 1000, 1),
            )

    def _read_headers(self, scope: Any) -> tuple[RequestFacts, int, bool]:
        """The facts, in how many ways the body's length is told, and whether that and `Host` are sound."""
        forwarded_for, agent, callers_id = b"", b"", None
        framings = hosts = named = 0
        for name, value in scope["headers"]:
            if name == b"user-agent":
                agent = value
            elif name in _FRAMING:
                framings += 1
            elif name == b"host":
                hosts += 1
                named += value.strip() != b""  # the server puts an empty one where there was none
            elif name == b"x-forwarded-for":
                forwarded_for = forwarded_for + b"," + value if forwarded_for else value
            elif name == b"x-request-id" and _CALLERS_ID.fullmatch(value):
                callers_id = masked(value.decode())
        peer = scope["client"][0] if scope.get("client") else ""
        source = self._sources.source(peer, forwarded_for.decode("latin-1"))
        facts = RequestFacts(new_id(), source, masked(agent.decode("latin-1"))[:200], callers_id)
        must_name_host = scope.get("http_version") == "1.1"  # RFC 9112 section 3.2; HTTP/1.0 knows no Host
        return facts, framings, framings <= 1 and hosts <= 1 and (named == 1 or not must_name_host)


def _without_content(send: Send) -> Send:
    """`send` that passes the headers on, the length of the content among them, and keeps the content back."""

    async def send_headers(message: Any) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_headers


class _Body:
    """`receive`, giving up on a body that trickles. Once the body is whole, waiting for a disconnect is no fault."""

    __slots__ = ("_deadline", "_deadlines", "_receive", "is_whole")

    def __init__(self, receive: Receive, deadlines: Deadlines, seconds: float) -> None:
        self._receive = receive
        self._deadlines = deadlines
        self._deadline = asyncio.get_running_loop().time() + seconds
        self.is_whole = False

    async def __call__(self) -> Any:
        if self.is_whole:
            return await self._receive()
        try:
            message = await self._deadlines.wait(self._receive, self._deadline)
        except Expired:
            raise BodyTooSlow from None
        self.is_whole = not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Read, up to a limit, what an early answer left unread: else the connection is reset and the answer lost."""
        read = 0
        try:
            while not self.is_whole and read < _DRAIN_MOST:
                read += len((await self()).get("body", b""))
        except BodyTooSlow:
            return
