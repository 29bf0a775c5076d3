"""A PostgreSQL database that a test gives back is lent to the next one as if it were new."""

from sqlalchemy import Connection, text

from powerepos_cloud.migrations.metadata import METADATA
from tests.support.databases import PostgresqlDatabases
from tests.support.schema import describe, on_database

MAIL = "INSERT INTO mails (recipient, subject, body, created_at) VALUES ('a', 'b', 'c', 1) RETURNING id"


def counts(connection: Connection) -> int:
    """How many rows there are in all tables."""
    return sum(
        connection.scalar(text(f"SELECT count(*) FROM {table.name}")) or 0 for table in METADATA["directory"].sorted_tables
    )


def test_rows_and_sequences_do_not_outlive_a_test(postgresql_databases: PostgresqlDatabases) -> None:
    url = postgresql_databases.new("directory")
    for _ in range(3):
        assert on_database(url, lambda connection: connection.scalar(text(MAIL))) == 1
        on_database(url, lambda connection: connection.execute(text("INSERT INTO counters VALUES ('revocations', 7)")))
        postgresql_databases.drop(url)
        url = postgresql_databases.new("directory")
        assert on_database(url, counts) == 0
    postgresql_databases.drop(url)


def test_a_database_whose_tables_were_altered_is_not_lent_again(postgresql_databases: PostgresqlDatabases) -> None:
    url = postgresql_databases.new("directory")
    right = describe(url)
    for statement in (
        "CREATE TABLE promises (id integer)",
        "ALTER TABLE facts ADD COLUMN more text",
        "ALTER TABLE facts ALTER COLUMN value DROP NOT NULL",
        "UPDATE alembic_version SET version_num = 'directory_9999'",
    ):
        on_database(url, lambda connection, statement=statement: connection.execute(text(statement)))  # type: ignore[misc]
        postgresql_databases.drop(url)
        spoilt, url = url, postgresql_databases.new("directory")
        assert url != spoilt
        assert describe(url) == right
    postgresql_databases.drop(url)
