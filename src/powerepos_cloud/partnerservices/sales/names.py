"""Names of items and payments, so that sales are found by them: which an organisation ever sent, and which a Z holds.

A till sells the same few hundred names for years. So the database's text index (FTS5, or GIN over a tsvector) is over names,
not over sales: a batch adds to it only when a name is new, and a search goes from words to names, from names to Zs, and reads
only the sales of those Zs. Names are never taken away: that a Z held one once is a hint, what counts is the sale.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from powerepos_cloud.foundation.database import Hot, Session
from powerepos_cloud.partnerservices.sales.model import Sale

_MISSING = Hot(
    """SELECT wanted.name, n.name_no FROM unnest($3::text[]) AS wanted(name)
       LEFT JOIN names n ON n.kapow = $1 AND n.name = wanted.name
       LEFT JOIN z_names z ON z.z_no = $2 AND z.name_no = n.name_no
       WHERE z.name_no IS NULL""",
    """SELECT wanted.value, n.name_no FROM json_each($3) AS wanted
       LEFT JOIN names n ON n.kapow = $1 AND n.name = wanted.value
       LEFT JOIN z_names z ON z.z_no = $2 AND z.name_no = n.name_no
       WHERE z.name_no IS NULL""",
)
_ADD = Hot("""
    INSERT INTO names (kapow, name, words) VALUES ($1, $2, $3)
    ON CONFLICT (kapow, name) DO UPDATE SET words = excluded.words RETURNING name_no
""")
_INDEX_ON_SQLITE = Hot("INSERT INTO names_text (rowid, words) VALUES ($1, $2)")
_ADD_TO_Z = Hot("INSERT INTO z_names (z_no, name_no) VALUES ($1, $2) ON CONFLICT (z_no, name_no) DO NOTHING")
_WITH_WORD = Hot(
    """SELECT name_no, name FROM names
       WHERE kapow = $1 AND array_to_tsvector(string_to_array(words, ' ')) @@ CAST($2::text AS tsquery)
       ORDER BY name LIMIT $3""",
    """SELECT n.name_no, n.name FROM names_text t JOIN names n ON n.name_no = t.rowid
       WHERE t.names_text MATCH $2 AND n.kapow = $1 ORDER BY n.name LIMIT $3""",
)
_ZS_WITH = Hot(
    "SELECT DISTINCT z_no FROM z_names WHERE z_no = ANY($1::bigint[]) AND name_no = ANY($2::bigint[])",
    """SELECT DISTINCT z_no FROM z_names
       WHERE z_no IN (SELECT value FROM json_each($1)) AND name_no IN (SELECT value FROM json_each($2))""",
)


def of(sales: Iterable[Sale | None], product_names: Mapping[int, str]) -> list[str]:
    """What items and payments of these sales are called, each once, in order; items sent by number by the catalogue's name."""
    found: set[str | None] = set()
    for sale in sales:
        if sale is None:
            continue
        for item in sale.items:
            found.add(item.plu_name or (None if item.plu_number is None else product_names.get(item.plu_number)))
        for payment in sale.payments:
            found.add(payment.type_name)
    return sorted(filter(None, found))


async def note(session: Session, kapow: str, z_no: int, names: Sequence[str]) -> None:
    """See that the Z, whose row is held, is found by these names. One statement where it already is."""
    for name, known in await session.hot(_MISSING, kapow, z_no, session.listed(names)):
        await session.hot(_ADD_TO_Z, z_no, await _add(session, kapow, name) if known is None else known)


async def _add(session: Session, kapow: str, name: str) -> int:
    """The number of a name that was not there. On PostgreSQL another sender may add it at the same moment."""
    words = " ".join(words_of(name))
    number: int = (await session.hot(_ADD, kapow, name, words))[0][0]
    if session.dialect == "sqlite":
        await session.hot(_INDEX_ON_SQLITE, number, words)
    return number


def words_of(text: str) -> list[str]:
    """A text's words as they are compared: without letter case, accents and signs, alike on both databases."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = (sign if sign.isalnum() else "" if unicodedata.combining(sign) else " " for sign in plain)
    return "".join(kept).split()


async def with_word(session: Session, kapow: str, word: str, most: int) -> dict[int, str]:
    """The organisation's names with a word that begins like this one of `words_of`, by number; at most `most`."""
    is_sqlite = session.dialect == "sqlite"
    rows = await session.hot(_WITH_WORD, kapow, f'"{word}" *' if is_sqlite else f"'{word}':*", most)
    return {row[0]: row[1] for row in rows}


async def zs_with(session: Session, z_numbers: Sequence[int], name_numbers: Sequence[int]) -> set[int]:
    """Those of these Zs that hold, or once held, one of the names."""
    rows = await session.hot(_ZS_WITH, session.listed(list(z_numbers)), session.listed(list(name_numbers)))
    return {row[0] for row in rows}
