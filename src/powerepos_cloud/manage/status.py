"""`powerepos-admin status`: versions, databases, counts. What is wrong, and the cure, is `doctor`'s to say."""

import platform
from importlib.metadata import version
from typing import Any

from powerepos_cloud.directory import census, revocations, services
from powerepos_cloud.foundation.database.migrate import current_revision, newest_revision
from powerepos_cloud.keyring import store as keyring_store
from powerepos_cloud.manage.console import Desk, run
from powerepos_cloud.manage.db import DATABASES
from powerepos_cloud.manage.output import Json, show
from powerepos_cloud.settings import load_settings


def status(as_json: Json = False) -> None:
    """Show versions, the databases and how much they hold."""
    settings = load_settings()
    databases = {which: _database(settings.database_url(which), which) for which in DATABASES}
    result: dict[str, Any] = {
        "version": version("powerepos-cloud"),
        "python": platform.python_version(),
        "issuer": settings.issuer,
        "role": settings.role,
        "databases": databases,
    }
    if databases["directory"].get("current"):
        result |= run(_directory)
    show(result, as_json=as_json)


def _database(url: str, which: Any) -> dict[str, Any]:
    """What can be said of a database without opening it for work."""
    found: dict[str, Any] = {"dialect": "sqlite" if url.startswith("sqlite") else "postgresql"}
    try:
        revision = current_revision(url, which)
    except Exception as error:
        return {**found, "current": False, "error": str(error)}
    newest = newest_revision(which)
    return {**found, "revision": revision, "newest": newest, "current": revision == newest}


async def _directory(desk: Desk) -> dict[str, Any]:
    now = desk.clock.now_ms()
    reader = desk.database("directory").reader
    return {
        "counts": await desk.ask(census.count),
        "newest_revocation": await desk.ask(revocations.newest_number),
        "live_keys": {row.kid: f"{row.kind} {row.alg}" for row in await keyring_store.live(reader, now)},
        "longest_access_seconds": await desk.ask(services.longest_access_seconds),
    }
