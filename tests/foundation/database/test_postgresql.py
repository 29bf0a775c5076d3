"""What is PostgreSQL's own: deadlocks, a restart under our feet, transactions that an error has ended."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from sqlalchemy import insert, select, update

from powerepos_cloud.directory.tables import counters, facts
from powerepos_cloud.foundation.database import DatabaseUnavailable, Hot, Session, UniqueViolation, Unit
from powerepos_cloud.foundation.database.postgresql import PostgresqlDatabase
from powerepos_cloud.foundation.database.urls import parse_url
from tests.support.databases import PostgresqlDatabases
from tests.support.postgresql import Cluster


def opened(url: str) -> PostgresqlDatabase:
    """The database at `url`."""
    return PostgresqlDatabase("directory", str(parse_url("directory", url)))


@pytest.fixture
async def database(anyio_backend: str, postgresql_databases: PostgresqlDatabases) -> AsyncIterator[PostgresqlDatabase]:
    """A migrated database, opened."""
    url = postgresql_databases.new("directory")
    database = opened(url)
    yield database
    await database.close()
    postgresql_databases.drop(url)


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A cluster that the test may stop."""
    cluster = Cluster()
    yield cluster
    cluster.close()


def state(name: str) -> Unit[str]:
    """A unit that stores one fact and gives its name."""

    async def unit(session: Session) -> str:
        await session.run(insert(facts).values(name=name, value="x"))
        return name

    return unit


async def stored(database: PostgresqlDatabase) -> list[str]:
    """The names of all facts."""
    return [row.name for row in await database.reader.all(select(facts.c.name).order_by(facts.c.name))]


async def test_units_that_block_each_other_are_run_again_until_both_are_done(database: PostgresqlDatabase) -> None:
    runs: list[str] = []
    both_have_begun = asyncio.Event()

    def both(first: str, second: str) -> Unit[None]:
        async def unit(session: Session) -> None:
            await increment(session, first)
            runs.append(first)
            if len(runs) == 2:
                both_have_begun.set()
            await both_have_begun.wait()  # each holds now what the other wants next
            await increment(session, second)

        return unit

    async def increment(session: Session, name: str) -> None:
        await session.run(update(counters).where(counters.c.name == name).values(value=counters.c.value + 1))

    async def make(session: Session) -> None:
        await session.run(insert(counters), [{"name": "a", "value": 0}, {"name": "b", "value": 0}])

    await database.write(make)
    await asyncio.gather(database.write(both("a", "b")), database.write(both("b", "a")))
    assert [row.value for row in await database.reader.all(select(counters))] == [2, 2]
    assert len(runs) > 2


async def test_contention_without_end_is_unavailable(database: PostgresqlDatabase) -> None:
    runs = []

    async def unit(session: Session) -> None:
        runs.append(1)
        await session.hot(Hot("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$"))

    with pytest.raises(DatabaseUnavailable, match="contention"):
        await database.write(unit)
    assert len(runs) == 12


@pytest.mark.parametrize("by", ["core", "hot"])
async def test_a_unit_that_goes_on_after_an_error_is_not_taken_for_done(database: PostgresqlDatabase, by: str) -> None:
    """PostgreSQL answers such a COMMIT with a roll-back that looks like a success."""

    async def unit(session: Session) -> str:
        try:
            if by == "hot":
                await session.hot(Hot("INSERT INTO facts (name, value) VALUES ($1, $2)"), "a", "x")
            else:
                await state("a")(session)
        except UniqueViolation:
            return "all well"
        return "stored"

    await database.write(state("a"))
    with pytest.raises(RuntimeError, match="went on after"):
        await database.write(unit)
    assert await database.write(state("b")) == "b"


async def test_a_connection_left_in_a_transaction_is_never_handed_on(database: PostgresqlDatabase) -> None:
    for engine in (database._reading, database._writing):  # no public way leads there; a second cancellation might
        async with engine.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            await raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
    await database.write(state("a"))
    assert await stored(database) == ["a"]


async def test_a_wrong_argument_is_a_fault_of_the_program(database: PostgresqlDatabase) -> None:
    with pytest.raises(asyncpg.DataError, match="invalid input"):
        await database.reader.hot(Hot("SELECT name FROM facts WHERE name = $1"), 12)


async def test_a_crash_is_unavailable_while_it_lasts_and_over_when_it_is(own_cluster: Cluster, anyio_backend: str) -> None:
    database = opened(PostgresqlDatabases(own_cluster).new("directory"))
    await asyncio.gather(*(database.write(state(f"{n}")) for n in range(5)))

    async def slow(session: Session) -> None:
        await state("slow")(session)
        await session.hot(Hot("SELECT pg_sleep(30)"))

    under_way = database.submit(slow)
    reading = asyncio.create_task(database.read(slow_read))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(own_cluster.stop, "immediate")
    for broken_off in (under_way.durable, reading):
        with pytest.raises(DatabaseUnavailable):
            await asyncio.wait_for(broken_off, 10)
    for attempt in (lambda: database.write(state("down")), lambda: stored(database), lambda: database.read(slow_read)):
        with pytest.raises(DatabaseUnavailable):
            await asyncio.wait_for(attempt(), 10)
    await asyncio.to_thread(own_cluster.start)
    assert await database.write(state("up")) == "up"
    assert await stored(database) == ["0", "1", "2", "3", "4", "up"]
    await database.close()


async def slow_read(session: Session) -> None:
    """A read that is still under way when the database goes."""
    await session.hot(Hot("SELECT pg_sleep(30)"))


async def test_connections_that_died_while_idle_are_replaced_unnoticed(own_cluster: Cluster, anyio_backend: str) -> None:
    database = opened(PostgresqlDatabases(own_cluster).new("directory"))
    await asyncio.gather(*(database.write(state(f"{n}")) for n in range(5)))
    await stored(database)
    await asyncio.to_thread(own_cluster.stop)
    await asyncio.to_thread(own_cluster.start)
    await asyncio.gather(*(database.write(state(f"again {n}")) for n in range(5)))
    assert len(await stored(database)) == 10
    await database.close()
