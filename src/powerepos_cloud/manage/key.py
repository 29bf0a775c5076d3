"""`powerepos-admin key`: what signs tokens, hashes secrets and derives refresh tokens."""

from typing import Annotated, Any

import typer
from sqlalchemy import Row

from powerepos_cloud.audit.store import record
from powerepos_cloud.directory import rules, services
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.keyring import store
from powerepos_cloud.manage.console import Desk, confirm, run
from powerepos_cloud.manage.options import Yes
from powerepos_cloud.manage.output import Json, instant, say, show_list

_COLUMNS = ("kid", "kind", "alg", "state", "created_at", "use_from_at", "replaced_at", "keep_until_at")
_LOST = {
    "sign": "Every token that it signed stops working.",
    "hash": "Every secret that was hashed with it stops working: clients, accounts, instances and refresh tokens!",
    "refresh": "A refresh answer that was lost can no longer be fetched again.",
}


def commands() -> typer.Typer:
    """The group."""
    group = typer.Typer(help="Keys that sign, hash and derive.", no_args_is_help=True)
    group.command("list")(list_all)
    group.command("rotate")(rotate)
    group.command("revoke")(revoke)
    return group


def list_all(as_json: Json = False) -> None:
    """Show all keys and where each stands."""

    async def deed(desk: Desk) -> list[dict[str, Any]]:
        now = desk.clock.now_ms()
        return [_view(row, now) for row in await desk.ask(store.all_keys)]

    show_list(run(deed), as_json=as_json, columns=_COLUMNS, none="There is no key yet: run `powerepos-admin db upgrade`.")


def rotate(
    now: Annotated[bool, typer.Option("--now", help="Sign with it at once, not only after a day of being published.")] = False,
    kind: Annotated[str, typer.Option("--kind", help="sign, hash or refresh.")] = "sign",
    alg: Annotated[str, typer.Option("--alg", help="ES256 or RS256, of a signing key.")] = "ES256",
    as_json: Json = False,
) -> None:
    """Make the next key. The one that it replaces is honoured until the last thing made with it has ended."""
    rules.one_of("kind", kind, store.KINDS)
    rules.algorithm(alg)
    wanted = alg if kind == "sign" else "HS256"

    async def deed(desk: Desk) -> tuple[str | None, list[dict[str, Any]]]:
        seal, at = await desk.seal(), desk.clock.now_ms()
        keep_seconds = await desk.ask(services.longest_access_seconds)
        if kind == "refresh":
            keep_seconds = desk.settings.refresh_repeat_window

        async def unit(session: Session) -> str | None:
            keep_ms = keep_seconds * 1000
            made = await store.rotate(session, seal, at, kind=kind, alg=wanted, at_once=now, keep_ms=keep_ms)
            if made is not None:
                details = {"kind": kind, "alg": wanted, "at_once": now}
                await record(session, at, desk.actor, "key.rotated", ("key", made), details=details)
            return made

        made = await desk.database("directory").write(unit)
        rows = [_view(row, at) for row in await desk.ask(store.all_keys) if row.kind == kind and row.alg == wanted]
        return made, rows

    kid, rows = run(deed)
    newest = next(row for row in rows if row["state"] in ("waiting", "in use"))
    sentence = f"Key {newest['kid']} " + ("waits already, and is used" if kid is None else "is used")
    sentence += " from now on." if newest["state"] == "in use" else f" from {newest['use_from_at']}."
    say(sentence, {**newest, "changed": kid is not None}, as_json=as_json)


def revoke(
    kid: Annotated[str, typer.Argument(metavar="KID", help="The key's ID.", show_default=False)],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Stop honouring a key at once, because it has leaked. What was made with it stops working."""

    async def look(desk: Desk) -> Row[Any]:
        for row in await desk.ask(store.all_keys):
            if row.kid == kid and row.revoked_at is None:
                return row
        raise NotFound("live key", kid, "`powerepos-admin key list` shows them.")

    known = run(look)
    confirm(f"{_LOST[known.kind]} Revoke {kid}?", yes=yes)

    async def deed(desk: Desk) -> list[str]:
        seal, at = await desk.seal(), desk.clock.now_ms()
        algs = await desk.ask(services.algorithms_in_use)

        async def unit(session: Session) -> list[str]:
            if await store.revoke(session, kid, at) is not None:
                details = {"kind": known.kind, "alg": known.alg}
                await record(session, at, desk.actor, "key.revoked", ("key", kid), details=details)
            return await store.ensure(session, seal, at, algs)

        return await desk.database("directory").write(unit)

    made = run(deed)
    sentence = f"Key {kid} is no longer honoured." + (f" In its place: {', '.join(made)}." if made else "")
    say(sentence, {"kid": kid, "kind": known.kind, "changed": True, "made": made}, as_json=as_json)


def _view(row: Row[Any], now_ms: int) -> dict[str, Any]:
    if row.revoked_at is not None:
        state = "revoked"
    elif row.use_from_at > now_ms:
        state = "waiting"
    elif row.keep_until_at is not None and row.keep_until_at <= now_ms:
        state = "outlived"
    elif row.replaced_at is not None and row.replaced_at <= now_ms:
        state = "replaced"
    else:
        state = "in use"
    names = ("created_at", "use_from_at", "replaced_at", "keep_until_at", "revoked_at")
    instants = {name: instant(getattr(row, name)) for name in names}
    return {"kid": row.kid, "kind": row.kind, "alg": row.alg, "state": state, **instants}
