"""Kinds of fields that the models share, with their limits. Decimals carry theirs as data: `decimal_limits` reads them."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, Optional, TypeVar

import msgspec
from msgspec import Meta

from powerepos.contract.naming import vendor_name

T = TypeVar("T")

if TYPE_CHECKING:
    Defaulted = Annotated[T, "null stands for the default"]
else:
    Defaulted = Optional[T]  # noqa: UP045 - `T | None` cannot be subscripted with another type in Python 3.10
"""A field that the documentation marks Nullable and gives a default: JSON null stands for the default. The server puts the
default in when it reads a body, so that code never meets None."""

Money = Annotated[Decimal, Meta(extra={"digits": 18, "scale": 2})]
"""An amount of the currency, at most two decimals."""
TaxAmount = Annotated[Decimal, Meta(extra={"digits": 18, "scale": 7})]
"""An amount of tax for a whole line: seven decimals; do not round it further."""
TaxRate = Annotated[Decimal, Meta(extra={"digits": 18, "scale": 3})]
"""Percent: 10 means 10 %."""
SaleQuantity = Annotated[Decimal, Meta(extra={"digits": 13, "scale": 2})]
"""Pieces on a line of a sale."""
StockQuantity = Annotated[Decimal, Meta(extra={"digits": 18, "scale": 7})]
"""Stock units that a line of a sale consumes."""
OrderQuantity = Annotated[Decimal, Meta(extra={"digits": 18, "scale": 5})]
"""Pieces on a line of a stock order."""
Integer = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
"""A whole number of 32 bits, as in .NET's `int`."""

Text4 = Annotated[str, Meta(max_length=4)]
Text16 = Annotated[str, Meta(max_length=16)]
Text18 = Annotated[str, Meta(max_length=18)]
Text32 = Annotated[str, Meta(max_length=32)]
Text36 = Annotated[str, Meta(max_length=36)]
Text50 = Annotated[str, Meta(max_length=50)]
Text64 = Annotated[str, Meta(max_length=64)]
Text128 = Annotated[str, Meta(max_length=128)]

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)


class DecimalLimit(NamedTuple):
    """`decimal(digits, scale)`: digits in all, `scale` of them after the point."""

    digits: int
    scale: int


def decimal_limits(model: type[msgspec.Struct]) -> dict[str, DecimalLimit]:
    """Field of the model (its name in Python) to the limit of its decimals."""
    limits = {}
    described = msgspec.inspect.type_info(model)
    assert isinstance(described, msgspec.inspect.StructType)
    for field in described.fields:
        kinds = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
        for kind in kinds:
            extra: dict[str, Any] = (isinstance(kind, msgspec.inspect.Metadata) and kind.extra) or {}
            if "scale" in extra:
                limits[field.name] = DecimalLimit(extra["digits"], extra["scale"])
    return limits


def named(**exceptions: str) -> Any:
    """`rename` for a model: the vendor's spelling of every field, but of those named here."""
    return lambda field: exceptions.get(field, vendor_name(field))
