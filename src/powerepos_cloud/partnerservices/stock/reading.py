"""Reading back: one stock order with its versions, what changed its prices, and what it may be a double of."""

import msgspec
from powerepos.contract.stock import StockOrderResponse, StockOrderVersion
from sqlalchemy import select

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.queries import utc_text
from powerepos_cloud.partnerservices.stock import listing, prices, store
from powerepos_cloud.partnerservices.stock.answers import order_answer
from powerepos_cloud.partnerservices.stock.listing import OrderRow
from powerepos_cloud.partnerservices.stock.model import Order
from powerepos_cloud.partnerservices.stock.prices import PriceChange
from powerepos_cloud.partnerservices.stock.store import Version
from powerepos_cloud.partnerservices.stock.tables import stock_orders

_orders = stock_orders.c


class Found(msgspec.Struct, frozen=True):
    """One version of an order. `versions` are all of them, the oldest first; `order_no` is the database's own number."""

    order: Order
    order_no: int
    client_id: str
    version: int
    current_version: int
    versions: list[Version]


async def find_order(
    session: Session, kapow: str, order_id: str, *, version: int | None = None, client_id: str | None = None
) -> Found | None:
    """A version of an organisation's order, the current one unless said; of one client only where given."""
    columns = (_orders.order_no, _orders.client_id, _orders.version, _orders.received_at)
    statement = select(*columns).where(_orders.kapow == kapow, _orders.id == order_id)
    if client_id is not None:
        statement = statement.where(_orders.client_id == client_id)
    head = await session.first(statement)
    if head is None:
        return None
    shown = head.version if version is None else version
    order = (
        await store.load(session, kapow, head.order_no)
        if shown == head.version
        else await store.load_version(session, kapow, head.order_no, shown)
    )
    if order is None:
        return None
    older = await store.older_versions(session, kapow, head.order_no)
    versions = [*older, Version(head.version, head.received_at)]
    return Found(order, head.order_no, head.client_id, shown, head.version, versions)


async def price_changes(session: Session, kapow: str, found: Found) -> list[PriceChange]:
    """The lines whose price is another than on the organisation's last invoice of this supplier that has the product."""
    return await prices.price_changes(session, kapow, found.order, order_no=found.order_no)


async def duplicates(session: Session, kapow: str, found: Found) -> list[OrderRow]:
    """The organisation's other orders with this supplier and invoice number, at most twenty."""
    return await listing.same_invoice(session, kapow, found.order)


def found_answer(found: Found) -> StockOrderResponse:
    """The order as the wire shows it."""
    return StockOrderResponse(
        stock_order=order_answer(found.order, found.version),
        version=found.version,
        current_version=found.current_version,
        versions=[StockOrderVersion(version=one.version, received_at=utc_text(one.received_at)) for one in found.versions],
    )
