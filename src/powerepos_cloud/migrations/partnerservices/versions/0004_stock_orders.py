"""Stock orders."""

import sqlalchemy as sa
from alembic import op

revision = "partnerservices_0004"
down_revision = "partnerservices_0003"


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    op.create_table(
        "stock_orders",
        sa.Column("order_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("outlet_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("outlet_name", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.Text(), nullable=False),
        sa.Column("supplier_name", sa.Text(), nullable=False),
        sa.Column("invoice_number", sa.Text(), nullable=False),
        sa.Column("invoice_key", sa.Text(), nullable=False),
        sa.Column("invoice_date", sa.Text(), nullable=False),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("application_name", sa.Text(), nullable=False),
        sa.Column("application_version", sa.Text(), nullable=False),
        sa.Column("taxes", sa.Text(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("inc1", sa.BigInteger(), nullable=False),
        sa.Column("inc2", sa.BigInteger(), nullable=False),
        sa.Column("inc3", sa.BigInteger(), nullable=False),
        sa.Column("inc4", sa.BigInteger(), nullable=False),
        sa.Column("ex1", sa.BigInteger(), nullable=False),
        sa.Column("ex2", sa.BigInteger(), nullable=False),
        sa.Column("ex3", sa.BigInteger(), nullable=False),
        sa.Column("ex4", sa.BigInteger(), nullable=False),
        sa.Column("tax_rounding", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=True),
        sa.Column("created_local", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_no", name=op.f("pk_stock_orders")),
        sa.UniqueConstraint("kapow", "id", name=op.f("uq_stock_orders_kapow_id")),
    )
    with op.batch_alter_table("stock_orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_orders_kapow_invoice_date"), ["kapow", "invoice_date"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_stock_orders_kapow_supplier_id_invoice_date"), ["kapow", "supplier_id", "invoice_date"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_stock_orders_kapow_supplier_id_invoice_key"), ["kapow", "supplier_id", "invoice_key"], unique=False
        )

    op.create_table(
        "stock_order_lines",
        sa.Column("order_no", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=True),
        sa.Column("plu_number", sa.BigInteger(), nullable=True),
        sa.Column("plu_name", sa.Text(), nullable=True),
        sa.Column("tax_group", sa.Text(), nullable=True),
        sa.Column("inc1", sa.BigInteger(), nullable=False),
        sa.Column("inc2", sa.BigInteger(), nullable=False),
        sa.Column("inc3", sa.BigInteger(), nullable=False),
        sa.Column("inc4", sa.BigInteger(), nullable=False),
        sa.Column("ex1", sa.BigInteger(), nullable=False),
        sa.Column("ex2", sa.BigInteger(), nullable=False),
        sa.Column("ex3", sa.BigInteger(), nullable=False),
        sa.Column("ex4", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_no"], ["stock_orders.order_no"], name=op.f("fk_stock_order_lines_order_no")),
        sa.PrimaryKeyConstraint("order_no", "line", name=op.f("pk_stock_order_lines")),
    )
    op.create_table(
        "stock_order_versions",
        sa.Column("order_no", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_no"], ["stock_orders.order_no"], name=op.f("fk_stock_order_versions_order_no")),
        sa.PrimaryKeyConstraint("order_no", "version", name=op.f("pk_stock_order_versions")),
    )
