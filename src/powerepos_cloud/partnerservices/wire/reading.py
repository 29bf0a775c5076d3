"""Strict reading of bodies: the quick way first, and if that finds anything unusual, the strict way, which says what it is."""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from powerepos.contract.sales import PartnerSalesBatchRequest, PartnerSalesTransaction
from powerepos.contract.stock import AddStockOrderRequest, AddStockOrderRequestLineItem

from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.wire.document import decode, parse
from powerepos_cloud.partnerservices.wire.faults import Fault, plain_word, pointer_word
from powerepos_cloud.partnerservices.wire.judging import BAD, Enough, Findings, structure
from powerepos_cloud.partnerservices.wire.plans import plan_of
from powerepos_cloud.partnerservices.wire.quick import QuickBatch, quick, quick_batch, spelling_of
from powerepos_cloud.partnerservices.wire.twins import Spelling, documented

T = TypeVar("T", bound=msgspec.Struct)
P = TypeVar("P", bound=msgspec.Struct)


class Reading(Generic[T]):
    """A value, or the faults that there is none for. Pointers are relative to the object read, which stands at `base`."""

    __slots__ = ("_sent", "_spelling", "base", "faults", "value", "warnings")

    def __init__(
        self,
        value: T | None,
        faults: Sequence[Fault],
        warnings: Sequence[Fault],
        sent: Any = None,
        *,
        spelling: Spelling = documented,
        base: str = "",
    ) -> None:
        self.value = value
        self.faults = faults
        self.warnings = warnings
        self.base = base
        self._sent = sent
        self._spelling = spelling

    def spelled(self, pointer: str) -> str:
        """A pointer by the documented names, relative to the object, in the spelling that was sent."""
        if self._sent is None:
            if self._spelling is documented:
                return pointer
            return "/".join(self._spelling(word) for word in pointer.split("/"))
        node, words = self._sent, [""]
        for word in pointer.split("/")[1:]:
            step = _step(node, plain_word(word))
            words.append(pointer_word(step))
            node = _child(node, step)
        return "/".join(words)

    def sent_text(self, name: str) -> str | None:
        """A text of the object that could not be read, whatever is wrong with the rest of it."""
        sent = _child(self._sent, _step(self._sent, name))
        return sent.encode(errors="replace").decode() if type(sent) is str else None


class Faultless(Generic[P]):
    """The readings of objects of which nothing is to be said, each made when it is asked for."""

    __slots__ = ("_base", "_spelling", "values")

    def __init__(self, values: list[P], spelling: Spelling, base: str) -> None:
        self.values = values
        self._spelling = spelling
        self._base = base

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, n: int) -> Reading[P]:
        return Reading(self.values[n], (), (), spelling=self._spelling, base=f"{self._base}/{n}")

    def __iter__(self) -> Iterator[Reading[P]]:
        return (self[n] for n in range(len(self)))


Parts = list[Reading[P]] | Faultless[P]
"""The readings of the objects of a list."""


def read(raw: bytes, model: type[T], pointer: str = "") -> Reading[T]:
    """The body as this model. `pointer` becomes the reading's `base`. Raises `JsonFault`."""
    decode(raw)
    spelling = spelling_of(raw)
    value = quick(model, spelling).read(raw)
    if value is not None:
        return Reading(value, [], [], spelling=spelling, base=pointer)
    return _judged(parse(raw), model, pointer)


def read_batch(raw: bytes) -> tuple[Reading[PartnerSalesBatchRequest], Iterator[Reading[PartnerSalesTransaction]]]:
    """A batch's envelope, and each of its sales by itself: every fault inside a sale is that sale's, and no other's.

    The envelope's `sales` is left empty. If the envelope has faults, there are no sales. Each is read when it is asked for, so
    that the memory of the one before can serve it. Raises `JsonFault`, and so does asking for a sale.
    """
    return _read_parts(raw, PartnerSalesBatchRequest, "sales", PartnerSalesTransaction)


def read_order(raw: bytes) -> tuple[Reading[AddStockOrderRequest], Parts[AddStockOrderRequestLineItem]]:
    """A stock order, and each of its lines by itself, so that a faulty line does not hide what is wrong with the others.

    The order's `line_items` is left empty. Lines are read whatever else is wrong with the order, but not if their list is.
    Raises `JsonFault`.
    """
    decode(raw)
    spelling = spelling_of(raw)
    order = quick(AddStockOrderRequest, spelling).read(raw)
    if order is None:
        return _judged_order(parse(raw))
    lines, order.line_items = order.line_items, []
    return Reading(order, [], [], spelling=spelling), Faultless(lines, spelling, "/" + spelling("lineItems"))


def _read_parts(raw: bytes, model: type[T], field: str, part: type[P]) -> tuple[Reading[T], Iterator[Reading[P]]]:
    decode(raw)
    spelling = spelling_of(raw)
    reader = quick_batch(model, field, part, spelling)
    found = reader.read(raw)
    if found is None:
        judged, all_parts = _judged_parts(parse(raw), model, field, part, reader.raw_parts(raw))
        return judged, iter(all_parts)
    envelope, sent = found
    return Reading(envelope, [], [], spelling=spelling), _each_part(raw, sent, reader, part, spelling, spelling(field))


def _each_part(
    raw: bytes, sent: list[msgspec.Raw], reader: QuickBatch[T, P], part: type[P], spelling: Spelling, name: str
) -> Iterator[Reading[P]]:
    document = None
    for n, one in enumerate(sent):
        value = reader.part(one)
        if value is not None:
            yield Reading(value, [], [], spelling=spelling, base=f"/{name}/{n}")
        else:
            document = parse(raw) if document is None else document
            yield _judged(document[name][n], part, f"/{name}/{n}")


def _judged(sent: Any, model: type[T], base: str, parts: str | None = None) -> Reading[T]:
    found = Findings()
    try:
        value = structure(plan_of(model, parts), sent, None, found)
    except Enough:
        value = BAD
    return Reading(None if value is BAD else value, found.faults, found.warnings(), sent, base=base)


def _judged_parts(
    document: dict[str, Any], model: type[T], field: str, part: type[P], raw_parts: list[bytes] | None = None
) -> tuple[Reading[T], list[Reading[P]]]:
    envelope = _judged(document, model, "", field)
    if envelope.value is None:
        return envelope, []
    name = _step(document, field)
    sent = document[str(name)]
    base = f"/{pointer_word(name)}"
    if raw_parts is None:
        return envelope, [_judged(one, part, f"{base}/{n}") for n, one in enumerate(sent)]
    return envelope, [_reread(raw, one, part, f"{base}/{n}") for n, (raw, one) in enumerate(zip(raw_parts, sent, strict=True))]


def _judged_order(document: dict[str, Any]) -> tuple[Reading[AddStockOrderRequest], Parts[AddStockOrderRequestLineItem]]:
    order = _judged(document, AddStockOrderRequest, "", "lineItems")
    name = str(_step(document, "lineItems"))
    base = f"/{pointer_word(name)}"
    if name not in document or any(fault.pointer == base for fault in order.faults):
        return order, []
    return order, [_judged(one, AddStockOrderRequestLineItem, f"{base}/{n}") for n, one in enumerate(document[name])]


def _reread(raw: bytes, sent: Any, model: type[P], base: str) -> Reading[P]:
    """One part of a body that is not fine as a whole; most parts of it are."""
    spelling = spelling_of(raw)
    value = quick(model, spelling).read(raw)
    return _judged(sent, model, base) if value is None else Reading(value, [], [], spelling=spelling, base=base)


def _step(node: Any, name: str) -> str | int:
    """The name in an object, or the index in a list, that a word stands for; the word itself if there is none."""
    if type(node) is dict:
        if name in node:
            return name
        key = compare_key(name)
        return next((sent for sent in node if compare_key(sent) == key), name)
    return int(name) if type(node) is list and name.isdecimal() else name


def _child(node: Any, step: str | int) -> Any:
    if type(node) is dict:
        return node.get(step)
    return node[step] if type(node) is list and type(step) is int and step < len(node) else None
