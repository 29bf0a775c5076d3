"""PostgreSQL through SQLAlchemy Core's asyncpg engine; each unit has a transaction of its own."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Executable, Row, event
from sqlalchemy import exc as sa_exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from powerepos_cloud.foundation.database.base import (
    LONG_READ_SECONDS,
    Database,
    DatabaseUnavailable,
    Hot,
    Pending,
    Session,
    TookTooLong,
    UniqueViolation,
    Unit,
)
from powerepos_cloud.foundation.database.bulk import Bulk, Columns
from powerepos_cloud.foundation.database.tenants import TenantGuard

T = TypeVar("T")

_TRIES = 12
_POOL_SIZE = 10
_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 30
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,  # the connection is closed
    asyncpg.InternalClientError,  # it is being closed: the server's farewell came between two statements
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

    dialect = "postgresql"

    def __init__(self, connection: AsyncConnection, raw: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.connection = connection
        self.raw = raw

    async def hot(self, statement: Hot, *values: Any) -> Sequence[Sequence[Any]]:
        try:
            rows: Sequence[Sequence[Any]] = await self.raw.fetch(statement.postgresql, *values)
        except Exception as error:
            raise _translated(error) from error
        return rows

    async def hot_many(self, statement: Hot, rows: Sequence[Sequence[Any]]) -> None:
        try:
            await self.raw.executemany(statement.postgresql, rows)
        except Exception as error:
            raise _translated(error) from error

    async def insert(self, bulk: Bulk, columns: Columns) -> None:
        try:
            await self.raw.execute(bulk.postgresql, *columns)
        except Exception as error:
            raise _translated(error) from error

    def listed(self, values: Sequence[int] | Sequence[str]) -> Any:
        return list(values)

    async def control(self, command: str) -> str:
        """Begin or end a transaction; what PostgreSQL says that it did."""
        try:
            done: str = await self.raw.execute(command)
        except Exception as error:
            raise _translated(error) from error
        return done

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

    dialect = "postgresql"

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def hot(self, statement: Hot, *values: Any) -> Sequence[Sequence[Any]]:
        async with _session(self._engine) as session:
            return await session.hot(statement, *values)

    async def all(self, statement: Executable, values: Any = None) -> Sequence[Row[Any]]:
        async with _session(self._engine) as session:
            return await session.all(statement, values)

    async def hot_many(self, statement: Hot, rows: Sequence[Sequence[Any]]) -> None:
        async with _session(self._engine) as session:
            await session.hot_many(statement, rows)

    async def insert(self, bulk: Bulk, columns: Columns) -> None:
        async with _session(self._engine) as session:
            await session.insert(bulk, columns)

    def listed(self, values: Sequence[int] | Sequence[str]) -> Any:
        return list(values)

    async def run(self, statement: Executable, values: Any = None) -> None:
        async with _session(self._engine) as session:
            await session.run(statement, values)


class PostgresqlDatabase(Database):
    """A PostgreSQL database. Readers have connections of their own, on which PostgreSQL refuses every write."""

    dialect = "postgresql"

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._writing = _engine(url)
        self._reading = _engine(url, default_transaction_read_only="on")
        self._reader = _Reader(self._reading)
        self._running: set[asyncio.Task[None]] = set()

    @property
    def reader(self) -> Session:
        return self._reader

    async def read(self, unit: Unit[T]) -> T:
        async with _session(self._reading, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as session:
            result = await unit(session)
            await session.control("COMMIT")
            return result

    async def read_long(self, unit: Unit[T], seconds: float = LONG_READ_SECONDS) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await self.read(unit)
        except TimeoutError as error:
            raise TookTooLong(f"stopped after {seconds} s") from error

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
        await self._writing.dispose()
        await self._reading.dispose()

    async def _write(self, unit: Unit[T], pending: Pending[T]) -> None:
        """Run the unit in its own transaction, again where PostgreSQL asks for it.

        A caller that waits on `claimed` may act on it before the commit, so a unit that was claimed is never run again.
        """
        try:
            for attempt in range(_TRIES):
                try:
                    async with _session(self._writing, "BEGIN") as session:
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


def _engine(url: str, **settings: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        pool_size=_POOL_SIZE,
        max_overflow=0,
        pool_timeout=_CONNECT_SECONDS,
        connect_args={"timeout": _CONNECT_SECONDS, "command_timeout": _STATEMENT_SECONDS, "server_settings": settings},
    )
    event.listen(engine.sync_engine, "checkout", _refuse_unfit)
    event.listen(engine.sync_engine, "before_execute", TenantGuard().check)
    return engine


@asynccontextmanager
async def _session(engine: AsyncEngine, begin: str | None = None) -> AsyncIterator[PostgresqlSession]:
    """A session on a pooled connection, inside a transaction if `begin` says how it begins.

    Raises `DatabaseUnavailable` if there is no connection to be had.
    """
    try:
        connection = await engine.connect()
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


async def _commit(session: PostgresqlSession) -> None:
    try:
        done = await session.control("COMMIT")
    except DatabaseUnavailable:
        raise
    except Exception as error:
        raise DatabaseUnavailable(f"the commit failed: {error}") from error
    if done != "COMMIT":  # PostgreSQL answers COMMIT after an error with a roll-back, and calls that a success
        raise RuntimeError("a unit went on after one of its statements had failed: nothing was stored")


async def _leave_clean(session: PostgresqlSession) -> None:
    """End a transaction that broke off, or give the connection up, so that the pool never hands it on."""
    try:
        if session.raw.is_in_transaction():
            await session.control("ROLLBACK")
    except DatabaseUnavailable:
        await session.connection.invalidate()


def _refuse_unfit(connection: Any, _record: Any, _proxy: Any) -> None:
    """The pool's `checkout` listener: what the database has closed meanwhile, or somebody left halfway, is replaced."""
    raw = connection.driver_connection
    if raw.is_closed() or raw.is_in_transaction():
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
