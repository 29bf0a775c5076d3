"""Finalising a Z, and comparing it with what the sender believes it to hold."""

from decimal import Decimal

import msgspec
from powerepos.contract.reading import Changes, ChangeTypes
from powerepos.contract.results import ControlDifference, Value
from powerepos.contract.sales import ControlTotals, ZFinaliseResultCode

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.changes import store as changes
from powerepos_cloud.partnerservices.changes.store import Change
from powerepos_cloud.partnerservices.sales import store, zreports
from powerepos_cloud.partnerservices.sales.totals import ALL, MEASURES, PAYMENT, TAX, Cells
from powerepos_cloud.partnerservices.sales.zreports import Z
from powerepos_cloud.partnerservices.wire import money, tax

_HALF_CENT = Decimal("0.005")


class Finalised(msgspec.Struct, frozen=True):
    """The outcome, with the Z as it is now."""

    code: ZFinaliseResultCode
    z: Z
    differences: list[ControlDifference]


async def finalise(
    session: Session,
    kapow: str,
    z: Z,
    at: str,
    by: str,
    control: ControlTotals | None,
    control_json: str | None,
    now_ms: int,
) -> Finalised:
    """Close a Z whose row is held, unless it is closed or differs from the control totals. `at` is outlet-local."""
    found = differences(control, await store.cells(session, z.z_no)) if control is not None else []
    if z.is_finalised:
        return Finalised(ZFinaliseResultCode.ALREADY_FINALISED, z, found)
    if found:
        assert control_json is not None
        await zreports.keep_control_totals(session, z, control_json, now_ms)
        return Finalised(ZFinaliseResultCode.CONTROL_TOTALS_MISMATCH, z, found)
    await zreports.finalise(session, z, at, by, control_json, now_ms)
    change = Change(ChangeTypes.Z, z.id, 1, z.outlet_id, z.client_id, Changes.FINALISED)
    await changes.record(session, kapow, [change], now_ms)
    closed = msgspec.structs.replace(z, state="finalised", finalised_at=at, finalised_by=by)
    return Finalised(ZFinaliseResultCode.SUCCESS, closed, [])


def differences(control: ControlTotals, cells: Cells) -> list[ControlDifference]:
    """Where what was sent is not what is stored; what was not sent is not compared. Taxes are compared to half a cent."""
    overall = dict(zip(MEASURES[ALL], cells.get((ALL, ""), ("", [0] * len(MEASURES[ALL])))[1], strict=True))
    found: list[ControlDifference] = []
    _compare(found, "/controlTotals/count", control.count, overall["count"])
    _compare(found, "/controlTotals/gross", control.gross, tax(overall["gross"]), _HALF_CENT)
    _compare(found, "/controlTotals/tips", control.tips, money(overall["tips"]))
    _compare(found, "/controlTotals/rounding", control.rounding, money(overall["rounded"]))
    for n, payment in enumerate(control.payments or ()):
        sums = cells.get((PAYMENT, compare_key(payment.payment_type_name)), ("", [0, 0, 0, 0]))[1]
        _compare(found, f"/controlTotals/payments/{n}/amountPurchase", payment.amount_purchase, money(sums[1]))
    for n, expected in enumerate(control.taxes or ()):
        charged = _tax_amount(cells, expected.tax_name, int(expected.tax_rate * 1000))
        _compare(found, f"/controlTotals/taxes/{n}/amount", expected.amount, tax(charged), _HALF_CENT)
    return found


def _tax_amount(cells: Cells, name: str, rate: int) -> int:
    """Inclusive and exclusive tax of this name and rate, over all levels, in ten-millionths."""
    ending = f"|{rate}|{compare_key(name)}"
    return sum(sums[2] + sums[3] for (kind, key), (_, sums) in cells.items() if kind == TAX and key.endswith(ending))


def _compare(
    found: list[ControlDifference], pointer: str, expected: Value, actual: Value, tolerance: Decimal = Decimal(0)
) -> None:
    if expected is None:
        return
    assert isinstance(expected, Decimal | int)
    assert isinstance(actual, Decimal | int)
    if abs(Decimal(expected) - Decimal(actual)) > tolerance:
        found.append(ControlDifference(pointer=pointer, expected=expected, actual=actual))
