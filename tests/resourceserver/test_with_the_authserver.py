"""The follower against the AuthServer's own feed, on both databases: the two sides of contract section 5 fit together."""

import io
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from powerepos_cloud.accesstoken import AccessTokenClaims
from powerepos_cloud.authserver.feed import Feed, FeedGone
from powerepos_cloud.directory import revocations
from powerepos_cloud.directory.revocations import Entry
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.observability.logs import build_log
from powerepos_cloud.resourceserver.feed import InProcessFeed
from powerepos_cloud.resourceserver.follower import Follower
from tests.resourceserver.authserver import URI, claims
from tests.support.clock import START_MS, FakeClock
from tests.support.patience import until

Start = Callable[[], Follower]


@pytest.fixture
async def start(directory_database: Database, clock: FakeClock) -> AsyncIterator[Start]:
    started: list[Follower] = []

    def begin() -> Follower:
        feed = Feed(directory_database)
        log = build_log("info", io.StringIO())
        follower = Follower(InProcessFeed(feed.read, gone=FeedGone), clock=clock, log=log)
        follower.start()
        started.append(follower)
        return follower

    yield begin
    for follower in started:
        await follower.stop()


async def publish(database: Database, *entries: Entry) -> list[int]:
    async def unit(session: Session) -> list[int]:
        return await revocations.publish(session, START_MS, list(entries))

    return await database.write(unit)


def word(follower: Follower, **changed: object) -> str | None:
    reason = follower.map.refusal(msgspec.convert(claims(0, **changed), AccessTokenClaims), URI)
    return reason and reason.word


async def comes_to(follower: Follower, expected: str | None, **changed: object) -> None:
    await until(lambda: word(follower, **changed) == expected)


NAMES = ("clientone", "svc-demo", "DEMO-CAFE")


@pytest.mark.parametrize(
    ("refuse", "lift", "kind"),
    [
        (revocations.connection("refused", *NAMES), revocations.connection("lifted", *NAMES), "connection"),
        (
            revocations.account("refused", "svc-demo", "DEMO-CAFE"),
            revocations.account("lifted", "svc-demo", "DEMO-CAFE"),
            "account",
        ),
        (revocations.client("refused", "clientone"), revocations.client("lifted", "clientone"), "client"),
        (
            revocations.organisation("refused", "DEMO-CAFE"),
            revocations.organisation("lifted", "DEMO-CAFE"),
            "organisation",
        ),
    ],
    ids=["connection", "account", "client", "organisation"],
)
async def test_what_a_deed_publishes_is_refused_and_lifted_within_two_seconds(
    start: Start, directory_database: Database, refuse: Entry, lift: Entry, kind: str
) -> None:
    follower = start()
    assert await follower.first_read(5)
    await publish(directory_database, refuse)
    await comes_to(follower, f"{kind}.refused")
    await publish(directory_database, lift)
    await comes_to(follower, None)


async def test_a_revoked_grant_is_refused(start: Start, directory_database: Database) -> None:
    follower = start()
    assert await follower.first_read(5)
    await publish(directory_database, revocations.refused_grant(str(claims()["sid"]), "clientone"))
    await comes_to(follower, "grant.refused")
    assert word(follower, sid="another") is None


async def test_a_move_is_refused_by_tokens_of_before(start: Start, directory_database: Database) -> None:
    follower = start()
    assert await follower.first_read(5)
    (n,) = await publish(directory_database, revocations.moved("DEMO-CAFE", "https://ps2.example.test/"))
    await comes_to(follower, "organisation.moved", rev=n - 1)


async def test_narrow_pause_resume_is_known_to_a_worker_that_was_restarted(start: Start, directory_database: Database) -> None:
    (narrowed,) = await publish(directory_database, revocations.connection("narrowed", *NAMES))
    await publish(directory_database, revocations.connection("refused", *NAMES))
    await publish(directory_database, revocations.connection("lifted", *NAMES))
    follower = start()
    assert await follower.first_read(5)
    assert word(follower, rev=narrowed - 1) == "connection.narrowed"
    assert word(follower, rev=narrowed) is None


async def test_a_worker_that_slept_through_the_housekeeping_begins_again(
    start: Start, directory_database: Database, clock: FakeClock
) -> None:
    await publish(directory_database, revocations.client("refused", "early"))
    follower = start()
    assert await follower.first_read(5)
    old = follower.map
    await follower.stop()
    await publish(directory_database, revocations.client("refused", "clientone"), revocations.client("refused", "other"))
    a_day_later = START_MS + 86_400_000

    async def prune(session: Session) -> int:
        return await revocations.prune(session, a_day_later)

    assert await directory_database.write(prune) == 3
    await publish(directory_database, revocations.account("refused", "svc-demo", "DEMO-CAFE"))
    follower.start()
    await comes_to(follower, "account.refused")
    assert follower.map is not old
    assert word(follower, client_id="other", sub="svc-other") is None
