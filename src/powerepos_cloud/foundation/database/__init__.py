"""Two databases behind one small interface: SQLite by default, PostgreSQL by one setting."""

from pathlib import Path

from powerepos_cloud.foundation.database.base import (
    Database,
    DatabaseUnavailable,
    Hot,
    Pending,
    Session,
    TookTooLong,
    UniqueViolation,
    Unit,
)
from powerepos_cloud.foundation.database.bulk import Bulk
from powerepos_cloud.foundation.database.postgresql import PostgresqlDatabase
from powerepos_cloud.foundation.database.sqlite import SqliteDatabase
from powerepos_cloud.foundation.database.tenants import TenantNotNamed, crossing
from powerepos_cloud.foundation.database.urls import parse_url

__all__ = [
    "Bulk",
    "Database",
    "DatabaseUnavailable",
    "Hot",
    "Pending",
    "Session",
    "TenantNotNamed",
    "TookTooLong",
    "UniqueViolation",
    "Unit",
    "crossing",
    "open_database",
]


def open_database(name: str, url: str) -> Database:
    """Open the database at `url`: `sqlite:///path` or `postgresql://…`.

    Raises `ValueError` for any other address, `DatabaseUnavailable` if the file is no database. PostgreSQL is first called
    when it is first needed.
    """
    target = parse_url(name, url)
    return SqliteDatabase(name, target) if isinstance(target, Path) else PostgresqlDatabase(name, target)
