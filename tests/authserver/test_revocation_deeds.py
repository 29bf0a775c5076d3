"""What the merchant and support do stops the next API call within two seconds, and lets it go on where it may."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from powerepos.contract import Permissions

from powerepos_cloud.authserver.grants.issue import start_grant
from powerepos_cloud.authserver.scopes import read_scope
from powerepos_cloud.directory import accounts, clients, connections, organisations, rights
from powerepos_cloud.directory.rights import ProvedClient
from powerepos_cloud.foundation.secrets import SecretKind
from powerepos_cloud.http.facts import RequestFacts
from tests.authserver.stage import HOUR, OFFLINE, Stage
from tests.authserver.worker import working
from tests.support.world import ALL_GRANTS

Deed = Callable[[Stage], Awaitable[Any]]


def _account(function: Any, *arguments: Any) -> Deed:
    return lambda stage: stage.deed(function, stage.world.account.id, *arguments)


SWITCHES: dict[str, tuple[Deed, Deed]] = {
    "connection": (lambda s: s.connection_deed(connections.pause), lambda s: s.connection_deed(connections.resume)),
    "account": (_account(accounts.switch_off), _account(accounts.switch_on)),
    "organisation": (lambda s: s.deed(organisations.switch_off), lambda s: s.deed(organisations.switch_on)),
    "client": (lambda s: s.client_deed(clients.switch_off), lambda s: s.client_deed(clients.switch_on)),
}


@pytest.mark.parametrize("thing", SWITCHES)
async def test_off_stops_the_next_call_and_on_lets_the_same_token_go_on(stage: Stage, thing: str) -> None:
    off, on = SWITCHES[thing]
    grant = await stage.sign_in()
    other = await stage.sign_in(stage.world.lakeside_account) if thing != "client" else None
    for _ in range(2):
        assert await stage.call(grant["access_token"]) == 200
        await off(stage)
        await stage.comes_to(grant["access_token"], 401)
        await stage.refused(grant["refresh_token"], "unauthorized_client")
        if other is not None:
            assert await stage.call(other["access_token"]) == 200
        await on(stage)
        await stage.comes_to(grant["access_token"], 200)
    fresh = await stage.refreshed(grant["refresh_token"])
    assert await stage.call(fresh["access_token"]) == 200


async def test_a_paused_connection_refreshes_again_after_it_is_resumed_and_a_revoked_one_never(stage: Stage) -> None:
    first = await stage.sign_in()
    await stage.connection_deed(connections.pause)
    stage.clock.advance_ms(7 * HOUR)
    await stage.connection_deed(connections.resume)
    second = await stage.refreshed(first["refresh_token"])
    await stage.comes_to(second["access_token"], 200)
    await stage.connection_deed(connections.revoke)
    await stage.comes_to(second["access_token"], 401)
    await stage.connection_deed(connections.reopen)
    await stage.refused(second["refresh_token"])
    fresh = await stage.sign_in()
    await stage.comes_to(fresh["access_token"], 200)
    assert await stage.call(second["access_token"]) == 401
    assert await stage.call(first["access_token"]) == 401


NARROWINGS: dict[str, Deed] = {
    "permissions": _account(accounts.set_permissions, [Permissions.PARTNER_SALES_VIEW]),
    "outlets": _account(accounts.set_outlets, ["11111111-1111-4111-8111-111111111111"]),
    "everything": _account(accounts.revoke_everything),
    "everything of the client": lambda stage: stage.client_deed(clients.revoke_everything),
}


@pytest.mark.parametrize("what", NARROWINGS)
async def test_narrowed_then_paused_then_resumed_stays_refused(stage: Stage, what: str) -> None:
    grant = await stage.sign_in()
    assert await stage.call(grant["access_token"]) == 200
    await NARROWINGS[what](stage)
    await stage.comes_to(grant["access_token"], 401)
    await stage.connection_deed(connections.pause)
    await stage.connection_deed(connections.resume)
    fresh = await stage.sign_in()
    await stage.comes_to(fresh["access_token"], 200)
    assert await stage.call(grant["access_token"]) == 401
    assert await stage.introspect(grant["access_token"]) == {"active": False}


async def test_unbinding_stops_the_tokens_of_that_client_for_good(stage: Stage) -> None:
    grant, account, client = await stage.sign_in(), stage.world.account.id, stage.world.client.id
    await stage.deed(accounts.unbind, account, client)
    await stage.comes_to(grant["access_token"], 401)
    await stage.deed(accounts.bind, account, client)
    fresh = await stage.refreshed(grant["refresh_token"])
    await stage.comes_to(fresh["access_token"], 200)
    assert await stage.call(grant["access_token"]) == 401


async def test_widening_stops_nothing(stage: Stage) -> None:
    grant = await stage.sign_in()
    wider = [Permissions.PARTNER_SALES_SUBMIT, Permissions.RAW_DATA_VIEW, Permissions.PARTNER_STOCK_SUBMIT]
    await stage.deed(accounts.set_permissions, stage.world.account.id, wider)
    assert await stage.feed() == []
    assert await stage.call(grant["access_token"]) == 200


async def test_an_approved_connection_is_stopped_by_its_own_name(stage: Stage) -> None:
    client = stage.world.client
    form = client.form("client_credentials", org_id="HARBOUR-1", scope="partnerservices offline_access")
    approved = (await stage.app.token(form)).json()
    by_account = await stage.sign_in()
    await stage.deed(connections.pause, client.id, client.id)
    await stage.comes_to(approved["access_token"], 401)
    await stage.refused(approved["refresh_token"], "unauthorized_client")
    assert await stage.call(by_account["access_token"]) == 200
    await stage.deed(connections.resume, client.id, client.id)
    await stage.comes_to(approved["access_token"], 200)
    await stage.successor(approved["refresh_token"])


async def test_ending_a_password_or_secret_ends_signing_in_and_not_the_grants(stage: Stage) -> None:
    grant, world = await stage.sign_in(), stage.world
    [password] = await world.database.read(lambda session: _passwords(session, world))
    await stage.deed(accounts.end_password, world.account.id, password.id)
    refused = await stage.app.token(world.client.form("password", **world.account.login()))
    assert refused.json()["error"] == "invalid_grant"
    fresh = await stage.refreshed(grant["refresh_token"])
    assert await stage.call(fresh["access_token"]) == await stage.call(grant["access_token"]) == 200


async def _passwords(session: Any, world: Any) -> Any:
    return await accounts.passwords_of(session, await organisations.by_code(session, world.harbour.code), world.account.id)


@pytest.mark.parametrize("whose", ["client", "account"])
async def test_a_first_grant_under_way_does_not_outlive_revoking_everything(stage: Stage, directory_url: str, whose: str) -> None:
    """Its rights were read before the deed, its connection and its family are made after it."""
    world = stage.world
    async with working(directory_url, stage.clock) as worker:
        _, password_hash = world.ring.keys.hash(SecretKind.SERVICE_PASSWORD, world.account.password)
        now = stage.clock.now_ms()
        found = await rights.by_password(
            worker.database.reader, password_hash, world.account.id, world.harbour.code, world.client.id, "partnerservices", now
        )
        assert found is not None
        if whose == "client":
            await stage.client_deed(clients.revoke_everything)
        else:
            await stage.deed(accounts.revoke_everything, world.account.id)
        client = ProvedClient(world.client.id, ALL_GRANTS, is_on=True)
        scope = read_scope(OFFLINE, "password")
        issue = start_grant(worker.tools, client, found, scope, RequestFacts("request-1", "192.0.2.1", "till/1"), now)
        assert issue.pending is not None
        await issue.pending.durable
    assert issue.refresh_token is not None
    assert "revoked" in await stage.refused(issue.refresh_token)
    await stage.successor((await stage.sign_in())["refresh_token"])
