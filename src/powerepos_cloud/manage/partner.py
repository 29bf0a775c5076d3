"""`powerepos-admin partner`: companies that build integrations."""

from typing import Annotated, Any

import typer

from powerepos_cloud.directory import clients, partners
from powerepos_cloud.directory.connections import Connection
from powerepos_cloud.directory.partners import Partner
from powerepos_cloud.directory.stopping import Stopped, lift_stop, stop_partner
from powerepos_cloud.manage.console import Desk, confirm, run
from powerepos_cloud.manage.options import OrganisationCode, PartnerId, Yes
from powerepos_cloud.manage.output import Json, say, show, show_list, view

_COLUMNS = ("id", "company_name", "website", "contact_name", "contact_email", "state")


def commands() -> typer.Typer:
    """The group."""
    group = typer.Typer(help="Companies that build integrations.", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(list_all)
    group.command("show")(show_one)
    group.command("set")(change)
    group.command("stop")(stop)
    group.command("lift-stop")(lift)
    return group


def create(
    company: Annotated[str, typer.Argument(metavar="COMPANY", help="Company name.", show_default=False)],
    website: Annotated[str, typer.Option("--website", help="https://…; shown to merchants.", show_default=False)],
    contact: Annotated[str, typer.Option("--contact", help="Name of the primary contact.", show_default=False)],
    email: Annotated[str, typer.Option("--email", help="Their e-mail address.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Register a partner."""
    made = run(lambda desk: desk.do(partners.create, company, website, contact, email))
    show(view(made), as_json=as_json, done=f"Registered {made.company_name} as partner {made.id}.")


def list_all(as_json: Json = False) -> None:
    """Show all partners."""
    rows = [view(partner) for partner in run(lambda desk: desk.ask(partners.listing))]
    show_list(rows, as_json=as_json, columns=_COLUMNS, none="No partner is registered yet.")


def show_one(partner_id: PartnerId, as_json: Json = False) -> None:
    """Show a partner and its clients."""

    async def deed(desk: Desk) -> dict[str, Any]:
        partner = await desk.ask(partners.get, partner_id)
        found = await desk.ask(clients.listing, partner.id)
        return {
            **view(partner),
            "clients": [{"id": client.id, "name": client.name, "state": client.state} for client in found],
        }

    show(run(deed), as_json=as_json)


def change(
    partner_id: PartnerId,
    company: Annotated[str | None, typer.Option("--company", help="Company name.", show_default=False)] = None,
    website: Annotated[str | None, typer.Option("--website", help="https://…; shown to merchants.", show_default=False)] = None,
    contact: Annotated[str | None, typer.Option("--contact", help="Name of the primary contact.", show_default=False)] = None,
    email: Annotated[str | None, typer.Option("--email", help="Their e-mail address.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Change a partner's name, website or contact."""

    async def deed(desk: Desk) -> Partner:
        return await desk.do(
            partners.change, partner_id, company_name=company, website=website, contact_name=contact, contact_email=email
        )

    changed = run(deed)
    show(view(changed), as_json=as_json, done=f"Partner {changed.id} is shown like this from now on.")


def stop(partner_id: PartnerId, code: OrganisationCode, yes: Yes = False, as_json: Json = False) -> None:
    """End all that a partner may do for an organisation, with every one of its clients, those of tomorrow included."""
    confirm(f"Revoke all connections of partner {partner_id} with {code}?", yes=yes)

    async def deed(desk: Desk) -> list[Connection]:
        return await desk.do(stop_partner, await desk.organisation(code), partner_id)

    revoked = run(deed)
    result = {
        "partner_id": partner_id,
        "organisation": code,
        "revoked": [{"client_id": one.client_id, "sub": one.sub, "kind": one.kind} for one in revoked],
    }
    number = len(revoked)
    sentence = f"Partner {partner_id} is stopped at {code}: {number} connection{'' if number == 1 else 's'} revoked."
    say(sentence, result, as_json=as_json)


def lift(partner_id: PartnerId, code: OrganisationCode, as_json: Json = False) -> None:
    """Let accounts that are open to any partner admit this one again. Revoked connections are reopened by themselves."""

    async def deed(desk: Desk) -> Stopped | None:
        return await desk.do(lift_stop, await desk.organisation(code), partner_id)

    changed = run(deed) is not None
    sentence = f"The stop of partner {partner_id} at {code} is lifted." if changed else f"Partner {partner_id} was not stopped."
    say(sentence, {"partner_id": partner_id, "organisation": code, "changed": changed}, as_json=as_json)
