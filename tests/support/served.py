"""What a server process of the tests runs: the product's own `serve`, with a clock that the test may hold.

Run as `python -m tests.support.served`; see `tests.support.server`. It ends, with all its workers, when its standard input
does: so a test run that is killed leaves no server behind.
"""

import os
import signal
import threading
from pathlib import Path

from powerepos_cloud.app import create_app
from powerepos_cloud.http.hallway import Hallway
from powerepos_cloud.manage.serve import serve
from powerepos_cloud.settings import load_settings

CLOCK_FILE = "TESTS_CLOCK_FILE"


class FileClock:
    """Reads the present instant (ms since the epoch, UTC) from a file, each time it is asked."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now_ms(self) -> int:
        """The instant that the test wrote."""
        return int(self._path.read_text())


def from_environment() -> Hallway:
    """What a worker serves: the application by its settings, on the test's clock where there is one."""
    path = os.environ.get(CLOCK_FILE)
    return create_app(load_settings(), clock=FileClock(Path(path)) if path else None)


def _end_with_the_test_run() -> None:
    # Not by sys.stdin: a reader blocked in it holds its lock, which a worker forked meanwhile would wait for.
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_test_run, daemon=True).start()
    serve(load_settings(), target="tests.support.served:from_environment")
