"""Alembic's entrance to the history of the partnerservices database. The caller holds the transaction and its lock."""

from alembic import context

from powerepos_cloud.migrations.metadata import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA["partnerservices"],
    render_as_batch=True,  # SQLite changes a column by copying its table
)
context.run_migrations()
