"""Clients and service accounts have a number below which nothing issued works."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0004"
down_revision = "directory_0003"


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    for table in ("clients", "accounts"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("valid_from", sa.BigInteger(), server_default="0", nullable=False))
