"""The audits of both databases as one, by time: deeds at the directory and at an instance stand in their own database each."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from powerepos_cloud.audit.store import Place, newest
from powerepos_cloud.foundation.database import Database


class Page(msgspec.Struct, frozen=True):
    """Rows, newest first; `older` is the place of the last one if there are older ones, else None."""

    rows: list[Row[Any]]
    older: Place | None


async def page(databases: Sequence[Database], limit: int, before: Place | None = None, **filters: Any) -> Page:
    """The newest rows of all these databases before a place, at most `limit`; `filters` are those of `store.newest`.

    It may look at much, and keeps nobody waiting. Raises `TookTooLong`, `DatabaseUnavailable`.
    """
    found: list[Row[Any]] = []
    for database in databases:
        found += await database.read_long(lambda session: newest(session, limit + 1, before=before, **filters))
    found.sort(key=lambda row: (row.at, row.id), reverse=True)
    shown = found[:limit]
    return Page(shown, Place(shown[-1].at, shown[-1].id) if len(found) > limit else None)


async def pages(databases: Sequence[Database], limit: int, **filters: Any) -> AsyncIterator[list[Row[Any]]]:
    """All rows of all these databases, newest first, `limit` at a time; between two pages nothing is held. As `page`."""
    before = None
    while True:
        found = await page(databases, limit, before, **filters)
        yield found.rows
        if found.older is None:
            return
        before = found.older


def read_place(text: str) -> Place | None:
    """The place that `place_text` wrote; None for anything else."""
    at, _, row_id = text.partition("~")
    if not (at.isascii() and at.isdigit() and len(at) <= 15 and row_id.isascii() and 0 < len(row_id) <= 64):
        return None
    return Place(int(at), row_id)


def place_text(place: Place) -> str:
    """A place as an address carries it."""
    return f"{place.at}~{place.id}"
