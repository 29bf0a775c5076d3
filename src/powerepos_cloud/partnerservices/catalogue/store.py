"""An organisation's catalogue on this instance, as sales, stock orders, pages and commands read it, keyed by `kapow`.

Nothing in a catalogue is ever deleted: what is no longer sold is not active. Look-ups take many keys at once: a batch or an
order is one statement.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select

from powerepos_cloud.foundation.database import Hot, Session
from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.catalogue.rules import (
    HIGHEST_NUMBER,
    Product,
    Supplier,
    SupplierCode,
    TaxGroup,
    TaxLevel,
)
from powerepos_cloud.partnerservices.catalogue.similar import Similar
from powerepos_cloud.partnerservices.catalogue.tables import products, supplier_codes, suppliers, tax_groups

MOST_CANDIDATES = 5

Stamp = tuple[int, int]
"""Revision, and when it was made (ms): a commit that failed may have left the number to another change."""

_LEVELS = (1, 2, 3, 4)
_PRODUCT = tuple(products.c[name] for name in ("number", "name", "group_name", "main_group_name", "tax_group_key", "active"))
_SUPPLIER = (suppliers.c.id, suppliers.c.name, suppliers.c.tax_group_key)
_CODE = (supplier_codes.c.supplier_id, supplier_codes.c.code, supplier_codes.c.product_number)
_TAX_GROUP = (
    tax_groups.c.name,
    *(tax_groups.c[f"tax{n}_{part}"] for n in _LEVELS for part in ("name", "rate", "inclusive")),
)

_FIELDS = "p.number, p.name, p.group_name, p.main_group_name, p.tax_group_key, p.active"


def _many(text: str) -> Hot:
    """A statement with `AMONG $n`, where the parameter is a list."""
    text = text.replace("FIELDS", _FIELDS)
    return Hot(
        re.sub(r"AMONG (\$\d)", r"= ANY(\1)", text), re.sub(r"AMONG (\$\d)", r"IN (SELECT value FROM json_each(\1))", text)
    )


_NAMES_BY_NUMBER = _many("SELECT number, name FROM products WHERE kapow = $1 AND number AMONG $2")
_BY_NUMBER = _many("SELECT FIELDS FROM products p WHERE p.kapow = $1 AND p.number AMONG $2")
_BY_NAMES = _many("""
    SELECT p.names_key, FIELDS FROM products p WHERE p.kapow = $1 AND p.names_key AMONG $2 ORDER BY p.active, p.number""")
_STAMP = Hot("SELECT revision, changed_at FROM catalogues WHERE kapow = $1")
_BY_CODE = _many("""
    SELECT c.code, FIELDS FROM supplier_codes c JOIN products p ON p.kapow = c.kapow AND p.number = c.product_number
    WHERE c.kapow = $1 AND c.supplier_id = $2 AND c.code AMONG $3""")


async def product_names(session: Session, kapow: str, numbers: Collection[int]) -> dict[int, str]:
    """The names of the products with these PLU numbers, active or not; numbers that no product has are left out."""
    rows = await session.hot(_NAMES_BY_NUMBER, kapow, session.listed(_possible(numbers)))
    return {row[0]: row[1] for row in rows}


async def products_by_number(session: Session, kapow: str, numbers: Collection[int]) -> dict[int, Product]:
    """The products with these PLU numbers, active or not; numbers that no product has are left out."""
    rows = await session.hot(_BY_NUMBER, kapow, session.listed(_possible(numbers)))
    return {row[0]: _product(row) for row in rows}


async def products_by_names(session: Session, kapow: str, keys: Collection[str]) -> dict[str, Product]:
    """Products by `rules.names_key`: the active one of these names, else the inactive one with the highest number."""
    rows = await session.hot(_BY_NAMES, kapow, session.listed(_storable(keys)))
    return {row[0]: _product(row[1:]) for row in rows}  # the last of several stands: it is the active one if there is one


async def products_by_supplier_code(session: Session, kapow: str, supplier_id: str, codes: Collection[str]) -> dict[str, Product]:
    """What this supplier's codes (`rules.code_key`) mean; codes that mean nothing are left out."""
    rows = await session.hot(_BY_CODE, kapow, supplier_id, session.listed(_storable(codes)))
    return {row[0]: _product(row[1:]) for row in rows}


async def codes_with_names(session: Session, kapow: str, supplier_id: str) -> dict[str, tuple[SupplierCode, str]]:
    """All of a supplier's codes, each with its product's name."""
    statement = (
        select(*_CODE, products.c.name)
        .join(
            products,
            (products.c.kapow == supplier_codes.c.kapow) & (products.c.number == supplier_codes.c.product_number),
        )
        .where(supplier_codes.c.kapow == kapow, supplier_codes.c.supplier_id == supplier_id)
    )
    return {row.code: (SupplierCode(*tuple(row)[:3]), row.name) for row in await session.all(statement)}


def similar_codes(
    known: Mapping[str, tuple[SupplierCode, str]], codes: Collection[str]
) -> dict[str, list[tuple[SupplierCode, str]]]:
    """For each code that means nothing: at most five of the known codes that look like it, likest first.

    For a thousand codes this takes tenths of a second: let a thread do it.
    """
    similar = Similar(known)
    return {code: [known[found] for found in similar.to(code, MOST_CANDIDATES)] for code in codes}


async def list_products(
    session: Session, kapow: str, *, after: int = 0, limit: int | None = None, active: bool | None = None
) -> list[Product]:
    """Products by number, of those with a number above `after` at most `limit`; only active or inactive ones if said."""
    statement = select(*_PRODUCT).where(products.c.kapow == kapow, products.c.number > after)
    if active is not None:
        statement = statement.where(products.c.active.is_(active))
    return [_product(row) for row in await session.all(statement.order_by(products.c.number).limit(limit))]


async def list_tax_groups(session: Session, kapow: str) -> list[TaxGroup]:
    """All tax groups, by name."""
    statement = select(*_TAX_GROUP).where(tax_groups.c.kapow == kapow).order_by(tax_groups.c.name_key)
    return [_tax_group(row) for row in await session.all(statement)]


async def list_suppliers(session: Session, kapow: str) -> list[Supplier]:
    """All suppliers, by name."""
    statement = select(*_SUPPLIER).where(suppliers.c.kapow == kapow).order_by(suppliers.c.name_key)
    return [Supplier(*tuple(row)) for row in await session.all(statement)]


async def list_supplier_codes(session: Session, kapow: str, supplier_id: str | None = None) -> list[SupplierCode]:
    """All supplier product codes, or those of one supplier, by supplier and code."""
    statement = select(*_CODE).where(supplier_codes.c.kapow == kapow)
    if supplier_id is not None:
        statement = statement.where(supplier_codes.c.supplier_id == supplier_id)
    statement = statement.order_by(supplier_codes.c.supplier_id, supplier_codes.c.code)
    return [SupplierCode(*tuple(row)) for row in await session.all(statement)]


async def tax_groups_by_key(session: Session, kapow: str, keys: Collection[str]) -> dict[str, TaxGroup]:
    """The tax groups of these keys (`texts.compare_key` of a trimmed name), as far as there are any."""
    statement = select(*_TAX_GROUP).where(tax_groups.c.kapow == kapow, tax_groups.c.name_key.in_(_storable(keys)))
    return {group.key: group for group in map(_tax_group, await session.all(statement))}


async def supplier_by_id(session: Session, kapow: str, supplier_id: str) -> Supplier | None:
    """The supplier of this GUID (lower case with hyphens)."""
    return await _supplier(session, kapow, suppliers.c.id == supplier_id)


async def supplier_by_name(session: Session, kapow: str, name: str) -> Supplier | None:
    """The supplier of this name, trimmed and letter case aside; names are unique."""
    return await _supplier(session, kapow, suppliers.c.name_key == compare_key(name.strip()))


async def revision(session: Session, kapow: str) -> int:
    """The number of the catalogue's newest change; 0 if there never was one."""
    return (await stamp(session, kapow))[0]


async def stamp(session: Session, kapow: str) -> Stamp:
    """What a catalogue looks like no other time than this; asked for by those who remember it."""
    rows = await session.hot(_STAMP, kapow)
    return (rows[0][0], rows[0][1]) if rows else (0, 0)


async def _supplier(session: Session, kapow: str, condition: Any) -> Supplier | None:
    found = await session.first(select(*_SUPPLIER).where(suppliers.c.kapow == kapow, condition))
    return None if found is None else Supplier(*tuple(found))


def _possible(numbers: Collection[int]) -> list[int]:
    return [number for number in numbers if 1 <= number <= HIGHEST_NUMBER]


def _storable(texts: Collection[str]) -> list[str]:
    """Without those that no text column holds, and PostgreSQL refuses to be asked for."""
    return [text for text in texts if "\0" not in text and (text.isascii() or _is_encodable(text))]


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _product(row: Sequence[Any]) -> Product:
    number, name, group, main_group, tax_group, active = row
    return Product(number, name, group, main_group, tax_group, bool(active))


def _tax_group(row: Row[Any]) -> TaxGroup:
    name, parts = row[0], row[1:]
    one, two, three, four = (
        None if parts[n] is None else TaxLevel(parts[n], parts[n + 1], bool(parts[n + 2])) for n in (0, 3, 6, 9)
    )
    return TaxGroup(name, (one, two, three, four))
