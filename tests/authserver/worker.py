"""Another worker of the same AuthServer: its parts on database connections of its own, with housekeeping done by hand."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from powerepos_cloud.authserver.api import AuthServer
from powerepos_cloud.authserver.assembly import build_authserver
from powerepos_cloud.authserver.grants.issue import Tools
from powerepos_cloud.authserver.housekeeping import Housekeeping
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, open_database
from powerepos_cloud.foundation.sealing import Seal
from powerepos_cloud.observability.logs import build_log
from powerepos_cloud.observability.metrics import Metrics
from tests.support.application import MASTER_KEY
from tests.support.world import ISSUER

ROTATION_DAYS = 90


class Worker(NamedTuple):
    """What a worker process holds."""

    database: Database
    server: AuthServer
    housekeeping: Housekeeping

    @property
    def tools(self) -> Tools:
        """What its grants work with."""
        return self.housekeeping._tools  # the server has no need to show them


@asynccontextmanager
async def working(url: str, clock: Clock, *, master_key: str = MASTER_KEY, **options: Any) -> AsyncIterator[Worker]:
    """A worker that has started: keys made and read, surplus families looked for."""
    database = open_database("directory", url)
    values: dict[str, Any] = {
        "repeat_window_ms": 86_400_000,
        "late_repeats": 3,
        "families_most": 100,
        "rotation_ms": ROTATION_DAYS * 86_400_000,
    }
    server, housekeeping = build_authserver(
        ISSUER, ISSUER, database=database, seal=Seal(master_key), clock=clock, metrics=Metrics(),
        log=build_log("debug", io.StringIO()), **(values | options),
    )  # fmt: skip
    try:
        await housekeeping.start()
        yield Worker(database, server, housekeeping)
    finally:
        await housekeeping.stop()
        await database.close()
