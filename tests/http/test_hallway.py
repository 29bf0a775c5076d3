"""The hallway, before a room of the test's own: IDs, sources, framing, slow bodies, what is logged and counted."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
import pytest
from litestar.exceptions import HTTPException

from powerepos_cloud.http.facts import RequestFacts, facts_of
from powerepos_cloud.http.hallway import BodyTooSlow, Hallway
from powerepos_cloud.http.source import Sources
from powerepos_cloud.observability.logs import build_log
from powerepos_cloud.observability.metrics import Metrics

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]


class House:
    """A hallway with one room, which reads the body and answers with what it is told to."""

    def __init__(self, *, proxies: str = "", body_seconds: float = 5, room: Any = None, **others: Any) -> None:
        self.logged = io.StringIO()
        self.metrics = Metrics()
        self.facts: RequestFacts | None = None
        self.status = 200
        self.read = b""
        self.hallway = Hallway(
            room or self._room,
            sources=Sources(proxies),
            metrics=self.metrics,
            log=build_log("debug", self.logged),
            body_timeout_seconds=body_seconds,
            **others,
        )

    async def _room(self, scope: Any, receive: Receive, send: Any) -> None:
        self.facts = facts_of(scope)
        try:
            while True:
                message = await receive()
                self.read += message.get("body", b"")
                if not message.get("more_body", False):
                    break
        except BodyTooSlow as error:
            self.status = error.status_code
        await send({"type": "http.response.start", "status": self.status, "headers": [(b"x-room", b"yes")]})
        await send({"type": "http.response.body", "body": b""})

    async def call(
        self,
        *headers: tuple[bytes, bytes],
        method: str = "POST",
        path: str = "/room",
        body: Receive | None = None,
        client: Any = ("192.0.2.7", 1),
    ) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Status and headers of the answer."""
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": list(headers), "client": client}
        await self.hallway(scope, body or pieces([b""]), send)
        return sent[0]["status"], sent[0]["headers"]

    def events(self) -> list[dict[str, Any]]:
        """What was logged."""
        return [msgspec.json.decode(line) for line in self.logged.getvalue().splitlines()]


def pieces(parts: Iterable[bytes]) -> Receive:
    """A body that arrives in parts, then the disconnect."""
    rest = list(parts)

    async def receive() -> Message:
        if not rest:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": rest.pop(0), "more_body": bool(rest)}

    return receive


def never() -> Receive:
    """A body of which one byte arrives."""
    first = [{"type": "http.request", "body": b"a", "more_body": True}]

    async def receive() -> Message:
        if first:
            return first.pop()
        silence: Message = await asyncio.get_running_loop().create_future()
        return silence

    return receive


async def test_each_answer_gets_an_id_of_ours_and_echoes_a_well_formed_one() -> None:
    house = House()
    ids = set()
    for theirs, echoed in (
        (b"till-7_A.b", True), (b"x" * 64, True), (b"x" * 65, False), (b"", False), (b"a b", False), (b"a\r\nb: c", False),
        (b"a\n", False), (b"\xff", False), ("é".encode(), False),
    ):  # fmt: skip
        _, headers = await house.call((b"x-request-id", theirs))
        named = dict(headers)
        ids.add(named[b"x-request-id"])
        assert named.get(b"x-client-request-id") == (theirs if echoed else None)
        assert house.facts is not None
        assert house.facts.request_id.encode() == named[b"x-request-id"] != theirs
    assert len(ids) == 9


async def test_facts_hold_source_and_agent() -> None:
    house = House(proxies="192.0.2.0/24")
    await house.call(
        (b"user-agent", b"till/\xe9" + b"x" * 300), (b"x-forwarded-for", b"198.51.100.1"), (b"x-forwarded-for", b"203.0.113.5")
    )
    assert house.facts is not None
    assert house.facts.source == "203.0.113.5"
    assert house.facts.agent == "till/é" + "x" * 194
    await house.call(client=None)
    assert house.facts.source == ""


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"1"), (b"transfer-encoding", b"chunked")],
        [(b"transfer-encoding", b"chunked"), (b"content-length", b"1")],
        [(b"content-length", b"1"), (b"content-length", b"1")],
        [(b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")],
        [(b"host", b"a"), (b"host", b"a")],
    ],
)
async def test_a_request_whose_end_or_host_is_not_clear_reaches_no_room(headers: list[tuple[bytes, bytes]]) -> None:
    house = House()
    status, answered = await house.call(*headers, body=pieces([b"a"]))
    assert status == 400
    assert house.facts is None
    assert dict(answered)[b"connection"] == b"close"
    assert dict(answered)[b"x-request-id"]
    assert house.events()[-1]["event"] == "http.refused"


async def test_the_refusal_of_unclear_framing_is_worded_by_whom_the_hallway_is_given() -> None:
    async def refuse(_scope: Any, _receive: Receive, send: Any, error: HTTPException) -> None:
        await send({"type": "http.response.start", "status": error.status_code, "headers": [(b"worded", b"yes")]})
        await send({"type": "http.response.body", "body": b""})

    _, answered = await House(refuse=refuse).call((b"host", b"a"), (b"host", b"b"))
    assert (b"worded", b"yes") in answered


async def test_a_body_that_trickles_is_given_up_on_and_the_connection_closed() -> None:
    house = House(body_seconds=0.2)
    started = asyncio.get_running_loop().time()
    status, answered = await house.call((b"content-length", b"10"), body=never())
    assert status == 408
    assert dict(answered)[b"connection"] == b"close"
    assert asyncio.get_running_loop().time() - started < 5


async def test_a_whole_body_may_be_answered_slowly() -> None:
    async def slow(scope: Any, receive: Receive, send: Any) -> None:
        await receive()
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(1.5)
        assert not waiting.done()
        waiting.cancel()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    whole = [{"type": "http.request", "body": b"a", "more_body": False}]

    async def receive() -> Message:
        return whole.pop() if whole else await asyncio.get_running_loop().create_future()

    status, _ = await House(body_seconds=0.2, room=slow).call((b"content-length", b"1"), body=receive)
    assert status == 200


async def test_what_an_early_answer_leaves_unread_is_read_up_to_a_limit() -> None:
    async def early(_scope: Any, _receive: Receive, send: Any) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    left = [b"x" * 1_000_000] * 30

    async def receive() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": bool(left)}

    await House(room=early).call((b"content-length", b"30000000"), body=receive)
    assert 10 <= len(left) <= 15
    rest = [b"x"] * 5

    async def short() -> Message:
        return {"type": "http.request", "body": rest.pop(), "more_body": bool(rest)}

    await House(room=early).call((b"content-length", b"5"), body=short)
    assert not rest


async def test_refusals_are_logged_with_what_finds_them_again_and_successes_are_not() -> None:
    house = House()
    await house.call(path="/" + "x" * 500)
    assert house.events() == []
    house.status = 418
    _, headers = await house.call((b"x-request-id", b"mine"), path="/" + "x" * 500)
    (event,) = house.events()
    assert event["request_id"].encode() == dict(headers)[b"x-request-id"]
    assert event["client_request_id"] == "mine"
    assert event["source"] == "192.0.2.7"
    assert event["status"] == 418
    assert len(event["path"]) == 200


async def test_any_method_is_counted_and_unknown_ones_together() -> None:
    house = House()
    for method in ("GET", "POST", "BREW", "X" * 1000, "PROPFIND"):
        await house.call(method=method)
    shown = house.metrics.render().decode()
    assert 'powerepos_http_requests_total{method="other",status="200"} 3.0' in shown
    assert 'powerepos_http_requests_total{method="GET",status="200"} 1.0' in shown
    assert "BREW" not in shown
