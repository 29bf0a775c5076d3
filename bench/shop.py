"""Batches for the sales benchmark, and an outlet and catalogue that they fit."""

import json
from pathlib import Path

import uuid_utils
from sqlalchemy import insert

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.foundation.database import Session, open_database
from powerepos_cloud.partnerservices.catalogue.tables import products
from powerepos_cloud.partnerservices.outlets import store as outlets

OUTLET = "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c11"
SALES = 64
_ACTOR = Actor("operator", "bench")


async def make_shop(folder: Path, kapow: str) -> None:
    """One outlet and twenty products for the organisation."""
    database = open_database("partnerservices", f"sqlite:///{folder / 'partnerservices.sqlite3'}")
    now = SystemClock().now_ms()

    async def unit(session: Session) -> None:
        await outlets.add(session, now, _ACTOR, kapow, name="Bench", zone="Pacific/Auckland", currency="NZD", outlet_id=OUTLET)
        for number in range(2000, 2020):
            row = {"kapow": kapow, "number": number, "name": f"Product {number}", "group_name": "Coffee", "active": True}
            await session.run(insert(products).values(**row, main_group_name="Drinks", names_key=f"drinks coffee {number}"))

    await database.write(unit)
    await database.close()


def batch(n: int, terminal: str, trading_date: str) -> bytes:
    """The n-th batch of a terminal: 64 sales of four lines, one of them with a discount, paid by one card."""
    sales = [_sale(n * SALES + place, trading_date) for place in range(SALES)]
    target = {"tradingDate": trading_date, "terminalName": terminal, "clientName": "Bench", "clientVersion": "1"}
    return json.dumps({"outletID": OUTLET, "zReportTarget": target, "sales": sales}, separators=(",", ":")).encode()


def _sale(n: int, trading_date: str) -> dict[str, object]:
    lines = [
        {
            "saleQty": 1, "amount": 5.75, "incTax1": 0.75, "taxSales1": 5.75, "pluNumber": 2000 + (n + line) % 20,
            **({"itemAdjustments": [{"adjustmentName": "Happy Hour", "amount": -1.15, "incTax1": -0.15}]} if line == 0 else {}),
        }
        for line in range(4)
    ]  # fmt: skip
    return {
        "salesTransactionID": str(uuid_utils.uuid7()),
        "dateTimeClosed": f"{trading_date} {8 + n % 12:02d}:{n % 60:02d}:{n % 53:02d}",
        "invoiceNumber": f"P{n:08d}",
        "tax1Name": "GST",
        "tax1Rate": 15,
        "transactionItems": lines,
        "transactionPayments": [{"amountPurchase": 21.85, "paymentTypeName": "Visa"}],
    }
