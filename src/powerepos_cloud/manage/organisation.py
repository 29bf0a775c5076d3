"""`powerepos-admin organisation`: merchants."""

from typing import Annotated, Any

import typer

from powerepos_cloud.directory import accounts, assignments, connections, organisations
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.manage.console import Desk, run
from powerepos_cloud.manage.options import OrganisationCode
from powerepos_cloud.manage.output import Json, say, show, show_list, view

_COLUMNS = ("code", "name", "kapow", "state", "created_at")


def commands() -> typer.Typer:
    """The group."""
    group = typer.Typer(help="Merchants: register, show, switch off and on.", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(list_all)
    group.command("show")(show_one)
    group.command("rename")(rename)
    group.command("off")(off)
    group.command("on")(on)
    return group


def create(
    code: Annotated[str, typer.Argument(metavar="CODE", help="2 to 16 of A-Z 0-9 -; never given out again.", show_default=False)],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Register an organisation."""
    made = run(lambda desk: desk.do(organisations.create, code, name))
    show(view(made, "id"), as_json=as_json, done=f"Registered {made.code}.")


def list_all(as_json: Json = False) -> None:
    """Show all organisations."""
    found = run(lambda desk: desk.ask(organisations.listing))
    rows = [view(organisation, "id") for organisation in found]
    show_list(rows, as_json=as_json, columns=_COLUMNS, none="No organisation is registered yet.")


def show_one(code: OrganisationCode, as_json: Json = False) -> None:
    """Show an organisation: its instances, service accounts and connections."""

    async def deed(desk: Desk) -> dict[str, Any]:
        organisation = await desk.organisation(code)
        return {
            **view(organisation, "id"),
            "instances": [view(found) for found in await desk.ask(assignments.listing, organisation)],
            "service_accounts": [
                {"id": found.id, "name": found.name, "state": found.state}
                for found in await desk.ask(accounts.listing, organisation)
            ],
            "connections": [
                {"client": found.client_id, "by": found.sub, "kind": found.kind, "state": found.state}
                for found in await desk.ask(connections.listing, organisation)
            ],
        }

    show(run(deed), as_json=as_json)


def rename(
    code: OrganisationCode,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Call an organisation something else; its code stays."""

    async def deed(desk: Desk) -> Organisation:
        return await desk.do(organisations.rename, await desk.organisation(code), name)

    renamed = run(deed)
    show(view(renamed, "id"), as_json=as_json, done=f"{renamed.code} is called {renamed.name}.")


def off(code: OrganisationCode, as_json: Json = False) -> None:
    """Stop every token of an organisation until it is switched on again."""
    _switch(code, off=True, as_json=as_json)


def on(code: OrganisationCode, as_json: Json = False) -> None:
    """Let an organisation's tokens work again."""
    _switch(code, off=False, as_json=as_json)


def _switch(code: str, *, off: bool, as_json: bool) -> None:
    async def deed(desk: Desk) -> tuple[Organisation, bool]:
        organisation = await desk.organisation(code)
        return organisation, await desk.do(organisations.switch_off if off else organisations.switch_on, organisation)

    organisation, changed = run(deed)
    state = "off" if off else "active"
    word = "off" if off else "on"
    sentence = f"{organisation.code} is {word}." if changed else f"{organisation.code} was {word} already."
    say(sentence, {"code": organisation.code, "state": state, "changed": changed}, as_json=as_json)
