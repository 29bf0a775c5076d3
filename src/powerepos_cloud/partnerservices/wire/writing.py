"""Writing answers: decimals as JSON numbers in full, never with an exponent (contract section 6)."""

import re
from decimal import Decimal

import msgspec

_EXPONENT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9.]+E[+-][0-9]+')

_encoder = msgspec.json.Encoder(decimal_format="number")


def write(model: msgspec.Struct) -> bytes:
    """The model as JSON. Give amounts by `money`, other decimals by `tax` and `quantity`: they are written as they are."""
    written = _encoder.encode(model)
    return _EXPONENT.sub(_in_full, written) if b"E-" in written or b"E+" in written else written


def _in_full(found: re.Match[bytes]) -> bytes:
    """A number without its exponent: Python writes a decimal of 0.0000001 as 1E-7. Texts stay as they are."""
    token = found[0]
    return token if token.startswith(b'"') else f"{Decimal(token.decode()):f}".encode()
