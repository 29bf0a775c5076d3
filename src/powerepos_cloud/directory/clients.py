"""A partner's OAuth clients: ClientID, secrets or public keys, and the grants that they may use."""

from typing import Any

import msgspec
from sqlalchemy import Row, insert, select, update

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import credentials, keysets, partners, revocations, rules
from powerepos_cloud.directory.credentials import CLIENT_SECRET, NewSecret, StoredSecret
from powerepos_cloud.directory.partners import Partner
from powerepos_cloud.directory.tables import clients
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.ids import new_client_id
from powerepos_cloud.foundation.json_lists import dump_list, load_list
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from powerepos_cloud.keyring.ring import Keys

MOST = 20
"""How many clients a partner makes by itself."""


class Client(msgspec.Struct, frozen=True):
    """A client. `jwks` is its public key set as JSON text, None without one; `state` is active or off."""

    id: str
    partner_id: int
    name: str
    grants: list[str]
    jwks: str | None
    state: str
    created_at: int


_COLUMNS = tuple(clients.c[name] for name in Client.__struct_fields__)


async def create(
    session: Session, now_ms: int, actor: Actor, keys: Keys, partner: Partner, name: str, grants: list[str]
) -> tuple[Client, NewSecret]:
    """A client of this partner with its first secret. Raises `Invalid`."""
    client = await _insert(session, now_ms, partner, name, grants)
    secret = await credentials.add(session, now_ms, keys, CLIENT_SECRET, client.id)
    details = {"partner_id": partner.id, "grants": client.grants, "secret_id": secret.id, "hint": secret.hint}
    await _audit(session, now_ms, actor, "client.created", client.id, details)
    return client, secret


async def register(session: Session, now_ms: int, actor: Actor, partner: Partner, name: str, grants: list[str]) -> Client:
    """A client of this partner without any secret yet: its people make one and see it themselves.

    Raises `Invalid`, `Conflict` for too many.
    """
    await partners.lock(session, partner)
    if len(await listing(session, partner.id)) >= MOST:
        raise Conflict(f"{partner.company_name} has {MOST} clients already", "Ask PowerEPOS support for more.")
    client = await _insert(session, now_ms, partner, name, grants)
    await _audit(session, now_ms, actor, "client.created", client.id, {"partner_id": partner.id, "grants": client.grants})
    return client


async def get(session: Session, client_id: str) -> Client:
    """The client of this ClientID. Raises `NotFound`."""
    found = None
    if rules.is_id(client_id):
        found = await session.first(select(*_COLUMNS).where(clients.c.id == client_id))
    if found is None:
        raise NotFound("client", client_id)
    return _client(found)


async def listing(session: Session, partner_id: int | None = None) -> list[Client]:
    """Clients, oldest first: all, or those of one partner."""
    statement = select(*_COLUMNS).order_by(clients.c.created_at, clients.c.id)
    if partner_id is not None:
        statement = statement.where(clients.c.partner_id == partner_id)
    return [_client(row) for row in await session.all(statement)]


async def secrets_of(session: Session, client_id: str) -> list[StoredSecret]:
    """What is known of the client's secrets."""
    return await credentials.all_of(session, CLIENT_SECRET, client_id)


async def add_secret(
    session: Session, now_ms: int, actor: Actor, keys: Keys, client_id: str, expires_at: int | None = None
) -> NewSecret:
    """A second secret, so that the first can be replaced without a gap. Raises `NotFound`, `Conflict`, `Invalid`."""
    await lock(session, client_id)
    secret = await credentials.add(session, now_ms, keys, CLIENT_SECRET, client_id, expires_at)
    details = {"secret_id": secret.id, "hint": secret.hint, "expires_at": expires_at}
    await _audit(session, now_ms, actor, "client_secret.added", client_id, details)
    return secret


async def end_secret(session: Session, now_ms: int, actor: Actor, client_id: str, secret_id: int) -> bool:
    """End authentication with a secret, not the grants made with it; False if it had ended. Raises `NotFound`."""
    hint = await credentials.end(session, now_ms, CLIENT_SECRET, (await get(session, client_id)).id, secret_id)
    if hint is not None:
        details = {"secret_id": secret_id, "hint": hint}
        await _audit(session, now_ms, actor, "client_secret.ended", client_id, details)
    return hint is not None


async def set_keys(session: Session, now_ms: int, actor: Actor, client_id: str, jwks: str | None) -> Client:
    """Replace the client's public keys by a JWK Set; None takes them away. Raises `NotFound`, `Invalid`."""
    stored = None if jwks is None else keysets.public_keys(jwks)
    client = await _change(session, client_id, jwks=stored)
    kids = [] if stored is None else [key["kid"] for key in msgspec.json.decode(stored)["keys"]]
    await _audit(session, now_ms, actor, "client.keys_set", client_id, {"kids": kids})
    return client


async def set_grants(session: Session, now_ms: int, actor: Actor, client_id: str, grants: list[str]) -> Client:
    """Replace the grants that the client may use from now on. Raises `NotFound`, `Invalid`."""
    client = await _change(session, client_id, grants=dump_list(rules.grants(grants)))
    await _audit(session, now_ms, actor, "client.grants_set", client_id, {"grants": client.grants})
    return client


async def switch_off(session: Session, now_ms: int, actor: Actor, client_id: str) -> bool:
    """Stop every token of the client until it is switched on again; False if it was off. Raises `NotFound`."""
    return await _switch(session, now_ms, actor, client_id, to="off", entry="refused")


async def switch_on(session: Session, now_ms: int, actor: Actor, client_id: str) -> bool:
    """Let the client's tokens work again; False if it was on. Raises `NotFound`."""
    return await _switch(session, now_ms, actor, client_id, to="active", entry="lifted")


async def revoke_everything(session: Session, now_ms: int, actor: Actor, client_id: str) -> int:
    """End all that was ever issued to this client, refresh tokens included, everywhere; the entry's number.

    The client itself, its secrets and its connections stay: it asks for new tokens. Raises `NotFound`.
    """
    await lock(session, client_id)
    await _audit(session, now_ms, actor, "client.revoked_everything", client_id, {})
    [number] = await revocations.publish(session, now_ms, [revocations.client("narrowed", client_id)])
    # On the client and not on its connections: a first grant may be under way, whose connection is not there yet.
    await session.run(update(clients).where(clients.c.id == client_id).values(valid_from=number))
    return number


async def _insert(session: Session, now_ms: int, partner: Partner, name: str, grants: list[str]) -> Client:
    values = {
        "id": new_client_id(),
        "partner_id": partner.id,
        "name": rules.name("name", name),
        "grants": dump_list(rules.grants(grants)),
        "state": "active",
        "created_at": now_ms,
    }
    made = await session.first(insert(clients).values(values).returning(*_COLUMNS))
    assert made is not None
    return _client(made)


async def _switch(session: Session, now_ms: int, actor: Actor, client_id: str, *, to: str, entry: str) -> bool:
    await lock(session, client_id)
    changed = await session.first(
        update(clients).where(clients.c.id == client_id, clients.c.state != to).values(state=to).returning(clients.c.id)
    )
    if changed is None:
        return False
    action = "client.switched_on" if to == "active" else "client.switched_off"
    await _audit(session, now_ms, actor, action, client_id, {})
    await revocations.publish(session, now_ms, [revocations.client(entry, client_id)])
    return True


async def _change(session: Session, client_id: str, **values: Any) -> Client:
    await get(session, client_id)
    changed = await session.first(update(clients).where(clients.c.id == client_id).values(values).returning(*_COLUMNS))
    assert changed is not None  # clients are never deleted
    return _client(changed)


async def lock(session: Session, client_id: str) -> None:
    """Let deeds on this client run one after the other. Raises `NotFound`."""
    await get(session, client_id)
    await session.all(select(clients.c.id).where(clients.c.id == client_id).with_for_update(key_share=True))


async def _audit(session: Session, now_ms: int, actor: Actor, action: str, client_id: str, details: dict[str, Any]) -> None:
    await record(session, now_ms, actor, action, ("client", client_id), client_id=client_id, details=details)


def _client(row: Row[Any]) -> Client:
    values = row._asdict()
    return Client(**{**values, "grants": load_list(values["grants"])})
