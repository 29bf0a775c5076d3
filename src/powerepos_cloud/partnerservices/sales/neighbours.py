"""Warnings that come from looking at other sales: invoice numbers, likely duplicates, refunds. They never reject.

The others are those stored and those of the same batch; of a sale that the batch changes, only what it will be counts.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from powerepos.contract.codes import Codes

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.sales import store, zreports
from powerepos_cloud.partnerservices.sales.store import SameInvoice
from powerepos_cloud.partnerservices.sales.verdicts import Verdict
from powerepos_cloud.partnerservices.sales.zreports import Target
from powerepos_cloud.partnerservices.wire import tax

_NUMBERED = re.compile(r"(.*?)([0-9]{1,18})", re.DOTALL)
_MOST_GAP_LOOKUPS = 4


class _Numbered(NamedTuple):
    """An invoice number that ends in digits; sorts by prefix, width and value."""

    prefix: str
    width: int
    value: int

    def written(self, value: int) -> str:
        return f"{self.prefix}{value:0{self.width}d}"


async def compare(session: Session, kapow: str, outlet_id: str, target: Target, sound: Sequence[Verdict]) -> None:
    """Checks 19, 23 and 27 for sales that will be stored, in the order of the batch."""
    if not sound:
        return
    siblings = await zreports.siblings(session, kapow, outlet_id, target)
    await _compare_invoices(session, siblings, sound)
    await _compare_gaps(session, siblings, sound)
    await _compare_refunds(session, kapow, sound)


async def _compare_invoices(session: Session, siblings: list[int], sound: Sequence[Verdict]) -> None:
    """The later one of two with the same invoice number is warned of."""
    submitted = {one.submitted.id for one in sound}
    invoices = [one.content[1].invoice_number for one in sound]
    by_invoice: dict[str, list[SameInvoice]] = {}
    for other in await store.same_invoices(session, siblings, invoices) if siblings else ():
        if other.id not in submitted:
            by_invoice.setdefault(other.invoice_number, []).append(other)
    for one in sound:
        sale_id, sale, tally = one.content
        others = by_invoice.setdefault(sale.invoice_number, [])
        if others:
            told = "Another sale of this terminal and day has this invoice number."
            one.findings.warn(Codes.INVOICE_DUPLICATE, "/invoiceNumber", told, None, others[0].id)
            if any((other.gross, other.closed_at[:16]) == (tally.gross, sale.closed_at[:16]) for other in others):
                told = "A sale with another ID has the same terminal, invoice number, total and minute."
                one.findings.warn(Codes.SALE_POSSIBLE_DUPLICATE, "/salesTransactionID", told, None, others[0].id)
        others.append(SameInvoice(sale_id, sale.invoice_number, tally.gross, sale.closed_at))


async def _compare_gaps(session: Session, siblings: list[int], sound: Sequence[Verdict]) -> None:
    """A number that does not follow the one before it, in the batch or stored. The first number of a day has none before it.

    Where the batch has many loose runs, only the first few are looked up.
    """
    numbered = []
    for one in sound:
        found = _NUMBERED.fullmatch(one.content[1].invoice_number)
        if found:
            numbered.append((_Numbered(found[1], len(found[2]), int(found[2])), one))
    numbered.sort(key=lambda entry: entry[0])
    lookups = 0
    before: _Numbered | None = None
    for number, one in numbered:
        last = before.value if before is not None and before[:2] == number[:2] else None
        before = number
        if last is not None and number.value - last <= 1:
            continue
        if siblings:
            if lookups == _MOST_GAP_LOOKUPS:
                continue
            lookups += 1
            stored = await _value_before(session, siblings, number)
            last = stored if last is None else max(last, stored or 0)
        if last is not None and number.value - last > 1:
            told = f"The invoice number before is {number.written(last)}: some are missing between."
            expected, actual = number.written(last + 1), number.written(number.value)
            one.findings.warn(Codes.INVOICE_GAP, "/invoiceNumber", told, expected, actual)


async def _value_before(session: Session, siblings: list[int], number: _Numbered) -> int | None:
    """The greatest stored number of the same form below this one."""
    text = await store.invoice_before(session, siblings, number.written(number.value), number.written(0))
    digits = "" if text is None else text[len(number.prefix) :]
    return int(digits) if len(digits) == number.width and digits.isascii() and digits.isdigit() else None


async def _compare_refunds(session: Session, kapow: str, sound: Sequence[Verdict]) -> None:
    """All refunds of a sale together are held against it; the one that goes beyond is warned of."""
    refunds = [(one, *one.content) for one in sound if one.content[1].refund_of is not None]
    if not refunds:
        return
    wanted = sorted({sale.refund_of for _, _, sale, _ in refunds if sale.refund_of is not None})
    submitted = {sale_id: tally.gross for sale_id, _, tally in [one.content for one in sound]}
    originals = await store.gross_of(session, kapow, wanted) | submitted
    refunded = dict.fromkeys(wanted, 0)
    for refund_id, original_id, amount in await store.refunds_of(session, kapow, wanted):
        if refund_id not in submitted:
            refunded[original_id] += abs(amount)
    for one, sale_id, sale, tally in refunds:
        assert sale.refund_of is not None
        original = originals.get(sale.refund_of) if sale.refund_of != sale_id else None
        if original is None:
            one.findings.warn(Codes.REFUND_UNKNOWN, "/refundOf", "The refunded sale is not known here.", None, sale.refund_of)
            continue
        refunded[sale.refund_of] += abs(tally.gross)
        if refunded[sale.refund_of] > abs(original):
            told = "The refunds of this sale come to more than the sale."
            one.findings.warn(Codes.REFUND_EXCEEDS, "/refundOf", told, tax(original), tax(refunded[sale.refund_of]))
