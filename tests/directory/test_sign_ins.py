"""Sessions, one-time form keys, counted failures, and the pool that looks at passwords, on both databases."""

import asyncio

import pytest

from powerepos_cloud.directory import failures, form_uses, sessions, users
from powerepos_cloud.directory.form_uses import FormUsed
from powerepos_cloud.directory.passwords import PasswordPool, TooBusy, hash_password
from powerepos_cloud.foundation.database import Database, Session
from tests.support.clock import FakeClock
from tests.support.desk import Desk

OWNER = b"o" * 32


async def test_a_form_key_is_used_up_by_one_of_many(directory_database: Database, clock: FakeClock) -> None:
    async def claim(uses: int, leads_to: str) -> str:
        try:
            await directory_database.write(
                lambda session: form_uses.claim(session, clock.now_ms(), OWNER, "/things", uses, leads_to)
            )
        except FormUsed as used:
            return f"used, led to {used.leads_to}"
        return "claimed"

    found = await asyncio.gather(*(claim(0, f"/things/{n}") for n in range(8)))
    assert found.count("claimed") == 1
    winner = found.index("claimed")
    assert set(found) == {"claimed", f"used, led to /things/{winner}"}
    assert await form_uses.uses_of(directory_database.reader, OWNER) == {"/things": 1}
    assert await form_uses.uses_of(directory_database.reader, b"x" * 32) == {}
    assert [await claim(2, "/x"), await claim(1, "/second"), await claim(1, "/x")] == [
        f"used, led to /things/{winner}",
        "claimed",
        "used, led to /second",
    ]


async def test_failures_are_counted_in_windows(directory_database: Database, clock: FakeClock) -> None:
    key, other = failures.key_of("address", "a@b.example"), failures.key_of("address", "c@d.example")
    for expected in range(1, failures.MOST + 1):
        assert not await failures.is_spent(directory_database.reader, clock.now_ms(), key)
        assert await directory_database.write(lambda session: failures.count(session, clock.now_ms(), key)) == expected
        clock.advance_ms(60_000)
    assert await failures.is_spent(directory_database.reader, clock.now_ms(), key)
    assert not await failures.is_spent(directory_database.reader, clock.now_ms(), other)
    clock.advance_ms(failures.WINDOW_MS)
    assert not await failures.is_spent(directory_database.reader, clock.now_ms(), key)
    assert await directory_database.write(lambda session: failures.count(session, clock.now_ms(), key)) == 1


async def test_what_outlived_its_time_is_forgotten(directory_database: Database, clock: FakeClock) -> None:
    desk = Desk(directory_database, clock)
    user = await desk.do(users.create, "ann@b.example", "Ann", "-")
    token = sessions.new_token()

    async def fill(session: Session) -> None:
        now = clock.now_ms()
        facts = {"stage": sessions.OPEN, "second_factor": False, "source": "192.0.2.1", "agent": ""}
        await sessions.begin(session, now, token, user.id, None, place="organisation:1", **facts)  # type: ignore[arg-type]
        await form_uses.claim(session, now, OWNER, "/things", 0, "/")
        await failures.count(session, now, failures.key_of("x"))

    await directory_database.write(fill)
    assert await sessions.find(directory_database.reader, clock.now_ms(), token) is not None
    clock.advance_ms(sessions.PEOPLE.total_ms)
    assert await sessions.find(directory_database.reader, clock.now_ms(), token) is None
    assert await sessions.last_place(directory_database.reader, user.id) == "organisation:1"
    clock.advance_ms(24 * 3_600_000 + 1)
    deleted = await directory_database.write(lambda session: sessions.delete_outlived(session, clock.now_ms(), 100))
    assert deleted == 3
    assert await sessions.last_place(directory_database.reader, user.id) is None


async def test_one_person_ends_no_session_of_another(directory_database: Database, clock: FakeClock) -> None:
    desk = Desk(directory_database, clock)
    ann, ben = [await desk.do(users.create, f"{name}@b.example", name, "-") for name in ("ann", "ben")]
    facts = {"stage": sessions.OPEN, "second_factor": False, "source": "192.0.2.1", "agent": ""}
    for user in (ann, ann, ben):
        await directory_database.write(
            lambda session, user=user: sessions.begin(session, clock.now_ms(), sessions.new_token(), user.id, None, **facts)  # type: ignore[misc]
        )
    bens = (await sessions.of_user(directory_database.reader, clock.now_ms(), ben.id))[0]
    assert await desk.do(sessions.end_one_of, ann.id, ann.email, bens.id) is False
    assert await directory_database.write(lambda session: sessions.end_others(session, ann.id)) == 2
    assert len(await sessions.of_user(directory_database.reader, clock.now_ms(), ben.id)) == 1
    assert await desk.do(sessions.end_one_of, ben.id, ben.email, bens.id) is True


async def test_a_flood_of_passwords_waits_in_a_queue_of_fixed_length() -> None:
    pool = PasswordPool(threads=1, waiting=2)
    stored = hash_password("a password of some length")
    try:
        await pool.is_password(None, "warms up")
        tries = [pool.is_password(stored, "a password of some length") for _ in range(5)]
        found = await asyncio.gather(*tries, return_exceptions=True)
        assert [one for one in found if one is True] == [True] * 3
        assert len([one for one in found if isinstance(one, TooBusy)]) == 2
        assert await pool.is_password(stored, "another password") is False
        assert await pool.is_password(None, "a password of some length") is False
    finally:
        await pool.close()


@pytest.mark.parametrize("password", ["", "x" * 5000, "\0" * 20])
async def test_no_password_breaks_the_pool(password: str) -> None:
    pool = PasswordPool()
    try:
        assert await pool.is_password(None, password) is False
    finally:
        await pool.close()
