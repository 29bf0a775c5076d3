"""A process that writes to a database without pause, for tests that run two of them, or kill one.

    python -m tests.support.writer URL NAME COUNT

Each deed is a pair of facts, `NAME-n-left` and `NAME-n-right`, in one unit; once it is durable, its `n` goes out as a line.
At the end (COUNT deeds; 0: never) the last line says the longest time in ms for which the event loop stood still while a thread
beside it could run: what the machine itself did not grant to either is nobody's fault.
"""

import asyncio
import itertools
import sys
import threading
import time

from sqlalchemy import insert

from powerepos_cloud.directory.tables import facts
from powerepos_cloud.foundation.database import Database, Session, open_database

CALLERS = 8
TICK_SECONDS = 0.005


async def write_pair(session: Session, name: str) -> None:
    """Two facts that belong together."""
    await session.run(insert(facts).values(name=f"{name}-left", value=name))
    await session.run(insert(facts).values(name=f"{name}-right", value=name))


async def caller(database: Database, name: str, numbers: "itertools.count[int]", count: int) -> None:
    """Write one deed after the other."""
    while (n := next(numbers)) <= count or count == 0:
        await database.write(lambda session, n=n: write_pair(session, f"{name}-{n}"))  # type: ignore[misc]
        print(n, flush=True)


async def longest_standstill(stop: asyncio.Event) -> int:
    """Wake every few milliseconds, in the loop and in a thread; how much later at worst in the loop, in ms."""
    is_over = threading.Event()
    beside = asyncio.create_task(asyncio.to_thread(worst_in_a_thread, is_over))
    worst = 0.0
    while not stop.is_set():
        before = time.monotonic()
        await asyncio.sleep(TICK_SECONDS)
        worst = max(worst, time.monotonic() - before - TICK_SECONDS)
    is_over.set()
    return round(max(0.0, worst - await beside) * 1000)


def worst_in_a_thread(is_over: threading.Event) -> float:
    """The same, where the event loop is not asked; seconds."""
    worst = 0.0
    while not is_over.is_set():
        before = time.monotonic()
        time.sleep(TICK_SECONDS)
        worst = max(worst, time.monotonic() - before - TICK_SECONDS)
    return worst


async def main(url: str, name: str, count: int) -> None:
    """Write until done."""
    database = open_database("directory", url)
    stop, numbers = asyncio.Event(), itertools.count(1)
    watch = asyncio.create_task(longest_standstill(stop))
    await asyncio.gather(*(caller(database, name, numbers, count) for _ in range(CALLERS)))
    stop.set()
    print("standstill", await watch, flush=True)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
