"""Time, passed in: nothing in the product reads the system's clock but `SystemClock`."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where a room gets the time from. Instants are whole milliseconds since 1970-01-01T00:00:00Z."""

    def now_ms(self) -> int:
        """The present instant, in milliseconds since the epoch (UTC)."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000
