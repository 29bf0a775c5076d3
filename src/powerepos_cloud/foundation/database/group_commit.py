"""Group commit: writing units gather while the disk is busy, and share its next turn.

Statements run on the event loop, where they take microseconds; only COMMIT, which waits for the disk, runs in a thread, and
the next group gathers meanwhile. So no answer leaves before its commit returned, and the disk is waited for once per group.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Awaitable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from powerepos_cloud.foundation.database.base import DatabaseUnavailable, Pending, Session, Unit

T = TypeVar("T")

_GROUP_LIMIT = 256
_BUSY_RETRY_SECONDS = 0.002
_BUSY_GIVE_UP_SECONDS = 10.0


class _Item:
    __slots__ = ("claimed", "deadline", "durable", "unit")

    def __init__(self, unit: Unit[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.unit = unit
        self.claimed: asyncio.Future[Any] = loop.create_future()
        self.durable: asyncio.Future[Any] = loop.create_future()
        self.deadline = loop.time() + _BUSY_GIVE_UP_SECONDS

    def fail(self, error: BaseException) -> None:
        for future in (self.claimed, self.durable):
            if not future.done():
                future.set_exception(error)
                future.exception()  # marked as seen: a caller waits for one of the two only


class GroupCommit:
    """Gathers writing units and commits them together. One per SQLite database and process."""

    def __init__(self, session: Session, raw: sqlite3.Connection) -> None:
        self._session = session
        self._raw = raw
        self._queue: deque[_Item] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")
        self._committing = False
        self._scheduled = False
        self._idle = asyncio.Event()
        self._idle.set()

    def submit(self, unit: Unit[T]) -> Pending[T]:
        """Queue the unit. It fails with `DatabaseUnavailable` if another process keeps the write lock for ten seconds."""
        loop = asyncio.get_running_loop()
        item = _Item(unit, loop)
        self._queue.append(item)
        self._idle.clear()
        self._schedule(loop)
        return Pending(item.claimed, item.durable)

    async def close(self) -> None:
        """Wait until everything queued is durable or failed."""
        await self._idle.wait()
        self._thread.shutdown()

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._scheduled and not self._committing:
            self._scheduled = True
            loop.call_soon(self._flush, loop)

    def _flush(self, loop: asyncio.AbstractEventLoop) -> None:
        self._scheduled = False
        if not self._begin(loop):
            return
        survivors: list[tuple[_Item, Any]] = []
        try:
            self._run_waiting(survivors)
        except sqlite3.Error as error:  # a full disk, say: SQLite has rolled back the whole transaction by itself
            self._lose(survivors, f"the transaction was lost: {error}")
        if not survivors:
            self._lose(survivors, "nothing to commit")
            self._settle(loop)
            return
        self._committing = True
        commit = loop.run_in_executor(self._thread, self._raw.execute, "COMMIT")
        commit.add_done_callback(lambda done: self._committed(loop, survivors, done.exception()))

    def _begin(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Take SQLite's write lock without waiting for it: a wait inside SQLite would stop the whole loop."""
        try:
            self._raw.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            away = not is_busy(error)
            while self._queue and (away or self._queue[0].deadline < loop.time()):
                self._queue.popleft().fail(DatabaseUnavailable(str(error)))
            if self._queue:
                self._scheduled = True
                loop.call_later(_BUSY_RETRY_SECONDS, self._flush, loop)
            else:
                self._idle.set()
            return False
        return True

    def _run_waiting(self, survivors: list[tuple[_Item, Any]]) -> None:
        """Run each waiting unit in a savepoint of its own, so that one that fails takes no neighbour with it.

        Adds those that did not fail to `survivors`. Raises `sqlite3.Error` if the transaction is gone.
        """
        execute = self._raw.execute
        while self._queue and len(survivors) < _GROUP_LIMIT:
            execute("SAVEPOINT unit")
            item = self._queue.popleft()
            try:
                result = run_now(item.unit(self._session))
            except Exception as error:
                item.fail(error)
                execute("ROLLBACK TO unit")
                execute("RELEASE unit")
            else:
                survivors.append((item, result))
                execute("RELEASE unit")
                if not item.claimed.done():  # its caller may have gone away; the deed is done all the same
                    item.claimed.set_result(result)

    def _committed(
        self, loop: asyncio.AbstractEventLoop, survivors: list[tuple[_Item, Any]], error: BaseException | None
    ) -> None:
        self._committing = False
        if error is None:
            for item, result in survivors:
                if not item.durable.done():
                    item.durable.set_result(result)
        else:
            self._lose(survivors, f"the commit failed: {error}")
        self._settle(loop)

    def _lose(self, survivors: list[tuple[_Item, Any]], reason: str) -> None:
        """Roll back what is left of the transaction, and tell everybody in it."""
        with suppress(sqlite3.Error):
            self._raw.execute("ROLLBACK")
        for item, _ in survivors:
            item.fail(DatabaseUnavailable(reason))
        survivors.clear()

    def _settle(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._queue:
            self._schedule(loop)
        else:
            self._idle.set()


def run_now(awaitable: Awaitable[T]) -> T:
    """Drive a coroutine that never suspends to its end. Raises `RuntimeError` if it waits for anything."""
    coroutine: Generator[Any, None, T] = awaitable.__await__()
    try:
        next(coroutine)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise RuntimeError("a unit waited for something outside its own session")


def result_code(error: BaseException) -> int:
    """SQLite's extended result code; 0 where the error is the driver's own."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection has the lock just now."""
    return (result_code(error) & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
