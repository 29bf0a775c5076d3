"""SQL of stock orders. What touches lines is by hand: an order has up to 1024 of them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, Select, insert, select, update

from powerepos_cloud.foundation.database import Bulk, Hot, Session
from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.stock.model import Levels, Line, Order, Taxes, Totals, pack, unpack
from powerepos_cloud.partnerservices.stock.tables import stock_order_lines, stock_order_versions, stock_orders


class Stored(msgspec.Struct, frozen=True):
    """An order's head, as far as it decides what becomes of a submission."""

    order_no: int
    outlet_id: str
    client_id: str
    version: int
    content_hash: bytes


class Version(msgspec.Struct, frozen=True):
    """A version and when it was received (ms)."""

    version: int
    received_at: int


_orders = stock_orders.c
_STORED = "SELECT order_no, outlet_id, client_id, version, content_hash FROM stock_orders WHERE kapow = $1 AND id = $2"
_HELD = Hot(f"{_STORED} FOR UPDATE", _STORED)
_ADDED = [column.name for column in stock_orders.columns if column.name != "order_no"]
_PLACES = ", ".join(f"${n}" for n in range(1, len(_ADDED) + 1))
_ADD = Hot(f"INSERT INTO stock_orders ({', '.join(_ADDED)}) VALUES ({_PLACES}) RETURNING order_no")  # noqa: S608 - our columns
_LEVELS = (1, 2, 3, 4)
_TOTALS = (
    _orders.taxes,
    _orders.amount,
    *(_orders[f"inc{n}"] for n in _LEVELS),
    *(_orders[f"ex{n}"] for n in _LEVELS),
    _orders.tax_rounding,
    _orders.total,
)
_HEAD = (
    _orders.id, _orders.outlet_id, _orders.outlet_name, _orders.supplier_id, _orders.supplier_name, _orders.invoice_number,
    _orders.invoice_date, _orders.currency_code, _orders.application_name, _orders.application_version, _orders.created_local,
    *_TOTALS,
)  # fmt: skip
_ADD_LINES = Bulk(stock_order_lines)
_DELETE_LINES = Hot("DELETE FROM stock_order_lines WHERE order_no = $1")
_LINES = Hot("""
    SELECT id, type, description, quantity, amount, product_code, plu_number, plu_name, tax_group, inc1, inc2, inc3, inc4, ex1,
      ex2, ex3, ex4
    FROM stock_order_lines WHERE order_no = $1 ORDER BY line
""")

_taxes_decoder = msgspec.json.Decoder(Taxes)


async def existing(session: Session, kapow: str, order_id: str) -> Stored | None:
    """The organisation's order of this ID, held until the commit."""
    rows = await session.hot(_HELD, kapow, order_id)
    return Stored(*rows[0]) if rows else None


async def add(
    session: Session, kapow: str, client_id: str, order: Order, content_hash: bytes, warnings: str | None, now_ms: int
) -> None:
    """Write a new order. Raises `UniqueViolation` if another sender was quicker: run again."""
    values = _head(order, content_hash, warnings, now_ms) | {"kapow": kapow, "client_id": client_id, "version": 1}
    rows = await session.hot(_ADD, *(values[name] for name in _ADDED))
    await _add_lines(session, rows[0][0], order.lines)


async def change(
    session: Session, kapow: str, known: Stored, old: Order, new: Order, content_hash: bytes, warnings: str | None, now_ms: int
) -> None:
    """Store a new version of an order, keeping the old one."""
    this = (_orders.kapow == kapow, _orders.order_no == known.order_no)
    kept = await session.first(select(_orders.content_hash, _orders.warnings, _orders.received_at).where(*this))
    assert kept is not None  # the caller holds it
    await session.run(
        insert(stock_order_versions).values(
            order_no=known.order_no, version=known.version, content=pack(old), content_hash=kept.content_hash,
            warnings=kept.warnings, received_at=kept.received_at,
        )
    )  # fmt: skip
    values = _head(new, content_hash, warnings, now_ms) | {"version": known.version + 1}
    await session.run(update(stock_orders).where(*this).values(values))
    await session.hot(_DELETE_LINES, known.order_no)
    await _add_lines(session, known.order_no, new.lines)


async def load(session: Session, kapow: str, order_no: int) -> Order:
    """The current version of an order that exists."""
    head = await session.first(select(*_HEAD).where(_orders.kapow == kapow, _orders.order_no == order_no))
    assert head is not None
    return _order(head, [_line(row) for row in await session.hot(_LINES, order_no)])


async def older_hashes(session: Session, kapow: str, order_no: int) -> set[bytes]:
    """The content hashes of the versions of an order of the organisation that were replaced."""
    rows = await session.all(_versions(kapow, order_no, stock_order_versions.c.content_hash))
    return {bytes(row[0]) for row in rows}


async def load_version(session: Session, kapow: str, order_no: int, version: int) -> Order | None:
    """A replaced version of an order of the organisation."""
    found = await session.scalar(
        _versions(kapow, order_no, stock_order_versions.c.content).where(stock_order_versions.c.version == version)
    )
    return None if found is None else unpack(bytes(found))


async def older_versions(session: Session, kapow: str, order_no: int) -> list[Version]:
    """The versions of an order of the organisation that were replaced, the oldest first."""
    columns = (stock_order_versions.c.version, stock_order_versions.c.received_at)
    statement = _versions(kapow, order_no, *columns).order_by(stock_order_versions.c.version)
    return [Version(*tuple(row)) for row in await session.all(statement)]


def _versions(kapow: str, order_no: int, *columns: Any) -> Select[Any]:
    joined = stock_order_versions.join(stock_orders, _orders.order_no == stock_order_versions.c.order_no)
    return select(*columns).select_from(joined).where(_orders.kapow == kapow, _orders.order_no == order_no)


def _head(order: Order, content_hash: bytes, warnings: str | None, now_ms: int) -> dict[str, Any]:
    totals = order.totals
    return {
        "id": order.id,
        "outlet_id": order.outlet_id,
        "content_hash": content_hash,
        "outlet_name": order.outlet_name,
        "supplier_id": order.supplier_id,
        "supplier_name": order.supplier_name,
        "invoice_number": order.invoice_number,
        "invoice_key": invoice_key(order.invoice_number),
        "invoice_date": order.invoice_date,
        "currency_code": order.currency,
        "application_name": order.application_name,
        "application_version": order.application_version,
        "taxes": msgspec.json.encode(totals.taxes).decode(),
        "lines": len(order.lines),
        "amount": totals.amount,
        **{f"inc{n}": level for n, level in zip(_LEVELS, totals.inc, strict=True)},
        **{f"ex{n}": level for n, level in zip(_LEVELS, totals.ex, strict=True)},
        "tax_rounding": totals.tax_rounding,
        "total": totals.total,
        "warnings": warnings,
        "created_local": order.created_local,
        "received_at": now_ms,
    }


def invoice_key(number: str) -> str:
    """An invoice number as it is compared: trimmed, letter case aside."""
    return compare_key(number.strip())


async def _add_lines(session: Session, order_no: int, lines: Sequence[Line]) -> None:
    if not lines:
        return
    count = len(lines)
    levels = zip(*[(*line.inc, *line.ex) for line in lines], strict=True)
    columns: list[Sequence[Any]] = [
        [order_no] * count, range(count), [line.id for line in lines], [line.type for line in lines],
        [line.description for line in lines], [line.quantity for line in lines], [line.amount for line in lines],
        [line.product_code for line in lines], [line.plu_number for line in lines], [line.plu_name for line in lines],
        [line.tax_group for line in lines], *levels,
    ]  # fmt: skip
    await session.insert(_ADD_LINES, columns)


def _order(head: Row[Any], lines: list[Line]) -> Order:
    plain, (taxes, amount, *rest) = list(head)[:11], list(head)[11:]
    totals = Totals(_taxes_decoder.decode(taxes), amount, _levels(rest, 0), _levels(rest, 4), rest[8], rest[9])
    values: list[Any] = [*plain, totals, tuple(lines)]
    return Order(*values)


def _line(row: Sequence[Any]) -> Line:
    values: list[Any] = [*row[:9], _levels(row, 9), _levels(row, 13)]
    return Line(*values)


def _levels(row: Sequence[Any], start: int) -> Levels:
    first, second, third, fourth = row[start : start + 4]
    return first, second, third, fourth
