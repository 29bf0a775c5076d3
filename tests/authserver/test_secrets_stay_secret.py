"""Secrets and tokens appear in no log, no error, no audit row and no mail, whatever field they were put into."""

import base64
from typing import Any

from sqlalchemy import Text, select

from powerepos_cloud.foundation.database import crossing
from powerepos_cloud.foundation.database.schema import DIRECTORY
from tests.support.application import Running
from tests.support.clock import FakeClock
from tests.support.world import World


async def test_after_all_flows_no_secret_is_found_anywhere(app: Running, world: World, clock: FakeClock) -> None:
    client, account, other = world.client, world.account, world.other_client
    secrets = [client.secret, account.password, other.secret, world.lakeside_account.password]
    secrets += [credential for _, credential, _ in world.instances.values()]
    refusals: list[str] = []

    async def ask(form: dict[str, str], **options: Any) -> dict[str, Any]:
        answer = await app.token(form, **options)
        if answer.status_code != 200:
            refusals.append(answer.text + str(answer.headers))
            return {}
        body: dict[str, Any] = answer.json()
        secrets.extend((body["access_token"].split(".")[2], body.get("refresh_token") or client.secret))
        return body

    # What goes right.
    first = await ask(client.form("password", **account.login()))
    second = await ask(client.form("refresh_token", refresh_token=first["refresh_token"]))
    await ask(client.form("client_credentials", org_id="HARBOUR-1", scope="ros offline_access"))
    assert second
    # What goes wrong: each secret in each wrong field, reuse, a leak to another client.
    for misplaced in (client.secret, account.password, second["refresh_token"], second["access_token"]):
        for field in ("client_id", "client_secret", "org_id", "username", "password", "scope", "grant_type", "refresh_token"):
            await ask({**client.form("password", **account.login()), field: misplaced[:256]})
        for header in (f"Bearer {misplaced}", f"Basic {base64.b64encode(misplaced.encode()).decode()}", misplaced):
            await ask({"grant_type": "password"}, headers={"authorization": header, "user-agent": "till/1"})
            refused = await app.http.get("/api/v1/connection", headers={"authorization": header})
            refusals.append(refused.text if refused.status_code != 200 else "")
    await ask(other.form("refresh_token", refresh_token=second["refresh_token"]))
    third = await ask(client.form("refresh_token", refresh_token=second["refresh_token"]))
    assert third
    clock.advance_ms(3_600_000)
    await ask(client.form("refresh_token", refresh_token=first["refresh_token"]))  # reuse: told to both owners
    await app.http.post("/authorisation/revoke", data={**client.form("-"), "token": third["refresh_token"]})
    await app.http.post("/authorisation/introspect", data={"token": third["access_token"]})
    stored = await everything_stored(world)
    logged = app.logged.getvalue()
    assert "token.refused" in logged
    assert len(stored) > 500
    for secret in set(secrets):
        assert secret not in logged
        assert secret not in stored
        assert not any(secret in refusal for refusal in refusals)


async def everything_stored(world: World) -> str:
    """Every text of every table of the directory, audit and mail included."""
    texts = []
    for table in DIRECTORY.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, Text)]
        if columns:
            rows = await world.database.reader.all(crossing(select(*columns), "a test looks for secrets everywhere"))
            texts += [str(value) for row in rows for value in row]
    return "\n".join(texts)
