"""Two processes on one database, and one that is killed: nothing that was answered is lost, nothing is half done."""

import subprocess
import sys
import time

from sqlalchemy import select

from powerepos_cloud.directory.tables import facts
from tests.support.schema import on_database


def writer(url: str, name: str, count: int) -> "subprocess.Popen[str]":
    """Start a process that writes pairs of facts and prints the number of each that is durable."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.writer", url, name, str(count)], stdout=subprocess.PIPE, text=True
    )


def stored_names(url: str) -> set[str]:
    """The names of all facts."""
    return set(on_database(url, lambda connection: connection.execute(select(facts.c.name)).scalars().all()))


def pair(name: str, n: int) -> set[str]:
    """The two facts of a deed."""
    return {f"{name}-{n}-left", f"{name}-{n}-right"}


def test_two_processes_write_at_once_and_lose_nothing(directory_url: str) -> None:
    count = 1000
    processes = {name: writer(directory_url, name, count) for name in ("a", "b")}
    for process in processes.values():
        *acknowledged, (_, standstill) = [line.split() for line in process.communicate(timeout=60)[0].splitlines()]
        assert process.returncode == 0
        assert sorted(int(n) for (n,) in acknowledged) == list(range(1, count + 1))
        # A wait inside the database for the other process's lock would hold the loop up for far longer than all else.
        assert int(standstill) < 1000
    expected = set[str]().union(*(pair(name, n) for name in processes for n in range(1, count + 1)))
    assert stored_names(directory_url) == expected


def test_a_killed_process_loses_no_durable_deed_and_leaves_none_half_done(directory_url: str) -> None:
    for name in ("first", "second", "third"):
        process = writer(directory_url, name, 0)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(100)]
        process.kill()
        lines += process.stdout.read().splitlines(keepends=True)
        process.wait()
        process.stdout.close()
        acknowledged = {int(line) for line in lines if line.endswith("\n")}
        assert len(acknowledged) >= 100
        stored = stored_after_the_dead(directory_url, name)
        assert stored >= set[str]().union(*(pair(name, n) for n in acknowledged))
        whole = {fact.rpartition("-")[0] for fact in stored}
        assert stored == {f"{deed}-{side}" for deed in whole for side in ("left", "right")}


def stored_after_the_dead(url: str, name: str) -> set[str]:
    """This writer's facts, once PostgreSQL has noticed that it is gone and rolled back what it left open."""
    before: set[str] | None = None
    while before != (now := {fact for fact in stored_names(url) if fact.startswith(name)}):
        before = now
        time.sleep(0.2)
    return now
