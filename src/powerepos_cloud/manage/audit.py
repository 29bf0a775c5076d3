"""`powerepos-admin audit`: who did what, from both databases, newest first."""

from typing import Annotated, Any

import msgspec
import typer
from sqlalchemy import Row

from powerepos_cloud.audit import store
from powerepos_cloud.foundation.database.migrate import History, is_current
from powerepos_cloud.manage.console import Desk, run
from powerepos_cloud.manage.options import read_since
from powerepos_cloud.manage.output import Json, instant, show_list
from powerepos_cloud.settings import load_settings

_COLUMNS = ("at", "action", "subject", "actor", "source", "details")
_FIELDS = ("action", "actor_kind", "actor", "subject_kind", "subject", "kapow", "client_id", "source", "request_id")


def audit(
    organisation: Annotated[str | None, typer.Option("--organisation", help="Of this Organisation Code.")] = None,
    client: Annotated[str | None, typer.Option("--client", help="About this ClientID.")] = None,
    subject: Annotated[str | None, typer.Option("--subject", help="About this ID.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="Such as connection.paused, or connection.")] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Done by this person, client or command.")] = None,
    request_id: Annotated[str | None, typer.Option("--request-id", help="Done in this request.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="Not older: 7d, 12h, 2027-01-31.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="At most so many.", min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """Show what was done, newest first."""

    async def deed(desk: Desk) -> list[dict[str, Any]]:
        kapow = (await desk.organisation(organisation)).kapow if organisation else None
        filters: dict[str, Any] = {
            "kapow": kapow,
            "client_id": client,
            "subject": subject,
            "action": action,
            "actor": actor,
            "request_id": request_id,
            "since_ms": read_since(since, desk.clock.now_ms()),
        }
        rows = [(which, row) for which in databases for row in await store.newest(desk.database(which).reader, limit, **filters)]
        rows.sort(key=lambda found: (found[1].at, found[1].id), reverse=True)
        return [_view(which, row) for which, row in rows[:limit]]

    databases = _databases()
    show_list(run(deed, databases), as_json=as_json, columns=_COLUMNS, none="Nothing of that kind was done.")


def _databases() -> tuple[History, ...]:
    """The directory, and Partner Services where this host has its database."""
    try:
        has_instance = is_current(load_settings().database_url("partnerservices"), "partnerservices")
    except Exception:
        # Away, not set up, or another host's: what the directory knows is shown all the same.
        has_instance = False
    return ("directory", "partnerservices") if has_instance else ("directory",)


def _view(which: History, row: Row[Any]) -> dict[str, Any]:
    facts = {field: getattr(row, field) for field in _FIELDS}
    return {"at": instant(row.at), **facts, "details": msgspec.json.decode(row.details), "database": which}
