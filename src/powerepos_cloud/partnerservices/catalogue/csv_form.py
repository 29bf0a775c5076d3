"""CSV as RFC 4180 says it, in UTF-8, that a spreadsheet may open and save without harm.

A spreadsheet would run a text that begins with `=`, `+`, `-` or `@` as a formula. Such texts are written with an apostrophe
in front, one more if they have some there already, and reading takes one away from exactly those: nothing else changes.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from powerepos_cloud.foundation.refusals import Invalid, Note
from powerepos_cloud.partnerservices.catalogue.columns import COLUMNS, Column, as_text
from powerepos_cloud.partnerservices.catalogue.rules import Kind
from powerepos_cloud.partnerservices.catalogue.sheet import Sheet, UnreadableFile, bare, known_columns, listed_columns

_FORMULA = re.compile(r"'*[=+\-@\uff1d\uff0b\uff0d\uff20]")  # also their full-width forms


def read_csv(text: str, kind: Kind) -> Sheet:
    """The rows of a CSV file. Raises `UnreadableFile`."""
    sheet = Sheet(kind)
    header: list[Column] | None = None
    for line, cells in _records(text):
        wanted = 0 if header is None else len(header)
        while len(cells) > wanted and not cells[-1].strip():
            cells.pop()  # empty columns to the right, as spreadsheets leave them
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = _header(kind, line, cells)
        elif len(cells) != len(header):
            expected = f"{len(header)} values, as many as the header has names"
            cure = "A value with a comma in it stands in quotes."
            sheet.refuse(line, Invalid("row", expected, Note(len(cells)), cure))
        else:
            sheet.add(line, zip(header, map(_unguarded, cells), strict=True))
    if header is None:
        raise UnreadableFile(f"the file is empty: its first line names the columns, {listed_columns(kind)}")
    return sheet


def write_csv(kind: Kind, rows: Iterable[dict[str, Any]]) -> str:
    """The CSV file of these rows."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([column.name for column in COLUMNS[kind] if column.is_written])
    for row in rows:
        writer.writerow([_guarded(as_text(value)) for value in row.values()])
    return file.getvalue()


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line that it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            what = f"the value that begins on line {line} or after it cannot be read ({error})"
            raise UnreadableFile(f"{what}: a quote inside a quoted value is written twice, and the last one closes it") from error


def _header(kind: Kind, line: int, cells: list[str]) -> list[Column]:
    known = known_columns(kind)
    if len(cells) == 1 and any(sign in cells[0] for sign in ";\t"):
        raise UnreadableFile("the columns are not separated by commas: save the file as CSV with commas (RFC 4180)")
    found = [known.get(bare(cell)) for cell in cells]
    wrong = [cell.strip() for cell, column in zip(cells, found, strict=True) if column is None]
    twice = sorted({column.name for column in found if column is not None and found.count(column) > 1})
    missing = [column.name for column in COLUMNS[kind] if column.required and column not in found]
    faults = [
        f"{what} {', '.join(map(repr, names))}"
        for what, names in (("has the unknown", wrong), ("has twice", twice), ("lacks", missing))
        if names
    ]
    if faults:
        raise UnreadableFile(f"the header on line {line} {'; '.join(faults)}: the columns of {kind} are {listed_columns(kind)}")
    return [column for column in found if column is not None]


def _guarded(text: str) -> str:
    return "'" + text if _FORMULA.match(text) else text


def _unguarded(text: str) -> str:
    text = text.strip()
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
