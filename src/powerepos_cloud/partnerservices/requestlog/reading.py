"""The request log as a partner reads it: what its clients did here for the organisations that it is connected with.

Pages name the pairs of organisation and client, so that nothing of another partner's is even looked at.
"""

import heapq
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, exists, select

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.requestlog.tables import request_bodies, request_log

Pair = tuple[str, str]
"""An organisation's `kapow` and a ClientID."""


class LoggedCall(msgspec.Struct, frozen=True):
    """A call. `outcomes` counts outcomes and codes; `has_body` says whether what was sent is kept. `at` in ms."""

    id: str
    kapow: str
    client_id: str
    outlet_id: str | None
    endpoint: str
    status: int
    outcomes: dict[str, int]
    client_request_id: str | None
    at: int
    has_body: bool

    @property
    def is_refused(self) -> bool:
        """Whether it was answered by an error."""
        return self.status >= 400

    @property
    def rejected(self) -> int:
        """How many of its records were rejected."""
        return self.outcomes.get("rejected", 0)


class KeptBody(msgspec.Struct, frozen=True):
    """What was sent and answered, redacted."""

    body: str
    answer: str


class Wanted(msgspec.Struct, frozen=True):
    """What to show: `result` is empty, `rejected` (records rejected) or `refused` (an error as a whole)."""

    result: str = ""
    endpoint: str = ""
    before: tuple[int, str] | None = None
    """The instant and ID to go on after."""


_NAMES = ("id", "kapow", "client_id", "outlet_id", "endpoint", "status", "outcomes", "client_request_id", "at")
_REJECTED = request_log.c.outcomes.contains('"rejected":', autoescape=True)


async def page(session: Session, pairs: Sequence[Pair], wanted: Wanted, limit: int) -> list[LoggedCall]:
    """The newest calls of these pairs first, at most `limit`. Each pair is read by its own index."""
    parts = [await _of_pair(session, pair, wanted, limit) for pair in pairs]
    merged = heapq.merge(*parts, key=lambda call: (call.at, call.id), reverse=True)
    return [call for call, _ in zip(merged, range(limit), strict=False)]


async def find(session: Session, pairs: Sequence[Pair], request_id: str) -> LoggedCall | None:
    """The call of this request ID, if it is one of these pairs'."""
    row = await session.first(
        _columns().where(request_log.c.id == request_id, request_log.c.kapow.in_([kapow for kapow, _ in pairs]))
    )
    return _call(row) if row is not None and (row.kapow, row.client_id) in set(pairs) else None


async def kept_body(session: Session, call: LoggedCall) -> KeptBody | None:
    """What was sent and answered, where it is kept: batches and orders with something rejected, for a fortnight."""
    wanted = select(request_bodies.c.body, request_bodies.c.answer).where(
        request_bodies.c.kapow == call.kapow, request_bodies.c.client_id == call.client_id, request_bodies.c.id == call.id
    )
    row = await session.first(wanted)
    return None if row is None else KeptBody(*tuple(row))


async def newest_of_each(session: Session, pairs: Sequence[Pair]) -> dict[Pair, tuple[LoggedCall, LoggedCall | None]]:
    """Pair → its last call, and its last one that went wrong; pairs that never called are left out."""
    found: dict[Pair, tuple[LoggedCall, LoggedCall | None]] = {}
    for pair in pairs:
        for last in await _of_pair(session, pair, Wanted(), 1):
            wrong = [
                *await _of_pair(session, pair, Wanted("rejected"), 1),
                *await _of_pair(session, pair, Wanted("refused"), 1),
            ]
            found[pair] = last, max(wrong, key=lambda call: call.at, default=None)
    return found


async def _of_pair(session: Session, pair: Pair, wanted: Wanted, limit: int) -> list[LoggedCall]:
    kapow, client_id = pair
    statement = (
        _columns()
        .where(request_log.c.kapow == kapow, request_log.c.client_id == client_id, *_conditions(wanted))
        .order_by(request_log.c.at.desc(), request_log.c.id.desc())
        .limit(limit)
    )
    return [_call(row) for row in await session.all(statement)]


def _conditions(wanted: Wanted) -> list["ColumnElement[bool]"]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.result == "refused":
        conditions.append(request_log.c.status >= 400)
    elif wanted.result == "rejected":
        conditions.append(_REJECTED)
    if wanted.endpoint:
        conditions.append(request_log.c.endpoint == wanted.endpoint)
    if wanted.before is not None:
        at, last_id = wanted.before
        conditions.append((request_log.c.at < at) | ((request_log.c.at == at) & (request_log.c.id < last_id)))
    return conditions


def _columns() -> Any:
    kept = exists().where(
        request_bodies.c.id == request_log.c.id,
        request_bodies.c.kapow == request_log.c.kapow,
        request_bodies.c.client_id == request_log.c.client_id,
    )
    return select(*(request_log.c[name] for name in _NAMES), kept.label("has_body"))


def _call(row: Row[Any]) -> LoggedCall:
    values = row._asdict()
    outcomes = msgspec.json.decode(values["outcomes"], type=dict[str, int])
    return LoggedCall(**{**values, "outcomes": outcomes, "has_body": bool(values["has_body"])})
