"""The same figures reckoned in decimals from the stored sales, one after the other: what pages are held against."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from powerepos_cloud.foundation.database import Database, Session, crossing
from powerepos_cloud.partnerservices.sales import store
from powerepos_cloud.partnerservices.sales.model import Sale
from powerepos_cloud.partnerservices.sales.tables import sales, z_reports

FINE, CENT = Decimal(10**7), Decimal(100)


@dataclass
class Entry:
    """A sale as it counts."""

    kapow: str
    outlet_id: str
    client_id: str
    day: date
    terminal: str
    training: bool
    currency: str
    z_id: str
    id: str
    closed_at: str
    sale: Sale
    warned: bool

    @property
    def gross(self) -> Decimal:
        """Amounts and exclusive taxes."""
        return sum((Decimal(line.amount) / CENT + Decimal(sum(line.ex)) / FINE for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """All taxes."""
        return sum((Decimal(sum(line.inc) + sum(line.ex)) / FINE for line in self.lines), Decimal(0))

    @property
    def net(self) -> Decimal:
        """Gross without taxes."""
        return self.gross - self.tax

    @property
    def lines(self) -> list[Any]:
        """Items and adjustments."""
        return [*self.sale.items, *self.adjustments]

    @property
    def adjustments(self) -> list[Any]:
        """Of lines and of the order."""
        return [*self.sale.adjustments, *(one for item in self.sale.items for one in item.adjustments)]

    def collected(self, counts: Callable[[Any], bool] = lambda _: True) -> Decimal:
        """What was handed over."""
        paid = sum(Decimal(payment.purchase) / CENT for payment in self.sale.payments)
        rounded = sum(Decimal(payment.rounded) / CENT for payment in self.sale.payments)
        beside = bool(rounded) and abs(paid - self.gross) < abs(paid - rounded - self.gross)
        return sum(
            (
                Decimal(one.purchase + one.tip + (one.rounded if beside else 0)) / CENT
                for one in self.sale.payments
                if counts(one)
            ),
            Decimal(0),
        )


@dataclass
class Ledger:
    """All sales of a database."""

    entries: list[Entry] = field(default_factory=list)

    def of(self, kapow: str, outlet_id: str, currency: str, *days: date) -> list[Entry]:
        """What counts officially on these days."""
        return [
            one
            for one in self.entries
            if (one.kapow, one.outlet_id, one.currency, one.training) == (kapow, outlet_id, currency, False) and one.day in days
        ]


async def read_ledger(database: Database) -> Ledger:
    """Every stored sale, from its rows."""

    async def unit(session: Session) -> Ledger:
        zs = {row.z_no: row for row in await session.all(crossing(select(z_reports), "a test counts everything"))}
        ledger = Ledger()
        for row in await session.all(crossing(select(sales), "a test counts everything")):
            z = zs[row.z_no]
            ledger.entries.append(
                Entry(
                    row.kapow, row.outlet_id, row.client_id, date.fromisoformat(z.trading_date), z.terminal_name,
                    bool(z.is_training), z.currency_code, z.id, row.id, row.closed_at, await store.load(session, row.sale_no),
                    row.warnings is not None,
                )
            )  # fmt: skip
        return ledger

    return await database.read(unit)


def total(entries: list[Entry], of: Callable[[Entry], Decimal]) -> Decimal:
    """A sum over sales."""
    return sum((of(one) for one in entries), Decimal(0))


def by(entries: list[Entry], key: Callable[[Entry], Any]) -> dict[Any, list[Entry]]:
    """Sales by something."""
    found: dict[Any, list[Entry]] = defaultdict(list)
    for one in entries:
        found[key(one)].append(one)
    return dict(found)
