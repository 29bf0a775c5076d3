"""The quick way: bodies in the documented spelling or in .NET's, without a fault, decoded in C.

Two decoders look at each object. One gives the value. The other's shape makes sure of what msgspec is lenient about: neither
unknown names nor numbers sent as texts pass; and if a name stood twice in an object, the shape, encoded again, has fewer
colons than the body. Whatever is not proved fine here takes the strict way, which tells faults.
"""

import functools
import re
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

import msgspec

from powerepos_cloud.partnerservices.wire.twins import Spelling, Twins, documented, pascal

T = TypeVar("T", bound=msgspec.Struct)
P = TypeVar("P", bound=msgspec.Struct)

_BEGINS_PASCAL = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"[A-Z]')
# Without the digits, an exponent stands right after what begins a value.
_BEGINNINGS_AS_COLONS = bytes.maketrans(b"E,[", b"e::")
_OF_NUMBERS = b"0123456789.+- \t\r\n"
_UNREADABLE = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)

_encoder = msgspec.json.Encoder()


def spelling_of(raw: bytes | msgspec.Raw) -> Spelling:
    """In which spelling an object seems to be."""
    return pascal if _BEGINS_PASCAL.match(raw) else documented


class Quick(Generic[T]):
    """Reads objects of one model in one spelling, or says that it cannot."""

    def __init__(self, model: type[T], spelling: Spelling) -> None:
        twins = Twins(spelling)
        self._values = _Values(model, twins)
        self._shape = msgspec.json.Decoder(twins.shape(model))

    def read(self, raw: bytes) -> T | None:
        """The object, or None if it must be read the strict way."""
        try:
            shape = self._shape.decode(raw)
            value = self._values.decode(raw)
        except _UNREADABLE:
            return None
        return self._values.finish(value, b"null" in raw) if _is_proved(raw, shape) else None


class QuickBatch(Generic[T, P]):
    """Reads an envelope with a list of raw parts, in one spelling, and the parts, one by one."""

    def __init__(self, model: type[T], field: str, part: type[P], spelling: Spelling) -> None:
        twins = Twins(spelling)
        self._field = field
        self._envelopes, self._parts = _Values(model, twins), _Values(part, twins)
        self._shape = msgspec.json.Decoder(Twins(spelling, part).shape(model))

    def read(self, raw: bytes) -> tuple[T, list[msgspec.Raw]] | None:
        """The envelope, its list left empty, and the parts, unread; None if it must be read the strict way."""
        try:
            shape = self._shape.decode(raw)
            envelope = self._envelopes.decode(raw)
        except _UNREADABLE:
            return None
        if not _is_proved(raw, shape):
            return None
        sent: list[msgspec.Raw] = getattr(envelope, self._field)
        whole = self._envelopes.finish(envelope, b"null" in raw)
        setattr(whole, self._field, [])
        return whole, sent

    def part(self, raw: msgspec.Raw) -> P | None:
        """A part of what was read; None if it must be read the strict way."""
        try:
            value = self._parts.decode(raw)
        except _UNREADABLE:
            return None
        return self._parts.finish(value, b"null" in bytes(raw))

    def raw_parts(self, raw: bytes) -> list[bytes] | None:
        """The parts as they were sent, unread; None if the envelope cannot be read so."""
        try:
            return [bytes(one) for one in getattr(self._envelopes.decode(raw), self._field)]
        except _UNREADABLE:
            return None


class _Values(Generic[T]):
    """Decodes a model by its twin of a spelling."""

    def __init__(self, model: type[T], twins: Twins) -> None:
        self._model = model
        self._is_twin = twins.spelling is not documented
        self.decode = msgspec.json.Decoder(twins.spelled(model) if self._is_twin else model).decode

    def finish(self, value: Any, has_null: bool) -> T:
        """What was decoded as the model itself, with the default where null stands for it."""
        finished: T = msgspec.convert(value, self._model, from_attributes=True) if self._is_twin else value
        if has_null:
            _fill(finished)
        return finished


@functools.cache
def quick(model: type[T], spelling: Spelling) -> Quick[T]:
    """The reader of a model, made once."""
    return Quick(model, spelling)


@functools.cache
def quick_batch(model: type[T], field: str, part: type[P], spelling: Spelling) -> QuickBatch[T, P]:
    """The reader of an envelope, made once."""
    return QuickBatch(model, field, part, spelling)


def _is_proved(raw: bytes, shape: Any) -> bool:
    """No name given twice, no number with an exponent, no NUL."""
    if b"\\" in raw and b"\\u0000" in raw:
        return False
    if b":e" in raw.translate(_BEGINNINGS_AS_COLONS, _OF_NUMBERS):
        return False
    return _encoder.encode(shape).count(b":") == raw.count(b":")


def _fill(value: Any) -> None:
    """Put the default where null was sent for it."""
    model: Any = type(value)
    defaulted, holders = _nullable(model)
    for name, make in defaulted:
        if getattr(value, name) is None:
            setattr(value, name, make())
    for name in holders:
        held = getattr(value, name)
        for one in held if isinstance(held, list) else (held,):
            if isinstance(one, msgspec.Struct):
                _fill(one)


@functools.cache
def _nullable(model: Hashable) -> tuple[list[tuple[str, Callable[[], Any]]], list[str]]:
    """The fields for which null stands for another default, with what makes it; and those that hold objects."""
    described = msgspec.inspect.type_info(model)
    assert isinstance(described, msgspec.inspect.StructType)
    defaulted: list[tuple[str, Callable[[], Any]]] = []
    holders = []
    for field in described.fields:
        if field.default_factory is not msgspec.NODEFAULT:
            defaulted.append((field.name, field.default_factory))
        elif field.default is not msgspec.NODEFAULT and field.default is not None:
            defaulted.append((field.name, functools.partial(_itself, field.default)))
        if _holds_objects(field.type):
            holders.append(field.name)
    return defaulted, holders


def _holds_objects(kind: msgspec.inspect.Type) -> bool:
    if isinstance(kind, msgspec.inspect.UnionType):
        return any(map(_holds_objects, kind.types))
    if isinstance(kind, msgspec.inspect.Metadata):
        return _holds_objects(kind.type)
    if isinstance(kind, msgspec.inspect.ListType):
        return _holds_objects(kind.item_type)
    return isinstance(kind, msgspec.inspect.StructType)


def _itself(value: Any) -> Any:
    return value
