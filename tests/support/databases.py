"""Fresh, migrated databases: one template per history is migrated once, each test gets a copy."""

import itertools
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from powerepos_cloud.foundation.database.migrate import History, upgrade
from tests.support.postgresql import Cluster


def migrate_apart(url: str, which: History) -> None:
    """Migrate in a thread, since the caller may stand inside an event loop."""
    with ThreadPoolExecutor(1) as apart:
        apart.submit(upgrade, url, which).result()


class SqliteDatabases:
    """Copies of a template file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._templates: dict[History, Path] = {}

    def new(self, which: History) -> str:
        """The URL of a database that nobody else has."""
        if which not in self._templates:
            template = self._folder / f"template-{which}.db"
            migrate_apart(f"sqlite:///{template}", which)
            self._templates[which] = template
        path = self._folder / f"{which}-{next(self._numbers)}" / f"{which}.db"
        path.parent.mkdir(mode=0o700)
        shutil.copy(self._templates[which], path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        """Remove the file and SQLite's files beside it."""
        shutil.rmtree(Path(url.removeprefix("sqlite:///")).parent)


# What a database is but for its rows: a test that altered more than rows has spoilt its database for others.
_SHAPE = """
    SELECT md5(concat(
        (SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
        (SELECT string_agg(attname || attnotnull, ',' ORDER BY attrelid, attnum) FROM pg_attribute
         JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace),
        (SELECT string_agg(conname, ',' ORDER BY conname) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
        (SELECT string_agg(tgname, ',' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal),
        (SELECT version_num FROM alembic_version)))
"""
_ALONE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_EMPTY = """
    SET session_replication_role = replica; -- no foreign keys meanwhile
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                    AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0 LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
        PERFORM setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences WHERE last_value IS NOT NULL;
    END $$;
"""
_LARGEST_BYTES = 16_000_000


class PostgresqlDatabases:
    """Copies of a template database. One that is given back is emptied and lent again, which is far cheaper than a copy."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._numbers = itertools.count(1)
        self._shapes: dict[History, str] = {}
        self._idle: dict[History, list[str]] = {}

    def new(self, which: History) -> str:
        """The URL of a database that nobody else has."""
        template = f"template_{which}"
        if which not in self._shapes:
            self._cluster.run(f"CREATE DATABASE {template}")
            migrate_apart(self._cluster.url(template), which)
            ((self._shapes[which],),) = self._cluster.run(_SHAPE, template)
            self._idle[which] = []
        if self._idle[which]:
            return self._cluster.url(self._idle[which].pop())
        name = f"{which}_{next(self._numbers)}"
        self._cluster.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")  # a sixth of the time
        return self._cluster.url(name)

    def drop(self, url: str) -> None:
        """Take the database back, whoever is still connected to it."""
        name = url.partition("@/")[2].partition("?")[0]
        which: History = "directory" if name.startswith("directory") else "partnerservices"

        async def empty(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
            await connection.execute(_ALONE)
            if await connection.fetchval(_SHAPE) != self._shapes[which]:
                return False
            if await connection.fetchval("SELECT pg_database_size(current_database())") > _LARGEST_BYTES:
                return False
            await connection.execute(_EMPTY)
            return True

        if self._cluster.talk(empty, name):
            self._idle[which].append(name)
        else:
            self._cluster.run(f"DROP DATABASE {name} WITH (FORCE)")
