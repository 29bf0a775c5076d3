"""Sales as lists show them: what was sold, how it was paid, in which Z."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import func, select

from powerepos_cloud.foundation.database import Hot, Session
from powerepos_cloud.partnerservices.figures.sums import ZHead
from powerepos_cloud.partnerservices.sales.tables import sale_items, sale_payments, z_reports
from powerepos_cloud.partnerservices.sales.totals import warned_by


class Head(msgspec.Struct, frozen=True):
    """A sale's own row, as far as lists need it."""

    sale_no: int
    id: str
    z_no: int
    version: int
    closed_at: str
    invoice_number: str
    gross: int
    refund_of: str | None
    warnings: str | None


_HEADS_OF = "SELECT sale_no, id, z_no, version, closed_at, invoice_number, gross, refund_of, warnings FROM sales WHERE"
# By hand for the plus: without it SQLite goes through all sales of the organisation instead of these few by their numbers.
_HEADS = Hot(
    _HEADS_OF + " kapow = $1 AND sale_no = ANY($2::bigint[])",
    _HEADS_OF + " +kapow = $1 AND sale_no IN (SELECT value FROM json_each($2))",  # noqa: S608 - constants
)


class SaleRow(msgspec.Struct, frozen=True):
    """A sale in a list. `gross` is in ten-millionths, `tip` in hundredths, `closed_at` outlet-local."""

    id: str
    version: int
    closed_at: str
    invoice_number: str
    gross: int
    refund_of: str | None
    warned: list[str]
    items: list[str]
    paid_by: list[str]
    tip: int
    z: ZHead


async def rows_of(session: Session, kapow: str, numbers: Sequence[int]) -> list[SaleRow]:
    """These sales, in this order."""
    if not numbers:
        return []
    heads = {row[0]: Head(*row) for row in await session.hot(_HEADS, kapow, session.listed(list(numbers)))}
    z_numbers = sorted({row.z_no for row in heads.values()})
    columns = tuple(z_reports.c[name] for name in ZHead.__struct_fields__)
    asked = select(*columns).where(z_reports.c.kapow == kapow, z_reports.c.z_no.in_(z_numbers))
    zs = {row.z_no: ZHead(*tuple(row)) for row in await session.all(asked)}
    mine = list(heads)
    items: dict[int, list[str]] = {}
    name = func.coalesce(sale_items.c.plu_name, sale_items.c.product_name, "")
    lines = select(sale_items.c.sale_no, name, sale_items.c.plu_number).where(sale_items.c.sale_no.in_(mine))
    for sale_no, called, number in map(tuple, await session.all(lines.order_by(sale_items.c.sale_no, sale_items.c.line))):
        items.setdefault(sale_no, []).append(called or f"PLU {number}")
    paid: dict[int, list[str]] = {}
    tips: dict[int, int] = {}
    payments = select(sale_payments.c.sale_no, sale_payments.c.type_name, sale_payments.c.tip)
    payments = payments.where(sale_payments.c.sale_no.in_(mine)).order_by(sale_payments.c.sale_no, sale_payments.c.n)
    for sale_no, type_name, tip in map(tuple, await session.all(payments)):
        paid.setdefault(sale_no, []).append(type_name)
        tips[sale_no] = tips.get(sale_no, 0) + tip
    return [
        SaleRow(
            one.id, one.version, one.closed_at, one.invoice_number, one.gross, one.refund_of,
            sorted(warned_by(one.warnings)), items.get(no, []), list(dict.fromkeys(paid.get(no, []))), tips.get(no, 0),
            zs[one.z_no],
        )
        for no in numbers
        if (one := heads.get(no)) is not None
    ]  # fmt: skip
