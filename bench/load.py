"""What the benchmarks share: a server process, wrk as the load generator, rounds taken in turn."""

import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Round:
    """One run of wrk: requests per second, the 99th percentile in milliseconds, answers other than 2xx."""

    per_second: float
    p99_ms: float
    failed: int


def need_wrk() -> str:
    """The path of wrk; installed by apt where that is allowed, else told how."""
    found = shutil.which("wrk")
    if found is None and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "-y", "-q", "wrk"], check=True, stdout=subprocess.DEVNULL)
        found = shutil.which("wrk")
    if found is None:
        sys.exit("the benchmarks need wrk: run `apt-get install wrk` as root")
    return found


def free_port() -> int:
    """A port on loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def granian(port: int, *application: str) -> list[str]:
    """The command of one worker that serves an application on this port."""
    served = ["-m", "granian", "--interface", "asgi", "--no-ws", "--log-level", "critical", "--port", str(port)]
    return [sys.executable, *served, *application]


def token_of(url: str, form: str) -> str:
    """The access token that this form gets."""
    with urllib.request.urlopen(f"{url}/authorisation/token", form.encode()) as answer:
        token: str = msgspec.json.decode(answer.read())["access_token"]
        return token


@contextlib.contextmanager
def process(arguments: list[str], ready_url: str, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A server process, from the moment that it is ready until the block ends."""
    started = subprocess.Popen(
        arguments, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
    )
    try:
        _wait_until_ready(ready_url, started)
        yield started
    finally:
        started.terminate()
        started.wait(15)


def _wait_until_ready(url: str, started: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if started.poll() is not None:
            sys.exit(f"the server ended with status {started.returncode} before it was ready")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=2)
            return
        time.sleep(0.1)
    sys.exit("the server was not ready within 30 s")


def wrk(url: str, script: str, *, connections: int, seconds: int) -> Round:
    """Load `url` by a Lua script for some seconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        output = subprocess.run(
            [need_wrk(), "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", file.name, url],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])  # type: ignore[index]
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", output).groups()  # type: ignore[union-attr]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    return Round(rate, float(p99) * {"us": 0.001, "ms": 1, "s": 1000}[unit], int(failed[1]) if failed else 0)


def median(rounds: list[Round]) -> Round:
    """The round of the median rate; failures are added up."""
    ordered = sorted(rounds, key=lambda one: one.per_second)
    middle = ordered[len(ordered) // 2]
    return Round(middle.per_second, statistics.median(one.p99_ms for one in rounds), sum(one.failed for one in rounds))


def print_table(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A plain table."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    print(f"\n{title}")
    for row in [head, tuple("-" * width for width in widths), *rows]:
        print(
            "  ".join(
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )
