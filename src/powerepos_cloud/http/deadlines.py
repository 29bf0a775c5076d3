"""Ends waits that take too long, by one sweep a second instead of a timer for each: on the hot path a timer is dear."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

_SWEEP_SECONDS = 1.0


class Expired(Exception):
    """The wait took too long."""


class Deadlines:
    """Watches tasks that wait; precise to a second."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Task[Any], float] = {}
        self._sweeping = False

    async def wait(self, awaited: Callable[[], Awaitable[Any]], deadline: float) -> Any:
        """What `awaited()` gives. Raises `Expired` if the loop's clock passes `deadline` meanwhile."""
        task = asyncio.current_task()
        assert task is not None
        self._waiting[task] = deadline
        if not self._sweeping:
            self._sweeping = True
            asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)
        try:
            return await awaited()
        except asyncio.CancelledError:
            if task in self._waiting:
                raise  # cancelled by somebody else
            task.uncancel()
            raise Expired from None
        finally:
            self._waiting.pop(task, None)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for task, deadline in list(self._waiting.items()):
            if deadline <= now:
                del self._waiting[task]
                task.cancel()
        self._sweeping = bool(self._waiting)
        if self._sweeping:
            loop.call_later(_SWEEP_SECONDS, self._sweep)
