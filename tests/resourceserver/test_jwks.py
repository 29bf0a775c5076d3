"""The AuthServer's keys, cached: one fetch for many, seldom, and never at an address that a token names."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx
import pytest

from powerepos_cloud.accesstoken import PublicKeys, UnknownKey
from powerepos_cloud.observability.logs import build_log
from powerepos_cloud.resourceserver.jwks import (
    HttpKeySource,
    InProcessKeySource,
    KeyCache,
    KeysAnswer,
    KeysAway,
    KeySource,
    KeysUnavailable,
)
from tests.resourceserver.authserver import Keys
from tests.resourceserver.http_server import free_port, serving
from tests.support.clock import FakeClock
from tests.support.patience import until


class Source:
    """Answers what the test sets; counts and can hold up fetches."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document: Mapping[str, Any] | Exception = document
        self.fetches = 0
        self.max_age = 300.0
        self.open = asyncio.Event()
        self.open.set()

    async def fetch(self, etag: str | None) -> KeysAnswer:
        self.fetches += 1
        await self.open.wait()
        if isinstance(self.document, Exception):
            raise self.document
        return KeysAnswer(self.document, None, self.max_age)


@pytest.fixture
def source(keys: Keys) -> Source:
    return Source(keys.jwks())


@pytest.fixture
async def cached(clock: FakeClock) -> AsyncIterator[Callable[[KeySource], KeyCache]]:
    started: list[KeyCache] = []

    def start(source: KeySource) -> KeyCache:
        cache = KeyCache(source, clock=clock, log=build_log("error", io.StringIO()))
        cache.start()
        started.append(cache)
        return cache

    yield start
    for cache in started:
        await cache.stop()


async def loaded(cache: KeyCache, seconds: float = 2) -> PublicKeys:
    await until(lambda: cache.is_ready, seconds)
    return cache.keys


def knows(keys: PublicKeys, kid: str) -> bool:
    try:
        keys.find(kid)
    except UnknownKey:
        return False
    return True


async def test_without_keys_nothing_can_be_judged_and_they_are_found_within_two_seconds(cached, source, keys: Keys) -> None:
    source.document = KeysAway("closed")
    cache = cached(source)
    await asyncio.sleep(0.5)
    with pytest.raises(KeysUnavailable):
        _ = cache.keys
    source.document = keys.jwks()
    assert knows(await loaded(cache), "es")


async def test_an_unknown_kid_fetches_at_once_and_then_not_for_ten_seconds(cached, source, clock: FakeClock) -> None:
    cache = cached(source)
    seen = await loaded(cache)
    assert source.fetches == 1
    seen = await cache.keys_after(seen)
    assert source.fetches == 2
    for _ in range(5):
        assert await cache.keys_after(seen) is seen
    clock.advance_ms(9_999)
    await cache.keys_after(seen)
    assert source.fetches == 2
    clock.advance_ms(1)
    await cache.keys_after(seen)
    assert source.fetches == 3


async def test_a_new_key_is_found_by_the_first_token_that_names_it(cached, source, keys: Keys) -> None:
    cache = cached(source)
    seen = await loaded(cache)
    source.document = {"keys": [{**Keys().jwks()["keys"][0], "kid": "new"}]}
    newer = await cache.keys_after(seen)
    assert knows(newer, "new")
    assert not knows(newer, "es")
    assert cache.keys is newer


async def test_whoever_saw_older_keys_gets_the_newer_ones_without_a_fetch(cached, source, clock: FakeClock) -> None:
    cache = cached(source)
    seen = await loaded(cache)
    newer = await cache.keys_after(seen)
    clock.advance_ms(60_000)
    assert await cache.keys_after(seen) is newer
    assert source.fetches == 2


async def test_callers_at_the_same_time_share_one_fetch(cached, source) -> None:
    cache = cached(source)
    seen = await loaded(cache)
    source.open.clear()
    callers = [asyncio.create_task(cache.keys_after(seen)) for _ in range(20)]
    await asyncio.sleep(0.05)
    callers[0].cancel()
    await asyncio.sleep(0.01)
    source.open.set()
    found = await asyncio.gather(*callers[1:])
    assert source.fetches == 2
    assert all(keys is cache.keys for keys in found)
    assert callers[0].cancelled()


async def test_a_failed_fetch_keeps_the_keys_and_says_when_to_try_again(cached, source, clock: FakeClock) -> None:
    cache = cached(source)
    seen = await loaded(cache)
    source.document = KeysAway("closed")
    with pytest.raises(KeysUnavailable) as caught:
        await cache.keys_after(seen)
    assert caught.value.retry_after == 10
    clock.advance_ms(7_500)
    with pytest.raises(KeysUnavailable) as caught:
        await cache.keys_after(seen)
    assert caught.value.retry_after == 3
    assert source.fetches == 2
    assert cache.keys is seen


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"keys": []},
        {"keys": None},
        {"keys": [{"kty": "EC", "kid": "es", "alg": "ES256", "crv": "P-256", "x": "AA", "y": "AA"}]},
        {"keys": [{"kty": "OKP", "kid": "ed", "alg": "EdDSA"}]},
        {"keys": ["es"]},
    ],
)
async def test_a_key_set_that_is_none_keeps_the_keys(cached, source, document: dict[str, Any]) -> None:
    cache = cached(source)
    seen = await loaded(cache)
    source.document = document
    with pytest.raises(KeysUnavailable):
        await cache.keys_after(seen)
    assert cache.keys is seen


async def test_a_fault_in_the_source_keeps_the_keys(cached, source) -> None:
    cache = cached(source)
    seen = await loaded(cache)
    source.document = ZeroDivisionError()
    with pytest.raises(KeysUnavailable):
        await cache.keys_after(seen)
    assert cache.keys is seen


async def test_keys_are_fetched_again_when_their_age_says_so(cached, source, monkeypatch) -> None:
    monkeypatch.setattr("powerepos_cloud.resourceserver.jwks.SHORTEST_MAX_AGE_SECONDS", 0.05)
    source.max_age = 0
    cache = cached(source)
    seen = await loaded(cache)
    await until(lambda: cache.keys is not seen)


async def test_in_process_the_function_is_asked(cached, keys: Keys) -> None:
    async def read() -> dict[str, Any]:
        return keys.jwks()

    assert knows(await loaded(cached(InProcessKeySource(read))), "rs")


async def test_in_process_a_failing_function_is_away(cached) -> None:
    async def read() -> dict[str, Any]:
        raise ConnectionError

    with pytest.raises(KeysAway):
        await InProcessKeySource(read).fetch(None)


async def test_a_stopped_cache_lets_go_of_who_waits(cached, source) -> None:
    cache = cached(source)
    seen = await loaded(cache)
    source.open.clear()
    waiting = asyncio.create_task(cache.keys_after(seen))
    await asyncio.sleep(0.01)
    await asyncio.wait_for(cache.stop(), 1)
    assert await asyncio.wait_for(waiting, 1) is seen


# Over HTTP


class JwksEndpoint:
    """`GET /authorisation/jwks` as a bare ASGI application."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.etag = b'"one"'
        self.status = 200
        self.body: bytes | None = None
        self.paths: list[str] = []
        self.conditions: list[bytes | None] = []

    async def __call__(self, scope, receive, send) -> None:
        self.paths.append(scope["path"])
        condition = dict(scope["headers"]).get(b"if-none-match")
        self.conditions.append(condition)
        headers = [(b"etag", self.etag), (b"cache-control", b"public, max-age=120")]
        status = 304 if condition == self.etag else self.status
        body = b"" if status == 304 else self.body if self.body is not None else json.dumps(self.document).encode()
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def test_over_http_max_age_and_etag_are_honoured(http, keys: Keys) -> None:
    endpoint = JwksEndpoint(keys.jwks())
    async with serving(endpoint, free_port()) as issuer:
        source = HttpKeySource(http, issuer=issuer)
        first = await source.fetch(None)
        assert first == KeysAnswer(keys.jwks(), '"one"', 120)
        assert await source.fetch(first.etag) == KeysAnswer(None, '"one"', 120)
        endpoint.etag = b'"two"'
        assert (await source.fetch(first.etag)).document is not None
    assert set(endpoint.paths) == {"/authorisation/jwks"}
    assert endpoint.conditions == [None, b'"one"', b'"one"']


async def test_over_http_unchanged_keys_are_not_parsed_again(cached, http, keys: Keys) -> None:
    async with serving(JwksEndpoint(keys.jwks()), free_port()) as issuer:
        cache = cached(HttpKeySource(http, issuer=issuer))
        seen = await loaded(cache)
        assert await cache.keys_after(seen) is seen
        await cache.stop()


@pytest.mark.parametrize(
    ("status", "body"), [(500, None), (404, None), (302, None), (200, b"<html>"), (200, b"[]"), (200, b'{"x":' * 5000)]
)
async def test_over_http_any_other_answer_is_away(http, keys: Keys, status: int, body: bytes | None) -> None:
    endpoint = JwksEndpoint(keys.jwks())
    endpoint.status, endpoint.body = status, body
    async with serving(endpoint, free_port()) as issuer:
        with pytest.raises(KeysAway):
            await HttpKeySource(http, issuer=issuer).fetch(None)


async def test_over_http_a_closed_port_is_away(http) -> None:
    with pytest.raises(KeysAway):
        await HttpKeySource(http, issuer=f"http://127.0.0.1:{free_port()}").fetch(None)
