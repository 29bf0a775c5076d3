"""A pause takes a note."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0009"
down_revision = "directory_0008"


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pause_note", sa.Text(), nullable=True))
