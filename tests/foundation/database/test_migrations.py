"""Each history makes exactly the tables that the rooms describe, on both databases, whoever migrates at the same time."""

import ast
import asyncio
import difflib
import multiprocessing
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy import text

import powerepos_cloud
from powerepos_cloud.foundation.database import DatabaseUnavailable, migrate, open_database
from powerepos_cloud.foundation.database.migrate import (
    History,
    WrongSchema,
    current_revision,
    is_current,
    newest_revision,
    upgrade,
)
from powerepos_cloud.migrations.metadata import METADATA
from tests.conftest import NewDatabase
from tests.support.postgresql import Cluster
from tests.support.schema import describe, on_database

HISTORIES: tuple[History, ...] = get_args(History)
SRC = Path(powerepos_cloud.__file__).parent


@pytest.fixture
def empty_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a database in which nothing was ever made."""
    if dialect == "sqlite":
        return f"sqlite:///{tmp_path}/empty/database.db"
    cluster: Cluster = request.getfixturevalue("postgresql_cluster")
    cluster.run("DROP DATABASE IF EXISTS empty WITH (FORCE)")
    cluster.run("CREATE DATABASE empty")
    return cluster.url("empty")


@pytest.mark.parametrize("which", HISTORIES)
def test_a_history_makes_what_the_tables_say(which: History, new_database: NewDatabase, empty_url: str) -> None:
    if empty_url.startswith("sqlite"):
        Path(empty_url.removeprefix("sqlite:///")).parent.mkdir()
    on_database(empty_url, METADATA[which].create_all)
    described, migrated = describe(empty_url), describe(new_database(which))
    difference = difflib.unified_diff(migrated, described, "what the history makes", "what the tables say", n=0, lineterm="")
    assert described == migrated, "draft a revision with scripts/draft_migration.py:\n" + "\n".join(difference)
    assert len(described) > 20


def test_every_room_with_tables_stands_in_the_metadata() -> None:
    found = [path.relative_to(SRC) for path in SRC.rglob("*tables.py") if "versions" not in path.parts]
    rooms = {".".join(("powerepos_cloud", *path.with_suffix("").parts)) for path in found}
    tree = ast.parse((SRC / "migrations" / "metadata.py").read_text())
    imported = {name.name for node in tree.body if isinstance(node, ast.Import) for name in node.names}
    assert imported == rooms


@pytest.mark.parametrize("which", HISTORIES)
def test_an_empty_database_is_brought_to_the_newest_revision_once(which: History, empty_url: str) -> None:
    assert current_revision(empty_url, which) is None
    assert not is_current(empty_url, which)
    for _ in range(2):
        upgrade(empty_url, which)
        assert current_revision(empty_url, which) == newest_revision(which)
        assert is_current(empty_url, which)


def test_asking_for_the_revision_makes_no_file(tmp_path: Path) -> None:
    assert current_revision(f"sqlite:///{tmp_path}/none.db", "directory") is None
    assert list(tmp_path.iterdir()) == []


def test_a_new_sqlite_file_is_its_owners_alone(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/data/directory.db", "directory")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "directory.db").stat().st_mode) == 0o600


def test_processes_that_migrate_at_once_take_turns(empty_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=upgrade, args=(empty_url, "directory")) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert is_current(empty_url, "directory")


def test_the_other_databases_history_is_refused(new_database: NewDatabase) -> None:
    url = new_database("directory")
    for ask in (upgrade, is_current):
        with pytest.raises(WrongSchema, match=rf"{newest_revision('directory')}.*another database"):
            ask(url, "partnerservices")


def test_a_newer_programs_database_is_refused_untouched(new_database: NewDatabase) -> None:
    url = new_database("directory")
    on_database(url, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = 'directory_9999'")))
    with pytest.raises(WrongSchema, match="newer version"):
        upgrade(url, "directory")
    assert current_revision(url, "directory") == "directory_9999"


def test_a_failing_revision_leaves_the_database_as_it_was(empty_url: str) -> None:
    """A table that stands in the way breaks the first revision off halfway."""
    if empty_url.startswith("sqlite"):
        Path(empty_url.removeprefix("sqlite:///")).parent.mkdir()
    on_database(empty_url, lambda connection: connection.execute(text("CREATE TABLE organisations (id integer PRIMARY KEY)")))
    before = describe(empty_url)
    with pytest.raises(Exception, match="organisations"):
        upgrade(empty_url, "directory")
    assert describe(empty_url) == before
    assert current_revision(empty_url, "directory") is None


def test_a_locked_sqlite_file_is_waited_for_and_then_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "_BUSY_SECONDS", 0.2)  # thirty seconds are too long for a test
    with closing(sqlite3.connect(tmp_path / "locked.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable, match="locked"):
            upgrade(f"sqlite:///{tmp_path}/locked.db", "directory")


def test_an_absent_postgresql_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="cannot connect"):
        upgrade(f"postgresql://nobody@/directory?host={tmp_path}", "directory")


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "sqlite:///", "sqlite:///:memory:", "directory.db", ""])
def test_other_addresses_are_refused_by_name(url: str) -> None:
    for ask in (upgrade, lambda url, which: open_database(which, url)):
        with pytest.raises(ValueError, match="directory database's URL must be"):
            ask(url, "directory")


async def test_a_migrated_database_can_be_opened_while_it_is_migrated_again(directory_url: str) -> None:
    database = open_database("directory", directory_url)
    try:
        await asyncio.to_thread(upgrade, directory_url, "directory")
        assert await database.reader.scalar(text("SELECT count(*) FROM organisations")) == 0
    finally:
        await database.close()
