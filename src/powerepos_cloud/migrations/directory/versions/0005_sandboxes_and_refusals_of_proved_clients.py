"""Sandboxes and refusals of proved clients."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0005"
down_revision = "directory_0004"


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    op.create_table(
        "refused_calls",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("grant_type", sa.Text(), nullable=True),
        sa.Column("asked_org_id", sa.Text(), nullable=True),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("client_request_id", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_calls")),
    )
    with op.batch_alter_table("refused_calls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refused_calls_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_refused_calls_client_id_at"), ["client_id", "at"], unique=False)

    op.create_table(
        "sandboxes",
        sa.Column("partner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("reset_at", sa.BigInteger(), nullable=True),
        sa.Column("resets", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sandboxes_account_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_sandboxes_organisation_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_sandboxes_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_sandboxes")),
        sa.UniqueConstraint("organisation_id", name=op.f("uq_sandboxes_organisation_id")),
    )
