"""POST /authorisation/introspect (RFC 7662): an instance learns what a token for it says, and nothing of any other."""

import base64
from typing import Any

import jwt
import pytest

from powerepos_cloud.directory import accounts, clients, connections, organisations, revocations
from powerepos_cloud.foundation.secrets import SecretKind, generate
from tests.authserver.stage import HOUR, SECOND, Stage
from tests.authserver.worker import working
from tests.support.world import PARTNERSERVICES_URI

INACTIVE = {"active": False}


async def test_a_living_token_is_told_with_all_its_claims(stage: Stage) -> None:
    token = (await stage.sign_in())["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert await stage.introspect(token) == {"active": True, "token_type": "Bearer", **claims}
    assert claims["aud"] == PARTNERSERVICES_URI


async def test_the_answer_is_never_stored(stage: Stage) -> None:
    instance_id, credential, _ = stage.world.instances["partnerservices"]
    answer = await stage.app.http.post("/authorisation/introspect", data={"token": "x"}, auth=(instance_id, credential))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"


async def test_a_token_for_another_instance_is_not_told(stage: Stage) -> None:
    token = (await stage.sign_in())["access_token"]
    assert await stage.introspect(token, "ros") == INACTIVE
    form = stage.world.client.form("client_credentials", org_id="HARBOUR-1", scope="ros")
    ros = (await stage.app.token(form)).json()["access_token"]
    assert await stage.introspect(ros) == INACTIVE
    assert (await stage.introspect(ros, "ros"))["active"]


async def test_an_expired_token_is_inactive_after_a_minute_of_skew(stage: Stage) -> None:
    token = (await stage.sign_in())["access_token"]
    stage.clock.advance_ms(8 * HOUR + 59 * SECOND)
    assert (await stage.introspect(token))["active"]
    stage.clock.advance_ms(SECOND)
    assert await stage.introspect(token) == INACTIVE


async def test_what_is_no_access_token_of_ours_is_inactive(stage: Stage) -> None:
    grant = await stage.sign_in()
    header, claims, signature = grant["access_token"].split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()
    forged = jwt.encode({"aud": PARTNERSERVICES_URI}, "k" * 32, algorithm="HS256", headers={"typ": "at+jwt"})
    shown = (grant["refresh_token"], "x", "..", f"{header}.{claims}.", f"{none}.{claims}.", forged, stage.world.client.secret,
             f"{header}.{claims}.{signature[::-1]}", generate(SecretKind.REFRESH_TOKEN), "ä" * 50)  # fmt: skip
    for token in shown:
        assert await stage.introspect(token) == INACTIVE


async def test_only_an_instance_may_ask(stage: Stage) -> None:
    token = (await stage.sign_in())["access_token"]
    client = stage.world.client
    url = "/authorisation/introspect"
    in_body = {"client_id": client.id, "client_secret": client.secret}
    for answer in (
        await stage.app.http.post(url, data={"token": token}),
        await stage.app.http.post(url, data={"token": token}, auth=(client.id, client.secret)),
        await stage.app.http.post(url, data={"token": token, **in_body}),
        await stage.app.http.post(url, data={"token": token}, headers={"authorization": f"Bearer {token}"}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("data", [{}, {"token": ""}, {"token_type_hint": "access_token"}])
async def test_a_missing_token_is_told(stage: Stage, data: dict[str, str]) -> None:
    instance_id, credential, _ = stage.world.instances["partnerservices"]
    answer = await stage.app.http.post("/authorisation/introspect", data=data, auth=(instance_id, credential))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_every_deed_that_stops_a_token_is_seen_at_once_without_waiting_for_the_feed(stage: Stage) -> None:
    account = stage.world.account.id

    async def is_active(token: str) -> Any:
        return (await stage.introspect(token))["active"]

    token = (await stage.sign_in())["access_token"]
    for off, on in (
        (lambda: stage.connection_deed(connections.pause), lambda: stage.connection_deed(connections.resume)),
        (lambda: stage.deed(accounts.switch_off, account), lambda: stage.deed(accounts.switch_on, account)),
        (lambda: stage.deed(organisations.switch_off), lambda: stage.deed(organisations.switch_on)),
        (lambda: stage.client_deed(clients.switch_off), lambda: stage.client_deed(clients.switch_on)),
    ):
        assert await is_active(token)
        await off()
        assert not await is_active(token)
        await on()
    assert await is_active(token)
    await stage.deed(accounts.set_outlets, account, ["11111111-1111-4111-8111-111111111111"])
    assert not await is_active(token)
    token = (await stage.sign_in())["access_token"]
    assert await is_active(token)
    await stage.revoke(token)
    assert not await is_active(token)
    token = (await stage.sign_in())["access_token"]
    now = stage.clock.now_ms()
    moved = revocations.moved("HARBOUR-1", "https://other.example/")
    await stage.world.database.write(lambda session: revocations.publish(session, now, [moved]))
    assert not await is_active(token)


async def test_a_revoked_token_stays_inactive_when_its_entry_is_forgotten(stage: Stage, directory_url: str) -> None:
    token = (await stage.sign_in())["access_token"]
    await stage.revoke(token)
    async with working(directory_url, stage.clock) as worker:
        for _ in range(10):
            assert await stage.introspect(token) == INACTIVE
            stage.clock.advance_ms(HOUR)
            await worker.housekeeping.tidy()
    assert await stage.feed() == []
    assert await stage.introspect(token) == INACTIVE
