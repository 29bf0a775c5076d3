"""Brings a database to the newest revision of its history. Synchronous: for commands and start-up, not for the event loop.

The histories lie in `powerepos_cloud.migrations`; Alembic loads them from there, so this room imports no room above it.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy import exc as sa_exc
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from powerepos_cloud.foundation.database.base import DatabaseUnavailable
from powerepos_cloud.foundation.database.sqlite import create_private_file
from powerepos_cloud.foundation.database.urls import parse_url

T = TypeVar("T")
History = Literal["directory", "partnerservices"]

_BUSY_SECONDS = 30.0
_ADVISORY_LOCK = 0x706F7765  # any number that all our processes agree on; PostgreSQL keeps such locks per database


class WrongSchema(Exception):
    """The database holds a revision that this history does not know: a newer program's, or the other database's."""


def upgrade(url: str, which: History) -> None:
    """Run what the database lacks, in one transaction, one process at a time: others wait, then find nothing left to do.

    A SQLite file that does not exist is made (mode 0600). Raises `WrongSchema`, `DatabaseUnavailable`, `ValueError`.
    Not for two threads of one process at once: Alembic keeps its context in module variables.
    """
    target = parse_url(which, url)
    if isinstance(target, Path):
        create_private_file(target)
        _on_sqlite(target, lambda connection: _upgrade(connection, which), "BEGIN IMMEDIATE")
    else:
        _on_postgresql(target, lambda connection: _upgrade(connection, which))


def current_revision(url: str, which: History) -> str | None:
    """The revision that the database is at; None where nothing was ever migrated. Raises like `upgrade`."""
    target = parse_url(which, url)
    if isinstance(target, Path):
        return _on_sqlite(target, _revision_of) if target.exists() else None
    return _on_postgresql(target, _revision_of)


def newest_revision(which: History) -> str:
    """The revision that this program was written for."""
    head = _scripts(which).get_current_head()
    assert head is not None
    return head


def is_current(url: str, which: History) -> bool:
    """Whether the database is at the revision that this program was written for. Raises like `upgrade`."""
    revision = current_revision(url, which)
    _refuse_unknown(revision, which)
    return revision == newest_revision(which)


def _upgrade(connection: Connection, which: History) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
    _refuse_unknown(_revision_of(connection), which)
    config = alembic_config(which)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken is not None:
            raise WrongSchema(f"after the migration a row of {broken[0]} points to a row of {broken[2]} that is not there")


def _revision_of(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown(revision: str | None, which: History) -> None:
    if revision is not None and revision not in {script.revision for script in _scripts(which).walk_revisions()}:
        raise WrongSchema(
            f"the {which} database is at revision {revision}, which this program does not know: it was made by a newer"
            " version, or the URL points to another database"
        )


def alembic_config(which: History) -> Config:
    """Alembic's view of a history; `attributes["connection"]` is still to be set."""
    config = Config()
    config.set_main_option("script_location", f"powerepos_cloud:migrations/{which}")
    config.set_main_option("path_separator", "os")
    return config


def _scripts(which: History) -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config(which))


def _on_sqlite(path: Path, deed: Callable[[Connection], T], begin: str = "BEGIN") -> T:
    """Run the deed in one transaction. Foreign keys are off meanwhile: changing a column copies its table."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None),
        poolclass=NullPool,
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    with engine.connect() as connection:
        try:
            transaction = connection.begin()
        except sa_exc.OperationalError as error:
            raise DatabaseUnavailable(f"{path}: {error.orig}") from error
        with transaction:
            return deed(connection)


def _on_postgresql(url: str, deed: Callable[[Connection], T]) -> T:
    async def run() -> T:
        engine = create_async_engine(url, poolclass=NullPool)
        try:
            connection = await engine.connect()
        except Exception as error:  # the driver has a dozen classes for "no connection", from OSError to a bad password
            raise DatabaseUnavailable(f"cannot connect: {error}") from error
        try:
            async with connection.begin():
                return await connection.run_sync(deed)
        finally:
            await connection.close()

    return asyncio.run(run())
