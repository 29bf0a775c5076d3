"""Lists of stock orders for people: by outlet, supplier and date, and those that may be one invoice sent twice."""

from collections.abc import Collection

import msgspec
from sqlalchemy import select, tuple_

from powerepos_cloud.foundation.database import Hot, Session
from powerepos_cloud.partnerservices.stock.model import Order
from powerepos_cloud.partnerservices.stock.store import invoice_key
from powerepos_cloud.partnerservices.stock.tables import stock_orders

_orders = stock_orders.c
_DAY_BEGINS = " 00:00:00.000"
_DAY_ENDS = " 23:59:59.999"
_MOST_SAME = 20


class OrderRow(msgspec.Struct, frozen=True):
    """An order as a list shows it, in its current version. `total` is in hundredths, `warnings` JSON of `ResultWarning`s."""

    order_no: int
    id: str
    client_id: str
    outlet_id: str
    outlet_name: str
    supplier_id: str
    supplier_name: str
    invoice_number: str
    invoice_date: str
    currency_code: str
    total: int
    lines: int
    version: int
    warnings: str | None
    created_local: str
    received_at: int


_ROW = tuple(_orders[name] for name in OrderRow.__struct_fields__)
_SAME_INVOICE = Hot(f"""
    SELECT {", ".join(OrderRow.__struct_fields__)} FROM stock_orders
    WHERE kapow = $1 AND supplier_id = $2 AND invoice_key = $3 AND id <> $4 ORDER BY order_no LIMIT {_MOST_SAME}
""")  # noqa: S608 - names of our own columns


async def list_orders(
    session: Session,
    kapow: str,
    *,
    outlets: Collection[str] | None = None,
    supplier_id: str | None = None,
    first_day: str | None = None,
    last_day: str | None = None,
    after: tuple[str, int] | None = None,
    limit: int = 50,
) -> list[OrderRow]:
    """An organisation's orders by invoice date, the newest first, at most `limit`.

    Narrowed to outlets, a supplier, and invoice dates from `first_day` to `last_day` (`yyyy-MM-dd`), where given. `after` is
    invoice date and number of the last order of the page before.
    """
    statement = select(*_ROW).where(_orders.kapow == kapow)
    if outlets is not None:
        statement = statement.where(_orders.outlet_id.in_(sorted(outlets)))
    if supplier_id is not None:
        statement = statement.where(_orders.supplier_id == supplier_id)
    if first_day is not None:
        statement = statement.where(_orders.invoice_date >= first_day + _DAY_BEGINS)
    if last_day is not None:
        statement = statement.where(_orders.invoice_date <= last_day + _DAY_ENDS)
    if after is not None:
        statement = statement.where(tuple_(_orders.invoice_date, _orders.order_no) < after)
    newest_first = statement.order_by(_orders.invoice_date.desc(), _orders.order_no.desc()).limit(limit)
    return [OrderRow(*tuple(row)) for row in await session.all(newest_first)]


async def same_invoice(session: Session, kapow: str, order: Order) -> list[OrderRow]:
    """Other orders of the organisation with this order's supplier and invoice number, the oldest first."""
    rows = await session.hot(_SAME_INVOICE, kapow, order.supplier_id, invoice_key(order.invoice_number), order.id)
    return [OrderRow(*row) for row in rows]
