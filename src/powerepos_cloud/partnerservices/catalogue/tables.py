"""The catalogue. Tax rates are thousandths of a percent; texts that name something have a key without letter case."""

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy import text as sql

from powerepos_cloud.foundation.database.schema import PARTNERSERVICES, instant, number, text

_OWNED = {"tenant": "kapow"}
_ACTIVE = sql("active")


def _level(n: int) -> "list[Column[Any]]":
    """One of the four tax levels; all null where the group does not use it."""
    return [
        text(f"tax{n}_name", null=True),
        number(f"tax{n}_rate", null=True),
        Column(f"tax{n}_inclusive", Boolean, nullable=True),
    ]


def _to_tax_group() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["kapow", "tax_group_key"], ["tax_groups.kapow", "tax_groups.name_key"])


catalogues = Table(
    "catalogues",
    PARTNERSERVICES,
    text("kapow", primary_key=True),
    number("revision"),  # rises with every change; its row is what changes of one catalogue wait for
    instant("changed_at"),
    info=_OWNED,
)

tax_groups = Table(
    "tax_groups",
    PARTNERSERVICES,
    text("kapow"),
    text("name_key"),
    text("name"),
    *_level(1),
    *_level(2),
    *_level(3),
    *_level(4),
    PrimaryKeyConstraint("kapow", "name_key"),
    info=_OWNED,
)

products = Table(
    "products",
    PARTNERSERVICES,
    text("kapow"),
    number("number"),  # the PLU number
    text("name"),
    text("group_name"),
    text("main_group_name"),
    text("names_key"),  # main group, group and name
    text("tax_group_key", null=True),
    Column("active", Boolean, nullable=False),
    PrimaryKeyConstraint("kapow", "number"),
    _to_tax_group(),
    Index(None, "kapow", "names_key"),
    Index("uq_products_active_names", "kapow", "names_key", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    info=_OWNED,
)

suppliers = Table(
    "suppliers",
    PARTNERSERVICES,
    text("kapow"),
    text("id"),  # GUID, lower case with hyphens
    text("name"),
    text("name_key"),
    text("tax_group_key", null=True),
    PrimaryKeyConstraint("kapow", "id"),
    UniqueConstraint("kapow", "name_key"),
    _to_tax_group(),
    info=_OWNED,
)

supplier_codes = Table(
    "supplier_codes",
    PARTNERSERVICES,
    text("kapow"),
    text("supplier_id"),
    text("code"),
    number("product_number"),
    PrimaryKeyConstraint("kapow", "supplier_id", "code"),  # so a code of a supplier means exactly one product
    ForeignKeyConstraint(["kapow", "supplier_id"], ["suppliers.kapow", "suppliers.id"]),
    ForeignKeyConstraint(["kapow", "product_number"], ["products.kapow", "products.number"]),
    info=_OWNED,
)
