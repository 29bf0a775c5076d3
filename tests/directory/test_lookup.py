"""Any ID of the directory is found by support, across organisations, and nothing else with it."""

import pytest

from powerepos_cloud.audit.timeline import deeds
from powerepos_cloud.directory import accounts, connections, lookup, services, users
from powerepos_cloud.directory.lookup import Seen
from powerepos_cloud.foundation.refusals import NotFound
from tests.support.desk import KEYS, SALES, Desk


async def found(desk: Desk, text: str) -> Seen:
    [one] = await desk.ask(lookup.find, text)
    return one


async def test_organisation_client_account_instance_partner_and_connection_are_found(desk: Desk) -> None:
    partner = await desk.partner()
    client, other = await desk.client(partner), await desk.client()
    harbour, lakeside = await desk.organisation("HARBOUR"), await desk.organisation("LAKESIDE")
    account, _ = await desk.do(accounts.create, KEYS, harbour, "Till", [SALES], None, [client.id])
    await desk.connect(harbour, account, client)
    approved = await desk.do(connections.approve, lakeside, client.id, ["ros"], [], None)
    instance, _ = await desk.do(services.create_instance, KEYS, "ros", "https://one.example/", "One")
    pairs = ((lakeside.kapow, client.id), (harbour.kapow, client.id))
    for text in ("HARBOUR", "harbour", harbour.kapow, f" {harbour.kapow.upper()} ", "{" + harbour.kapow + "}"):
        one = await found(desk, text) if "{" not in text else await lookup.organisation(desk.database.reader, text)
        assert one is not None
        assert (one.kind, one.id, one.name, one.state, one.pairs) == ("organisation", "HARBOUR", "Harbour", "active", pairs[1:])
    one = await found(desk, client.id)
    assert (one.kind, one.name, one.partner_id, one.pairs) == ("client", "Tills", partner.id, pairs)
    assert (await found(desk, other.id)).pairs == ()
    one = await found(desk, account.id)
    assert (one.kind, one.name, one.kapow, one.pairs) == ("service account", "Till", harbour.kapow, pairs[1:])
    one = await found(desk, instance.id)
    assert (one.kind, one.name, one.state) == ("instance", "One", "ros")
    one = await found(desk, f"partner:{partner.id}")
    assert (one.kind, one.name, one.state, one.pairs) == ("partner", "Tills Ltd", "approved", pairs)
    one = await found(desk, f"connection:{approved.id}")
    assert (one.kind, one.state, one.kapow, one.client_id) == ("connection", "active", lakeside.kapow, client.id)


async def test_a_bare_number_may_be_several_things(desk: Desk) -> None:
    partner = await desk.partner()
    harbour = await desk.organisation()
    await desk.do(connections.approve, harbour, (await desk.client(partner)).id, ["ros"], [], None)
    assert [one.kind for one in await desk.ask(lookup.find, str(partner.id))] == ["partner", "connection"]


@pytest.mark.parametrize(
    "text", ["", " ", "x\0y", "NOBODY", "svc-aaaaaaaaaaaaaaaaaaaa", "9" * 30, "partner:", "ann@tills.example"]
)
async def test_what_is_no_id_of_ours_is_not_found(desk: Desk, text: str) -> None:
    await desk.do(users.create, "ann@tills.example", "Ann", "$argon2id$none")
    assert await desk.ask(lookup.find, text) == []


async def test_the_history_tells_deeds_and_no_people(desk: Desk) -> None:
    harbour, client = await desk.organisation(), await desk.client()
    ann = await desk.do(users.create, "ann@harbour.example", "Ann", "$argon2id$none")
    await desk.do(users.link_organisation, ann, harbour, "owner")
    account, _ = await desk.do(accounts.create, KEYS, harbour, "Till", [SALES], None, [client.id])
    await desk.do(accounts.switch_off, harbour, account.id)
    one = await found(desk, "HARBOUR")
    events = deeds(await desk.ask(lookup.history, one, 50))
    assert {event.title for event in events} == {
        "Organisation created",
        "User linked",
        "Account created",
        "Account switched off",
    }
    assert "ann" not in str(events).lower()
    assert [event.state for event in events if "off" in event.title] == ["bad"]
    assert {event.link for event in events} == {"request-1"}
    of_account = deeds(await desk.ask(lookup.history, await found(desk, account.id), 50))
    assert {event.title for event in of_account} == {"Account created", "Account switched off"}
    of_client = deeds(await desk.ask(lookup.history, await found(desk, client.id), 50))
    assert "Client created" in {event.title for event in of_client}


async def test_names_of_owners_are_given_without_their_connections(desk: Desk) -> None:
    harbour, client = await desk.organisation(), await desk.client()
    await desk.do(connections.approve, harbour, client.id, ["ros"], [], None)
    named = await desk.ask(lookup.named, [harbour.kapow, "not-a-kapow"], [client.id, "a\0b"])
    assert [(one.kind, one.id, one.pairs) for one in named] == [("organisation", "HARBOUR", ()), ("client", client.id, ())]
    assert await desk.ask(lookup.every_kapow) == [harbour.kapow]
    with pytest.raises(NotFound):
        await desk.ask(connections.get, await desk.organisation("LAKESIDE"), client.id, client.id)
