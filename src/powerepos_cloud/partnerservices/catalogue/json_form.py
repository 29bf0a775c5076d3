"""JSON: an array with one object per row; numbers are read from their text, never as floats."""

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from powerepos_cloud.foundation.refusals import Invalid, Note
from powerepos_cloud.partnerservices.catalogue import columns
from powerepos_cloud.partnerservices.catalogue.columns import Column
from powerepos_cloud.partnerservices.catalogue.rules import Kind
from powerepos_cloud.partnerservices.catalogue.sheet import Cell, Sheet, UnreadableFile, bare, known_columns, listed_columns

_SPACE = re.compile(r"[ \t\r\n]*")
_LONGEST_INTEGER = 25
_FORMS = {
    columns.TEXT: "a text",
    columns.WHOLE: "a whole number",
    columns.DECIMAL: "a number",
    columns.FLAG: "true or false",
}


class _Object(list[tuple[str, Any]]):
    """The names and values of a JSON object, repeated names included."""


def read_json(text: str, kind: Kind) -> Sheet:
    """The rows of a JSON file. Raises `UnreadableFile`."""
    sheet = Sheet(kind)
    line, counted = 1, 0
    for position, value in _items(text):
        line, counted = line + text.count("\n", counted, position), position
        if isinstance(value, _Object):
            cells, faults = _json_cells(kind, value)
            sheet.add(line, cells, faults)
        else:
            sheet.refuse(line, Invalid("row", "an object", _shown(value)))
    return sheet


def write_json(rows: Iterable[dict[str, Any]]) -> str:
    """The JSON file of these rows, each on a line of its own."""
    encoder = msgspec.json.Encoder(decimal_format="number")
    return "[" + ",".join("\n" + encoder.encode(row).decode() for row in rows) + "\n]\n"


def _items(text: str) -> Iterator[tuple[int, Any]]:
    """Each item of the array with its place in the text."""
    decoder = json.JSONDecoder(
        object_pairs_hook=_Object,
        parse_float=Decimal,
        parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_INTEGER else Decimal(digits),
        parse_constant=_refuse_constant,
    )
    position = _after_space(text, 0)
    if text[position : position + 1] != "[":
        raise UnreadableFile("the file is no JSON array: it begins with [, and holds one object per row")
    position = _after_space(text, position + 1)
    if text[position : position + 1] == "]":
        return _end(text, position)
    while True:
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise _not_json(text, getattr(error, "pos", position), getattr(error, "msg", str(error))) from error
        yield position, value
        position = _after_space(text, end)
        sign = text[position : position + 1]
        if sign == "]":
            return _end(text, position)
        if sign != ",":
            raise _not_json(text, position, "expected a comma or ]")
        position = _after_space(text, position + 1)


def _end(text: str, position: int) -> None:
    rest = _after_space(text, position + 1)
    if rest < len(text):
        raise _not_json(text, rest, "there is more after the array")


def _not_json(text: str, position: int, what: str) -> UnreadableFile:
    line, column = text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
    return UnreadableFile(f"line {line}, column {column} is not JSON: {what[0].lower() + what[1:]}")


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"there is no number {word}")


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    assert found is not None
    return found.end()


def _json_cells(kind: Kind, row: _Object) -> tuple[list[Cell], list[Invalid]]:
    known = known_columns(kind)
    cells: list[Cell] = []
    faults: list[Invalid] = []
    seen: set[str] = set()
    for name, value in row:
        column = known.get(bare(name))
        if column is None:
            faults.append(Invalid("row", f"the names {listed_columns(kind)}", name))
            continue
        if column.name in seen:
            faults.append(Invalid(column.name, "each name once in an object", Note("it again")))
        seen.add(column.name)
        try:
            cells.append((column, _json_text(column, value)))
        except ValueError:
            faults.append(Invalid(column.name, _FORMS[column.types], _shown(value)))
    return cells, faults


def _json_text(column: Column, value: Any) -> str | None:
    """The value's text form. Raises `ValueError` if it is of another type than the column."""
    if value is None:
        return None
    if type(value) not in column.types:
        raise ValueError(column.name)
    return columns.as_text(value)


def _shown(value: Any) -> object:
    """A JSON value as an error shows it."""
    if isinstance(value, _Object):
        return Note("an object")
    if isinstance(value, list):
        return Note("a list")
    if isinstance(value, bool):
        return Note("true" if value else "false")
    return value
