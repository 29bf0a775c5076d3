"""Following the feed: begins at 0, keeps up, survives outages, and knows when it cannot be relied on."""

import asyncio
import io
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from urllib.parse import parse_qs

import httpx
import msgspec
import pytest

from powerepos_cloud.accesstoken import AccessTokenClaims
from powerepos_cloud.observability.logs import build_log
from powerepos_cloud.resourceserver.feed import FeedAway, FeedEntry, FeedGone, FeedPage, FeedSource, HttpFeed, InProcessFeed
from powerepos_cloud.resourceserver.follower import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Follower
from tests.resourceserver.authserver import URI, Feed, Gone, claims
from tests.resourceserver.http_server import free_port, serving
from tests.support.clock import FakeClock
from tests.support.patience import until

CREDENTIAL = "pepos_si_never_to_be_logged"


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
async def follow(clock: FakeClock, written: io.StringIO) -> AsyncIterator[Callable[..., Follower]]:
    started: list[Follower] = []

    def start(source: FeedSource, **options: float) -> Follower:
        follower = Follower(source, clock=clock, log=build_log("info", written), **options)
        follower.start()
        started.append(follower)
        return follower

    yield start
    for follower in started:
        await follower.stop()


def in_process(feed: Feed) -> InProcessFeed:
    return InProcessFeed(feed.read, gone=Gone)


def refused(follower: Follower, **changed: object) -> bool:
    return follower.map.refusal(msgspec.convert(claims(0, **changed), AccessTokenClaims), URI) is not None


async def test_until_the_first_read_is_whole_there_is_no_map(feed: Feed, follow) -> None:
    feed.away = True
    follower = follow(in_process(feed))
    await asyncio.sleep(0.05)
    assert follower.fault == "starting"
    with pytest.raises(LookupError):
        _ = follower.map
    assert not await follower.first_read(0.05)
    feed.away = False
    assert await follower.first_read(2)
    assert follower.fault is None


async def test_the_first_read_goes_through_every_page_before_it_counts(feed: Feed, follow) -> None:
    for number in range(2500):
        await feed.add("grant", "refused", f"grant-{number}")
    pages: list[str | None] = []
    follower: Follower

    async def read(after: int, wait_seconds: float, limit: int) -> object:
        pages.append(follower.fault)
        return await feed.read(after, wait_seconds, limit)

    follower = follow(InProcessFeed(read, gone=Gone))
    assert await follower.first_read(2)
    assert pages[:3] == ["starting"] * 3
    assert feed.reads[:3] == [0, 1000, 2000]
    assert len(follower.map) == 2500


async def test_a_revocation_is_known_within_two_seconds(feed: Feed, follow) -> None:
    follower = follow(in_process(feed))
    assert await follower.first_read(2)
    assert not refused(follower)
    await feed.add("account", "refused", "svc-demo")
    await until(lambda: refused(follower))
    await feed.add("account", "lifted", "svc-demo")
    await until(lambda: not refused(follower))


async def test_a_worker_that_starts_late_reads_what_it_missed_before_it_answers(feed: Feed, follow) -> None:
    await feed.add("connection", "narrowed", client_id="clientone", sub="svc-demo", org_id="DEMO-CAFE")
    await feed.add("connection", "refused", client_id="clientone", sub="svc-demo", org_id="DEMO-CAFE")
    await feed.add("connection", "lifted", client_id="clientone", sub="svc-demo", org_id="DEMO-CAFE")
    follower = follow(in_process(feed))
    assert await follower.first_read(2)
    assert refused(follower, rev=0)
    assert not refused(follower, rev=1)


async def test_an_outage_leaves_the_map_in_force_and_is_made_good_within_two_seconds(feed: Feed, follow, written) -> None:
    await feed.add("grant", "refused", "gone-before")
    follower = follow(in_process(feed))
    assert await follower.first_read(2)
    feed.away = True
    await feed.add("client", "refused", "other")  # wakes the waiting call; the next one fails
    await asyncio.sleep(0.5)
    await feed.add("account", "refused", "svc-demo")
    await asyncio.sleep(0.3)
    assert follower.fault is None
    assert refused(follower, sid="gone-before")
    assert not refused(follower)
    feed.away = False
    await until(lambda: refused(follower))
    assert [json.loads(line)["event"] for line in written.getvalue().splitlines()] == [
        "revocations.away",
        "revocations.back",
    ]


def test_between_two_tries_there_are_less_than_two_seconds() -> None:
    assert FIRST_PAUSE_SECONDS <= LONGEST_PAUSE_SECONDS < 2


async def test_not_heard_for_too_long_is_stale_until_it_is_heard_again(feed: Feed, follow, clock: FakeClock) -> None:
    follower = follow(in_process(feed), stale_seconds=900)
    assert await follower.first_read(2)
    feed.away = True
    await feed.add("client", "refused", "other")
    clock.advance_ms(900_000)
    assert follower.fault is None
    clock.advance_ms(1)
    assert follower.fault == "stale"
    feed.away = False
    await until(lambda: follower.fault is None)


async def test_a_number_that_is_gone_means_a_new_map_from_0(feed: Feed, follow) -> None:
    await feed.add("account", "refused", "svc-demo")
    follower = follow(in_process(feed))
    assert await follower.first_read(2)
    assert refused(follower)
    old = follower.map
    feed.away = True
    await feed.add("client", "refused", "other")
    await until(lambda: feed.reads[-1] == 2)
    await feed.add("client", "refused", "another")
    feed.forget(await feed.add("client", "lifted", "other"))
    feed.away = False
    await until(lambda: follower.map is not old)
    assert not refused(follower)
    assert follower.fault is None


async def test_a_directory_restored_from_a_backup_is_followed_again(feed: Feed, follow) -> None:
    for _ in range(5):
        await feed.add("account", "refused", "svc-demo")
    follower = follow(in_process(feed))
    assert await follower.first_read(2)
    feed.entries, feed.counter = feed.entries[:2], 2
    feed.entries[1]["state"] = "lifted"
    async with feed._news:
        feed._news.notify_all()
    follower.start()  # a second start has no effect
    await feed.add("client", "refused", "other")  # 3: below what the worker has read
    await follower.stop()
    follower.start()
    await until(lambda: not refused(follower) and refused(follower, client_id="other"))


class Scripted:
    """Pages in a fixed order; the last read waits for ever, one of them for `gate`."""

    def __init__(self, *steps: FeedPage | type[FeedGone]) -> None:
        self.steps = list(steps)
        self.gate = asyncio.Event()

    async def read(self, after: int, wait_seconds: float) -> FeedPage:
        if len(self.steps) == 1:
            await self.gate.wait()
        if not self.steps:
            await asyncio.Event().wait()
        step = self.steps.pop(0)
        if isinstance(step, FeedPage):
            return step
        raise step


def page(following: int, *entries: FeedEntry, more: bool = False) -> FeedPage:
    return FeedPage(next=following, more=more, entries=list(entries))


async def test_while_it_reads_anew_the_old_map_goes_on_and_hears_what_is_new(follow) -> None:
    source = Scripted(
        page(1, FeedEntry(n=1, kind="grant", id="gone-before", state="refused")),
        FeedGone,
        page(5, FeedEntry(n=5, kind="account", id="svc-demo", state="refused"), more=True),
        page(5),
    )
    follower = follow(source)
    assert await follower.first_read(2)
    old = follower.map
    await until(lambda: refused(follower))
    assert follower.map is old
    assert refused(follower, sid="gone-before", sub="svc-other")
    source.gate.set()
    await until(lambda: follower.map is not old)
    assert refused(follower)
    assert not refused(follower, sid="gone-before", sub="svc-other")


async def test_a_failure_halfway_through_leaves_the_old_map_and_begins_again(follow) -> None:
    source = Scripted(
        page(1, FeedEntry(n=1, kind="account", id="svc-demo", state="refused")),
        FeedGone,
        page(5, FeedEntry(n=5, kind="client", id="other", state="refused"), more=True),
        FeedGone,
        page(7, FeedEntry(n=7, kind="client", id="another", state="refused")),
    )
    follower = follow(source)
    assert await follower.first_read(2)
    old = follower.map
    await until(lambda: len(source.steps) == 1)
    await asyncio.sleep(0.05)
    assert follower.map is old
    assert refused(follower)
    source.gate.set()
    await until(lambda: follower.map is not old)
    assert refused(follower, client_id="another")
    assert not refused(follower, sub="svc-other", client_id="other")


async def test_what_the_authserver_let_go_of_is_dropped_after_a_while(feed: Feed, follow, clock: FakeClock) -> None:
    for number in range(50):
        await feed.add("grant", "refused", f"grant-{number}")
    follower = follow(in_process(feed), reread_seconds=3600)
    assert await follower.first_read(2)
    feed.forget(feed.counter)
    clock.advance_ms(3_600_000)
    await feed.add("client", "refused", "other")
    await until(lambda: len(follower.map) == 1)
    assert refused(follower, client_id="other")


async def test_a_feed_that_is_always_gone_is_not_hurried(follow) -> None:
    calls = 0

    class AlwaysGone:
        async def read(self, after: int, wait_seconds: float) -> FeedPage:
            nonlocal calls
            calls += 1
            if after or wait_seconds:
                raise FeedGone
            return FeedPage(next=7, more=False, entries=[])

    follow(AlwaysGone())
    await asyncio.sleep(1.5)
    assert calls < 16


async def test_a_feed_that_does_not_wait_is_not_asked_without_end(follow) -> None:
    calls = 0

    class Hasty:
        async def read(self, after: int, wait_seconds: float) -> FeedPage:
            nonlocal calls
            calls += 1
            return FeedPage(next=0, more=False, entries=[])

    follow(Hasty())
    await asyncio.sleep(0.7)
    assert calls < 8


@pytest.mark.parametrize("stuck", [FeedPage(next=0, more=True, entries=[]), FeedPage(next=-1, more=False, entries=[])])
async def test_a_feed_that_goes_nowhere_is_away(stuck: FeedPage, follow, written) -> None:
    class Stuck:
        async def read(self, after: int, wait_seconds: float) -> FeedPage:
            return stuck

    follower = follow(Stuck())
    assert not await follower.first_read(0.2)
    assert "revocations.away" in written.getvalue()


async def test_a_fault_of_the_program_does_not_end_the_following(feed: Feed, follow, written) -> None:
    class Faulty:
        faults = 2

        async def read(self, after: int, wait_seconds: float) -> FeedPage:
            if self.faults:
                self.faults -= 1
                raise ZeroDivisionError
            return await in_process(feed).read(after, wait_seconds)

    follower = follow(Faulty())
    assert await follower.first_read(2)
    assert "ZeroDivisionError" in written.getvalue()


async def test_an_entry_of_a_newer_authserver_is_told_and_passed_over(feed: Feed, follow, written) -> None:
    await feed.add("planet", "refused", "mars")
    await feed.add("account", "refused", "svc-demo")
    follower = follow(in_process(feed))
    assert await follower.first_read(2)
    assert refused(follower)
    assert "revocations.not_understood" in written.getvalue()


async def test_stopping_does_not_wait_for_the_call_under_way_and_starting_again_reads_anew(feed: Feed, follow) -> None:
    follower = follow(in_process(feed))
    assert await follower.first_read(2)
    await asyncio.wait_for(follower.stop(), 1)
    await asyncio.wait_for(follower.stop(), 1)
    await feed.add("account", "refused", "svc-demo")
    await asyncio.sleep(0.1)
    assert not refused(follower)
    follower.start()
    await until(lambda: refused(follower))


# Over HTTP


class FeedEndpoint:
    """`GET /authorisation/revocations` as a bare ASGI application, over the same feed."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.asked: list[dict[str, list[str]]] = []
        self.sent: list[bytes] = []
        self.answer: tuple[int, bytes] | None = None

    async def __call__(self, scope, receive, send) -> None:
        self.sent.append(dict(scope["headers"]).get(b"authorization", b""))
        query = parse_qs(scope["query_string"].decode())
        self.asked.append(query)
        status, body = self.answer or (0, b"")
        if not status:
            try:
                page = await self.feed.read(*(int(query[name][0]) for name in ("after", "wait", "limit")))
                status, body = 200, json.dumps(page).encode()
            except Gone:
                status, body = 410, b"{}"
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


def over_http(http: httpx.AsyncClient, issuer: str) -> HttpFeed:
    return HttpFeed(http, issuer=issuer, instance_id="siinstance", credential=CREDENTIAL)


async def test_over_http_it_shows_its_credential_and_waits_at_the_server(feed: Feed, follow, http) -> None:
    endpoint = FeedEndpoint(feed)
    async with serving(endpoint, free_port()) as issuer:
        follower = follow(over_http(http, issuer))
        assert await follower.first_read(2)
        await until(lambda: len(endpoint.asked) == 2)
        await feed.add("account", "refused", "svc-demo")
        await until(lambda: refused(follower))
        await follower.stop()
    assert endpoint.asked[0] == {"after": ["0"], "wait": ["0"], "limit": ["1000"]}
    assert endpoint.asked[1] == {"after": ["0"], "wait": ["25"], "limit": ["1000"]}
    assert {b64decode(sent.removeprefix(b"Basic ")) for sent in endpoint.sent} == {f"siinstance:{CREDENTIAL}".encode()}


async def test_over_http_an_authserver_that_was_restarted_is_found_within_two_seconds(feed: Feed, follow, http) -> None:
    port, endpoint = free_port(), FeedEndpoint(feed)
    async with serving(endpoint, port) as issuer:
        follower = follow(over_http(http, issuer))
        assert await follower.first_read(2)
        await until(lambda: len(endpoint.asked) == 2)
        endpoint.answer = (503, b"{}")  # a server that shuts down gently would wait for the waiting call
        await feed.add("client", "refused", "other")
        await until(lambda: refused(follower, client_id="other"))
    await feed.add("account", "refused", "svc-demo")
    await asyncio.sleep(1.5)
    async with serving(FeedEndpoint(feed), port):
        await until(lambda: refused(follower))
        await follower.stop()


@pytest.mark.parametrize(
    "answer",
    [
        (401, b"{}"),
        (404, b"{}"),
        (500, b"oops"),
        (503, b"{}"),
        (302, b""),
        (200, b"{"),
        (200, b"[]"),
        (200, b'{"next": 1, "more": false}'),
        (200, b'{"next": "1", "more": false, "entries": []}'),
        (200, b'{"next": 1, "more": false, "entries": [{"n": null}]}'),
        (200, b'{"x":' * 5000),
    ],
)
async def test_over_http_any_other_answer_is_away_and_holds_no_secret(feed: Feed, http, answer: tuple[int, bytes]) -> None:
    endpoint = FeedEndpoint(feed)
    endpoint.answer = answer
    async with serving(endpoint, free_port()) as issuer:
        with pytest.raises(FeedAway) as caught:
            await over_http(http, issuer).read(0, 0)
    assert CREDENTIAL not in repr(caught.value)


async def test_over_http_410_is_gone_and_a_closed_port_is_away(feed: Feed, http) -> None:
    async with serving(FeedEndpoint(feed), free_port()) as issuer:
        with pytest.raises(FeedGone):
            await over_http(http, issuer).read(99, 0)
    with pytest.raises(FeedAway):
        await over_http(http, f"http://127.0.0.1:{free_port()}").read(0, 0)
