"""Warnings that come from looking at other sales: invoice numbers, likely duplicates, refunds. They never reject.

The others are those stored and those of the same batch; of a sale that the batch changes, only what it will be counts.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from powerepos.contract.codes import Codes

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.sales import store, zreports
from powerepos_cloud.partnerservices.sales.model import Sale, gross
from powerepos_cloud.partnerservices.sales.store import SameInvoice
from powerepos_cloud.partnerservices.sales.zreports import Target
from powerepos_cloud.partnerservices.wire import tax

_NUMBERED = re.compile(r"(.*?)([0-9]{1,18})", re.DOTALL)
_MOST_GAP_LOOKUPS = 4


class Neighbour(Protocol):
    """A sale of the batch, as far as this room looks at it."""

    id: str | None
    sale: Sale | None
    findings: Findings


class _Numbered(NamedTuple):
    """An invoice number that ends in digits; sorts by prefix, width and value."""

    prefix: str
    width: int
    value: int

    def written(self, value: int) -> str:
        return f"{self.prefix}{value:0{self.width}d}"


async def compare(session: Session, kapow: str, outlet_id: str, target: Target, sound: Sequence[Neighbour]) -> None:
    """Checks 19, 23 and 27 for sales that will be stored, in the order of the batch."""
    if not sound:
        return
    siblings = await zreports.siblings(session, kapow, outlet_id, target)
    await _compare_invoices(session, siblings, sound)
    await _compare_gaps(session, siblings, sound)
    await _compare_refunds(session, kapow, sound)


async def _compare_invoices(session: Session, siblings: list[int], sound: Sequence[Neighbour]) -> None:
    """The later one of two with the same invoice number is warned of."""
    submitted = {one.id for one in sound}
    invoices = [one.sale.invoice_number for one in sound if one.sale is not None]
    by_invoice: dict[str, list[SameInvoice]] = {}
    for other in await store.same_invoices(session, siblings, invoices) if siblings else ():
        if other.id not in submitted:
            by_invoice.setdefault(other.invoice_number, []).append(other)
    for one in sound:
        assert one.id is not None
        assert one.sale is not None
        invoice, total, closed_at = one.sale.invoice_number, gross(one.sale), one.sale.closed_at
        others = by_invoice.setdefault(invoice, [])
        if others:
            told = "Another sale of this terminal and day has this invoice number."
            one.findings.warn(Codes.INVOICE_DUPLICATE, "/invoiceNumber", told, None, others[0].id)
        if any((other.gross, other.closed_at[:16]) == (total, closed_at[:16]) for other in others):
            told = "A sale with another ID has the same terminal, invoice number, total and minute."
            one.findings.warn(Codes.SALE_POSSIBLE_DUPLICATE, "/salesTransactionID", told, None, others[0].id)
        others.append(SameInvoice(one.id, invoice, total, closed_at))


async def _compare_gaps(session: Session, siblings: list[int], sound: Sequence[Neighbour]) -> None:
    """A number that does not follow the one before it, in the batch or stored. The first number of a day has none before it.

    Where the batch has many loose runs, only the first few are looked up.
    """
    numbered = []
    for one in sound:
        assert one.sale is not None
        found = _NUMBERED.fullmatch(one.sale.invoice_number)
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


async def _compare_refunds(session: Session, kapow: str, sound: Sequence[Neighbour]) -> None:
    """All refunds of a sale together are held against it; the one that goes beyond is warned of."""
    wanted = sorted({one.sale.refund_of for one in sound if one.sale is not None and one.sale.refund_of is not None})
    if not wanted:
        return
    submitted = {one.id: gross(one.sale) for one in sound if one.id is not None and one.sale is not None}
    originals = await store.gross_of(session, kapow, wanted) | submitted
    refunded = dict.fromkeys(wanted, 0)
    for refund_id, original_id, amount in await store.refunds_of(session, kapow, wanted):
        if refund_id not in submitted:
            refunded[original_id] += abs(amount)
    for one in sound:
        if one.sale is None or one.sale.refund_of is None:
            continue
        original_id = one.sale.refund_of
        original = originals.get(original_id) if original_id != one.id else None
        if original is None:
            one.findings.warn(Codes.REFUND_UNKNOWN, "/refundOf", "The refunded sale is not known here.", None, original_id)
            continue
        refunded[original_id] += abs(gross(one.sale))
        if refunded[original_id] > abs(original):
            told = "The refunds of this sale come to more than the sale."
            one.findings.warn(Codes.REFUND_EXCEEDS, "/refundOf", told, tax(original), tax(refunded[original_id]))
