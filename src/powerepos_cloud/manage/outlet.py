"""`powerepos-admin outlet`: an organisation's venues, in the Partner Services database."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.foundation.database.migrate import History
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.manage.console import Desk, Problem, run
from powerepos_cloud.manage.options import OrganisationCode
from powerepos_cloud.manage.output import Json, show, show_list, view
from powerepos_cloud.partnerservices.outlets import store

_COLUMNS = ("id", "name", "zone", "day_start", "currency", "stock_enabled")
BOTH: tuple[History, History] = ("directory", "partnerservices")

OutletId = Annotated[str, typer.Argument(metavar="OUTLET", help="The outlet's GUID.", show_default=False)]
Zone = Annotated[str | None, typer.Option("--zone", help="IANA time zone, such as Europe/Berlin.", show_default=False)]
Currency = Annotated[str | None, typer.Option("--currency", help="ISO 4217, such as EUR.", show_default=False)]
DayStart = Annotated[str | None, typer.Option("--day-start", help="When a trading day begins, HH:MM.", show_default=False)]
Stock = Annotated[bool | None, typer.Option("--stock/--no-stock", help="Whether it takes stock orders.", show_default=False)]


def commands() -> typer.Typer:
    """The group."""
    group = typer.Typer(help="An organisation's venues.", no_args_is_help=True)
    group.command("create")(create)
    group.command("edit")(edit)
    group.command("list")(list_all)
    return group


def create(
    code: OrganisationCode,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.", show_default=False)],
    zone: Zone = None,
    currency: Currency = None,
    day_start: DayStart = "00:00",
    stock: Stock = False,
    outlet_id: Annotated[str | None, typer.Option("--id", help="Its GUID, if it has one.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Add an outlet."""
    if zone is None or currency is None:
        raise Problem("an outlet needs its --zone (such as Europe/Berlin) and --currency (such as EUR)")
    values = {
        "name": name,
        "zone": zone,
        "currency": currency,
        "day_start": day_start,
        "stock_enabled": stock,
        "outlet_id": outlet_id,
    }

    async def deed(desk: Desk) -> store.Outlet:
        organisation = await desk.organisation(code)
        return await desk.do_at_instance(store.add, organisation.kapow, **values)

    made = run(deed, BOTH)
    show(view(made), as_json=as_json, done=f"Added {made.name}.")


def edit(
    code: OrganisationCode,
    outlet_id: OutletId,
    name: Annotated[str | None, typer.Option("--name", help="What people call it.", show_default=False)] = None,
    zone: Zone = None,
    currency: Currency = None,
    day_start: DayStart = None,
    stock: Stock = None,
    as_json: Json = False,
) -> None:
    """Change what is given, and leave the rest."""
    values = {"name": name, "zone": zone, "currency": currency, "day_start": day_start, "stock_enabled": stock}
    if all(value is None for value in values.values()):
        raise Problem("nothing to change: give --name, --zone, --currency, --day-start, --stock or --no-stock")

    async def deed(desk: Desk) -> store.Outlet:
        organisation = await desk.organisation(code)
        return await desk.do_at_instance(store.edit, organisation.kapow, outlet_id, **values)

    changed = run(deed, BOTH)
    show(view(changed), as_json=as_json, done=f"{changed.name} is like this from now on.")


def list_all(code: OrganisationCode, as_json: Json = False) -> None:
    """Show an organisation's outlets."""

    async def deed(desk: Desk) -> list[dict[str, Any]]:
        organisation = await desk.organisation(code)
        return [view(found) for found in await store.listing(desk.database("partnerservices").reader, organisation.kapow)]

    show_list(run(deed, BOTH), as_json=as_json, columns=_COLUMNS, none="This organisation has no outlet yet.")


def databases_for(outlets: Sequence[str] | None, *, unchecked: bool) -> tuple[History, ...]:
    """The databases that a command on accounts or connections needs: a list of outlets is looked up at the instance."""
    return BOTH if outlets and not unchecked else ("directory",)


async def check_outlets(desk: Desk, organisation: Organisation, outlets: list[str] | None, *, unchecked: bool) -> None:
    """Raises `NotFound` if one of these (canonical GUIDs) is no outlet of the organisation."""
    if not outlets or unchecked:
        return
    unknown = await store.unknown_among(desk.database("partnerservices").reader, organisation.kapow, outlets)
    if unknown:
        raise NotFound("outlet", unknown[0])
