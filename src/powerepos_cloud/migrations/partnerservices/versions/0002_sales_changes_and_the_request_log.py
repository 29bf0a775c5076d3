"""Sales, changes and the request log."""

import sqlalchemy as sa
from alembic import op

revision = "partnerservices_0002"
down_revision = "partnerservices_0001"


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    op.create_table(
        "change_counters",
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kapow", name=op.f("pk_change_counters")),
    )
    op.create_table(
        "changes",
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("outlet_id", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kapow", "client_id", "n", name=op.f("pk_changes")),
    )
    op.create_table(
        "request_bodies",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_bodies")),
    )
    with op.batch_alter_table("request_bodies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_bodies_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_request_bodies_kapow_client_id_at"), ["kapow", "client_id", "at"], unique=False)

    op.create_table(
        "request_log",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("outlet_id", sa.Text(), nullable=True),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("outcomes", sa.Text(), nullable=False),
        sa.Column("client_request_id", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_log")),
    )
    with op.batch_alter_table("request_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_log_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_request_log_kapow_client_id_at"), ["kapow", "client_id", "at"], unique=False)

    op.create_table(
        "z_counters",
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("outlet_id", sa.Text(), nullable=False),
        sa.Column("terminal_key", sa.Text(), nullable=False),
        sa.Column("is_training", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kapow", "outlet_id", "terminal_key", "is_training", name=op.f("pk_z_counters")),
    )
    op.create_table(
        "z_reports",
        sa.Column("z_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("outlet_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("trading_date", sa.Text(), nullable=False),
        sa.Column("terminal_name", sa.Text(), nullable=False),
        sa.Column("terminal_key", sa.Text(), nullable=False),
        sa.Column("is_training", sa.BigInteger(), nullable=False),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("currency_symbol", sa.Text(), nullable=True),
        sa.Column("currency_name", sa.Text(), nullable=True),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("client_version", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("finalised_at", sa.Text(), nullable=True),
        sa.Column("finalised_by", sa.Text(), nullable=True),
        sa.Column("control_totals", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("z_no", name=op.f("pk_z_reports")),
        sa.UniqueConstraint("kapow", "id", name=op.f("uq_z_reports_kapow_id")),
        sa.UniqueConstraint("kapow", "outlet_id", "terminal_key", "is_training", "counter", name="uq_z_counter"),
        sa.UniqueConstraint(
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
    )
    with op.batch_alter_table("z_reports", schema=None) as batch_op:
        batch_op.create_index(
            "ix_z_open",
            ["kapow", "outlet_id", "client_id", "is_training", "trading_date"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "sales",
        sa.Column("sale_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("z_no", sa.BigInteger(), nullable=False),
        sa.Column("outlet_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("closed_at", sa.Text(), nullable=False),
        sa.Column("invoice_number", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("taxes", sa.Text(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("refund_of", sa.Text(), nullable=True),
        sa.Column("warnings", sa.Text(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["z_no"], ["z_reports.z_no"], name=op.f("fk_sales_z_no")),
        sa.PrimaryKeyConstraint("sale_no", name=op.f("pk_sales")),
        sa.UniqueConstraint("kapow", "id", name=op.f("uq_sales_kapow_id")),
    )
    with op.batch_alter_table("sales", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sales_z_no_invoice_number"), ["z_no", "invoice_number"], unique=False)

    op.create_table(
        "z_totals",
        sa.Column("z_no", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["z_no"], ["z_reports.z_no"], name=op.f("fk_z_totals_z_no")),
        sa.PrimaryKeyConstraint("z_no", "kind", "key", name=op.f("pk_z_totals")),
    )
    op.create_table(
        "sale_adjustments",
        sa.Column("sale_no", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=True),
        sa.Column("cost_center", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("inc1", sa.BigInteger(), nullable=False),
        sa.Column("inc2", sa.BigInteger(), nullable=False),
        sa.Column("inc3", sa.BigInteger(), nullable=False),
        sa.Column("inc4", sa.BigInteger(), nullable=False),
        sa.Column("ex1", sa.BigInteger(), nullable=False),
        sa.Column("ex2", sa.BigInteger(), nullable=False),
        sa.Column("ex3", sa.BigInteger(), nullable=False),
        sa.Column("ex4", sa.BigInteger(), nullable=False),
        sa.Column("taxable1", sa.BigInteger(), nullable=False),
        sa.Column("taxable2", sa.BigInteger(), nullable=False),
        sa.Column("taxable3", sa.BigInteger(), nullable=False),
        sa.Column("taxable4", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["sale_no"], ["sales.sale_no"], name=op.f("fk_sale_adjustments_sale_no")),
        sa.PrimaryKeyConstraint("sale_no", "n", name=op.f("pk_sale_adjustments")),
    )
    op.create_table(
        "sale_items",
        sa.Column("sale_no", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=True),
        sa.Column("ordered_at", sa.Text(), nullable=False),
        sa.Column("seat", sa.BigInteger(), nullable=False),
        sa.Column("sale_qty", sa.BigInteger(), nullable=False),
        sa.Column("stock_qty", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("inc1", sa.BigInteger(), nullable=False),
        sa.Column("inc2", sa.BigInteger(), nullable=False),
        sa.Column("inc3", sa.BigInteger(), nullable=False),
        sa.Column("inc4", sa.BigInteger(), nullable=False),
        sa.Column("ex1", sa.BigInteger(), nullable=False),
        sa.Column("ex2", sa.BigInteger(), nullable=False),
        sa.Column("ex3", sa.BigInteger(), nullable=False),
        sa.Column("ex4", sa.BigInteger(), nullable=False),
        sa.Column("taxable1", sa.BigInteger(), nullable=False),
        sa.Column("taxable2", sa.BigInteger(), nullable=False),
        sa.Column("taxable3", sa.BigInteger(), nullable=False),
        sa.Column("taxable4", sa.BigInteger(), nullable=False),
        sa.Column("plu_number", sa.BigInteger(), nullable=True),
        sa.Column("plu_name", sa.Text(), nullable=True),
        sa.Column("group_name", sa.Text(), nullable=True),
        sa.Column("main_group_name", sa.Text(), nullable=True),
        sa.Column("product_name", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["sale_no"], ["sales.sale_no"], name=op.f("fk_sale_items_sale_no")),
        sa.PrimaryKeyConstraint("sale_no", "line", name=op.f("pk_sale_items")),
    )
    op.create_table(
        "sale_payments",
        sa.Column("sale_no", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=True),
        sa.Column("paid_at", sa.Text(), nullable=False),
        sa.Column("purchase", sa.BigInteger(), nullable=False),
        sa.Column("tip", sa.BigInteger(), nullable=False),
        sa.Column("rounded", sa.BigInteger(), nullable=False),
        sa.Column("affects_cid", sa.BigInteger(), nullable=False),
        sa.Column("type_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sale_no"], ["sales.sale_no"], name=op.f("fk_sale_payments_sale_no")),
        sa.PrimaryKeyConstraint("sale_no", "n", name=op.f("pk_sale_payments")),
    )
    op.create_table(
        "sale_versions",
        sa.Column("sale_no", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("z_no", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["sale_no"], ["sales.sale_no"], name=op.f("fk_sale_versions_sale_no")),
        sa.ForeignKeyConstraint(["z_no"], ["z_reports.z_no"], name=op.f("fk_sale_versions_z_no")),
        sa.PrimaryKeyConstraint("sale_no", "version", name=op.f("pk_sale_versions")),
    )
