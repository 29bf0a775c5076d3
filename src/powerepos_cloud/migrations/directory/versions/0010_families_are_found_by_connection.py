"""Families are found by connection."""

from alembic import op

revision = "directory_0010"
down_revision = "directory_0009"


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    op.create_index(op.f("ix_families_connection_id"), "families", ["connection_id"])
