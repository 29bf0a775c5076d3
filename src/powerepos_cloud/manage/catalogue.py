"""`powerepos-admin catalogue`: load, export and show what sales and stock orders are read against."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from powerepos_cloud.manage.console import Desk, Problem, run
from powerepos_cloud.manage.outlet import BOTH
from powerepos_cloud.manage.output import Json, say, show_list
from powerepos_cloud.partnerservices.catalogue import exports, files, imports
from powerepos_cloud.partnerservices.catalogue.files import Format
from powerepos_cloud.partnerservices.catalogue.planning import Plan
from powerepos_cloud.partnerservices.catalogue.rules import Kind
from powerepos_cloud.partnerservices.catalogue.sheet import Problem as RowProblem
from powerepos_cloud.partnerservices.catalogue.sheet import Sheet, UnreadableFile

_STREAM = Path("-")

OrganisationCode = Annotated[str, typer.Option("--organisation", metavar="CODE", help="Organisation Code.", show_default=False)]
KindOption = Annotated[Kind, typer.Option("--kind", help="What the file holds.", show_default=False)]
FormatOption = Annotated[
    str | None, typer.Option("--format", help="csv or json, where the file's name does not say it.", show_default=False)
]


def commands() -> typer.Typer:
    """The group."""
    group = typer.Typer(help="Products, tax groups, suppliers and their product codes.", no_args_is_help=True)
    group.command("import")(import_file)
    group.command("export")(export_file)
    group.command("list")(list_all)
    return group


def import_file(
    code: OrganisationCode,
    kind: KindOption,
    file: Annotated[Path, typer.Argument(help="CSV or JSON; - is standard input.", show_default=False)],
    form: FormatOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and store nothing.")] = False,
    skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows", help="Store the rows that are right.")] = False,
    as_json: Json = False,
) -> None:
    """Add what is new and change what is there; with a bad row nothing is stored. Load tax groups first, codes last."""
    name = "standard input" if file == _STREAM else file.name
    try:
        sheet = files.read(_read(file), kind, _format(file, form))
    except UnreadableFile as error:
        raise Problem(f"{name}: {error}") from error

    async def deed(desk: Desk) -> Plan:
        organisation = await desk.organisation(code)
        database = desk.database("partnerservices")
        if dry_run:
            return await imports.preview(database, organisation.kapow, kind, sheet.entries)
        return await imports.import_entries(
            database,
            desk.clock.now_ms(),
            desk.actor,
            organisation.kapow,
            kind,
            sheet.entries,
            skip_bad=skip_bad_rows,
            details={"file": name},
        )

    plan = run(deed, BOTH)
    is_refused = bool(plan.bad) and not skip_bad_rows
    _report(name, sheet, plan, is_stored=not dry_run and not is_refused, is_refused=is_refused, as_json=as_json)


def export_file(
    code: OrganisationCode,
    kind: KindOption,
    file: Annotated[Path, typer.Argument(help="CSV or JSON; - is standard output.", show_default=False)],
    form: FormatOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")] = False,
    as_json: Json = False,
) -> None:
    """Write everything of a kind as `import` reads it."""
    chosen = _format(file, "json" if file == _STREAM and form is None and as_json else form)
    if file != _STREAM and not overwrite and file.exists():
        raise Problem(f"{file} is there already: say --overwrite to replace it")
    rows = run(lambda desk: _rows(desk, code, kind), BOTH)
    content = files.write(kind, rows, chosen)
    if file == _STREAM:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    _write(file, content)
    say(
        f"Wrote {_called(kind)} to {file}: {len(rows)} row{'' if len(rows) == 1 else 's'}.",
        {"kind": kind.value, "file": str(file), "rows": len(rows)},
        as_json=as_json,
    )


def list_all(
    code: OrganisationCode,
    kind: KindOption,
    search: Annotated[
        str, typer.Option("--search", help="Only rows with this in a value, letter case aside.", show_default=False)
    ] = "",
    as_json: Json = False,
) -> None:
    """Show everything of a kind."""
    rows = run(lambda desk: _rows(desk, code, kind), BOTH)
    if search:
        wanted = search.casefold()
        rows = [row for row in rows if any(wanted in str(value).casefold() for value in row.values() if value is not None)]
    if as_json:
        sys.stdout.write(files.write(kind, rows, "json").decode())
        return
    seen = [_taxes(row) if kind is Kind.TAX_GROUPS else row for row in rows]
    columns = tuple(seen[0]) if seen else ()
    none = f"No {_called(kind)} here." if search else f"This organisation has no {_called(kind)} yet."
    show_list(seen, as_json=False, columns=columns, none=none)


async def _rows(desk: Desk, code: str, kind: Kind) -> list[dict[str, Any]]:
    organisation = await desk.organisation(code)
    return await desk.database("partnerservices").read(lambda session: exports.rows(session, organisation.kapow, kind))


def _report(name: str, sheet: Sheet, plan: Plan, *, is_stored: bool, is_refused: bool, as_json: bool) -> None:
    """What became of the rows: on stdout, bad ones line by line on stderr. Ends the command with 1 if nothing was taken."""
    problems = sheet.problems(plan.faults)
    counts = {"created": len(plan.created), "updated": len(plan.updated), "unchanged": plan.unchanged, "bad": len(plan.bad)}
    summary = f"{counts['created']} new, {counts['updated']} changed, {plan.unchanged} as before, {counts['bad']} bad"
    if as_json:
        say("", {"kind": plan.kind.value, "file": name, "stored": is_stored, **counts, "problems": problems}, as_json=True)
        if is_refused:
            raise typer.Exit(1)
        return
    _print_problems(name, problems)
    if is_refused:
        raise Problem(f"nothing was stored of {name} ({summary}): mend the bad rows, or leave them out by --skip-bad-rows")
    print(f"{name}: {summary}." + ("" if is_stored else " Nothing was stored."))


def _print_problems(name: str, problems: list[RowProblem]) -> None:
    for problem in problems:
        print(f"{name}, {problem}", file=sys.stderr)


def _taxes(row: dict[str, Any]) -> dict[str, Any]:
    """A tax group as people read it."""
    taxes = [f"{row[f'tax{n}Name']} {row[f'tax{n}Rate']} % {row[f'tax{n}Kind']}" for n in (1, 2, 3, 4) if row[f"tax{n}Name"]]
    return {"taxGroupName": row["taxGroupName"], "taxes": taxes or "exempt"}


def _called(kind: Kind) -> str:
    return {Kind.SUPPLIER_CODES: "supplier product codes"}.get(kind, kind.value.replace("-", " "))


def _format(file: Path, said: str | None) -> Format:
    word = (said or file.suffix.removeprefix(".")).lower()
    if word == "csv" or (file == _STREAM and said is None):
        return "csv"
    if word == "json":
        return "json"
    raise Problem(f"{file} may be CSV or JSON: say --format csv or --format json")


def _read(file: Path) -> bytes:
    try:
        if file == _STREAM:
            return sys.stdin.buffer.read(files.LARGEST_FILE + 1)
        with file.open("rb") as opened:
            return opened.read(files.LARGEST_FILE + 1)
    except OSError as error:
        raise Problem(f"{file} cannot be read: {error.strerror}") from error


def _write(file: Path, content: bytes) -> None:
    """Replace the file at once, so that nobody finds half of it."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise Problem(f"{file} cannot be written: {error.strerror}") from error
