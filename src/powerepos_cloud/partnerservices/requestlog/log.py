"""Writes the request log after the answer, best effort: a call never fails, nor waits, because it could not be noted."""

import asyncio
from typing import Any

from litestar import Request

from powerepos_cloud.foundation.background import Background
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, DatabaseUnavailable
from powerepos_cloud.http.facts import facts_of, on_answered, refused_with
from powerepos_cloud.observability.logs import Log
from powerepos_cloud.partnerservices.requestlog import store
from powerepos_cloud.partnerservices.requestlog.store import Call
from powerepos_cloud.resourceserver.caller import Caller

_HOUSEKEEPING_SECONDS = 60
_PIECE = 200


class RequestLog(Background):
    """One per Partner Services database."""

    def __init__(self, database: Database, clock: Clock, log: Log) -> None:
        self._database = database
        self._clock = clock
        self._log = log
        self._pending: set[asyncio.Future[None]] = set()

    def begin(self, request: "Request[Any, Any, Any]", caller: Caller, endpoint: str) -> Call:
        """Note this call once it is answered; until then its facts may be filled in."""
        facts = facts_of(request.scope)
        call = Call(facts.request_id, facts.client_request_id, caller.kapow, caller.client_id, endpoint, self._clock.now_ms())
        on_answered(request.scope, lambda status: self._note(call, status, refused_with(request.scope)))
        return call

    def _note(self, call: Call, status: int, code: str | None) -> None:
        if code is not None and not call.outcomes:
            call.outcomes = {code: 1}
        pending = self._database.submit(lambda session: store.add(session, call, status))
        self._pending.add(pending.durable)
        pending.durable.add_done_callback(self._look)

    def _look(self, done: "asyncio.Future[None]") -> None:
        self._pending.discard(done)
        if not done.cancelled() and done.exception() is not None:
            self._log.warning("request_log.lost", reason=type(done.exception()).__name__)

    async def settled(self) -> None:
        """Wait until every call noted so far is stored, or lost."""
        if self._pending:
            await asyncio.wait(self._pending)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING_SECONDS)
            gone = _PIECE
            while gone == _PIECE:
                try:
                    now = self._clock.now_ms()
                    gone = await self._database.write(lambda session: store.delete_outlived(session, now, _PIECE))  # noqa: B023
                except DatabaseUnavailable as error:
                    self._log.warning("request_log.housekeeping_postponed", reason=str(error))
                    gone = 0
