"""A throw-away PostgreSQL cluster: unprivileged, on a socket in a temporary folder, gone when the test run is."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import asyncpg

from tests.support import postgresql_keeper

T = TypeVar("T")


class Cluster:
    """Starts its keeper at once, and PostgreSQL with it. Raises `RuntimeError` with the keeper's words if that fails."""

    def __init__(self) -> None:
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", postgresql_keeper.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches the test run, which then closes the cluster in order
        )
        self.folder = self._answer()

    def url(self, database: str) -> str:
        """The URL of one of its databases, as a setting would name it."""
        return f"postgresql://powerepos@/{database}?host={self.folder}"

    def run(self, statement: str, database: str = "postgres") -> list[Any]:
        """Run a statement in autocommit, on a connection of its own; its rows."""
        return self.talk(lambda connection: connection.fetch(statement), database)

    def talk(self, deed: Callable[["asyncpg.Connection[asyncpg.Record]"], Awaitable[T]], database: str) -> T:
        """Do something on a connection of its own, in autocommit."""

        async def run() -> T:
            connection = await asyncpg.connect(host=self.folder, user="powerepos", database=database)
            try:
                return await deed(connection)
            finally:
                await connection.close()

        with ThreadPoolExecutor(1) as apart:  # the caller may stand inside an event loop
            return apart.submit(asyncio.run, run()).result()

    def stop(self, mode: str = "fast") -> None:
        """Stop PostgreSQL: `fast` breaks off what runs, `immediate` is a crash."""
        self._tell(f"stop {mode}")

    def start(self) -> None:
        """Start PostgreSQL again and wait until it answers."""
        self._tell("start")

    def close(self) -> None:
        """Stop PostgreSQL for good and remove its folder."""
        self._keeper.communicate(timeout=60)

    def _tell(self, line: str) -> None:
        assert self._keeper.stdin is not None
        self._keeper.stdin.write(line + "\n")
        self._keeper.stdin.flush()
        self._answer()

    def _answer(self) -> str:
        assert self._keeper.stdout is not None
        answer = self._keeper.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"no PostgreSQL for the tests: {self._keeper.communicate()[1].strip()}")
        return answer
