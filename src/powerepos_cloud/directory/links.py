"""One-time links in mail: 160 random bits, kept as a hash, used up by a deed and never by being looked at (contract section 9).

A mail scanner opens every link, so opening one only shows a page with a button.
"""

import hashlib

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select, update

from powerepos_cloud.directory.application_tables import one_time_links as table
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.foundation.secrets import SecretKind, generate, is_well_formed

DAY_MS = 24 * 3_600_000


class Link(msgspec.Struct, frozen=True):
    """A link: what it is for, and for whom or what (`subject`). Instants in ms."""

    purpose: str
    subject: str
    ends_at: int


class LinkOver(NotFound):
    """A link that was used, outlived its time or never was: the three cannot be told apart."""


async def make(session: Session, now_ms: int, purpose: str, subject: str, lasts_ms: int = DAY_MS) -> str:
    """A new link's token, for the address of a page; a logged one is masked by its form."""
    token = generate(SecretKind.LINK)
    values = {"hash": _hash(token), "purpose": purpose, "subject": subject, "created_at": now_ms, "ends_at": now_ms + lasts_ms}
    await session.run(insert(table).values(values))
    return token


async def look(session: Session, now_ms: int, purpose: str, token: str) -> Link:
    """What a link leads to, without using it up. Raises `LinkOver` for an unknown, used, outlived or other link alike."""
    found = None
    if is_well_formed(SecretKind.LINK, token):
        wanted = select(table.c.purpose, table.c.subject, table.c.ends_at).where(*_open(now_ms, purpose, token))
        found = await session.first(wanted)
    if found is None:
        raise _spent()
    return Link(*tuple(found))


async def use(session: Session, now_ms: int, purpose: str, token: str) -> Link:
    """Use a link up, in the unit of the deed that it is for. Of two at once one wins. Raises `LinkOver`, as `look`."""
    used = None
    if is_well_formed(SecretKind.LINK, token):
        taken = update(table).where(*_open(now_ms, purpose, token)).values(used_at=now_ms)
        used = await session.first(taken.returning(table.c.purpose, table.c.subject, table.c.ends_at))
    if used is None:
        raise _spent()
    return Link(*tuple(used))


async def prune(session: Session, now_ms: int) -> None:
    """Forget links that ended a day ago."""
    await session.run(delete(table).where(table.c.ends_at < now_ms - DAY_MS))


def _open(now_ms: int, purpose: str, token: str) -> tuple["ColumnElement[bool]", ...]:
    return (
        table.c.hash == _hash(token),
        table.c.purpose == purpose,
        table.c.used_at.is_(None),
        table.c.ends_at > now_ms,
    )


def _spent() -> LinkOver:
    return LinkOver("link", "of that form that could still be used", "A link works once and not for long: ask for another.")


def _hash(token: str) -> bytes:
    return hashlib.sha256(b"link\0" + token.encode()).digest()
