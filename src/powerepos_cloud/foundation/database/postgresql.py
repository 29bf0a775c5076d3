"""PostgreSQL through SQLAlchemy Core's asyncpg engine; each unit has a transaction of its own."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Executable, Row, event
from sqlalchemy import exc as sa_exc
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

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

_TRIES = 12
_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 30
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,  # the connection is closed
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, a crash, a statement timeout
    asyncpg.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby
)


class _TryAgain(DatabaseUnavailable):
    """A serialization failure or deadlock (SQLSTATE 40001, 40P01): the unit may simply run again."""


class PostgresqlSession(Session):
    """One connection in autocommit; transactions are begun and ended by `PostgresqlDatabase`."""

    def __init__(self, connection: AsyncConnection, raw: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.connection = connection
        self.raw = raw

    async def hot(self, statement: Hot, *values: Any) -> Sequence[Sequence[Any]]:
        try:
            rows: Sequence[Sequence[Any]] = await self.raw.fetch(statement.postgresql, *values)
        except Exception as error:
            raise _translated(error) from error
        return rows

    async def control(self, command: str) -> None:
        """Begin or end a transaction."""
        try:
            await self.raw.execute(command)
        except Exception as error:
            raise _translated(error) from error

    async def all(self, statement: Executable, values: Any = None) -> Sequence[Row[Any]]:
        try:
            return (await self.connection.execute(statement, values)).all()
        except sa_exc.DBAPIError as error:
            raise _translated(error) from error

    async def run(self, statement: Executable, values: Any = None) -> None:
        try:
            (await self.connection.execute(statement, values)).close()
        except sa_exc.DBAPIError as error:
            raise _translated(error) from error


class _Reader(Session):
    """Single reading statements, each on a pooled connection in autocommit."""

    def __init__(self, database: "PostgresqlDatabase") -> None:
        self._database = database

    async def hot(self, statement: Hot, *values: Any) -> Sequence[Sequence[Any]]:
        async with self._database.session() as session:
            return await session.hot(statement, *values)

    async def all(self, statement: Executable, values: Any = None) -> Sequence[Row[Any]]:
        async with self._database.session() as session:
            return await session.all(statement, values)

    async def run(self, statement: Executable, values: Any = None) -> None:
        raise NotImplementedError("a reader runs no statement that writes")


class PostgresqlDatabase(Database):
    """A PostgreSQL database."""

    dialect = "postgresql"

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._engine = create_async_engine(
            url,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            pool_size=10,
            max_overflow=10,
            pool_timeout=_CONNECT_SECONDS,
            connect_args={"timeout": _CONNECT_SECONDS, "command_timeout": _STATEMENT_SECONDS},
        )
        event.listen(self._engine.sync_engine, "checkout", _refuse_closed)
        event.listen(self._engine.sync_engine, "before_execute", guard_tenants)
        self._reader = _Reader(self)
        self._running: set[asyncio.Task[None]] = set()

    @property
    def reader(self) -> Session:
        return self._reader

    @asynccontextmanager
    async def session(self, begin: str | None = None) -> AsyncIterator[PostgresqlSession]:
        """A session on a pooled connection, inside a transaction if `begin` says how it begins.

        Raises `DatabaseUnavailable` if there is no connection to be had.
        """
        try:
            connection = await self._engine.connect()
        except (sa_exc.SQLAlchemyError, asyncpg.PostgresError, *_AWAY) as error:
            raise DatabaseUnavailable(str(error)) from error
        try:
            session = PostgresqlSession(connection, await _driver(connection))
            try:
                if begin is not None:
                    await session.control(begin)
                yield session
            finally:
                await _leave_clean(session)
        finally:
            await asyncio.shield(connection.close())  # a caller that goes away leaks no connection

    async def read(self, unit: Unit[T]) -> T:
        async with self.session("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as session:
            result = await unit(session)
            await session.control("COMMIT")
            return result

    def submit(self, unit: Unit[T]) -> Pending[T]:
        loop = asyncio.get_running_loop()
        pending: Pending[T] = Pending(loop.create_future(), loop.create_future())
        task = loop.create_task(self._write(unit, pending))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return pending

    async def close(self) -> None:
        while self._running:
            await asyncio.wait(self._running)
        await self._engine.dispose()

    async def _write(self, unit: Unit[T], pending: Pending[T]) -> None:
        """Run the unit in its own transaction, again where PostgreSQL asks for it.

        A caller that waits on `claimed` may act on it before the commit, so a unit that was claimed is never run again.
        """
        try:
            for attempt in range(_TRIES):
                try:
                    async with self.session("BEGIN") as session:
                        result = await unit(session)
                        if not pending.claimed.done():
                            pending.claimed.set_result(result)
                        await _commit(session)
                        break
                except _TryAgain as error:
                    if pending.claimed.done() or attempt == _TRIES - 1:
                        raise DatabaseUnavailable("too much contention") from error
                    await asyncio.sleep(random.uniform(0.001, 0.01) * (attempt + 1))  # noqa: S311 - spreads retries
        except BaseException as error:
            for future in (pending.claimed, pending.durable):
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # marked as seen: a caller waits for one of the two only
        else:
            if not pending.durable.done():
                pending.durable.set_result(result)


async def _commit(session: PostgresqlSession) -> None:
    try:
        await session.control("COMMIT")
    except DatabaseUnavailable:
        raise
    except Exception as error:
        raise DatabaseUnavailable(f"the commit failed: {error}") from error


async def _leave_clean(session: PostgresqlSession) -> None:
    """End a transaction that broke off, or give the connection up, so that the pool never hands it on."""
    try:
        if session.raw.is_in_transaction():
            await session.control("ROLLBACK")
    except DatabaseUnavailable:
        await session.connection.invalidate()


def _refuse_closed(connection: Any, _record: Any, _proxy: Any) -> None:
    """The pool's `checkout` listener: a connection that the database has closed meanwhile is replaced."""
    if connection.driver_connection.is_closed():
        raise sa_exc.DisconnectionError


async def _driver(connection: AsyncConnection) -> "asyncpg.Connection[asyncpg.Record]":
    raw: asyncpg.Connection[asyncpg.Record] = (await connection.get_raw_connection()).driver_connection
    return raw


def _translated(error: BaseException) -> BaseException:
    """Our exception for the driver's, whether it came wrapped by SQLAlchemy or not; else the error itself."""
    wrapped = getattr(error, "orig", None)
    cause = error if wrapped is None or wrapped.__cause__ is None else wrapped.__cause__
    if isinstance(cause, asyncpg.UniqueViolationError):
        return UniqueViolation(str(cause))
    if isinstance(cause, asyncpg.SerializationError | asyncpg.DeadlockDetectedError):
        return _TryAgain(str(cause))
    # An argument of the wrong type is an InterfaceError too, and a ValueError: a fault of the program.
    if isinstance(cause, _AWAY) and not isinstance(cause, ValueError):
        return DatabaseUnavailable(str(cause))
    return error
