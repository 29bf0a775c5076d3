"""The catalogue as its pages show it: searched, a page at a time, one thing by itself."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, or_, select

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.catalogue import store
from powerepos_cloud.partnerservices.catalogue.rules import HIGHEST_NUMBER, Product, SupplierCode
from powerepos_cloud.partnerservices.catalogue.tables import products, supplier_codes, suppliers, tax_groups


class Counts(msgspec.Struct, frozen=True):
    """How much of each kind a catalogue holds; `inactive` are products that are no longer sold."""

    products: int
    inactive: int
    tax_groups: int
    suppliers: int
    supplier_codes: int


async def counts(session: Session, kapow: str) -> Counts:
    """How much there is."""
    held = {}
    for table in (products, tax_groups, suppliers, supplier_codes):
        held[table.name] = await session.scalar(select(func.count()).select_from(table).where(table.c.kapow == kapow))
    gone = select(func.count()).select_from(products).where(products.c.kapow == kapow, products.c.active.is_(False))
    return Counts(inactive=await session.scalar(gone), **held)


async def find_products(
    session: Session, kapow: str, text: str = "", *, after: int = 0, limit: int = 50, active: bool | None = None
) -> list[Product]:
    """Products by number above `after`: all, or those whose names hold `text` or whose number begins with it."""
    columns = tuple(products.c[name] for name in ("number", "name", "group_name", "main_group_name", "tax_group_key", "active"))
    statement = select(*columns).where(products.c.kapow == kapow, products.c.number > after)
    if text:
        statement = statement.where(_holds(text))
    if active is not None:
        statement = statement.where(products.c.active.is_(active))
    return [Product(*tuple(row)) for row in await session.all(statement.order_by(products.c.number).limit(limit))]


async def product(session: Session, kapow: str, number: int) -> Product | None:
    """The product of this PLU number, active or not."""
    return (await store.products_by_number(session, kapow, [number])).get(number)


async def find_codes(
    session: Session, kapow: str, supplier_id: str, *, after: str = "", limit: int = 50
) -> list[tuple[SupplierCode, str]]:
    """A supplier's codes above `after`, each with its product's name, by code."""
    statement = (
        select(supplier_codes.c.supplier_id, supplier_codes.c.code, supplier_codes.c.product_number, products.c.name)
        .join(
            products,
            (products.c.kapow == supplier_codes.c.kapow) & (products.c.number == supplier_codes.c.product_number),
        )
        .where(
            supplier_codes.c.kapow == kapow,
            supplier_codes.c.supplier_id == supplier_id,
            supplier_codes.c.code > after,
        )
        .order_by(supplier_codes.c.code)
        .limit(limit)
    )
    return [(SupplierCode(*tuple(row)[:3]), row.name) for row in await session.all(statement)]


def _holds(text: str) -> ColumnElement[Any]:
    found = products.c.names_key.contains(compare_key(text), autoescape=True)
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= HIGHEST_NUMBER):
        return found
    least = int(text)
    ranges = []
    width = 1
    while least * width <= HIGHEST_NUMBER:
        ranges.append(products.c.number.between(least * width, least * width + width - 1))
        width *= 10
    return or_(found, *ranges)
