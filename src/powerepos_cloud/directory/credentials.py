"""What client secrets, account passwords and instance credentials share: at most two live, shown once, stored as hashes.

These are tools of the stores by noun, which know the owner, lock it first, and write the audit.
"""

from typing import Any

import msgspec
from sqlalchemy import Column, Table, insert, null, select, update

from powerepos_cloud.directory import rules
from powerepos_cloud.directory.tables import account_passwords, client_secrets, instance_credentials
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from powerepos_cloud.foundation.secrets import SecretKind, generate, hint
from powerepos_cloud.keyring.ring import Keys

MOST_LIVE = 2


class Shape(msgspec.Struct, frozen=True):
    """One of the three tables: the kind of its secrets, its owner's column, and what a person calls one."""

    table: Table
    owner: str
    kind: SecretKind
    noun: str
    expires: bool = True

    def column(self, name: str) -> "Column[Any]":
        """A column of the table."""
        found: Column[Any] = self.table.c[name]
        return found


CLIENT_SECRET = Shape(client_secrets, "client_id", SecretKind.CLIENT_SECRET, "client secret")
ACCOUNT_PASSWORD = Shape(account_passwords, "account_id", SecretKind.SERVICE_PASSWORD, "account password")
INSTANCE_CREDENTIAL = Shape(
    instance_credentials, "instance_id", SecretKind.INSTANCE_CREDENTIAL, "instance credential", expires=False
)


class NewSecret(msgspec.Struct, frozen=True):
    """A secret just made: the only time that it is seen."""

    id: int
    secret: str
    hint: str
    expires_at: int | None

    def __repr__(self) -> str:
        return f"NewSecret(id={self.id}, hint={self.hint!r})"


class StoredSecret(msgspec.Struct, frozen=True):
    """What is known of a secret afterwards. Instants in ms."""

    id: int
    hint: str
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    ended_at: int | None

    def is_live(self, now_ms: int) -> bool:
        """Whether it still proves its owner."""
        return self.ended_at is None and (self.expires_at is None or self.expires_at > now_ms)


async def add(session: Session, now_ms: int, keys: Keys, shape: Shape, owner: str, expires_at: int | None = None) -> NewSecret:
    """Make a secret for an owner whose row the caller has locked. Raises `Conflict` if two are live, `Invalid`."""
    rules.expiry(expires_at, now_ms)
    live = [known for known in await all_of(session, shape, owner) if known.is_live(now_ms)]
    if len(live) >= MOST_LIVE:
        ids = " and ".join(f"{known.id} (…{known.hint})" for known in live)
        raise Conflict(f"{owner} has two live {shape.noun}s already: {ids}", "End the one that is no longer used first.")
    secret = generate(shape.kind)
    hash_key, hashed = keys.hash(shape.kind, secret)
    values = {
        shape.owner: owner,
        "hash": hashed,
        "hash_key": hash_key,
        "hint": hint(secret),
        "created_at": now_ms,
        **({"expires_at": expires_at} if shape.expires else {}),
    }
    made: int = await session.scalar(insert(shape.table).values(values).returning(shape.column("id")))
    return NewSecret(made, secret, hint(secret), expires_at)


async def make_room(session: Session, now_ms: int, shape: Shape, owner: str, chosen: int | None) -> StoredSecret | None:
    """Where two are live, end the chosen one, or the newest of those never used: an answer that got lost. The ended one.

    The caller has locked the owner's row. Raises `Conflict` if both are in use and none was chosen, or another than these.
    """
    live = [known for known in await all_of(session, shape, owner) if known.is_live(now_ms)]
    if len(live) < MOST_LIVE:
        return None
    unused = [known for known in live if known.last_used_at is None]
    found = [known for known in live if known.id == chosen] if chosen is not None else unused[-1:]
    if not found:
        names = " and ".join(f"…{known.hint}" for known in live)
        raise Conflict(f"two {shape.noun}s are in use already: {names}", "Choose which of the two ends now.")
    await end(session, now_ms, shape, owner, found[0].id)
    return found[0]


async def end(session: Session, now_ms: int, shape: Shape, owner: str, secret_id: int) -> str | None:
    """End one of the owner's secrets at once: its hint, or None if it had ended before. Raises `NotFound`."""
    ended: str | None = await session.scalar(
        update(shape.table)
        .where(
            shape.column("id") == secret_id,
            shape.column(shape.owner) == owner,
            shape.column("ended_at").is_(None),
        )
        .values(ended_at=now_ms)
        .returning(shape.column("hint"))
    )
    if ended is None and all(known.id != secret_id for known in await all_of(session, shape, owner)):
        raise NotFound(shape.noun, secret_id, f"Its ID is shown with {owner}.")
    return ended


async def end_all(session: Session, now_ms: int, shape: Shape, owner: str) -> None:
    """End all of the owner's secrets."""
    await session.run(
        update(shape.table).where(shape.column(shape.owner) == owner, shape.column("ended_at").is_(None)).values(ended_at=now_ms)
    )


async def all_of(session: Session, shape: Shape, owner: str) -> list[StoredSecret]:
    """The owner's secrets, oldest first, those that ended included."""
    expires = shape.column("expires_at") if shape.expires else null()
    statement = (
        select(
            shape.column("id"),
            shape.column("hint"),
            shape.column("created_at"),
            expires,
            shape.column("last_used_at"),
            shape.column("ended_at"),
        )
        .where(shape.column(shape.owner) == owner)
        .order_by(shape.column("id"))
    )
    return [StoredSecret(*tuple(row)) for row in await session.all(statement)]
