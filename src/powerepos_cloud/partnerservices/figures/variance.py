"""What the partner believes a Z to hold against what it holds, and why the two may differ. No SQL."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
from powerepos.contract.sales import ControlTotals

from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.figures import sums
from powerepos_cloud.partnerservices.figures.sums import Whole, ZFigures
from powerepos_cloud.partnerservices.sales import finalising
from powerepos_cloud.partnerservices.sales.totals import PAYMENT, rounded_money
from powerepos_cloud.partnerservices.wire import money

_decoder = msgspec.json.Decoder(ControlTotals)
_CENT = Decimal("0.01")


class Line(msgspec.Struct, frozen=True):
    """One total that the partner sent. `unit` is `count` or `money`; `difference` is ours less theirs."""

    label: str
    unit: str
    ours: Decimal
    theirs: Decimal
    agrees: bool

    @property
    def difference(self) -> Decimal:
        """Ours less theirs; 0 where they agree to half a cent."""
        return Decimal(0) if self.agrees else self.ours - self.theirs


class Beside(msgspec.Struct, frozen=True):
    """What stands beside a Z that may explain a difference. Gross is in ten-millionths."""

    later_count: int
    later_gross: int
    late_zs_count: int
    late_zs_gross: int
    rejected: Mapping[str, int]


def control_totals(z: ZFigures) -> ControlTotals | None:
    """What the partner sent with its last call to finalise; None if it sent nothing."""
    return None if z.head.control_totals is None else _decoder.decode(z.head.control_totals)


def differs(z: ZFigures) -> bool:
    """Whether the partner's totals are known and are not ours."""
    sent = control_totals(z)
    return sent is not None and bool(finalising.differences(sent, z.cells))


def compare(z: ZFigures) -> list[Line]:
    """Each total that was sent, in the order of its reading: sales, gross, payment types, taxes, tips, rounding."""
    sent = control_totals(z)
    if sent is None:
        return []
    wrong = {one.pointer for one in finalising.differences(sent, z.cells)}
    whole = sums.whole([z])
    found: list[Line] = []

    def add(label: str, pointer: str, ours: Decimal, theirs: Decimal | int | None, unit: str = "money") -> None:
        if theirs is not None:
            found.append(Line(label, unit, ours, Decimal(theirs), f"/controlTotals/{pointer}" not in wrong))

    add("Sales", "count", Decimal(whole.count), sent.count, "count")
    add("Gross", "gross", rounded_money(whole.gross), sent.gross)
    for n, one in enumerate(sent.payments or ()):
        cell = z.cells.get((PAYMENT, compare_key(one.payment_type_name)))
        add(one.payment_type_name, f"payments/{n}/amountPurchase", money(cell[1][1]) if cell else Decimal(0), one.amount_purchase)
    for n, charged in enumerate(sent.taxes or ()):
        rate = int(charged.tax_rate * 1000)
        amount = sum(
            total.tax
            for name, total in sums.taxes([z])
            if name.rate == rate and compare_key(name.name) == compare_key(charged.tax_name)
        )
        label = f"{charged.tax_name} {charged.tax_rate.normalize():f} %"
        add(label, f"taxes/{n}/amount", rounded_money(amount), charged.amount)
    add("Tips", "tips", money(whole.tips), sent.tips)
    add("Rounding", "rounding", money(whole.rounded), sent.rounding)
    return found


def reasons(z: ZFigures, lines: list[Line], beside: Beside) -> list[str]:
    """What may explain the differences, the surest first; empty where all agree. Sentences without markup."""
    wrong = {line.label: line for line in lines if not line.agrees}
    if not wrong:
        return []
    found = [*_by_time(wrong, beside), *_by_kind(wrong, sums.whole([z]))]
    if beside.rejected and any(line.difference < 0 for line in wrong.values()):
        codes = ", ".join(f"{count} × {code}" for code, count in sorted(beside.rejected.items()))
        found.append(
            f"Their items were refused while this Z was open ({codes}). One that was not sent again is in their totals and not in"
            " ours."
        )
    if not found:
        found.append("Nothing that arrived explains it. Ask the partner for its list of sales of this Z, and compare invoices.")
    return found


def _by_time(wrong: Mapping[str, Line], beside: Beside) -> list[str]:
    """Sales that came after the totals were sent, or into a later Z of the day."""
    gross, count = wrong.get("Gross"), wrong.get("Sales")
    found = []
    for number, fine, text in (
        (beside.later_count, beside.later_gross, "arrived or were replaced after the partner had sent its totals"),
        (-beside.late_zs_count, -beside.late_zs_gross, "of this day stand in a late Z, as they came after this one was closed"),
    ):
        if not number:
            continue
        is_all = (gross is None or abs(gross.difference - rounded_money(fine)) < _CENT) and (
            count is None or count.difference == number
        )
        share = "That explains all of it." if is_all and (gross or count) else "That explains a part of it at most."
        found.append(f"{_sales(abs(number))}, {abs(rounded_money(fine)):,.2f} gross, {text}. {share}")
    return found


def _by_kind(wrong: Mapping[str, Line], whole: Whole) -> list[str]:
    """The same sales, counted differently."""
    found = []
    gross = wrong.get("Gross")
    if gross is not None and "Sales" not in wrong:
        guesses: tuple[tuple[Decimal, str], ...] = (
            (money(whole.tips), "They seem to count tips into gross"),
            (money(whole.rounded), "They seem to count cash rounding into gross"),
            (rounded_money(-whole.tax), "They seem to send net sales as gross"),
            (rounded_money(-whole.ex_tax), "They seem to leave out taxes on top of prices"),
        )
        for amount, text in guesses:
            if amount and abs(gross.difference + amount) < _CENT:
                found.append(f"{text}: the difference is exactly that.")
    payments = [line for label, line in wrong.items() if label not in ("Sales", "Gross", "Tips", "Rounding")]
    if gross is None and len(payments) > 1 and abs(sum((line.difference for line in payments), Decimal(0))) < _CENT:
        found.append("The payment types differ, their sum does not: payments are booked under different types.")
    return found


def _sales(count: int) -> str:
    return "1 sale" if count == 1 else f"{count} sales"
