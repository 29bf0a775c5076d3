"""A month of a café's supplier invoices for the demo: one price that rose, one invoice that came twice, one that was mended.

Everything goes through the same doors as a partner's orders: written as JSON, read, resolved, stored.
"""

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from powerepos_cloud.foundation.database import Database
from powerepos_cloud.manage.demo_catalogue import COSTS
from powerepos_cloud.partnerservices.catalogue.memory import CatalogueMemory
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.stock import orders
from powerepos_cloud.partnerservices.stock.intake import read_intake
from powerepos_cloud.resourceserver.caller import Caller

_WEEKS = 4
_DEARER_SUPPLIER = "Roast House"
_DEARER_CODE = "RH-ESP-5"
_DEARER = Decimal("1.08")  # its beans cost 8 % more on the newest invoice than on the ones before
_TWICE = "Cool Drinks Co"
_MENDED = "Harbour Bakehouse"
_IDS: Final = uuid.UUID("3c1de0a7-5a2f-5d0e-9b7c-2f6f0f6a4d11")

_encoder = msgspec.json.Encoder(decimal_format="number")


class StockDemo:
    """Buys for the demo's outlets."""

    def __init__(self, database: Database, caller: Caller, now_ms: int) -> None:
        self._database = database
        self._caller = caller
        self._now_ms = now_ms
        self._memory = CatalogueMemory()

    async def buy(self, outlet: Outlet) -> int:
        """Four weekly invoices of each supplier; how many orders were stored."""
        today = datetime.fromtimestamp(self._now_ms / 1000, ZoneInfo(outlet.zone)).date()
        stored = 0
        for weeks_ago in range(_WEEKS - 1, -1, -1):
            for place, supplier in enumerate(COSTS):
                day = today - timedelta(days=7 * weeks_ago + 1 + place)
                body = self._invoice(outlet, supplier, day, weeks_ago)
                if supplier == _MENDED and weeks_ago == 1:
                    short = body | {"lineItems": body["lineItems"][1:]}
                    await self._send(short)
                await self._send(body)
                stored += 1
                if supplier == _TWICE and weeks_ago == 0:
                    await self._send(body | {"orderID": self._id(outlet, supplier, day, "again")})
                    stored += 1
        return stored

    async def _send(self, body: dict[str, Any]) -> None:
        intake = read_intake(_encoder.encode(body))
        await self._database.write(lambda session: orders.add(session, self._memory, self._caller, intake, self._now_ms))

    def _invoice(self, outlet: Outlet, supplier: str, day: date, weeks_ago: int) -> dict[str, Any]:
        """Every second of the supplier's products in turn, freight below 200.00, a rebate above 600.00."""
        lines = []
        for place, (code, hundredths) in enumerate(COSTS[supplier].items()):
            if (place + weeks_ago) % 2 and code != _DEARER_CODE:
                continue
            cost = Decimal(hundredths) / 100
            if (supplier, code, weeks_ago) == (_DEARER_SUPPLIER, _DEARER_CODE, 0):
                cost *= _DEARER
            quantity = 2 + (place * 7 + weeks_ago * 3) % 9
            lines.append(self._line(outlet, supplier, day, 1, code, (cost * quantity).quantize(Decimal("0.01")), quantity))
        goods = sum((Decimal(line["amount"]) for line in lines), Decimal(0))
        if goods < 200:
            lines.append(self._line(outlet, supplier, day, 10, "Freight", Decimal("11.50")))
        elif goods > 600:
            lines.append(self._line(outlet, supplier, day, 11, "Volume rebate 2 %", -(goods / 50).quantize(Decimal("0.01"))))
        return {
            "orderID": self._id(outlet, supplier, day, "order"),
            "outletID": outlet.id,
            "supplierName": supplier,
            "supplierInvoiceNumber": f"{''.join(word[0] for word in supplier.split())}-{day.toordinal() % 100_000}",
            "supplierInvoiceDate": day.isoformat(),
            "applicationClientName": "Tallyho Stock",
            "applicationClientVersion": "2.1",
            "lineItems": lines,
        }

    def _line(
        self, outlet: Outlet, supplier: str, day: date, kind: int, name: str, amount: Decimal, quantity: int = 1
    ) -> dict[str, Any]:
        return {
            "lineItemID": self._id(outlet, supplier, day, name),
            "type": kind,
            "description": name,
            "quantity": quantity,
            "amount": amount,
            "supplierProductCode": name if kind == 1 else None,
        }

    def _id(self, outlet: Outlet, supplier: str, day: date, name: str) -> str:
        """An ID that is the same each time."""
        return str(uuid.uuid5(_IDS, f"{self._caller.kapow} {outlet.id} {supplier} {day} {name}"))
