"""A client and account have at most a hundred live families: beyond that the one unused for longest ends, quietly."""

import asyncio
from typing import Any

import jwt

from powerepos_cloud.authserver.tables import families
from tests.authserver.stage import Stage
from tests.authserver.worker import working
from tests.support.application import running, settings_for
from tests.support.clock import FakeClock
from tests.support.patience import until_answered
from tests.support.world import World


async def sign_ins(stage: Stage, number: int) -> list[dict[str, Any]]:
    """So many grants, a second apart."""
    answers = []
    for _ in range(number):
        stage.clock.advance_ms(1000)
        answers.append(await stage.sign_in())
    return answers


async def live_families(stage: Stage) -> list[str]:
    """The IDs of the families that are active."""
    rows = await stage.world.database.reader.all(families.select().where(families.c.state == "active"))
    return [row.id for row in rows]


def sid(answer: dict[str, Any]) -> str:
    """The grant that an answer belongs to."""
    grant_id: str = jwt.decode(answer["access_token"], options={"verify_signature": False})["sid"]
    return grant_id


async def test_the_hundred_and_first_family_ends_the_one_unused_for_longest(stage: Stage, directory_url: str) -> None:
    given = await sign_ins(stage, 100)
    async with working(directory_url, stage.clock) as worker:
        await worker.housekeeping.end_surplus()
    assert len(await live_families(stage)) == 100
    oldest = await stage.refreshed(given[0]["refresh_token"])  # used again, so the second is now the oldest
    given += await sign_ins(stage, 1)
    async with working(directory_url, stage.clock) as worker:
        await worker.housekeeping.end_surplus()
    assert sorted(await live_families(stage)) == sorted(sid(answer) for answer in given if answer is not given[1])
    assert "newer sign-ins" in await stage.refused(given[1]["refresh_token"])
    assert await stage.call(given[1]["access_token"]) == 200
    assert (await stage.introspect(given[1]["access_token"]))["active"]
    assert await stage.feed() == []
    await stage.successor(oldest["refresh_token"])
    await stage.successor(given[100]["refresh_token"])


async def test_a_predecessor_of_an_ended_family_is_told_the_same(stage: Stage, directory_url: str) -> None:
    first = (await stage.sign_in())["refresh_token"]
    await stage.successor(first)
    await sign_ins(stage, 3)
    async with working(directory_url, stage.clock, families_most=3) as worker:
        await worker.housekeeping.end_surplus()
    assert "newer sign-ins" in await stage.refused(first)
    assert await stage.audited("grant.reused") == []


async def test_each_client_and_account_has_its_own_hundred(stage: Stage, directory_url: str) -> None:
    await sign_ins(stage, 2)
    await stage.sign_in(stage.world.lakeside_account)
    form = stage.world.client.form("client_credentials", org_id="HARBOUR-1", scope="ros offline_access")
    await stage.app.token(form)
    async with working(directory_url, stage.clock, families_most=1) as worker:
        await worker.housekeeping.end_surplus()
    assert len(await live_families(stage)) == 3


async def test_two_workers_that_tidy_at_once_end_no_family_too_many(stage: Stage, directory_url: str) -> None:
    await sign_ins(stage, 12)
    async with (
        working(directory_url, stage.clock, families_most=10) as one,
        working(directory_url, stage.clock, families_most=10) as other,
    ):
        await asyncio.gather(*(worker.housekeeping.end_surplus() for worker in (one, other)))
    assert len(await live_families(stage)) == 10


async def test_a_running_server_ends_surplus_families_by_itself(
    world: World, directory_url: str, partnerservices_url: str, clock: FakeClock
) -> None:
    settings = settings_for(directory_url, partnerservices_url, families_per_connection=2)
    async with running(settings, clock) as app:
        stage = Stage(world, clock, app)
        given = await sign_ins(stage, 5)

        async def two_are_left() -> bool:
            return len(await live_families(stage)) == 2

        await until_answered(two_are_left, 15)
        assert await live_families(stage) == [sid(answer) for answer in given[3:]]
        await stage.successor(given[4]["refresh_token"])
