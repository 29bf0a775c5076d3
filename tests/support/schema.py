"""What a database's tables really are, as lines of text that can be compared."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from powerepos_cloud.foundation.database.urls import parse_url

T = TypeVar("T")


def on_database(url: str, deed: Callable[[Connection], T]) -> T:
    """Run the deed in a transaction of its own on the database at `url`."""
    target = parse_url("tested", url)
    if isinstance(target, Path):
        engine = create_engine(f"sqlite:///{target}")
        try:
            with engine.begin() as connection:
                return deed(connection)
        finally:
            engine.dispose()

    async def run() -> T:
        engine = create_async_engine(target)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(deed)
        finally:
            await engine.dispose()

    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, run()).result()


def describe(url: str) -> list[str]:
    """Every column, key and index of the database, one a line, sorted."""
    return on_database(url, lambda connection: sorted(_lines(connection)))


def _lines(connection: Connection) -> Iterator[str]:
    inspector = inspect(connection)
    for table in inspector.get_table_names():
        if table == "alembic_version":
            continue
        for column in inspector.get_columns(table):
            null = "null" if column["nullable"] else "not null"
            yield f"{table}.{column['name']}: {column['type']} {null} default {column['default']}"
        yield f"{table}: primary key {_facts(inspector.get_pk_constraint(table))}"
        for kind in ("foreign_keys", "unique_constraints", "check_constraints", "indexes"):
            for found in getattr(inspector, f"get_{kind}")(table):
                yield f"{table}: {kind} {_facts(found)}"


def _facts(found: Any) -> str:
    return ", ".join(f"{key}={_plain(found[key])}" for key in sorted(found) if found[key] not in (None, {}, []))


def _plain(value: Any) -> str:
    """A partial index's condition is an object: its words are what counts."""
    return str({key: str(word) for key, word in value.items()} if isinstance(value, dict) else value)
