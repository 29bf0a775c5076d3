"""Rotation: a token is followed by one successor, and a lost answer can be fetched again for a day."""

import asyncio

import jwt

from powerepos_cloud.authserver.tables import families
from powerepos_cloud.foundation.secrets import SecretKind, is_well_formed
from tests.authserver.stage import DAY, HOUR, MINUTE, OFFLINE, SECOND, Stage


def claims_of(access_token: str) -> dict[str, object]:
    """What a token says, its signature unchecked."""
    return jwt.decode(access_token, options={"verify_signature": False})


async def test_a_refresh_answers_every_documented_field_with_the_familys_scope(stage: Stage) -> None:
    first = await stage.sign_in()
    stage.clock.advance_ms(HOUR)
    answer = await stage.refresh(first["refresh_token"])
    second = answer.json()
    assert set(second) == set(first)
    assert second["refresh_token"] != first["refresh_token"]
    assert is_well_formed(SecretKind.REFRESH_TOKEN, second["refresh_token"])
    assert {name: second[name] for name in second if not name.endswith("_token")} == {
        name: first[name] for name in first if not name.endswith("_token")
    }
    assert answer.headers["cache-control"] == "no-store"
    old, new = claims_of(first["access_token"]), claims_of(second["access_token"])
    assert new["iat"] == old["iat"] + 3600  # type: ignore[operator]
    assert new["jti"] != old["jti"]
    assert {name: new[name] for name in new if name not in ("iat", "exp", "jti")} == {
        name: old[name] for name in old if name not in ("iat", "exp", "jti")
    }
    assert await stage.call(second["access_token"]) == 200


async def test_a_chain_of_refreshes_goes_on_and_on(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    seen = {token}
    for _ in range(12):
        stage.clock.advance_ms(8 * HOUR)
        token = await stage.successor(token)
        seen.add(token)
    assert len(seen) == 13
    assert len(await stage.history()) == 12
    assert (await stage.family()).state == "active"


async def test_for_a_day_a_repeat_gives_the_same_successor_and_a_new_access_token(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    used = await stage.refreshed(first)
    for wait in (0, SECOND, MINUTE, HOUR, DAY - HOUR - MINUTE - SECOND - 1):
        stage.clock.advance_ms(wait)
        repeated = await stage.refreshed(first)
        assert repeated["refresh_token"] == used["refresh_token"]
        assert repeated["access_token"] != used["access_token"]
        assert claims_of(repeated["access_token"])["sid"] == claims_of(used["access_token"])["sid"]
    assert await stage.successor(used["refresh_token"]) not in (first, used["refresh_token"])


async def test_the_window_for_repeats_is_a_setting_and_counts_from_the_first_use(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    await stage.successor(first)
    stage.clock.advance_ms(DAY - 1)
    await stage.successor(first)  # a repeat does not prolong the window
    stage.clock.advance_ms(1)
    assert "revoked" in await stage.refused(first)


async def test_twenty_uses_at_once_get_one_successor(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    answers = await asyncio.gather(*(stage.refreshed(first) for _ in range(20)))
    successors = {answer["refresh_token"] for answer in answers}
    assert len(successors) == 1
    assert len({answer["access_token"] for answer in answers}) == 20
    assert (await stage.family()).repeats == 19
    assert len(await stage.history()) == 1
    for answer in answers:
        assert await stage.call(answer["access_token"]) == 200
    await stage.successor(successors.pop())


async def test_uses_at_once_of_a_token_and_of_its_successor_lock_nobody_out(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    answers = await asyncio.gather(*(stage.refresh(token) for token in (first, second) * 10))
    given = {answer.json()["refresh_token"] for answer in answers[1::2] if answer.status_code == 200}
    assert all(answer.status_code == 200 for answer in answers[1::2])
    assert len(given) == 1
    # Whoever still held the older one is told to use the newest, and nothing is revoked.
    for answer in answers[0::2]:
        late = answer.json()
        assert late.get("refresh_token") == second or late["error"] in ("invalid_grant", "temporarily_unavailable")
    assert (await stage.family()).state == "active"
    await stage.successor(given.pop())


async def test_nothing_but_a_success_consumes_a_token(stage: Stage) -> None:
    world = stage.world
    token = (await stage.sign_in())["refresh_token"]
    before = await stage.family()
    other = {"client": world.other_client}
    assert (await stage.refresh(token, scope="everything")).json()["error"] == "invalid_scope"
    assert (await stage.refresh(token, scope="ros")).json()["error"] == "invalid_scope"
    assert (await stage.refresh(token, org_id="LAKESIDE")).json()["error"] == "invalid_grant"
    assert (await stage.refresh(token, **other)).json()["error"] == "invalid_grant"  # type: ignore[arg-type]
    wrong_secret = type(world.client)(world.client.id, world.other_client.secret)
    assert (await stage.refresh(token, client=wrong_secret)).json()["error"] == "invalid_client"
    assert (await stage.app.token(world.client.form("refresh_token"))).json()["error"] == "invalid_request"
    assert tuple(await stage.family()) == tuple(before)
    assert await stage.history() == []
    await stage.successor(token)


async def test_a_narrower_scope_narrows_the_answer_and_leaves_the_family_as_it_was(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    narrower = await stage.refreshed(token, scope="partnerservices")
    assert narrower["scope"] == "partnerservices"
    assert claims_of(narrower["access_token"])["scope"] == "partnerservices"
    assert (await stage.family()).scope == OFFLINE
    reordered = await stage.refreshed(narrower["refresh_token"], scope="offline_access partnerservices")
    assert reordered["scope"] == "offline_access partnerservices"
    assert (await stage.refreshed(reordered["refresh_token"]))["scope"] == OFFLINE


async def test_a_wider_scope_is_refused(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    for scope in ("ros", "reporting_server offline_access", "ros offline_access"):
        assert "wider" in await stage.refused(token, "invalid_scope", scope=scope)
    for scope in ("partnerservices ros", "offline_access", "nonsense"):
        await stage.refused(token, "invalid_scope", scope=scope)
    await stage.successor(token)


async def test_the_org_id_must_be_the_familys_in_any_letter_case(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    for org_id in ("LAKESIDE", "NOWHERE", stage.world.harbour.kapow):
        assert "org_id" in await stage.refused(token, org_id=org_id)
    answer = await stage.refreshed(token, org_id="harbour-1")
    assert answer["org_id"] == "HARBOUR-1"


async def test_a_grant_without_offline_access_has_no_refresh_token(stage: Stage) -> None:
    assert "refresh_token" not in await stage.sign_in(scope="partnerservices")
    assert await stage.world.database.reader.all(families.select()) == []


async def test_an_approved_connection_gets_refresh_tokens_too(stage: Stage) -> None:
    form = stage.world.client.form("client_credentials", org_id="HARBOUR-1", scope="ros offline_access")
    first = (await stage.app.token(form)).json()
    second = await stage.refreshed(first["refresh_token"])
    assert second["scope"] == "ros offline_access"
    assert second["svc"] == first["svc"]
    assert claims_of(second["access_token"])["sub"] == stage.world.client.id
