"""Two organisations on one instance may even have outlets of the same GUID, and see their own alone."""

import inspect
import uuid

import pytest
from sqlalchemy import update

from powerepos_cloud.audit.store import newest
from powerepos_cloud.foundation.database import Database
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.partnerservices.outlets import store
from powerepos_cloud.partnerservices.outlets.tables import tenants
from tests.support.clock import FakeClock
from tests.support.desk import ACTOR

HARBOUR, LAKESIDE, SHARED = (str(uuid.uuid4()) for _ in range(3))


async def add(database: Database, clock: FakeClock, kapow: str, name: str, outlet_id: str | None = None) -> store.Outlet:
    """An outlet."""
    values = {"name": name, "zone": "Pacific/Auckland", "currency": "NZD", "outlet_id": outlet_id}
    return await database.write(lambda session: store.add(session, clock.now_ms(), ACTOR, kapow, **values))


def test_every_store_function_is_given_a_kapow() -> None:
    functions = [
        function
        for _, function in inspect.getmembers(store, inspect.iscoroutinefunction)
        if function.__module__ == store.__name__
    ]
    assert len(functions) >= 7
    assert all("kapow" in inspect.signature(function).parameters for function in functions)


async def test_the_same_guid_is_two_outlets_of_two_organisations(partnerservices_database: Database, clock: FakeClock) -> None:
    database = partnerservices_database
    own = await add(database, clock, HARBOUR, "Bar", SHARED)
    theirs = await add(database, clock, LAKESIDE, "Deck", SHARED)
    assert (own.id, theirs.id) == (SHARED, SHARED)
    await database.write(lambda session: store.edit(session, 0, ACTOR, HARBOUR, SHARED, name="Hall", stock_enabled=True))
    assert await store.get(database.reader, LAKESIDE, SHARED) == theirs
    assert [outlet.name for outlet in await store.listing(database.reader, HARBOUR)] == ["Hall"]
    assert [row.action for row in await newest(database.reader, 9, kapow=LAKESIDE)] == ["outlet.added"]


async def test_anothers_outlet_is_not_found_and_not_touched(partnerservices_database: Database, clock: FakeClock) -> None:
    database = partnerservices_database
    await add(database, clock, HARBOUR, "Bar")
    theirs = await add(database, clock, LAKESIDE, "Deck")
    with pytest.raises(NotFound):
        await store.get(database.reader, HARBOUR, theirs.id)
    with pytest.raises(NotFound):
        await database.write(lambda session: store.edit(session, 0, ACTOR, HARBOUR, theirs.id, name="Mine"))
    assert await store.unknown_among(database.reader, HARBOUR, [theirs.id]) == [theirs.id]
    assert await store.unknown_among(database.reader, LAKESIDE, [theirs.id]) == []
    assert await store.listing(database.reader, LAKESIDE) == [theirs]


async def test_one_organisations_move_does_not_stop_the_other(partnerservices_database: Database, clock: FakeClock) -> None:
    database = partnerservices_database
    for kapow in (HARBOUR, LAKESIDE):
        await add(database, clock, kapow, "Bar")
    await database.write(lambda session: session.run(update(tenants).where(tenants.c.kapow == HARBOUR).values(state="leaving")))
    assert await store.tenant_state(database.reader, LAKESIDE) == "here"
    await add(database, clock, LAKESIDE, "Deck")
    with pytest.raises(store.OrganisationLeaving):
        await add(database, clock, HARBOUR, "Deck")
