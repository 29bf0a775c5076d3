"""A partner's sandbox: one each, open to all of its clients; a reset ends what was issued and finds nothing of before."""

from powerepos.contract import AuthServerScopes

from powerepos_cloud.directory import accounts, assignments, clients, connections, partner_view, sandboxes, services
from powerepos_cloud.directory.partners import Partner
from powerepos_cloud.directory.sandboxes import Sandbox
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from tests.support.desk import KEYS, Desk, refused

SERVICE = AuthServerScopes.PARTNER_SERVICE


async def made(desk: Desk) -> tuple[Partner, str, Sandbox]:
    partner = await desk.partner()
    client = await desk.client(partner)
    instance, _ = await desk.do(services.create_instance, KEYS, SERVICE, "https://one.example/", "One")
    sandbox, password = await desk.do(sandboxes.create, KEYS, partner, instance.id, sandboxes.new_kapow())
    assert password.secret.startswith("pepos_sp_")
    return partner, client.id, sandbox


async def test_a_sandbox_is_an_organisation_that_the_partners_clients_may_act_for(desk: Desk) -> None:
    partner, client_id, sandbox = await made(desk)
    assert await desk.ask(sandboxes.of_partner, partner.id) == sandbox
    organisation = sandbox.organisation
    assert organisation.code.startswith("SBX-")
    assert (await desk.ask(assignments.get, organisation, SERVICE)).uri == "https://one.example/"
    account = await desk.ask(accounts.get, organisation, sandbox.account_id)
    assert (account.clients, account.outlets, account.any_partner) == ([client_id], None, False)
    assert [one.client_id for one in await desk.ask(connections.listing, organisation)] == [client_id]
    another = await desk.client(partner)
    await desk.do(sandboxes.admit, partner, another.id)
    assert set((await desk.ask(accounts.get, organisation, sandbox.account_id)).clients) == {client_id, another.id}
    rival = await desk.partner("Rival Ltd")
    stranger = await desk.client(rival)
    await desk.do(sandboxes.admit, rival, stranger.id)  # which has no sandbox
    assert stranger.id not in (await desk.ask(accounts.get, organisation, sandbox.account_id)).clients


async def test_a_partner_has_one_sandbox(desk: Desk) -> None:
    partner, _, sandbox = await made(desk)
    instance_id = (await desk.ask(assignments.get, sandbox.organisation, SERVICE)).instance_id
    again = (KEYS, partner, instance_id, sandboxes.new_kapow())
    assert "already" in await refused(desk, Conflict, sandboxes.create, *again)
    rival = await desk.partner("Rival Ltd")
    assert "client first" in await refused(desk, Conflict, sandboxes.create, KEYS, rival, instance_id, sandboxes.new_kapow())
    await desk.client(rival)
    results = await desk.at_once(*[(sandboxes.create, KEYS, rival, instance_id, sandboxes.new_kapow()) for _ in range(2)])
    assert sum(isinstance(result, Conflict) for result in results) == 1


async def test_a_reset_gives_a_new_kapow_and_ends_what_was_issued(desk: Desk) -> None:
    partner, _, sandbox = await made(desk)
    before, old = await desk.feed(), sandbox.organisation.kapow
    new = sandboxes.new_kapow()
    reset = await desk.do(sandboxes.reset, partner, old, new)
    assert (reset.organisation.kapow, reset.organisation.code, reset.resets) == (new, sandbox.organisation.code, 1)
    assert await desk.ask(sandboxes.of_partner, partner.id) == reset
    [entry] = (await desk.feed())[len(before) :]
    assert (entry.kind, entry.id, entry.state) == ("organisation", sandbox.organisation.code, "narrowed")
    assert "a moment ago" in await refused(desk, Conflict, sandboxes.reset, partner, old, sandboxes.new_kapow())
    rival = await desk.partner("Rival Ltd")
    await refused(desk, NotFound, sandboxes.reset, rival, new, sandboxes.new_kapow())


async def test_a_partner_sees_its_own_connections_alone(desk: Desk) -> None:
    partner, client_id, sandbox = await made(desk)
    rival = await desk.partner("Rival Ltd")
    stranger = await desk.client(rival)
    harbour = await desk.organisation()
    await desk.do(connections.approve, harbour, stranger.id, [SERVICE], list(sandboxes.PERMISSIONS), None)
    [own] = await desk.ask(partner_view.connections_of, partner.id, SERVICE)
    assert (own.client_id, own.organisation_code, own.kind, own.state) == (
        client_id, sandbox.organisation.code, "approved", "active",
    )  # fmt: skip
    assert (own.instance_uri, own.has_all_outlets, own.permissions) == (
        "https://one.example/", True, list(sandboxes.PERMISSIONS),
    )  # fmt: skip
    [theirs] = await desk.ask(partner_view.connections_of, rival.id, SERVICE)
    assert (theirs.organisation_code, theirs.instance_uri) == ("HARBOUR", None)
    await desk.do(connections.pause, sandbox.organisation, client_id, client_id)
    assert [one.state for one in await desk.ask(partner_view.connections_of, partner.id, SERVICE)] == ["paused"]
    account = await desk.ask(accounts.get, sandbox.organisation, sandbox.account_id)
    await desk.connect(sandbox.organisation, account, await desk.ask(clients.get, client_id))
    await desk.do(accounts.switch_off, sandbox.organisation, account.id)
    assert [one.state for one in await desk.ask(partner_view.connections_of, partner.id, SERVICE)] == ["off", "paused"]
    assert await desk.ask(partner_view.client_of, partner.id, client_id) == client_id
    for wrong in (stranger.id, "nobody", "\0" if desk.database.dialect == "sqlite" else "x"):
        await refused(desk, NotFound, lambda session, *_, wrong=wrong: partner_view.client_of(session, partner.id, wrong))
