"""Writing answers: decimals as JSON numbers in full."""

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")


def write(model: msgspec.Struct) -> bytes:
    """The model as JSON."""
    return _encoder.encode(model)
