"""The AuthServer's public keys, cached. Their address comes from the settings, never from a token (`iss`, `jku`, `x5u`)."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol

import httpx
import msgspec

from powerepos_cloud.accesstoken import PublicKeys
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.observability.logs import Log

DEFAULT_MAX_AGE_SECONDS = 300
SHORTEST_MAX_AGE_SECONDS = 10
LONGEST_MAX_AGE_SECONDS = 3600
REFETCH_SECONDS = 10
"""An unknown `kid` fetches the keys at most once in this time (contract section 6)."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_WITH_KEYS_SECONDS = 30.0

_MAX_AGE = re.compile(r"max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


class KeysAnswer(NamedTuple):
    """A JWKS (RFC 7517) as `json.loads` gives it, None where it has not changed; and how long it may be kept."""

    document: Mapping[str, Any] | None
    etag: str | None
    max_age_seconds: float


class KeysAway(Exception):
    """The keys could not be fetched; the text says why."""


class KeysUnavailable(Exception):
    """A token cannot be judged for want of keys, through no fault of its own. Try again in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"the AuthServer's keys could not be fetched; next try in {retry_after} s")
        self.retry_after = retry_after


class KeySource(Protocol):
    """Where keys come from."""

    async def fetch(self, etag: str | None) -> KeysAnswer:
        """The keys, if they are no longer those of `etag`. Raises `KeysAway`."""
        ...


class HttpKeySource:
    """`GET {issuer}/authorisation/jwks`, honouring `max-age` and `ETag` (RFC 9111 sections 4.2 and 4.3)."""

    def __init__(self, http: httpx.AsyncClient, *, issuer: str) -> None:
        self._http = http
        self._url = f"{issuer}/authorisation/jwks"

    async def fetch(self, etag: str | None) -> KeysAnswer:
        headers = {"If-None-Match": etag} if etag else {}
        try:
            answer = await self._http.get(self._url, headers=headers, follow_redirects=False, timeout=5)
        except httpx.HTTPError as error:
            raise KeysAway(f"{type(error).__name__} at {self._url}") from error
        max_age = _max_age(answer.headers.get("cache-control", ""))
        if answer.status_code == httpx.codes.NOT_MODIFIED and etag:
            return KeysAnswer(None, etag, max_age)
        if answer.status_code != httpx.codes.OK:
            raise KeysAway(f"status {answer.status_code} at {self._url}")
        try:
            document = msgspec.json.decode(answer.content, type=dict[str, Any])
        except (msgspec.MsgspecError, RecursionError) as error:
            raise KeysAway(f"no JWKS at {self._url}") from error
        return KeysAnswer(document, answer.headers.get("etag"), max_age)


class InProcessKeySource:
    """The AuthServer's own function, called in the same process: `read()` gives the JWKS as a dict."""

    def __init__(self, read: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
        self._read = read

    async def fetch(self, etag: str | None) -> KeysAnswer:  # noqa: ARG002 - nothing is saved by leaving it out
        try:
            return KeysAnswer(await self._read(), None, DEFAULT_MAX_AGE_SECONDS)
        except Exception as error:
            raise KeysAway(f"{type(error).__name__} in process") from error


class KeyCache:
    """Public keys, fetched from `start()` to `stop()` as often as their `max-age` says, and at once for an unknown `kid`.

    Callers that need a fetch at the same time share one. A failed fetch keeps the keys that there are.
    """

    def __init__(self, source: KeySource, *, clock: Clock, log: Log) -> None:
        self._source = source
        self._clock = clock
        self._log = log
        self._keys: PublicKeys | None = None
        self._etag: str | None = None
        self._max_age_seconds: float = DEFAULT_MAX_AGE_SECONDS
        self._failed = False
        self._refetched_at: int | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether there are keys to judge tokens by."""
        return self._keys is not None

    @property
    def keys(self) -> PublicKeys:
        """The keys in force. Raises `KeysUnavailable` if there never were any."""
        if self._keys is None:
            raise KeysUnavailable(1)
        return self._keys

    def start(self) -> None:
        """Begin to fetch, in the running event loop; a second call has no effect."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep_fresh(), name="jwks")

    async def stop(self) -> None:
        """Stop fetching; the keys stay."""
        tasks = [task for task in (self._task, self._fetching) if task is not None]
        self._task = self._fetching = None
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def keys_after(self, seen: PublicKeys) -> PublicKeys:
        """The keys to try once `seen` did not hold a token's `kid`; at most one fetch in 10 s.

        Raises `KeysUnavailable` if the newest fetch failed: the key may be a new one that could not be learnt of.
        """
        if self._keys is seen and self._may_refetch():
            if self._fetching is None:
                self._refetched_at = self._clock.now_ms()
            await self._fetch_once()
        keys = self.keys
        if keys is seen and self._failed:
            raise KeysUnavailable(max(1, self._seconds_to_refetch()))
        return keys

    def _may_refetch(self) -> bool:
        return self._fetching is not None or self._seconds_to_refetch() == 0

    def _seconds_to_refetch(self) -> int:
        """Whole seconds until an unknown `kid` may fetch again."""
        if self._refetched_at is None:
            return 0
        passed = self._clock.now_ms() - self._refetched_at
        left = REFETCH_SECONDS * 1000 - passed
        return -(-left // 1000) if passed >= 0 and left > 0 else 0

    async def _keep_fresh(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            await self._fetch_once()
            if not self._failed:
                pause = FIRST_PAUSE_SECONDS
                await asyncio.sleep(self._max_age_seconds)
                continue
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads workers, guards nothing
            longest = LONGEST_PAUSE_SECONDS if self._keys is None else LONGEST_PAUSE_WITH_KEYS_SECONDS
            pause = min(pause * 2, longest)

    async def _fetch_once(self) -> None:
        """Fetch, or wait for the fetch that is under way. A caller that is cancelled does not take the others' along."""
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch(), name="jwks-fetch")
        await asyncio.wait([self._fetching])

    async def _fetch(self) -> None:
        try:
            answer = await self._source.fetch(self._etag)
            if answer.document is not None:
                self._keys = _read_keys(answer.document)
            self._etag = answer.etag
            self._max_age_seconds = min(max(answer.max_age_seconds, SHORTEST_MAX_AGE_SECONDS), LONGEST_MAX_AGE_SECONDS)
            if self._failed:
                self._log.info("jwks.back")
            self._failed = False
        except KeysAway as error:
            if not self._failed:
                self._log.warning("jwks.away", why=str(error))
            self._failed = True
        except Exception as error:
            self._log.error("jwks.failed", exc_info=error)
            self._failed = True
        finally:
            self._fetching = None


def _read_keys(document: Mapping[str, Any]) -> PublicKeys:
    """The document's keys. Raises `KeysAway` for one that holds none: the AuthServer never publishes an empty set."""
    try:
        keys = PublicKeys.from_jwks(document)
    except Exception as error:
        raise KeysAway(f"a malformed key set: {type(error).__name__}") from error
    if not len(keys):
        raise KeysAway("a key set without keys")
    return keys


def _max_age(cache_control: str) -> float:
    found = _MAX_AGE.search(cache_control)
    return float(found[1]) if found else DEFAULT_MAX_AGE_SECONDS
