"""The feed of revocations as a service reads it: over HTTP, or by a function in the same process."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import httpx
import msgspec

LIMIT = 1000
"""Entries per page, the most that the AuthServer gives (contract section 5)."""


class FeedEntry(msgspec.Struct, frozen=True):
    """One entry. `id` names a grant (`sid`), account, client or organisation (its code); a connection has three names."""

    n: int
    kind: str
    state: str
    id: str | None = None
    client_id: str | None = None
    sub: str | None = None
    org_id: str | None = None
    svc: str | None = None


class FeedPage(msgspec.Struct, frozen=True):
    """Entries after a number; `next` is what to read after, `more` whether there is something at once."""

    next: int
    more: bool
    entries: list[FeedEntry]


class FeedGone(Exception):
    """The number read after is too old or unknown (410): begin again at 0."""


class FeedAway(Exception):
    """The feed could not be read; the text says why and holds no secret."""


class FeedSource(Protocol):
    """Where entries come from."""

    async def read(self, after: int, wait_seconds: float) -> FeedPage:
        """Entries after `after`, waiting up to `wait_seconds` for the first. Raises `FeedGone`, `FeedAway`."""
        ...


_page_decoder = msgspec.json.Decoder(FeedPage)


class HttpFeed:
    """`GET {issuer}/authorisation/revocations`, with the instance's ID and credential by HTTP Basic (RFC 7617)."""

    def __init__(self, http: httpx.AsyncClient, *, issuer: str, instance_id: str, credential: str) -> None:
        self._http = http
        self._url = f"{issuer}/authorisation/revocations"
        self._auth = httpx.BasicAuth(instance_id, credential)

    async def read(self, after: int, wait_seconds: float) -> FeedPage:
        try:
            answer = await self._http.get(
                self._url,
                params={"after": after, "wait": int(wait_seconds), "limit": LIMIT},
                auth=self._auth,
                follow_redirects=False,
                timeout=httpx.Timeout(5, read=wait_seconds + 10),
            )
        except httpx.HTTPError as error:
            raise FeedAway(f"{type(error).__name__} at {self._url}") from error
        if answer.status_code == httpx.codes.GONE:
            raise FeedGone
        if answer.status_code != httpx.codes.OK:
            raise FeedAway(f"status {answer.status_code} at {self._url}")
        try:
            return _page_decoder.decode(answer.content)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise FeedAway(f"no page of the feed at {self._url}") from error


class InProcessFeed:
    """The AuthServer's own function, called in the same process.

    `read(after, wait_seconds, limit)` gives what the endpoint would answer, as an object or a dict with the fields of
    `FeedPage`; it raises `gone` where the endpoint would answer 410. Whatever else it raises counts as `FeedAway`.
    """

    def __init__(self, read: Callable[[int, float, int], Awaitable[Any]], *, gone: type[Exception]) -> None:
        self._read = read
        self._gone = gone

    async def read(self, after: int, wait_seconds: float) -> FeedPage:
        try:
            page = await self._read(after, wait_seconds, LIMIT)
        except self._gone as error:
            raise FeedGone from error
        except Exception as error:
            raise FeedAway(f"{type(error).__name__} in process") from error
        return msgspec.convert(page, FeedPage, from_attributes=True)
