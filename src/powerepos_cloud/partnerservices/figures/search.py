"""Finding sales: by invoice, ID, amount, terminal, and words in the names of items and payments."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import msgspec
from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.ids import parse_guid
from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.figures import store
from powerepos_cloud.partnerservices.figures.listing import SaleRow, rows_of
from powerepos_cloud.partnerservices.figures.rules import Period
from powerepos_cloud.partnerservices.figures.sums import ZHead
from powerepos_cloud.partnerservices.sales import names
from powerepos_cloud.partnerservices.sales.model import FINE_PER_MONEY
from powerepos_cloud.partnerservices.sales.tables import sale_items, sale_payments, sales

PAGE = 50
_MOST_WORDS = 6
_MOST_NAMES = 500
_AFTER = re.compile(r"(\d{1,18})\.(\d{17})\.(\d{1,18})")
_AMOUNT = re.compile(r"-?[0-9]{1,12}([.,][0-9]{1,2})?")


class Wanted(msgspec.Struct, frozen=True):
    """What is sought; empty parts do not narrow. `amount` is gross in hundredths."""

    invoice: str = ""
    sale_id: str = ""
    amount: int | None = None
    terminal: str = ""
    words: tuple[str, ...] = ()
    training: bool = False


class Found(msgspec.Struct, frozen=True):
    """A page of sales, the newest first; `after` leads to the next one. `zs` says in how many Zs was looked."""

    rows: list[SaleRow]
    after: str
    zs: int


def wanted(*, invoice: str, sale_id: str, amount: str, terminal: str, text: str, training: bool = False) -> Wanted:
    """What somebody typed. Raises `Invalid`."""
    found_id = ""
    if sale_id:
        try:
            found_id = parse_guid(sale_id)
        except ValueError:
            raise Invalid("id", "a sale's ID, a GUID", sale_id, "To find a sale by its number, use invoice.") from None
    words = tuple(dict.fromkeys(names.words_of(text)))
    if len(words) > _MOST_WORDS:
        raise Invalid("text", f"at most {_MOST_WORDS} words", text)
    if text and not words:
        raise Invalid("text", "letters or digits", text)
    return Wanted(invoice, found_id, _amount(amount), compare_key(terminal.strip()), words, training)


def _amount(text: str) -> int | None:
    plain = text.replace(" ", "").replace("\u2212", "-")
    if not plain:
        return None
    try:
        if not _AMOUNT.fullmatch(plain):
            raise InvalidOperation
        return int(Decimal(plain.replace(",", ".")) * 100)
    except InvalidOperation:
        raise Invalid("amount", "an amount such as 24.50", text) from None


async def search(session: Session, kapow: str, outlet_id: str, span: Period, what: Wanted, after: str = "") -> Found:
    """The outlet's sales of these trading days that match all that is sought. Raises `Invalid` for a wrong `after`."""
    heads = await _heads(session, kapow, outlet_id, span, what)
    by_word = [await names.with_word(session, kapow, word, _MOST_NAMES) for word in what.words]
    for known in by_word:
        holding = await names.zs_with(session, [head.z_no for head in heads], list(known)) if known and heads else set()
        heads = [head for head in heads if head.z_no in holding]
    narrowed = [_narrowed(what), *[_has_name(sorted(known.values())) for known in by_word]]
    looked, start = len(heads), _start(after)
    if start is not None:
        place = next((n for n, head in enumerate(heads) if head.z_no == start[0]), len(heads))
        heads = heads[place:]
    found: list[tuple[int, str, int]] = []
    for head in heads:
        conditions = [*narrowed, _before(start)] if start is not None and head.z_no == start[0] else narrowed
        found += await _of_z(session, kapow, head.z_no, conditions, PAGE + 1 - len(found))
        if len(found) > PAGE:
            break
    rows = await rows_of(session, kapow, [sale_no for _, _, sale_no in found[:PAGE]])
    return Found(rows, _after(found[PAGE - 1]) if len(found) > PAGE else "", looked)


async def _heads(session: Session, kapow: str, outlet_id: str, span: Period, what: Wanted) -> list[ZHead]:
    """The Zs to look in, the newest day first."""
    found = [one.head for one in await store.zs(session, kapow, outlet_id, span.first, span.last, ())]
    wanted_zs = [
        head
        for head in found
        if bool(head.is_training) == what.training and (not what.terminal or head.terminal_key == what.terminal)
    ]
    return sorted(wanted_zs, key=lambda head: (head.trading_date, head.z_no), reverse=True)


def _narrowed(what: Wanted) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if what.invoice:
        # A range, which the index serves on both databases: everything that begins so.
        conditions += [sales.c.invoice_number >= what.invoice, sales.c.invoice_number < what.invoice + "\U0010ffff"]
    if what.sale_id:
        conditions.append(sales.c.id == what.sale_id)
    if what.amount is not None:
        fine, half = what.amount * FINE_PER_MONEY, FINE_PER_MONEY // 2
        conditions.append(sales.c.gross.between(fine - half, fine + half))
    return and_(True, *conditions)


def _has_name(known: Sequence[str]) -> ColumnElement[bool]:
    item = func.coalesce(sale_items.c.plu_name, sale_items.c.product_name)
    return or_(
        exists().where(sale_items.c.sale_no == sales.c.sale_no, item.in_(known)),
        exists().where(sale_payments.c.sale_no == sales.c.sale_no, sale_payments.c.type_name.in_(known)),
    )


async def _of_z(
    session: Session, kapow: str, z_no: int, conditions: Sequence[ColumnElement[bool]], most: int
) -> list[tuple[int, str, int]]:
    asked = (
        select(sales.c.z_no, sales.c.closed_at, sales.c.sale_no)
        .where(sales.c.kapow == kapow, sales.c.z_no == z_no, *conditions)
        .order_by(sales.c.closed_at.desc(), sales.c.sale_no.desc())
        .limit(most)
    )
    return [(row.z_no, row.closed_at, row.sale_no) for row in await session.all(asked)]


def _after(last: tuple[int, str, int]) -> str:
    return f"{last[0]}.{re.sub(r'[^0-9]', '', last[1])}.{last[2]}"


def _start(after: str) -> tuple[int, str, int] | None:
    if not after:
        return None
    match = _AFTER.fullmatch(after)
    if match is None:
        raise Invalid("after", "what a page before led to", after)
    d = match[2]
    closed = f"{d[:4]}-{d[4:6]}-{d[6:8]} {d[8:10]}:{d[10:12]}:{d[12:14]}.{d[14:]}"
    return int(match[1]), closed, int(match[3])


def _before(start: tuple[int, str, int]) -> ColumnElement[bool]:
    earlier: ColumnElement[bool] = tuple_(sales.c.closed_at, sales.c.sale_no) < tuple_(start[1], start[2])
    return earlier
