"""Refunds are found by the sale that they refund."""

import sqlalchemy as sa
from alembic import op

revision = "partnerservices_0003"
down_revision = "partnerservices_0002"

_REFUNDS = sa.text("refund_of IS NOT NULL")


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    op.create_index("ix_sales_refund_of", "sales", ["kapow", "refund_of"], sqlite_where=_REFUNDS, postgresql_where=_REFUNDS)
