"""Long reads of a SQLite file: two threads, each with a connection that cannot write, so that the event loop never waits."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from powerepos_cloud.foundation.database.base import DatabaseUnavailable, Session, TookTooLong, Unit
from powerepos_cloud.foundation.database.group_commit import run_now

T = TypeVar("T")

_THREADS = 2
_MOST_WAITING = 16
_STEPS_BETWEEN_LOOKS = 20_000  # of SQLite's virtual machine: well under a millisecond


class LongReads:
    """Runs units in threads. `connect` opens a session and its raw connection."""

    def __init__(self, connect: "Callable[[], tuple[Session, sqlite3.Connection]]") -> None:
        self._connect = connect
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="long-read")
        self._mine = threading.local()
        self._opened: list[tuple[Any, sqlite3.Connection]] = []
        self._waiting = 0

    async def run(self, unit: Unit[T], seconds: float) -> T:
        """The unit's result, from one snapshot. Raises `TookTooLong`, `DatabaseUnavailable`, what the unit raises."""
        if self._waiting >= _MOST_WAITING:
            raise DatabaseUnavailable("too many long reads wait already")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, unit, seconds)
        finally:
            self._waiting -= 1

    def _read(self, unit: Unit[T], seconds: float) -> T:
        session, raw = self._session()
        until = time.monotonic() + seconds
        raw.set_progress_handler(lambda: int(time.monotonic() > until), _STEPS_BETWEEN_LOOKS)
        raw.execute("BEGIN")
        try:
            return run_now(unit(session))
        except DatabaseUnavailable as error:
            if time.monotonic() > until:
                raise TookTooLong(f"stopped after {seconds} s") from error
            raise
        finally:
            raw.set_progress_handler(None, 0)
            raw.execute("ROLLBACK")

    def _session(self) -> tuple[Session, sqlite3.Connection]:
        """This thread's connection; made at its first use."""
        if not hasattr(self._mine, "opened"):
            self._mine.opened = self._connect()
            self._opened.append(self._mine.opened)
        opened: tuple[Session, sqlite3.Connection] = self._mine.opened
        return opened

    async def close(self) -> None:
        """Wait for what runs, then let go of the connections."""
        await asyncio.to_thread(self._threads.shutdown, wait=True)
        for session, _ in self._opened:
            session.connection.close()
