"""Tables as CSV for spreadsheets: UTF-8 with a mark, CRLF, and nothing that a spreadsheet would take for a formula."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from decimal import Decimal
from typing import cast

from litestar import Response
from litestar.response import Stream

from powerepos_cloud.partnerservices.sales.totals import rounded_money

Cell = str | int | Decimal | None

_FORMULA = re.compile(r"^[\s\0]*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]")
_BYTE_ORDER_MARK = "\ufeff"
_MEDIA_TYPE = "text/csv; charset=utf-8"


def write(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A sheet. Numbers are numbers, with a point and without thousands; text that would be a formula gets an apostrophe."""
    return _BYTE_ORDER_MARK.encode() + _lines((head, *rows))


def money(hundredths: int) -> Decimal:
    """Hundredths as a number with two decimals."""
    return Decimal(hundredths).scaleb(-2)


def fine(ten_millionths: int) -> Decimal:
    """Ten-millionths as a number with two decimals."""
    return rounded_money(ten_millionths)


def answer(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response[bytes]:
    """A sheet to be saved as `name`, which no cache keeps and no browser shows as a page."""
    return Response(write(head, rows), headers=_headers(name), media_type=_MEDIA_TYPE)


async def stream(name: str, head: Sequence[str], parts: AsyncIterator[Iterable[Sequence[Cell]]]) -> Response[bytes]:
    """As `answer`, for a sheet of any length: it leaves part by part, and is never in memory whole.

    The first part is made before the answer begins, so that what it raises can still be told by a page.
    """
    first = await anext(parts)

    async def written() -> AsyncIterator[bytes]:
        yield write(head, first)
        async for rows in parts:
            yield _lines(rows)

    return cast("Response[bytes]", Stream(written(), headers=_headers(name), media_type=_MEDIA_TYPE))


def _headers(name: str) -> dict[str, str]:
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-")
    return {
        "Content-Disposition": f'attachment; filename="{plain}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_cell(cell) for cell in row])
    return text.getvalue().encode()


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
    return f"'{cell}" if _FORMULA.match(cell) else cell
