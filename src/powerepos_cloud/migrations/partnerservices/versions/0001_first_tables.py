"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "partnerservices_0001"
down_revision = None


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    op.create_table(
        "audit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kapow", sa.Text(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_client_id_at"), "audit", ["client_id", "at"], unique=False)
    op.create_index(op.f("ix_audit_kapow_at"), "audit", ["kapow", "at"], unique=False)
    op.create_index(op.f("ix_audit_request_id"), "audit", ["request_id"], unique=False)
    op.create_index(op.f("ix_audit_subject_at"), "audit", ["subject", "at"], unique=False)
    op.create_table(
        "outlets",
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("day_start", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("stock_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kapow", "id", name=op.f("pk_outlets")),
    )
    op.create_table(
        "tenants",
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kapow", name=op.f("pk_tenants")),
    )
    op.create_table(
        "catalogues",
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kapow", name=op.f("pk_catalogues")),
    )
    op.create_table(
        "tax_groups",
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tax1_name", sa.Text(), nullable=True),
        sa.Column("tax1_rate", sa.BigInteger(), nullable=True),
        sa.Column("tax1_inclusive", sa.Boolean(), nullable=True),
        sa.Column("tax2_name", sa.Text(), nullable=True),
        sa.Column("tax2_rate", sa.BigInteger(), nullable=True),
        sa.Column("tax2_inclusive", sa.Boolean(), nullable=True),
        sa.Column("tax3_name", sa.Text(), nullable=True),
        sa.Column("tax3_rate", sa.BigInteger(), nullable=True),
        sa.Column("tax3_inclusive", sa.Boolean(), nullable=True),
        sa.Column("tax4_name", sa.Text(), nullable=True),
        sa.Column("tax4_rate", sa.BigInteger(), nullable=True),
        sa.Column("tax4_inclusive", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("kapow", "name_key", name=op.f("pk_tax_groups")),
    )
    op.create_table(
        "products",
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("main_group_name", sa.Text(), nullable=False),
        sa.Column("names_key", sa.Text(), nullable=False),
        sa.Column("tax_group_key", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kapow", "tax_group_key"],
            ["tax_groups.kapow", "tax_groups.name_key"],
            name=op.f("fk_products_kapow_tax_group_key"),
        ),
        sa.PrimaryKeyConstraint("kapow", "number", name=op.f("pk_products")),
    )
    op.create_index(op.f("ix_products_kapow_names_key"), "products", ["kapow", "names_key"], unique=False)
    op.create_index(
        "uq_products_active_names",
        "products",
        ["kapow", "names_key"],
        unique=True,
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "suppliers",
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("tax_group_key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["kapow", "tax_group_key"],
            ["tax_groups.kapow", "tax_groups.name_key"],
            name=op.f("fk_suppliers_kapow_tax_group_key"),
        ),
        sa.PrimaryKeyConstraint("kapow", "id", name=op.f("pk_suppliers")),
        sa.UniqueConstraint("kapow", "name_key", name=op.f("uq_suppliers_kapow_name_key")),
    )
    op.create_table(
        "supplier_codes",
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("product_number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kapow", "product_number"],
            ["products.kapow", "products.number"],
            name=op.f("fk_supplier_codes_kapow_product_number"),
        ),
        sa.ForeignKeyConstraint(
            ["kapow", "supplier_id"], ["suppliers.kapow", "suppliers.id"], name=op.f("fk_supplier_codes_kapow_supplier_id")
        ),
        sa.PrimaryKeyConstraint("kapow", "supplier_id", "code", name=op.f("pk_supplier_codes")),
    )
