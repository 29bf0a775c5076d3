"""SQL of sales: what the batch reads and writes is by hand and for the whole batch at once; each statement is one trip."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import astuple

from powerepos_cloud.foundation.database import Bulk, Hot, Session
from powerepos_cloud.partnerservices.sales.model import Adjustment, Item, Levels, Payment, Sale, Taxes, pack, unpack
from powerepos_cloud.partnerservices.sales.proration import Part, prorate, weights
from powerepos_cloud.partnerservices.sales.tables import sale_adjustments, sale_items, sale_payments, sales
from powerepos_cloud.partnerservices.sales.totals import Cells


class Stored(msgspec.Struct, frozen=True):
    """A sale's head, as it stands in the database."""

    id: str
    sale_no: int
    z_no: int
    outlet_id: str
    client_id: str
    version: int
    content_hash: bytes
    received_at: int


class Ready(msgspec.Struct, frozen=True):
    """A sale that is to be written."""

    id: str
    sale: Sale
    content_hash: bytes
    gross: int
    warnings: str | None


class Writer(msgspec.Struct, frozen=True):
    """For whom sales are written, and when. `product_names` are what the catalogue calls the items sent by number."""

    kapow: str
    outlet_id: str
    client_id: str
    product_names: dict[int, str]
    now_ms: int


class SameInvoice(msgspec.Struct, frozen=True):
    """Another sale with an invoice number of the batch, on the same terminal and day."""

    id: str
    invoice_number: str
    gross: int
    closed_at: str


_HEAD = "s.id, s.sale_no, s.z_no, s.outlet_id, s.client_id, s.version, s.content_hash, s.received_at"

_EXISTING = Hot(
    f"SELECT {_HEAD} FROM sales s WHERE s.kapow = $1 AND s.id = ANY($2::text[]) ORDER BY s.id FOR UPDATE",  # noqa: S608
    f"SELECT {_HEAD} FROM sales s WHERE s.kapow = $1 AND s.id IN (SELECT value FROM json_each($2))",  # noqa: S608
)
_NEXT_NUMBERS = Hot(
    "SELECT nextval(pg_get_serial_sequence('sales', 'sale_no')) FROM generate_series(1, $1::bigint)",
    """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
       SELECT i + (SELECT COALESCE(MAX(sale_no), 0) FROM sales) FROM n""",
)
_ADD_SALES, _ADD_ITEMS, _ADD_ADJUSTMENTS, _ADD_PAYMENTS = map(Bulk, (sales, sale_items, sale_adjustments, sale_payments))
_CHANGE_SALE = Hot("""
    UPDATE sales SET z_no = $2, version = $3, content_hash = $4, closed_at = $5, invoice_number = $6, taxes = $7, gross = $8,
      refund_of = $9, warnings = $10, received_at = $11 WHERE sale_no = $1
""")
_KEEP_VERSION = Hot("""
    INSERT INTO sale_versions (sale_no, version, z_no, content, content_hash, warnings, received_at)
    SELECT sale_no, version, z_no, $2, content_hash, warnings, received_at FROM sales WHERE sale_no = $1
""")
_CHILDREN = ("sale_items", "sale_adjustments", "sale_payments")
_DELETE_CHILDREN = [Hot(f"DELETE FROM {table} WHERE sale_no = $1") for table in _CHILDREN]  # noqa: S608 - constants
_SALE = Hot("SELECT closed_at, invoice_number, taxes, refund_of FROM sales WHERE sale_no = $1")
_ITEMS = Hot("""
    SELECT id, ordered_at, seat, sale_qty, stock_qty, amount, cost, inc1, inc2, inc3, inc4, ex1, ex2, ex3, ex4, taxable1,
      taxable2, taxable3, taxable4, plu_number, plu_name, group_name, main_group_name
    FROM sale_items WHERE sale_no = $1 ORDER BY line
""")
_ADJUSTMENTS = Hot("""
    SELECT line, name, amount, inc1, inc2, inc3, inc4, ex1, ex2, ex3, ex4, taxable1, taxable2, taxable3, taxable4, bucket,
      cost_center
    FROM sale_adjustments WHERE sale_no = $1 ORDER BY n
""")
_PAYMENTS = Hot("""
    SELECT id, paid_at, purchase, tip, rounded, affects_cid, type_name FROM sale_payments WHERE sale_no = $1 ORDER BY n
""")
_VERSIONS = Hot("SELECT content_hash FROM sale_versions WHERE sale_no = $1")
_VERSION = Hot("SELECT content, z_no, received_at FROM sale_versions WHERE sale_no = $1 AND version = $2")
_CELLS = Hot(
    """SELECT t.kind, t.key, t.label, t.measures
       FROM unnest($2::text[], $3::text[]) AS wanted(kind, key)
       JOIN z_totals t ON t.z_no = $1 AND t.kind = wanted.kind AND t.key = wanted.key""",
    """SELECT t.kind, t.key, t.label, t.measures
       FROM json_each($2) kinds JOIN json_each($3) keys ON kinds.key = keys.key
       JOIN z_totals t ON t.z_no = $1 AND t.kind = kinds.value AND t.key = keys.value""",
)
_ALL_CELLS = Hot("SELECT kind, key, label, measures FROM z_totals WHERE z_no = $1 ORDER BY kind, key")
_PUT_CELL = Hot("""
    INSERT INTO z_totals (z_no, kind, key, label, measures) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (z_no, kind, key) DO UPDATE SET measures = excluded.measures
""")
_DROP_CELL = Hot("DELETE FROM z_totals WHERE z_no = $1 AND kind = $2 AND key = $3")
_SAME_INVOICE = Hot(
    """SELECT id, invoice_number, gross, closed_at FROM sales
       WHERE z_no = ANY($1::bigint[]) AND invoice_number = ANY($2::text[])""",
    """SELECT id, invoice_number, gross, closed_at FROM sales
       WHERE z_no IN (SELECT value FROM json_each($1)) AND invoice_number IN (SELECT value FROM json_each($2))""",
)
_INVOICE_BEFORE = Hot(
    "SELECT MAX(invoice_number) FROM sales WHERE z_no = ANY($1::bigint[]) AND invoice_number < $2 AND invoice_number >= $3",
    """SELECT MAX(invoice_number) FROM sales
       WHERE z_no IN (SELECT value FROM json_each($1)) AND invoice_number < $2 AND invoice_number >= $3""",
)
_GROSS_OF = Hot(
    "SELECT id, gross FROM sales WHERE kapow = $1 AND id = ANY($2::text[])",
    "SELECT id, gross FROM sales WHERE kapow = $1 AND id IN (SELECT value FROM json_each($2))",
)
_REFUNDS_OF = Hot(
    "SELECT id, refund_of, gross FROM sales WHERE kapow = $1 AND refund_of = ANY($2::text[])",
    "SELECT id, refund_of, gross FROM sales WHERE kapow = $1 AND refund_of IN (SELECT value FROM json_each($2))",
)
_WARNINGS_OF = Hot("SELECT warnings FROM sales WHERE sale_no = $1")
_NUMBERS_OF_Z = Hot("SELECT sale_no FROM sales WHERE z_no = $1 ORDER BY sale_no")

_taxes_decoder = msgspec.json.Decoder(Taxes)
_measures_decoder = msgspec.json.Decoder(list[int])


async def existing(session: Session, kapow: str, ids: Sequence[str]) -> dict[str, Stored]:
    """Those of these sales that the organisation has, held until the commit, by ID."""
    return {row[0]: Stored(*row) for row in await session.hot(_EXISTING, kapow, session.listed(ids))}


async def add(session: Session, writer: Writer, z_no: int, new: Sequence[Ready]) -> None:
    """Write new sales with all that hangs on them. Raises `UniqueViolation` if another sender was quicker: run again."""
    if not new:
        return
    count = len(new)
    numbers = [row[0] for row in await session.hot(_NEXT_NUMBERS, count)]
    ids, contents, hashes, gross, warnings = zip(*map(astuple, new), strict=True)
    closed_at, invoice_numbers, taxes, _, _, _, refunds = zip(*map(astuple, contents), strict=True)
    texts = {levels: _dump_taxes(levels) for levels in set(taxes)}
    owner = [[value] * count for value in (z_no, writer.outlet_id, writer.client_id, 1)]
    what = [hashes, closed_at, invoice_numbers, [texts[levels] for levels in taxes], gross, refunds, warnings]
    await session.insert(_ADD_SALES, [numbers, [writer.kapow] * count, ids, *owner, *what, [writer.now_ms] * count])
    await _add_children(session, writer, numbers, contents)


async def change(session: Session, writer: Writer, known: Stored, z_no: int, one: Ready, old: Sale) -> None:
    """Store a new version of a sale, keeping the old one."""
    await session.hot(_KEEP_VERSION, known.sale_no, pack(old))
    for statement in _DELETE_CHILDREN:
        await session.hot(statement, known.sale_no)
    await session.hot(
        _CHANGE_SALE, known.sale_no, z_no, known.version + 1, one.content_hash, one.sale.closed_at, one.sale.invoice_number,
        _dump_taxes(one.sale.taxes), one.gross, one.sale.refund_of, one.warnings, writer.now_ms,
    )  # fmt: skip
    await _add_children(session, writer, [known.sale_no], [one.sale])


async def load(session: Session, sale_no: int) -> Sale:
    """The current version's content, put together from its rows."""
    closed_at, invoice_number, taxes, refund_of = (await session.hot(_SALE, sale_no))[0]
    by_line: dict[int | None, list[Adjustment]] = {}
    for row in await session.hot(_ADJUSTMENTS, sale_no):
        adjustment = Adjustment(row[1], row[2], _levels(row, 3), _levels(row, 7), _levels(row, 11), row[15], row[16])
        by_line.setdefault(row[0], []).append(adjustment)
    items = tuple(_item(row, by_line.get(line, ())) for line, row in enumerate(await session.hot(_ITEMS, sale_no)))
    payments = tuple(_payment(row) for row in await session.hot(_PAYMENTS, sale_no))
    return Sale(closed_at, invoice_number, _taxes_decoder.decode(taxes), items, tuple(by_line.get(None, ())), payments, refund_of)


def _item(row: Sequence[Any], adjustments: Iterable[Adjustment]) -> Item:
    values: list[Any] = [*row[:7], _levels(row, 7), _levels(row, 11), _levels(row, 15), *row[19:23], tuple(adjustments)]
    return Item(*values)


def _payment(row: Sequence[Any]) -> Payment:
    values: list[Any] = [*row[:5], bool(row[5]), row[6]]
    return Payment(*values)


async def warnings_of(session: Session, sale_no: int) -> str | None:
    """The current version's warnings, as they are kept."""
    found: str | None = (await session.hot(_WARNINGS_OF, sale_no))[0][0]
    return found


async def older_hashes(session: Session, sale_no: int) -> set[bytes]:
    """The content hashes of the versions that were replaced."""
    return {row[0] for row in await session.hot(_VERSIONS, sale_no)}


async def load_version(session: Session, sale_no: int, version: int) -> tuple[Sale, int, int] | None:
    """A replaced version: its content, its Z's number, when it was received."""
    rows = await session.hot(_VERSION, sale_no, version)
    return (unpack(bytes(rows[0][0])), rows[0][1], rows[0][2]) if rows else None


async def add_to_totals(session: Session, z_no: int, more: Cells) -> None:
    """Add cells to a Z's totals, whose row is held. Sums are Python's whole numbers: they may pass 64 bits."""
    kinds, keys = [kind for kind, _ in more], [key for _, key in more]
    known = {
        (kind, key): _measures_decoder.decode(measures)
        for kind, key, _, measures in await session.hot(_CELLS, z_no, session.listed(kinds), session.listed(keys))
    }
    puts, drops = [], []
    for (kind, key), (label, measures) in more.items():
        before = known.get((kind, key))
        sums = measures if before is None else [old + new for old, new in zip(before, measures, strict=True)]
        if any(sums):
            puts.append((z_no, kind, key, label, msgspec.json.encode(sums).decode()))
        elif before is not None:
            drops.append((z_no, kind, key))
    await session.hot_many(_PUT_CELL, puts)
    if drops:
        await session.hot_many(_DROP_CELL, drops)


async def cells(session: Session, z_no: int) -> Cells:
    """All of a Z's totals."""
    return {(row[0], row[1]): (row[2], _measures_decoder.decode(row[3])) for row in await session.hot(_ALL_CELLS, z_no)}


async def numbers_of_z(session: Session, z_no: int) -> list[int]:
    """The numbers of all sales of a Z."""
    return [row[0] for row in await session.hot(_NUMBERS_OF_Z, z_no)]


async def same_invoices(session: Session, z_numbers: Sequence[int], invoices: Iterable[str]) -> list[SameInvoice]:
    """Sales of these Zs with one of these invoice numbers."""
    wanted = sorted(set(invoices))
    rows = await session.hot(_SAME_INVOICE, session.listed(list(z_numbers)), session.listed(wanted))
    return [SameInvoice(*row) for row in rows]


async def invoice_before(session: Session, z_numbers: Sequence[int], invoice: str, least: str) -> str | None:
    """The greatest invoice number of these Zs below `invoice` and not below `least`."""
    found: str | None = (await session.hot(_INVOICE_BEFORE, session.listed(list(z_numbers)), invoice, least))[0][0]
    return found


async def gross_of(session: Session, kapow: str, ids: Sequence[str]) -> dict[str, int]:
    """The gross of those of these sales that the organisation has."""
    return {row[0]: row[1] for row in await session.hot(_GROSS_OF, kapow, session.listed(ids))}


async def refunds_of(session: Session, kapow: str, ids: Sequence[str]) -> list[tuple[str, str, int]]:
    """(refund's ID, refunded sale's ID, refund's gross) of the organisation's sales that refund one of these."""
    return [(row[0], row[1], row[2]) for row in await session.hot(_REFUNDS_OF, kapow, session.listed(ids))]


async def _add_children(session: Session, writer: Writer, numbers: Sequence[int], contents: Sequence[Sale]) -> None:
    numbered = list(zip(numbers, contents, strict=True))
    await _add_items(session, writer, numbered)
    adjustments = [row for sale_no, sale in numbered for row in _adjustments(sale_no, sale)]
    if adjustments:
        sale_numbers, places, on_lines, adjusted, parts = zip(*adjustments, strict=True)
        names, amounts, inc, ex, taxable, buckets, cost_centers = zip(*map(astuple, adjusted), strict=True)
        taxes = [*_by_level(inc), *_by_level(ex), *_by_level(taxable)]
        columns = [sale_numbers, places, on_lines, names, buckets, cost_centers, amounts, *taxes, parts]
        await session.insert(_ADD_ADJUSTMENTS, columns)
    payments = [(sale_no, n, paid) for sale_no, sale in numbered for n, paid in enumerate(sale.payments)]
    if payments:
        sale_numbers, places, paid = zip(*payments, strict=True)
        *fields, affects_cid, type_names = zip(*map(astuple, paid), strict=True)
        await session.insert(_ADD_PAYMENTS, [sale_numbers, places, *fields, list(map(int, affects_cid)), type_names])


async def _add_items(session: Session, writer: Writer, numbered: Sequence[tuple[int, Sale]]) -> None:
    items = [item for _, sale in numbered for item in sale.items]
    if not items:
        return
    sale_numbers = [sale_no for sale_no, sale in numbered for _ in sale.items]
    places = [n for _, sale in numbered for n in range(len(sale.items))]
    *fields, inc, ex, taxable, plu_numbers, plu_names, groups, main_groups, _ = zip(*map(astuple, items), strict=True)
    taxes = [*_by_level(inc), *_by_level(ex), *_by_level(taxable)]
    product_names = list(map(writer.product_names.get, plu_numbers))
    columns = [sale_numbers, places, *fields, *taxes, plu_numbers, plu_names, groups, main_groups, product_names]
    await session.insert(_ADD_ITEMS, columns)


def _adjustments(sale_no: int, sale: Sale) -> list[tuple[int, int, int | None, Adjustment, str | None]]:
    """Each with its sale's number, its own, its line (None: the order's), and its parts if it was prorated."""
    rows: list[tuple[int, int, int | None, Adjustment, str | None]] = []
    for line, item in enumerate(sale.items):
        for adjustment in item.adjustments:
            rows.append((sale_no, len(rows), line, adjustment, None))
    if sale.adjustments:
        over = weights(sale)
        for adjustment in sale.adjustments:
            rows.append((sale_no, len(rows), None, adjustment, _dump_parts(prorate(adjustment, over))))
    return rows


def _by_level(levels: Sequence[Levels]) -> Iterable[Sequence[int]]:
    return zip(*levels, strict=True)


def _dump_parts(parts: tuple[Part, ...]) -> str:
    return msgspec.json.encode(parts).decode()


def _dump_taxes(levels: Taxes) -> str:
    return msgspec.json.encode(levels).decode()


def _levels(row: Sequence[Any], start: int) -> tuple[int, int, int, int]:
    first, second, third, fourth = row[start : start + 4]
    return first, second, third, fourth
