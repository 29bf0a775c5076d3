"""Keeps a worker's `RevocationMap` current: one task that reads the feed, and never stops trying."""

import asyncio
import contextlib
import random

from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.observability.logs import Log
from powerepos_cloud.resourceserver.feed import FeedAway, FeedEntry, FeedGone, FeedPage, FeedSource
from powerepos_cloud.resourceserver.revocations import RevocationMap

WAIT_SECONDS = 25
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 1.0
HURRY_SECONDS = 0.2


class Follower:
    """Follows the feed from `start()` to `stop()`.

    While it has not read the feed to its end once, or has not for `stale_seconds`, `fault` says so and calls are answered
    503. Every `reread_seconds` it reads all of the feed into a new map, which drops what the AuthServer has let go of.
    """

    def __init__(
        self, source: FeedSource, *, clock: Clock, log: Log, stale_seconds: float = 900, reread_seconds: float = 6 * 3600
    ) -> None:
        self._source = source
        self._clock = clock
        self._log = log
        self._stale_ms = int(stale_seconds * 1000)
        self._reread_ms = int(reread_seconds * 1000)
        self._map: RevocationMap | None = None
        self._after = 0
        self._heard_at = 0
        self._whole_at = 0
        self._away = False
        self._task: asyncio.Task[None] | None = None
        self._first_read = asyncio.Event()

    @property
    def fault(self) -> str | None:
        """`starting`, `stale`, or None while the map may be relied on."""
        if self._map is None:
            return "starting"
        if self._clock.now_ms() - self._heard_at > self._stale_ms:
            return "stale"
        return None

    @property
    def map(self) -> RevocationMap:
        """The map in force. Raises `LookupError` before the first read reached the feed's end."""
        if self._map is None:
            raise LookupError("the feed of revocations has not been read yet")
        return self._map

    def start(self) -> None:
        """Begin to follow, in the running event loop; a second call has no effect."""
        if self._task is None:
            self._task = asyncio.create_task(self._follow(), name="revocations")

    async def stop(self) -> None:
        """Stop following. The map stays, and grows stale."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def first_read(self, timeout_seconds: float) -> bool:
        """Wait until the first read reached the feed's end; whether it did in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._first_read.wait()
        return self._first_read.is_set()

    async def _follow(self) -> None:
        pause, wait = FIRST_PAUSE_SECONDS, WAIT_SECONDS
        must_reread = True
        while True:
            try:
                if must_reread or self._clock.now_ms() - self._whole_at >= self._reread_ms:
                    await self._read_whole()
                    must_reread = False
                else:
                    await self._read_on(wait)
                    wait = WAIT_SECONDS
                    pause = FIRST_PAUSE_SECONDS  # not after a whole read: a feed that is gone each time must not be hurried
                self._back()
                continue
            except FeedGone:
                self._log.info("revocations.gone", after=self._after)
                must_reread = True
            except FeedAway as error:
                self._lost(str(error))
            except Exception as error:
                # A task that dies would let every revocation pass unseen until the map is stale.
                self._log.error("revocations.failed", exc_info=error)
            wait = 0  # so that an AuthServer that is back counts as heard at once, and not when it has something to say
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads workers, guards nothing
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _read_whole(self) -> None:
        """Read from 0 into a new map, and swap when it is whole; the old one hears of everything meanwhile."""
        fresh = RevocationMap()
        after, more = 0, True
        while more:
            page = await self._page(after, 0)
            self._report(fresh.apply(page.entries))
            if self._map is not None:
                self._map.apply(page.entries)
            after, more = page.next, page.more
            await asyncio.sleep(0)  # in process nothing else would let requests through
        self._map, self._after = fresh, after
        self._whole_at = self._heard_at = self._clock.now_ms()
        self._first_read.set()

    async def _read_on(self, wait_seconds: float) -> None:
        """Read on to the feed's end, waiting if there is nothing new."""
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        page = await self._page(self._after, wait_seconds)
        if wait_seconds and not page.entries and loop.time() - asked_at < HURRY_SECONDS:
            await asyncio.sleep(HURRY_SECONDS)  # a feed that does not wait must not be asked without end
        self._take(page)
        while page.more:
            page = await self._page(self._after, 0)
            self._take(page)
            await asyncio.sleep(0)
        self._heard_at = self._clock.now_ms()

    def _take(self, page: FeedPage) -> None:
        self._report(self.map.apply(page.entries))
        self._after = page.next

    async def _page(self, after: int, wait_seconds: float) -> FeedPage:
        page = await self._source.read(after, wait_seconds)
        if page.next < after or (page.more and page.next == after):
            raise FeedAway(f"the feed went from {after} to {page.next}")
        return page

    def _report(self, unknown: list[FeedEntry]) -> None:
        for entry in unknown:
            self._log.warning("revocations.not_understood", n=entry.n, kind=entry.kind[:40], state=entry.state[:40])

    def _lost(self, why: str) -> None:
        if not self._away:
            self._away = True
            self._log.warning("revocations.away", why=why)

    def _back(self) -> None:
        if self._away:
            self._away = False
            self._log.info("revocations.back")
