"""Refresh rotation against a simple model: any sequence of uses, repeats, pauses, revocations and days that pass.

A few dozen random histories by default; `TESTS_FUZZ=100` runs thousands.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import hypothesis
import jwt
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from powerepos.contract import Permissions

from powerepos_cloud.directory import accounts, connections, organisations
from powerepos_cloud.foundation.database import Session, open_database
from powerepos_cloud.foundation.sealing import Seal
from tests.authserver.stage import DAY, HOUR, MERCHANT, MINUTE, SECOND, Stage
from tests.support.application import MASTER_KEY, running, settings_for
from tests.support.clock import FakeClock
from tests.support.drawing import LONG, TIMES
from tests.support.world import Account, make_world

HOME, NEIGHBOUR, ELSEWHERE = "192.0.2.1", "192.0.2.77", "198.51.100.7"
WAITS = (1, SECOND, 30 * SECOND, MINUTE, MINUTE + 1, HOUR, 8 * HOUR, DAY - 1, DAY, 30 * DAY)
SOURCES = st.sampled_from((HOME, HOME, NEIGHBOUR, ELSEWHERE))
LUCK = st.integers(0, 7)


class Generation:
    """One refresh token; `token` is None while only the server knows it, since every answer with it was lost."""

    def __init__(self, token: str | None) -> None:
        self.token = token
        self.used_at: int | None = None
        self.source = ""


class Model:
    """What the contract says of one family: nothing of how the server does it."""

    def __init__(self, token: str, now: int) -> None:
        self.generations = [Generation(token)]
        self.is_dead = False
        self.last_used_at = now
        self.ends_at = now + 365 * DAY
        self.streak = 0
        self.is_late_here = False

    @property
    def current(self) -> Generation:
        return self.generations[-1]

    def is_expired(self, now: int) -> bool:
        return now >= min(self.last_used_at + 90 * DAY, self.ends_at)

    def use(self, generation: Generation, source: str, now: int, *, is_paused: bool) -> str:
        """What a use must come to: `ok`, `straggler`, `invalid_grant` or `unauthorized_client`; the family changes with it."""
        if self.is_dead or self.is_expired(now):
            return "invalid_grant"
        if generation is not self.current:
            assert generation.used_at is not None
            age = now - generation.used_at
            is_predecessor = generation is self.generations[-2]
            if not is_predecessor and age <= MINUTE:
                return "straggler"
            if not is_predecessor or age >= DAY:
                self.is_dead = True
                return "invalid_grant"
        if is_paused:
            return "unauthorized_client"
        self.last_used_at = now
        return self._rotate(generation, source, now) if generation is self.current else self._repeat(generation, source, now)

    def _rotate(self, generation: Generation, source: str, now: int) -> str:
        generation.used_at, generation.source = now, source
        self.generations.append(Generation(None))
        self.streak = self.streak if self.is_late_here else 0
        self.is_late_here = False
        return "ok"

    def _repeat(self, generation: Generation, source: str, now: int) -> str:
        assert generation.used_at is not None
        is_foreign = (generation.source == ELSEWHERE) != (source == ELSEWHERE)
        if now - generation.used_at > MINUTE and is_foreign and not self.is_late_here:
            self.is_late_here = True
            self.streak += 1
            self.is_dead = self.streak >= 3
        return "invalid_grant" if self.is_dead else "ok"


class Machine(RuleBasedStateMachine):
    """One service account with one family after the other."""

    def __init__(self, runner: asyncio.Runner, stage: Stage) -> None:
        super().__init__()
        self.runner = runner
        self.stage = stage
        self.account = self.do(_new_account(stage))
        self.state = "active"
        self.access_token = ""
        self.model = self._sign_in()

    def do(self, deed: Any) -> Any:
        return self.runner.run(deed)

    @property
    def now(self) -> int:
        return self.stage.clock.now_ms()

    def _sign_in(self) -> Model:
        answer = self.do(self.stage.sign_in(self.account))
        self.access_token = answer["access_token"]
        return Model(answer["refresh_token"], self.now)

    @rule(source=SOURCES, is_lost=st.booleans())
    def use_current(self, source: str, is_lost: bool) -> None:
        """The newest token that its holder knows; the answer may be lost."""
        self._use(self._known()[-1], source, is_lost=is_lost)
        if self.state == "active" and (self.model.is_dead or self.model.is_expired(self.now)):
            self.model = self._sign_in()  # what a partner does then

    @rule(source=SOURCES)
    def repeat(self, source: str) -> None:
        """The predecessor: by a worker that comes late, or one that never saw the answer."""
        self._use(self.model.generations[-2:][0], source)

    @rule(back=st.integers(2, 6), source=SOURCES, luck=LUCK)
    def use_older(self, back: int, source: str, luck: int) -> None:
        """One whose successor was used: within a minute of its own use mostly, since later it is the end."""
        generation = self._known()[-1 - min(back, len(self._known()) - 1)]
        if luck == 0 or generation.used_at is None or self.now - generation.used_at <= MINUTE:
            self._use(generation, source)

    @rule(sources=st.lists(st.sampled_from((None, NEIGHBOUR, ELSEWHERE, ELSEWHERE)), min_size=2, max_size=5))
    def generations_in_a_row_with_late_repeats(self, sources: list[str | None]) -> None:
        """What is suspicious if it comes from another network, generation after generation."""
        for source in sources:
            current = self._known()[-1]
            self._use(current, HOME)
            self.stage.clock.advance_ms(HOUR)
            if source is not None:
                self._use(current, source)

    @rule(back=st.integers(0, 4))
    def another_client(self, back: int) -> None:
        """Shows a token that it found somewhere."""
        known = self._known()
        token = known[-1 - min(back, len(known) - 1)].token
        answer = self.do(self.stage.refresh(token, client=self.stage.world.other_client))
        self._is_refused(answer.status_code, answer.json(), "invalid_grant")

    @rule(wait=st.sampled_from(WAITS))
    def time_passes(self, wait: int) -> None:
        """Milliseconds to days."""
        self.stage.clock.advance_ms(wait)

    @rule(which=st.sampled_from(((2, DAY), (3, MINUTE), (4, MINUTE))), offset=st.integers(-1, 1), source=SOURCES)
    def use_at_an_edge(self, which: tuple[int, int], offset: int, source: str) -> None:
        """A predecessor a day after its first use, or an older one a minute after, to the millisecond."""
        back, edge = which
        generation = self.model.generations[-min(back, len(self.model.generations))]
        if generation.used_at is not None and self.now <= generation.used_at + edge + offset:
            self.stage.clock.set(generation.used_at + edge + offset)
            self._use(generation, source)

    @rule(offset=st.integers(-1, 0), luck=LUCK)
    def the_end_comes_near(self, offset: int, luck: int) -> None:
        """Ninety days without use, or a year in all, to the millisecond."""
        if offset < 0 or luck == 0:
            end = min(self.model.last_used_at + 90 * DAY, self.model.ends_at)
            self.stage.clock.advance_ms(max(0, end + offset - self.now))

    @precondition(lambda self: self.state == "active")
    @rule()
    def pause(self) -> None:
        """The merchant pauses the connection."""
        self.do(self.stage.connection_deed(connections.pause, self.account))
        self.state = "paused"

    @precondition(lambda self: self.state == "paused")
    @rule()
    def resume(self) -> None:
        """The merchant resumes it."""
        self.do(self.stage.connection_deed(connections.resume, self.account))
        self.state = "active"

    @precondition(lambda self: self.state != "revoked")
    @rule(luck=LUCK)
    def revoke_connection(self, luck: int) -> None:
        """The merchant ends it: all that was issued is dead for good."""
        if luck:
            return
        self.do(self.stage.connection_deed(connections.revoke, self.account))
        self.state, self.model.is_dead = "revoked", True

    @precondition(lambda self: self.state == "revoked")
    @rule()
    def reopen(self) -> None:
        """The merchant opens it again: only what is issued from now on works."""
        self.do(self.stage.connection_deed(connections.reopen, self.account))
        self.state = "active"

    @rule(back=st.integers(0, 3), luck=LUCK)
    def revoke_grant(self, back: int, luck: int) -> None:
        """The partner ends the grant by one of its tokens."""
        known = self._known()
        if luck == 0:
            assert self.do(self.stage.revoke(known[-1 - min(back, len(known) - 1)].token)).status_code == 200
            self.model.is_dead = True

    def teardown(self) -> None:
        """In the end: a living family's newest token works, a dead one's opens nothing, and the database agrees."""
        if self.state != "active":
            (self.resume if self.state == "paused" else self.reopen)()
        newest = self._known()[-1]
        assert newest.token is not None
        row = self.do(self.stage.family(_sid(self.access_token)))
        if self.model.is_dead:
            self._is_refused_however(self.model)
            assert self.do(self.stage.introspect(self.access_token)) == {"active": False}
        elif not self.model.is_expired(self.now):
            assert row.state == "active"
            expected = self.model.use(newest, HOME, self.now, is_paused=False)
            answer = self.do(self.stage.refresh(newest.token))
            assert (answer.status_code == 200) == (expected == "ok"), answer.text

    def _known(self) -> list[Generation]:
        """Those whose token the holder knows; the first is always among them."""
        return [generation for generation in self.model.generations if generation.token is not None]

    def _use(self, generation: Generation, source: str, *, is_lost: bool = False) -> None:
        """Use one of the tokens that the holder knows, and compare with the model."""
        if generation.token is None:
            return
        expected = self.model.use(generation, source, self.now, is_paused=self.state == "paused")
        answer = self.do(self.stage.refresh(generation.token, source=source))
        body = answer.json()
        if expected != "ok":
            self._is_refused(answer.status_code, body, expected)
            return
        assert answer.status_code == 200, body
        follower = self.model.generations[self.model.generations.index(generation) + 1]
        if follower.token is not None:
            assert body["refresh_token"] == follower.token
        assert body["refresh_token"] not in {other.token for other in self.model.generations if other is not follower}
        if not is_lost:
            follower.token = body["refresh_token"]
            self.access_token = body["access_token"]

    def _is_refused_however(self, model: Model) -> None:
        for generation in model.generations[-3:]:
            if generation.token is not None:
                answer = self.do(self.stage.refresh(generation.token))
                self._is_refused(answer.status_code, answer.json(), "invalid_grant")

    @staticmethod
    def _is_refused(status: int, body: dict[str, str], expected: str) -> None:
        if expected == "straggler":
            assert (status, body["error"]) == (400, "invalid_grant")
            assert "newest" in body["error_description"]
        elif status == 429:  # too many failures with one token: in place of a refusal only
            assert expected == "invalid_grant"
        else:
            assert (status, body["error"]) == (400, expected), body


def test_any_history_goes_as_the_contract_says(directory_url: str, partnerservices_url: str) -> None:
    settings = hypothesis.settings(
        max_examples=40 * TIMES,
        stateful_step_count=100 if LONG else 50,
        deadline=None,
        derandomize=not LONG,
        database=None,
        phases=hypothesis.settings.default.phases if LONG else [hypothesis.Phase.generate],  # to shrink takes minutes
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            stage = runner.run(_start(stack, directory_url, partnerservices_url))
            run_state_machine_as_test(lambda: Machine(runner, stage), settings=settings)  # type: ignore[no-untyped-call]
        finally:
            runner.run(stack.aclose())


async def _start(stack: AsyncExitStack, directory_url: str, partnerservices_url: str) -> Stage:
    clock, database = FakeClock(), open_database("directory", directory_url)
    stack.push_async_callback(database.close)
    world = await make_world(database, clock, Seal(MASTER_KEY))
    app = await stack.enter_async_context(running(settings_for(directory_url, partnerservices_url), clock))
    return Stage(world, clock, app)


async def _new_account(stage: Stage) -> Account:
    """A service account of the harbour, bound to the client."""
    now, world = stage.clock.now_ms(), stage.world

    async def unit(session: Session) -> Account:
        organisation = await organisations.by_code(session, world.harbour.code)
        account, password = await accounts.create(
            session,
            now,
            MERCHANT,
            world.ring.keys,
            organisation,
            "till",
            [Permissions.PARTNER_SALES_SUBMIT],
            None,
            [world.client.id],
        )
        return Account(account.id, password.secret, organisation.code)

    return await world.database.write(unit)


def _sid(access_token: str) -> str:
    sid: str = jwt.decode(access_token, options={"verify_signature": False})["sid"]
    return sid
