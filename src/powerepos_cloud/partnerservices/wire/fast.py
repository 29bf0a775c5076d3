"""The fast way through a batch: for bodies in exact spelling, decoded in C; whatever is unusual takes the strict way.

Two decoders look at each object. The first gives the value. The second has a *shape*: its numbers are floats, so that a
number sent as a text does not pass, and what was not sent stays unset, so that encoding it again gives each name once. If
a name stood twice in an object, the encoded shape has fewer colons than the body had. Texts with `\\u` escapes could hide
a colon, a NUL or half a surrogate pair: a body that holds one takes the strict way.
"""

import types
import typing
from decimal import Decimal
from typing import Any

import msgspec
from powerepos.contract.sales import PartnerSalesBatchRequest, PartnerSalesTransaction

_encoder = msgspec.json.Encoder()


class FastReader:
    """Reads objects of one model, or says that it cannot."""

    def __init__(self, model: type[msgspec.Struct]) -> None:
        self._decoder = msgspec.json.Decoder(_strict(model, {}))
        self._shape = msgspec.json.Decoder(_shape(model, {}))

    def read(self, raw: bytes | msgspec.Raw) -> Any:
        """The object as the model's fields, or None if it must be read the strict way."""
        try:
            shape = self._shape.decode(raw)
            value = self._decoder.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        if _encoder.encode(shape).count(b":") != bytes(raw).count(b":"):
            return None
        return _fill_defaults(value) if b"null" in bytes(raw) else value


def build() -> tuple[FastReader, FastReader]:
    """The readers of a batch's envelope and of its sales."""
    return FastReader(PartnerSalesBatchRequest), FastReader(PartnerSalesTransaction)


def _fill_defaults(value: Any) -> Any:
    """Put the default where null was sent for it."""
    for field in msgspec.structs.fields(value):
        sent = getattr(value, field.name)
        if sent is None:
            setattr(value, field.name, _default(field))
        elif isinstance(sent, msgspec.Struct):
            _fill_defaults(sent)
        elif isinstance(sent, list):
            for one in sent:
                if isinstance(one, msgspec.Struct):
                    _fill_defaults(one)
    return value


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default is not msgspec.NODEFAULT else field.default_factory()  # type: ignore[operator]


def _strict(model: type[msgspec.Struct], made: dict[Any, Any]) -> Any:
    """The model with unknown names forbidden, in the objects within it too."""
    if model not in made:
        hints = typing.get_type_hints(model, include_extras=True)
        fields = [
            (
                field.name,
                _replaced(hints[field.name], lambda inner: _strict(inner, made)),
                msgspec.field(default=field.default, default_factory=field.default_factory, name=field.encode_name),
            )
            for field in msgspec.structs.fields(model)
        ]
        made[model] = msgspec.defstruct(model.__name__, fields, kw_only=True, forbid_unknown_fields=True, gc=False)
    return made[model]


def _shape(model: type[msgspec.Struct], made: dict[Any, Any]) -> Any:
    """The model with every field optional and unset, and numbers as floats."""
    if model not in made:
        hints = typing.get_type_hints(model)
        fields = [
            (
                field.name,
                _shape_type(hints[field.name], made) | None | msgspec.UnsetType,
                msgspec.field(default=msgspec.UNSET, name=field.encode_name),
            )
            for field in msgspec.structs.fields(model)
        ]
        made[model] = msgspec.defstruct(f"{model.__name__}Shape", fields, kw_only=True, forbid_unknown_fields=True, gc=False)
    return made[model]


def _shape_type(hint: Any, made: dict[Any, Any]) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(one for one in typing.get_args(hint) if one is not type(None))
    if hint is Decimal:
        return float
    if typing.get_origin(hint) is list:
        return list[_shape_type(typing.get_args(hint)[0], made)]  # type: ignore[misc]
    return _shape(hint, made) if isinstance(hint, type) and issubclass(hint, msgspec.Struct) else hint


def _replaced(hint: Any, replace: Any) -> Any:
    """The type with every model in it replaced."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return replace(hint)
    if origin is typing.Annotated:
        return typing.Annotated[(_replaced(arguments[0], replace), *hint.__metadata__)]  # type: ignore[return-value]
    if origin is list:
        return list[_replaced(arguments[0], replace)]  # type: ignore[misc]
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_replaced(one, replace) for one in arguments)]  # noqa: UP007 - built from a list
    return hint
