"""Generated trade: three outlets in three zones over a change to summer time, with everything that figures may stumble over."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from powerepos.contract import ALL_PERMISSIONS, AuthServerScopes
from powerepos.contract.sales import ControlTotals

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.sales import batch, finalising, zreports
from powerepos_cloud.partnerservices.sales.envelope import read_where, require_z
from powerepos_cloud.partnerservices.sales.intake import read_intake
from powerepos_cloud.partnerservices.sales.zreports import Z
from powerepos_cloud.resourceserver.caller import Caller

Json = dict[str, Any]

TODAY = date(2026, 4, 6)
"""A Monday; in Auckland and Sydney the clocks went back on the Sunday before, in London forward a week earlier."""
DAYS = 16
PLACES = (
    ("Harbour Street", "Pacific/Auckland", "NZD", "04:00"),
    ("Quay Espresso", "Australia/Sydney", "AUD", "03:00"),
    ("Camden Corner", "Europe/London", "GBP", "05:00"),
)
NOW_MS = int(datetime(2026, 4, 6, 2, 35, tzinfo=UTC).timestamp() * 1000)
"""14:35 in Auckland, 12:35 in Sydney, 03:35 in London, where it is still the trading day before."""
_ACTOR = Actor("operator", "test")
_NAMES = ("Flat white", "Crème brûlée", "Oat milk", "Fish & chips", "Coffee beans 250g", "=SUM(A1)")


@dataclass
class Trade:
    """Sells. `stored` are the sales as they count, by organisation and ID, with what their Z was asked to be."""

    database: Database
    now_ms: int = NOW_MS
    random: Random = field(default_factory=lambda: Random(6))

    async def open(self, kapow: str, places: tuple[tuple[str, str, str, str], ...] = PLACES) -> list[Outlet]:
        """Outlets of an organisation."""

        async def unit(session: Session) -> list[Outlet]:
            return [
                await outlets.add(session, NOW_MS, _ACTOR, kapow, name=name, zone=zone, currency=currency, day_start=start)
                for name, zone, currency, start in places
            ]

        return await self.database.write(unit)

    async def send(
        self, kapow: str, outlet: Outlet, day: date, sales: list[Json], *, now_ms: int | None = None, client: str = "clientone",
        **target: Any,
    ) -> batch.Result:  # fmt: skip
        """A batch, judged and stored as the service does it; in part if some of it is wrong."""
        names = {"tradingDate": day.isoformat(), "terminalName": "Till 1", "clientName": "Test Sync", "clientVersion": "1"}
        options = {"allowPartialBatchSubmission": True}
        body = {"outletID": outlet.id, "zReportTarget": names | target, "sales": sales, "options": options}
        intake = read_intake(msgspec.json.encode(body))
        caller = caller_of(kapow, client)

        async def unit(session: Session) -> batch.Result:
            where = await read_where(session, caller, outlet.id, None, intake.request.z_report_target)
            z = await require_z(session, caller, where)
            return await batch.run(session, await intake.job(session, caller, where, z, now_ms or self.now_ms))

        return await self.database.write(unit)

    async def finalise(self, kapow: str, z: Z, control: str | None = None, *, now_ms: int = NOW_MS) -> finalising.Finalised:
        """The partner's call to finalise, with control totals as JSON."""
        totals = None if control is None else msgspec.json.decode(control, type=ControlTotals)

        async def unit(session: Session) -> finalising.Finalised:
            held = await zreports.by_id(session, kapow, z.id)
            assert held is not None
            return await finalising.finalise(session, kapow, held, "2026-04-05 23:00:00.000", "Sync", totals, control, now_ms)

        return await self.database.write(unit)

    async def days(self, kapow: str, opened: list[Outlet]) -> None:
        """All of it: refunds, replacements, moved sales, late Zs, training, two terminals and clients, a second currency."""
        for place, outlet in enumerate(opened):
            today = today_of(outlet, self.now_ms)
            for ago in range(DAYS, -1, -1):
                day = today - timedelta(days=ago)
                if not (place == 1 and ago == 3):  # a missing day
                    await self._day(kapow, outlet, day, ago)

    async def _day(self, kapow: str, outlet: Outlet, day: date, ago: int) -> None:
        first = await self.send(kapow, outlet, day, [self.sale(outlet, day) for _ in range(self.random.randint(3, 6))])
        await self.send(
            kapow, outlet, day, [self.sale(outlet, day), self.sale(outlet, day, refund=True)], client="clienttwo",
            terminalName="Till 2",
        )  # fmt: skip
        if ago % 3 == 0:
            await self.send(kapow, outlet, day, [self.sale(outlet, day)], isTraining=True)
        if ago % 4 == 1:
            other = {"currencyCode": "USD", "currencySymbol": "$", "currencyName": "US dollar"}
            await self.send(kapow, outlet, day, [self.sale(outlet, day)], terminalName="Dock", **other)
        if ago % 5 == 2:
            again = self.sale(outlet, day)
            await self.send(kapow, outlet, day, [again])
            changed = self.sale(outlet, day) | {"salesTransactionID": again["salesTransactionID"]}
            await self.send(kapow, outlet, day, [changed], terminalName="Till 2" if ago % 2 else "Till 1")
        if ago > 1 and first.z is not None:
            await self.finalise(kapow, first.z)
        if ago % 6 == 4:
            await self.send(kapow, outlet, day, [self.sale(outlet, day)])  # late: a further Z

    def sale(self, outlet: Outlet, day: date, *, refund: bool = False, **changed: Any) -> Json:
        """A sale that balances, with inclusive and exclusive taxes, a zero rate, exempt lines, tips and rounding."""
        sign = -1 if refund else 1
        items = [self._item(sign) for _ in range(self.random.randint(1, 3))]
        due = sum(round(item["amount"] * 100 + 100 * item.get("exTax2", 0)) for item in items)
        discount = -sign * (due * sign // 10) if self.random.random() < 0.4 else 0
        adjustments = [{"adjustmentName": "Loyalty", "amount": discount / 100, "incTax1": 0.01 * -sign}] if discount else []
        closed = self._closed(outlet, day)
        return {
            "salesTransactionID": str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            "dateTimeClosed": closed.strftime("%Y-%m-%d %H:%M:%S"),
            "invoiceNumber": f"{outlet.name[0]}{self.random.randrange(10**6):06d}",
            "tax1Name": "GST", "tax1Rate": 15, "tax2Name": "City", "tax2Rate": 10, "tax3Name": "Zero", "tax3Rate": 0,
            "transactionItems": items,
            "orderAdjustments": adjustments,
            "transactionPayments": self._payments(due + discount),
        } | changed  # fmt: skip

    def _closed(self, outlet: Outlet, day: date) -> datetime:
        """Within the trading day, small hours after midnight too, and not after now."""
        start = datetime.fromisoformat(f"{day} {outlet.day_start}")
        last = min(start + timedelta(hours=23, minutes=59), now_of(outlet, self.now_ms))
        return start + timedelta(seconds=self.random.randrange(max(1, int((last - start).total_seconds()))))

    def _item(self, sign: int) -> Json:
        amount = self.random.randrange(200, 3000) * sign
        item: Json = {
            "amount": amount / 100, "saleQty": sign, "stockQty": sign, "pluName": self.random.choice(_NAMES),
            "groupName": "Food", "mainGroupName": "All",
        }  # fmt: skip
        kind = self.random.choice(("inclusive", "exclusive", "zero", "exempt"))
        if kind == "inclusive":
            item |= {"incTax1": round(amount * 15 / 11500, 7), "taxSales1": amount / 100}
        elif kind == "exclusive":
            item |= {"exTax2": round(amount / 10) / 100, "taxSales2": amount / 100}
        elif kind == "zero":
            item |= {"taxSales3": amount / 100}
        return item

    def _payments(self, due: int) -> list[Json]:
        kind = self.random.choice(("Visa", "Eftpos", "Cash within", "Cash beside", "Both"))
        if kind in ("Visa", "Eftpos"):
            tip = {"amountTip": 1.5} if due > 0 and self.random.random() < 0.5 else {}
            return [{"amountPurchase": due / 100, "paymentTypeName": kind, **tip}]
        if kind == "Both":
            return [
                {"amountPurchase": (due - due // 3) / 100, "paymentTypeName": "visa"},
                {"amountPurchase": due // 3 / 100, "paymentTypeName": "Cash", "affectsCID": True},
            ]
        rounded = round(due / 10) * 10 - due
        purchase = due + rounded if kind == "Cash within" else due
        paid = {"amountPurchase": purchase / 100, "paymentTypeName": "Cash", "affectsCID": True, "amountRounded": rounded / 100}
        return [paid]


def caller_of(kapow: str, client: str) -> Caller:
    """A client with all permissions."""
    return Caller(
        service=AuthServerScopes.PARTNER_SERVICE, organisation_code="TEST", kapow=kapow, client_id=client, sub="test",
        permissions=frozenset(ALL_PERMISSIONS), outlets=None, sid="test", expires_at=2**40,
    )  # fmt: skip


def now_of(outlet: Outlet, now_ms: int = NOW_MS) -> datetime:
    """The outlet's wall clock at this instant."""
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(outlet.zone)).replace(tzinfo=None)


def today_of(outlet: Outlet, now_ms: int = NOW_MS) -> date:
    """The outlet's trading day at this instant."""
    now = now_of(outlet, now_ms)
    return now.date() - timedelta(days=now.strftime("%H:%M") < outlet.day_start)
