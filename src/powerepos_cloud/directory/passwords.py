"""A person's password: Argon2id. It costs tens of milliseconds and 64 MiB, so it never runs inside a unit."""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from powerepos_cloud.foundation.refusals import Invalid, Note

T = TypeVar("T")

SHORTEST = 12
LONGEST = 128
THREADS = 2
WAITING = 16


class TooBusy(Exception):
    """So many passwords are being looked at that another would only wait: trying again in a moment is right."""


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


class PasswordPool:
    """Looks at passwords in threads of its own: two at once, sixteen waiting, the next is told to come again.

    So a flood of sign-ins costs a bounded share of the machine, and never the event loop.
    """

    def __init__(self, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2id")
        self._most = threads + waiting
        self._inside = 0
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """The hash to be stored. Raises `Invalid`, `TooBusy`."""
        return await self._run(lambda: hash_password(password))

    async def is_password(self, stored: str | None, password: str) -> bool:
        """Whether this is the password; None, for nobody's, takes as long and is never right. Raises `TooBusy`."""
        if not self._nobodys:
            self._nobodys = await self._run(lambda: _hasher().hash(secrets.token_urlsafe(32)))
        fits = await self._run(lambda: is_password(stored or self._nobodys, password))
        return fits and stored is not None

    async def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, deed: Callable[[], T]) -> T:
        if self._inside >= self._most:
            raise TooBusy
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, deed)
        finally:
            self._inside -= 1


def _hasher() -> PasswordHasher:
    # RFC 9106 section 4, second recommended option; spelled out because a stored hash outlives the library's defaults.
    return PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4, hash_len=32, salt_len=16, type=Type.ID)


def _normal(password: str) -> str:
    """One form for what different keyboards send for the same characters (NIST SP 800-63B section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
