"""Inserts of many rows, given column by column: what the hot paths write by the hundred.

PostgreSQL takes each column as one array. SQLite takes eight rows a statement, and a column in which all values are equal is
bound once for the eight: for the lines of a batch of sales that is half the time of a statement a row.
"""

import functools
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import BigInteger, Integer, LargeBinary, Table, Text

_ROWS = 8  # More of them gained nothing, and made statements that are larger to keep.
_ARRAYS = ((BigInteger, "bigint[]"), (Integer, "integer[]"), (LargeBinary, "bytea[]"), (Text, "text[]"))

Columns = Sequence[Sequence[Any]]


class Bulk:
    """An insert into a table. Columns are given in the table's order, all of them and all as long as each other."""

    def __init__(self, table: Table) -> None:
        self._into = f"INSERT INTO {table.name} ({', '.join(column.name for column in table.columns)})"
        arrays = ", ".join(f"${n}::{_array(column.type)}" for n, column in enumerate(table.columns, start=1))
        self.postgresql = f"{self._into} SELECT * FROM unnest({arrays})"  # noqa: S608 - names of our own tables

    def sqlite(self, columns: Columns) -> Iterator[tuple[str, Sequence[Sequence[Any]]]]:
        """Statements, and the values to run each of them with."""
        count = len(columns[0])
        in_eights = count - count % _ROWS
        if in_eights:
            is_shared = tuple([column.count(column[0]) == count for column in columns])
            shared = [column[0] for column, once in zip(columns, is_shared, strict=True) if once]
            rows = list(zip(*[column for column, once in zip(columns, is_shared, strict=True) if not once], strict=True))
            statement = _statement(self._into, is_shared, _ROWS)
            eights = [rows[start : start + _ROWS] for start in range(0, in_eights, _ROWS)]
            yield statement, [[*shared, *chain.from_iterable(eight)] for eight in eights]
        if in_eights < count:
            rest = [column[in_eights:] for column in columns]
            yield _statement(self._into, (False,) * len(columns), 1), list(zip(*rest, strict=True))


@functools.lru_cache(maxsize=256)
def _statement(into: str, is_shared: tuple[bool, ...], rows: int) -> str:
    """SQLite's statement: parameters of the shared columns come first, then row by row those of the others."""
    shared, single = sum(is_shared), len(is_shared) - sum(is_shared)
    written = []
    for row in range(rows):
        once, own = iter(range(1, shared + 1)), iter(range(shared + row * single + 1, shared + (row + 1) * single + 1))
        written.append(f"({', '.join(f'?{next(once if is_once else own)}' for is_once in is_shared)})")
    return f"{into} VALUES {', '.join(written)}"


def _array(kind: Any) -> str:
    return next(array for known, array in _ARRAYS if isinstance(kind, known))
