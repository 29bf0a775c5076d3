"""`powerepos-admin client`: a partner's OAuth clients, their secrets, keys and grants."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from powerepos_cloud.directory import clients, keysets, partners
from powerepos_cloud.directory.clients import Client
from powerepos_cloud.directory.credentials import NewSecret, StoredSecret
from powerepos_cloud.manage.console import Desk, confirm, run
from powerepos_cloud.manage.options import LARGEST_ID, ClientId, Expires, PartnerId, SecretId, Yes, read_expiry, read_text
from powerepos_cloud.manage.output import Json, instant, say, show, show_list, show_secret, view

_COLUMNS = ("id", "name", "partner_id", "grants", "state")
_SECRET_COLUMNS = ("id", "hint", "state", "created_at", "expires_at", "last_used_at", "ended_at")

Grants = Annotated[
    list[str] | None,
    typer.Option("--grant", help="password, client_credentials or refresh_token. Repeatable.", show_default=False),
]


def commands() -> typer.Typer:
    """The group."""
    group = typer.Typer(help="A partner's OAuth clients: ClientID, secrets, keys, grants.", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(list_all)
    group.command("show")(show_one)
    group.command("grants")(grants)
    group.command("off")(off)
    group.command("on")(on)
    group.command("revoke-everything")(revoke_everything)
    secret = typer.Typer(help="Client secrets: two may be live, so that one can be replaced.", no_args_is_help=True)
    secret.command("add")(add_secret)
    secret.command("end")(end_secret)
    secret.command("list")(list_secrets)
    group.add_typer(secret, name="secret")
    keys = typer.Typer(help="Public keys for private_key_jwt.", no_args_is_help=True)
    keys.command("set")(set_keys)
    keys.command("clear")(clear_keys)
    group.add_typer(keys, name="keys")
    return group


def create(
    partner_id: PartnerId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the integration is called.", show_default=False)],
    grant: Grants = None,
    as_json: Json = False,
) -> None:
    """Make a client and show its ClientSecret, once. Without --grant it may use password and refresh_token."""

    async def deed(desk: Desk) -> tuple[Client, NewSecret]:
        partner = await desk.ask(partners.get, partner_id)
        return await desk.do(clients.create, await desk.keys(), partner, name, grant or ["password", "refresh_token"])

    made, secret = run(deed)
    result = {"client_id": made.id, "client_secret": secret.secret, "secret_id": secret.id, **_view(made)}
    result.pop("id")
    show_secret(result, as_json=as_json, done=f"Made client {made.name}.", secrets=("client_id", "client_secret"))


def list_all(
    partner_id: Annotated[int | None, typer.Option("--partner", help="Of this partner.", min=1, max=LARGEST_ID)] = None,
    as_json: Json = False,
) -> None:
    """Show clients."""

    async def deed(desk: Desk) -> list[Client]:
        if partner_id is not None:
            await desk.ask(partners.get, partner_id)
        return await desk.ask(clients.listing, partner_id)

    rows = [_view(client) for client in run(deed)]
    show_list(rows, as_json=as_json, columns=_COLUMNS, none="There is no client yet.")


def show_one(client_id: ClientId, as_json: Json = False) -> None:
    """Show a client with its partner, its secrets (never their text) and its keys."""

    async def deed(desk: Desk) -> dict[str, Any]:
        client = await desk.ask(clients.get, client_id)
        partner = await desk.ask(partners.get, client.partner_id)
        now = desk.clock.now_ms()
        return {
            **_view(client),
            "company_name": partner.company_name,
            "website": partner.website,
            "secrets": [secret_view(known, now) for known in await desk.ask(clients.secrets_of, client_id)],
        }

    show(run(deed), as_json=as_json)


def grants(client_id: ClientId, grant: Grants = None, as_json: Json = False) -> None:
    """Replace the grants that a client may use from now on."""
    changed = run(lambda desk: desk.do(clients.set_grants, client_id, grant or []))
    show(_view(changed), as_json=as_json, done=f"{client_id} may use {', '.join(changed.grants)}.")


def off(client_id: ClientId, as_json: Json = False) -> None:
    """Stop every token of a client until it is switched on again."""
    changed = run(lambda desk: desk.do(clients.switch_off, client_id))
    sentence = f"{client_id} is off." if changed else f"{client_id} was off already."
    say(sentence, {"id": client_id, "state": "off", "changed": changed}, as_json=as_json)


def on(client_id: ClientId, as_json: Json = False) -> None:
    """Let a client's tokens work again."""
    changed = run(lambda desk: desk.do(clients.switch_on, client_id))
    sentence = f"{client_id} is on." if changed else f"{client_id} was on already."
    say(sentence, {"id": client_id, "state": "active", "changed": changed}, as_json=as_json)


def revoke_everything(client_id: ClientId, yes: Yes = False, as_json: Json = False) -> None:
    """End all tokens that were ever issued to a client, at every organisation. It stays, and asks for new ones."""
    confirm(f"End all tokens of {client_id} at every organisation?", yes=yes)
    number = run(lambda desk: desk.do(clients.revoke_everything, client_id))
    say(f"All tokens of {client_id} are revoked.", {"id": client_id, "revocation": number}, as_json=as_json)


def add_secret(client_id: ClientId, expires: Expires = None, as_json: Json = False) -> None:
    """Make a second secret and show it, once."""

    async def deed(desk: Desk) -> NewSecret:
        expires_at = read_expiry(expires, desk.clock.now_ms())
        return await desk.do(clients.add_secret, await desk.keys(), client_id, expires_at)

    made = run(deed)
    result = {
        "client_id": client_id,
        "client_secret": made.secret,
        "secret_id": made.id,
        "hint": made.hint,
        "expires_at": instant(made.expires_at),
    }
    note = "The older secret works on until you end it."
    show_secret(result, as_json=as_json, done="Made a secret.", secrets=("client_id", "client_secret", "secret_id"), note=note)


def end_secret(client_id: ClientId, secret_id: SecretId, as_json: Json = False) -> None:
    """End a secret at once. Tokens that were got with it live on; `revoke-everything` ends those."""
    ended = run(lambda desk: desk.do(clients.end_secret, client_id, secret_id))
    sentence = f"Secret {secret_id} has ended." if ended else f"Secret {secret_id} had ended before."
    say(sentence, {"client_id": client_id, "secret_id": secret_id, "changed": ended}, as_json=as_json)


def list_secrets(client_id: ClientId, as_json: Json = False) -> None:
    """Show a client's secrets by their last four characters."""

    async def deed(desk: Desk) -> list[dict[str, Any]]:
        client = await desk.ask(clients.get, client_id)
        now = desk.clock.now_ms()
        return [secret_view(known, now) for known in await desk.ask(clients.secrets_of, client.id)]

    show_list(run(deed), as_json=as_json, columns=_SECRET_COLUMNS, none="This client has no secret.")


def set_keys(
    client_id: ClientId,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A JWK Set of public keys; - reads standard input.", show_default=False)
    ],
    as_json: Json = False,
) -> None:
    """Replace a client's public keys (at most 5: EC P-256, RSA from 2048 bits, Ed25519)."""
    text = read_text(file, keysets.LARGEST_TEXT)
    changed = run(lambda desk: desk.do(clients.set_keys, client_id, text))
    show(_view(changed), as_json=as_json, done=f"{client_id} signs with these keys from now on.")


def clear_keys(client_id: ClientId, as_json: Json = False) -> None:
    """Take a client's public keys away."""
    changed = run(lambda desk: desk.do(clients.set_keys, client_id, None))
    show(_view(changed), as_json=as_json, done=f"{client_id} has no keys.")


def secret_view(known: StoredSecret, now_ms: int) -> dict[str, Any]:
    """A stored secret as it leaves."""
    state = "live" if known.is_live(now_ms) else "ended" if known.ended_at is not None else "expired"
    return {**view(known), "hint": f"…{known.hint}", "state": state}


def _view(client: Client) -> dict[str, Any]:
    keys = [] if client.jwks is None else msgspec.json.decode(client.jwks)["keys"]
    return {**view(client, "jwks"), "keys": [{"kid": key["kid"], "kty": key["kty"]} for key in keys]}
