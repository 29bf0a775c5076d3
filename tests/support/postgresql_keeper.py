"""Keeps one throw-away PostgreSQL cluster alive for as long as the process that started it lives.

A process of its own, because that is what survives a test run that crashes or is killed: the end of its standard input
tells it to stop PostgreSQL and remove the folder. It prints the folder (in which the socket lies) once PostgreSQL answers,
then obeys lines: `stop MODE` (pg_ctl's smart, fast or immediate) and `start`, each answered by `done`. Needs Python alone.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

PREFIX = "powerepos-postgresql-"
OPTIONS = (
    "-c listen_addresses='' -c unix_socket_directories='{folder}' -c unix_socket_permissions=0700 -c fsync=off"
    " -c full_page_writes=off -c shared_buffers=32MB -c max_connections=200 -c wal_level=minimal -c max_wal_senders=0"
    " -c deadlock_timeout=100ms -c autovacuum=off -c timezone=UTC -c log_min_messages=warning"
)


def binaries() -> Path:
    """The newest installed server's binaries, which Debian keeps off the PATH. Exits with the cure where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("pg_ctl")
    if not found and on_path is None:
        sys.exit("PostgreSQL's server is not installed: run `apt-get install postgresql`")
    return found[-1].parent if found else Path(str(on_path)).parent


class Keeper:
    """One cluster in one folder. PostgreSQL refuses to run as root; then it runs as Debian's user `postgres`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.options = OPTIONS.format(folder=folder)
        self.bin = binaries()

    def run(self, program: str, *arguments: str, check: bool = True) -> None:
        """Run one of PostgreSQL's programs. Its output goes to our error stream."""
        as_postgres = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        command = [str(self.bin / program), *arguments]
        subprocess.run(command, check=check, stdin=subprocess.DEVNULL, stdout=sys.stderr, cwd="/", **as_postgres)

    def make(self) -> None:
        """Lay out the cluster. Trust is safe here: none but the folder's owner reaches the socket."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.run("initdb", "-D", str(self.data), "-U", "powerepos", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-s", "-l", log, "-o", self.options, "start")

    def stop(self, mode: str) -> None:
        """Stop it and wait until it is gone."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "-t", "20", "-s", "-m", mode, "stop", check=False)

    def remove(self) -> None:
        """Stop it by every means and remove the folder."""
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep(parent: Path) -> None:
    """Remove clusters whose keeper was itself killed."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            keeper = int((folder / "keeper.pid").read_text())
            os.kill(keeper, 0)
        except (FileNotFoundError, ValueError, PermissionError):
            continue  # being made just now, or another user's
        except ProcessLookupError:
            Keeper(folder).remove()


def main() -> None:
    """Make, serve, remove."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parent = Path(tempfile.gettempdir())
    if len(str(parent)) > 60:  # a socket's path must fit in 107 bytes
        parent = Path("/tmp")
    sweep(parent)
    keeper = Keeper(Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)))
    (keeper.folder / "keeper.pid").write_text(str(os.getpid()))
    try:
        keeper.make()
        keeper.start()
        print(keeper.folder, flush=True)
        for line in sys.stdin:
            verb, *arguments = line.split()
            getattr(keeper, {"stop": "stop", "start": "start"}[verb])(*arguments)
            print("done", flush=True)
    finally:
        keeper.remove()


if __name__ == "__main__":
    main()
