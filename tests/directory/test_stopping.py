"""Who is behind a ClientID, and "stop this partner": everything it may do, and what it might still begin, ends at once."""

import asyncio
import importlib

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text

from powerepos_cloud.authserver.last_use import last_refreshes
from powerepos_cloud.authserver.store import add_family, connection_of_account
from powerepos_cloud.directory import accounts, clients, connections, counterparts, stopping
from powerepos_cloud.directory.revocations import Entry
from powerepos_cloud.foundation.database import open_database
from powerepos_cloud.foundation.refusals import NotFound
from tests.support.desk import KEYS, SALES, Desk, refused, unchanged
from tests.support.schema import on_database


async def test_a_merchant_sees_company_and_website_of_a_client_id(desk: Desk) -> None:
    client = await desk.client(await desk.partner("Tidewater"))
    found = await desk.ask(counterparts.get, f" {client.id} ")
    assert (found.client_id, found.client_name, found.company_name) == (client.id, client.name, "Tidewater")
    assert (found.website, found.is_on) == ("https://tills.example", True)
    await desk.do(clients.switch_off, client.id)
    assert not (await desk.ask(counterparts.get, client.id)).is_on
    assert await desk.ask(counterparts.of_clients, [client.id, "nobody"]) == {
        client.id: await desk.ask(counterparts.get, client.id)
    }


@pytest.mark.parametrize("client_id", ["", "nobody", "a\0b", "x" * 500, "<b>"])
async def test_a_client_id_that_nobody_has_is_not_found(desk: Desk, client_id: str) -> None:
    with pytest.raises(NotFound, match="Ask the partner"):
        await desk.ask(counterparts.get, client_id)


async def test_stopping_a_partner_ends_all_its_connections_and_shuts_what_it_might_begin(desk: Desk) -> None:
    organisation, partner, other = await desk.organisation(), await desk.partner(), await desk.partner("Other")
    one, two, foreign = await desk.client(partner), await desk.client(partner), await desk.client(other)
    bound, _ = await desk.do(accounts.create, KEYS, organisation, "Till", [SALES], None, [one.id, foreign.id])
    open_to_all, _ = await desk.do(accounts.create, KEYS, organisation, "Trial", [SALES], None, [], any_partner=True)
    await desk.connect(organisation, bound, one)
    await desk.connect(organisation, bound, foreign)
    await desk.do(connections.approve, organisation, two.id, ["partnerservices"], [SALES], None)
    await desk.do(connections.pause, organisation, two.id, two.id)
    before = len(await desk.feed())
    stopped = await desk.do(stopping.stop_partner, organisation, partner.id)
    assert {(known.client_id, known.sub) for known in stopped} == {(one.id, bound.id), (two.id, two.id)}
    states = {(known.client_id, known.sub): known.state for known in await desk.ask(connections.listing, organisation)}
    assert states == {
        (one.id, bound.id): "revoked",
        (one.id, open_to_all.id): "revoked",
        (two.id, open_to_all.id): "revoked",
        (two.id, two.id): "revoked",
        (foreign.id, bound.id): "active",
    }
    names = [(entry.client_id, entry.sub, entry.state) for entry in await desk.feed(before)]
    assert names == [(one.id, bound.id, "refused"), (two.id, two.id, "refused")]
    assert [action for action, _ in await desk.audit()][-3:] == ["partner.stopped", "connection.revoked", "connection.revoked"]
    assert await unchanged(desk, stopping.stop_partner, organisation, partner.id) == []
    assert await desk.ask(stopping.find, organisation, partner.id) == (await desk.ask(stopping.listing, organisation))[0]
    await desk.do(connections.reopen, organisation, one.id, open_to_all.id)  # the merchant may think again
    assert Entry(n=before + 3, kind="connection", state="narrowed", **_name(one.id, open_to_all.id)) in await desk.feed()


async def test_a_stop_is_lifted_once_and_opens_nothing(desk: Desk) -> None:
    organisation, partner = await desk.organisation(), await desk.partner("Tidewater")
    client = await desk.client(partner)
    await desk.do(connections.approve, organisation, client.id, ["partnerservices"], [SALES], None)
    await desk.do(stopping.stop_partner, organisation, partner.id)
    [stopped] = await desk.ask(stopping.listing, organisation)
    assert (stopped.partner_id, stopped.company_name, stopped.since) == (partner.id, "Tidewater", desk.clock.now_ms())
    assert await desk.do(stopping.lift_stop, organisation, partner.id) == stopped
    assert (await desk.audit())[-1] == ("partner.stop_lifted", str(partner.id))
    assert (await desk.ask(connections.get, organisation, client.id, client.id)).state == "revoked"
    assert await unchanged(desk, stopping.lift_stop, organisation, partner.id) is None
    strange = await desk.client(await desk.partner("Stranger"))
    for partner_id in (strange.partner_id, 4711):
        assert "partner" in await refused(desk, NotFound, stopping.lift_stop, organisation, partner_id)
    again = await desk.do(stopping.stop_partner, organisation, partner.id)
    assert (again, (await desk.audit())[-1][0]) == ([], "partner.stopped")  # nothing left to revoke, and remembered anew


async def test_stops_from_before_they_were_remembered_are_found_in_the_audit(desk: Desk, directory_url: str) -> None:
    organisation, other, partner = await desk.organisation(), await desk.organisation("OTHER"), await desk.partner()
    client = await desk.client(partner)
    for one in (organisation, other):
        await desk.do(connections.approve, one, client.id, ["partnerservices"], [SALES], None)
    await desk.do(stopping.stop_partner, organisation, partner.id)
    expected = await desk.ask(stopping.listing, organisation)
    desk.clock.advance_ms(1000)
    await desk.do(connections.reopen, organisation, client.id, client.id)
    await desk.do(stopping.stop_partner, organisation, partner.id)
    await asyncio.to_thread(on_database, directory_url, _remember_anew)
    database = open_database("directory", directory_url)
    try:
        assert await database.read(lambda session: stopping.listing(session, organisation)) == expected
        assert await database.read(lambda session: stopping.listing(session, other)) == []
    finally:
        await database.close()


def _remember_anew(connection: Connection) -> None:
    """Run the revision that made the table once more, whatever came after it."""
    revision = importlib.import_module("powerepos_cloud.migrations.directory.versions.0008_stopped_partners_are_remembered")
    connection.execute(text("DROP TABLE stopped_partners"))
    with Operations.context(MigrationContext.configure(connection)):
        revision.upgrade()


def _name(client_id: str, sub: str) -> dict[str, str]:
    return {"client_id": client_id, "sub": sub, "org_id": "HARBOUR"}


async def test_a_partner_that_has_nothing_here_looks_like_one_that_there_is_not(desk: Desk) -> None:
    organisation, client = await desk.organisation(), await desk.client()
    nobodys = await refused(desk, NotFound, stopping.stop_partner, organisation, client.partner_id + 1)
    strangers = await refused(desk, NotFound, stopping.stop_partner, organisation, client.partner_id)
    assert nobodys.replace(str(client.partner_id + 1), str(client.partner_id)) == strangers


async def test_a_connection_that_begins_while_its_partner_is_stopped_does_not_stay_open(desk: Desk) -> None:
    organisation, client = await desk.organisation(), await desk.client()
    account, _ = await desk.do(accounts.create, KEYS, organisation, "Till", [SALES], None, [client.id])

    async def begin(session, now, _actor):  # type: ignore[no-untyped-def]
        return await connection_of_account(session, client.id, account.id, organisation.id, now)

    await desk.at_once((stopping.stop_partner, organisation, client.partner_id), (begin,))
    [known] = await desk.ask(connections.listing, organisation)
    assert known.state == "revoked"


async def test_a_login_that_renews_itself_shows_when_it_did(desk: Desk) -> None:
    organisation, theirs, client = await desk.organisation(), await desk.organisation("OTHER"), await desk.client()
    for owned in (organisation, theirs):
        await desk.do(connections.approve, owned, client.id, ["partnerservices"], [SALES], None)
    known = await desk.ask(connections.get, organisation, client.id, client.id)
    now = desk.clock.now_ms()
    await desk.database.write(
        lambda session: add_family(
            session, "f1", known.id, "partnerservices", "partnerservices", 0, ("hash-1", b"x"), now, now + 9, now + 9
        )
    )
    assert await desk.ask(last_refreshes, organisation) == {(client.id, client.id): now}
    assert await desk.ask(last_refreshes, theirs) == {}
