"""The merchant's pages with many sales stored: the median of each, by one reader, one worker.

Run: `python -m bench.pages [--stored 5000000] [--rounds 15] [--folder DIR]`. The file is filled by bulk insert with days that
one real batch is the pattern of: three outlets, two terminals each, about 2,000 sales to a Z; then each page is asked for in
turns. Beside the time stands the CPU time of the server, which a busy machine does not blur.
"""

import argparse
import asyncio
import datetime
import http.client
import json
import sqlite3
import statistics
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.load import free_port, granian, print_table, process, token_of
from bench.sales import memory_mib, new_ids, rows_of_a_batch
from bench.shop import OUTLET, SALES, batch, make_shop
from bench.world import make_data
from powerepos_cloud.audit.store import Actor
from powerepos_cloud.directory import organisations, sessions, users
from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.foundation.database import Session, open_database

OUTLETS = (OUTLET, OUTLET[:-1] + "2", OUTLET[:-1] + "3")
TERMINALS = ("Till 1", "Till 2")
_BATCHES_TO_A_Z = 32
_ACTOR = Actor("operator", "bench")
_TABLES = ("sales", "sale_items", "sale_adjustments", "sale_payments")


def main(stored: int, rounds: int, folder: Path) -> None:
    """Fill, ask, print."""
    port = free_port()
    url = f"http://localhost:{port}"
    form = asyncio.run(make_data(folder, url))[0]
    kapow = sqlite3.connect(folder / "directory.sqlite3").execute("SELECT kapow FROM organisations").fetchone()[0]
    asyncio.run(make_shop(folder, kapow))
    cookie = asyncio.run(_owner(folder))
    settings = {"POWEREPOS_DATA": str(folder), "POWEREPOS_ISSUER": url, "POWEREPOS_LOG_LEVEL": "warning"}
    server = granian(port, "--factory", "powerepos_cloud.app:from_environment")
    with process(server, f"{url}/readyz", settings):
        _send_pattern(url, form)
    days = _fill(folder, kapow, stored)
    with process(server, f"{url}/readyz", settings) as started:
        found = [(label, *_measure(port, cookie, path, rounds, started.pid)) for label, path in _pages(folder, days)]
        memory = memory_mib(started.pid)
    rows = [(label, f"{wall:.1f}", f"{cpu:.1f}", f"{size / 1024:.0f}") for label, wall, cpu, size in found]
    print_table(f"Pages, {stored} sales stored, one worker", ("page", "median ms", "CPU ms", "KiB"), rows)
    print(f"\nThe worker's memory: {memory:.0f} MiB.")


async def _owner(folder: Path) -> str:
    """A signed-in owner; the cookie of the session."""
    database, now, token = open_database("directory", f"sqlite:///{folder / 'directory.sqlite3'}"), SystemClock().now_ms(), ""
    token = sessions.new_token()

    async def unit(session: Session) -> None:
        user = await users.create(session, now, _ACTOR, "owner@bench.example", "Owner", "unused")
        organisation = await organisations.by_code(session, "BENCH")
        await users.link_organisation(session, now, _ACTOR, user, organisation, "owner")
        await sessions.begin(
            session, now, token, user.id, None, stage=sessions.OPEN, second_factor=False, source="127.0.0.1", agent="bench"
        )

    await database.write(unit)
    await database.close()
    return f"pepos_session={token}"


def _send_pattern(url: str, form: str) -> None:
    """One real batch, which everything else is copied from."""
    token = token_of(url, form)
    today = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/api/v1/sales/addbatch", batch(0, "Pattern", today), headers)
    with urllib.request.urlopen(request) as answer:
        assert b'"batchResult":0' in answer.read()[:40]


def _fill(folder: Path, kapow: str, stored: int) -> int:
    """Copy the pattern into as many days as it takes, up to today; how many."""
    database = sqlite3.connect(folder / "partnerservices.sqlite3", isolation_level=None, timeout=60)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA cache_size = -400000")
    database.execute("PRAGMA foreign_keys = OFF")
    for n, outlet in enumerate(OUTLETS[1:], start=2):
        database.execute(
            "INSERT INTO outlets SELECT kapow, ?, ?, ?, zone, day_start, currency, stock_enabled, created_at"
            " FROM outlets WHERE id = ?",
            (outlet, f"Bench {n}", f"bench {n}", OUTLET),
        )  # fmt: skip
    pattern = _Pattern(database, folder)
    days = max(1, stored // (SALES * _BATCHES_TO_A_Z * len(OUTLETS) * len(TERMINALS)))
    started, first = time.perf_counter(), datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=days - 1)
    for ago in range(days):
        database.execute("BEGIN IMMEDIATE")
        for outlet in OUTLETS:
            for terminal in TERMINALS:
                pattern.add_z(outlet, terminal, (first + datetime.timedelta(days=ago)).isoformat(), is_open=ago == days - 1)
        database.execute("COMMIT")
    database.execute("DELETE FROM changes")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    count = database.execute("SELECT COUNT(*) FROM sales WHERE kapow = ?", (kapow,)).fetchone()[0]
    database.close()
    print(f"filled {count} sales in {days} days in {time.perf_counter() - started:.0f} s")
    return days


class _Pattern:
    """The rows that one batch left behind, to be copied."""

    def __init__(self, database: sqlite3.Connection, folder: Path) -> None:
        self.database = database
        self.ids: Iterator[str] = new_ids()
        self.rows = {table: rows for table, rows in rows_of_a_batch(folder).items() if table in _TABLES}
        self.columns = {
            table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")] for table in (*_TABLES, "z_reports")
        }
        self.z = dict(
            zip(self.columns["z_reports"], database.execute("SELECT * FROM z_reports ORDER BY z_no DESC").fetchone(), strict=True)
        )
        cells = database.execute("SELECT kind, key, label, measures FROM z_totals WHERE z_no = ?", (self.z["z_no"],)).fetchall()
        self.cells = [
            (kind, key, label, json.dumps([n * _BATCHES_TO_A_Z for n in json.loads(sums)])) for kind, key, label, sums in cells
        ]
        self.names = [row[0] for row in database.execute("SELECT name_no FROM z_names WHERE z_no = ?", (self.z["z_no"],))]
        self.next_sale, self.next_z, self.counters = 1_000_000, self.z["z_no"] + 1, 0
        self.places = {
            name: self.columns["sales"].index(name) for name in ("id", "z_no", "outlet_id", "closed_at", "invoice_number")
        }

    def add_z(self, outlet: str, terminal: str, day: str, *, is_open: bool) -> None:
        """A Z with its sales, totals and names."""
        z_no, self.next_z, self.counters = self.next_z, self.next_z + 1, self.counters + 1
        made = self.z | {
            "z_no": z_no, "id": str(uuid.uuid4()), "outlet_id": outlet, "trading_date": day, "terminal_name": terminal,
            "terminal_key": terminal.lower(), "counter": self.counters, "state": "open" if is_open else "finalised",
            "finalised_at": None if is_open else f"{day} 23:59:00.000", "finalised_by": None if is_open else "Bench",
        }  # fmt: skip
        self._insert("z_reports", [tuple(made.values())])
        for _ in range(_BATCHES_TO_A_Z):
            self._add_batch(z_no, outlet, day)
        self.database.executemany("INSERT INTO z_totals VALUES (?, ?, ?, ?, ?)", [(z_no, *cell) for cell in self.cells])
        self.database.executemany("INSERT INTO z_names VALUES (?, ?)", [(z_no, name) for name in self.names])

    def _add_batch(self, z_no: int, outlet: str, day: str) -> None:
        begin = int(self.rows["sales"][0][0])  # type: ignore[call-overload]
        shift = self.next_sale - begin
        self.next_sale += SALES
        for table in _TABLES:
            moved: list[tuple[Any, ...]] = [(int(row[0]) + shift, *row[1:]) for row in self.rows[table]]  # type: ignore[call-overload]
            if table == "sales":
                moved = [self._sale(list(row), z_no, outlet, day) for row in moved]
            self._insert(table, moved)

    def _sale(self, row: list[Any], z_no: int, outlet: str, day: str) -> tuple[Any, ...]:
        at = self.places
        row[at["id"]], row[at["z_no"]], row[at["outlet_id"]] = next(self.ids), z_no, outlet
        row[at["closed_at"]] = day + row[at["closed_at"]][10:]
        row[at["invoice_number"]] = f"P{row[0]:08d}"
        return tuple(row)

    def _insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(rows[0]))
        self.database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _pages(folder: Path, days: int) -> Iterator[tuple[str, str]]:
    database = sqlite3.connect(folder / "partnerservices.sqlite3")
    here, today = f"outlet={OUTLET}", datetime.datetime.now(datetime.UTC).date()
    day = today - datetime.timedelta(days=min(5, days - 1))
    z = database.execute(
        "SELECT id FROM z_reports WHERE outlet_id = ? AND trading_date = ?", (OUTLET, day.isoformat())
    ).fetchone()
    sale = database.execute("SELECT id, invoice_number FROM sales ORDER BY sale_no DESC LIMIT 1").fetchone()
    wide = f"from={today - datetime.timedelta(days=91)}&to={today}"
    year = f"from={today - datetime.timedelta(days=365)}&to={today}"
    yield "today", f"/today?{here}"
    yield "trading days, a month", f"/trading-days?{here}&month={day:%Y-%m}"
    yield "a day", f"/trading-days/{day}?{here}"
    yield "a Z report with 50 of 2,048 sales", f"/z-reports/{z[0]}"
    yield "sales of a week", f"/sales?{here}"
    yield "sales by invoice, 92 days", f"/sales?{here}&{wide}&invoice={sale[1][:6]}"
    yield "sales by ID, 92 days", f"/sales?{here}&{wide}&id={sale[0]}"
    yield "sales by amount, 92 days", f"/sales?{here}&{wide}&amount=21.85"
    yield "sales by words, 92 days", f"/sales?{here}&{wide}&text=visa+2007"
    yield "a sale", f"/sales/{sale[0]}"
    for which in ("summary", "terminals", "payments", "taxes", "refunds", "health"):
        yield f"report: {which}, 14 days", f"/reports?{here}&report={which}"
    yield "report: summary, a year", f"/reports?{here}&{year}"
    yield "report: taxes, a year, as CSV", f"/reports.csv?{here}&{year}&report=taxes"


def _measure(port: int, cookie: str, path: str, rounds: int, pid: int) -> tuple[float, float, int]:
    """Median wall ms, mean CPU ms of the server, bytes of the answer."""
    connection = http.client.HTTPConnection("localhost", port)
    took, body = [], b""
    before = 0.0
    for n in range(rounds + 2):
        if n == 2:  # the first two fill caches
            before = _cpu(pid)
        started = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        body = answer.read()
        took.append(time.perf_counter() - started)
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status} {body[:300]!r}")
    return statistics.median(took[2:]) * 1000, (_cpu(pid) - before) / rounds * 1000, len(body)


def _cpu(pid: int) -> float:
    """Seconds of CPU that the server and its worker have used."""
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split() for one in pids]
    return sum(int(each[11]) + int(each[12]) for each in fields) / 100


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--stored", type=int, default=5_000_000)
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--folder", type=Path)
    parsed = arguments.parse_args()
    if parsed.folder is not None:
        main(parsed.stored, parsed.rounds, parsed.folder)
    else:
        with tempfile.TemporaryDirectory(prefix="bench-pages-") as name:
            main(parsed.stored, parsed.rounds, Path(name))
