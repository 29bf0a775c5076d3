"""Databases for every test: each runs on SQLite and on PostgreSQL, on a freshly migrated, empty database of its own."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from powerepos_cloud.foundation.database import Database, open_database
from powerepos_cloud.foundation.database.migrate import History
from tests.support import drawing
from tests.support.clock import FakeClock
from tests.support.databases import PostgresqlDatabases, SqliteDatabases
from tests.support.postgresql import Cluster

NewDatabase = Callable[[History], str]


@pytest.hookimpl(tryfirst=True)  # before `-m fuzz` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that draw their input are marked as such."""
    for item in items:
        drawing.mark(item)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests and fixtures run on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture
def clock() -> FakeClock:
    """A clock that the test moves."""
    return FakeClock()


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    """One PostgreSQL cluster per test process."""
    cluster = Cluster()
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """Makes SQLite databases."""
    return SqliteDatabases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def postgresql_databases(postgresql_cluster: Cluster) -> PostgresqlDatabases:
    """Makes PostgreSQL databases."""
    return PostgresqlDatabases(postgresql_cluster)


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Which of the two databases this run of the test is on."""
    name: str = request.param
    return name


@pytest.fixture
def new_database(dialect: str, request: pytest.FixtureRequest) -> Iterator[NewDatabase]:
    """A function that makes another migrated, empty database and gives its URL; they are dropped after the test."""
    databases: SqliteDatabases | PostgresqlDatabases = request.getfixturevalue(f"{dialect}_databases")
    urls: list[str] = []

    def new(which: History) -> str:
        urls.append(databases.new(which))
        return urls[-1]

    yield new
    for url in urls:
        databases.drop(url)


@pytest.fixture
def directory_url(new_database: NewDatabase) -> str:
    """The URL of an empty `directory` database, for processes that the test starts."""
    return new_database("directory")


@pytest.fixture
def partnerservices_url(new_database: NewDatabase) -> str:
    """The URL of an empty Partner Services database, for processes that the test starts."""
    return new_database("partnerservices")


@pytest.fixture
async def directory_database(anyio_backend: str, directory_url: str) -> AsyncIterator[Database]:
    """The database at `directory_url`, opened in the test's event loop."""
    database = open_database("directory", directory_url)
    yield database
    await database.close()


@pytest.fixture
async def partnerservices_database(anyio_backend: str, partnerservices_url: str) -> AsyncIterator[Database]:
    """The database at `partnerservices_url`, opened in the test's event loop."""
    database = open_database("partnerservices", partnerservices_url)
    yield database
    await database.close()
