"""A failed batch taken apart for a person: what became of each record, and the line of the body that a fault points at.

Works on texts that were redacted before they were kept, so neither need be JSON any more: then the whole text is shown.
"""

import re
from typing import Any

import msgspec

_SHOWN_LINES = 400
_BLACKED_OUT = re.compile(r"([:,\[]\s*)\[redacted\]")
_DECODER = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(text.encode()))


class Fault(msgspec.Struct, frozen=True):
    """One fault: `expected` and `actual` as they are shown, None where there is nothing to say."""

    code: str
    message: str
    pointer: str | None
    expected: str | None
    actual: str | None


class Item(msgspec.Struct, frozen=True):
    """One record of the request. `name` is what its sender calls it: the invoice number, the code, else its ID."""

    index: int
    name: str
    id: str | None
    outcome: str
    version: int | None
    faults: list[Fault]
    warnings: list[Fault]


class Line(msgspec.Struct, frozen=True):
    """One line of a record as JSON; `says` is what was expected where a fault points at it."""

    text: str
    is_hit: bool
    says: str


class Inspected(msgspec.Struct, frozen=True):
    """A request and its answer. `overall` are faults of the request as a whole; `is_whole` says whether both were read."""

    items: list[Item]
    overall: list[Fault]
    is_whole: bool
    _sent: Any = None

    def lines(self, item: Item) -> list[Line]:
        """The record as it was sent, with the lines that its faults point at marked."""
        sent = _at(self._sent, f"/sales/{item.index}")
        spelling = next((name for name in self._sent or {} if name.casefold() == "sales"), "sales")
        hits = {fault.pointer: _expectation(fault) for fault in item.faults if fault.pointer}
        lines = _written(sent, f"/{spelling}/{item.index}", 0)
        return _marked(lines, hits)[:_SHOWN_LINES]

    def all_lines(self) -> list[Line]:
        """The whole request, with the lines that the faults of all point at marked."""
        faults = [*self.overall, *(fault for item in self.items for fault in item.faults)]
        hits = {fault.pointer: _expectation(fault) for fault in faults if fault.pointer}
        return _marked(_written(self._sent, "", 0), hits)[:_SHOWN_LINES]


def inspect(body: str, answer: str) -> Inspected:
    """Take a batch and its answer apart; one that redaction made unreadable has no items."""
    sent, answered = _read(body), _read(answer)
    if not isinstance(sent, dict) or not isinstance(answered, dict):
        return Inspected([], [], is_whole=False)
    results = answered.get("batchItemResults")
    items = [_item(sent, index, result) for index, result in enumerate(_dicts(results))]
    lines = _dicts((answered.get("data") or answered).get("lineItemFailureResults")) if results is None else []
    overall = [*_dicts((answered.get("data") or answered).get("errors")), *lines]
    return Inspected(items, [_fault(one) for one in overall], is_whole=True, _sent=sent)


def _item(sent: Any, index: int, result: dict[str, Any]) -> Item:
    record = _at(sent, f"/sales/{index}")
    sale_id = result.get("salesTransactionID")
    named = _value(record, "invoiceNumber") if isinstance(record, dict) else None
    return Item(
        index,
        str(named or sale_id or f"record {index}"),
        None if sale_id is None else str(sale_id),
        str(result.get("outcome") or "rejected"),
        result.get("version"),
        [_fault(one) for one in _dicts(result.get("errors"))],
        [_fault(one) for one in _dicts(result.get("warnings"))],
    )


def _fault(found: dict[str, Any]) -> Fault:
    message = found.get("message") or found.get("errorMessage") or ""
    pointer = found.get("pointer")
    return Fault(
        str(found.get("code") or ""),
        str(message),
        None if pointer is None else str(pointer),
        _shown(found.get("expected")),
        _shown(found.get("actual")),
    )


def _expectation(fault: Fault) -> str:
    return f"expected {fault.expected}" if fault.expected is not None else fault.code


def _written(value: Any, pointer: str, depth: int, label: str = "") -> list[tuple[str, str]]:
    """Lines of indented JSON, each with the pointer of the value that begins there."""
    pad = "  " * depth
    head = f"{pad}{label}"
    if isinstance(value, dict) and value:
        pairs = [(f"{pointer}/{_escaped(name)}", f"{_text(name)}: ", inner) for name, inner in value.items()]
        opening, closing = "{", "}"
    elif isinstance(value, list) and value:
        pairs = [(f"{pointer}/{index}", "", inner) for index, inner in enumerate(value)]
        opening, closing = "[", "]"
    else:
        return [(f"{head}{_text(value)}", pointer)]
    lines = [(f"{head}{opening}", pointer)]
    for place, (inner_pointer, inner_label, inner) in enumerate(pairs):
        inside = _written(inner, inner_pointer, depth + 1, inner_label)
        if place < len(pairs) - 1:
            inside[-1] = f"{inside[-1][0]},", inside[-1][1]
        lines += inside
    return [*lines, (f"{pad}{closing}", "")]


def _marked(lines: list[tuple[str, str]], hits: dict[str, str]) -> list[Line]:
    """Each fault marks the line of its value; one that points at what is missing marks what should hold it."""
    present = {pointer for _, pointer in lines}
    says: dict[str, str] = {}
    for pointer, text in hits.items():
        holder = pointer
        while holder not in present and holder:
            holder = holder.rpartition("/")[0]
        missing = "" if holder == pointer else f"{pointer.rpartition('/')[2]}: "
        says.setdefault(holder, f"{missing}{text}")
    return [Line(text, pointer in says and bool(pointer), says.get(pointer, "")) for text, pointer in lines]


def _at(value: Any, pointer: str) -> Any:
    """What stands at a JSON Pointer (RFC 6901), names compared without letter case; None if there is nothing."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = _value(value, name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def _value(record: dict[str, Any], name: str) -> Any:
    folded = name.casefold()
    return next((value for key, value in record.items() if key.casefold() == folded), None)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) else _text(value)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _read(text: str) -> Any:
    """The JSON, its numbers as they were written; None if it is none, even with blacked-out numbers taken for texts."""
    for candidate in (text, _BLACKED_OUT.sub(r'\1"[redacted]"', text)):
        try:
            return _DECODER.decode(candidate)
        except (msgspec.DecodeError, RecursionError):
            continue
    return None
