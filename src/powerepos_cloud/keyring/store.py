"""The key table: making, rotating, retiring and revoking keys. Each key stores its own dates."""

import secrets
from collections.abc import Iterable
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import Row, delete, insert, or_, select, update

from powerepos_cloud.foundation.database import Hot, Session
from powerepos_cloud.foundation.ids import new_id
from powerepos_cloud.foundation.sealing import Seal
from powerepos_cloud.keyring.tables import key_locks, keys

DAY_MS = 86_400_000
PUBLISH_AHEAD_MS = DAY_MS
HASH_AHEAD_MS = 600_000
_KEEP_MARGIN_MS = 3_600_000

_LOCK_ROW = Hot("INSERT INTO key_locks (id, taken) VALUES (1, 0) ON CONFLICT DO NOTHING")

KINDS = ("sign", "hash", "refresh")


async def live(session: Session, now_ms: int) -> list[Row[Any]]:
    """Keys that are still honoured, the newest to be used first."""
    statement = (
        select(keys)
        .where(keys.c.revoked_at.is_(None), or_(keys.c.keep_until_at.is_(None), keys.c.keep_until_at > now_ms))
        .order_by(keys.c.use_from_at.desc(), keys.c.replaced_at.is_not(None), keys.c.created_at.desc(), keys.c.kid.desc())
    )
    return list(await session.all(statement))


async def all_keys(session: Session) -> list[Row[Any]]:
    """Every key still in the table, without what is sealed; newest first."""
    columns = [column for column in keys.c if column.name != "sealed"]
    return list(await session.all(select(*columns).order_by(keys.c.kind, keys.c.use_from_at.desc())))


async def lock(session: Session) -> None:
    """Take the one row that every change of keys takes first, so that two processes never both make the next key."""
    await session.hot(_LOCK_ROW)
    await session.all(
        update(key_locks).where(key_locks.c.id == 1).values(taken=key_locks.c.taken + 1).returning(key_locks.c.taken)
    )


async def ensure(session: Session, seal: Seal, now_ms: int, signing_algs: set[str]) -> list[str]:
    """Make what is missing: one usable key of each kind, one signing key per algorithm in use. The IDs of those taken into use.

    A key that waits for its time is taken into use rather than another one made. Raises `MasterKeyError`.
    """
    await lock(session)
    rows = await live(session, now_ms)
    wanted = [("hash", "HS256"), ("refresh", "HS256"), *(("sign", alg) for alg in sorted(signing_algs | {"ES256"}))]
    return [await _take_into_use(session, seal, rows, *which, now_ms) for which in wanted if which not in usable(rows, now_ms)]


def usable(rows: Iterable[Row[Any]], now_ms: int) -> set[tuple[str, str]]:
    """(kind, alg) of the keys that are in use: their time has come, and no newer one has taken over."""
    return {(row.kind, row.alg) for row in rows if row.use_from_at <= now_ms and not _is_replaced(row, now_ms)}


def _is_replaced(row: Row[Any], now_ms: int) -> bool:
    return row.replaced_at is not None and bool(row.replaced_at <= now_ms)


async def _take_into_use(session: Session, seal: Seal, rows: list[Row[Any]], kind: str, alg: str, now_ms: int) -> str:
    for row in rows:
        if (row.kind, row.alg) == (kind, alg) and not _is_replaced(row, now_ms):
            await session.run(update(keys).where(keys.c.kid == row.kid).values(use_from_at=now_ms))
            kid: str = row.kid
            return kid
    return await _make(session, seal, rows, kind, alg, now_ms, now_ms)


async def rotate(
    session: Session,
    seal: Seal,
    now_ms: int,
    *,
    kind: str,
    alg: str,
    at_once: bool,
    keep_ms: int,
    ahead_ms: int = PUBLISH_AHEAD_MS,
) -> str | None:
    """Make the next key of this kind and algorithm; its ID, or None where one already waits for its time.

    A signing key is published `ahead_ms` before it signs unless `at_once`; the one that it replaces is kept for `keep_ms`
    (the longest life of what it made) after that. A hash key always waits ten minutes, until every worker has read it:
    one that had not would take what was hashed with it for unknown. It is kept until it is revoked: secrets name it.
    Raises `MasterKeyError`.
    """
    await lock(session)
    every = await live(session, now_ms)
    rows = [row for row in every if row.kind == kind and row.alg == alg]
    waiting = [row for row in rows if row.use_from_at > now_ms]
    use_from = now_ms + (HASH_AHEAD_MS if kind == "hash" else ahead_ms if kind == "sign" and not at_once else 0)
    if waiting:
        if not at_once or kind == "hash":
            return None
        await session.run(update(keys).where(keys.c.kid.in_([row.kid for row in waiting])).values(use_from_at=now_ms))
        kid: str = waiting[0].kid
    else:
        kid = await _make(session, seal, every, kind, alg, now_ms, use_from)
    keep_until = None if kind == "hash" else use_from + keep_ms + _KEEP_MARGIN_MS
    # Also one whose successor was revoked before its time: it goes on until this new one takes over.
    replaced = [row.kid for row in rows if row.use_from_at <= now_ms and not _is_replaced(row, now_ms)]
    if replaced:
        await session.run(update(keys).where(keys.c.kid.in_(replaced)).values(replaced_at=use_from, keep_until_at=keep_until))
    return kid


async def rotate_if_due(session: Session, seal: Seal, now_ms: int, *, every_ms: int, keep_ms: int) -> list[str]:
    """The automatic schedule: publish the next signing key a day before the present one's time is over."""
    await lock(session)
    made = []
    for alg in sorted({row.alg for row in await live(session, now_ms) if row.kind == "sign"}):
        newest = next(row for row in await live(session, now_ms) if row.kind == "sign" and row.alg == alg)
        if newest.use_from_at + every_ms - PUBLISH_AHEAD_MS <= now_ms:
            kid = await rotate(session, seal, now_ms, kind="sign", alg=alg, at_once=False, keep_ms=keep_ms)
            made += [kid] if kid else []
    return made


async def revoke(session: Session, kid: str, now_ms: int) -> Row[Any] | None:
    """Stop honouring a key at once: what it signed or hashed is refused. Its row, or None if no such key lives."""
    await lock(session)
    return await session.first(
        update(keys)
        .where(keys.c.kid == kid, keys.c.revoked_at.is_(None))
        .values(revoked_at=now_ms, replaced_at=now_ms)
        .returning(keys.c.kid, keys.c.kind, keys.c.alg)
    )


async def delete_outlived(session: Session, now_ms: int) -> None:
    """Forget keys whose last product has ended, private part included."""
    await session.run(delete(keys).where(keys.c.keep_until_at <= now_ms))


async def keep_longer(session: Session, kind: str, keep_ms: int) -> None:
    """Keep replaced keys for `keep_ms` after their last use: what they made may have been allowed to live longer meanwhile."""
    needed = keys.c.replaced_at + keep_ms + _KEEP_MARGIN_MS
    await session.run(update(keys).where(keys.c.kind == kind, keys.c.keep_until_at < needed).values(keep_until_at=needed))


async def _make(session: Session, seal: Seal, known: list[Row[Any]], kind: str, alg: str, now_ms: int, use_from_ms: int) -> str:
    if known:
        seal.open(known[0].sealed)  # a key sealed under another master key than the rest would shut everybody out
    kid, secret, public = generate_key(alg)
    await session.run(
        insert(keys).values(
            kid=kid,
            kind=kind,
            alg=alg,
            sealed=seal.close(secret),
            public_jwk=public,
            created_at=now_ms,
            use_from_at=use_from_ms,
        )
    )
    return kid


def generate_key(alg: str) -> tuple[str, bytes, str | None]:
    """(kid, secret, public JWK as JSON): a signing key's kid is its RFC 7638 thumbprint.

    One in 64 thumbprints begins with a hyphen, and commands would take it for an option: such a key is thrown away.
    """
    if alg == "HS256":
        return new_id(), secrets.token_bytes(32), None
    while True:
        private = ec.generate_private_key(ec.SECP256R1()) if alg == "ES256" else rsa.generate_private_key(65537, 2048)
        key = (
            ECKey.import_key(private.public_key())
            if isinstance(private, ec.EllipticCurvePrivateKey)
            else RSAKey.import_key(private.public_key())
        )
        kid = key.thumbprint()
        if not kid.startswith("-"):
            break
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = {**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": alg}
    return kid, der, msgspec.json.encode(public).decode()
