"""The audits of both databases are one list by time, a page at a time, without gaps and repeats."""

import itertools

from powerepos_cloud.audit import merged
from powerepos_cloud.audit.store import Place, newest_by_subject, record
from powerepos_cloud.foundation.database import Database
from tests.support.desk import ACTOR

KAPOW, OTHER = "6f1f6a5e-2f0b-4c55-9a57-0b8f2f1b7d21", "0c9d3f0e-9a43-4d4e-8f0a-0c5b5f7b9e11"


async def note(database: Database, at: int, action: str, kapow: str = KAPOW, subject: str = "x") -> None:
    """One row."""
    await database.write(lambda session: record(session, at, ACTOR, action, ("thing", subject), kapow=kapow))


async def test_pages_of_both_databases_follow_on_each_other(
    directory_database: Database, partnerservices_database: Database
) -> None:
    databases = itertools.cycle([directory_database, partnerservices_database, partnerservices_database])
    for n in range(23):
        await note(next(databases), n // 4, f"thing.{'abcdefghijklmnopqrstuvwxyz'[n]}")
    await note(directory_database, 3, "thing.foreign", OTHER)
    both = [directory_database, partnerservices_database]
    whole = (await merged.page(both, 100, kapow=KAPOW)).rows
    assert len(whole) == 23
    assert [row.at for row in whole] == sorted((row.at for row in whole), reverse=True)
    seen, before = [], None
    for size in (5, 5, 5, 5, 3):
        page = await merged.page(both, 5, before, kapow=KAPOW)
        assert len(page.rows) == size
        seen += page.rows
        before = merged.read_place(merged.place_text(page.older)) if page.older else None
    assert before is None
    assert [row.id for row in seen] == [row.id for row in whole]
    for size in (1, 5, 23, 100):
        paged = [rows async for rows in merged.pages(both, size, kapow=KAPOW)]
        assert [row.id for rows in paged for row in rows] == [row.id for row in whole]
        assert max(map(len, paged)) <= size
    assert [rows async for rows in merged.pages(both, 5, kapow=KAPOW, subject="nobody")] == [[]]
    assert len((await merged.page(both, 23, kapow=KAPOW)).rows) == 23
    assert (await merged.page(both, 23, kapow=KAPOW)).older is None


async def test_the_newest_deed_on_each_thing(directory_database: Database) -> None:
    for at, (action, subject) in enumerate((("thing.made", "a"), ("thing.made", "b"), ("thing.moved", "a"), ("thing.seen", "a"))):
        await note(directory_database, at, action, subject=subject)
    await note(directory_database, 9, "thing.moved", OTHER, "a")
    found = await newest_by_subject(directory_database.reader, KAPOW, "thing", ["a", "b", "c"], ["thing.made", "thing.moved"])
    assert {subject: row.action for subject, row in found.items()} == {"a": "thing.moved", "b": "thing.made"}


def test_what_is_no_place_is_none() -> None:
    for text in ("", "~", "1~", "~a", "x~a", "1²~a", "9" * 16 + "~a", "1~" + "a" * 65, "-1~a"):
        assert merged.read_place(text) is None
    assert merged.read_place("12~0192") == Place(12, "0192")
