"""A sale as it is reckoned with: whole numbers, canonical dates, defaults filled in, nothing resolved yet.

Two submissions have the same content when their `Sale`s are equal; `content_hash` is what the database compares.
Money is in hundredths, taxes and stock quantities in ten-millionths, sale quantities in hundredths; taxes are four levels.
Times are outlet-local text, `yyyy-MM-dd HH:mm:ss.fff`.
"""

import hashlib

import msgspec

Levels = tuple[int, int, int, int]
NO_TAX: Levels = (0, 0, 0, 0)

MONEY = 100
FINE = 10_000_000
FINE_PER_MONEY = FINE // MONEY


class Tax(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A tax level in use: its name, its rate in thousandths of a percent (15 % is 15000)."""

    name: str
    rate: int


Taxes = tuple[Tax | None, Tax | None, Tax | None, Tax | None]
"""The four levels; None where one is not in use."""


class Adjustment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A discount (negative) or surcharge, on a line or on the whole order."""

    name: str
    amount: int
    inc: Levels
    ex: Levels
    taxable: Levels
    bucket: str | None
    cost_center: str | None


class Item(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line: `amount` is its total with inclusive, without exclusive taxes; `taxable` 0: not sent."""

    id: str | None
    ordered_at: str
    seat: int
    sale_qty: int
    stock_qty: int
    amount: int
    cost: int
    inc: Levels
    ex: Levels
    taxable: Levels
    plu_number: int | None
    plu_name: str | None
    group_name: str | None
    main_group_name: str | None
    adjustments: tuple[Adjustment, ...]


class Payment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was paid: for the goods, as a tip on top, and what cash rounding did."""

    id: str | None
    paid_at: str
    purchase: int
    tip: int
    rounded: int
    affects_cid: bool
    type_name: str


class Sale(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The content of one sale, without its identity and without where it goes."""

    closed_at: str
    invoice_number: str
    taxes: Taxes
    items: tuple[Item, ...]
    adjustments: tuple[Adjustment, ...]
    payments: tuple[Payment, ...]
    refund_of: str | None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Sale)


def pack(sale: Sale) -> bytes:
    """The canonical bytes of a sale: equal for equal content."""
    return _encoder.encode(sale)


def unpack(content: bytes) -> Sale:
    """The sale that `pack` wrote."""
    return _decoder.decode(content)


def content_hash(packed: bytes) -> bytes:
    """16 bytes that tell whether two submissions are the same sale content."""
    return hashlib.blake2b(packed, digest_size=16).digest()


def gross(sale: Sale) -> int:
    """Σ (amount + exclusive taxes) of items and adjustments, in ten-millionths: what the payments are to cover."""
    total = 0
    for item in sale.items:
        total += item.amount * FINE_PER_MONEY + sum(item.ex)
        for adjustment in item.adjustments:
            total += adjustment.amount * FINE_PER_MONEY + sum(adjustment.ex)
    for adjustment in sale.adjustments:
        total += adjustment.amount * FINE_PER_MONEY + sum(adjustment.ex)
    return total
