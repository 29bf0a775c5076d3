"""Warnings that come from looking at other sales: invoice numbers, likely duplicates, refunds. They never reject."""

import re
from collections.abc import Sequence
from typing import Protocol

from powerepos.contract.codes import Codes

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.sales import store, zreports
from powerepos_cloud.partnerservices.sales.findings import Findings
from powerepos_cloud.partnerservices.sales.model import Sale, gross
from powerepos_cloud.partnerservices.sales.store import SameInvoice
from powerepos_cloud.partnerservices.sales.zreports import Target
from powerepos_cloud.partnerservices.wire import tax

_NUMBERED = re.compile(r"(.*?)(\d{1,18})")
_MOST_GAP_LOOKUPS = 4


class Neighbour(Protocol):
    """A sale of the batch, as far as this room looks at it."""

    id: str | None
    sale: Sale | None
    findings: Findings


async def compare(session: Session, kapow: str, outlet_id: str, target: Target, sound: Sequence[Neighbour]) -> None:
    """Checks 19, 23 and 27 for sales that will be stored, against those stored and against each other."""
    if not sound:
        return
    siblings = await zreports.siblings(session, kapow, outlet_id, target)
    if siblings:
        await _compare_invoices(session, siblings, sound)
    await _compare_gaps(session, siblings, sound)
    await _compare_refunds(session, kapow, [one for one in sound if one.sale is not None and one.sale.refund_of])


async def _compare_invoices(session: Session, siblings: list[int], sound: Sequence[Neighbour]) -> None:
    by_invoice: dict[str, list[SameInvoice]] = {}
    invoices = [one.sale.invoice_number for one in sound if one.sale is not None]
    for other in await store.same_invoices(session, siblings, invoices):
        by_invoice.setdefault(other.invoice_number, []).append(other)
    for one in sound:
        assert one.sale is not None
        others = [other for other in by_invoice.get(one.sale.invoice_number, ()) if other.id != one.id]
        if not others:
            continue
        one.findings.warn(
            Codes.INVOICE_DUPLICATE, "/invoiceNumber", "Another sale of this terminal and day has this invoice number.", None,
            others[0].id,
        )  # fmt: skip
        total, minute = gross(one.sale), one.sale.closed_at[:16]
        if any((other.gross, other.closed_at[:16]) == (total, minute) for other in others):
            one.findings.warn(
                Codes.SALE_POSSIBLE_DUPLICATE, "/salesTransactionID",
                "A sale with another ID has the same terminal, invoice number, total and minute.", None, others[0].id,
            )  # fmt: skip


async def _compare_gaps(session: Session, siblings: list[int], sound: Sequence[Neighbour]) -> None:
    """A number that does not follow the one before it: within the batch, and where a run begins, against the stored ones."""
    numbered = []
    for one in sound:
        assert one.sale is not None
        found = _NUMBERED.fullmatch(one.sale.invoice_number)
        if found:
            numbered.append((found[1], len(found[2]), int(found[2]), one))
    numbered.sort(key=lambda entry: entry[:3])
    lookups = 0
    before: tuple[str, int, int] | None = None
    for prefix, width, value, one in numbered:
        follows = before is not None and before[:2] == (prefix, width) and value - before[2] <= 1
        before = (prefix, width, value)
        if follows or not siblings or lookups == _MOST_GAP_LOOKUPS:
            continue
        lookups += 1
        assert one.sale is not None
        invoice = one.sale.invoice_number
        last = await store.invoice_before(session, siblings, invoice, prefix + "0" * width)
        if (
            last is not None
            and len(last) == len(invoice)
            and last[len(prefix) :].isdigit()
            and value - int(last[len(prefix) :]) > 1
        ):
            expected = f"{prefix}{int(last[len(prefix) :]) + 1:0{width}d}"
            one.findings.warn(
                Codes.INVOICE_GAP,
                "/invoiceNumber",
                f"The invoice number before is {last}: some are missing between.",
                expected,
                invoice,
            )


async def _compare_refunds(session: Session, kapow: str, refunds: Sequence[Neighbour]) -> None:
    if not refunds:
        return
    originals = await store.gross_of(session, kapow, [one.sale.refund_of for one in refunds if one.sale and one.sale.refund_of])
    for one in refunds:
        assert one.sale is not None
        original = originals.get(one.sale.refund_of or "")
        if original is None:
            one.findings.warn(Codes.REFUND_UNKNOWN, "/refundOf", "The refunded sale is not known here.", None, one.sale.refund_of)
        elif abs(gross(one.sale)) > abs(original):
            one.findings.warn(
                Codes.REFUND_EXCEEDS,
                "/refundOf",
                "The refund is larger than the sale.",
                tax(original),
                tax(gross(one.sale)),
            )
