"""A real server process: the application behind Granian, on a port of its own, that a test may kill and start again."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from powerepos_cloud.settings import Settings, as_environment
from tests.support.served import CLOCK_FILE

ROOT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 30


class Server:
    """Server process and workers, in a process group of their own. Made by `serving`."""

    def __init__(
        self, settings: Settings, environment: Mapping[str, str], clock_file: Path | None, folder: Path, port: int
    ) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.url = f"http://{self.host}:{self.port}"
        self.log = folder / "server.log"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("POWEREPOS_")},
            **as_environment(settings),
            "POWEREPOS_HOST": self.host,
            "POWEREPOS_PORT": str(self.port),
            **({CLOCK_FILE: str(clock_file)} if clock_file else {}),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start it and do not wait."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.served"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,  # never written to: its end tells the server that the test run is gone
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start it and wait until it is ready. Raises `RuntimeError` with its log if it does not get there."""
        self.launch()
        process, deadline = self._running(), time.monotonic() + _READY_SECONDS
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the server did not get ready: {self.logged()[-4000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it in order (SIGTERM), and wait until it is gone."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        self.kill()

    def kill(self) -> None:
        """End the process and its workers at once (SIGKILL), as a crash would. Harmless where it has ended."""
        process = self._running()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            process.stdin.close()

    def restart(self) -> None:
        """End it in order and start it on the same port and the same data."""
        self.stop()
        self.start()

    def logged(self) -> str:
        """What it has written to its log, over all its starts."""
        return self.log.read_text(errors="replace")

    def connect(self, timeout: float = 10) -> socket.socket:
        """A raw connection; `timeout` in seconds."""
        return socket.create_connection((self.host, self.port), timeout)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start it first"
        return self._process


@contextmanager
def serving(
    settings: Settings,
    *,
    environment: Mapping[str, str] | None = None,
    clock_file: Path | None = None,
    port: int | None = None,
) -> Iterator[Server]:
    """A server by these settings, ready; killed at the end with all its workers.

    `environment` is added to the process's; `clock_file` holds the fake instant that its clock reads (ms since the epoch):
    write it first, and replace it by `set_clock`. Address and port of the settings do not count: it listens on a free port
    of loopback (or on `port`), so that issuer and service URIs can stay what the test's world says.
    """
    with tempfile.TemporaryDirectory(prefix="powerepos-server-") as folder:
        server = Server(settings, environment or {}, clock_file, Path(folder), port or free_port())
        server.start()
        try:
            yield server
        finally:
            server.kill()


def set_clock(clock_file: Path, now_ms: int) -> None:
    """Set the instant that a server's clock reads, atomically."""
    new = clock_file.with_suffix(".new")
    new.write_text(str(now_ms))
    new.replace(clock_file)


def free_port() -> int:
    """A port of loopback that nobody listens at just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
