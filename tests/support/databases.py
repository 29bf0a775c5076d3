"""Fresh, migrated databases: one template per history is migrated once, each test gets a copy."""

import itertools
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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


class PostgresqlDatabases:
    """Copies of a template database."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._numbers = itertools.count(1)
        self._templates: set[History] = set()

    def new(self, which: History) -> str:
        """The URL of a database that nobody else has."""
        template = f"template_{which}"
        if which not in self._templates:
            self._cluster.run(f"CREATE DATABASE {template}")
            migrate_apart(self._cluster.url(template), which)
            self._templates.add(which)
        name = f"{which}_{next(self._numbers)}"
        self._cluster.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")  # a sixth of the time
        return self._cluster.url(name)

    def drop(self, url: str) -> None:
        """Remove the database, whoever is still connected to it."""
        name = url.partition("@/")[2].partition("?")[0]
        self._cluster.run(f"DROP DATABASE {name} WITH (FORCE)")
