"""Late repeats: a predecessor used again more than a minute later is noted, and suspicious if it comes from elsewhere."""

import asyncio

import pytest

from tests.authserver.stage import HOUR, MINUTE, SECOND, Stage

HOME = "192.0.2.1"
SAME_NETWORK = "192.0.2.200"
ELSEWHERE = "198.51.100.7"
BOTH_OWNERS = ["owner@tallyho.example", "owner@harbour.example"]


@pytest.fixture(autouse=True)
async def _the_harbour_has_an_owner(stage: Stage) -> None:
    await stage.add_owner(stage.world.harbour, "owner@harbour.example")


async def test_a_repeat_within_a_minute_is_nothing_to_speak_of(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    for wait in (0, 30 * SECOND, 30 * SECOND):
        stage.clock.advance_ms(wait)
        assert await stage.successor(first, source=ELSEWHERE) == second
    assert await stage.audited("grant.late_repeat") == []
    assert await stage.late_repeats() == 0
    assert await stage.mailed() == []


async def test_a_late_repeat_is_audited_with_both_uses_and_counted_on_the_connection(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    used_at = stage.clock.now_ms()
    second = await stage.successor(first, source=HOME, agent="till/1 main")
    stage.clock.advance_ms(MINUTE + 1)
    assert await stage.successor(first, source=SAME_NETWORK, agent="till/1 spare") == second
    [row] = await stage.audited("grant.late_repeat")
    assert row == {
        "source": SAME_NETWORK, "agent": "till/1 spare", "first_source": HOME, "first_agent": "till/1 main",
        "first_used_at": used_at, "actor": stage.world.client.id, "client_id": stage.world.client.id,
        "subject": (await stage.family()).id,
    }  # fmt: skip
    assert await stage.late_repeats() == 1
    await stage.successor(first)
    assert await stage.late_repeats() == 2
    assert await stage.mailed() == []


@pytest.mark.parametrize(
    ("first_source", "second_source", "is_told"),
    [
        ("192.0.2.1", "192.0.2.254", False),
        ("192.0.2.1", "192.0.3.1", True),
        ("2001:db8:1:1::1", "2001:db8:1:ffff::2", False),
        ("2001:db8:1::1", "2001:db8:2::1", True),
        ("192.0.2.1", "::ffff:192.0.2.9", False),
        ("192.0.2.1", "2001:db8::1", True),
    ],
)
async def test_a_late_repeat_is_mailed_if_it_comes_from_another_network(
    stage: Stage, first_source: str, second_source: str, is_told: bool
) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first, source=first_source)
    stage.clock.advance_ms(HOUR)
    for _ in range(3):
        assert await stage.successor(first, source=second_source) == second
    assert await stage.mailed() == (BOTH_OWNERS if is_told else [])
    assert (await stage.family()).state == "active"


async def test_the_third_generation_in_a_row_with_a_late_repeat_from_elsewhere_is_reuse(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    for _ in range(2):
        successor = await stage.successor(token, source=HOME)
        stage.clock.advance_ms(HOUR)
        assert await stage.successor(token, source=ELSEWHERE) == successor
        token = successor
    used = await stage.refreshed(token, source=HOME)
    stage.clock.advance_ms(HOUR)
    assert "older token" in await stage.refused(token, source=ELSEWHERE)
    assert "revoked" in await stage.refused(used["refresh_token"], source=HOME)
    await stage.comes_to(used["access_token"], 401)
    family = await stage.family()
    assert (family.state, family.reason) == ("revoked", "reused")
    [row] = await stage.audited("grant.reused")
    assert row["why"] == "late_repeats"
    assert [entry.id for entry in await stage.feed()] == [family.id]
    assert len(await stage.audited("grant.late_repeat")) == 3
    assert await stage.late_repeats() == 3
    assert await stage.mailed() == BOTH_OWNERS * 4  # three repeats, and the end


async def test_a_generation_counts_once_however_often_it_is_repeated_from_elsewhere(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    for _ in range(2):
        successor = await stage.successor(token, source=HOME)
        stage.clock.advance_ms(HOUR)
        for _ in range(5):
            assert await stage.successor(token, source=ELSEWHERE) == successor
        token = successor
    assert (await stage.family()).late_streak == 2
    assert await stage.mailed() == BOTH_OWNERS * 2


async def test_a_generation_without_one_begins_the_count_anew(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    for number in range(9):
        successor = await stage.successor(token, source=HOME)
        stage.clock.advance_ms(HOUR)
        if number % 3 != 2:
            assert await stage.successor(token, source=ELSEWHERE) == successor
        token = successor
    assert (await stage.family()).state == "active"


async def test_late_repeats_from_the_same_network_are_never_reuse(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    for _ in range(10):
        successor = await stage.successor(token, source=HOME)
        stage.clock.advance_ms(HOUR)
        assert await stage.successor(token, source=SAME_NETWORK) == successor
        token = successor
    assert (await stage.family()).state == "active"
    assert await stage.mailed() == []
    assert await stage.late_repeats() == 10


async def test_a_moved_client_that_lost_an_answer_goes_on(stage: Stage) -> None:
    """The first use's answer was lost, the machine was moved, the repeat comes from its new network: once is no harm."""
    first = (await stage.sign_in())["refresh_token"]
    await stage.successor(first, source=HOME)
    stage.clock.advance_ms(23 * HOUR)
    token = await stage.successor(first, source=ELSEWHERE)
    for _ in range(5):
        stage.clock.advance_ms(8 * HOUR)
        token = await stage.successor(token, source=ELSEWHERE)
    assert len(await stage.mailed()) == 2


async def test_many_late_repeats_at_once_from_elsewhere_are_told_once(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first, source=HOME)
    stage.clock.advance_ms(HOUR)
    successors = await asyncio.gather(*(stage.successor(first, source=ELSEWHERE) for _ in range(10)))
    assert set(successors) == {second}
    assert await stage.mailed() == BOTH_OWNERS
    assert await stage.late_repeats() == len(await stage.audited("grant.late_repeat")) == 10
    assert (await stage.family()).late_streak == 1
