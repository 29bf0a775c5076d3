"""What the AuthServer does by itself: it forgets what is over and nothing else, in small pieces, and survives a bad moment."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from powerepos_cloud.authserver.tables import assertions, families, superseded
from powerepos_cloud.directory.tables import revocations
from powerepos_cloud.foundation.database import Session
from tests.authserver.stage import DAY, HOUR, Stage
from tests.authserver.worker import working
from tests.support.patience import until


async def count(stage: Stage, table: Any) -> int:
    """How many rows a table has."""
    number: int = await stage.world.database.reader.scalar(select(func.count()).select_from(table))
    return number


async def test_an_expired_family_is_told_apart_for_a_month_and_then_forgotten_with_its_history(
    stage: Stage, directory_url: str
) -> None:
    token = await stage.successor((await stage.sign_in())["refresh_token"])
    async with working(directory_url, stage.clock) as worker:
        stage.clock.advance_ms(120 * DAY - 1)
        await worker.housekeeping.tidy()
        assert "expired" in await stage.refused(token)
        stage.clock.advance_ms(1)
        await worker.housekeeping.tidy()
        assert "unknown" in await stage.refused(token)
    assert await count(stage, families) == await count(stage, superseded) == 0


async def test_a_family_in_use_is_never_forgotten(stage: Stage, directory_url: str) -> None:
    token = (await stage.sign_in())["refresh_token"]
    async with working(directory_url, stage.clock) as worker:
        for _ in range(4):
            stage.clock.advance_ms(89 * DAY)
            await worker.housekeeping.tidy()
            token = await stage.successor(token)
    assert await count(stage, superseded) == 4


async def test_a_revoked_family_is_remembered_as_long_as_a_living_one(stage: Stage, directory_url: str) -> None:
    token = (await stage.sign_in())["refresh_token"]
    await stage.revoke(token)
    async with working(directory_url, stage.clock) as worker:
        stage.clock.advance_ms(119 * DAY)
        await worker.housekeeping.tidy()
        assert "revoked" in await stage.refused(token)
        stage.clock.advance_ms(DAY)
        await worker.housekeeping.tidy()
    assert await count(stage, families) == 0


async def test_after_years_of_neglect_everything_outlived_goes_in_one_round(stage: Stage, directory_url: str) -> None:
    living = (await stage.sign_in())["refresh_token"]
    row = dict((await stage.family())._mapping)
    old = stage.clock.now_ms() - 1

    async def neglect(session: Session) -> None:
        numbers = range(1, 1001)
        await session.run(
            insert(families),
            [row | {"id": f"old-{n}", "current_hash": n.to_bytes(32, "big"), "delete_after_at": old} for n in numbers],
        )
        await session.run(
            insert(superseded), [{"hash": (5000 + n).to_bytes(32, "big"), "family_id": f"old-{n}", "used_at": 1} for n in numbers]
        )
        taken = [{"client_id": "c", "jti_hash": n.to_bytes(32, "big"), "delete_after_at": old} for n in numbers]
        await session.run(insert(assertions), taken)
        entries = [
            {"n": n, "kind": "grant", "subject": f"g{n}", "client_id": "c", "state": "refused", "delete_after_at": old}
            for n in numbers
        ]
        await session.run(insert(revocations), entries)

    await stage.world.database.write(neglect)
    async with working(directory_url, stage.clock) as worker:
        await worker.housekeeping.tidy()
    assert await count(stage, families) == 1
    assert await count(stage, superseded) == await count(stage, assertions) == await count(stage, revocations) == 0
    await stage.successor(living)


async def test_an_assertions_mark_is_kept_until_it_has_expired(stage: Stage, directory_url: str) -> None:
    end = stage.clock.now_ms() + HOUR
    await stage.world.run(insert(assertions).values(client_id="c", jti_hash=b"j" * 32, delete_after_at=end))
    async with working(directory_url, stage.clock) as worker:
        stage.clock.advance_ms(HOUR - 1)
        await worker.housekeeping.tidy()
        assert await count(stage, assertions) == 1
        stage.clock.advance_ms(1)
        await worker.housekeeping.tidy()
        assert await count(stage, assertions) == 0


async def test_workers_may_tidy_at_once_while_tokens_are_used(stage: Stage, directory_url: str) -> None:
    tokens = [(await stage.sign_in())["refresh_token"] for _ in range(5)]
    async with (
        working(directory_url, stage.clock, families_most=5) as one,
        working(directory_url, stage.clock, families_most=5) as other,
    ):
        for _ in range(5):
            stage.clock.advance_ms(DAY)
            tidying = [worker.housekeeping.tidy() for worker in (one, other)]
            ending = [worker.housekeeping.end_surplus() for worker in (one, other)]
            _, *tokens = await asyncio.gather(_all(*tidying, *ending), *(stage.successor(token) for token in tokens))
    assert await count(stage, families) == 5


async def test_one_bad_round_does_not_end_the_housekeeping(
    stage: Stage, directory_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The background task must outlive any failure: without it keys would go stale and tables grow."""
    async with working(directory_url, stage.clock) as worker:
        rounds: list[int] = []

        async def fails() -> None:
            rounds.append(1)
            raise RuntimeError("a bad moment")

        # An excuse for the stand-in: nothing real makes exactly one round fail on demand.
        monkeypatch.setattr(worker.housekeeping, "end_surplus", fails)
        monkeypatch.setattr("powerepos_cloud.authserver.housekeeping._RELOAD_KEYS_SECONDS", 0.02)
        await worker.housekeeping.stop()
        await worker.housekeeping.start()
        await until(lambda: len(rounds) >= 3, 5)


async def _all(*deeds: Any) -> None:
    await asyncio.gather(*deeds)
