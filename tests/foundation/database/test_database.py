"""What a store function may rely on, whichever of the two databases it is on."""

import asyncio

import pytest
import sqlalchemy.exc
from sqlalchemy import insert, select, text, update

from powerepos_cloud.directory.tables import counters, facts
from powerepos_cloud.foundation.database import (
    Bulk,
    Database,
    DatabaseUnavailable,
    Hot,
    Session,
    UniqueViolation,
    Unit,
    open_database,
)
from tests.support.schema import on_database

INSERT = Hot("INSERT INTO facts (name, value) VALUES ($1, $2)")
CLAIM = Hot("INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING value")


def state(name: str, value: str = "x") -> Unit[str]:
    """A unit that stores one fact and gives its name."""

    async def unit(session: Session) -> str:
        await session.run(insert(facts).values(name=name, value=value))
        return name

    return unit


async def stored(database: Database) -> list[str]:
    """The names of all facts."""
    return [row.name for row in await database.reader.all(select(facts.c.name).order_by(facts.c.name))]


class Refusal(Exception):
    """What a rule raises inside a unit."""


async def test_a_unit_that_raises_stores_nothing_and_takes_no_neighbour_with_it(directory_database: Database) -> None:
    async def refuse(session: Session) -> None:
        await session.run(insert(facts).values(name="refused", value="x"))
        raise Refusal("no")

    units = [state("a"), refuse, state("b"), refuse, state("c")]
    results = await asyncio.gather(*(directory_database.write(unit) for unit in units), return_exceptions=True)
    assert [str(result) for result in results] == ["a", "no", "b", "no", "c"]
    assert [type(result) for result in results] == [str, Refusal, str, Refusal, str]
    assert await stored(directory_database) == ["a", "b", "c"]


@pytest.mark.parametrize("by", ["core", "hot"])
async def test_the_second_of_two_equal_keys_meets_a_unique_violation(directory_database: Database, by: str) -> None:
    async def hot(session: Session) -> None:
        await session.hot(INSERT, "same", "hot")

    await directory_database.write(state("same"))
    with pytest.raises(UniqueViolation):
        await directory_database.write(hot if by == "hot" else state("same"))
    assert await stored(directory_database) == ["same"]


@pytest.mark.parametrize("count", [1, 7, 8, 9, 23])
@pytest.mark.parametrize("value", ["the same", "each another"])
async def test_what_is_inserted_column_by_column_is_there_row_by_row(
    directory_database: Database, count: int, value: str
) -> None:
    names = [f"fact {n:02d}" for n in range(count)]
    values = [f"{value} {n % 5}" if value == "each another" else value for n in range(count)]
    await directory_database.write(lambda session: session.insert(Bulk(facts), [names, values]))
    rows = await directory_database.reader.all(select(facts.c.name, facts.c.value).order_by(facts.c.name))
    assert [tuple(row) for row in rows] == list(zip(names, values, strict=True))


async def test_of_rows_inserted_at_once_none_stays_if_one_has_a_key_that_is_taken(directory_database: Database) -> None:
    await directory_database.write(state("fact 11"))
    names = [f"fact {n:02d}" for n in range(12)]
    with pytest.raises(UniqueViolation):
        await directory_database.write(lambda session: session.insert(Bulk(facts), [names, ["x"] * 12]))
    assert await stored(directory_database) == ["fact 11"]


async def test_of_many_claims_at_once_exactly_one_wins(directory_database: Database) -> None:
    def claim(who: str) -> Unit[bool]:
        async def unit(session: Session) -> bool:
            return bool(await session.hot(CLAIM, "claimed", who))

        return unit

    won = await asyncio.gather(*(directory_database.write(claim(str(n))) for n in range(20)))
    assert sum(won) == 1
    assert await directory_database.reader.scalar(select(facts.c.value)) == str(won.index(True))


async def test_a_deed_is_claimed_before_it_is_durable_and_seen_once_it_is(directory_database: Database) -> None:
    pending = directory_database.submit(state("a"))
    assert await pending.claimed == "a"
    assert not pending.durable.done()
    assert await pending.durable == "a"
    assert await stored(directory_database) == ["a"]


async def test_what_another_connection_committed_is_seen_at_once(directory_url: str, directory_database: Database) -> None:
    assert await stored(directory_database) == []
    on_database(directory_url, lambda connection: connection.execute(insert(facts).values(name="other", value="x")))
    assert await stored(directory_database) == ["other"]


async def test_a_failed_commit_is_unavailable_though_the_deed_was_claimed(
    directory_url: str, directory_database: Database
) -> None:
    """A foreign key that is checked only at COMMIT breaks it."""
    on_database(
        directory_url,
        lambda connection: connection.execute(
            text("CREATE TABLE promises (fact text REFERENCES facts (name) DEFERRABLE INITIALLY DEFERRED)")
        ),
    )

    async def promise(session: Session) -> str:
        await session.run(text("INSERT INTO promises (fact) VALUES ('never told')"))
        return "promised"

    pending, neighbour = directory_database.submit(promise), directory_database.submit(state("neighbour"))
    assert await pending.claimed == "promised"
    with pytest.raises(DatabaseUnavailable, match="commit failed"):
        await pending.durable
    if directory_database.dialect == "sqlite":  # they shared the commit
        with pytest.raises(DatabaseUnavailable, match="commit failed"):
            await neighbour.durable
        assert await stored(directory_database) == []
    else:
        assert await neighbour.durable == "neighbour"
    assert await directory_database.write(state("later")) == "later"


async def test_a_reading_unit_sees_one_snapshot(directory_url: str, directory_database: Database) -> None:
    def disturb() -> None:
        on_database(directory_url, lambda connection: connection.execute(insert(facts).values(name="b", value="x")))

    async def unit(session: Session) -> list[int]:
        before = len(await session.all(select(facts)))
        disturb()
        return [before, len(await session.all(select(facts)))]

    await directory_database.write(state("a"))
    assert await directory_database.read(unit) == [1, 1]
    assert await stored(directory_database) == ["a", "b"]


async def test_a_reading_unit_that_raises_leaves_the_reader_fit(directory_database: Database) -> None:
    async def unit(session: Session) -> None:
        await session.all(select(facts))
        raise Refusal

    for _ in range(15):  # more often than there are connections in the pool
        with pytest.raises(Refusal):
            await directory_database.read(unit)
    await directory_database.write(state("a"))
    assert await stored(directory_database) == ["a"]


async def test_a_reader_cannot_write(directory_database: Database) -> None:
    async def write(session: Session) -> None:
        await state("a")(session)

    async def write_hot(session: Session) -> None:
        await session.hot(INSERT, "a", "x")

    for unit in (write, write_hot):
        with pytest.raises(DatabaseUnavailable, match=r"(?i)read.?only"):
            await unit(directory_database.reader)
        with pytest.raises(DatabaseUnavailable, match=r"(?i)read.?only"):
            await directory_database.read(unit)
    assert await stored(directory_database) == []


async def test_parameters_of_a_hot_statement_go_by_their_number(directory_database: Database) -> None:
    swapped = Hot("INSERT INTO facts (name, value) VALUES ($2, $1) RETURNING name, value, $2")

    async def unit(session: Session) -> list[str]:
        (row,) = await session.hot(swapped, "first", "second")
        return list(row)

    assert await directory_database.write(unit) == ["second", "first", "second"]


async def test_a_hot_statement_takes_a_list(directory_database: Database) -> None:
    among = Hot(
        "SELECT name FROM facts WHERE name = ANY($1) ORDER BY name",
        "SELECT name FROM facts WHERE name IN (SELECT value FROM json_each($1)) ORDER BY name",
    )

    async def unit(session: Session) -> None:
        await session.hot_many(INSERT, [(name, "x") for name in ("a", 'b"', "c,d", "é", "")])

    await directory_database.write(unit)
    reader = directory_database.reader
    for wanted in (["a", 'b"'], ["c,d", "é", "none"], [""], []):
        found = await reader.hot(among, reader.listed(wanted))
        assert [name for (name,) in found] == sorted(set(wanted) - {"none"})


async def test_of_many_hot_rows_all_are_stored_or_none(directory_database: Database) -> None:
    async def unit(session: Session) -> None:
        await session.hot_many(INSERT, [("a", "x"), ("b", "x"), ("a", "x")])

    with pytest.raises(UniqueViolation):
        await directory_database.write(unit)
    assert await stored(directory_database) == []


async def test_many_rows_go_in_by_one_statement(directory_database: Database) -> None:
    async def unit(session: Session) -> None:
        await session.run(insert(facts), [{"name": str(n), "value": "x"} for n in range(9)])

    await directory_database.write(unit)
    assert await stored(directory_database) == [str(n) for n in range(9)]


async def test_a_broken_foreign_key_is_no_unique_violation(directory_database: Database) -> None:
    async def unit(session: Session) -> None:
        await session.run(
            text(
                "INSERT INTO clients (id, partner_id, name, grants, state, created_at) VALUES ('c', 404, 'n', '[]', 'active', 0)"
            )
        )

    with pytest.raises(sqlalchemy.exc.IntegrityError):
        await directory_database.write(unit)


async def test_a_fault_of_the_program_is_not_taken_for_an_absent_database(directory_database: Database) -> None:
    async def unit(session: Session) -> None:
        await session.all(text("SELECT nonsense FROM nowhere"))

    for attempt in (directory_database.write, directory_database.read):
        with pytest.raises(sqlalchemy.exc.DBAPIError):
            await attempt(unit)
    with pytest.raises(sqlalchemy.exc.DBAPIError):
        await unit(directory_database.reader)


async def test_more_callers_than_connections_wait_their_turn(directory_database: Database) -> None:
    async def increment(session: Session) -> None:
        await session.run(update(counters).where(counters.c.name == "n").values(value=counters.c.value + 1))

    async def make(session: Session) -> None:
        await session.run(insert(counters).values(name="n", value=0))

    await directory_database.write(make)
    await asyncio.gather(
        *(directory_database.write(increment) for _ in range(100)),
        *(directory_database.reader.scalar(select(counters.c.value)) for _ in range(100)),
        *(directory_database.read(stored_in) for _ in range(100)),
    )
    assert await directory_database.reader.scalar(select(counters.c.value)) == 100


async def stored_in(session: Session) -> int:
    """How many facts there are."""
    return len(await session.all(select(facts)))


async def test_the_deed_of_a_caller_that_goes_away_is_done_all_the_same(directory_database: Database) -> None:
    gone = asyncio.create_task(directory_database.write(state("gone")))
    await asyncio.sleep(0)  # it has submitted, and now waits
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    await directory_database.write(state("here"))
    for _ in range(200):
        if await stored(directory_database) == ["gone", "here"]:
            break
        await asyncio.sleep(0.01)
    assert await stored(directory_database) == ["gone", "here"]


async def test_a_reader_that_goes_away_leaves_no_connection_behind(directory_database: Database) -> None:
    for _ in range(25):
        reading = asyncio.create_task(directory_database.read(stored_in))
        await asyncio.sleep(0.001)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    assert await directory_database.read(stored_in) == 0


async def test_closing_finishes_what_was_submitted(directory_url: str, anyio_backend: str) -> None:
    database = open_database("directory", directory_url)
    pending = [database.submit(state(f"{n:02}")) for n in range(30)]
    await database.close()
    assert [await one.durable for one in pending] == [f"{n:02}" for n in range(30)]
    again = open_database("directory", directory_url)
    assert await stored(again) == [f"{n:02}" for n in range(30)]
    await again.close()
