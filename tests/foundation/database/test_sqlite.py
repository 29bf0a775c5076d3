"""What is SQLite's own: shared commits, the write lock that another process holds, a full disk."""

import asyncio
import sqlite3
import stat
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from powerepos_cloud.directory.tables import facts
from powerepos_cloud.foundation.database import DatabaseUnavailable, Hot, Session, Unit, group_commit
from powerepos_cloud.foundation.database.sqlite import SqliteDatabase
from tests.support.databases import SqliteDatabases


@pytest.fixture
def path(sqlite_databases: SqliteDatabases) -> Iterator[Path]:
    """A migrated file."""
    url = sqlite_databases.new("directory")
    yield Path(url.removeprefix("sqlite:///"))
    sqlite_databases.drop(url)


@pytest.fixture
async def database(anyio_backend: str, path: Path) -> AsyncIterator[SqliteDatabase]:
    """The file, opened."""
    database = SqliteDatabase("directory", path)
    yield database
    await database.close()


def state(name: str, value: str = "x") -> Unit[str]:
    """A unit that stores one fact and gives its name."""

    async def unit(session: Session) -> str:
        await session.run(insert(facts).values(name=name, value=value))
        return name

    return unit


async def stored(database: SqliteDatabase) -> list[str]:
    """The names of all facts, in the order in which they were stored."""
    return [name for (name,) in await database.reader.hot(Hot("SELECT name FROM facts ORDER BY rowid"))]


async def test_units_run_in_the_order_in_which_they_were_submitted(database: SqliteDatabase) -> None:
    async def submit(name: str) -> None:
        await database.write(state(name))

    names = [f"{n * 7919 % 100:02}" for n in range(100)]
    await asyncio.gather(*(submit(name) for name in names))
    assert await stored(database) == names


async def test_what_waits_shares_one_commit(database: SqliteDatabase) -> None:
    statements: list[str] = []
    database._writer.raw.set_trace_callback(statements.append)  # what reaches SQLite is the matter here
    first = database.submit(state("first"))
    await first.claimed
    others = [database.submit(state(f"{n}")) for n in range(50)]  # they wait while the first is being committed
    await asyncio.gather(first.durable, *(other.durable for other in others))
    assert [statement for statement in statements if statement in ("BEGIN IMMEDIATE", "COMMIT")] == [
        "BEGIN IMMEDIATE",
        "COMMIT",
    ] * 2


async def test_a_unit_that_waits_for_anything_else_is_refused_alone(database: SqliteDatabase) -> None:
    left: list[str] = []

    async def unit(session: Session) -> None:
        await state("half")(session)
        try:
            await asyncio.sleep(0)
        finally:
            left.append("left")

    waiting, neighbour = database.submit(unit), database.submit(state("neighbour"))
    with pytest.raises(RuntimeError, match="outside its own session"):
        await waiting.durable
    assert left == ["left"]
    assert await neighbour.durable == "neighbour"
    assert await stored(database) == ["neighbour"]


async def test_the_file_is_durable_and_private(path: Path, database: SqliteDatabase) -> None:
    pragmas = {}
    for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
        ((pragmas[name],),) = database._writer.raw.execute(f"PRAGMA {name}").fetchall()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 0}
    await database.write(state("a"))
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


async def test_another_processes_lock_is_waited_for_while_the_loop_goes_on(path: Path, database: SqliteDatabase) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        pending = database.submit(state("patient"))
        for _ in range(50):  # a wait inside SQLite would have ended in a failure long before
            await asyncio.sleep(0.005)
            assert await stored(database) == []  # readers are not held up
        assert not pending.claimed.done()
        other.execute("COMMIT")
    assert await asyncio.wait_for(pending.durable, 30) == "patient"


async def test_a_lock_that_never_ends_is_given_up(path: Path, database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "_BUSY_GIVE_UP_SECONDS", 0.3)  # ten seconds are too long for a test
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable, match="locked"):
            await database.write(state("given up"))
        assert time.monotonic() - started >= 0.3
        other.execute("ROLLBACK")
    await database.write(state("later"))
    assert await stored(database) == ["later"]


async def test_each_unit_is_given_up_at_its_own_time(
    path: Path, database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "_BUSY_GIVE_UP_SECONDS", 0.2)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        early = database.submit(state("early"))
        monkeypatch.setattr(group_commit, "_BUSY_GIVE_UP_SECONDS", 60)
        late = database.submit(state("late"))
        with pytest.raises(DatabaseUnavailable):
            await early.durable
        other.execute("ROLLBACK")
    assert await late.durable == "late"


async def test_on_a_full_disk_every_unit_knows_what_became_of_it(database: SqliteDatabase) -> None:
    """SQLite may answer a full disk by rolling back the whole transaction, savepoints and neighbours included."""
    raw = database._writer.raw
    ((pages,),) = raw.execute("PRAGMA page_count").fetchall()
    raw.execute(f"PRAGMA max_page_count = {pages + 3}")
    units = [state(f"{n:02}", "x" * (200_000 if n % 5 == 2 else 10)) for n in range(20)]
    results = await asyncio.wait_for(asyncio.gather(*(database.write(unit) for unit in units), return_exceptions=True), 60)
    assert [result for result in results if isinstance(result, str)] == await stored(database)
    assert {type(result) for result in results} == {str, DatabaseUnavailable}
    assert all(isinstance(result, DatabaseUnavailable) for result in results[2::5])
    raw.execute(f"PRAGMA max_page_count = {pages + 1000}")
    assert await database.write(state("later", "x" * 200_000)) == "later"


async def test_a_transaction_that_sqlite_gave_up_fails_everybody_in_it_and_nobody_after(database: SqliteDatabase) -> None:
    """What an I/O error does, brought about by hand: the transaction is gone in the middle of a unit."""

    async def lose(session: Session) -> None:
        await session.hot(Hot("ROLLBACK"))
        raise DatabaseUnavailable("disk I/O error")

    before, lost, after = (database.submit(unit) for unit in (state("before"), lose, state("after")))
    assert await before.claimed == "before"
    with pytest.raises(DatabaseUnavailable, match="transaction was lost"):
        await before.durable
    with pytest.raises(DatabaseUnavailable, match="disk I/O error"):
        await lost.durable
    assert await asyncio.wait_for(after.durable, 30) == "after"
    assert await stored(database) == ["after"]


async def test_a_unit_that_goes_on_in_a_lost_transaction_is_told_that_it_failed(database: SqliteDatabase) -> None:
    async def lose(session: Session) -> str:
        await session.hot(Hot("ROLLBACK"))
        return "all well"

    with pytest.raises(DatabaseUnavailable, match="transaction was lost"):
        await asyncio.wait_for(database.write(lose), 30)


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "directory.db").write_bytes(b"no database" * 100)
    with pytest.raises(DatabaseUnavailable, match=r"directory\.db: file is not a database"):
        SqliteDatabase("directory", tmp_path / "directory.db")
