"""How a person signs in: password, then the second factor where there is one. All that fails looks and lasts alike."""

import msgspec

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import failures, passkeys, recovery, second_factor, sessions, users
from powerepos_cloud.directory.passkeys import Passkey
from powerepos_cloud.directory.passwords import PasswordPool
from powerepos_cloud.directory.sessions import CODE, CODE_TRIES, OPEN, SessionRow
from powerepos_cloud.directory.users import Credentials
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.sealing import Seal
from powerepos_cloud.foundation.texts import compare_key


class Browser(msgspec.Struct, frozen=True):
    """A browser in which somebody signed in before, by a cookie of ours that nobody else can make."""

    id: str
    user_ids: tuple[int, ...] = ()


class From(msgspec.Struct, frozen=True):
    """Where a sign-in comes from."""

    source: str
    agent: str
    request_id: str
    browser: Browser | None = None


class SignedIn(msgspec.Struct, frozen=True):
    """A new session's token; `stage` says whether a code is still to be shown."""

    token: str
    stage: str
    user_id: int


class SignInRefused(Exception):
    """Nobody is signed in. `reason` is for the log only; who asks is told one and the same thing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignIn:
    """Signs people in, and asks those who are signed in to prove it again."""

    def __init__(self, database: Database, pool: PasswordPool, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._pool = pool
        self._seal = seal
        self._clock = clock

    async def by_password(self, email: str, password: str, origin: From) -> SignedIn:
        """A session, which awaits a code where there is a second factor. Raises `SignInRefused`, `TooBusy`."""
        found = await users.credentials(self._database.reader, email=email)
        keys = _ways(origin, None if found is None else found.user_id, "address", compare_key(email.strip()))
        way = await self._open_way(keys)
        is_right = await self._pool.is_password(found.password_hash if found else None, password)
        if found is None or not is_right or way is None:
            await self._database.write(lambda session: self._failed(session, way, keys[-1], email, origin))
            raise SignInRefused("unknown address" if found is None else "wrong password" if not is_right else "too many failures")
        token = sessions.new_token()
        await self._database.write(lambda session: self._begin(session, token, found, origin))
        return SignedIn(token, OPEN if found.totp_sealed is None else CODE, found.user_id)

    async def _failed(self, session: Session, way: bytes | None, everywhere: bytes, email: str, origin: From) -> None:
        """Whether the address is anybody's, makes no difference to what is done here."""
        now = self._clock.now_ms()
        await failures.count(session, now, way or everywhere)
        if way is None:
            await recovery.ask_browser(session, now, _actor(email, origin), email)

    async def by_code(self, row: SessionRow, code: str, origin: From) -> SignedIn:
        """The session that a session awaiting a code becomes. Raises `SignInRefused`; the fifth wrong code ends it.

        A recovery code does in place of one of the second factor, once.
        """
        is_recovery = recovery.is_code(code)
        step = None if is_recovery else await self._with_code(row.user_id, code, origin)
        token = sessions.new_token()

        async def deed(session: Session) -> bool:
            if is_recovery:
                actor = _actor(row.email, origin)
                is_right = await recovery.use_code(session, self._clock.now_ms(), actor, row.user_id, row.email, code)
            else:
                is_right = step is not None and await users.take_totp_step(session, row.user_id, step)
            if not is_right:
                if await sessions.tried_code(session, row.id) >= CODE_TRIES:
                    await record(
                        session, self._clock.now_ms(), _actor(row.email, origin), "user.codes_refused", ("user", row.email)
                    )
                return False
            await sessions.end(session, row.id)
            how = "recovery code" if is_recovery else "code"
            await self._open(session, token, row.user_id, row.email, row.staff_role, origin, second_factor=how)
            return True

        if not await self._database.write(deed):
            raise SignInRefused("wrong code")
        return SignedIn(token, OPEN, row.user_id)

    async def by_passkey(self, passkey: Passkey, sign_count: int, origin: From) -> SignedIn:
        """A session for a passkey that was proved: it stands for both factors. Raises `SignInRefused` for a copy of it."""
        found = await users.credentials(self._database.reader, user_id=passkey.user_id)
        token = sessions.new_token()

        async def deed(session: Session) -> bool:
            if found is None or not await passkeys.used(session, self._clock.now_ms(), passkey, sign_count):
                return False
            await self._open(session, token, found.user_id, found.email, found.staff_role, origin, second_factor="passkey")
            return True

        if not await self._database.write(deed):
            raise SignInRefused("passkey gone or copied")
        return SignedIn(token, OPEN, passkey.user_id)

    async def prove_again(self, row: SessionRow, password: str, code: str, origin: From) -> str:
        """The session's new token, once its person has shown the password, and a code where there is a second factor.

        Raises `SignInRefused`, `TooBusy`.
        """
        found = await users.credentials(self._database.reader, user_id=row.user_id)
        keys = _ways(origin, row.user_id, "again", str(row.user_id))
        way = await self._open_way(keys)
        is_right = await self._pool.is_password(found.password_hash if found else None, password)
        step = await self._with_code(row.user_id, code, origin) if row.has_second_factor else None
        token = sessions.new_token()

        async def deed(session: Session) -> bool:
            now = self._clock.now_ms()
            has_code = not row.has_second_factor or (step is not None and await users.take_totp_step(session, row.user_id, step))
            if not is_right or way is None or not has_code:
                await failures.count(session, now, way or keys[-1])
                return False
            await sessions.renew(session, now, row.id, token, second_factor=row.has_second_factor)
            return True

        if not await self._database.write(deed):
            raise SignInRefused("not proved again")
        return token

    async def _with_code(self, user_id: int, code: str, origin: From) -> int | None:
        """The step of a right code; None if it is wrong, or too many were."""
        found = await users.credentials(self._database.reader, user_id=user_id)
        keys = _ways(origin, user_id, "code", str(user_id))
        way = await self._open_way(keys)
        now = self._clock.now_ms()
        step = None
        if found is not None and found.totp_sealed is not None:
            step = second_factor.step_of(self._seal, found.totp_sealed, code, now)
        if step is None or way is None:
            await self._database.write(lambda session: failures.count(session, now, way or keys[-1]))
            return None
        return step

    async def _open_way(self, keys: list[bytes]) -> bytes | None:
        """The first way that has not failed too often; None if all have."""
        now = self._clock.now_ms()
        for key in keys:
            if not await failures.is_spent(self._database.reader, now, key):
                return key
        return None

    async def _begin(self, session: Session, token: str, found: Credentials, origin: From) -> None:
        if found.totp_sealed is None:
            await self._open(session, token, found.user_id, found.email, found.staff_role, origin, second_factor=None)
            return
        await sessions.begin(
            session,
            self._clock.now_ms(),
            token,
            found.user_id,
            found.staff_role,
            stage=CODE,
            second_factor=False,
            source=origin.source,
            agent=origin.agent,
        )

    async def _open(
        self,
        session: Session,
        token: str,
        user_id: int,
        email: str,
        staff_role: str | None,
        origin: From,
        *,
        second_factor: str | None,
    ) -> None:
        now = self._clock.now_ms()
        await sessions.begin(
            session,
            now,
            token,
            user_id,
            staff_role,
            stage=OPEN,
            second_factor=second_factor is not None,
            source=origin.source,
            agent=origin.agent,
            place=await sessions.last_place(session, user_id),
        )
        details = {"second_factor": second_factor}
        await record(session, now, _actor(email, origin), "user.signed_in", ("user", email), details=details)


def _ways(origin: From, user_id: int | None, *what: str) -> list[bytes]:
    """What a failure is counted by. A browser in which this person signed in before has a count of its own.

    So strangers who try an address from elsewhere never keep its owner out.
    """
    everywhere = failures.key_of(*what)
    browser = origin.browser
    if browser is None or user_id is None or user_id not in browser.user_ids:
        return [everywhere]
    return [failures.key_of("browser", browser.id, *what), everywhere]


def _actor(email: str, origin: From) -> Actor:
    return Actor("user", email, origin.source, origin.request_id)
