"""Links are asked for."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0011"
down_revision = "directory_0010"


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    op.create_table(
        "asked_links",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked_links")),
    )
