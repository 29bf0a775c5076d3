"""SQLite: one writer whose commits are shared by everything that waits, one reader, both on the event loop."""

import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Executable, Row, create_engine, event
from sqlalchemy import exc as sa_exc
from sqlalchemy.pool import NullPool

from powerepos_cloud.foundation.database.base import (
    LONG_READ_SECONDS,
    Database,
    DatabaseUnavailable,
    Hot,
    Pending,
    Session,
    UniqueViolation,
    Unit,
)
from powerepos_cloud.foundation.database.bulk import Bulk, Columns
from powerepos_cloud.foundation.database.group_commit import GroupCommit, is_busy, result_code, run_now
from powerepos_cloud.foundation.database.long_reads import LongReads
from powerepos_cloud.foundation.database.tenants import TenantGuard

T = TypeVar("T")

_OPEN_TRIES = 200
_READER_BUSY_MS = 100
_UNIQUE = (
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_ROWID,
)
_FAULTS = (0, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE)


class SqliteSession(Session):
    """Runs at once: its coroutines never really suspend."""

    dialect = "sqlite"

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        self.raw: sqlite3.Connection = raw

    async def hot(self, statement: Hot, *values: Any) -> Sequence[Sequence[Any]]:
        try:
            rows: list[Sequence[Any]] = self.raw.execute(statement.sqlite, values).fetchall()
        except sqlite3.Error as error:
            raise _translated(error) from error
        return rows

    async def hot_many(self, statement: Hot, rows: Sequence[Sequence[Any]]) -> None:
        try:
            self.raw.executemany(statement.sqlite, rows)
        except sqlite3.Error as error:
            raise _translated(error) from error

    async def insert(self, bulk: Bulk, columns: Columns) -> None:
        try:
            for statement, rows in bulk.sqlite(columns):
                self.raw.executemany(statement, rows)
        except sqlite3.Error as error:
            raise _translated(error) from error

    def listed(self, values: Sequence[int] | Sequence[str]) -> Any:
        return msgspec.json.encode(values).decode()

    async def all(self, statement: Executable, values: Any = None) -> Sequence[Row[Any]]:
        try:
            rows: Sequence[Row[Any]] = self.connection.execute(statement, values).all()
        except sa_exc.DBAPIError as error:
            raise _translated(error) from error
        return rows

    async def run(self, statement: Executable, values: Any = None) -> None:
        try:
            self.connection.execute(statement, values).close()
        except sa_exc.DBAPIError as error:
            raise _translated(error) from error


class SqliteDatabase(Database):
    """A file in WAL mode with `synchronous=FULL`. Opening it raises `DatabaseUnavailable` if it is no such file."""

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
        event.listen(self._engine, "before_execute", TenantGuard().check)
        self._writer = SqliteSession(self._engine.connect())
        self._reader, _ = self._connect_reader()
        self._group = GroupCommit(self._writer, self._writer.raw)
        self._long_reads = LongReads(self._connect_reader)

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

    async def read_long(self, unit: Unit[T], seconds: float = LONG_READ_SECONDS) -> T:
        return await self._long_reads.run(unit, seconds)

    def submit(self, unit: Unit[T]) -> Pending[T]:
        return self._group.submit(unit)

    def _connect_reader(self) -> tuple[SqliteSession, sqlite3.Connection]:
        """A session that cannot write."""
        session = SqliteSession(self._engine.connect())
        session.raw.execute("PRAGMA query_only = 1")
        session.raw.execute("PRAGMA cache_size = -4000")
        # Only for the moment in which another process mends the log after a crash: readers wait for no writer in WAL mode.
        session.raw.execute(f"PRAGMA busy_timeout = {_READER_BUSY_MS}")
        return session, session.raw

    async def close(self) -> None:
        await self._long_reads.close()
        await self._group.close()
        self._reader.connection.close()
        self._writer.connection.close()
        self._engine.dispose()


def _connect(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, timeout=0, check_same_thread=False, cached_statements=256, isolation_level=None)
        _choose_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA cache_size = -12000")  # 12 MB: the hot pages of a busy file, within a worker's 150 MiB
        connection.execute("PRAGMA trusted_schema = OFF")
    except sqlite3.Error as error:
        raise DatabaseUnavailable(f"{path}: {error}") from error
    return connection


def _choose_wal(connection: sqlite3.Connection) -> None:
    for attempt in range(_OPEN_TRIES):
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as error:  # another process is opening or closing the file just now
            if not is_busy(error) or attempt == _OPEN_TRIES - 1:
                raise
            time.sleep(0.01)


def _translated(error: sqlite3.Error | sa_exc.DBAPIError) -> BaseException:
    """Our exception for the driver's, whether it came wrapped by SQLAlchemy or not; else the error itself."""
    cause = error.orig if isinstance(error, sa_exc.DBAPIError) else error
    assert cause is not None
    if result_code(cause) in _UNIQUE:
        return UniqueViolation(str(cause))
    # SQLITE_ERROR and a broken constraint are faults of the program; everything else is the file, its disk or its lock.
    if isinstance(cause, sqlite3.DatabaseError) and (result_code(cause) & 0xFF) not in _FAULTS:
        return DatabaseUnavailable(str(cause))
    return error


def create_private_file(path: Path) -> None:
    """Make the file where there is none, readable by its owner alone, before SQLite would make it readable by others."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
