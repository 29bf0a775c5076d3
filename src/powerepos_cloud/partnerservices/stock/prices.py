"""What a supplier's product cost on the supplier's last invoices, and which lines cost something else now.

The price of a line is its amount over its quantity, with inclusive and without add-on taxes. Amounts are rounded to the cent,
so two prices differ only if they do by more than half a cent of either line explains. Free goods have no price.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from powerepos_cloud.foundation.database import Hot, Session
from powerepos_cloud.partnerservices.arithmetic import half_up
from powerepos_cloud.partnerservices.stock.model import Line, Order

_MOST_INVOICES = 8
_MOST_LINES = 4096
_NEWEST = 2**62

_INVOICES_BEFORE = Hot("""
    SELECT order_no, id, invoice_number, invoice_date, lines FROM stock_orders
    WHERE kapow = $1 AND supplier_id = $2 AND currency_code = $3 AND (invoice_date, order_no) < ($4, $5) AND id <> $6
      AND (CAST($7 AS text) IS NULL OR client_id = $7) AND (CAST($8 AS text) IS NULL OR outlet_id = $8)
    ORDER BY invoice_date DESC, order_no DESC LIMIT $9
""")
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
    here = (kapow, order.supplier_id, order.currency, order.invoice_date, _NEWEST if order_no is None else order_no, order.id)
    before = await session.hot(_INVOICES_BEFORE, *here, client_id, outlet_id, _MOST_INVOICES) if left else ()
    for number, order_id, invoice_number, invoice_date, lines in before:
        read += lines
        rows = await session.hot(_PRICED, number)
        equal = set(map(tuple, rows))  # most lines cost to the cent what they cost before
        left = [entry for entry in left if (entry[1].product_code, entry[1].quantity, entry[1].amount) not in equal]
        prices = _by_code(rows) if left else {}
        for place, line, (quantity, amount) in _differing(left, prices):
            found.append(PriceChange(place, line, Price(quantity, amount, order_id, invoice_number, invoice_date)))
        left = [(place, line) for place, line in left if line.product_code not in prices]
        if not left or read >= _MOST_LINES:
            break
    return sorted(found, key=lambda change: change.place)


def _by_code(rows: Iterable[Sequence[Any]]) -> dict[str, list[tuple[int, int]]]:
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


def unit_price(quantity: int, amount: int) -> str:
    """Amount over quantity as text, with up to four decimals."""
    whole, rest = divmod(half_up(abs(amount) * 10_000_000, abs(quantity)), 10_000)
    decimals = f"{rest:04d}".rstrip("0").ljust(2, "0")
    return f"{'-' if (amount < 0) != (quantity < 0) else ''}{whole}.{decimals}"
