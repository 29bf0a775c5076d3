"""What a store function sees of a database, whichever of the two it is."""

import re
from abc import ABC, abstractmethod
from asyncio import Future
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Executable, Row

from powerepos_cloud.foundation.database.bulk import Bulk, Columns

T = TypeVar("T")

LONG_READ_SECONDS = 8.0
"""How long pages of figures, searches and exports may read."""


class DatabaseUnavailable(Exception):
    """The database is away, locked for too long, or could not commit; trying again is right.

    Nothing was stored, unless PostgreSQL broke the connection at the very COMMIT: then nobody can know, so deeds must bear
    being done twice.
    """


class TookTooLong(DatabaseUnavailable):
    """A long read was stopped at its time limit; asking for less is right."""


class UniqueViolation(Exception):
    """An insert or update met a row that already holds this unique value."""


class Hot:
    """A hand-written statement for the few hot paths, with `$1`, `$2` … as parameters.

    One text that both databases read, else a second one for SQLite. A list is passed as `session.listed(…)`, and taken by
    `= ANY($1)` on PostgreSQL, by `IN (SELECT value FROM json_each($1))` on SQLite.
    """

    __slots__ = ("postgresql", "sqlite")

    def __init__(self, postgresql: str, sqlite: str | None = None) -> None:
        self.postgresql = postgresql
        self.sqlite = re.sub(r"\$(\d+)", r"?\1", sqlite or postgresql)


class Session(ABC):
    """A connection inside (or, for single reads, outside) a transaction. Store functions take one."""

    dialect: str
    """`sqlite` or `postgresql`: for the few statements whose values the two write differently."""

    @abstractmethod
    async def hot(self, statement: Hot, *values: Any) -> Sequence[Sequence[Any]]:
        """Rows of a hand-written statement, each by position."""

    @abstractmethod
    async def hot_many(self, statement: Hot, rows: Sequence[Sequence[Any]]) -> None:
        """Run a hand-written statement once for each row of values. Raises `UniqueViolation`, `DatabaseUnavailable`."""

    @abstractmethod
    async def insert(self, bulk: Bulk, columns: Columns) -> None:
        """Insert many rows, given column by column. Raises `UniqueViolation`, `DatabaseUnavailable`."""

    @abstractmethod
    def listed(self, values: Sequence[int] | Sequence[str]) -> Any:
        """A list as a hand-written statement takes it."""

    @abstractmethod
    async def all(self, statement: Executable, values: Any = None) -> Sequence[Row[Any]]:
        """Rows of a Core statement. Raises `UniqueViolation`, `DatabaseUnavailable`."""

    @abstractmethod
    async def run(self, statement: Executable, values: Any = None) -> None:
        """Run a Core statement that returns no rows; `values` may be a list of many."""

    async def first(self, statement: Executable, values: Any = None) -> Row[Any] | None:
        """The first row, or None."""
        rows = await self.all(statement, values)
        return rows[0] if rows else None

    async def scalar(self, statement: Executable, values: Any = None) -> Any:
        """The first column of the first row, or None."""
        row = await self.first(statement, values)
        return None if row is None else row[0]


Unit = Callable[[Session], Awaitable[T]]


class Pending(Generic[T]):
    """A unit of work on its way: `claimed` when its statements ran, `durable` when its commit returned."""

    __slots__ = ("claimed", "durable")

    def __init__(self, claimed: "Future[T]", durable: "Future[T]") -> None:
        self.claimed = claimed
        self.durable = durable


class Database(ABC):
    """One database. Units are functions of a session; they may be run again, so they touch nothing but their session."""

    name: str
    dialect: str

    @property
    @abstractmethod
    def reader(self) -> Session:
        """A session for single statements that only read; each sees the newest committed state."""

    @abstractmethod
    async def read(self, unit: Unit[T]) -> T:
        """Run a unit that only reads, all of it on one snapshot."""

    @abstractmethod
    async def read_long(self, unit: Unit[T], seconds: float = LONG_READ_SECONDS) -> T:
        """Run a unit that reads much, on one snapshot, where it keeps nobody waiting.

        Raises `TookTooLong` after `seconds`, `DatabaseUnavailable` if too many wait for their turn.
        """

    @abstractmethod
    def submit(self, unit: Unit[T]) -> Pending[T]:
        """Start a writing unit; the answer may leave only after `durable`."""

    async def write(self, unit: Unit[T]) -> T:
        """Run a writing unit and wait until it is durable. Raises what the unit raised, or `DatabaseUnavailable`."""
        return await self.submit(unit).durable

    @abstractmethod
    async def close(self) -> None:
        """Finish what was submitted, then let go of every connection."""
