"""The two databases' metadata, and the few column forms that every table is made of.

Instants are whole milliseconds since the epoch (UTC) in columns named `…_at`. Lists of words are JSON text.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Text

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

DIRECTORY = MetaData(naming_convention=_NAMES)
PARTNERSERVICES = MetaData(naming_convention=_NAMES)


def number_id(name: str = "id") -> "Column[int]":
    """A small integer key that only the database knows."""
    return Column(name, Integer, primary_key=True, autoincrement=True)


def text(name: str, *arguments: Any, null: bool = False, **options: Any) -> "Column[Any]":
    """A text column; required unless `null`."""
    return Column(name, Text, *arguments, nullable=null, **options)


def instant(name: str, *, null: bool = False, **options: Any) -> "Column[Any]":
    """Milliseconds since the epoch (UTC)."""
    return Column(name, BigInteger, nullable=null, **options)


def number(name: str, *arguments: Any, null: bool = False, **options: Any) -> "Column[Any]":
    """A whole number of up to 64 bits."""
    return Column(name, BigInteger, *arguments, nullable=null, **options)


def digest(name: str, *arguments: Any, null: bool = False, **options: Any) -> "Column[Any]":
    """Bytes: a keyed hash, a salt, or something sealed."""
    return Column(name, LargeBinary, *arguments, nullable=null, **options)
