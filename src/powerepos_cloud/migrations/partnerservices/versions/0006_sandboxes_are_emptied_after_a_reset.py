"""Sandboxes are emptied after a reset."""

import sqlalchemy as sa
from alembic import op

revision = "partnerservices_0006"
down_revision = "partnerservices_0005"


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    with op.batch_alter_table("sale_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sale_versions_z_no"), ["z_no"], unique=False)

    with op.batch_alter_table("tenants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_to_be_emptied", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.create_index(
            "ix_tenants_emptied",
            ["kapow"],
            unique=False,
            sqlite_where=sa.text("is_to_be_emptied = 1"),
            postgresql_where=sa.text("is_to_be_emptied = 1"),
        )

    with op.batch_alter_table("z_names", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_z_names_name_no"), ["name_no"], unique=False)
