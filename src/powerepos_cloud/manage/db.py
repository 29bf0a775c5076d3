"""`powerepos-admin db`: the databases' schemas."""

from typing import Annotated, Any

import typer

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import revocations, services
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.database.migrate import History, current_revision, upgrade
from powerepos_cloud.manage.console import Desk, Problem, confirm, run
from powerepos_cloud.manage.options import Yes
from powerepos_cloud.manage.output import Json, say, show_list
from powerepos_cloud.settings import load_settings

DATABASES: tuple[History, History] = ("directory", "partnerservices")


def commands() -> typer.Typer:
    """The group."""
    group = typer.Typer(help="Set up the databases, and bring them up to date.", no_args_is_help=True)
    group.command("upgrade")(upgrade_databases)
    group.command("restored")(restored)
    return group


def upgrade_databases(
    only: Annotated[
        str | None, typer.Option("--only", help="directory or partnerservices: where a host has one of them alone.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring both databases to what this program needs; a SQLite file that does not exist is made."""
    chosen = [which for which in DATABASES if only in (None, which)]
    if not chosen:
        raise Problem("--only takes directory or partnerservices")
    done = [_upgrade(which) for which in chosen]
    if "directory" in chosen:
        run(_prepare)
    show_list(done, as_json=as_json, columns=("database", "was", "revision"), none="")


def restored(yes: Yes = False, as_json: Json = False) -> None:
    """Say that the directory was put back from a backup, before it is served again.

    What was revoked after the backup was made works again: revoke it again. What is revoked from now on stops all tokens, also
    those issued in the time that is lost; every service reads the feed of revocations anew.
    """
    confirm("Was the directory put back from a backup, and is nothing serving it now?", yes=yes)

    async def deed(session: Session, now_ms: int, actor: Actor) -> tuple[int, int]:
        await record(session, now_ms, actor, "directory.restored", ("database", "directory"))
        return await revocations.restored(session)

    before, after = run(lambda desk: desk.do(deed))
    sentence = f"Revocations are numbered from {after} on (before: {before}). What was revoked since the backup: revoke it again."
    say(sentence, {"before": before, "after": after}, as_json=as_json)


def _upgrade(which: History) -> dict[str, Any]:
    url = load_settings().database_url(which)
    try:
        was = current_revision(url, which)
        upgrade(url, which)
    except ValueError as error:
        raise Problem(f"{error}: set POWEREPOS_{which.upper()}_DATABASE_URL") from error
    return {"database": which, "was": was, "revision": current_revision(url, which)}


async def _prepare(desk: Desk) -> None:
    """What a directory cannot do without: services, and keys to hash and sign with."""
    await desk.database("directory").write(services.ensure_services)
    await desk.keys()
