"""Rights are read anew at each refresh; what may be lifted again leaves the family usable, what is final does not."""

from typing import Any

import jwt
import pytest
from powerepos.contract import Permissions
from sqlalchemy import delete, insert, update

from powerepos_cloud.directory import accounts, connections, organisations
from powerepos_cloud.directory import tables as t
from tests.authserver.stage import HOUR, MINUTE, Stage


async def refused_until_lifted(stage: Stage, token: str, error: str, word: str, lift: Any) -> None:
    """A token, and its successor's predecessor, are refused with this error and nothing consumed; lifted, they work."""
    used = await stage.family()
    for _ in range(3):
        assert word in await stage.refused(token, error)
    assert tuple(await stage.family()) == tuple(used)
    await lift()
    await stage.successor(token)


async def test_a_paused_connection_refuses_until_it_is_resumed(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    await stage.connection_deed(connections.pause)
    await refused_until_lifted(stage, token, "unauthorized_client", "paused", lambda: stage.connection_deed(connections.resume))


async def test_a_lost_answer_can_be_fetched_after_a_pause(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    await stage.connection_deed(connections.pause)
    stage.clock.advance_ms(HOUR)
    await stage.refused(first, "unauthorized_client")
    await stage.refused(second, "unauthorized_client")
    await stage.connection_deed(connections.resume)
    assert await stage.successor(first) == second
    await stage.successor(second)


async def test_a_pause_hides_no_reuse(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    third = await stage.successor(second)
    await stage.connection_deed(connections.pause)
    stage.clock.advance_ms(HOUR)
    assert "older token" in await stage.refused(first)
    await stage.connection_deed(connections.resume)
    await stage.refused(third)


async def test_an_account_switched_off_refuses_until_it_is_on(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    account = stage.world.account.id
    await stage.deed(accounts.switch_off, account)
    lift = lambda: stage.deed(accounts.switch_on, account)  # noqa: E731
    await refused_until_lifted(stage, token, "unauthorized_client", "switched off", lift)


async def test_an_organisation_switched_off_refuses_until_it_is_on(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    await stage.deed(organisations.switch_off)
    lift = lambda: stage.deed(organisations.switch_on)  # noqa: E731
    await refused_until_lifted(stage, token, "unauthorized_client", "switched off", lift)


async def test_an_unbound_account_refuses_until_it_is_bound_again(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    world = stage.world
    await stage.deed(accounts.unbind, world.account.id, world.client.id)
    lift = lambda: stage.deed(accounts.bind, world.account.id, world.client.id)  # noqa: E731
    await refused_until_lifted(stage, token, "unauthorized_client", "bound", lift)


async def test_a_client_switched_off_refuses_until_it_is_on(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    switch = update(t.clients).where(t.clients.c.id == stage.world.client.id)
    await stage.world.run(switch.values(state="off"))
    lift = lambda: stage.world.run(switch.values(state="active"))  # noqa: E731
    await refused_until_lifted(stage, token, "unauthorized_client", "switched off", lift)


async def test_without_an_instance_the_scope_is_refused_until_there_is_one(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    place = {"organisation_id": stage.world.harbour.id, "service": "partnerservices"}
    await stage.world.run(delete(t.assignments).where(*(t.assignments.c[name] == value for name, value in place.items())))
    instance_id, _, _ = stage.world.instances["partnerservices"]
    lift = lambda: stage.world.run(insert(t.assignments).values(place | {"instance_id": instance_id}))  # noqa: E731
    await refused_until_lifted(stage, token, "invalid_scope", "partnerservices", lift)


async def test_without_a_permission_the_scope_is_refused_until_there_is_one(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    account = stage.world.account.id
    await stage.deed(accounts.set_permissions, account, [])
    lift = lambda: stage.deed(accounts.set_permissions, account, [Permissions.PARTNER_STOCK_SUBMIT])  # noqa: E731
    await refused_until_lifted(stage, token, "invalid_scope", "permission", lift)


async def test_an_approval_that_no_longer_names_the_service_refuses_until_it_does(stage: Stage) -> None:
    form = stage.world.client.form("client_credentials", org_id="HARBOUR-1", scope="ros offline_access")
    token = (await stage.app.token(form)).json()["refresh_token"]
    client_id, sales = stage.world.client.id, [Permissions.PARTNER_SALES_SUBMIT]
    await stage.deed(connections.change, client_id, ["partnerservices"], sales, None)
    lift = lambda: stage.deed(connections.change, client_id, ["partnerservices", "ros"], sales, None)  # noqa: E731
    await refused_until_lifted(stage, token, "invalid_scope", "ros", lift)


async def test_a_revoked_connection_refuses_for_good(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    await stage.connection_deed(connections.revoke)
    for token in (first, second):
        assert "revoked" in await stage.refused(token)
    await stage.connection_deed(connections.reopen)
    for token in (first, second):
        assert "revoked" in await stage.refused(token)
    fresh = await stage.sign_in()
    await stage.successor(fresh["refresh_token"])
    await stage.comes_to(fresh["access_token"], 200)


async def test_what_was_granted_while_a_connection_was_being_revoked_never_works(stage: Stage) -> None:
    """Numbers tell, not the order in which rows arrived: a family with an older number than the reopening's is dead."""
    token = (await stage.sign_in())["refresh_token"]
    revoked_before = (await stage.family()).rev
    await stage.connection_deed(connections.revoke)
    await stage.connection_deed(connections.reopen)
    again = await stage.sign_in()
    assert (await stage.family(_sid(again))).rev > revoked_before
    await stage.refused(token)
    await stage.successor(again["refresh_token"])


async def test_a_removed_account_refuses_for_good(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    await stage.deed(accounts.remove, stage.world.account.id)
    assert "revoked" in await stage.refused(token)


async def test_revoking_everything_of_an_account_ends_its_families_and_not_the_account(stage: Stage) -> None:
    old = await stage.sign_in()
    await stage.deed(accounts.revoke_everything, stage.world.account.id)
    await stage.refused(old["refresh_token"])
    await stage.comes_to(old["access_token"], 401)
    new = await stage.sign_in()
    assert await stage.call(new["access_token"]) == 200
    await stage.successor(new["refresh_token"])


async def test_a_refresh_gives_the_rights_of_now(stage: Stage) -> None:
    first = await stage.sign_in()
    account, outlet = stage.world.account.id, "11111111-1111-4111-8111-111111111111"
    granted = [Permissions.PARTNER_STOCK_SUBMIT, Permissions.PARTNER_SALES_VIEW]
    await stage.deed(accounts.set_permissions, account, granted)
    await stage.deed(accounts.set_outlets, account, [outlet])
    second = await stage.refreshed(first["refresh_token"])
    claims = jwt.decode(second["access_token"], options={"verify_signature": False})
    assert sorted(claims["pga"]) == sorted(granted)
    assert claims["root_nodes"] == [outlet]
    await stage.comes_to(first["access_token"], 401)  # issued before the rights were narrowed
    assert await stage.call(second["access_token"]) == 200
    repeated = await stage.refreshed(first["refresh_token"])
    assert await stage.call(repeated["access_token"]) == 200


async def test_a_refresh_follows_its_organisation_to_another_instance(stage: Stage) -> None:
    first = await stage.sign_in()
    await stage.world.run(
        insert(t.instances).values(
            id="siother", service="partnerservices", uri="https://other.example/", name="other", created_at=0
        )
    )
    await stage.world.run(
        update(t.assignments)
        .where(t.assignments.c.organisation_id == stage.world.harbour.id, t.assignments.c.service == "partnerservices")
        .values(instance_id="siother")
    )
    second = await stage.refreshed(first["refresh_token"])
    assert second["svc"] == "https://other.example/"


@pytest.mark.parametrize("days", [89, 90, 91])
async def test_a_token_unused_for_ninety_days_has_expired(stage: Stage, days: int) -> None:
    token = (await stage.sign_in())["refresh_token"]
    stage.clock.advance_ms(days * 24 * HOUR)
    if days < 90:
        await stage.successor(token)
    else:
        assert "expired" in await stage.refused(token)


async def test_a_use_prolongs_the_ninety_days_and_a_repeat_too(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    stage.clock.advance_ms(60 * 24 * HOUR)
    second = await stage.successor(first)
    stage.clock.advance_ms(23 * HOUR)
    await stage.successor(first)
    stage.clock.advance_ms(90 * 24 * HOUR - 1)
    await stage.successor(second)


async def test_a_family_ends_after_a_year_however_often_it_is_used(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    for _ in range(7):
        stage.clock.advance_ms(52 * 24 * HOUR)
        token = await stage.successor(token)
    stage.clock.advance_ms(24 * HOUR - 1)
    await stage.successor(token)
    stage.clock.advance_ms(1)
    assert "expired" in await stage.refused(token)


async def test_an_expired_token_shown_again_is_no_reuse(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    await stage.successor(await stage.successor(first))
    stage.clock.advance_ms(100 * 24 * HOUR)
    assert "expired" in await stage.refused(first)
    assert await stage.audited("grant.reused") == []


async def test_the_families_lifetime_is_a_setting_of_its_service(stage: Stage) -> None:
    brief = {"refresh_idle_seconds": 600, "refresh_total_seconds": 1200}
    await stage.world.run(update(t.services).where(t.services.c.name == "partnerservices").values(brief))
    token = (await stage.sign_in())["refresh_token"]
    stage.clock.advance_ms(9 * MINUTE)
    token = await stage.successor(token)
    stage.clock.advance_ms(10 * MINUTE)
    await stage.refused(token)


def _sid(answer: dict[str, Any]) -> str:
    sid: str = jwt.decode(answer["access_token"], options={"verify_signature": False})["sid"]
    return sid
