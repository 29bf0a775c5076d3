"""Figures and names for the merchant's pages.

Kept totals learn the tax of an hour, what was collected (cash rounding included, however it was sent), what was paid back by
payment type, and how many sales have warnings; names of items and payments get a text index. What is stored already is
reckoned anew, Z by Z.
"""

import json
import unicodedata
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "partnerservices_0005"
down_revision = "partnerservices_0004"

_FINE_PER_MONEY = 100_000
_TEXT_INDEX = {
    "sqlite": "CREATE VIRTUAL TABLE names_text USING fts5(words, content='', tokenize='unicode61 remove_diacritics 0')",
    "postgresql": "CREATE INDEX ix_names_words ON names USING gin (array_to_tsvector(string_to_array(words, ' ')))",
}
_FILL_TEXT_INDEX = "INSERT INTO names_text (rowid, words) SELECT name_no, words FROM names"
_SALES = sa.text("SELECT sale_no, closed_at, gross, warnings, received_at FROM sales WHERE z_no = :z")
_LINES = sa.text(
    "SELECT i.sale_no, inc1 + inc2 + inc3 + inc4 + ex1 + ex2 + ex3 + ex4, COALESCE(plu_name, product_name)"
    " FROM sale_items i JOIN sales s ON s.sale_no = i.sale_no WHERE s.z_no = :z"
    " UNION ALL SELECT a.sale_no, inc1 + inc2 + inc3 + inc4 + ex1 + ex2 + ex3 + ex4, NULL"
    " FROM sale_adjustments a JOIN sales s ON s.sale_no = a.sale_no WHERE s.z_no = :z"
)
_PAYMENTS = sa.text(
    "SELECT p.sale_no, purchase, tip, rounded, affects_cid, type_name FROM sale_payments p JOIN sales s"
    " ON s.sale_no = p.sale_no WHERE s.z_no = :z"
)
_CELLS = sa.text("SELECT kind, key, measures FROM z_totals WHERE z_no = :z AND kind IN ('all', 'hour', 'payment')")
_PUT = sa.text("UPDATE z_totals SET measures = :measures WHERE z_no = :z AND kind = :kind AND key = :key")
_ADD = sa.text("INSERT INTO z_totals (z_no, kind, key, label, measures) VALUES (:z, 'warning', :key, :key, :measures)")
_ADD_NAME = sa.text("INSERT INTO names (kapow, name, words) VALUES (:kapow, :name, :words) RETURNING name_no")
_ADD_Z_NAME = sa.text("INSERT INTO z_names (z_no, name_no) VALUES (:z, :n)")


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    op.create_table(
        "names",
        sa.Column("name_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kapow", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name_no", name=op.f("pk_names")),
        sa.UniqueConstraint("kapow", "name", name=op.f("uq_names_kapow_name")),
    )
    op.execute(_TEXT_INDEX[op.get_bind().dialect.name])
    op.create_table(
        "z_names",
        sa.Column("z_no", sa.BigInteger(), nullable=False),
        sa.Column("name_no", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["name_no"], ["names.name_no"], name=op.f("fk_z_names_name_no")),
        sa.ForeignKeyConstraint(["z_no"], ["z_reports.z_no"], name=op.f("fk_z_names_z_no")),
        sa.PrimaryKeyConstraint("z_no", "name_no", name=op.f("pk_z_names")),
    )
    op.create_index("ix_sales_z_no_gross", "sales", ["z_no", "gross"])
    op.add_column("z_reports", sa.Column("control_at", sa.BigInteger(), nullable=True))
    op.add_column("z_reports", sa.Column("received_at", sa.BigInteger(), nullable=True))
    _reckon(op.get_bind())
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_FILL_TEXT_INDEX)


def _reckon(connection: sa.Connection) -> None:
    numbers: dict[tuple[str, str], int] = {}
    zs = connection.execute(sa.text("SELECT z_no, kapow, control_totals, closed_at FROM z_reports ORDER BY z_no")).all()
    for z_no, kapow, control, closed_at in zs:
        sales = {row[0]: row for row in connection.execute(_SALES, {"z": z_no})}
        found = _more(connection, z_no, sales)
        _extend(connection, z_no, found)
        for name in sorted(found["names"]):
            if (kapow, name) not in numbers:
                new = {"kapow": kapow, "name": name, "words": _words(name)}
                numbers[kapow, name] = connection.execute(_ADD_NAME, new).scalar_one()
            connection.execute(_ADD_Z_NAME, {"z": z_no, "n": numbers[kapow, name]})
        values = {"z": z_no, "r": max((row[4] for row in sales.values()), default=None), "c": closed_at if control else None}
        connection.execute(sa.text("UPDATE z_reports SET received_at = :r, control_at = :c WHERE z_no = :z"), values)


def _more(connection: sa.Connection, z_no: int, sales: dict[int, Any]) -> dict[str, Any]:
    """What the Z's cells do not tell yet."""
    tax_of: dict[int, int] = defaultdict(int)
    names: set[str] = set()
    for sale_no, tax, name in connection.execute(_LINES, {"z": z_no}):
        tax_of[sale_no] += tax
        names.update([name] if name else [])
    payments: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(_PAYMENTS, {"z": z_no}):
        payments[row[0]].append(row)
        names.update([row[5]] if row[5] else [])
    hours: dict[str, int] = defaultdict(int)
    warned: dict[str, int] = defaultdict(int)
    types: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    whole = [0, 0]
    for sale_no, closed_at, gross, warnings, _ in sales.values():
        hours[closed_at[11:13]] += tax_of[sale_no]
        for code in {"", *(one["code"] for one in json.loads(warnings))} if warnings else ():
            warned[code] += 1
        off = sum(row[1] for row in payments[sale_no]) * _FINE_PER_MONEY - gross
        rounded = sum(row[3] for row in payments[sale_no])
        is_apart = rounded != 0 and abs(off) < abs(off - rounded * _FINE_PER_MONEY)
        for _, purchase, tip, rounding, is_cash, name in payments[sale_no]:
            collected = purchase + tip + (rounding if is_apart else 0)
            types[_key(name)][0] += collected
            types[_key(name)][1] += collected if purchase < 0 else 0
            whole[0] += collected if is_cash else 0
            whole[1] += collected
    return {"hour": hours, "payment": types, "whole": whole, "warned": warned, "names": names}


def _extend(connection: sa.Connection, z_no: int, found: dict[str, Any]) -> None:
    for kind, key, measures in connection.execute(_CELLS, {"z": z_no}).all():
        known = json.loads(measures)
        if kind == "all":
            known = [*known[:12], *found["whole"]]
        elif kind == "hour":
            known = [*known[:2], found["hour"][key]]
        else:
            known = [*known[:4], *found["payment"][key]]
        connection.execute(_PUT, {"z": z_no, "kind": kind, "key": key, "measures": _json(known)})
    for code, count in found["warned"].items():
        connection.execute(_ADD, {"z": z_no, "key": code, "measures": _json([count])})


def _json(measures: list[int]) -> str:
    return json.dumps(measures, separators=(",", ":"))


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _words(name: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    kept = (sign if sign.isalnum() else "" if unicodedata.combining(sign) else " " for sign in plain)
    return " ".join("".join(kept).split())
