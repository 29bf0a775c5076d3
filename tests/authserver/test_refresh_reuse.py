"""Reuse: an older token ends its family, but for late workers of a minute; another client's token is reported as a leak."""

import asyncio

import pytest

from powerepos_cloud.foundation.secrets import SecretKind, generate
from tests.authserver.stage import DAY, HOUR, MINUTE, SECOND, Stage


async def three_generations(stage: Stage) -> tuple[str, str, str, str]:
    """A token used twice over, its two followers, and the newest access token."""
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    third = await stage.refreshed(second)
    return first, second, third["refresh_token"], third["access_token"]


async def test_an_older_token_within_a_minute_of_its_use_is_refused_and_nothing_is_revoked(stage: Stage) -> None:
    first, second, third, access = await three_generations(stage)
    for wait in (0, 59 * SECOND, SECOND):
        stage.clock.advance_ms(wait)
        assert "newest" in await stage.refused(first, agent="late worker/7")
    rows = await stage.audited("grant.straggler")
    assert len(rows) == 3
    assert {row["agent"] for row in rows} == {"late worker/7"}
    assert {row["source"] for row in rows} == {"192.0.2.1"}
    assert await stage.feed() == []
    assert await stage.mailed() == []
    assert await stage.call(access) == 200
    assert await stage.successor(second) == third
    await stage.successor(third)


async def test_the_minute_counts_from_each_tokens_own_first_use(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    stage.clock.advance_ms(50 * SECOND)
    third = await stage.successor(second)
    stage.clock.advance_ms(10 * SECOND)
    await stage.refused(first)  # used 60 s ago
    await stage.successor(third)
    stage.clock.advance_ms(30 * SECOND)
    await stage.refused(second)  # used 40 s ago
    assert (await stage.family()).state == "active"
    await stage.refused(first)  # used 90 s ago
    assert (await stage.family()).reason == "reused"


async def test_an_older_token_after_a_minute_is_reuse_and_ends_the_family(stage: Stage) -> None:
    await stage.add_owner(stage.world.harbour, "owner@harbour.example")
    first, second, third, access = await three_generations(stage)
    assert await stage.call(access) == 200
    stage.clock.advance_ms(MINUTE + 1)
    assert "older token" in await stage.refused(first, source="198.51.100.66", agent="thief/1")
    await stage.comes_to(access, 401)
    assert (await stage.introspect(access)) == {"active": False}
    for token in (first, second, third):
        assert "revoked" in await stage.refused(token)
    family = await stage.family()
    assert (family.state, family.reason) == ("revoked", "reused")
    [row] = await stage.audited("grant.reused")
    assert row == {
        "source": "198.51.100.66", "agent": "thief/1", "why": "older_generation", "actor": stage.world.client.id,
        "client_id": stage.world.client.id, "subject": family.id,
    }  # fmt: skip
    [entry] = await stage.feed()
    assert (entry.kind, entry.id, entry.state, entry.client_id) == ("grant", family.id, "refused", stage.world.client.id)
    assert sorted(await stage.mailed()) == ["owner@harbour.example", "owner@tallyho.example"]


@pytest.mark.parametrize("hours", [24, 25, 24 * 30])
async def test_a_predecessor_after_the_window_is_reuse_even_if_its_successor_was_never_used(stage: Stage, hours: int) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    stage.clock.advance_ms(hours * HOUR)
    assert "older token" in await stage.refused(first)
    assert "revoked" in await stage.refused(second)
    assert len(await stage.audited("grant.reused")) == 1


async def test_reuse_found_by_many_at_once_is_told_once(stage: Stage) -> None:
    first, *_ = await three_generations(stage)
    stage.clock.advance_ms(HOUR)
    answers = await asyncio.gather(*(stage.refresh(first) for _ in range(20)))
    assert {answer.json()["error"] for answer in answers} <= {"invalid_grant", "temporarily_unavailable"}
    assert len(await stage.audited("grant.reused")) == 1
    assert len(await stage.feed()) == 1
    assert await stage.mailed() == ["owner@tallyho.example"]


async def test_reuse_ends_its_own_family_and_no_other(stage: Stage) -> None:
    first, *_ = await three_generations(stage)
    other = await stage.sign_in()
    stage.clock.advance_ms(HOUR)
    await stage.refused(first)
    assert await stage.call(other["access_token"]) == 200
    await stage.successor(other["refresh_token"])


async def test_a_token_of_long_ago_is_still_known_as_the_familys(stage: Stage) -> None:
    first = token = (await stage.sign_in())["refresh_token"]
    for _ in range(30):
        stage.clock.advance_ms(DAY)
        token = await stage.successor(token)
    await stage.refused(first)
    assert "revoked" in await stage.refused(token)


async def test_a_revoked_family_refuses_its_predecessor_too_within_the_window(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    assert (await stage.revoke(second)).status_code == 200
    for token in (first, second):
        assert "revoked" in await stage.refused(token)
    assert await stage.audited("grant.reused") == []


async def test_a_dead_families_tokens_leave_no_trace_however_often_they_are_shown(stage: Stage) -> None:
    first, second, third, _ = await three_generations(stage)
    await stage.revoke(third)
    stage.clock.advance_ms(HOUR)
    for token in (first, second, third) * 3:
        await stage.refused(token)
    assert await stage.audited("grant.reused") == await stage.audited("grant.straggler") == []
    assert len(await stage.feed()) == 1
    assert await stage.mailed() == []


async def test_another_clients_token_looks_unknown_is_reported_to_its_own_and_keeps_working(stage: Stage) -> None:
    world = stage.world
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    unknown = await stage.refused(generate(SecretKind.REFRESH_TOKEN), client=world.other_client)
    before = await stage.family()
    for token in (second, first, second):
        assert await stage.refused(token, client=world.other_client, source="198.51.100.7", agent="rival/1") == unknown
    assert tuple(await stage.family()) == tuple(before)
    rows = await stage.audited("grant.token_leaked")
    assert len(rows) == 3
    assert rows[0] == {
        "source": "198.51.100.7", "agent": "rival/1", "presented_by": world.other_client.id,
        "actor": world.other_client.id, "client_id": world.client.id, "subject": before.id,
    }  # fmt: skip
    assert await stage.mailed() == ["owner@tallyho.example"]
    assert await stage.feed() == []
    await stage.successor(second)


async def test_a_leak_shown_by_many_at_once_is_mailed_once(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    await asyncio.gather(*(stage.refresh(token, client=stage.world.other_client) for _ in range(8)))
    assert await stage.mailed() == ["owner@tallyho.example"]
    await stage.successor(token)


async def test_a_token_that_was_never_given_out_is_unknown(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    family = await stage.family()
    shown = (generate(SecretKind.REFRESH_TOKEN), token[:-1] + "x", token.upper(), token + " ", family.id, "x",
             family.current_hash.hex(), generate(SecretKind.CLIENT_SECRET))  # fmt: skip
    texts = {await stage.refused(other) for other in shown}
    assert len(texts) == 1
    assert (await stage.family()).state == "active"


async def test_a_dead_token_counts_as_a_failure_like_an_unknown_one(stage: Stage) -> None:
    dead, living = (await stage.sign_in())["refresh_token"], (await stage.sign_in())["refresh_token"]
    await stage.revoke(dead)
    for token in (dead, generate(SecretKind.REFRESH_TOKEN)):
        statuses = [(await stage.refresh(token)).status_code for _ in range(12)]
        assert statuses == [400] * 10 + [429] * 2
    await stage.successor(living)


async def test_a_late_worker_is_never_told_to_try_again(stage: Stage) -> None:
    first, _, third, _ = await three_generations(stage)
    for _ in range(25):
        await stage.refused(first)
    await stage.successor(third)
