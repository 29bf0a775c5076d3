"""Sessions, one-time form keys, counted failures, and the pool that looks at passwords, on both databases."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, event

from powerepos_cloud.audit.store import SYSTEM
from powerepos_cloud.directory import asked_links, failures, form_uses, mails, recovery, sessions, users
from powerepos_cloud.directory.form_uses import FormUsed
from powerepos_cloud.directory.passwords import PasswordPool, TooBusy, hash_password
from powerepos_cloud.directory.sign_in import From, SignIn, SignInRefused
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.sealing import Seal
from tests.support.clock import FakeClock
from tests.support.desk import Desk
from tests.webui.people import CHEAP_HASH

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


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the databases meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


class CountingPool(PasswordPool):
    """Counts the passwords that it looked at."""

    looks = 0

    async def is_password(self, stored: str | None, password: str) -> bool:
        """As it is, and counted."""
        self.looks += 1
        return await super().is_password(stored, password)


async def test_who_asks_or_fails_waits_for_the_same_work_whether_the_address_is_known_or_not(
    directory_database: Database, clock: FakeClock
) -> None:
    await Desk(directory_database, clock).do(users.create, "ann@b.example", "Ann", CHEAP_HASH)
    pool, now = CountingPool(), clock.now_ms()
    sign_in = SignIn(directory_database, pool, Seal(Fernet.generate_key().decode()), clock)
    await pool.is_password(None, "")  # what stands in for nobody's hash is made once

    async def fail_often(session: Session, email: str) -> None:
        for _ in range(failures.MOST - 1):
            await failures.count(session, now, failures.key_of("address", email))

    async def work_for(email: str) -> tuple[list[str], int]:
        await directory_database.write(lambda session: fail_often(session, email))
        looks = pool.looks
        with statements() as seen:
            for _ in range(recovery.MAILS_A_DAY + 1):
                await directory_database.write(lambda session: recovery.ask_reset(session, now, SYSTEM, email))
            for _ in range(3):  # the last that counts for all browsers, and two that are refused whatever is typed
                with pytest.raises(SignInRefused):
                    await sign_in.by_password(email, "a guess at it", From("192.0.2.1", "", ""))
        return seen, pool.looks - looks

    known, unknown = await work_for("ann@b.example"), await work_for("nobody@b.example")
    assert known == unknown
    assert known[1] == 3
    assert "INSERT INTO asked_links" in "".join(known[0])
    assert await mails.newest(directory_database.reader, 9) == []
    await directory_database.write(lambda session: recovery.mail_asked(session, now, "https://a.example"))
    assert {mail.recipient for mail in await mails.newest(directory_database.reader, 9)} == {"ann@b.example"}
    assert len(await mails.newest(directory_database.reader, 9)) == recovery.MAILS_A_DAY + 1
    assert not await asked_links.has_any(directory_database.reader)
    await pool.close()


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
