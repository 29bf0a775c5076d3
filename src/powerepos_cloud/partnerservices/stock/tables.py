"""Stock orders, their lines, and the versions that were replaced.

Money is in hundredths, quantities in hundred-thousandths, taxes of lines in ten-millionths. Lines and versions hang on
`order_no`, which only this database knows, and are reached through their order.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, UniqueConstraint

from powerepos_cloud.foundation.database.schema import PARTNERSERVICES, digest, instant, number, text

_OWNED = {"tenant": "kapow"}


def _taxes(prefix: str) -> "list[Column[int]]":
    return [number(f"{prefix}{level}") for level in (1, 2, 3, 4)]


stock_orders = Table(
    "stock_orders",
    PARTNERSERVICES,
    # SQLite numbers rows by itself only where the key is declared INTEGER.
    Column("order_no", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("kapow"),
    text("id"),
    text("outlet_id"),
    text("client_id"),
    number("version"),
    digest("content_hash"),  # of the current version, as it was sent
    text("outlet_name"),  # this and what follows as it was when the version was stored
    text("supplier_id"),
    text("supplier_name"),
    text("invoice_number"),
    text("invoice_key"),  # trimmed, without letter case
    text("invoice_date"),  # outlet-local, yyyy-MM-dd HH:mm:ss.fff
    text("currency_code"),
    text("application_name"),
    text("application_version"),
    text("taxes"),  # JSON: [[name, rate in thousandths of a percent] or null, for levels 1 to 4]
    number("lines"),
    number("amount"),
    *_taxes("inc"),
    *_taxes("ex"),
    number("tax_rounding"),  # in ten-millionths
    number("total"),
    text("warnings", null=True),  # JSON
    text("created_local"),  # when version 1 was stored, on the outlet's clock
    instant("received_at"),
    UniqueConstraint("kapow", "id"),
    Index(None, "kapow", "supplier_id", "invoice_key"),
    Index(None, "kapow", "supplier_id", "invoice_date"),
    Index(None, "kapow", "invoice_date"),
    info=_OWNED,
)

stock_order_lines = Table(
    "stock_order_lines",
    PARTNERSERVICES,
    number("order_no", ForeignKey("stock_orders.order_no")),
    number("line"),
    text("id"),
    number("type"),
    text("description"),
    number("quantity"),
    number("amount"),
    text("product_code", null=True),
    number("plu_number", null=True),
    text("plu_name", null=True),
    text("tax_group", null=True),
    *_taxes("inc"),
    *_taxes("ex"),
    PrimaryKeyConstraint("order_no", "line"),
)

stock_order_versions = Table(
    "stock_order_versions",
    PARTNERSERVICES,
    number("order_no", ForeignKey("stock_orders.order_no")),
    number("version"),
    digest("content"),  # the version as it was stored, packed
    digest("content_hash"),
    text("warnings", null=True),
    instant("received_at"),
    PrimaryKeyConstraint("order_no", "version"),
)
