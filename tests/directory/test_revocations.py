"""The feed: numbers without gaps in order of commit, kept as long as a token can live, then forgotten with a mark."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from powerepos_cloud.directory import organisations, revocations, services
from powerepos_cloud.directory.revocations import Entry
from powerepos_cloud.directory.tables import revocations as revocations_table
from powerepos_cloud.foundation.database import Session, open_database
from tests.support.desk import ACTOR, Desk

HOUR_MS = 3_600_000
LIFE_MS = 28_800_000


async def publish(desk: Desk, *entries: Entry) -> list[int]:
    """Write entries in a unit of their own."""
    now = desk.clock.now_ms()
    return await desk.database.write(lambda session: revocations.publish(session, now, entries))


def grant(name: str) -> Entry:
    """An entry about a grant."""
    return revocations.refused_grant(name, "client")


async def test_the_first_number_is_one_and_each_deed_goes_on_from_there(desk: Desk) -> None:
    assert await desk.ask(revocations.newest_number) == 0
    assert await publish(desk, grant("a")) == [1]
    assert await publish(desk, grant("b"), grant("c")) == [2, 3]
    assert await publish(desk) == []
    assert await desk.ask(revocations.newest_number) == 3
    assert [(entry.n, entry.id) for entry in await desk.feed()] == [(1, "a"), (2, "b"), (3, "c")]


async def test_each_kind_is_read_as_it_was_written(desk: Desk) -> None:
    entries = [
        revocations.refused_grant("g", "c"),
        revocations.connection("narrowed", "c", "svc-1", "HARBOUR"),
        revocations.account("lifted", "svc-1", "HARBOUR"),
        revocations.client("refused", "c"),
        revocations.organisation("lifted", "HARBOUR"),
        revocations.moved("HARBOUR", "https://ps.example/"),
    ]
    await publish(desk, *entries)
    assert await desk.feed() == [msgspec.structs.replace(entry, n=n) for n, entry in enumerate(entries, 1)]
    shown = [msgspec.json.decode(msgspec.json.encode(entry)) for entry in await desk.feed()]
    assert shown[1] == {
        "n": 2,
        "kind": "connection",
        "client_id": "c",
        "sub": "svc-1",
        "org_id": "HARBOUR",
        "state": "narrowed",
    }
    assert [entry["kind"] for entry in shown if "svc" in entry] == ["organisation"]


async def test_a_page_begins_after_a_number_and_ends_at_its_limit(desk: Desk) -> None:
    await publish(desk, *(grant(str(n)) for n in range(1, 8)))
    found = await revocations.read_after(desk.database.reader, 2, 3)
    assert [entry.n for entry in found.entries] == [3, 4, 5]
    assert (found.newest, found.pruned) == (7, 0)
    found = await revocations.read_after(desk.database.reader, 7, 3)
    assert (found.entries, found.newest, found.pruned) == ([], 7, 0)


async def test_a_deed_that_fails_takes_no_number(desk: Desk) -> None:
    async def failing(session: Session) -> None:
        await revocations.publish(session, desk.clock.now_ms(), [grant("a")])
        raise ValueError("after all")

    with pytest.raises(ValueError, match="after all"):
        await desk.database.write(failing)
    assert await publish(desk, grant("b")) == [1]


async def test_entries_are_kept_for_the_longest_token_and_an_hour(desk: Desk) -> None:
    await publish(desk, grant("a"))
    desk.clock.advance_ms(LIFE_MS + HOUR_MS - 1)
    assert await desk.database.write(lambda session: revocations.prune(session, desk.clock.now_ms())) == 0
    desk.clock.advance_ms(1)
    await publish(desk, grant("b"))
    assert await desk.database.write(lambda session: revocations.prune(session, desk.clock.now_ms())) == 1
    found = await revocations.read_after(desk.database.reader, 0, 10)
    assert ([entry.id for entry in found.entries], found.newest, found.pruned) == (["b"], 2, 1)
    assert await desk.database.write(lambda session: revocations.prune(session, desk.clock.now_ms())) == 0


async def test_a_shortened_life_does_not_shorten_what_is_kept(desk: Desk) -> None:
    """A token made a minute before the change lives for eight hours all the same."""
    for service in await desk.ask(services.listing):
        await desk.do(services.change, service.name, access_seconds=60)
    await publish(desk, grant("a"))
    desk.clock.advance_ms(LIFE_MS)
    assert await desk.database.write(lambda session: revocations.prune(session, desk.clock.now_ms())) == 0


async def test_the_mark_of_what_was_forgotten_never_falls(desk: Desk) -> None:
    """Entries end out of order when lives were lengthened between them."""
    await publish(desk, grant("short"))
    await desk.do(services.change, "ros", access_seconds=86_400)
    await publish(desk, grant("long"))
    desk.clock.advance_ms(LIFE_MS + HOUR_MS)
    await desk.database.write(lambda session: revocations.prune(session, desk.clock.now_ms()))
    assert (await revocations.read_after(desk.database.reader, 0, 10)).pruned == 1
    desk.clock.advance_ms(86_400_000)
    await desk.database.write(lambda session: revocations.prune(session, desk.clock.now_ms()))
    found = await revocations.read_after(desk.database.reader, 0, 10)
    assert (found.entries, found.newest, found.pruned) == ([], 2, 2)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)  # on SQLite deeds come one after the other
async def test_a_life_that_is_being_lengthened_is_waited_for(desk: Desk) -> None:
    """Else an entry could be forgotten while a token of the longer life, issued before it, was still alive."""
    lengthened, over = asyncio.Event(), asyncio.Event()

    async def lengthen(session: Session) -> None:
        await services.change(session, desk.clock.now_ms(), ACTOR, "ros", access_seconds=86_400)
        lengthened.set()
        await over.wait()

    async def revoke(session: Session) -> None:
        await revocations.publish(session, desk.clock.now_ms(), [grant("a")])

    lengthening = asyncio.create_task(desk.database.write(lengthen))
    await lengthened.wait()
    revoking = asyncio.create_task(desk.database.write(revoke))
    await asyncio.sleep(0.2)
    over.set()
    await asyncio.gather(lengthening, revoking)
    kept_until = await desk.database.reader.scalar(select(revocations_table.c.delete_after_at))
    assert kept_until == desk.clock.now_ms() + 86_400_000 + HOUR_MS


async def test_a_grant_is_refused_once_the_feed_says_so(desk: Desk) -> None:
    await publish(desk, grant("a"), revocations.client("refused", "b"))
    assert await desk.ask(revocations.is_grant_refused, "a") is True
    assert await desk.ask(revocations.is_grant_refused, "b") is False


async def test_numbers_of_parallel_deeds_have_no_gaps_and_come_in_order_of_commit(desk: Desk) -> None:
    """Whoever reads while twenty deeds run, some of which fail, sees 1, 2, 3 … without a hole that is filled later."""
    made = [await desk.organisation(f"ORG-{n}") for n in range(20)]
    seen: list[list[int]] = []

    async def failing(session: Session) -> None:
        await revocations.publish(session, desk.clock.now_ms(), [grant("never")])
        raise ValueError

    async def watch() -> None:
        while not done.is_set():
            found = await revocations.read_after(desk.database.reader, 0, 1000)
            numbers = [entry.n for entry in found.entries]
            assert numbers == list(range(1, found.newest + 1))
            seen.append(numbers)
            await asyncio.sleep(0)

    done = asyncio.Event()
    watcher = asyncio.create_task(watch())
    deeds = [desk.do(organisations.switch_off, organisation) for organisation in made]
    failures = [desk.database.write(failing) for _ in range(10)]
    results = await asyncio.gather(*deeds, *failures, return_exceptions=True)
    done.set()
    await watcher
    assert results[:20] == [True] * 20
    assert all(isinstance(result, ValueError) for result in results[20:])
    feed = await desk.feed()
    assert [entry.n for entry in feed] == list(range(1, 21))
    assert {entry.id for entry in feed} == {organisation.code for organisation in made}
    assert seen


async def test_two_processes_share_one_row_of_numbers(desk: Desk, directory_url: str) -> None:
    """Two openings of one database behave as two processes do: neither knows what the other has under way."""
    made = [await desk.organisation(f"ORG-{n}") for n in range(10)]
    other = open_database("directory", directory_url)
    try:
        second = Desk(other, desk.clock)
        await asyncio.gather(
            *((desk, second)[n % 2].do(organisations.switch_off, organisation) for n, organisation in enumerate(made))
        )
        assert [entry.n for entry in await second.feed()] == list(range(1, 11))
        assert await second.feed() == await desk.feed()
    finally:
        await other.close()


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_an_entry_is_spelled_as_the_contract_says(n: int) -> None:
    entry = Entry(n=n, kind="client", id="c", state="refused")
    names = list(msgspec.json.decode(msgspec.json.encode(entry)))
    assert names == (["n"] if n else []) + ["kind", "id", "state"]
