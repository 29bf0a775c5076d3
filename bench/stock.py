"""Stock orders of 1024 lines over HTTP, durable, one worker, by one sender and by four, beside their floor.

Run: `python -m bench.stock [seconds]`. The floor is what cannot be saved: decoding the order, inserting the same rows by raw
sqlite3, one durable commit.
"""

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uuid_utils
from powerepos.contract import Limits, Permissions
from powerepos.contract.stock import AddStockOrderRequest

from bench.load import free_port, granian, print_table, process, token_of
from bench.sales import Sender, memory_mib
from bench.shop import OUTLET
from bench.world import make_data
from powerepos_cloud.audit.store import Actor
from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.foundation.database import Session, open_database
from powerepos_cloud.partnerservices.catalogue.imports import save
from powerepos_cloud.partnerservices.catalogue.rules import Kind, ProductRow, SupplierCodeRow, SupplierRow, TaxGroup, TaxLevel
from powerepos_cloud.partnerservices.outlets import store as outlets

LINES = Limits.MAX_LINE_ITEMS
_MOST_PER_SECOND = 100
_ACTOR = Actor("operator", "bench")


class OrderSender(Sender):
    """Sends stock orders."""

    path = "/api/v1/stock/stockorders/addstockorder"
    stored = b'{"result":0'


async def make_shop(folder: Path, kapow: str) -> None:
    """One outlet, and a supplier with as many codes as an order has lines."""
    database = open_database("partnerservices", f"sqlite:///{folder / 'partnerservices.sqlite3'}")
    now = SystemClock().now_ms()
    group = TaxGroup("GST 15", (TaxLevel("GST", 15_000, inclusive=True), None, None, None))
    products = [
        ProductRow(number=n + 1, name=f"Product {n}", group="G", main_group="M", tax_group="GST 15") for n in range(LINES)
    ]
    codes = [SupplierCodeRow(supplier_name="Supplier", code=f"CODE-{n:04d}", number=n + 1) for n in range(LINES)]

    async def unit(session: Session) -> None:
        await outlets.add(
            session, now, _ACTOR, kapow, name="Bench", zone="Pacific/Auckland", currency="NZD", outlet_id=OUTLET,
            stock_enabled=True,
        )  # fmt: skip
        await save(session, now, _ACTOR, kapow, Kind.TAX_GROUPS, [group])
        await save(session, now, _ACTOR, kapow, Kind.PRODUCTS, products)
        await save(session, now, _ACTOR, kapow, Kind.SUPPLIERS, [SupplierRow(name="Supplier", tax_group="GST 15")])
        await save(session, now, _ACTOR, kapow, Kind.SUPPLIER_CODES, codes)

    await database.write(unit)
    await database.close()


def order(n: int) -> bytes:
    """The n-th order: 1024 lines of products at the same price each time."""
    lines = [
        {
            "lineItemID": str(uuid_utils.uuid7()), "type": 1, "description": f"Product {place}", "quantity": 12,
            "amount": 12 * (100 + place) / 100, "supplierProductCode": f"CODE-{place:04d}",
        }
        for place in range(LINES)
    ]  # fmt: skip
    body = {
        "orderID": str(uuid_utils.uuid7()), "outletID": OUTLET, "supplierName": "Supplier",
        "supplierInvoiceNumber": f"S-{uuid_utils.uuid7()}"[-30:], "supplierInvoiceDate": time.strftime("%Y-%m-%d"),
        "applicationClientName": "Bench", "applicationClientVersion": str(n), "lineItems": lines,
    }  # fmt: skip
    return json.dumps(body, separators=(",", ":")).encode()


def main(seconds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="bench-stock-") as name:
        folder, port = Path(name), free_port()
        url = f"http://127.0.0.1:{port}"
        form = asyncio.run(make_data(folder, url, Permissions.PARTNER_STOCK_SUBMIT))[0]
        kapow = sqlite3.connect(folder / "directory.sqlite3").execute("SELECT kapow FROM organisations").fetchone()[0]
        asyncio.run(make_shop(folder, kapow))
        settings = {"POWEREPOS_DATA": name, "POWEREPOS_ISSUER": url, "POWEREPOS_LOG_LEVEL": "warning"}
        server = granian(port, "--factory", "powerepos_cloud.app:from_environment")
        with process(server, f"{url}/readyz", settings) as started:
            token = token_of(url, form)
            _send(port, token, 1, 1)
            floor = _floor(folder)
            found = {"1 sender": _send(port, token, 1, seconds), "4 senders": _send(port, token, 4, seconds)}
            memory = memory_mib(started.pid)
        rows = [("floor: decode, raw insert, commit", f"{floor:.1f}", "", "")]
        rows += [(label, f"{rate:.1f}", f"{rate / floor:.2f}", f"{p99:.0f}") for label, (rate, p99) in found.items()]
        print_table(f"Stock orders of {LINES} lines, durable, one worker", ("what", "orders/s", "of floor", "p99 ms"), rows)
        print(f"\nThe worker's memory: {memory:.0f} MiB.")


def _send(port: int, token: str, senders: int, seconds: int) -> tuple[float, float]:
    """Orders per second and p99 in ms."""
    most = _MOST_PER_SECOND * seconds // senders
    queues = [iter([order(n) for n in range(most)]) for _ in range(senders)]
    until = time.perf_counter() + seconds
    threads = [OrderSender(port, token, bodies, until) for bodies in queues]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = sorted(one for thread in threads for one in thread.took)
    return len(took) / (time.perf_counter() - started), took[int(len(took) * 0.99)] * 1000


def _rows_of_an_order(database: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """The rows that one order left behind, table by table."""
    newest = database.execute("SELECT MAX(order_no) FROM stock_orders").fetchone()[0]
    return {
        "stock_orders": database.execute("SELECT * FROM stock_orders WHERE order_no = ?", (newest,)).fetchall(),
        "stock_order_lines": database.execute("SELECT * FROM stock_order_lines WHERE order_no = ?", (newest,)).fetchall(),
        "changes": database.execute("SELECT * FROM changes ORDER BY n DESC LIMIT 1").fetchall(),
    }


def _renumbered(rows: dict[str, list[tuple[object, ...]]], n: int) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """The same rows for another order."""
    (head,), (change,) = rows["stock_orders"], rows["changes"]
    yield "stock_orders", [(n, head[1], str(uuid_utils.uuid7()), *head[3:])]
    yield "stock_order_lines", [(n, *row[1:]) for row in rows["stock_order_lines"]]
    yield "changes", [(*change[:2], n, *change[3:])]


def _floor(folder: Path) -> float:
    """Orders per second of decoding, raw inserting and committing alone."""
    source = sqlite3.connect(folder / "partnerservices.sqlite3")
    rows = _rows_of_an_order(source)
    database = sqlite3.connect(folder / "floor.sqlite3", isolation_level=None)
    schema = source.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name IN ('stock_orders', 'stock_order_lines', 'changes')"
    )
    for (statement,) in schema.fetchall():
        database.execute(statement)
    database.execute("PRAGMA journal_mode = WAL").fetchone()
    database.execute("PRAGMA synchronous = FULL")
    decoder, body, took = msgspec.json.Decoder(AddStockOrderRequest), order(0), []
    for n in range(100):
        ready = list(_renumbered(rows, 100_000 + n))
        started = time.perf_counter()
        decoder.decode(body)
        database.execute("BEGIN IMMEDIATE")
        for table, values in ready:
            database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values[0]))})", values)
        database.execute("COMMIT")
        took.append(time.perf_counter() - started)
    return 1 / statistics.median(took)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("seconds", type=int, nargs="?", default=5)
    main(arguments.parse_args().seconds)
