"""Sums over the kept totals of Zs. Every official figure is one of these: no training, one currency.

Names with `net`, `gross`, `tax`, `refunds` and `taxable` are in ten-millionths, other money in hundredths.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from typing import TypeVar

import msgspec

from powerepos_cloud.partnerservices.arithmetic import half_up
from powerepos_cloud.partnerservices.sales.totals import ADJUSTMENT, ALL, HOUR, NO_TAX_KEY, PAYMENT, TAX, WARNING, Cells

K = TypeVar("K", bound=Hashable)


class ZHead(msgspec.Struct, frozen=True):
    """A Z, without what it holds. `…_at` are instants but for `finalised_at`, which is outlet-local text as it was sent."""

    z_no: int
    id: str
    outlet_id: str
    client_id: str
    trading_date: str
    terminal_name: str
    terminal_key: str
    is_training: int
    currency_code: str
    client_name: str
    client_version: str
    seq: int
    counter: int
    state: str
    finalised_at: str | None
    finalised_by: str | None
    control_totals: str | None
    control_at: int | None
    opened_at: int
    received_at: int | None
    closed_at: int | None

    @property
    def day(self) -> date:
        """Its trading date."""
        return date.fromisoformat(self.trading_date)

    @property
    def is_open(self) -> bool:
        """Whether sales may still come into it."""
        return self.state == "open"


class ZFigures(msgspec.Struct, frozen=True):
    """A Z with those kinds of its kept totals that were asked for."""

    head: ZHead
    cells: Cells


class Whole(msgspec.Struct):
    """The whole of some Zs: the measures of `totals.ALL`, in their order."""

    count: int = 0
    refund_count: int = 0
    gross: int = 0
    refunds: int = 0
    items: int = 0
    discounts: int = 0
    surcharges: int = 0
    inc_tax: int = 0
    ex_tax: int = 0
    purchase: int = 0
    tips: int = 0
    rounded: int = 0
    cash: int = 0
    collected: int = 0

    @property
    def tax(self) -> int:
        """All taxes."""
        return self.inc_tax + self.ex_tax

    @property
    def net(self) -> int:
        """Net sales."""
        return self.gross - self.tax

    @property
    def average(self) -> int:
        """Net sales by sale; 0 without sales."""
        return half_up(self.net, self.count) if self.count else 0


class HourSum(msgspec.Struct):
    """An hour's sales."""

    count: int = 0
    gross: int = 0
    tax: int = 0

    @property
    def net(self) -> int:
        """Net sales."""
        return self.gross - self.tax


class PaymentSum(msgspec.Struct):
    """What came by one payment type."""

    count: int = 0
    purchase: int = 0
    tips: int = 0
    rounded: int = 0
    collected: int = 0
    refunded: int = 0


class TaxSum(msgspec.Struct):
    """One tax at one rate on one level; `lines` counts items."""

    lines: int = 0
    taxable: int = 0
    inc_tax: int = 0
    ex_tax: int = 0
    recomputed: int = 0

    @property
    def tax(self) -> int:
        """The tax as it was sent."""
        return self.inc_tax + self.ex_tax

    @property
    def difference(self) -> int:
        """Sent less recomputed."""
        return self.tax - self.recomputed


class TaxName(msgspec.Struct, frozen=True, order=True):
    """What a tax is told by: its level, its rate in thousandths of a percent, its name; no name: exempt."""

    level: int
    rate: int
    name: str

    @property
    def is_exempt(self) -> bool:
        """Lines without any tax."""
        return not self.level

    @property
    def is_zero(self) -> bool:
        """Taxed at nothing."""
        return bool(self.level) and not self.rate


class AdjustmentSum(msgspec.Struct):
    """Discounts or surcharges of one name."""

    count: int = 0
    amount: int = 0
    inc_tax: int = 0
    ex_tax: int = 0


def official(zs: Iterable[ZFigures], currency: str) -> list[ZFigures]:
    """The Zs that count: no training, this currency alone."""
    return [one for one in zs if not one.head.is_training and one.head.currency_code == currency]


def currencies(zs: Iterable[ZFigures]) -> list[str]:
    """The currencies of official Zs, sorted."""
    return sorted({one.head.currency_code for one in zs if not one.head.is_training})


def grouped(zs: Iterable[ZFigures], key: Callable[[ZHead], K]) -> dict[K, list[ZFigures]]:
    """The Zs by something that their heads tell, in the order of its first appearance."""
    found: dict[K, list[ZFigures]] = {}
    for one in zs:
        found.setdefault(key(one.head), []).append(one)
    return found


def whole(zs: Iterable[ZFigures]) -> Whole:
    """Everything."""
    return Whole(*_added(zs, ALL, "", len(Whole.__struct_fields__)))


def by_day(zs: Sequence[ZFigures]) -> dict[date, Whole]:
    """Everything of each trading day that has a Z."""
    return {day: whole(some) for day, some in sorted(grouped(zs, lambda head: head.day).items())}


def by_hour(zs: Iterable[ZFigures]) -> dict[int, HourSum]:
    """By the hour in which sales were closed, on the outlet's clock."""
    return {int(key): HourSum(*sums) for key, (_, sums) in _collected(zs, HOUR).items()}


def payments(zs: Iterable[ZFigures]) -> list[tuple[str, PaymentSum]]:
    """By payment type, the largest first."""
    found = [(label, PaymentSum(*sums)) for label, sums in _collected(zs, PAYMENT).values()]
    return sorted(found, key=lambda one: (-one[1].collected, one[0]))


def taxes(zs: Iterable[ZFigures]) -> list[tuple[TaxName, TaxSum]]:
    """By level, rate and name; exempt lines last."""
    found = [(_tax_name(key, label), TaxSum(*sums)) for key, (label, sums) in _collected(zs, TAX).items()]
    return sorted(found, key=lambda one: (one[0].is_exempt, one[0]))


def adjustments(zs: Iterable[ZFigures]) -> list[tuple[str, AdjustmentSum]]:
    """Discounts, then surcharges, by name; a name that is used for both stands twice."""
    found = [(label, AdjustmentSum(*sums)) for label, sums in _collected(zs, ADJUSTMENT).values()]
    return sorted(found, key=lambda one: (one[1].amount > 0, -abs(one[1].amount), one[0]))


def warnings(zs: Iterable[ZFigures]) -> dict[str, int]:
    """Sales with a warning, by its code; under `""` sales with any."""
    return {key: sums[0] for key, (_, sums) in _collected(zs, WARNING).items()}


def weekday_hours(zs: Sequence[ZFigures]) -> tuple[dict[tuple[int, int], int], dict[int, int]]:
    """Net sales by (weekday of the trading date, hour), and on how many trading days of each weekday there were Zs."""
    found: dict[tuple[int, int], int] = {}
    days: dict[int, set[str]] = {}
    for one in zs:
        weekday = one.head.day.weekday()
        days.setdefault(weekday, set()).add(one.head.trading_date)
        for (kind, key), (_, sums) in one.cells.items():
            if kind == HOUR:
                place = weekday, int(key)
                found[place] = found.get(place, 0) + sums[1] - sums[2]
    return found, {weekday: len(dates) for weekday, dates in days.items()}


def _added(zs: Iterable[ZFigures], kind: str, key: str, width: int) -> list[int]:
    sums = [0] * width
    for one in zs:
        cell = one.cells.get((kind, key))
        if cell is not None:
            for n, measure in enumerate(cell[1]):
                sums[n] += measure
    return sums


def _collected(zs: Iterable[ZFigures], kind: str) -> dict[str, tuple[str, list[int]]]:
    found: dict[str, tuple[str, list[int]]] = {}
    for one in zs:
        for (of, key), (label, measures) in one.cells.items():
            if of != kind:
                continue
            known = found.get(key)
            if known is None:
                found[key] = label, list(measures)
            else:
                for n, measure in enumerate(measures):
                    known[1][n] += measure
    return found


def _tax_name(key: str, label: str) -> TaxName:
    if key == NO_TAX_KEY:
        return TaxName(0, 0, "")
    level, rate, _ = key.split("|", 2)
    return TaxName(int(level), int(rate), label)
