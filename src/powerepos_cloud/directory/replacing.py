"""A secret made from a page: where two are live, the third takes the place of one (contract section 9)."""

from typing import Any

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import accounts, clients, credentials
from powerepos_cloud.directory.credentials import ACCOUNT_PASSWORD, CLIENT_SECRET, NewSecret, Shape, StoredSecret
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.keyring.ring import Keys


async def account_password(
    session: Session,
    now_ms: int,
    actor: Actor,
    keys: Keys,
    organisation: Organisation,
    account_id: str,
    ends: int | None = None,
) -> NewSecret:
    """Another password for a service account; of two live ones `ends` makes room, or the newest that was never used.

    Raises `NotFound`, `Conflict` if the account was removed, or if both are in use and none was chosen.
    """
    await accounts.locked(session, organisation, account_id)
    ended = await credentials.make_room(session, now_ms, ACCOUNT_PASSWORD, account_id, ends)
    if ended is not None:
        subject = ("service_account", account_id)
        details = _ended(ACCOUNT_PASSWORD, ended)
        await record(session, now_ms, actor, "account_password.ended", subject, kapow=organisation.kapow, details=details)
    return await accounts.add_password(session, now_ms, actor, keys, organisation, account_id)


async def client_secret(
    session: Session,
    now_ms: int,
    actor: Actor,
    keys: Keys,
    client_id: str,
    ends: int | None = None,
    expires_at: int | None = None,
) -> NewSecret:
    """Another secret for a client; as `account_password`. Raises `NotFound`, `Conflict`."""
    await clients.lock(session, client_id)
    ended = await credentials.make_room(session, now_ms, CLIENT_SECRET, client_id, ends)
    if ended is not None:
        subject, details = ("client", client_id), _ended(CLIENT_SECRET, ended)
        await record(session, now_ms, actor, "client_secret.ended", subject, client_id=client_id, details=details)
    return await clients.add_secret(session, now_ms, actor, keys, client_id, expires_at)


def _ended(shape: Shape, secret: StoredSecret) -> dict[str, Any]:
    which = "secret_id" if shape is CLIENT_SECRET else "password_id"
    return {which: secret.id, "hint": secret.hint, "replaced": True}
