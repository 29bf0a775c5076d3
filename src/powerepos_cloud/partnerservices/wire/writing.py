"""Writing answers: decimals as JSON numbers in full, never with an exponent (contract section 6)."""

import re
from decimal import Decimal

import msgspec

_EXPONENT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9.]+E[+-][0-9]+')
_OF_NUMBERS = b"0123456789.+-"

_encoder = msgspec.json.Encoder(decimal_format="number")


def write(model: msgspec.Struct) -> bytes:
    """The model as JSON. Give amounts by `money`, other decimals by `tax` and `quantity`: they are written as they are."""
    written = _encoder.encode(model)
    return _EXPONENT.sub(_in_full, written) if _may_hold_exponents(written) else written


def _may_hold_exponents(written: bytes) -> bool:
    """Whether a number may have an exponent: an `E` that only signs, digits and points part from where a value begins.

    Texts such as `CODE-1` are common, and looking through a large answer token by token costs more than writing it.
    """
    if b"E-" not in written and b"E+" not in written:
        return False
    bare = written.translate(None, _OF_NUMBERS)
    return b":E" in bare or b",E" in bare or b"[E" in bare


def _in_full(found: re.Match[bytes]) -> bytes:
    """A number without its exponent: Python writes a decimal of 0.0000001 as 1E-7. Texts stay as they are."""
    token = found[0]
    return token if token.startswith(b'"') else f"{Decimal(token.decode()):f}".encode()
