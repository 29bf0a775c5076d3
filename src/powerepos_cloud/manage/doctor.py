"""`powerepos-admin doctor`: what is set and from where, what is wrong, and the cure."""

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from powerepos_cloud.foundation.database.migrate import History, is_current
from powerepos_cloud.manage import findings
from powerepos_cloud.manage.console import Desk, run
from powerepos_cloud.manage.db import DATABASES
from powerepos_cloud.manage.findings import Finding, fault, ok
from powerepos_cloud.manage.output import Json, say, show_list
from powerepos_cloud.partnerservices.sales.recount import recount as recount_sales
from powerepos_cloud.settings import PREFIX, SECRETS, Settings, SettingsError, load_settings

_URL_PASSWORD = re.compile(r"(?<=://)([^/@]*?):([^/@]*)@")


Recount = Annotated[
    bool, typer.Option("--recount", help="Count every Z anew from its stored sales and compare with the kept totals.")
]


def doctor(recount: Recount = False, as_json: Json = False) -> None:
    """Say what is set and from where, what is wrong and how to mend it. Exit code 1 if something is wrong."""
    try:
        settings = load_settings()
    except SettingsError as error:
        found, known = [fault("settings", str(error), "correct or remove it")], []
    else:
        found, known = _look(settings), _settings(settings)
        if recount:
            found += run(_recount, ("partnerservices",))
    is_well = all(finding.state != "fault" for finding in found)
    if as_json:
        result = {"well": is_well, "findings": msgspec.to_builtins(found), "settings": known}
        say("", result, as_json=True)
    else:
        _show(found, known, is_well=is_well)
    if not is_well:
        raise typer.Exit(1)


def _look(settings: Settings) -> list[Finding]:
    found = [
        *findings.of_settings(settings),
        *findings.of_instance_settings(settings),
        *findings.of_data_folder(settings),
    ]
    for which in _databases_of(settings.role):
        found += findings.of_database(settings, which)
    if "directory" in _databases_of(settings.role) and _is_usable(settings, "directory"):
        found += run(_look_into)
    return found


def _databases_of(role: str) -> tuple[History, ...]:
    """A host has the databases of its role."""
    return {"authserver": DATABASES[:1], "webui": DATABASES[:1], "partnerservices": DATABASES[1:]}.get(role, DATABASES)


def _is_usable(settings: Settings, which: History) -> bool:
    try:
        return is_current(settings.database_url(which), which)
    except Exception:
        return False  # the finding about the database has said why


async def _look_into(desk: Desk) -> list[Finding]:
    looks = (findings.of_keys, findings.of_services, findings.of_safety, findings.of_mail)
    return [finding for look in looks for finding in [found async for found in look(desk)]]


async def _recount(desk: Desk) -> list[Finding]:
    """The kept totals against the sales themselves."""
    counted = await recount_sales(desk.database("partnerservices"))
    if not counted.differences:
        return [ok("recount", f"{counted.sales} sales in {counted.zs} Zs: every kept total is what they make")]
    return [
        fault(
            "recount",
            f"organisation {one.kapow}, Z {one.z_id}: {one.what}",
            "keep the database as it is, and tell the developers",
        )
        for one in counted.differences
    ]


def _settings(settings: Settings) -> list[dict[str, Any]]:
    """Every setting, its value as it may be shown, and where it came from."""
    in_file = _in_file()
    return [
        {"setting": f"{PREFIX}{name.upper()}", "value": _shown(name, getattr(settings, name)), "from": _origin(name, in_file)}
        for name in Settings.__struct_fields__
    ]


def _in_file() -> set[str]:
    config = os.environ.get(PREFIX + "CONFIG")
    return set(tomllib.loads(Path(config).read_text())) if config else set()


def _origin(name: str, in_file: set[str]) -> str:
    if PREFIX + name.upper() in os.environ:
        return "environment"
    return f"file {os.environ[PREFIX + 'CONFIG']}" if name in in_file else "default"


def _shown(name: str, value: Any) -> Any:
    if name in SECRETS and value:
        return "(set, not shown)"
    return _URL_PASSWORD.sub(r"\1:(not shown)@", value) if isinstance(value, str) else value


def _show(found: list[Finding], known: list[dict[str, Any]], *, is_well: bool) -> None:
    set_by_hand = [row for row in known if row["from"] != "default"]
    show_list(set_by_hand, as_json=False, columns=("setting", "value", "from"), none="No setting: all have their defaults.")
    rows = [msgspec.to_builtins(finding) for finding in found]
    show_list(rows, as_json=False, columns=("state", "check", "seen", "cure"), none="")
    faults, warnings = (sum(finding.state == state for finding in found) for state in ("fault", "warning"))
    print("All is well." if is_well and not warnings else f"{faults} wrong, {warnings} to know of.")
