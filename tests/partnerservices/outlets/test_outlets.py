"""Outlets: what they may be, and that they are written only while their organisation is here."""

import asyncio
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from powerepos_cloud.audit.store import newest
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from powerepos_cloud.partnerservices.outlets import rules, store
from powerepos_cloud.partnerservices.outlets.currencies import DECIMALS
from powerepos_cloud.partnerservices.outlets.tables import outlets, tenants
from tests.support.clock import FakeClock
from tests.support.desk import ACTOR

KAPOW = str(uuid.uuid4())
BAR: dict[str, Any] = {"name": "Bar", "zone": "Pacific/Auckland", "currency": "NZD"}


async def add(database: Database, **values: Any) -> store.Outlet:
    """An outlet, a bar unless told otherwise."""
    return await database.write(lambda session: store.add(session, 1000, ACTOR, KAPOW, **{**BAR, **values}))


async def edit(database: Database, outlet_id: str, **values: Any) -> store.Outlet:
    """Change an outlet."""
    return await database.write(lambda session: store.edit(session, 2000, ACTOR, KAPOW, outlet_id, **values))


async def test_the_first_outlet_brings_its_organisation_here(partnerservices_database: Database) -> None:
    database = partnerservices_database
    assert await store.tenant_state(database.reader, KAPOW) is None
    outlet = await add(database)
    assert await store.tenant_state(database.reader, KAPOW) == "here"
    assert (outlet.day_start, outlet.stock_enabled, outlet.created_at) == ("00:00", False, 1000)
    assert await store.get(database.reader, KAPOW, outlet.id.upper()) == outlet
    [row] = await newest(database.reader, 10)
    assert (row.action, row.subject, row.kapow, row.actor) == ("outlet.added", outlet.id, KAPOW, "tester")


async def test_outlets_are_listed_by_name_without_case(partnerservices_database: Database) -> None:
    database = partnerservices_database
    for name in ("deck", "Bar", "Élan", "cellar"):
        await add(database, name=name)
    names = [outlet.name for outlet in await store.listing(database.reader, KAPOW)]
    assert names == ["Bar", "cellar", "deck", "Élan"]
    wanted = select(outlets.c.name_key).where(outlets.c.kapow == KAPOW, outlets.c.name == "Élan")
    assert await database.reader.scalar(wanted) == "élan"


async def test_a_given_guid_is_kept_in_its_canonical_form_and_taken_once(partnerservices_database: Database) -> None:
    database = partnerservices_database
    guid = str(uuid.uuid4())
    outlet = await add(database, outlet_id=f"{{{guid.upper()}}}")
    assert outlet.id == guid
    with pytest.raises(Conflict, match="already"):
        await add(database, outlet_id=guid.replace("-", ""))
    assert len(await newest(database.reader, 10)) == 1


async def test_a_change_says_from_what_to_what(partnerservices_database: Database) -> None:
    database = partnerservices_database
    outlet = await add(database)
    changed = await edit(database, outlet.id, name="Bar", day_start="05:00", stock_enabled=True)
    assert changed == await store.get(database.reader, KAPOW, outlet.id)
    assert (changed.name, changed.day_start, changed.stock_enabled, changed.zone) == ("Bar", "05:00", True, BAR["zone"])
    [row] = await newest(database.reader, 1, action="outlet.changed")
    assert row.details == '{"day_start":["00:00","05:00"],"stock_enabled":[false,true]}'
    assert await edit(database, outlet.id, stock_enabled=True, currency="NZD") == changed
    assert len(await newest(database.reader, 10)) == 2
    renamed = await edit(database, outlet.id, name="Deck", zone="Europe/Berlin", currency="JPY", stock_enabled=False)
    assert (renamed.name, renamed.zone, renamed.currency, renamed.stock_enabled) == (
        "Deck",
        "Europe/Berlin",
        "JPY",
        False,
    )
    wanted = select(outlets.c.name_key).where(outlets.c.kapow == KAPOW)
    assert await database.reader.scalar(wanted) == "deck"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("outlet ID", {"outlet_id": "bar"}),
        ("outlet ID", {"outlet_id": ""}),
        ("outlet ID", {"outlet_id": KAPOW.upper()}),
        ("name", {"name": ""}),
        ("name", {"name": "x" * 65}),
        ("name", {"name": "Bar\n"}),
        ("zone", {"zone": "Auckland"}),
        ("zone", {"zone": ""}),
        ("zone", {"zone": "../../etc/passwd"}),
        ("zone", {"zone": "/etc/localtime"}),
        ("zone", {"zone": "localtime"}),
        ("zone", {"zone": "posixrules/../UTC"}),
        ("zone", {"zone": "Pacific"}),
        ("day start", {"day_start": "5:00"}),
        ("day start", {"day_start": "24:00"}),
        ("day start", {"day_start": "05:00:00"}),
        ("day start", {"day_start": "٠٥:٠٠"}),
        ("currency", {"currency": "XXX"}),
        ("currency", {"currency": "KWD"}),
        ("currency", {"currency": "nzd"}),
        ("currency", {"currency": ""}),
    ],
)
async def test_a_wrong_value_is_refused_by_name(partnerservices_database: Database, field: str, values: dict[str, str]) -> None:
    database = partnerservices_database
    if field == "name" and values["name"] == "Bar\n":
        assert (await add(database, **values)).name == "Bar"  # trimmed
        return
    with pytest.raises(Invalid) as raised:
        await add(database, **values)
    assert raised.value.field == field
    assert await store.tenant_state(database.reader, KAPOW) is None
    outlet = await add(database)
    if field != "outlet ID":
        with pytest.raises(Invalid):
            await edit(database, outlet.id, **values)
    assert await store.listing(database.reader, KAPOW) == [outlet]


def test_a_cure_is_offered_for_the_wrong_case() -> None:
    with pytest.raises(Invalid, match="Write it as NZD"):
        rules.currency("nzd")
    with pytest.raises(Invalid, match="Write it as Pacific/Auckland"):
        rules.zone("pacific/auckland")
    with pytest.raises(Invalid, match="cannot be held exactly"):
        rules.currency("BHD")


def test_currencies_with_two_or_no_decimals_are_taken() -> None:
    for code, decimals in DECIMALS.items():
        if decimals <= 2:
            assert rules.currency(code) == code
    assert {DECIMALS[code] for code in ("JPY", "KRW", "ISK")} == {0}
    assert {DECIMALS[code] for code in ("EUR", "USD", "NZD", "XCG", "ZWG")} == {2}
    assert {code for code, decimals in DECIMALS.items() if decimals == 3} == {
        "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND",
    }  # fmt: skip


@given(st.text(max_size=40) | st.from_regex(r"[A-Za-z./_-]{1,40}"))
def test_no_text_breaks_the_rules(value: str) -> None:
    for rule in (rules.zone, rules.day_start, rules.currency, rules.name, lambda text: rules.outlet_id(text, KAPOW)):
        try:
            assert rule(value)
        except Invalid as refusal:
            assert refusal.field  # noqa: PT017 - either is fine, a third is not


@pytest.mark.parametrize(("state", "error"), [("leaving", store.OrganisationLeaving), ("gone", store.OrganisationGone)])
async def test_nothing_is_written_for_an_organisation_that_is_not_here(
    partnerservices_database: Database, state: str, error: type[Conflict]
) -> None:
    database = partnerservices_database
    outlet = await add(database)
    await database.write(lambda session: session.run(update(tenants).where(tenants.c.kapow == KAPOW).values(state=state)))
    with pytest.raises(error):
        await add(database)
    with pytest.raises(error):
        await edit(database, outlet.id, name="Deck")
    assert await store.listing(database.reader, KAPOW) == [outlet]
    assert await store.tenant_state(database.reader, KAPOW) == state


async def test_a_move_waits_for_a_write_under_way(partnerservices_database: Database) -> None:
    """Otherwise an outlet could be added behind the back of the copy."""
    database = partnerservices_database
    outlet = await add(database)
    order: list[str] = []
    under_way = asyncio.Event()

    async def slow_edit(session: Session) -> None:
        await store.edit(session, 3000, ACTOR, KAPOW, outlet.id, name="Deck")
        under_way.set()
        if database.dialect == "postgresql":
            await session.run(text("SELECT pg_sleep(0.3)"))
        order.append("edited")

    async def leave(session: Session) -> None:
        await session.run(update(tenants).where(tenants.c.kapow == KAPOW).values(state="leaving"))
        order.append("leaving")

    editing = asyncio.create_task(database.write(slow_edit))
    await under_way.wait()
    await database.write(leave)
    await editing
    assert order == ["edited", "leaving"]


async def test_an_unknown_outlet_is_not_found(partnerservices_database: Database) -> None:
    database = partnerservices_database
    guid = str(uuid.uuid4())
    with pytest.raises(NotFound):
        await store.get(database.reader, KAPOW, guid)
    with pytest.raises(NotFound):
        await edit(database, guid, name="Deck")
    with pytest.raises(Invalid):
        await store.get(database.reader, KAPOW, "bar")
    assert await store.unknown_among(database.reader, KAPOW, []) == []


async def test_two_first_outlets_at_once_are_both_there(partnerservices_database: Database, clock: FakeClock) -> None:
    database = partnerservices_database
    await asyncio.gather(*(add(database, name=f"Bar {n}") for n in range(5)))
    assert len(await store.listing(database.reader, KAPOW)) == 5
