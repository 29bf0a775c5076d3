"""Two databases behind one small interface: SQLite by default, PostgreSQL by one setting."""

from pathlib import Path

from powerepos_cloud.foundation.database.base import (
    Database,
    DatabaseUnavailable,
    Hot,
    Pending,
    Session,
    UniqueViolation,
    Unit,
)
from powerepos_cloud.foundation.database.postgresql import PostgresqlDatabase
from powerepos_cloud.foundation.database.sqlite import SqliteDatabase
from powerepos_cloud.foundation.database.tenants import TenantNotNamed, crossing

__all__ = [
    "Database",
    "DatabaseUnavailable",
    "Hot",
    "Pending",
    "Session",
    "TenantNotNamed",
    "UniqueViolation",
    "Unit",
    "crossing",
    "open_database",
]


def open_database(name: str, url: str) -> Database:
    """Open the database at `url` (`sqlite:///path` or `postgresql://…`). Raises `ValueError` for any other address."""
    if url.startswith("sqlite:///"):
        return SqliteDatabase(name, Path(url.removeprefix("sqlite:///")))
    scheme, separator, rest = url.partition("://")
    if separator and scheme in ("postgresql", "postgres", "postgresql+asyncpg"):
        return PostgresqlDatabase(name, f"postgresql+asyncpg://{rest}")
    raise ValueError(f"the {name} database's URL must begin with sqlite:/// or postgresql://, not {scheme!r}")
