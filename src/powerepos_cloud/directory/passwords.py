"""A person's password: Argon2id. It costs tens of milliseconds and 64 MiB, so it never runs inside a unit."""

import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from powerepos_cloud.foundation.refusals import Invalid, Note

SHORTEST = 12
LONGEST = 128


def hash_password(password: str) -> str:
    """The hash to be stored. Raises `Invalid`, which never shows the password."""
    text = _normal(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise Invalid("password", f"{SHORTEST} to {LONGEST} characters", Note(f"{len(text)} of them"))
    return _hasher().hash(text)


def is_password(stored: str, password: str) -> bool:
    """Whether this is the password that the stored hash was made of."""
    try:
        return _hasher().verify(stored, _normal(password))
    except VerifyMismatchError:
        return False


def _hasher() -> PasswordHasher:
    # RFC 9106 section 4, second recommended option; spelled out because a stored hash outlives the library's defaults.
    return PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4, hash_len=32, salt_len=16, type=Type.ID)


def _normal(password: str) -> str:
    """One form for what different keyboards send for the same characters (NIST SP 800-63B section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
