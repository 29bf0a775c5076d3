"""Waiting for what must come soon, on machines that may have other work just then.

The contract grants a revocation two seconds. A test that fails on the clock alone would fail whenever the machine is busy, so a
wait is given up only when its time is over *and* as many looks were had as fit into half of that time where nothing hinders:
what comes too late on a quiet machine is still found out.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

PAUSE_SECONDS = 0.02
_MOST = 20  # times the wait's own length; after that not even a busy machine is an excuse


class _Patience:
    """Decides whether to look once more."""

    def __init__(self, seconds: float) -> None:
        self._begun = time.monotonic()
        self._seconds = seconds
        self._looks_left = seconds / PAUSE_SECONDS / 2

    def look_again(self) -> None:
        """Take note of a look in vain. Raises `AssertionError` when it was the last."""
        self._looks_left -= 1
        passed = time.monotonic() - self._begun
        if passed > self._seconds and (self._looks_left < 0 or passed > self._seconds * _MOST):
            raise AssertionError(f"it did not come about in {self._seconds} s (nor in the {passed:.1f} s that it was given)")


async def until(met: Callable[[], bool], seconds: float = 2.0) -> None:
    """Look until the condition is met; the loop goes on meanwhile."""
    patience = _Patience(seconds)
    while not met():
        patience.look_again()
        await asyncio.sleep(PAUSE_SECONDS)


async def until_answered(met: Callable[[], Awaitable[bool]], seconds: float = 2.0) -> None:
    """Ask until the answer is yes."""
    patience = _Patience(seconds)
    while not await met():
        patience.look_again()
        await asyncio.sleep(PAUSE_SECONDS)


def until_seen(met: Callable[[], bool], seconds: float = 2.0) -> None:
    """Look until the condition is met, in a thread that may sleep."""
    patience = _Patience(seconds)
    while not met():
        patience.look_again()
        time.sleep(PAUSE_SECONDS)
