"""Zs, sales and what hangs on them, totals.

Money is in hundredths; taxes, taxable sales and stock quantities in ten-millionths (1e-7); sale quantities in hundredths.
Outlet-local times are text, `yyyy-MM-dd HH:mm:ss.fff`, which sorts as time does. Lines, payments and adjustments hang on
`sale_no`, which only this database knows, and are reached through their sale.
"""

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy import text as sql

from powerepos_cloud.foundation.database.schema import PARTNERSERVICES, digest, instant, number, text

_OWNED = {"tenant": "kapow"}
_OPEN = sql("state = 'open'")
_REFUNDS = sql("refund_of IS NOT NULL")


def _big_id(name: str) -> "Column[int]":
    # SQLite numbers rows by itself only where the key is declared INTEGER.
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _taxes(prefix: str) -> "list[Column[int]]":
    return [number(f"{prefix}{level}") for level in (1, 2, 3, 4)]


z_reports = Table(
    "z_reports",
    PARTNERSERVICES,
    _big_id("z_no"),
    text("kapow"),
    text("id"),
    text("outlet_id"),
    text("client_id"),
    text("trading_date"),  # yyyy-MM-dd
    text("terminal_name"),
    text("terminal_key"),
    number("is_training"),  # 0 | 1
    text("currency_code"),
    text("currency_symbol", null=True),
    text("currency_name", null=True),
    text("client_name"),
    text("client_version"),
    number("seq"),  # 1, or 2 and on for late Zs of the same key and day
    number("counter"),
    text("state"),  # open | finalised
    text("finalised_at", null=True),  # outlet-local, as it was sent
    text("finalised_by", null=True),
    text("control_totals", null=True),  # JSON, as the partner sent them last, whether they agreed or not
    instant("control_at", null=True),
    instant("opened_at"),
    instant("received_at", null=True),  # when sales were last stored in it
    instant("closed_at", null=True),  # when it was finalised here
    UniqueConstraint("kapow", "id"),
    UniqueConstraint(
        "kapow",
        "outlet_id",
        "trading_date",
        "client_id",
        "terminal_key",
        "is_training",
        "currency_code",
        "seq",
        name="uq_z_key",
    ),
    UniqueConstraint("kapow", "outlet_id", "terminal_key", "is_training", "counter", name="uq_z_counter"),
    Index(
        "ix_z_open",
        "kapow",
        "outlet_id",
        "client_id",
        "is_training",
        "trading_date",
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    info=_OWNED,
)

z_counters = Table(
    "z_counters",
    PARTNERSERVICES,
    text("kapow"),
    text("outlet_id"),
    text("terminal_key"),
    number("is_training"),
    number("value"),
    PrimaryKeyConstraint("kapow", "outlet_id", "terminal_key", "is_training"),
    info=_OWNED,
)

z_totals = Table(
    "z_totals",
    PARTNERSERVICES,
    number("z_no", ForeignKey("z_reports.z_no")),
    text("kind"),  # all | hour | payment | tax | adjustment
    text("key"),
    text("label"),
    text("measures"),  # JSON list of whole numbers: sums may pass 64 bits
    PrimaryKeyConstraint("z_no", "kind", "key"),
)

sales = Table(
    "sales",
    PARTNERSERVICES,
    _big_id("sale_no"),
    text("kapow"),
    text("id"),
    number("z_no", ForeignKey("z_reports.z_no")),
    text("outlet_id"),
    text("client_id"),
    number("version"),
    digest("content_hash"),
    text("closed_at"),
    # Compared byte by byte on both databases, so that P1000009 comes before P1000010 on both.
    Column("invoice_number", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False),
    text("taxes"),  # JSON: [[name, rate in thousandths of a percent] or null, for levels 1 to 4]
    number("gross"),  # amounts and exclusive taxes of items and adjustments, in ten-millionths
    text("refund_of", null=True),
    text("warnings", null=True),  # JSON
    instant("received_at"),
    UniqueConstraint("kapow", "id"),
    Index(None, "z_no", "invoice_number"),
    Index(None, "z_no", "gross"),
    Index("ix_sales_refund_of", "kapow", "refund_of", sqlite_where=_REFUNDS, postgresql_where=_REFUNDS),
    info=_OWNED,
)

names = Table(
    "names",
    PARTNERSERVICES,
    _big_id("name_no"),
    text("kapow"),
    text("name"),
    text("words"),  # as they are sought: folded, without marks, one space between two
    UniqueConstraint("kapow", "name"),
    Index("ix_names_words", sql("array_to_tsvector(string_to_array(words, ' '))"), postgresql_using="gin").ddl_if(
        dialect="postgresql"
    ),
    info=_OWNED,
)
# FTS5 may not be written by a trigger (`trusted_schema` is off), so whoever adds a name adds it here, too.
event.listen(
    names,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        "CREATE VIRTUAL TABLE names_text USING fts5(words, content='', tokenize='unicode61 remove_diacritics 0')"
    ).execute_if(dialect="sqlite"),
)

z_names = Table(
    "z_names",
    PARTNERSERVICES,
    number("z_no", ForeignKey("z_reports.z_no")),
    number("name_no", ForeignKey("names.name_no")),
    PrimaryKeyConstraint("z_no", "name_no"),
    Index(None, "name_no"),
)

sale_items = Table(
    "sale_items",
    PARTNERSERVICES,
    number("sale_no", ForeignKey("sales.sale_no")),
    number("line"),
    text("id", null=True),  # only if it was sent
    text("ordered_at"),
    number("seat"),
    number("sale_qty"),
    number("stock_qty"),
    number("amount"),
    number("cost"),
    *_taxes("inc"),
    *_taxes("ex"),
    *_taxes("taxable"),
    number("plu_number", null=True),
    text("plu_name", null=True),
    text("group_name", null=True),
    text("main_group_name", null=True),
    text("product_name", null=True),  # what the catalogue called the PLU number then
    PrimaryKeyConstraint("sale_no", "line"),
)

sale_adjustments = Table(
    "sale_adjustments",
    PARTNERSERVICES,
    number("sale_no", ForeignKey("sales.sale_no")),
    number("n"),
    number("line", null=True),  # the item that it belongs to; null: the order
    text("name"),
    text("bucket", null=True),
    text("cost_center", null=True),
    number("amount"),
    *_taxes("inc"),
    *_taxes("ex"),
    *_taxes("taxable"),
    text("parts", null=True),  # an order's adjustment prorated: JSON [[line, amount, inc 1-4, ex 1-4] …]
    PrimaryKeyConstraint("sale_no", "n"),
)

sale_payments = Table(
    "sale_payments",
    PARTNERSERVICES,
    number("sale_no", ForeignKey("sales.sale_no")),
    number("n"),
    text("id", null=True),
    text("paid_at"),
    number("purchase"),
    number("tip"),
    number("rounded"),
    number("affects_cid"),  # 0 | 1
    text("type_name"),
    PrimaryKeyConstraint("sale_no", "n"),
)

sale_versions = Table(
    "sale_versions",
    PARTNERSERVICES,
    number("sale_no", ForeignKey("sales.sale_no")),
    number("version"),
    number("z_no", ForeignKey("z_reports.z_no")),
    digest("content"),  # the version as it was, packed
    digest("content_hash"),
    text("warnings", null=True),
    instant("received_at"),
    PrimaryKeyConstraint("sale_no", "version"),
    Index(None, "z_no"),
)
