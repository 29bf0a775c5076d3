"""Stopped partners are remembered."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0008"
down_revision = "directory_0007"


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    op.create_table(
        "stopped_partners",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_stopped_partners_organisation_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_stopped_partners_partner_id")),
        sa.PrimaryKeyConstraint("organisation_id", "partner_id", name=op.f("pk_stopped_partners")),
    )
    # Until now a stop was told by the audit alone.
    op.execute(
        "INSERT INTO stopped_partners (organisation_id, partner_id, created_at) "
        "SELECT o.id, p.id, MIN(a.at) FROM audit a JOIN organisations o ON o.kapow = a.kapow "
        "JOIN partners p ON CAST(p.id AS TEXT) = a.subject "
        "WHERE a.action = 'partner.stopped' GROUP BY o.id, p.id"
    )
