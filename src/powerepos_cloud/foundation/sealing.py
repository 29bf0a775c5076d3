"""Keys at rest are sealed under the master key, which lives in a setting or a file, never in the database."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken


class MasterKeyError(Exception):
    """The master key is missing, malformed, readable by others, or not the one that sealed the database's keys."""


class Seal:
    """Seals and opens small secrets (signing keys, hash keys, TOTP seeds) with authenticated encryption (Fernet)."""

    def __init__(self, master_key: str) -> None:
        try:
            self._fernet = Fernet(master_key)
        except ValueError as error:
            raise MasterKeyError("the master key is malformed: expected 32 bytes in URL-safe base64 (44 characters)") from error

    def close(self, plain: bytes) -> bytes:
        """`plain` sealed, to be stored."""
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed. Raises `MasterKeyError` if it was sealed under another key or changed since."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise MasterKeyError(
                "the database's keys were sealed under another master key: set POWEREPOS_MASTER_KEY or restore its file"
            ) from error


def load_master_key(configured: str | None, path: Path) -> str:
    """The master key from the setting, else from its file, which is made (mode 0600) where there is none.

    Raises `MasterKeyError` if the file can be read by others than its owner.
    """
    if configured:
        return configured
    if not path.exists():
        _make_master_key(path)
    if path.stat().st_mode & 0o077:
        raise MasterKeyError(f"{path} can be read by others: run `chmod 600 {path}`")
    return path.read_text().strip()


def _make_master_key(path: Path) -> None:
    """Write a new key beside its place, then link it there: of two processes that start at once, both use the same key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(Fernet.generate_key().decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
