"""`powerepos-admin user`: people who sign in to the WebUI."""

import secrets
import sys
from typing import Annotated

import typer

from powerepos_cloud.directory import partners, passwords, users
from powerepos_cloud.directory.users import User
from powerepos_cloud.manage.console import Desk, Problem, run
from powerepos_cloud.manage.options import LARGEST_ID
from powerepos_cloud.manage.output import Json, say, show, show_list, show_secret, view

_COLUMNS = ("email", "name", "staff_role", "organisations", "partners")

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's address.", show_default=False)]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input instead of making one.")]
ToOrganisation = Annotated[str | None, typer.Option("--organisation", help="Organisation Code.", show_default=False)]
ToPartner = Annotated[int | None, typer.Option("--partner", help="Partner ID.", min=1, max=LARGEST_ID, show_default=False)]


def commands() -> typer.Typer:
    """The group."""
    group = typer.Typer(help="People who sign in to the WebUI.", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(list_all)
    group.command("link")(link)
    group.command("unlink")(unlink)
    group.command("password")(set_password)
    return group


def create(
    email: Email,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person's name.", show_default=False)],
    staff: Annotated[
        str | None, typer.Option("--staff", help="agent or admin, for the vendor's own staff.", show_default=False)
    ] = None,
    password_stdin: FromStdin = False,
    as_json: Json = False,
) -> None:
    """Make a person, with a password that is shown once unless it comes by --password-stdin."""
    password = _password(from_stdin=password_stdin)
    hashed = passwords.hash_password(password)
    made = run(lambda desk: desk.do(users.create, email, name, hashed, staff))
    if password_stdin:
        show(view(made, "id"), as_json=as_json, done=f"Made {made.email}.")
        return
    result = {**view(made, "id"), "password": password}
    show_secret(result, as_json=as_json, done=f"Made {made.email}.", secrets=("email", "password"))


def list_all(as_json: Json = False) -> None:
    """Show all people and what they are linked to."""
    rows = [view(user, "id") for user in run(lambda desk: desk.ask(users.listing))]
    show_list(rows, as_json=as_json, columns=_COLUMNS, none="There is nobody yet.")


def link(
    email: Email,
    role: Annotated[
        str,
        typer.Option("--role", help="owner, manager or viewer; at a partner owner or developer.", show_default=False),
    ],
    organisation: ToOrganisation = None,
    partner: ToPartner = None,
    as_json: Json = False,
) -> None:
    """Give a person a role in an organisation or at a partner, or another one."""
    _require_one(organisation, partner)

    async def deed(desk: Desk) -> User:
        user = await desk.ask(users.by_email, email)
        if organisation is not None:
            await desk.do(users.link_organisation, user, await desk.organisation(organisation), role)
        elif partner is not None:
            await desk.do(users.link_partner, user, await desk.ask(partners.get, partner), role)
        return await desk.ask(users.by_email, email)

    changed = run(deed)
    show(view(changed, "id"), as_json=as_json, done=f"{changed.email} is {role} there.")


def unlink(email: Email, organisation: ToOrganisation = None, partner: ToPartner = None, as_json: Json = False) -> None:
    """Take a person out of an organisation or off a partner. The last owner stays."""
    _require_one(organisation, partner)

    async def deed(desk: Desk) -> User:
        user = await desk.ask(users.by_email, email)
        if organisation is not None:
            await desk.do(users.unlink_organisation, user, await desk.organisation(organisation))
        elif partner is not None:
            await desk.do(users.unlink_partner, user, await desk.ask(partners.get, partner))
        return await desk.ask(users.by_email, email)

    changed = run(deed)
    show(view(changed, "id"), as_json=as_json, done=f"{changed.email} has no part there any more.")


def set_password(email: Email, password_stdin: FromStdin = False, as_json: Json = False) -> None:
    """Replace a person's password. Their second factor stays."""
    password = _password(from_stdin=password_stdin)
    hashed = passwords.hash_password(password)

    async def deed(desk: Desk) -> User:
        user = await desk.ask(users.by_email, email)
        await desk.do(users.set_password, user, hashed)
        return user

    user = run(deed)
    if password_stdin:
        say(f"{user.email} has a new password.", {"email": user.email, "changed": True}, as_json=as_json)
        return
    result = {"email": user.email, "password": password}
    show_secret(result, as_json=as_json, done="Made a password.", secrets=("email", "password"))


def _password(*, from_stdin: bool) -> str:
    """The first line of standard input, or a new one of 120 random bits. Never an argument: others could see that."""
    if not from_stdin:
        return secrets.token_urlsafe(15)
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Problem("the password on standard input is not text in UTF-8") from error


def _require_one(organisation: str | None, partner: int | None) -> None:
    if (organisation is None) == (partner is None):
        raise Problem("say where: --organisation CODE or --partner ID, one of the two")
