"""A stock order, judged and stored in one transaction (contract section 8).

Outlet and grant come first, then whose order the ID is, then whether its content is stored already; only what is new or
changed is resolved against the catalogue.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from powerepos.contract.codes import Codes
from powerepos.contract.reading import Changes, ChangeTypes
from powerepos.contract.results import Outcomes
from powerepos.contract.stock import RequestResultCode

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.catalogue.memory import CatalogueMemory
from powerepos_cloud.partnerservices.catalogue.rules import Supplier
from powerepos_cloud.partnerservices.changes import store as changes
from powerepos_cloud.partnerservices.changes.store import Change
from powerepos_cloud.partnerservices.faults import warnings as as_warnings
from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.outlets.currencies import DECIMALS
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.stock import listing, prices, store
from powerepos_cloud.partnerservices.stock.failures import OrderFailed, id_taken, malformed
from powerepos_cloud.partnerservices.stock.intake import Intake, OfLine
from powerepos_cloud.partnerservices.stock.model import Order, SentOrder
from powerepos_cloud.partnerservices.stock.prices import PriceChange
from powerepos_cloud.partnerservices.stock.resolving import Resolved, find_outlet, find_supplier, resolve_lines
from powerepos_cloud.partnerservices.stock.store import Stored
from powerepos_cloud.partnerservices.stock.taxes import totals_of
from powerepos_cloud.partnerservices.wire import Fault
from powerepos_cloud.partnerservices.zones import settle_zones
from powerepos_cloud.resourceserver.caller import Caller

_OLDEST = timedelta(days=400)
_FUTURE = timedelta(days=1)
_MOST_KEPT = 100  # warnings that stay with an order, for lists; the answer tells them all


class Added(msgspec.Struct, frozen=True):
    """What became of a submission that did not fail. `warnings` have pointers in the spelling that was sent."""

    order: Order
    outcome: str
    version: int
    warnings: list[Fault]


async def add(session: Session, memory: CatalogueMemory, caller: Caller, intake: Intake, now_ms: int) -> Added:
    """Judge and store an order. Raises `OrderFailed`; `UniqueViolation` if another sender was quicker: run it again."""
    if intake.order is None or intake.order_id is None:
        raise malformed(intake)
    outlet = await find_outlet(session, caller, intake)
    known = await store.existing(session, caller.kapow, intake.order_id)
    if known is not None and (known.outlet_id, known.client_id) != (outlet.id, caller.client_id):
        raise id_taken()
    if known is not None and known.content_hash == intake.hash:
        stored = await store.load(session, caller.kapow, known.order_no)
        return Added(stored, Outcomes.REPLAYED, known.version, _spelled(intake, Findings(), [], outlet))
    supplier, resolved = await _resolve(session, memory, caller.kapow, outlet, intake)
    old = None if known is None else await store.load(session, caller.kapow, known.order_no)
    order = _order(intake.order_id, outlet, supplier, intake.order, resolved, old, now_ms)
    warned = await _warn(session, caller, outlet, intake, order, known, now_ms)
    return await _write(session, caller, intake, order, known, old, warned, now_ms)


async def _resolve(
    session: Session, memory: CatalogueMemory, kapow: str, outlet: Outlet, intake: Intake
) -> tuple[Supplier, Resolved]:
    assert intake.order is not None
    supplier = await find_supplier(session, kapow, intake.order)
    if isinstance(supplier, Fault):
        raise OrderFailed(RequestResultCode.SUPPLIER_NOT_RESOLVED, [supplier], intake.line_faults)
    resolved = await resolve_lines(session, memory, kapow, supplier, intake, intake.order.currency or outlet.currency)
    faults = sorted([*intake.line_faults, *resolved.faults], key=lambda one: one.place)
    if faults:
        lines = len({one.place for one in faults})
        told = f"Nothing was stored: {lines} of {len(intake.line_readings)} lines failed; see lineItemFailureResults."
        fault = Fault(Codes.ORDER_LINES_FAILED, "/lineItems", told, "no line that fails", lines)
        raise OrderFailed(RequestResultCode.LINE_ITEMS_FAILED, [fault], faults, supplier_id=supplier.id)
    return supplier, resolved


def _order(
    order_id: str, outlet: Outlet, supplier: Supplier, sent: SentOrder, resolved: Resolved, old: Order | None, now_ms: int
) -> Order:
    currency = sent.currency or outlet.currency
    created = _local(outlet, now_ms).isoformat(" ", "milliseconds") if old is None else old.created_local
    return Order(
        order_id, outlet.id, outlet.name, supplier.id, supplier.name, sent.invoice_number, sent.invoice_date, currency,
        sent.application_name, sent.application_version, created,
        totals_of(resolved.lines, resolved.used, DECIMALS[currency]), tuple(resolved.lines),
    )  # fmt: skip


async def _warn(
    session: Session, caller: Caller, outlet: Outlet, intake: Intake, order: Order, known: Stored | None, now_ms: int
) -> list[Fault]:
    """What comes from looking at the clock and at other orders; of those, only the caller's own are told more of."""
    findings = Findings()
    dated, now = datetime.fromisoformat(order.invoice_date), _local(outlet, now_ms)
    if dated - now > _FUTURE:
        told = "The invoice's date lies in the future."
        findings.warn(Codes.DATE_FUTURE, "/supplierInvoiceDate", told, None, order.invoice_date)
    elif now - dated > _OLDEST:
        told = f"The invoice's date is more than {_OLDEST.days} days ago."
        findings.warn(Codes.DATE_TOO_OLD, "/supplierInvoiceDate", told, None, order.invoice_date)
    if known is not None and intake.hash in await store.older_hashes(session, caller.kapow, known.order_no):
        told = "This equals an older version: the last received counts."
        findings.warn(Codes.ORDER_REVERTED, "/orderID", told)
    same = await listing.same_invoice(session, caller.kapow, order)
    if same:
        own = [one.id for one in same if one.client_id == caller.client_id and caller.may_use_outlet(one.outlet_id)]
        told = f"Another order has this supplier and invoice number{f': {own[0]}' if own else ''}."
        findings.warn(Codes.ORDER_INVOICE_DUPLICATE, "/supplierInvoiceNumber", told)
    order_no = None if known is None else known.order_no
    found = await prices.price_changes(
        session, caller.kapow, order, order_no=order_no, client_id=caller.client_id, outlet_id=outlet.id
    )
    changed = [OfLine(one.place, Fault(Codes.LINE_PRICE_CHANGED, "/amount", _told(one))) for one in found]
    return _spelled(intake, findings, changed, outlet)


def _told(change: PriceChange) -> str:
    line, before = change.line, change.before
    now, then = prices.unit_price(line.quantity, line.amount), prices.unit_price(before.quantity, before.amount)
    return f"{line.product_code} costs {now} apiece, and {then} on invoice {before.invoice_number} of {before.invoice_date[:10]}."


def _spelled(intake: Intake, findings: Findings, of_lines: list[OfLine], outlet: Outlet) -> list[Fault]:
    """All warnings with their pointers as they were sent: those of reading, those given, those of lines."""
    read = Findings()
    read.warnings.extend(intake.warnings)
    settle_zones(read, outlet.zone)
    return intake.spelled_warnings([*read.warnings, *findings.warnings], of_lines)


async def _write(
    session: Session, caller: Caller, intake: Intake, order: Order, known: Stored | None, old: Order | None,
    warned: list[Fault], now_ms: int,
) -> Added:  # fmt: skip
    kept = msgspec.json.encode(as_warnings(warned[:_MOST_KEPT])).decode() if warned else None
    if known is None or old is None:
        version, outcome, change = 1, Outcomes.CREATED, Changes.CREATED
        await store.add(session, caller.kapow, caller.client_id, order, intake.hash, kept, now_ms)
    else:
        version, outcome, change = known.version + 1, Outcomes.REPLACED, Changes.REPLACED
        await store.change(session, caller.kapow, known, old, order, intake.hash, kept, now_ms)
    entry = Change(ChangeTypes.STOCK_ORDER, order.id, version, order.outlet_id, caller.client_id, change)
    await changes.record(session, caller.kapow, [entry], now_ms)
    return Added(order, outcome, version, warned)


def _local(outlet: Outlet, now_ms: int) -> datetime:
    """The outlet's wall clock."""
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(outlet.zone)).replace(tzinfo=None)
