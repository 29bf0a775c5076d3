"""GET /authorisation/revocations: the feed by which every instance learns what was revoked (contract section 5)."""

import asyncio
from typing import Any

import msgspec

from powerepos_cloud.authserver.errors import InvalidRequest, OAuthError
from powerepos_cloud.directory import revocations
from powerepos_cloud.directory.revocations import Entry
from powerepos_cloud.foundation.database import Database

LONGEST_WAIT_SECONDS = 25
LARGEST_PAGE = 1000
_LOOK_EVERY_SECONDS = 0.2  # another process's entry is seen within 500 ms


class FeedGone(OAuthError):
    """`after` is too old or was never given out: read again from 0."""

    status = 410

    def __init__(self) -> None:
        super().__init__("The number in after is too old or above the newest: read again from 0.", "feed_gone")


class Page(msgspec.Struct, frozen=True):
    """A page of the feed."""

    next: int
    more: bool
    entries: list[Entry]


class Feed:
    """Reads pages, waiting for the first entry where asked to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, after: int, wait_seconds: float, limit: int = LARGEST_PAGE) -> Page:
        """Entries after `after`. Raises `FeedGone`, `DatabaseUnavailable`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(wait_seconds, LONGEST_WAIT_SECONDS)
        while True:
            page = await self._page(after, limit)
            if page.entries or loop.time() >= deadline:
                return page
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def _page(self, after: int, limit: int) -> Page:
        found = await revocations.read_after(self._database.reader, after, limit)
        if after > found.newest or 0 < after < found.pruned:
            raise FeedGone
        is_full = len(found.entries) == limit
        following = found.entries[-1].n if is_full else found.newest
        return Page(following, following < found.newest, found.entries)


def read_query(query: Any) -> tuple[int, int, int]:
    """`after`, `wait` and `limit` of a query string. Raises `InvalidRequest` naming the one that is wrong."""
    limits = {"after": (0, 0, 2**63 - 1), "wait": (0, 0, LONGEST_WAIT_SECONDS), "limit": (LARGEST_PAGE, 1, LARGEST_PAGE)}
    found = []
    for name, (default, least, most) in limits.items():
        values = query.getall(name, [])
        text = values[0] if values else str(default)
        is_number = len(values) <= 1 and text.isascii() and text.isdigit() and len(text) <= 19
        if not is_number or not least <= int(text) <= most:
            raise InvalidRequest(f"The parameter {name} must be one whole number from {least} to {most}.", f"feed_{name}")
        found.append(int(text))
    return found[0], found[1], found[2]
