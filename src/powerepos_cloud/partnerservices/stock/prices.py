"""What a supplier's product cost on the supplier's last invoices, and which lines cost something else now.

The price of a line is its amount over its quantity, with inclusive and without add-on taxes. Amounts are rounded to the cent,
so two prices differ only if they do by more than half a cent of either line explains. Free goods have no price.
"""

from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import Select, select, tuple_

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


class PriceChange(msgspec.Struct, frozen=True):
    """A line (its place in the order, from 0) whose price is none that the product had on the last invoice that names it."""

    place: int
    line: Line
    before: Price


def is_one_price(quantity: int, amount: int, other_quantity: int, other_amount: int) -> bool:
    """Whether two lines have one price, but for the rounding of the two amounts."""
    return 2 * abs(amount * other_quantity - other_amount * quantity) <= abs(quantity) + abs(other_quantity)


async def price_changes(
    session: Session,
    kapow: str,
    order: Order,
    *,
    order_no: int | None = None,
    client_id: str | None = None,
    outlet_id: str | None = None,
) -> list[PriceChange]:
    """The lines whose price is none of those on the newest of the supplier's last eight invoices before that has the product.

    A product is told by the supplier's code. Only invoices of the same currency count, and where said only those of a client
    and outlet. `order_no` is the order's own number if it is stored.
    """
    left = [
        (place, line) for place, line in enumerate(order.lines) if line.product_code is not None and line.quantity and line.amount
    ]
    found: list[PriceChange] = []
    read = 0
    for invoice in await session.all(_invoices_before(kapow, order, order_no, client_id, outlet_id)) if left else ():
        read += invoice.lines
        rows = [tuple(row) for row in await session.hot(_PRICED, invoice.order_no)]
        equal = set(rows)  # most lines cost to the cent what they cost before
        left = [entry for entry in left if (entry[1].product_code, entry[1].quantity, entry[1].amount) not in equal]
        prices = _by_code(rows) if left else {}
        for place, line, (quantity, amount) in _differing(left, prices):
            before = Price(quantity, amount, invoice.id, invoice.invoice_number, invoice.invoice_date)
            found.append(PriceChange(place, line, before))
        left = [(place, line) for place, line in left if line.product_code not in prices]
        if not left or read >= _MOST_LINES:
            break
    return sorted(found, key=lambda change: change.place)


def _by_code(rows: Iterable[tuple[str, int, int]]) -> dict[str, list[tuple[int, int]]]:
    prices: dict[str, list[tuple[int, int]]] = {}
    for code, quantity, amount in rows:
        prices.setdefault(code, []).append((quantity, amount))
    return prices


def _differing(
    lines: list[tuple[int, Line]], prices: dict[str, list[tuple[int, int]]]
) -> Iterator[tuple[int, Line, tuple[int, int]]]:
    """The lines whose price is none of their product's, each with the first of those."""
    for place, line in lines:
        known = prices.get(line.product_code or "")
        if known is not None and not any(
            is_one_price(line.quantity, line.amount, quantity, amount) for quantity, amount in known
        ):
            yield place, line, known[0]


def _invoices_before(
    kapow: str, order: Order, order_no: int | None, client_id: str | None, outlet_id: str | None
) -> Select[tuple[int, str, str, str, int]]:
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
    return statement.order_by(columns.invoice_date.desc(), columns.order_no.desc()).limit(_MOST_INVOICES)


def unit_price(quantity: int, amount: int) -> str:
    """Amount over quantity as text, with up to four decimals."""
    whole, rest = divmod(half_up(abs(amount) * 10_000_000, abs(quantity)), 10_000)
    decimals = f"{rest:04d}".rstrip("0").ljust(2, "0")
    return f"{'-' if (amount < 0) != (quantity < 0) else ''}{whole}.{decimals}"
