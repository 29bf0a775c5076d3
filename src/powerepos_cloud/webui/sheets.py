"""Tables as CSV for spreadsheets: UTF-8 with a mark, CRLF, and nothing that a spreadsheet would take for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from litestar import Response

from powerepos_cloud.partnerservices.sales.totals import rounded_money

Cell = str | int | Decimal | None

_FORMULA = re.compile(r"^[\s\0]*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]")
_BYTE_ORDER_MARK = "\ufeff"


def write(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A sheet. Numbers are numbers, with a point and without thousands; text that would be a formula gets an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in (head, *rows):
        writer.writerow([_cell(cell) for cell in row])
    return (_BYTE_ORDER_MARK + text.getvalue()).encode()


def money(hundredths: int) -> Decimal:
    """Hundredths as a number with two decimals."""
    return Decimal(hundredths).scaleb(-2)


def fine(ten_millionths: int) -> Decimal:
    """Ten-millionths as a number with two decimals."""
    return rounded_money(ten_millionths)


def answer(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response[bytes]:
    """A sheet to be saved as `name`, which no cache keeps and no browser shows as a page."""
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-")
    headers = {
        "Content-Disposition": f'attachment; filename="{plain}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(write(head, rows), headers=headers, media_type="text/csv; charset=utf-8")


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
    return f"'{cell}" if _FORMULA.match(cell) else cell
