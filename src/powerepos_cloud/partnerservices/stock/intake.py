"""A body as a stock order: read strictly, every line by itself; nothing of it is resolved yet.

Pointers of the order's own findings are relative to the body, those of a line's to the line; both by the documented names.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
from powerepos.contract.codes import Codes
from powerepos.contract.stock import AddStockOrderRequest, AddStockOrderRequestLineItem

from powerepos_cloud.partnerservices.fields import EXACT, LARGEST_AMOUNT, Fields, Units
from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.outlets.currencies import DECIMALS, MOST_DECIMALS
from powerepos_cloud.partnerservices.stock import rules
from powerepos_cloud.partnerservices.stock.model import MONEY, QUANTITY, SentLine, SentOrder, content_hash
from powerepos_cloud.partnerservices.wire import Fault, Faultless, Parts, Reading, are_plain_guids, guid, read_order

_NIL = "00000000-0000-0000-0000-000000000000"
_LARGEST_QUANTITY = 10**13
_MOST_IGNORED = 50
_sent_of = attrgetter(*AddStockOrderRequestLineItem.__struct_fields__)


class OfLine(NamedTuple):
    """Something found in the line at this place of the body, from 0."""

    place: int
    fault: Fault


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """A readable body. `order` is None if the order itself has faults; its lines are those that could be read, and `places`
    their indexes in the body.

    The IDs are canonical GUIDs, the names trimmed; None is what was not sent.
    """

    order_id: str | None
    outlet_id: str | None
    outlet_name: str | None
    order: SentOrder | None
    places: Sequence[int]
    hash: bytes
    faults: Sequence[Fault]
    warnings: Sequence[Fault]
    line_faults: Sequence[OfLine]
    line_warnings: Sequence[OfLine]
    reading: "Reading[AddStockOrderRequest]"
    line_readings: "Parts[AddStockOrderRequestLineItem]"

    def spelled(self, fault: Fault) -> Fault:
        """A finding of the order with its pointer in the spelling that was sent."""
        return fault._replace(pointer=self.reading.spelled(fault.pointer))

    def spelled_of_line(self, found: OfLine) -> Fault:
        """A finding of a line with its pointer into the whole body, in the spelling that was sent."""
        reading = self.line_readings[found.place]
        return found.fault._replace(pointer=reading.base + reading.spelled(found.fault.pointer))

    def spelled_warnings(self, own: Sequence[Fault], more: Sequence[OfLine] = ()) -> list[Fault]:
        """The order's warnings, those of reading its lines, and `more` of lines, all as above."""
        return [self.spelled(one) for one in own] + [self.spelled_of_line(one) for one in (*self.line_warnings, *more)]

    def sent_line_id(self, index: int) -> str | None:
        """The line's ID as it was sent, as far as that was a text."""
        reading = self.line_readings[index]
        return reading.sent_text("lineItemID") if reading.value is None else reading.value.line_item_id


def read_intake(raw: bytes) -> Intake:
    """The body as a stock order. Raises `JsonFault`."""
    reading, line_readings = read_order(raw)
    findings = Findings()
    with localcontext(EXACT):
        lines = read_lines(line_readings)
        order_id = _order_id(reading, findings)
        found = _read_order(reading.value, tuple(lines.read_ones), findings) if reading.value is not None else None
    faults = _merged(reading, findings)
    outlet_id, outlet_name, order = found or (None, None, None)
    # What could not be read exactly must equal nothing that is stored, however it looks once read.
    is_exact = order is not None and not faults and not lines.faults
    return Intake(
        order_id=order_id,
        outlet_id=outlet_id,
        outlet_name=outlet_name,
        order=None if faults else order,
        places=lines.places,
        hash=content_hash(order) if order is not None and is_exact else b"",
        faults=faults,
        warnings=[*reading.warnings, *findings.warnings],
        line_faults=lines.faults,
        line_warnings=lines.warnings,
        reading=reading,
        line_readings=line_readings,
    )


def _read_order(
    sent: AddStockOrderRequest, lines: tuple[SentLine, ...], findings: Findings
) -> tuple[str | None, str | None, SentOrder]:
    """The outlet's ID and name, and the content."""
    fields = Fields(findings)
    for field, text in (
        ("supplierInvoiceNumber", sent.supplier_invoice_number),
        ("applicationClientName", sent.application_client_name),
        ("applicationClientVersion", sent.application_client_version),
    ):
        if not text.strip():
            findings.reject(Codes.FIELD_MISSING, f"/{field}", f"{field} is empty.", "a text", text)
    order = SentOrder(
        fields.guid(sent.supplier_id, "/supplierID"),
        _named(sent.supplier_name),
        sent.supplier_invoice_number,
        fields.time(sent.supplier_invoice_date, "/supplierInvoiceDate"),
        _currency(sent.currency_code, findings),
        sent.application_client_name,
        sent.application_client_version,
        lines,
    )
    return fields.guid(sent.outlet_id, "/outletID"), _named(sent.outlet_name), order


def _order_id(reading: "Reading[AddStockOrderRequest]", findings: Findings) -> str | None:
    sent = reading.sent_text("orderID") if reading.value is None else reading.value.order_id
    order_id = None if sent is None else guid(sent)
    if order_id is None or order_id == _NIL:
        told = "An order needs a GUID of its own, which is not the nil GUID."
        findings.reject(Codes.ORDER_ID_INVALID, "/orderID", told, "a GUID", None if sent is None else sent[:64])
    return order_id


def _merged(reading: "Reading[Any]", findings: Findings) -> list[Fault]:
    """What reading an object found and what is wrong with its values; of two about one field, the latter."""
    told = {reading.spelled(fault.pointer) for fault in findings.faults}
    return [*findings.faults, *(fault for fault in reading.faults if fault.pointer not in told)]


def _currency(text: str | None, findings: Findings) -> str | None:
    if not text:
        return None
    code = text.upper()
    decimals = DECIMALS.get(code)
    if decimals is None:
        findings.reject(Codes.CURRENCY_INVALID, "/currencyCode", "This is no currency.", "an ISO 4217 code", text)
    elif decimals > MOST_DECIMALS:
        told = "Money has two decimals here, this currency three."
        findings.reject(Codes.CURRENCY_UNSUPPORTED, "/currencyCode", told, "another currency", code)
    return code


def _named(text: str | None) -> str | None:
    """A name without space around it; a blank one was not sent."""
    return None if text is None else text.strip() or None


def read_lines(readings: Parts[AddStockOrderRequestLineItem]) -> "ReadLines":
    """All lines at once if nothing is to be said about any of them, as is so of most orders; else one after the other."""
    if isinstance(readings, Faultless):
        plain = _plain_lines(readings.values)
        if plain is not None:
            return ReadLines(plain)
    lines = ReadLines()
    for index, one in enumerate(readings):
        lines.read(index, one)
    return lines


def _plain_lines(sent: Sequence[AddStockOrderRequestLineItem]) -> list[SentLine] | None:
    """What `ReadLines` makes of lines in which it finds nothing; None if it may find something."""
    if not sent:
        return []
    ids, types, descriptions, quantities, amounts, codes, groups = zip(*map(_sent_of, sent), strict=True)
    if not are_plain_guids(ids) or len({_NIL, *ids}) <= len(ids) or not all(map(str.strip, descriptions)):
        return None
    unfit: list[Decimal] = []
    as_quantity, as_amount = Units(5, _LARGEST_QUANTITY, unfit), Units(2, LARGEST_AMOUNT, unfit)
    whole_quantities = [as_quantity[text] for text in map(str, quantities)]
    whole_amounts = [as_amount[text] for text in map(str, amounts)]
    if unfit:
        return None
    named = map(_named, codes), map(_named, groups)
    lines = list(map(SentLine, ids, map(int, types), descriptions, whole_quantities, whole_amounts, *named))
    return lines if all(map(rules.is_plain, lines)) else None


class ReadLines:
    """Reads lines one after the other and keeps what was found in each; `plain` are those of a whole order, read before."""

    def __init__(self, plain: Sequence[SentLine] = ()) -> None:
        self.read_ones: list[SentLine] = [*plain]
        self.places: list[int] = [*range(len(plain))]
        self.faults: list[OfLine] = []
        self.warnings: list[OfLine] = []
        self._seen: set[str] = set()
        self._ignored: set[str] = set()
        self._findings = Findings()
        self._fields = Fields(self._findings)

    def read(self, index: int, reading: "Reading[AddStockOrderRequestLineItem]") -> None:
        """Read the next line."""
        found = self._findings
        sent = reading.value
        sent_id = reading.sent_text("lineItemID") if sent is None else sent.line_item_id
        line_id = self._id(sent_id)
        if sent is not None:
            line = self._line(sent, line_id)
            rules.check(line, found)
            self.read_ones.append(line)
            self.places.append(index)
        if found.faults or reading.faults:
            self.faults += [OfLine(index, fault) for fault in _merged(reading, found)]
            found.faults.clear()
        if found.warnings or reading.warnings:
            self._ignore(index, reading.warnings)
            self.warnings += [OfLine(index, warning) for warning in found.warnings]
            found.warnings.clear()

    def _ignore(self, index: int, ignored: Sequence[Fault]) -> None:
        """Fields that the model does not have: each name is told where it first stands, and at most fifty of them."""
        for warning in ignored:
            if warning.pointer not in self._ignored and len(self._ignored) < _MOST_IGNORED:
                self._ignored.add(warning.pointer)
                self.warnings.append(OfLine(index, warning))

    def _id(self, sent: str | None) -> str:
        line_id = None if sent is None else guid(sent)
        if line_id is None or line_id == _NIL:
            told = "A line needs a GUID of its own, which is not the nil GUID."
            self._findings.reject(Codes.LINE_ID_INVALID, "/lineItemID", told, "a GUID", None if sent is None else sent[:64])
            return _NIL
        if line_id in self._seen:
            told = "An earlier line of this order has this lineItemID."
            self._findings.reject(Codes.LINE_ID_REPEATED, "/lineItemID", told, "an ID of its own", sent)
        self._seen.add(line_id)
        return line_id

    def _line(self, sent: AddStockOrderRequestLineItem, line_id: str) -> SentLine:
        if not sent.description.strip():
            told = "description is empty."
            self._findings.reject(Codes.FIELD_MISSING, "/description", told, "a text", sent.description)
        return SentLine(
            line_id,
            int(sent.type),
            sent.description,
            self._fields.scaled(sent.quantity, QUANTITY, _LARGEST_QUANTITY, "", "quantity"),
            self._fields.scaled(sent.amount, MONEY, LARGEST_AMOUNT, "", "amount"),
            _named(sent.supplier_product_code),
            _named(sent.tax_group_name),
        )
