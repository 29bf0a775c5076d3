"""The documented bodies, as they are sent."""

from pathlib import Path


def example(name: str) -> bytes:
    """The body of this name."""
    return (Path(__file__).parent / f"{name}.json").read_bytes()


def wrapped(sale: bytes) -> bytes:
    """A batch of one sale."""
    target = b'{"tradingDate":"2024-12-01","terminalName":"Web Shop","clientName":"Harbour Orders","clientVersion":"3.2"}'
    outlet = b"b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c11"
    return b'{"outletID":"' + outlet + b'","zReportTarget":' + target + b',"sales":[' + sale + b"]}"
