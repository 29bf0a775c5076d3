"""A stock order as it is reckoned with, before and after it is resolved; whole numbers, canonical dates.

`SentOrder` is the content as it was sent, which two submissions are compared by; `Order` is what is stored of it. Money is in
hundredths, quantities in hundred-thousandths, taxes of lines in ten-millionths. Times are outlet-local text,
`yyyy-MM-dd HH:mm:ss.fff`.
"""

import hashlib
from typing import Final

import msgspec

MONEY: Final = 100
QUANTITY: Final = 100_000
FINE: Final = 10_000_000
FINE_PER_MONEY: Final = FINE // MONEY

Levels = tuple[int, int, int, int]
NO_TAX: Final[Levels] = (0, 0, 0, 0)


class SentLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line as it was sent; `type` is the vendor's number."""

    id: str
    type: int
    description: str
    quantity: int
    amount: int
    product_code: str | None
    tax_group: str | None


class SentOrder(msgspec.Struct, frozen=True, array_like=True):
    """The content of an order, without its identity and outlet; nothing is resolved yet. None is what was not sent."""

    supplier_id: str | None
    supplier_name: str | None
    invoice_number: str
    invoice_date: str
    currency: str | None
    application_name: str
    application_version: str
    lines: tuple[SentLine, ...]


class Tax(msgspec.Struct, frozen=True, array_like=True):
    """A tax level in use: its name, its rate in thousandths of a percent (15 % is 15000)."""

    name: str
    rate: int


Taxes = tuple[Tax | None, Tax | None, Tax | None, Tax | None]


class Line(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line with what was resolved and computed. `tax_group` is the name of the one that was used."""

    id: str
    type: int
    description: str
    quantity: int
    amount: int
    product_code: str | None
    plu_number: int | None
    plu_name: str | None
    tax_group: str | None
    inc: Levels
    ex: Levels


class Totals(msgspec.Struct, frozen=True, array_like=True):
    """What an order comes to, in hundredths; `tax_rounding` in ten-millionths. `taxes` says what the levels are."""

    taxes: Taxes
    amount: int
    inc: Levels
    ex: Levels
    tax_rounding: int
    total: int


class Order(msgspec.Struct, frozen=True, array_like=True):
    """A version of a stock order as it is stored. `created_local` is when the first one was, on the outlet's clock."""

    id: str
    outlet_id: str
    outlet_name: str
    supplier_id: str
    supplier_name: str
    invoice_number: str
    invoice_date: str
    currency: str
    application_name: str
    application_version: str
    created_local: str
    totals: Totals
    lines: tuple[Line, ...]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Order)


def pack(order: Order) -> bytes:
    """The bytes in which a replaced version is kept."""
    return _encoder.encode(order)


def unpack(content: bytes) -> Order:
    """The order that `pack` wrote."""
    return _decoder.decode(content)


def content_hash(sent: SentOrder) -> bytes:
    """16 bytes that tell whether two submissions are the same content."""
    return hashlib.blake2b(_encoder.encode(sent), digest_size=16).digest()
