"""Refusals of proved clients are kept for their partner: what was sent and nothing more, in bounds, and forgotten in time."""

import asyncio

from sqlalchemy import func, select

from powerepos_cloud.authserver import refusal_log
from powerepos_cloud.authserver.refusal_log import KEPT_MS, MOST, RefusedCall
from powerepos_cloud.authserver.tables import refused_calls
from powerepos_cloud.directory import clients
from powerepos_cloud.directory.tables import clients as clients_table
from tests.authserver.stage import Stage


async def calls(stage: Stage, *client_ids: str, many: int = 1) -> list[RefusedCall]:
    """What is kept of these clients, once there are `many`: notes are stored after the answer."""
    for _ in range(500):
        found = await refusal_log.of_clients(stage.world.database.reader, client_ids, 100)
        if len(found) >= many:
            break
        await asyncio.sleep(0.01)
    return found


async def test_a_refusal_of_a_proved_client_is_kept_as_it_was_sent(stage: Stage) -> None:
    world = stage.world
    form = world.client.form("password", **world.account.login(password="pepos_sp_wrong"))
    answer = await stage.app.token(form)
    [call] = await calls(stage, world.client.id, world.other_client.id)
    sent = answer.json()
    assert (call.id, call.status, call.error) == (answer.headers["X-Request-ID"], 400, sent["error"])
    assert call.description == sent["error_description"]
    assert (call.grant_type, call.asked_org_id, call.at) == ("password", world.account.org_id, world.clock.now_ms())
    assert await refusal_log.find(world.database.reader, [world.client.id], call.id) == call
    assert await refusal_log.find(world.database.reader, [world.other_client.id], call.id) is None
    assert await calls(stage, world.other_client.id, many=0) == []


async def test_what_an_unproved_client_claims_leaves_nothing(stage: Stage) -> None:
    world = stage.world
    wrong = {**world.client.form("password", **world.account.login()), "client_secret": world.other_client.secret}
    assert (await stage.app.token(wrong)).status_code == 401
    assert (await stage.app.token({"grant_type": "password", "client_id": world.client.id})).status_code == 401
    assert (await stage.app.token(world.client.form("password", **world.account.login()))).status_code == 200
    await stage.app.token(world.client.form("nonsense"))  # what was noted before it would be stored by now, too
    [call] = await calls(stage, world.client.id, world.other_client.id)
    assert call.error == "unsupported_grant_type"


async def test_only_words_that_we_know_are_kept_of_the_form(stage: Stage) -> None:
    world = stage.world
    await stage.app.token(world.client.form("<script>"))
    await stage.app.token(world.client.form("password", **world.account.login(org_id="../../etc", password="pepos_sp_x")))
    kept = await calls(stage, world.client.id, many=2)
    assert [(call.grant_type, call.asked_org_id) for call in kept if call.error != "unsupported_grant_type"] == [
        ("password", None)
    ]
    assert [call.grant_type for call in kept if call.error == "unsupported_grant_type"] == [None]


async def test_a_client_that_is_switched_off_reads_why(stage: Stage) -> None:
    world = stage.world
    await world.run(clients_table.update().where(clients_table.c.id == world.client.id).values(state="off"))
    await stage.app.token(world.client.form("password", **world.account.login()))
    assert [call.error for call in await calls(stage, world.client.id)] == ["unauthorized_client"]
    assert (await clients.get(world.database.reader, world.client.id)).state == "off"


async def test_a_client_keeps_a_thousand_for_thirty_days(stage: Stage) -> None:
    database, now = stage.world.database, stage.world.clock.now_ms()

    def call(number: int, client_id: str = "one") -> RefusedCall:
        return RefusedCall(f"{client_id}-{number:05d}", client_id, None, None, 400, "invalid_grant", "No.", None, now + number)

    async def fill(session):  # type: ignore[no-untyped-def]
        await session.run(
            refused_calls.insert(),
            [{name: getattr(call(n), name) for name in RefusedCall.__struct_fields__} for n in range(MOST)],
        )
        await refusal_log.add(session, call(0, "two"))
        await refusal_log.add(session, call(MOST))
        await refusal_log.add(session, call(MOST + 1))

    await database.write(fill)
    counted = select(func.count(), func.min(refused_calls.c.id)).where(refused_calls.c.client_id == "one")
    assert tuple(await database.reader.first(counted)) == (MOST, "one-00002")  # type: ignore[arg-type]
    page = await refusal_log.of_clients(database.reader, ["one"], 2)
    following = await refusal_log.of_clients(database.reader, ["one"], 1, (page[-1].at, page[-1].id))
    assert [one.id for one in (*page, *following)] == ["one-01001", "one-01000", "one-00999"]
    gone = await database.write(lambda session: refusal_log.delete_outlived(session, now + KEPT_MS + 12, 500))
    assert gone == 11  # ten of the one, one of the other
