"""An organisation's machine logins: what each may do, where, through whose client, and its passwords."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import clients, credentials, revocations, rules
from powerepos_cloud.directory.credentials import ACCOUNT_PASSWORD, NewSecret, StoredSecret
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.tables import account_bindings, accounts, connections
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.ids import new_account_id
from powerepos_cloud.foundation.json_lists import dump_list, load_list
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from powerepos_cloud.keyring.ring import Keys


class Account(msgspec.Struct, frozen=True):
    """A service account. `outlets` None means all; `clients` are those it is bound to, unless it is open to any partner."""

    id: str
    name: str
    permissions: list[str]
    outlets: list[str] | None
    any_partner: bool
    clients: list[str]
    state: str
    created_at: int


class Wanted(msgspec.Struct, frozen=True):
    """What a new account shall be: `outlets` None means all; either `bound_to` (ClientIDs) or `any_partner`."""

    name: str
    permissions: Sequence[str]
    outlets: Sequence[str] | None
    bound_to: Sequence[str]
    any_partner: bool


_COLUMNS = tuple(accounts.c[name] for name in Account.__struct_fields__ if name != "clients")


async def create(
    session: Session,
    now_ms: int,
    actor: Actor,
    keys: Keys,
    organisation: Organisation,
    name: str,
    permissions: Sequence[str],
    outlets: Sequence[str] | None,
    bound_to: Sequence[str],
    *,
    any_partner: bool = False,
) -> tuple[Account, NewSecret]:
    """A service account with its first password; as `create_bare`."""
    wanted = Wanted(name, permissions, outlets, bound_to, any_partner)
    account = await _create(session, now_ms, organisation, wanted)
    password = await credentials.add(session, now_ms, keys, ACCOUNT_PASSWORD, account.id)
    details = {**_facts(account), "password_id": password.id, "hint": password.hint}
    await _audit(session, now_ms, actor, "account.created", organisation, account.id, details)
    return account, password


async def create_bare(session: Session, now_ms: int, actor: Actor, organisation: Organisation, wanted: Wanted) -> Account:
    """A service account bound to these clients, without a password yet. Raises `Invalid`, `NotFound` (a client)."""
    account = await _create(session, now_ms, organisation, wanted)
    await _audit(session, now_ms, actor, "account.created", organisation, account.id, _facts(account))
    return account


async def _create(session: Session, now_ms: int, organisation: Organisation, wanted: Wanted) -> Account:
    bound_to = list(dict.fromkeys(wanted.bound_to))
    _require_binding(bound_to, wanted.any_partner)
    for client_id in bound_to:
        await clients.get(session, client_id)
    account = Account(
        new_account_id(),
        rules.name("name", wanted.name),
        rules.permissions(wanted.permissions),
        rules.outlets(wanted.outlets, organisation.kapow),
        wanted.any_partner,
        sorted(bound_to),
        "active",
        now_ms,
    )
    await session.run(insert(accounts).values(organisation_id=organisation.id, **_values(account)))
    for client_id in account.clients:
        await session.run(insert(account_bindings).values(account_id=account.id, client_id=client_id))
    return account


async def get(session: Session, organisation: Organisation, account_id: str) -> Account:
    """The organisation's account of this ID. Raises `NotFound`, for another organisation's too."""
    statement = select(*_COLUMNS).where(accounts.c.id == account_id, accounts.c.organisation_id == organisation.id)
    found = await session.first(statement) if rules.is_id(account_id) else None
    if found is None:
        raise NotFound("service account", account_id)
    return _account(found, await _bound_clients(session, account_id))


async def listing(session: Session, organisation: Organisation) -> list[Account]:
    """The organisation's accounts, oldest first, removed ones included."""
    statement = (
        select(*_COLUMNS).where(accounts.c.organisation_id == organisation.id).order_by(accounts.c.created_at, accounts.c.id)
    )
    rows = await session.all(statement)
    bound: dict[str, list[str]] = {row.id: [] for row in rows}
    pairs = (
        select(account_bindings.c.account_id, account_bindings.c.client_id)
        .join(accounts, accounts.c.id == account_bindings.c.account_id)
        .where(accounts.c.organisation_id == organisation.id)
        .order_by(account_bindings.c.client_id)
    )
    for pair in await session.all(pairs):
        bound[pair.account_id].append(pair.client_id)
    return [_account(row, bound[row.id]) for row in rows]


async def set_rights(
    session: Session,
    now_ms: int,
    actor: Actor,
    organisation: Organisation,
    account_id: str,
    *,
    permissions: Sequence[str] | UnsetType = UNSET,
    outlets: Sequence[str] | UnsetType | None = UNSET,
) -> Account:
    """Replace the permissions, the outlets (None: all), or both; what is taken away stops working.

    Raises `NotFound`, `Invalid`, `Conflict`.
    """
    old = await locked(session, organisation, account_id)
    new = msgspec.structs.replace(
        old,
        permissions=old.permissions if permissions is UNSET else rules.permissions(permissions),
        outlets=old.outlets if outlets is UNSET else rules.outlets(outlets, organisation.kapow),
    )
    if _rights(old) == _rights(new):
        return old
    dumped = None if new.outlets is None else dump_list(new.outlets)
    await _update(session, organisation, account_id, permissions=dump_list(new.permissions), outlets=dumped)
    is_narrower = rules.is_narrower(old.permissions, new.permissions) or rules.is_narrower(old.outlets, new.outlets)
    action = "account.narrowed" if is_narrower else "account.widened"
    details = {"from": _rights(old), "to": _rights(new)}
    await _audit(session, now_ms, actor, action, organisation, account_id, details)
    if is_narrower:
        await revocations.publish(session, now_ms, [revocations.account("narrowed", account_id, organisation.code)])
    return new


async def set_permissions(
    session: Session, now_ms: int, actor: Actor, organisation: Organisation, account_id: str, permissions: Sequence[str]
) -> Account:
    """Replace the permissions alone; as `set_rights`."""
    return await set_rights(session, now_ms, actor, organisation, account_id, permissions=permissions)


async def set_outlets(
    session: Session,
    now_ms: int,
    actor: Actor,
    organisation: Organisation,
    account_id: str,
    outlets: Sequence[str] | None,
) -> Account:
    """Replace the outlets alone (None: all); as `set_rights`."""
    return await set_rights(session, now_ms, actor, organisation, account_id, outlets=outlets)


async def bind(session: Session, now_ms: int, actor: Actor, organisation: Organisation, account_id: str, client_id: str) -> bool:
    """Let this client use the account; False if it was bound already. Raises `NotFound`, `Conflict`."""
    await locked(session, organisation, account_id)
    await clients.get(session, client_id)
    made = await session.first(
        insert(account_bindings)
        .values(account_id=account_id, client_id=client_id)
        .on_conflict_do_nothing(index_elements=["account_id", "client_id"])
        .returning(account_bindings.c.client_id)
    )
    if made is not None:
        await _audit(session, now_ms, actor, "account.bound", organisation, account_id, {}, client_id)
    return made is not None


async def unbind(
    session: Session, now_ms: int, actor: Actor, organisation: Organisation, account_id: str, client_id: str
) -> bool:
    """Let this client no longer use the account; its tokens stop. False if it was not bound. Raises `NotFound`, `Conflict`.

    Refresh tokens work again if it is bound anew, access tokens issued before never. An account that is open to any partner
    stays open to this one too.
    """
    account = await locked(session, organisation, account_id)
    await clients.get(session, client_id)
    gone = await session.first(
        delete(account_bindings)
        .where(account_bindings.c.account_id == account_id, account_bindings.c.client_id == client_id)
        .returning(account_bindings.c.client_id)
    )
    if gone is None:
        return False
    await _audit(session, now_ms, actor, "account.unbound", organisation, account_id, {}, client_id)
    if not account.any_partner:
        entry = revocations.connection("narrowed", client_id, account_id, organisation.code)
        await revocations.publish(session, now_ms, [entry])
    return True


async def set_any_partner(
    session: Session, now_ms: int, actor: Actor, organisation: Organisation, account_id: str, *, any_partner: bool
) -> Account:
    """Open the account to any partner's client, or limit it to those it is bound to. Raises `NotFound`, `Conflict`."""
    account = await locked(session, organisation, account_id)
    if account.any_partner == any_partner:
        return account
    await _update(session, organisation, account_id, any_partner=any_partner)
    action = "account.opened_to_any_partner" if any_partner else "account.limited_to_clients"
    await _audit(session, now_ms, actor, action, organisation, account_id, {"clients": account.clients})
    if not any_partner:
        # For the whole account: which clients used it unbound cannot be told for certain while tokens are being issued.
        await revocations.publish(session, now_ms, [revocations.account("narrowed", account_id, organisation.code)])
    return msgspec.structs.replace(account, any_partner=any_partner)


async def switch_off(session: Session, now_ms: int, actor: Actor, organisation: Organisation, account_id: str) -> bool:
    """Stop the account's tokens until it is switched on again; False if it was off. Raises `NotFound`, `Conflict`."""
    return await _switch(session, now_ms, actor, organisation, account_id, to="off")


async def switch_on(session: Session, now_ms: int, actor: Actor, organisation: Organisation, account_id: str) -> bool:
    """Let the account's tokens work again; False if it was on. Raises `NotFound`, `Conflict`."""
    return await _switch(session, now_ms, actor, organisation, account_id, to="active")


async def remove(session: Session, now_ms: int, actor: Actor, organisation: Organisation, account_id: str) -> None:
    """End the account for good, with its passwords, connections and refresh tokens. Raises `NotFound`, `Conflict`."""
    await locked(session, organisation, account_id)
    await _update(session, organisation, account_id, state="removed")
    await credentials.end_all(session, now_ms, ACCOUNT_PASSWORD, account_id)
    await session.run(
        update(connections)
        .where(connections.c.sub == account_id, connections.c.organisation_id == organisation.id)
        .values(state="revoked", pause_note=None)
    )
    await _audit(session, now_ms, actor, "account.removed", organisation, account_id, {})
    await revocations.publish(session, now_ms, [revocations.account("refused", account_id, organisation.code)])


async def passwords_of(session: Session, organisation: Organisation, account_id: str) -> list[StoredSecret]:
    """What is known of the account's passwords. Raises `NotFound`."""
    await get(session, organisation, account_id)
    return await credentials.all_of(session, ACCOUNT_PASSWORD, account_id)


async def add_password(
    session: Session,
    now_ms: int,
    actor: Actor,
    keys: Keys,
    organisation: Organisation,
    account_id: str,
    expires_at: int | None = None,
) -> NewSecret:
    """A second password, so that the first can be replaced without a gap. Raises `NotFound`, `Conflict`, `Invalid`."""
    await locked(session, organisation, account_id)
    password = await credentials.add(session, now_ms, keys, ACCOUNT_PASSWORD, account_id, expires_at)
    details = {"password_id": password.id, "hint": password.hint, "expires_at": expires_at}
    await _audit(session, now_ms, actor, "account_password.added", organisation, account_id, details)
    return password


async def end_password(
    session: Session, now_ms: int, actor: Actor, organisation: Organisation, account_id: str, password_id: int
) -> bool:
    """End authentication with a password, not the grants made with it; False if it had ended. Raises `NotFound`."""
    await get(session, organisation, account_id)
    hint = await credentials.end(session, now_ms, ACCOUNT_PASSWORD, account_id, password_id)
    if hint is not None:
        details = {"password_id": password_id, "hint": hint}
        await _audit(session, now_ms, actor, "account_password.ended", organisation, account_id, details)
    return hint is not None


async def revoke_everything(session: Session, now_ms: int, actor: Actor, organisation: Organisation, account_id: str) -> int:
    """End all that was ever issued to this account, refresh tokens included; the entry's number.

    The account, its passwords and its connections stay: partners ask for new tokens. Raises `NotFound`, `Conflict`.
    """
    await locked(session, organisation, account_id)
    await _audit(session, now_ms, actor, "account.revoked_everything", organisation, account_id, {})
    entry = revocations.account("narrowed", account_id, organisation.code)
    [number] = await revocations.publish(session, now_ms, [entry])
    # On the account and not on its connections: a first grant may be under way, whose connection is not there yet.
    await _update(session, organisation, account_id, valid_from=number)
    return number


async def _switch(session: Session, now_ms: int, actor: Actor, organisation: Organisation, account_id: str, *, to: str) -> bool:
    if (await locked(session, organisation, account_id)).state == to:
        return False
    await _update(session, organisation, account_id, state=to)
    action, entry = ("account.switched_on", "lifted") if to == "active" else ("account.switched_off", "refused")
    await _audit(session, now_ms, actor, action, organisation, account_id, {})
    await revocations.publish(session, now_ms, [revocations.account(entry, account_id, organisation.code)])
    return True


async def locked(session: Session, organisation: Organisation, account_id: str) -> Account:
    """The account, held until the commit, so that deeds on it wait for each other.

    Raises `NotFound`; `Conflict` if it was removed for good.
    """
    await get(session, organisation, account_id)
    held = (
        select(*_COLUMNS)
        .where(accounts.c.id == account_id, accounts.c.organisation_id == organisation.id)
        .with_for_update(key_share=True)
    )
    row = await session.first(held)
    assert row is not None  # accounts are never deleted
    if row.state == "removed":
        raise Conflict(f"the service account {account_id} was removed for good", "Create another one.")
    return _account(row, await _bound_clients(session, account_id))


async def _update(session: Session, organisation: Organisation, account_id: str, **values: Any) -> None:
    await session.run(
        update(accounts).where(accounts.c.id == account_id, accounts.c.organisation_id == organisation.id).values(values)
    )


async def _bound_clients(session: Session, account_id: str) -> list[str]:
    statement = (
        select(account_bindings.c.client_id)
        .where(account_bindings.c.account_id == account_id)
        .order_by(account_bindings.c.client_id)
    )
    return [row[0] for row in await session.all(statement)]


def _require_binding(bound_to: Sequence[str], any_partner: bool) -> None:
    if bound_to and any_partner:
        raise Invalid("clients", "either clients or any partner", ", ".join(bound_to), "Leave one of the two out.")
    if not bound_to and not any_partner:
        raise Invalid("clients", "the ClientIDs that may use the account", None, "Choose any partner only on purpose.")


def _facts(account: Account) -> dict[str, Any]:
    return {**_rights(account), "name": account.name, "clients": account.clients, "any_partner": account.any_partner}


def _rights(account: Account) -> dict[str, Any]:
    return {"permissions": account.permissions, "outlets": account.outlets}


def _values(account: Account) -> dict[str, Any]:
    values = {name: getattr(account, name) for name in Account.__struct_fields__ if name != "clients"}
    outlets = None if account.outlets is None else dump_list(account.outlets)
    return {**values, "permissions": dump_list(account.permissions), "outlets": outlets}


def _account(row: Row[Any], bound_clients: list[str]) -> Account:
    values = row._asdict()
    outlets = None if values["outlets"] is None else load_list(values["outlets"])
    lists = {"permissions": load_list(values["permissions"]), "outlets": outlets, "clients": bound_clients}
    return Account(**{**values, **lists})


async def _audit(
    session: Session,
    now_ms: int,
    actor: Actor,
    action: str,
    organisation: Organisation,
    account_id: str,
    details: dict[str, Any],
    client_id: str | None = None,
) -> None:
    await record(
        session,
        now_ms,
        actor,
        action,
        ("service_account", account_id),
        kapow=organisation.kapow,
        client_id=client_id,
        details=details,
    )
