"""The keys in use, opened and parsed once: what signs, what hashes, what derives refresh tokens."""

import asyncio
import contextlib
import hmac
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_private_key
from sqlalchemy import Row

from powerepos_cloud.accesstoken import PublicKeys, Signer, UnknownKey, encode_header
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, DatabaseUnavailable
from powerepos_cloud.foundation.sealing import Seal
from powerepos_cloud.foundation.secrets import SecretKind, keyed_hash
from powerepos_cloud.keyring import store

T = TypeVar("T")

_PATIENCE_SECONDS = 1


class NoSigningKey(Exception):
    """No key of this algorithm signs now; `powerepos-admin key rotate --alg …` makes one."""


class _SigningKey(msgspec.Struct, frozen=True):
    signer: Signer
    public_jwk: dict[str, Any]
    use_from_at: int
    keep_until_at: int | None


class Keys:
    """All live keys as one immutable view of the table. In every list the newest comes first; hash keys that wait, last."""

    def __init__(self, signing: list[_SigningKey], hashing: list[tuple[str, bytes]], refresh: list[tuple[str, bytes]]) -> None:
        self._signing = signing
        self._hashing = hashing
        self.refresh = dict(refresh)

    @property
    def newest_hash(self) -> tuple[str, bytes]:
        """The key ID and key that a new secret is hashed with."""
        return self._hashing[0]

    @property
    def newest_refresh(self) -> str:
        """The ID of the key that derives the next successors."""
        return next(iter(self.refresh))

    def hash(self, kind: SecretKind, secret: str) -> tuple[str, bytes]:
        """The newest hash key's ID, and the secret's hash under it: what is stored."""
        kid, key = self._hashing[0]
        return kid, keyed_hash(key, kind, secret)

    def hashes(self, kind: SecretKind, secret: str) -> list[bytes]:
        """The secret's hash under every live hash key, newest first: what to look for."""
        return [keyed_hash(key, kind, secret) for _, key in self._hashing]

    def derive_successor(self, refresh_key: str, salt: bytes, presented: str) -> bytes:
        """HMAC-SHA-256 over `successor` 0x00 salt 0x00 token presented: the next token's material. Raises `KeyError`."""
        message = b"\0".join((b"successor", salt, presented.encode()))
        return hmac.digest(self.refresh[refresh_key], message, "sha256")

    def signer(self, alg: str, now_ms: int) -> Signer:
        """The newest key of this algorithm whose time to sign has come. Raises `NoSigningKey`."""
        for key in self._signing:
            if key.signer.alg == alg and key.use_from_at <= now_ms:
                return key.signer
        raise NoSigningKey(alg)

    def jwks(self, now_ms: int) -> dict[str, Any]:
        """The published key set (RFC 7517): keys that will sign, that sign, and whose tokens may still be alive."""
        return {"keys": [k.public_jwk for k in self._signing if k.keep_until_at is None or k.keep_until_at > now_ms]}


class KeyRing:
    """Reads the keys again now and then, so that another process's rotation is seen within seconds."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock
        self._parsed: dict[str, _SigningKey | bytes] = {}
        self._lock = asyncio.Lock()
        self.keys = Keys([], [], [])

    async def load(self) -> None:
        """Read the table. Raises `MasterKeyError` if the keys were sealed under another master key."""
        async with self._lock:  # one after the other, so that what was read first does not replace what was read last
            await self._load()

    async def _load(self) -> None:
        now = self._clock.now_ms()
        rows = await store.live(self._database.reader, now)
        known = {row.kid for row in rows}
        self._parsed = {kid: key for kid, key in self._parsed.items() if kid in known}
        self.keys = Keys(
            [self._signing_key(row) for row in rows if row.kind == "sign"],
            [
                (row.kid, self._secret_key(row))
                for row in sorted(rows, key=lambda row: bool(row.use_from_at > now))
                if row.kind == "hash"
            ],
            [(row.kid, self._secret_key(row)) for row in rows if row.kind == "refresh"],
        )

    async def published(self) -> dict[str, Any]:
        """The key set as it stands in the table, or as it was last read while the database is away or slow."""
        with contextlib.suppress(DatabaseUnavailable, TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self.load()
        return self.keys.jwks(self._clock.now_ms())

    async def verified(self, check: Callable[[PublicKeys], T]) -> T:
        """What `check` finds by the published keys; asked again if another process made the token's key a moment ago."""
        try:
            return check(self._public_keys())
        except UnknownKey:
            await self.load()
            return check(self._public_keys())

    def _public_keys(self) -> PublicKeys:
        return PublicKeys.from_jwks(self.keys.jwks(self._clock.now_ms()))

    async def derive_successor(self, refresh_key: str, salt: bytes, presented: str) -> bytes:
        """As `Keys.derive_successor`; a key that another process made a moment ago is read first. Raises `KeyError`."""
        if refresh_key not in self.keys.refresh:
            await self.load()
        return self.keys.derive_successor(refresh_key, salt, presented)

    def _secret_key(self, row: "Row[Any]") -> bytes:
        key = self._parsed.get(row.kid)
        if not isinstance(key, bytes):
            key = self._parsed[row.kid] = self._seal.open(row.sealed)
        return key

    def _signing_key(self, row: "Row[Any]") -> _SigningKey:
        known = self._parsed.get(row.kid)
        # Parsing a private key costs milliseconds (RSA: 40), so it is done once; the dates may have changed since.
        signer = known.signer if isinstance(known, _SigningKey) else make_signer(row.kid, self._seal.open(row.sealed))
        key = _SigningKey(signer, msgspec.json.decode(row.public_jwk), row.use_from_at, row.keep_until_at)
        self._parsed[row.kid] = key
        return key


def make_signer(kid: str, private_der: bytes) -> Signer:
    """A signer from an unencrypted PKCS #8 key: P-256 signs ES256, RSA signs RS256."""
    private = load_der_private_key(private_der, password=None)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        ecdsa = ec.ECDSA(hashes.SHA256())

        def sign_es256(data: bytes) -> bytes:
            # JOSE wants r and s as 32 bytes each (RFC 7518 section 3.4), cryptography gives DER.
            r, s = decode_dss_signature(private.sign(data, ecdsa))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")

        return Signer(kid, "ES256", encode_header(kid, "ES256"), sign_es256)
    if isinstance(private, rsa.RSAPrivateKey):
        pkcs1, sha256 = padding.PKCS1v15(), hashes.SHA256()
        return Signer(kid, "RS256", encode_header(kid, "RS256"), lambda data: private.sign(data, pkcs1, sha256))
    raise TypeError(f"key {kid} is neither P-256 nor RSA")
