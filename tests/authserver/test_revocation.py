"""POST /authorisation/revoke (RFC 7009): either kind of token ends its whole grant; what is not the client's changes nothing."""

import asyncio
import base64

import pytest

from powerepos_cloud.authserver.tables import families
from powerepos_cloud.directory import clients
from powerepos_cloud.foundation.secrets import SecretKind, generate
from tests.authserver.stage import DAY, HOUR, Stage


async def is_ended(stage: Stage, access_token: str, *refresh_tokens: str) -> None:
    """The grant is over, for services and for its client."""
    await stage.comes_to(access_token, 401)
    assert await stage.introspect(access_token) == {"active": False}
    for token in refresh_tokens:
        assert "revoked" in await stage.refused(token)


@pytest.mark.parametrize("which", ["current", "superseded", "older", "access", "older access"])
@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token", "nonsense"])
async def test_any_token_of_a_grant_ends_all_of_it(stage: Stage, which: str, hint: str | None) -> None:
    first = await stage.sign_in()
    second = await stage.refreshed(first["refresh_token"])
    third = await stage.refreshed(second["refresh_token"])
    shown = {
        "current": third["refresh_token"],
        "superseded": second["refresh_token"],
        "older": first["refresh_token"],
        "access": third["access_token"],
        "older access": first["access_token"],
    }[which]
    answer = await stage.revoke(shown, **({"token_type_hint": hint} if hint else {}))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["cache-control"] == "no-store"
    await is_ended(stage, third["access_token"], third["refresh_token"], second["refresh_token"], first["refresh_token"])
    [row] = await stage.audited("grant.revoked")
    assert (row["actor"], row["subject"]) == (stage.world.client.id, (await stage.family()).id)
    assert len(await stage.feed()) == 1


async def test_a_grant_without_a_refresh_token_is_ended_by_its_access_token(stage: Stage) -> None:
    token = (await stage.sign_in(scope="partnerservices"))["access_token"]
    assert (await stage.revoke(token)).status_code == 200
    await is_ended(stage, token)
    assert len(await stage.feed()) == 1


async def test_other_grants_of_the_same_client_and_account_go_on(stage: Stage) -> None:
    one, other = await stage.sign_in(), await stage.sign_in()
    await stage.revoke(one["refresh_token"])
    await is_ended(stage, one["access_token"], one["refresh_token"])
    assert await stage.call(other["access_token"]) == 200
    await stage.successor(other["refresh_token"])


@pytest.mark.parametrize("scope", ["partnerservices", "partnerservices offline_access"])
async def test_revoking_again_and_again_leaves_one_entry(stage: Stage, scope: str) -> None:
    grant = await stage.sign_in(scope=scope)
    shown = [grant["access_token"], grant.get("refresh_token", grant["access_token"])]
    for token in shown * 5:
        assert (await stage.revoke(token)).status_code == 200
    assert len(await stage.feed()) == len(await stage.audited("grant.revoked")) == 1


async def test_revoking_at_once_from_many_workers_leaves_one_entry(stage: Stage) -> None:
    grant, short = await stage.sign_in(), await stage.sign_in(scope="partnerservices")
    for token in (grant["refresh_token"], short["access_token"]):
        answers = await asyncio.gather(*(stage.revoke(token) for _ in range(10)))
        assert {answer.status_code for answer in answers} == {200}
    assert len(await stage.feed()) == len(await stage.audited("grant.revoked")) == 2


async def test_another_clients_token_is_answered_alike_and_goes_on(stage: Stage) -> None:
    grant = await stage.sign_in()
    unknown = await stage.revoke(generate(SecretKind.REFRESH_TOKEN), stage.world.other_client)
    for token in (grant["refresh_token"], grant["access_token"]):
        answer = await stage.revoke(token, stage.world.other_client)
        assert (answer.status_code, answer.content) == (unknown.status_code, unknown.content) == (200, b"")
    assert await stage.feed() == []
    assert await stage.call(grant["access_token"]) == 200
    await stage.successor(grant["refresh_token"])


async def test_what_is_no_token_of_ours_is_answered_alike(stage: Stage) -> None:
    grant = await stage.sign_in()
    header, claims, signature = grant["access_token"].split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt","kid":"x"}').rstrip(b"=").decode()
    shown = ["x", "a.b.c", "..", f"{header}.{claims}.", f"{header}.{claims}.{signature[:-4]}AAAA", f"{none}.{claims}.x",
             generate(SecretKind.CLIENT_SECRET), stage.world.client.secret, "ä" * 100, "x" * 8192]  # fmt: skip
    for token in shown:
        answer = await stage.revoke(token)
        assert (answer.status_code, answer.content) == (200, b""), token
    assert await stage.feed() == []
    assert await stage.call(grant["access_token"]) == 200


async def test_a_missing_token_or_client_is_told(stage: Stage) -> None:
    world = stage.world
    missing = await stage.app.http.post(
        "/authorisation/revoke", data={"client_id": world.client.id, "client_secret": world.client.secret}
    )
    assert (missing.status_code, missing.json()["error"]) == (400, "invalid_request")
    assert "token" in missing.json()["error_description"]
    stranger = await stage.revoke("x", type(world.client)(world.client.id, world.other_client.secret))
    assert (stranger.status_code, stranger.json()["error"]) == (401, "invalid_client")
    assert stranger.headers["www-authenticate"].startswith("Basic")
    got = await stage.app.http.get("/authorisation/revoke")
    assert got.status_code == 405
    assert "POST" in got.headers["allow"]


async def test_an_expired_access_token_still_ends_its_grant(stage: Stage) -> None:
    grant = await stage.sign_in()
    stage.clock.advance_ms(30 * DAY)
    assert (await stage.revoke(grant["access_token"])).status_code == 200
    assert "revoked" in await stage.refused(grant["refresh_token"])


async def test_the_same_by_http_basic(stage: Stage) -> None:
    grant, client = await stage.sign_in(), stage.world.client
    answer = await stage.app.http.post(
        "/authorisation/revoke", data={"token": grant["refresh_token"]}, auth=(client.id, client.secret)
    )
    assert answer.status_code == 200
    await is_ended(stage, grant["access_token"], grant["refresh_token"])


async def test_a_revocation_beats_a_refresh_that_is_on_its_way(stage: Stage) -> None:
    """Whichever comes first, in the end the grant is over and nothing that was answered works."""
    for _ in range(5):
        grant = await stage.sign_in()
        token = grant["refresh_token"]
        answers = await asyncio.gather(stage.refresh(token), stage.revoke(token), stage.refresh(token), stage.refresh(token))
        assert answers[1].status_code == 200
        for answer in (answers[0], *answers[2:]):
            if answer.status_code == 200:
                await is_ended(stage, answer.json()["access_token"], answer.json()["refresh_token"])
            else:
                assert answer.json()["error"] == "invalid_grant"
        await is_ended(stage, grant["access_token"], token)
    rows = await stage.world.database.reader.all(families.select())
    assert {row.state for row in rows} == {"revoked"}


async def test_a_token_that_was_ended_by_newer_sign_ins_can_be_revoked_for_its_access_tokens(stage: Stage) -> None:
    grant = await stage.sign_in()
    await stage.world.run(families.update().values(state="ended", reason="newer_sign_ins"))
    for _ in range(3):
        assert (await stage.revoke(grant["refresh_token"])).status_code == 200
    await stage.comes_to(grant["access_token"], 401)
    assert len(await stage.feed()) == 1


async def test_a_client_switched_off_may_not_revoke_and_its_tokens_stop_anyway(stage: Stage) -> None:
    grant = await stage.sign_in()
    stage.clock.advance_ms(HOUR)
    await stage.client_deed(clients.switch_off)
    answer = await stage.revoke(grant["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")
    await stage.comes_to(grant["access_token"], 401)
    await stage.client_deed(clients.switch_on)
    await stage.comes_to(grant["access_token"], 200)
