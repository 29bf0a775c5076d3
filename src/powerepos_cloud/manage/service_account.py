"""`powerepos-admin service-account`: an organisation's machine logins."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from powerepos_cloud.directory import accounts, rules
from powerepos_cloud.directory.accounts import Account
from powerepos_cloud.directory.credentials import NewSecret
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.renaming import rename_account
from powerepos_cloud.manage.client import secret_view
from powerepos_cloud.manage.console import Desk, Problem, confirm, run
from powerepos_cloud.manage.options import (
    AccountId,
    AllOutlets,
    ClientId,
    Expires,
    NoOutlets,
    OrganisationCode,
    Outlets,
    Permissions,
    SecretId,
    UncheckedOutlets,
    Yes,
    chosen_outlets,
    read_expiry,
)
from powerepos_cloud.manage.outlet import check_outlets, databases_for
from powerepos_cloud.manage.output import Json, instant, say, show, show_list, show_secret, view

_COLUMNS = ("id", "name", "permissions", "outlets", "clients", "state")


def commands() -> typer.Typer:
    """The group."""
    group = typer.Typer(help="An organisation's machine logins for partners.", no_args_is_help=True)
    for name, command in (
        ("create", create),
        ("list", list_all),
        ("show", show_one),
        ("set", change),
        ("rename", rename),
        ("bind", bind),
        ("unbind", unbind),
        ("any-partner", any_partner),
        ("chosen-clients", chosen_clients),
        ("off", off),
        ("on", on),
        ("remove", remove),
        ("revoke-everything", revoke_everything),
    ):
        group.command(name)(command)
    password = typer.Typer(help="Passwords: two may be live, so that one can be replaced.", no_args_is_help=True)
    password.command("add")(add_password)
    password.command("end")(end_password)
    group.add_typer(password, name="password")
    return group


def create(
    code: OrganisationCode,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.", show_default=False)],
    permission: Permissions = None,
    outlet: Outlets = None,
    all_outlets: AllOutlets = False,
    no_outlets: NoOutlets = False,
    client: Annotated[
        list[str] | None, typer.Option("--client", help="ClientID that may use it. Repeatable.", show_default=False)
    ] = None,
    any_partner: Annotated[
        bool, typer.Option("--any-partner", help="Every partner's client may use it: whoever has the password.")
    ] = False,
    unchecked: UncheckedOutlets = False,
    as_json: Json = False,
) -> None:
    """Make a service account and show its password, once."""
    chosen = chosen_outlets(outlet, all_outlets=all_outlets, no_outlets=no_outlets)

    async def deed(desk: Desk) -> tuple[Organisation, Account, NewSecret]:
        organisation = await desk.organisation(code)
        await check_outlets(desk, organisation, rules.outlets(chosen, organisation.kapow), unchecked=unchecked)
        arguments = (organisation, name, permission or [], chosen, client or [])
        keys = await desk.keys()
        return organisation, *await desk.do(accounts.create, keys, *arguments, any_partner=any_partner)

    organisation, made, password = run(deed, databases_for(chosen, unchecked=unchecked))
    result = {"org_id": organisation.code, "username": made.id, "password": password.secret, "password_id": password.id}
    show_secret(
        {**result, **view(made, "id")},
        as_json=as_json,
        done=f"Made service account {made.name}.",
        secrets=("org_id", "username", "password"),
        note="Any partner who has the password can use it!" if any_partner else "",
    )


def list_all(code: OrganisationCode, as_json: Json = False) -> None:
    """Show an organisation's service accounts."""
    rows = [_view(account) for account in _of_organisation(code, accounts.listing)]
    people = [{**row, "clients": "any partner" if row["any_partner"] else row["clients"]} for row in rows]
    none = "This organisation has no service account."
    show_list(rows if as_json else people, as_json=as_json, columns=_COLUMNS, none=none)


def show_one(code: OrganisationCode, account_id: AccountId, as_json: Json = False) -> None:
    """Show a service account and its passwords (never their text)."""

    async def deed(desk: Desk) -> dict[str, Any]:
        organisation = await desk.organisation(code)
        account = await desk.ask(accounts.get, organisation, account_id)
        known = await desk.ask(accounts.passwords_of, organisation, account_id)
        now = desk.clock.now_ms()
        return {
            "organisation": organisation.code,
            **_view(account),
            "passwords": [secret_view(password, now) for password in known],
        }

    show(run(deed), as_json=as_json)


def change(
    code: OrganisationCode,
    account_id: AccountId,
    permission: Permissions = None,
    no_permissions: Annotated[bool, typer.Option("--no-permissions", help="No permission for now.")] = False,
    outlet: Outlets = None,
    all_outlets: AllOutlets = False,
    no_outlets: NoOutlets = False,
    unchecked: UncheckedOutlets = False,
    as_json: Json = False,
) -> None:
    """Replace its permissions, its outlets, or both. What is taken away stops working within 2 seconds."""
    if permission and no_permissions:
        raise Problem("choose --permission or --no-permissions, not both")
    sets_permissions, sets_outlets = bool(permission) or no_permissions, bool(outlet) or all_outlets or no_outlets
    if not sets_permissions and not sets_outlets:
        raise Problem("nothing to change: give --permission, --no-permissions, --outlet, --all-outlets or --no-outlets")
    chosen = chosen_outlets(outlet, all_outlets=all_outlets, no_outlets=no_outlets) if sets_outlets else None

    async def deed(desk: Desk) -> Account:
        organisation = await desk.organisation(code)
        await check_outlets(desk, organisation, rules.outlets(chosen, organisation.kapow), unchecked=unchecked)
        changes: dict[str, Any] = {"permissions": permission or []} if sets_permissions else {}
        changes |= {"outlets": chosen} if sets_outlets else {}
        return await desk.do(accounts.set_rights, organisation, account_id, **changes)

    changed = run(deed, databases_for(chosen, unchecked=unchecked))
    show(_view(changed), as_json=as_json, done=f"{changed.id} may do this from now on.")


def rename(
    code: OrganisationCode,
    account_id: AccountId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its new name.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Call it something else. Its ID, passwords and tokens stay as they are."""
    changed = _of_organisation(code, rename_account, account_id, name, writes=True)
    _say(f"{account_id} is called {name}." if changed else f"{account_id} was called that already.", account_id, changed, as_json)


def bind(code: OrganisationCode, account_id: AccountId, client_id: ClientId, as_json: Json = False) -> None:
    """Let a client use it."""
    changed = _of_organisation(code, accounts.bind, account_id, client_id, writes=True)
    sentence = f"{client_id} may use {account_id}." if changed else f"{client_id} was bound to {account_id} already."
    _say(sentence, account_id, changed, as_json, client_id=client_id)


def unbind(code: OrganisationCode, account_id: AccountId, client_id: ClientId, as_json: Json = False) -> None:
    """Let a client no longer use it; its tokens stop."""
    changed = _of_organisation(code, accounts.unbind, account_id, client_id, writes=True)
    sentence = f"{client_id} is no longer bound to {account_id}." if changed else f"{client_id} was not bound to it."
    _say(sentence, account_id, changed, as_json, client_id=client_id)


def any_partner(code: OrganisationCode, account_id: AccountId, yes: Yes = False, as_json: Json = False) -> None:
    """Open it to every partner's client. Whoever has its password can use it then."""
    confirm(f"Let every partner's client use {account_id}?", yes=yes)
    changed = _of_organisation(code, accounts.set_any_partner, account_id, writes=True, any_partner=True)
    show(_view(changed), as_json=as_json, done=f"Every partner's client may use {account_id}.")


def chosen_clients(code: OrganisationCode, account_id: AccountId, as_json: Json = False) -> None:
    """Limit it to the clients that it is bound to; tokens issued before stop."""
    changed = _of_organisation(code, accounts.set_any_partner, account_id, writes=True, any_partner=False)
    show(_view(changed), as_json=as_json, done=f"{account_id} is limited to the clients it is bound to.")


def off(code: OrganisationCode, account_id: AccountId, as_json: Json = False) -> None:
    """Stop its tokens until it is switched on again."""
    changed = _of_organisation(code, accounts.switch_off, account_id, writes=True)
    _say(f"{account_id} is off." if changed else f"{account_id} was off already.", account_id, changed, as_json)


def on(code: OrganisationCode, account_id: AccountId, as_json: Json = False) -> None:
    """Let its tokens work again."""
    changed = _of_organisation(code, accounts.switch_on, account_id, writes=True)
    _say(f"{account_id} is on." if changed else f"{account_id} was on already.", account_id, changed, as_json)


def remove(code: OrganisationCode, account_id: AccountId, yes: Yes = False, as_json: Json = False) -> None:
    """End it for good, with its passwords, connections and tokens."""
    confirm(f"Remove {account_id} for good?", yes=yes)
    _of_organisation(code, accounts.remove, account_id, writes=True)
    _say(f"{account_id} is removed for good.", account_id, True, as_json)


def revoke_everything(code: OrganisationCode, account_id: AccountId, yes: Yes = False, as_json: Json = False) -> None:
    """End all tokens that were ever issued to it. It stays, and partners ask for new ones."""
    confirm(f"End all tokens of {account_id}?", yes=yes)
    number = _of_organisation(code, accounts.revoke_everything, account_id, writes=True)
    _say(f"All tokens of {account_id} are revoked.", account_id, True, as_json, revocation=number)


def add_password(code: OrganisationCode, account_id: AccountId, expires: Expires = None, as_json: Json = False) -> None:
    """Make a second password and show it, once."""

    async def deed(desk: Desk) -> tuple[Organisation, NewSecret]:
        organisation = await desk.organisation(code)
        expires_at = read_expiry(expires, desk.clock.now_ms())
        keys = await desk.keys()
        return organisation, await desk.do(accounts.add_password, keys, organisation, account_id, expires_at)

    organisation, made = run(deed)
    result = {
        "org_id": organisation.code,
        "username": account_id,
        "password": made.secret,
        "password_id": made.id,
        "hint": made.hint,
        "expires_at": instant(made.expires_at),
    }
    secrets = ("org_id", "username", "password", "password_id")
    note = "The older password works on until you end it."
    show_secret(result, as_json=as_json, done="Made a password.", secrets=secrets, note=note)


def end_password(code: OrganisationCode, account_id: AccountId, password_id: SecretId, as_json: Json = False) -> None:
    """End a password at once. Tokens that were got with it live on; `revoke-everything` ends those."""
    ended = _of_organisation(code, accounts.end_password, account_id, password_id, writes=True)
    sentence = f"Password {password_id} has ended." if ended else f"Password {password_id} had ended before."
    _say(sentence, account_id, ended, as_json, password_id=password_id)


def _of_organisation(
    code: str, function: Callable[..., Awaitable[Any]], *arguments: Any, writes: bool = False, **named: Any
) -> Any:
    """Do or ask something that begins with an organisation."""

    async def deed(desk: Desk) -> Any:
        organisation = await desk.organisation(code)
        return await (desk.do if writes else desk.ask)(function, organisation, *arguments, **named)

    return run(deed)


def _say(sentence: str, account_id: str, changed: bool, as_json: bool, **others: Any) -> None:
    say(sentence, {"id": account_id, **others, "changed": changed}, as_json=as_json)


def _view(account: Account) -> dict[str, Any]:
    return {**view(account), "outlets": "all" if account.outlets is None else account.outlets}
