"""A database that is away is a fault of ours: 503 with Retry-After, never a word on which a client throws its token away."""

import asyncio
import random
import sqlite3
from typing import Any

import httpx
import pytest

from powerepos_cloud.authserver.tables import families, superseded
from powerepos_cloud.foundation.secrets import SecretKind, generate
from tests.authserver.stage import Stage
from tests.support.postgresql import Cluster

only_postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def every_request(stage: Stage, grant: dict[str, Any]) -> list[httpx.Request]:
    """Each endpoint that needs the database, asked rightly and wrongly."""
    world = stage.world
    client, other, account = world.client, world.other_client, world.account
    instance_id, credential, _ = world.instances["partnerservices"]
    wrong_secret = type(client)(client.id, generate(SecretKind.CLIENT_SECRET))
    wrong_password = account.login(password=generate(SecretKind.SERVICE_PASSWORD))
    token = grant["refresh_token"]
    forms = [
        client.form("password", **account.login()),
        client.form("password", **wrong_password),
        client.form("client_credentials", org_id="HARBOUR-1", scope="ros offline_access"),
        client.form("client_credentials", org_id="LAKESIDE", scope="ros"),
        client.form("refresh_token", refresh_token=token),
        client.form("refresh_token", refresh_token=generate(SecretKind.REFRESH_TOKEN)),
        other.form("refresh_token", refresh_token=token),
        wrong_secret.form("refresh_token", refresh_token=token),
    ]
    build = stage.app.http.build_request
    requests = [build("POST", "/authorisation/token", data=form) for form in forms]
    requests += [build("POST", "/authorisation/revoke", data=client.form("-", token=shown)) for shown in (token, "x")]
    basic = httpx.BasicAuth(instance_id, credential)
    feed = build("GET", "/authorisation/revocations")
    introspect = build("POST", "/authorisation/introspect", data={"token": grant["access_token"]})
    requests += [next(basic.auth_flow(request)) for request in (feed, introspect)]
    return requests


@only_postgresql
@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_a_stopped_cluster_is_answered_503_and_recovered_from(stage: Stage, postgresql_cluster: Cluster, mode: str) -> None:
    grant = await stage.sign_in()
    assert await stage.call(grant["access_token"]) == 200
    postgresql_cluster.stop(mode)
    try:
        for request in every_request(stage, grant):
            answer = await stage.app.http.send(request)
            assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable"), (request, answer.text)
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.headers["cache-control"] == "no-store"
        bearer = {"authorization": f"Bearer {grant['access_token']}"}
        api = await stage.app.http.get("/api/v1/connection", headers=bearer)
        assert (api.status_code, api.json()["errorCode"]) == (503, "service.unavailable")
        assert api.headers["retry-after"]
        # What needs no database goes on.
        for path in ("/healthz", "/authorisation/jwks", "/.well-known/oauth-authorization-server"):
            assert (await stage.app.http.get(path)).status_code == 200
        ready = await stage.app.http.get("/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
    finally:
        postgresql_cluster.start()
    successor = await stage.successor(grant["refresh_token"])
    await stage.successor(successor)
    assert await stage.call((await stage.sign_in())["access_token"]) == 200
    await stage.revoke(successor)
    await stage.comes_to(grant["access_token"], 401, seconds=5)
    for secret in (stage.world.client.secret, stage.world.account.password, grant["refresh_token"], grant["access_token"]):
        assert secret not in stage.app.logged.getvalue()


@only_postgresql
async def test_connections_that_are_cut_under_load_lose_no_chain(stage: Stage, postgresql_cluster: Cluster) -> None:
    over = asyncio.Event()
    statuses: list[int] = []

    async def partner(token: str) -> tuple[str, int]:
        rotations = 0
        while not over.is_set():
            answer = await stage.refresh(token)
            statuses.append(answer.status_code)
            assert answer.status_code in (200, 503), stage.app.logged.getvalue()[-3000:]
            if answer.status_code == 200:
                token = answer.json()["refresh_token"]
                rotations += 1
        return token, rotations

    tokens = [(await stage.sign_in())["refresh_token"] for _ in range(8)]
    partners = [asyncio.create_task(partner(token)) for token in tokens]
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'directory%' AND random() < 0.7"
    for _ in range(20):
        await asyncio.sleep(random.uniform(0.01, 0.08))
        await asyncio.to_thread(postgresql_cluster.run, cut)
    over.set()
    finished = await asyncio.gather(*partners)
    assert 503 in statuses
    for token, _ in finished:
        await stage.successor(await stage.successor(token))
    rows = await stage.world.database.reader.all(families.select())
    assert {row.state for row in rows} == {"active"}
    assert len(rows) == len(tokens)
    used = len(await stage.world.database.reader.all(superseded.select()))
    answered = sum(rotations for _, rotations in finished) + 2 * len(tokens)
    assert answered <= used <= answered + len(tokens)  # a use whose answer was lost is repeated, not done twice


@only_sqlite
async def test_a_file_that_another_process_keeps_locked_is_answered_503_and_recovered_from(
    stage: Stage, directory_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = await stage.sign_in()
    assert await stage.call(grant["access_token"]) == 200
    monkeypatch.setattr("powerepos_cloud.foundation.database.group_commit._BUSY_GIVE_UP_SECONDS", 0.2)
    blocker = sqlite3.connect(directory_url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        blocker.execute("BEGIN IMMEDIATE")
        writing = [
            stage.world.client.form("password", **stage.world.account.login()),
            stage.world.client.form("refresh_token", refresh_token=grant["refresh_token"]),
        ]
        for form in writing:
            answer = await stage.app.token(form)
            assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
            assert answer.headers["retry-after"]
        assert (await stage.revoke(grant["refresh_token"])).status_code == 503
        # Who only reads does not wait for a writer.
        assert (
            await stage.app.token(stage.world.client.form("password", **stage.world.account.login("partnerservices")))
        ).status_code == 200
        assert (await stage.introspect(grant["access_token"]))["active"]
        assert await stage.call(grant["access_token"]) == 200
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()
    await stage.successor(await stage.successor(grant["refresh_token"]))
    assert (await stage.family()).state == "active"
