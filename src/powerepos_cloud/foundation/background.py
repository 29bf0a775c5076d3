"""Work that goes on beside the requests, from the application's start to its stop."""

import asyncio
import contextlib
from abc import ABC, abstractmethod


class Background(ABC):
    """One task. Whoever has something to prepare or to close does it around these two."""

    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End, wherever it is; what was begun is done anew after the next start."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @abstractmethod
    async def _run(self) -> None:
        """Go on until it is cancelled."""
