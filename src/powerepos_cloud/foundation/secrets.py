"""Generated secrets: recognisable, checksummed, stored only as keyed hashes (contract section 2).

Form: prefix, 32 base32 characters (160 random bits), 8 hexadecimal digits of CRC-32 over what stands before them.
A secret scanner finds one with `pepos_(cs|sp|rt|si|ln)_[a-z2-7]{32}[0-9a-f]{8}`.
"""

import base64
import hmac
import re
import secrets
import zlib
from enum import StrEnum

_RANDOM_BYTES = 20
_WELL_FORMED = re.compile(r"pepos_(?:cs|sp|rt|si|ln)_[a-z2-7]{32}[0-9a-f]{8}")
_MISPLACED = re.compile(r"pepos_(?:cs|sp|rt|si|ln)_[a-z2-7]{8,}[0-9a-f]*|eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,2}")


class SecretKind(StrEnum):
    """What a secret opens; the value stands in its prefix and goes into its hash."""

    CLIENT_SECRET = "cs"
    SERVICE_PASSWORD = "sp"
    REFRESH_TOKEN = "rt"
    INSTANCE_CREDENTIAL = "si"
    LINK = "ln"


_PREFIXES = {kind: f"pepos_{kind.value}_" for kind in SecretKind}
_HASHED_BEFORE = {kind: b"hash\0" + kind.value.encode() + b"\0" for kind in SecretKind}


def generate(kind: SecretKind) -> str:
    """A new secret of this kind from the system's random source."""
    return from_bytes(kind, secrets.token_bytes(_RANDOM_BYTES))


def from_bytes(kind: SecretKind, material: bytes) -> str:
    """The secret that the first 20 bytes of `material` spell; also used for derived refresh tokens."""
    body = f"{_PREFIXES[kind]}{base64.b32encode(material[:_RANDOM_BYTES]).decode().lower()}"
    return f"{body}{zlib.crc32(body.encode()):08x}"


def is_well_formed(kind: SecretKind, text: str) -> bool:
    """Whether `text` has this kind's prefix, alphabet, length and checksum. Says nothing of whether it was ever issued."""
    return (
        text.startswith(_PREFIXES[kind])
        and _WELL_FORMED.fullmatch(text) is not None
        and zlib.crc32(text[:-8].encode()) == int(text[-8:], 16)
    )


def keyed_hash(key: bytes, kind: SecretKind, secret: str) -> bytes:
    """HMAC-SHA-256 over `hash` 0x00 kind 0x00 secret (32 bytes): what the database holds in a secret's place.

    The secrets are random enough (160 bits) that no slow hash is needed; the key keeps a stolen table useless for checking
    guesses, and lets the database look a secret up by equality without telling an attacker anything by its timing.
    """
    return hmac.digest(key, _HASHED_BEFORE[kind] + secret.encode(), "sha256")


def hint(secret: str) -> str:
    """The last four characters, by which a person tells two secrets apart."""
    return secret[-4:]


def masked(text: str) -> str:
    """The text without our secrets and signed tokens, whole or cut short: callers put them into paths and headers, too."""
    return _MISPLACED.sub("[hidden]", text) if "pepos_" in text or "eyJ" in text else text
