"""SQLite: one writer whose commits are shared by everything that waits (group commit), one reader, both on the event loop.

Statements run on the loop, where they take microseconds; only COMMIT, which waits for the disk, runs in a thread, and the
next group gathers meanwhile. So no answer leaves before its commit returned, and the disk is waited for once per group.
"""

import asyncio
import os
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Row, create_engine, event
from sqlalchemy import exc as sa_exc
from sqlalchemy.pool import NullPool

from powerepos_cloud.foundation.database.base import (
    Database,
    DatabaseUnavailable,
    Hot,
    Pending,
    Session,
    UniqueViolation,
    Unit,
)
from powerepos_cloud.foundation.database.tenants import guard_tenants

T = TypeVar("T")

_GROUP_LIMIT = 256
_BUSY_RETRY_SECONDS = 0.002
_BUSY_GIVE_UP_SECONDS = 10.0
_OPEN_TRIES = 200


class SqliteSession(Session):
    """Runs at once: its coroutines never really suspend."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        self.raw: sqlite3.Connection = raw

    async def hot(self, statement: Hot, *values: Any) -> Sequence[Sequence[Any]]:
        try:
            rows: list[Sequence[Any]] = self.raw.execute(statement.sqlite, values).fetchall()
        except sqlite3.IntegrityError as error:
            raise UniqueViolation(str(error)) from error
        except sqlite3.OperationalError as error:
            raise DatabaseUnavailable(str(error)) from error
        return rows

    async def all(self, statement: Executable, values: Any = None) -> Sequence[Row[Any]]:
        rows: Sequence[Row[Any]] = self._execute(statement, values).all()
        return rows

    async def run(self, statement: Executable, values: Any = None) -> None:
        self._execute(statement, values).close()

    def _execute(self, statement: Executable, values: Any) -> Any:
        try:
            return self.connection.execute(statement, values)
        except sa_exc.IntegrityError as error:
            raise UniqueViolation(str(error.orig)) from error
        except sa_exc.OperationalError as error:
            raise DatabaseUnavailable(str(error.orig)) from error


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

    def __init__(self, session: SqliteSession) -> None:
        self._session = session
        self._raw = session.raw
        self._queue: deque[_Item] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")
        self._committing = False
        self._scheduled = False
        self._idle = asyncio.Event()
        self._idle.set()

    def submit(self, unit: Unit[T]) -> Pending[T]:
        loop = asyncio.get_running_loop()
        item = _Item(unit, loop)
        self._queue.append(item)
        self._idle.clear()
        self._schedule(loop)
        return Pending(item.claimed, item.durable)

    async def close(self) -> None:
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
        survivors = self._run_waiting()
        if not survivors:
            self._raw.execute("ROLLBACK")
            self._settle(loop)
            return
        self._committing = True
        commit = loop.run_in_executor(self._thread, self._raw.execute, "COMMIT")
        commit.add_done_callback(lambda done: self._committed(loop, survivors, done.exception()))

    def _begin(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Take SQLite's write lock without waiting for it: a wait inside SQLite would stop the whole loop."""
        try:
            self._raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            away = not _is_busy(error)
            while self._queue and (away or self._queue[0].deadline < loop.time()):
                self._queue.popleft().fail(DatabaseUnavailable(str(error)))
            if self._queue:
                self._scheduled = True
                loop.call_later(_BUSY_RETRY_SECONDS, self._flush, loop)
            else:
                self._idle.set()
            return False
        return True

    def _run_waiting(self) -> list[tuple[_Item, Any]]:
        """Run each waiting unit in a savepoint of its own, so that one that fails takes no neighbour with it."""
        survivors: list[tuple[_Item, Any]] = []
        execute = self._raw.execute
        while self._queue and len(survivors) < _GROUP_LIMIT:
            item = self._queue.popleft()
            execute("SAVEPOINT unit")
            try:
                result = run_now(item.unit(self._session))
            except Exception as error:
                execute("ROLLBACK TO unit")
                execute("RELEASE unit")
                item.fail(error)
            else:
                execute("RELEASE unit")
                if not item.claimed.done():  # its caller may have gone away; the deed is done all the same
                    item.claimed.set_result(result)
                survivors.append((item, result))
        return survivors

    def _committed(
        self, loop: asyncio.AbstractEventLoop, survivors: list[tuple[_Item, Any]], error: BaseException | None
    ) -> None:
        self._committing = False
        if error is None:
            for item, result in survivors:
                if not item.durable.done():
                    item.durable.set_result(result)
        else:
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")
            for item, _ in survivors:
                item.fail(DatabaseUnavailable(f"the commit failed: {error}"))
        self._settle(loop)

    def _settle(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._queue:
            self._schedule(loop)
        else:
            self._idle.set()


class SqliteDatabase(Database):
    """A file in WAL mode with `synchronous=FULL`."""

    dialect = "sqlite"

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        create_private_file(path)
        self._engine = create_engine(
            "sqlite://",
            creator=lambda: _connect(path),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
        )
        event.listen(self._engine, "before_execute", guard_tenants)
        self._writer = SqliteSession(self._engine.connect())
        self._reader = SqliteSession(self._engine.connect())
        self._reader.raw.execute("PRAGMA query_only = 1")
        self._group = GroupCommit(self._writer)

    @property
    def reader(self) -> Session:
        return self._reader

    async def read(self, unit: Unit[T]) -> T:
        # Nothing else runs between BEGIN and COMMIT: the unit never suspends.
        self._reader.raw.execute("BEGIN")
        try:
            return run_now(unit(self._reader))
        finally:
            self._reader.raw.execute("COMMIT")

    def submit(self, unit: Unit[T]) -> Pending[T]:
        return self._group.submit(unit)

    async def close(self) -> None:
        await self._group.close()
        self._reader.connection.close()
        self._writer.connection.close()
        self._engine.dispose()


def run_now(awaitable: Awaitable[T]) -> T:
    """Drive a coroutine that never suspends to its end. Raises `RuntimeError` if it waits for anything."""
    coroutine = awaitable.__await__()
    try:
        next(coroutine)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise RuntimeError("a unit waited for something outside its own session")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=0, check_same_thread=False, cached_statements=256, isolation_level=None)
    for attempt in range(_OPEN_TRIES):
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as error:  # another process is opening or closing the file just now
            if not _is_busy(error) or attempt == _OPEN_TRIES - 1:
                raise
            time.sleep(0.01)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 0")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return (error.sqlite_errorcode & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def create_private_file(path: Path) -> None:
    """Make the file where there is none, readable by its owner alone, before SQLite would make it readable by others."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
