"""A clock that stands still until a test moves it."""

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z


class FakeClock:
    """Instants in whole milliseconds since the epoch (UTC), as `foundation.clock.Clock` gives them."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """The instant that the test set."""
        return self._now_ms

    def set(self, now_ms: int) -> None:
        """Jump to an instant, forwards or backwards."""
        self._now_ms = now_ms

    def advance_ms(self, milliseconds: int) -> None:
        """Let this many milliseconds pass."""
        self._now_ms += milliseconds
