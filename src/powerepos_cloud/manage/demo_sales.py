"""Thirty days of a café's sales for the demo: a rush hour, refunds, tips, and what merchants have to look at now and then:
one missing day, one late Z, one that was never finalised, one whose totals differ by a sale that was refused, a correction.

Everything goes through the same doors as a partner's batches: written as JSON, read, judged, stored.
"""

import random
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from powerepos.contract.sales import ControlTotals

from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.ids import new_id
from powerepos_cloud.partnerservices.catalogue.rules import Product
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.requestlog import store as request_log
from powerepos_cloud.partnerservices.requestlog.store import Call
from powerepos_cloud.partnerservices.sales import batch, finalising, zreports
from powerepos_cloud.partnerservices.sales.envelope import read_where, require_z
from powerepos_cloud.partnerservices.sales.intake import Intake, read_intake
from powerepos_cloud.partnerservices.sales.zreports import Z
from powerepos_cloud.resourceserver.caller import Caller

DAYS = 30
_BATCH = 64
_MISSING_DAY = 11  # days ago: nothing arrived from the second outlet
_LATE_DAY = 6  # days ago: sales came after the first outlet's Z was finalised
_DIFFERING_DAY = 4  # days ago: the first outlet's Z lacks a sale that was refused, so the partner's totals differ
_FORGOTTEN_DAY = 9  # days ago: nobody finalised the third outlet's Z
_TRAINING_DAY = 2  # days ago: somebody learnt the till at the first outlet
_CORRECTED = 7  # the sale of the differing day that was corrected afterwards
_QUARTER_MS = 15 * 60_000
_BEAT_MS = 26 * 3_600_000
_HOURS = (1, 4, 9, 10, 6, 5, 9, 8, 4, 3, 2)
"""How busy each hour is, from 7:00 on."""
_GST = 15


class SalesDemo:
    """Sells at the demo's outlets."""

    def __init__(self, database: Database, caller: Caller, products: Sequence[Product], now_ms: int) -> None:
        self._database = database
        self._caller = caller
        self._products = products
        self._now_ms = now_ms
        self._random = random.Random(20_261_124)  # noqa: S311 - the demo looks the same each time

    async def sell(self, outlets: Sequence[Outlet]) -> int:
        """All days of all outlets; how many sales were stored."""
        stored = 0
        for place, outlet in enumerate(outlets):
            today = datetime.fromtimestamp(self._now_ms / 1000, ZoneInfo(outlet.zone)).date()
            for ago in range(DAYS, -1, -1):
                if (place, ago) != (1, _MISSING_DAY):
                    stored += await self._sell_day(outlet, today - timedelta(days=ago), place, ago)
        return stored

    async def _sell_day(self, outlet: Outlet, day: date, place: int, ago: int) -> int:
        sales = self._day(outlet, day)
        now = datetime.fromtimestamp(self._now_ms / 1000, ZoneInfo(outlet.zone)).replace(tzinfo=None)
        sales = [sale for sale in sales if ago or sale["dateTimeClosed"] < now.strftime("%Y-%m-%d %H:%M:%S")]
        late, sales = (sales[-5:], sales[:-5]) if (place, ago) == (0, _LATE_DAY) else ([], sales)
        differs = (place, ago) == (0, _DIFFERING_DAY)
        refused = sales.pop(len(sales) // 2) if differs else None
        z = None
        for start in range(0, len(sales), _BATCH):
            z = await self._send(outlet, day, sales[start : start + _BATCH])
        if differs and z is not None and refused is not None:
            await self._differ(outlet, day, z, sales, refused)
        elif z is not None and ago and (place, ago) != (2, _FORGOTTEN_DAY):
            await self._finalise(outlet, day, z, None)
        if late:
            await self._send(outlet, day, late, hours_later=9)
        if (place, ago) == (0, _TRAINING_DAY):
            await self._send(outlet, day, self._day(outlet, day)[:12], isTraining=True)
        await self._note_calls(outlet, sales)
        return len(sales) + len(late)

    async def _differ(self, outlet: Outlet, day: date, z: Z, sales: list[dict[str, Any]], refused: dict[str, Any]) -> None:
        """One sale was refused and never sent again, one was corrected; the partner's totals still hold the refused one."""
        corrected = sales[_CORRECTED]
        corrected["transactionPayments"][0] |= {"paymentTypeName": "Mastercard", "affectsCID": False}
        await self._send(outlet, day, [corrected], hours_later=10)
        instant = _instant(outlet, datetime.fromisoformat(refused["dateTimeClosed"]))
        await self._note(outlet, instant, {"rejected": 1, "sale.unbalanced": 1, "created": 5})
        due = [round(sum(paid["amountPurchase"] - paid.get("amountRounded", 0) for paid in one["transactionPayments"]) * 100)
               for one in [*sales, refused]]  # fmt: skip
        await self._finalise(outlet, day, z, msgspec.json.encode({"count": len(due), "gross": sum(due) / 100}).decode())

    async def _send(
        self, outlet: Outlet, day: date, sales: list[dict[str, Any]], *, hours_later: int = 0, **asked: Any
    ) -> Z | None:
        target = {"tradingDate": day.isoformat(), "terminalName": "Counter", "clientName": "Tallyho Sync", "clientVersion": "4.2"}
        intake: Intake = read_intake(
            msgspec.json.encode({"outletID": outlet.id, "zReportTarget": target | asked, "sales": sales})
        )
        last = max(datetime.fromisoformat(sale["dateTimeClosed"]) for sale in sales) + timedelta(seconds=25, hours=hours_later)
        received = min(self._now_ms, _instant(outlet, last))

        async def unit(session: Session) -> batch.Result:
            where = await read_where(session, self._caller, outlet.id, None, intake.request.z_report_target)
            z = await require_z(session, self._caller, where)
            return await batch.run(session, await intake.job(session, self._caller, where, z, received))

        result = await self._database.write(unit)
        if result.code:
            wrong = next(verdict.findings.faults for verdict in result.verdicts if verdict.error)
            raise RuntimeError(f"the demo's own sales were refused: {wrong}")
        return result.z

    async def _finalise(self, outlet: Outlet, day: date, z: Z, control: str | None) -> None:
        at = datetime.combine(day + timedelta(days=1), time(0, 30))
        totals = None if control is None else msgspec.json.decode(control, type=ControlTotals)
        closed = min(self._now_ms, _instant(outlet, at))

        async def unit(session: Session) -> None:
            held = await zreports.by_id(session, self._caller.kapow, z.id)
            assert held is not None
            local = f"{at:%Y-%m-%d %H:%M:%S}.000"
            await finalising.finalise(session, self._caller.kapow, held, local, "Tallyho Sync", totals, control, closed)

        await self._database.write(unit)

    async def _note_calls(self, outlet: Outlet, sales: list[dict[str, Any]]) -> None:
        """The request log of the last day: a call for each quarter of an hour in which sales were made."""
        quarters: dict[int, int] = {}
        for sale in sales:
            instant = _instant(outlet, datetime.fromisoformat(sale["dateTimeClosed"]))
            if self._now_ms - _BEAT_MS < instant <= self._now_ms:
                quarter = instant // _QUARTER_MS * _QUARTER_MS
                quarters[quarter] = quarters.get(quarter, 0) + 1
        for instant, count in quarters.items():
            await self._note(outlet, instant, {"created": count})

    async def _note(self, outlet: Outlet, at: int, outcomes: dict[str, int]) -> None:
        kapow, client_id = self._caller.kapow, self._caller.client_id
        call = Call(new_id(), None, kapow, client_id, "POST /api/v1/sales/addbatch", at, outlet.id, outcomes)
        await self._database.write(lambda session: request_log.add(session, call, 200))

    def _day(self, outlet: Outlet, day: date) -> list[dict[str, Any]]:
        """A day's sales in the order of the clock; weekends are busier."""
        busy = 1.35 if day.weekday() >= 5 else 1.0
        times = sorted(self._times(day, busy))
        prefix = outlet.name[0].upper()
        serial = day.toordinal() % 1000 * 1000
        return [self._sale(f"{prefix}{serial + n + 1:07d}", closed) for n, closed in enumerate(times)]

    def _times(self, day: date, busy: float) -> Iterator[datetime]:
        for hour, weight in enumerate(_HOURS, start=7):
            for _ in range(self._random.randint(int(weight * busy * 0.7), int(weight * busy * 1.3) + 1)):
                yield datetime(day.year, day.month, day.day, hour, self._random.randrange(60), self._random.randrange(60))  # noqa: DTZ001

    def _sale(self, invoice: str, closed: datetime) -> dict[str, Any]:
        is_refund = self._random.random() < 0.015
        items = [self._item(is_refund) for _ in range(self._random.choices((1, 2, 3, 4), (4, 5, 3, 1))[0])]
        total = sum(item["amount"] for item in items)
        adjustments = []
        if not is_refund and self._random.random() < 0.08:
            discount = -round(total * 0.1, 2)
            adjustments.append({"adjustmentName": "Loyalty 10%", "amount": discount, "incTax1": round(discount * _GST / 115, 7)})
            total += discount
        return {
            "salesTransactionID": str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            "dateTimeClosed": closed.strftime("%Y-%m-%d %H:%M:%S"),
            "invoiceNumber": invoice,
            "tax1Name": "GST",
            "tax1Rate": _GST,
            "transactionItems": items,
            "orderAdjustments": adjustments,
            "transactionPayments": [self._payment(round(total, 2), is_refund)],
        }

    def _item(self, is_refund: bool) -> dict[str, Any]:
        product = self._random.choice(self._products)
        price = 3.5 + product.number % 23 * 0.5
        quantity = self._random.choices((1, 2), (6, 1))[0] * (-1 if is_refund else 1)
        amount = round(price * quantity, 2)
        return {
            "saleQty": quantity, "stockQty": quantity, "amount": amount, "incTax1": round(amount * _GST / 115, 7),
            "taxSales1": amount, "pluNumber": product.number,
        }  # fmt: skip

    def _payment(self, total: float, is_refund: bool) -> dict[str, Any]:
        kind = self._random.choices(("Eftpos", "Visa", "Mastercard", "CASH"), (5, 4, 3, 3))[0]
        payment: dict[str, Any] = {"amountPurchase": total, "paymentTypeName": kind, "affectsCID": kind == "CASH"}
        if kind == "CASH":
            rounded = round(round(total * 10) / 10, 2)
            payment |= {"amountPurchase": rounded, "amountRounded": round(rounded - total, 2)}
        elif not is_refund and self._random.random() < 0.12:
            payment["amountTip"] = float(self._random.choice((1, 2, 3, 5)))
        return payment


def _instant(outlet: Outlet, wall_clock: datetime) -> int:
    """When it is this time on the outlet's wall clock, in ms."""
    return int(wall_clock.replace(tzinfo=ZoneInfo(outlet.zone)).timestamp() * 1000)
