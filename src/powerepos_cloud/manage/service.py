"""`powerepos-admin service`: what scopes stand for, their instances, and which organisation is on which."""

from typing import Annotated, Any

import typer

from powerepos_cloud.directory import assignments, rules, services
from powerepos_cloud.directory.credentials import NewSecret
from powerepos_cloud.directory.services import Instance, Service
from powerepos_cloud.manage.client import secret_view
from powerepos_cloud.manage.console import Desk, confirm, run
from powerepos_cloud.manage.options import InstanceId, OrganisationCode, SecretId, Yes
from powerepos_cloud.manage.output import Json, say, show, show_list, show_secret, view

_COLUMNS = ("name", "alg", "access_seconds", "refresh_idle_seconds", "refresh_total_seconds", "instances")
_INSTANCE_COLUMNS = ("id", "service", "uri", "name")

ServiceName = Annotated[
    str, typer.Argument(metavar="SERVICE", help="partnerservices, ros, des or reporting_server.", show_default=False)
]
Uri = Annotated[str, typer.Argument(metavar="URI", help="Its address, ending in a slash: the svc of tokens.", show_default=False)]
Seconds = Annotated[int | None, typer.Option(help="In seconds.", show_default=False)]


def commands() -> typer.Typer:
    """The group."""
    group = typer.Typer(help="Services, their tokens' lifetimes, their instances.", no_args_is_help=True)
    group.command("list")(list_all)
    group.command("set")(change)
    group.command("assign")(assign)
    group.command("unassign")(unassign)
    instance = typer.Typer(help="Deployed hosts of a service.", no_args_is_help=True)
    instance.command("create")(create_instance)
    instance.command("list")(list_instances)
    instance.command("show")(show_instance)
    instance.command("set-uri")(set_uri)
    credential = typer.Typer(help="By which an instance proves itself: two may be live.", no_args_is_help=True)
    credential.command("add")(add_credential)
    credential.command("end")(end_credential)
    instance.add_typer(credential, name="credential")
    group.add_typer(instance, name="instance")
    return group


def list_all(as_json: Json = False) -> None:
    """Show the services with their tokens' lifetimes (in seconds) and instances."""

    async def deed(desk: Desk) -> list[dict[str, Any]]:
        instances = await desk.ask(services.instances_listing)
        return [
            {**view(service), "instances": [found.uri for found in instances if found.service == service.name]}
            for service in await desk.ask(services.listing)
        ]

    show_list(run(deed), as_json=as_json, columns=_COLUMNS, none="Run `powerepos-admin db upgrade` first.")


def change(
    name: ServiceName,
    alg: Annotated[str | None, typer.Option("--alg", help="ES256 or RS256.", show_default=False)] = None,
    access_seconds: Seconds = None,
    refresh_idle_seconds: Seconds = None,
    refresh_total_seconds: Seconds = None,
    as_json: Json = False,
) -> None:
    """Change how a service's tokens are made from now on."""

    async def deed(desk: Desk) -> Service:
        if alg in rules.ALGORITHMS:
            await desk.keys({alg})  # before a token asks for one
        return await desk.do(
            services.change,
            name,
            alg=alg,
            access_seconds=access_seconds,
            refresh_idle_seconds=refresh_idle_seconds,
            refresh_total_seconds=refresh_total_seconds,
        )

    changed = run(deed)
    show(view(changed), as_json=as_json, done=f"Tokens for {changed.name} are made like this from now on.")


def assign(code: OrganisationCode, instance_id: InstanceId, as_json: Json = False) -> None:
    """Put an organisation on an instance, its first of that service."""

    async def deed(desk: Desk) -> dict[str, Any]:
        organisation = await desk.organisation(code)
        made = await desk.do(assignments.assign, organisation, instance_id)
        return {"organisation": organisation.code, **view(made)}

    made = run(deed)
    show(made, as_json=as_json, done=f"{made['organisation']} is on {made['uri']}.")


def unassign(code: OrganisationCode, service: ServiceName, yes: Yes = False, as_json: Json = False) -> None:
    """Take an organisation off its instance of a service: no token opens it any more, its records stay."""
    confirm(f"Take {code} off its instance of {service}? Its tokens end, partners ask for new ones.", yes=yes)

    async def deed(desk: Desk) -> dict[str, Any]:
        organisation = await desk.organisation(code)
        return {"organisation": organisation.code, **view(await desk.do(assignments.unassign, organisation, service))}

    ended = run(deed)
    show(ended, as_json=as_json, done=f"{ended['organisation']} is no longer on {ended['uri']}.")


def create_instance(
    service: ServiceName,
    uri: Uri,
    name: Annotated[str, typer.Option("--name", help="What people call it.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Register a deployed host of a service and show its credential, once."""

    async def deed(desk: Desk) -> tuple[Instance, NewSecret]:
        return await desk.do(services.create_instance, await desk.keys(), service, uri, name)

    made, credential = run(deed)
    result = {"instance_id": made.id, "instance_credential": credential.secret, "credential_id": credential.id}
    result |= view(made, "id")
    show_secret(
        result,
        as_json=as_json,
        done=f"Registered {made.uri} for {made.service}.",
        secrets=("instance_id", "instance_credential"),
        note="They are that host's POWEREPOS_INSTANCE_ID and POWEREPOS_INSTANCE_CREDENTIAL.",
    )


def list_instances(as_json: Json = False) -> None:
    """Show all instances."""
    rows = [view(found) for found in run(lambda desk: desk.ask(services.instances_listing))]
    show_list(rows, as_json=as_json, columns=_INSTANCE_COLUMNS, none="No instance is registered yet.")


def show_instance(instance_id: InstanceId, as_json: Json = False) -> None:
    """Show an instance and its credentials (never their text)."""

    async def deed(desk: Desk) -> dict[str, Any]:
        found = await desk.ask(services.instance, instance_id)
        now = desk.clock.now_ms()
        known = await desk.ask(services.credentials_of, found.id)
        return {**view(found), "credentials": [secret_view(secret, now) for secret in known]}

    show(run(deed), as_json=as_json)


def set_uri(instance_id: InstanceId, uri: Uri, as_json: Json = False) -> None:
    """Give an instance another address. Tokens for the old one stop working when the host is told the new one."""
    changed = run(lambda desk: desk.do(services.set_instance_uri, instance_id, uri))
    show(view(changed), as_json=as_json, done=f"New tokens name {changed.uri}.")


def add_credential(instance_id: InstanceId, as_json: Json = False) -> None:
    """Make a second credential and show it, once."""

    async def deed(desk: Desk) -> NewSecret:
        return await desk.do(services.add_credential, await desk.keys(), instance_id)

    made = run(deed)
    result = {
        "instance_id": instance_id,
        "instance_credential": made.secret,
        "credential_id": made.id,
        "hint": made.hint,
    }
    show_secret(
        result,
        as_json=as_json,
        done="Made a credential.",
        secrets=("instance_id", "instance_credential", "credential_id"),
        note="The older one works on until you end it.",
    )


def end_credential(instance_id: InstanceId, credential_id: SecretId, as_json: Json = False) -> None:
    """End a credential at once."""
    ended = run(lambda desk: desk.do(services.end_credential, instance_id, credential_id))
    sentence = f"Credential {credential_id} has ended." if ended else f"Credential {credential_id} had ended before."
    result = {"instance_id": instance_id, "credential_id": credential_id, "changed": ended}
    say(sentence, result, as_json=as_json)
