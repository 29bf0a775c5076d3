"""What the endpoints of a room work with: admitting a caller, reading a body, writing, answering."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response

from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, DatabaseUnavailable, UniqueViolation, Unit
from powerepos_cloud.partnerservices.faults import malformed
from powerepos_cloud.partnerservices.requestlog.log import RequestLog
from powerepos_cloud.partnerservices.requestlog.store import Call
from powerepos_cloud.partnerservices.wire import JsonFault, write
from powerepos_cloud.resourceserver.access import Access
from powerepos_cloud.resourceserver.caller import Caller

T = TypeVar("T")
_TRIES = 8
_QUICKLY_READ = 256 * 1024


class Endpoints:
    """What the handlers work with."""

    def __init__(self, access: Access, database: Database, clock: Clock, request_log: RequestLog, docs_url: str) -> None:
        self.access = access
        self.docs_url = docs_url
        self.database = database
        self.clock = clock
        self.request_log = request_log
        self._large = asyncio.Lock()

    async def admit(self, request: Request[Any, Any, Any], permissions: tuple[str, ...]) -> tuple[Caller, Call]:
        """The caller, with at least one of these permissions, and the call as it will be noted."""
        caller = await self.access.admit(request.scope["headers"])
        call = self.request_log.begin(request, caller, f"{request.method} {request.scope['path'][:200]}")
        caller.require(*permissions)
        return caller, call

    async def read(self, reader: Callable[[bytes], T], raw: bytes) -> T:
        """What the reader makes of a body. Raises `Refusal` 400 for one that cannot be read at all.

        A large one may take long: it is read in a thread, one at a time, and nobody else's call waits for it.
        """
        try:
            if len(raw) <= _QUICKLY_READ:
                return reader(raw)
            async with self._large:
                return await asyncio.to_thread(reader, raw)
        except JsonFault as fault:
            raise malformed(fault) from None

    async def write(self, unit: Unit[T]) -> T:
        """Run a writing unit again where another sender was quicker to make the same record."""
        for _ in range(_TRIES):
            try:
                return await self.database.write(unit)
            except UniqueViolation:
                continue
        raise DatabaseUnavailable("too many senders at once")


def answered(model: msgspec.Struct) -> Response[bytes]:
    """200 with the model as JSON, never to be stored by a cache."""
    return Response(write(model), headers={"Cache-Control": "no-store"}, media_type="application/json")
