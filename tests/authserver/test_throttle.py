"""Limits on failures: three buckets, growing delays, and a 429 that only ever replaces a refusal (contract section 3)."""

import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from powerepos_cloud.authserver.errors import InvalidClient, InvalidGrant, OAuthError, TooManyFailures
from powerepos_cloud.authserver.throttle import Throttle
from powerepos_cloud.foundation.secrets import SecretKind, generate
from tests.support.application import Running, running, settings_for
from tests.support.clock import FakeClock
from tests.support.oauth import assert_refused
from tests.support.world import Client, World

SOURCE = "203.0.113.7"
MINUTES = 60_000
DOUBLING = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


class Attempts:
    """Failures as the endpoint reports them. Each deed gives the seconds to wait, or None where the refusal itself is told."""

    def __init__(self, clock: FakeClock) -> None:
        self.throttle = Throttle(clock)

    def client(self, source: str = SOURCE, client_id: str = "till") -> int | None:
        """A failed client authentication."""
        return self._told(self.throttle.client_failed(source, client_id, InvalidClient("test")))

    def grant(self, tried: str = "svc-one", source: str = SOURCE, client_id: str = "till") -> int | None:
        """A failed grant of a proved client."""
        return self._told(self.throttle.grant_failed(source, client_id, tried, InvalidGrant("no", "test")))

    @staticmethod
    def _told(refusal: OAuthError) -> int | None:
        if isinstance(refusal, TooManyFailures):
            assert refusal.retry_after is not None
            assert refusal.retry_after >= 1
            return refusal.retry_after
        return None


@pytest.fixture
def attempts(clock: FakeClock) -> Attempts:
    """A throttle of its own."""
    return Attempts(clock)


# The arithmetic, on a clock that stands still


@pytest.mark.parametrize(("kind", "free"), [("client", 30), ("grant", 10)])
def test_after_the_free_failures_the_delay_doubles_from_a_second_to_five_minutes(
    attempts: Attempts, clock: FakeClock, kind: str, free: int
) -> None:
    fail: Callable[[], int | None] = getattr(attempts, kind)
    assert [fail() for _ in range(free)] == [None] * free
    for delay in DOUBLING:
        assert [fail(), fail()] == [delay, delay]
        clock.advance_ms(delay * 1000 - 1)
        assert fail() == 1  # a rounded-up millisecond
        clock.advance_ms(1)
        assert fail() is None  # the refusal itself is told once, then the longer delay begins


def test_a_source_has_three_hundred_failures_a_minute_over_all_clients(attempts: Attempts, clock: FakeClock) -> None:
    for _ in range(10):
        assert [attempts.client(client_id=f"client-{n}") for n in range(299)] == [None] * 299
        clock.advance_ms(60_000)
    assert [attempts.client(client_id=f"client-{n}") for n in range(300)] == [None] * 300
    for delay in DOUBLING:
        assert attempts.client(client_id="another") == delay
        assert attempts.client(source="198.51.100.1", client_id="another") is None
        clock.advance_ms(delay * 1000)
        assert attempts.client(client_id=f"after-{delay}") is None


def test_failures_are_forgotten_fifteen_minutes_after_the_last_one(attempts: Attempts, clock: FakeClock) -> None:
    for fail, free in ((attempts.client, 30), (attempts.grant, 10)):
        for _ in range(free):
            fail()
        clock.advance_ms(15 * MINUTES)
        assert fail() is None  # the delay was over, but not the memory
        assert fail() == 2
        clock.advance_ms(15 * MINUTES + 1)
        assert [fail() for _ in range(free)] == [None] * free
        assert fail() == 1


def test_a_success_clears_its_own_failures_and_no_others(attempts: Attempts) -> None:
    for _ in range(30):
        attempts.client()
        attempts.client(client_id="other")
    for _ in range(10):
        attempts.grant()
        attempts.grant("svc-two")
        attempts.grant(source="198.51.100.1")
    attempts.throttle.client_succeeded(SOURCE, "till")
    assert attempts.client() is None
    assert attempts.client(client_id="other") == 1
    assert attempts.grant() == 1
    attempts.throttle.grant_succeeded(SOURCE, "till", "svc-one")
    assert attempts.grant() is None
    assert attempts.grant("svc-two") == 1
    assert attempts.grant(source="198.51.100.1") == 1


def test_buckets_do_not_touch_one_another(attempts: Attempts) -> None:
    for _ in range(11):
        attempts.grant()
    assert attempts.grant() == 1
    assert attempts.grant(client_id="other") is None
    assert attempts.grant(source="198.51.100.1") is None
    assert attempts.grant("svc-two") is None
    assert attempts.client() is None


def test_parts_of_a_key_cannot_be_shifted_from_one_into_another(attempts: Attempts) -> None:
    for _ in range(11):
        attempts.grant("b c", client_id="a")
    assert attempts.grant("c", client_id="a b") is None
    assert attempts.grant("b", client_id="a") is None


def test_ipv6_counts_by_64_and_a_mapped_ipv4_address_as_itself(attempts: Attempts) -> None:
    for n in range(30):
        assert attempts.client(source=f"2001:db8:1:2::{n:x}") is None
    assert attempts.client(source="2001:db8:1:2:ffff:ffff:ffff:ffff") == 1
    assert attempts.client(source="2001:db8:1:3::1") is None
    for n in range(30):
        attempts.client(source="198.51.100.9" if n % 2 else "::ffff:198.51.100.9")
    assert attempts.client(source="::ffff:198.51.100.9") == 1
    assert attempts.client(source="::ffff:198.51.100.8") is None


@pytest.mark.parametrize("source", ["", "unix", "fe80::1%eth0", "é", "203.0.113.7:443"])
def test_any_source_can_be_counted(attempts: Attempts, source: str) -> None:
    assert [attempts.client(source=source) for _ in range(31)] == [None] * 30 + [1]


def test_at_most_a_hundred_thousand_keys_are_kept_and_the_oldest_go_first(attempts: Attempts, clock: FakeClock) -> None:
    for _ in range(30):
        attempts.client(source="192.0.2.1")
        attempts.client(source="192.0.2.2")
    for n in range(49_999):
        attempts.client(source=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert attempts.client(source="192.0.2.2") == 1  # among the newest again
    for n in range(50_000, 51_000):
        attempts.client(source=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert attempts.client(source="192.0.2.2") == 1
    assert attempts.client(source="192.0.2.1") is None


def test_a_flood_of_names_costs_little_memory_and_keeps_none_of_them(attempts: Attempts) -> None:
    tracemalloc.start()
    for n in range(120_000):
        attempts.grant(f"{'x' * 200}{n}")
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 40_000_000


# At the endpoint


@pytest.fixture
async def proxied(world: World, directory_url: str, partnerservices_url: str, clock: FakeClock) -> AsyncIterator[Running]:
    """The application behind trusted proxies at 192.0.2.0/24 and 2001:db8:ffff::/48; requests come from 192.0.2.1."""
    proxies = "192.0.2.0/24, 2001:db8:ffff::/48"
    async with running(settings_for(directory_url, partnerservices_url, trusted_proxies=proxies), clock) as started:
        yield started


async def until_throttled(attempt: Callable[[], Awaitable[httpx.Response]], error: str, most: int = 400) -> int:
    """How many refusals named `error` come before a 429."""
    for count in range(most):
        answer = await attempt()
        if answer.status_code == 429:
            assert_refused(answer, 429, "temporarily_unavailable", says="right request is answered always")
            assert answer.headers["retry-after"] == "1"
            return count
        assert answer.json()["error"] == error, answer.text
    return most


async def test_ten_failures_per_account_known_or_not_alike_and_a_right_request_is_answered_all_the_while(
    app: Running, world: World, clock: FakeClock
) -> None:
    right = world.client.form("password", **world.account.login())
    wrong = generate(SecretKind.SERVICE_PASSWORD)
    for others in (
        {"password": wrong},
        {"password": wrong, "username": "svc-aaaaaaaaaaaaaaaaaaaa"},
        {"password": wrong, "username": world.lakeside_account.id},
        {"password": "malformed", "username": "svc-bbbbbbbbbbbbbbbbbbbb"},
        {"username": "ann@example.com"},
    ):
        assert await until_throttled(lambda form=right | others: app.token(form), "invalid_grant") == 10  # type: ignore[misc]
    for org_id in ("NOWHERE", "LAKESIDE"):
        form = world.client.form("client_credentials", org_id=org_id, scope="ros")
        assert await until_throttled(lambda form=form: app.token(form), "invalid_grant") == 10  # type: ignore[misc]
    for token in (generate(SecretKind.REFRESH_TOKEN), "malformed"):
        form = world.client.form("refresh_token", refresh_token=token)
        assert await until_throttled(lambda form=form: app.token(form), "invalid_grant") == 10  # type: ignore[misc]
    assert (await app.token(right)).status_code == 200
    assert await until_throttled(lambda: app.token(right | {"password": wrong}), "invalid_grant") == 10  # it was cleared
    assert (await app.token(right)).status_code == 200
    approved = world.client.form("client_credentials", org_id="HARBOUR-1", scope="ros")
    assert (await app.token(approved)).status_code == 200


async def test_thirty_failures_per_client_known_or_not_alike_and_the_right_secret_is_taken_all_the_while(
    app: Running, world: World
) -> None:
    right = world.client.form("password", **world.account.login())
    for others in (
        {"client_secret": generate(SecretKind.CLIENT_SECRET)},
        {"client_secret": "malformed", "client_id": "unknown"},
        {"client_secret": "", "client_id": "incomplete"},
        {"client_secret": generate(SecretKind.CLIENT_SECRET), "client_id": world.other_client.id},
    ):
        assert await until_throttled(lambda form=right | others: app.token(form), "invalid_client") == 30  # type: ignore[misc]
    for grant_type in ("password", "client_credentials"):
        assert (await app.token(right | {"grant_type": grant_type, "scope": "partnerservices"})).status_code == 200
    wrong = right | {"client_secret": "wrong"}
    assert await until_throttled(lambda: app.token(wrong), "invalid_client") == 30  # the success had cleared its own
    assert (await app.token(right)).status_code == 200


async def test_three_hundred_failures_a_minute_per_source_and_a_right_request_is_answered_all_the_while(
    app: Running, world: World, clock: FakeClock
) -> None:
    numbers = iter(range(1000))

    def attempt() -> Awaitable[httpx.Response]:
        return app.token(Client(f"client-{next(numbers)}", "wrong").form("password", **world.account.login()))

    assert await until_throttled(attempt, "invalid_client") == 300
    assert (await app.token(world.client.form("password", **world.account.login()))).status_code == 200
    assert (await attempt()).status_code == 429  # that cleared the client's failures, not the source's


async def test_the_instances_own_proof_is_limited_and_taken_like_a_clients(app: Running, world: World) -> None:
    instance_id, credential, _ = world.instances["partnerservices"]

    def attempt(password: str) -> Awaitable[httpx.Response]:
        return app.http.get("/authorisation/revocations", auth=(instance_id, password))

    wrong = generate(SecretKind.INSTANCE_CREDENTIAL)
    assert await until_throttled(lambda: attempt(wrong), "invalid_client") == 30
    assert (await attempt(credential)).status_code == 200
    assert await until_throttled(lambda: attempt("malformed"), "invalid_client") == 30


async def test_what_is_malformed_or_merely_not_granted_does_not_count(app: Running, world: World) -> None:
    right = world.client.form("password", **world.account.login())
    for others, error in (
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "nonsense"}, "unsupported_grant_type"),
        ({"org_id": ""}, "invalid_request"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"scope": "des"}, "invalid_scope"),
        ({"password": "x" * 300}, "invalid_request"),
    ):
        assert await until_throttled(lambda form=right | others: app.token(form), error, 40) == 40  # type: ignore[misc]
    both = {"auth": (world.client.id, "wrong")}
    assert await until_throttled(lambda: app.token(right, **both), "invalid_request", 40) == 40
    assert await until_throttled(lambda: app.http.get("/authorisation/token"), "invalid_request", 40) == 40
    wrong = right | {"password": generate(SecretKind.SERVICE_PASSWORD)}
    assert await until_throttled(lambda: app.token(wrong), "invalid_grant") == 10
    wrong = right | {"client_secret": generate(SecretKind.CLIENT_SECRET)}
    assert await until_throttled(lambda: app.token(wrong), "invalid_client") == 30


async def test_behind_trusted_proxies_the_source_is_the_rightmost_address_that_is_none(proxied: Running, world: World) -> None:
    wrong = world.client.form("password", **world.account.login(password=generate(SecretKind.SERVICE_PASSWORD)))

    def attempt(*forwarded: str) -> Awaitable[httpx.Response]:
        return proxied.token(wrong, headers=[("x-forwarded-for", value) for value in forwarded])

    assert await until_throttled(lambda: attempt("203.0.113.7"), "invalid_grant") == 10
    for same in (
        ["203.0.113.7, 192.0.2.9"],
        ["203.0.113.7", "192.0.2.9, 2001:db8:ffff::1"],
        ["203.0.113.7", "::ffff:192.0.2.9"],
        ["198.51.100.99, 203.0.113.7"],
        ["::ffff:203.0.113.7"],
        ["unknown, 203.0.113.7"],
    ):
        assert (await attempt(*same)).status_code == 429, same
    assert (await attempt("203.0.113.8")).status_code == 400
    assert (await attempt("203.0.113.7, 203.0.113.8")).status_code == 400
    assert (await attempt("203.0.113.7", "203.0.113.8")).status_code == 400


async def test_nobody_escapes_a_limit_by_what_stands_left_in_x_forwarded_for(proxied: Running, world: World) -> None:
    wrong = world.client.form("password", **world.account.login(password=generate(SecretKind.SERVICE_PASSWORD)))
    numbers = iter(range(1000))

    def attempt() -> Awaitable[httpx.Response]:
        return proxied.token(wrong, headers={"x-forwarded-for": f"198.51.100.{next(numbers)}, 203.0.113.7"})

    assert await until_throttled(attempt, "invalid_grant") == 10


async def test_x_forwarded_for_of_a_peer_that_is_no_trusted_proxy_is_ignored(
    app: Running, proxied: Running, world: World
) -> None:
    wrong = world.client.form("password", **world.account.login(password=generate(SecretKind.SERVICE_PASSWORD)))
    numbers = iter(range(1000))

    def spoofed(http: httpx.AsyncClient) -> Callable[[], Awaitable[httpx.Response]]:
        return lambda: http.post("/authorisation/token", data=wrong, headers={"x-forwarded-for": f"198.51.100.{next(numbers)}"})

    assert await until_throttled(spoofed(app.http), "invalid_grant") == 10  # no proxy is trusted at all
    async with proxied.called_from("203.0.113.9") as http:  # another peer than the proxies
        assert await until_throttled(spoofed(http), "invalid_grant") == 10


async def test_rubbish_in_x_forwarded_for_is_counted_somewhere_and_breaks_nothing(proxied: Running, world: World) -> None:
    right = world.client.form("password", **world.account.login())
    wrong = right | {"password": generate(SecretKind.SERVICE_PASSWORD)}
    for value in ("", ",", "unknown", "1.2.3.4:80", "[::1]:80", "fe80::1%eth0", "999.1.1.1", "é", "'; --", "," * 4000):
        headers = {b"x-forwarded-for": value.encode()}
        assert (await proxied.token(right, headers=headers)).status_code == 200, value
        assert_refused(await proxied.token(wrong, headers=headers), 400, "invalid_grant")
        assert (await proxied.http.get("/readyz", headers=headers)).status_code in (200, 503), value
