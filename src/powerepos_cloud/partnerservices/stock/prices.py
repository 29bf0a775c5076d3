"""What a supplier's product cost on the supplier's last invoices, and which lines cost something else now.

The price of a line is its amount over its quantity, with inclusive and without add-on taxes. Amounts are rounded to the cent,
so two prices differ only if they do by more than half a cent of either line explains. Free goods have no price.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec
from sqlalchemy import select, tuple_

from powerepos_cloud.foundation.database import Hot, Session
from powerepos_cloud.partnerservices.arithmetic import half_up
from powerepos_cloud.partnerservices.stock.model import Line, Order
from powerepos_cloud.partnerservices.stock.tables import stock_orders

_MOST_INVOICES = 8
_MOST_LINES = 4096
_NEWEST = 2**62

_PRICED = Hot("""
    SELECT product_code, quantity, amount FROM stock_order_lines
    WHERE order_no = $1 AND product_code IS NOT NULL AND quantity <> 0 AND amount <> 0
""")


class Price(msgspec.Struct, frozen=True):
    """What a quantity (hundred-thousandths) of a product came to (hundredths), and on which order."""

    quantity: int
    amount: int
    order_id: str
    invoice_number: str
    invoice_date: str

    def is_that_of(self, line: Line) -> bool:
        """Whether the line has this price, but for the rounding of the two amounts."""
        crossed = abs(line.amount * self.quantity - self.amount * line.quantity)
        return 2 * crossed <= abs(self.quantity) + abs(line.quantity)


class PriceChange(msgspec.Struct, frozen=True):
    """A line (its place in the order, from 0) whose price is none that the product had on the last invoice that names it."""

    place: int
    line: Line
    before: Price


async def last_prices(
    session: Session,
    kapow: str,
    order: Order,
    *,
    order_no: int | None = None,
    client_id: str | None = None,
    outlet_id: str | None = None,
) -> dict[str, list[Price]]:
    """By product code: the prices on the newest of the supplier's last eight invoices before this one that has the code.

    Only invoices of the same currency count, and where said only those of a client and outlet. `order_no` is the order's own
    number if it is stored.
    """
    wanted = {line.product_code for line in order.lines if line.product_code is not None}
    columns = stock_orders.c
    statement = select(columns.order_no, columns.id, columns.invoice_number, columns.invoice_date, columns.lines).where(
        columns.kapow == kapow,
        columns.supplier_id == order.supplier_id,
        columns.currency_code == order.currency,
        tuple_(columns.invoice_date, columns.order_no) < (order.invoice_date, _NEWEST if order_no is None else order_no),
        columns.id != order.id,
    )
    if client_id is not None:
        statement = statement.where(columns.client_id == client_id)
    if outlet_id is not None:
        statement = statement.where(columns.outlet_id == outlet_id)
    newest_first = statement.order_by(columns.invoice_date.desc(), columns.order_no.desc()).limit(_MOST_INVOICES)
    found: dict[str, list[Price]] = {}
    read = 0
    for invoice in await session.all(newest_first) if wanted else ():
        read += invoice.lines
        here: dict[str, list[Price]] = {}
        for code, quantity, amount in await session.hot(_PRICED, invoice.order_no):
            if code in wanted:
                price = Price(quantity, amount, invoice.id, invoice.invoice_number, invoice.invoice_date)
                here.setdefault(code, []).append(price)
        found |= here
        wanted -= here.keys()
        if not wanted or read >= _MOST_LINES:
            break
    return found


def changed(order: Order, before: Mapping[str, Collection[Price]]) -> Iterable[PriceChange]:
    """The lines whose price is another than before."""
    for place, line in enumerate(order.lines):
        prices = before.get(line.product_code) if line.product_code is not None else None
        if prices and line.quantity and line.amount and not any(price.is_that_of(line) for price in prices):
            yield PriceChange(place, line, next(iter(prices)))


def unit_price(quantity: int, amount: int) -> str:
    """Amount over quantity as text, with up to four decimals."""
    whole, rest = divmod(half_up(abs(amount) * 10_000_000, abs(quantity)), 10_000)
    decimals = f"{rest:04d}".rstrip("0").ljust(2, "0")
    return f"{'-' if (amount < 0) != (quantity < 0) else ''}{whole}.{decimals}"
