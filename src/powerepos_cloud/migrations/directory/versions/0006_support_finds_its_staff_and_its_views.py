"""Support finds its staff and its views."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0006"
down_revision = "directory_0005"


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    for index, table, column in (
        ("ix_sessions_viewing", "sessions", "view_organisation_id"),
        ("ix_users_staff", "users", "staff_role"),
    ):
        present = sa.text(f"{column} IS NOT NULL")
        op.create_index(index, table, [column], unique=False, sqlite_where=present, postgresql_where=present)
