"""`powerepos-admin connection`: what lets one client act for one organisation."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from powerepos_cloud.directory import clients, connections, partners, rules
from powerepos_cloud.directory.connections import Connection
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.manage.console import Desk, confirm, run
from powerepos_cloud.manage.options import (
    AllOutlets,
    ClientId,
    NoOutlets,
    OrganisationCode,
    Outlets,
    Permissions,
    UncheckedOutlets,
    Yes,
    chosen_outlets,
)
from powerepos_cloud.manage.outlet import check_outlets, databases_for
from powerepos_cloud.manage.output import Json, say, show, show_list, view

_COLUMNS = ("client_id", "company_name", "sub", "kind", "state", "services", "permissions", "outlets", "late_repeats")

Services = Annotated[list[str] | None, typer.Option("--service", help="A service, such as ros. Repeatable.", show_default=False)]
ByAccount = Annotated[
    str | None,
    typer.Option("--account", help="The connection by this service account, not the approved one.", show_default=False),
]


def commands() -> typer.Typer:
    """The group."""
    group = typer.Typer(help="What lets one client act for one organisation.", no_args_is_help=True)
    group.command("approve")(approve)
    group.command("change")(change)
    group.command("list")(list_all)
    group.command("pause")(pause)
    group.command("resume")(resume)
    group.command("revoke")(revoke)
    group.command("reopen")(reopen)
    return group


def approve(
    code: OrganisationCode,
    client_id: ClientId,
    service: Services = None,
    permission: Permissions = None,
    outlet: Outlets = None,
    all_outlets: AllOutlets = False,
    no_outlets: NoOutlets = False,
    unchecked: UncheckedOutlets = False,
    as_json: Json = False,
) -> None:
    """Let a client act for an organisation by itself (client_credentials). Its company and website are shown."""
    chosen = chosen_outlets(outlet, all_outlets=all_outlets, no_outlets=no_outlets)
    rights = (service or [], permission or [], chosen)
    made = _with_rights(connections.approve, code, client_id, rights, unchecked=unchecked)
    done = f"{made['company_name']} ({made['website']}) may act for {made['organisation']}."
    show(made, as_json=as_json, done=done)


def change(
    code: OrganisationCode,
    client_id: ClientId,
    service: Services = None,
    permission: Permissions = None,
    outlet: Outlets = None,
    all_outlets: AllOutlets = False,
    no_outlets: NoOutlets = False,
    unchecked: UncheckedOutlets = False,
    as_json: Json = False,
) -> None:
    """Replace what an approved client may do. What is taken away stops working within 2 seconds."""
    chosen = chosen_outlets(outlet, all_outlets=all_outlets, no_outlets=no_outlets)
    rights = (service or [], permission or [], chosen)
    changed = _with_rights(connections.change, code, client_id, rights, unchecked=unchecked)
    show(changed, as_json=as_json, done=f"{client_id} may do this from now on.")


def list_all(code: OrganisationCode, as_json: Json = False) -> None:
    """Show an organisation's connections, by account and approved."""

    async def deed(desk: Desk) -> list[dict[str, Any]]:
        organisation = await desk.organisation(code)
        found = await desk.ask(connections.listing, organisation)
        return [await _described(desk, organisation, connection) for connection in found]

    show_list(run(deed), as_json=as_json, columns=_COLUMNS, none="This organisation has no connection.")


def pause(
    code: OrganisationCode,
    client_id: ClientId,
    account: ByAccount = None,
    note: Annotated[str, typer.Option("--note", help="Why; the partner reads it.", show_default=False)] = "",
    as_json: Json = False,
) -> None:
    """Stop a connection until it is resumed."""
    changed = _turn(connections.pause, code, client_id, account, note=note)
    _say("paused", changed, code, client_id, account, as_json)


def resume(code: OrganisationCode, client_id: ClientId, account: ByAccount = None, as_json: Json = False) -> None:
    """Let a paused connection go on, with what was issued before."""
    changed = _turn(connections.resume, code, client_id, account)
    _say("active", changed, code, client_id, account, as_json)


def revoke(
    code: OrganisationCode, client_id: ClientId, account: ByAccount = None, yes: Yes = False, as_json: Json = False
) -> None:
    """End a connection with all that was issued, refresh tokens included."""
    confirm(f"Revoke the connection of {client_id} with {code}?", yes=yes)
    changed = _turn(connections.revoke, code, client_id, account)
    _say("revoked", changed, code, client_id, account, as_json)


def reopen(code: OrganisationCode, client_id: ClientId, account: ByAccount = None, as_json: Json = False) -> None:
    """Open a revoked connection: new tokens can be had, nothing issued before works again."""
    _turn(connections.reopen, code, client_id, account)
    _say("active", True, code, client_id, account, as_json)


def _with_rights(
    deed_of_rights: Callable[..., Awaitable[Connection]],
    code: str,
    client_id: str,
    rights: tuple[list[str], list[str], list[str] | None],
    *,
    unchecked: bool,
) -> dict[str, Any]:
    async def deed(desk: Desk) -> dict[str, Any]:
        organisation = await desk.organisation(code)
        await check_outlets(desk, organisation, rules.outlets(rights[2], organisation.kapow), unchecked=unchecked)
        made = await desk.do(deed_of_rights, organisation, client_id, *rights)
        return await _described(desk, organisation, made)

    return run(deed, databases_for(rights[2], unchecked=unchecked))


def _turn(turn: Callable[..., Awaitable[Any]], code: str, client_id: str, account: str | None, **named: str) -> bool:
    async def deed(desk: Desk) -> bool:
        organisation = await desk.organisation(code)
        return bool(await desk.do(turn, organisation, client_id, account or client_id, **named))

    return run(deed)


async def _described(desk: Desk, organisation: Organisation, connection: Connection) -> dict[str, Any]:
    """A connection with the company that stands behind it."""
    client = await desk.ask(clients.get, connection.client_id)
    partner = await desk.ask(partners.get, client.partner_id)
    outlets = "all" if connection.kind == "approved" and connection.outlets is None else connection.outlets
    return {
        "organisation": organisation.code,
        "company_name": partner.company_name,
        "website": partner.website,
        **view(connection, "id"),
        "outlets": outlets,
    }


def _say(state: str, changed: bool, code: str, client_id: str, account: str | None, as_json: bool) -> None:
    by = f" by {account}" if account else ""
    sentence = f"The connection of {client_id}{by} with {code} {'is' if changed else 'was'} {state}"
    result = {"organisation": code, "client_id": client_id, "sub": account or client_id, "state": state, "changed": changed}
    say(sentence + ("." if changed else " already."), result, as_json=as_json)
