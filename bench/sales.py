"""Sales per second: 64-sale batches over HTTP, durable, one worker, by one sender and by eight, beside their floor.

Run: `python -m bench.sales [seconds] [--stored N]`; with `--stored 5000000` the file is filled by bulk insert first.
The floor is what cannot be saved: decoding the batch, inserting the same rows by raw sqlite3, one durable commit.
"""

import argparse
import asyncio
import http.client
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from powerepos.contract.sales import PartnerSalesBatchRequest, PartnerSalesTransaction

from bench.load import free_port, granian, print_table, process, token_of
from bench.shop import OUTLET, SALES, batch, make_shop
from bench.world import make_data

_MOST_PER_SECOND = 400  # batches that one sender could send at the most
TRADING_DATE = time.strftime("%Y-%m-%d")


class Sender(threading.Thread):
    """Sends bodies one after the other until the time is over; keeps how long each took. `stored` begins a good answer."""

    path = "/api/v1/sales/addbatch"
    stored = b'{"batchResult":0'

    def __init__(self, port: int, token: str, bodies: Iterator[bytes], until: float) -> None:
        super().__init__()
        self.took: list[float] = []
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._bodies = bodies
        self._until = until

    def run(self) -> None:
        """Send; what is not stored whole ends the benchmark."""
        while time.perf_counter() < self._until:
            body = next(self._bodies, None)
            if body is None:
                return
            started = time.perf_counter()
            self._connection.request("POST", self.path, body, self._headers)
            answer = self._connection.getresponse().read()
            self.took.append(time.perf_counter() - started)
            if not answer.startswith(self.stored):
                sys.exit(f"this was not stored: {answer[:400]!r}")


def main(seconds: int, stored: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="bench-sales-") as name:
        folder, port = Path(name), free_port()
        url = f"http://127.0.0.1:{port}"
        form = asyncio.run(make_data(folder, url))[0]
        kapow = sqlite3.connect(folder / "directory.sqlite3").execute("SELECT kapow FROM organisations").fetchone()[0]
        asyncio.run(make_shop(folder, kapow))
        settings = {"POWEREPOS_DATA": name, "POWEREPOS_ISSUER": url, "POWEREPOS_LOG_LEVEL": "warning"}
        server = granian(port, "--factory", "powerepos_cloud.app:from_environment")
        with process(server, f"{url}/readyz", settings) as started:
            token = token_of(url, form)
            _send(port, token, 1, 1, "warm")
            rows = rows_of_a_batch(folder)
            if stored:
                _fill(folder, stored)
            found = {"1 sender": _send(port, token, 1, seconds, "one"), "8 senders": _send(port, token, 8, seconds, "eight")}
            memory = memory_mib(started.pid)
        _report(found, _floor(folder, rows), memory, stored)


def _send(port: int, token: str, senders: int, seconds: int, terminal: str) -> tuple[float, float]:
    """Sales per second and p99 in ms."""
    most = _MOST_PER_SECOND * seconds // senders
    queues = [iter([batch(n, f"{terminal} {sender}", TRADING_DATE) for n in range(most)]) for sender in range(senders)]
    until = time.perf_counter() + seconds
    threads = [Sender(port, token, bodies, until) for bodies in queues]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = sorted(one for thread in threads for one in thread.took)
    rate = len(took) * SALES / (time.perf_counter() - started)
    return rate, took[int(len(took) * 0.99)] * 1000


_TABLES = {"sales": "sale_no", "sale_items": "sale_no", "sale_adjustments": "sale_no", "sale_payments": "sale_no"}


def rows_of_a_batch(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """The rows that one batch left behind, table by table."""
    database = sqlite3.connect(folder / "partnerservices.sqlite3")
    first = database.execute("SELECT MAX(sale_no) - 63 FROM sales").fetchone()[0]
    rows = {
        table: database.execute(f"SELECT * FROM {table} WHERE {key} >= ? ORDER BY 1", (first,)).fetchall()
        for table, key in _TABLES.items()
    }
    rows["changes"] = database.execute("SELECT * FROM changes ORDER BY n DESC LIMIT 64").fetchall()
    rows["z_totals"] = database.execute("SELECT * FROM z_totals LIMIT 12").fetchall()
    database.close()
    return rows


def _renumbered(rows: dict[str, list[tuple[object, ...]]], shift: int, ids: Iterator[str]) -> dict[str, list[tuple[object, ...]]]:
    """The same rows for other sales."""
    moved = {table: [(int(str(row[0])) + shift, *row[1:]) for row in rows[table]] for table in _TABLES}
    moved["sales"] = [(row[0], row[1], next(ids), *row[3:]) for row in moved["sales"]]
    moved["changes"] = [(row[0], row[1], int(str(row[2])) + shift, *row[3:]) for row in rows["changes"]]
    return moved


def new_ids() -> Iterator[str]:
    import uuid_utils

    while True:
        yield str(uuid_utils.uuid7())


def _insert(database: sqlite3.Connection, rows: dict[str, list[tuple[object, ...]]]) -> None:
    for table, values in rows.items():
        marks = ", ".join("?" * len(values[0]))
        database.executemany(f"INSERT INTO {table} VALUES ({marks})", values)


def _fill(folder: Path, stored: int) -> None:
    """Bulk-insert sales like those of the batch, many to a commit."""
    rows, ids = rows_of_a_batch(folder), new_ids()
    database = sqlite3.connect(folder / "partnerservices.sqlite3", isolation_level=None, timeout=60)
    database.execute("PRAGMA synchronous = OFF")
    started = time.perf_counter()
    for block in range(stored // SALES // 100):
        database.execute("BEGIN IMMEDIATE")
        for n in range(100):
            _insert(database, _renumbered(rows, 100_000 + (block * 100 + n) * SALES, ids))
        database.execute("COMMIT")
    # The counter must stand above what was filled in.
    database.execute("UPDATE change_counters SET value = (SELECT MAX(n) FROM changes)")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    print(f"filled {stored} sales in {time.perf_counter() - started:.0f} s")


def _floor(folder: Path, rows: dict[str, list[tuple[object, ...]]]) -> float:
    """Sales per second of decoding, raw inserting and committing alone."""
    body = batch(0, "floor", TRADING_DATE)
    envelope, one = msgspec.json.Decoder(PartnerSalesBatchRequest), msgspec.json.Decoder(PartnerSalesTransaction)
    database = sqlite3.connect(folder / "floor.sqlite3", isolation_level=None)
    schema = sqlite3.connect(folder / "partnerservices.sqlite3").execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND tbl_name NOT LIKE 'names_text_%'"
    )
    for (statement,) in schema.fetchall():
        database.execute(statement)
    database.execute("PRAGMA journal_mode = WAL").fetchone()
    database.execute("PRAGMA synchronous = FULL")
    ids, took = new_ids(), []
    for n in range(150):
        ready = _renumbered(rows, n * 1000, ids)
        started = time.perf_counter()
        for sale in envelope.decode(body).sales:
            one.decode(sale)
        database.execute("BEGIN IMMEDIATE")
        _insert(database, ready)
        database.execute("COMMIT")
        took.append(time.perf_counter() - started)
    return SALES / statistics.median(took)


def memory_mib(pid: int) -> float:
    """Resident memory of the largest process of the server."""
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    pages = max(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in pids)
    return pages * 4096 / 2**20


def _report(found: dict[str, tuple[float, float]], floor: float, memory: float, stored: int) -> None:
    rows = [("floor: decode, raw insert, commit", f"{floor:.0f}", "", "")]
    rows += [(name, f"{rate:.0f}", f"{rate / floor:.2f}", f"{p99:.1f}") for name, (rate, p99) in found.items()]
    title = f"Sales, durable, one worker, 64 to a batch, {stored} stored before"
    print_table(title, ("what", "sales/s", "of floor", "p99 ms"), rows)
    print(f"\nThe worker's memory: {memory:.0f} MiB. (Outlet {OUTLET}.)")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("seconds", type=int, nargs="?", default=5)
    arguments.add_argument("--stored", type=int, default=0)
    parsed = arguments.parse_args()
    main(parsed.seconds, parsed.stored)
