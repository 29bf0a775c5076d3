"""Strict reading of JSON bodies: nothing is guessed, every fault of an object is told, names match in any letter case."""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import inspect as described
from powerepos.contract.codes import Codes
from powerepos.contract.limits import Limits
from powerepos.contract.sales import PartnerSalesBatchRequest, PartnerSalesTransaction

from powerepos_cloud.partnerservices.wire import fast

T = TypeVar("T")
_LARGEST_EXPONENT = 18


class Fault(NamedTuple):
    """Something wrong, or worth a warning: `pointer` says where, `expected` and `actual` are values or texts."""

    code: str
    pointer: str
    message: str
    expected: Any = None
    actual: Any = None


class JsonFault(Exception):
    """A body that cannot be read at all."""

    def __init__(self, code: str, message: str, line: int | None = None, column: int | None = None, pointer: str = "") -> None:
        where = f" (line {line}, column {column})" if line is not None else ""
        super().__init__(message + where)
        self.code = code
        self.message = message + where
        self.line = line
        self.column = column
        self.pointer = pointer


class Reading(Generic[T]):
    """A value, or the faults that there is none for; pointers are relative to the object read, in the spelling sent."""

    __slots__ = ("_sent", "faults", "value", "warnings")

    def __init__(self, value: T | None, faults: list[Fault], warnings: list[Fault], sent: Any) -> None:
        self.value = value
        self.faults = faults
        self.warnings = warnings
        self._sent = sent

    def spelled(self, pointer: str) -> str:
        """A pointer by the documented names, in the spelling that was sent."""
        if self._sent is None:
            return pointer
        node, words = self._sent, []
        for word in pointer.split("/")[1:]:
            if isinstance(node, dict):
                word = next((name for name in node if name == word), None) or next(
                    (name for name in node if name.casefold() == word.casefold()), word
                )
                node = node.get(word)
            elif isinstance(node, list) and word.isdigit() and int(word) < len(node):
                node = node[int(word)]
            else:
                node = None
            words.append(word.replace("~", "~0").replace("/", "~1"))
        return "".join(f"/{word}" for word in words)

    def sent_text(self, name: str) -> str | None:
        """A text of the object, whatever else is wrong with it."""
        if not isinstance(self._sent, dict):
            return None
        for known, value in self._sent.items():
            if known.casefold() == name.casefold() and isinstance(value, str):
                return value
        return None


class _Spelled(dict[str, Any]):
    """An object as it was sent; a name given twice in it, letter case aside, is remembered."""

    twice: str | None = None


def _object(pairs: list[tuple[str, Any]]) -> _Spelled:
    found = _Spelled(pairs)
    if len(found) != len(pairs) or len({name.casefold() for name in found}) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name.casefold() in seen:
                found.twice = name
            seen.add(name.casefold())
    return found


def _no_constant(word: str) -> Any:
    raise JsonFault(Codes.JSON_MALFORMED, f"{word} is no JSON number.")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_object)
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def parse(raw: bytes) -> Any:
    """The document, numbers exact. Raises `JsonFault`."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise JsonFault(Codes.JSON_ENCODING, "The body is not UTF-8.", 1, error.start + 1) from None
    if text.startswith("\ufeff"):
        raise JsonFault(Codes.JSON_ENCODING, "The body begins with a byte order mark: leave it out.", 1, 1)
    _check_nesting(raw)
    try:
        document = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JsonFault(Codes.JSON_MALFORMED, f"The body is not JSON: {error.msg}.", error.lineno, error.colno) from None
    except (ValueError, ArithmeticError):
        raise JsonFault(Codes.JSON_MALFORMED, "A number of the body is too long.") from None
    if not isinstance(document, dict):
        raise JsonFault(Codes.JSON_NOT_OBJECT, "The body must be one JSON object.")
    _check_names(document, "")
    return document


def _check_nesting(raw: bytes) -> None:
    depth = 0
    for token in _BRACKETS.findall(raw):
        if token in (b"{", b"["):
            depth += 1
            if depth > Limits.MAX_NESTING:
                raise JsonFault(Codes.JSON_NESTING, f"The body is nested deeper than {Limits.MAX_NESTING} levels.")
        elif token in (b"}", b"]"):
            depth -= 1


def _check_names(node: Any, pointer: str) -> None:
    if isinstance(node, _Spelled):
        if node.twice is not None:
            raise JsonFault(
                Codes.JSON_DUPLICATE_NAME,
                f"The name {node.twice!r} is given twice in one object.",
                pointer=f"{pointer}/{node.twice}",
            )
        for name, value in node.items():
            if isinstance(value, dict | list):
                _check_names(value, f"{pointer}/{name}")
    elif isinstance(node, list):
        for n, value in enumerate(node):
            if isinstance(value, dict | list):
                _check_names(value, f"{pointer}/{n}")


def read(raw: bytes, model: type[T]) -> Reading[T]:
    """The body as this model. Raises `JsonFault`."""
    return read_value(parse(raw), model)


def read_batch(raw: bytes) -> tuple[Reading[PartnerSalesBatchRequest], list[Reading[PartnerSalesTransaction]]]:
    """A batch's envelope, and each of its sales by itself: every fault inside a sale is that sale's. Raises `JsonFault`."""
    return _read_fast(raw) or _read_strictly(raw)


def _read_fast(raw: bytes) -> tuple[Reading[PartnerSalesBatchRequest], list[Reading[PartnerSalesTransaction]]] | None:
    envelope = None if b"\\u" in raw else _ENVELOPE.read(raw)
    if envelope is None:
        return None
    sales = [_SALE.read(one) for one in envelope.sales]
    if any(sale is None for sale in sales):
        return None
    return Reading(envelope, [], [], None), [Reading(sale, [], [], None) for sale in sales]


def _read_strictly(raw: bytes) -> tuple[Reading[PartnerSalesBatchRequest], list[Reading[PartnerSalesTransaction]]]:
    document = parse(raw)
    envelope = read_value(document, PartnerSalesBatchRequest)
    sent = next((value for name, value in document.items() if name.casefold() == "sales"), None)
    if envelope.value is None or not isinstance(sent, list):
        return envelope, []
    return envelope, [read_value(one, PartnerSalesTransaction) for one in sent]


def read_value(sent: Any, model: type[T]) -> Reading[T]:
    """A decoded value as this model."""
    faults: list[Fault] = []
    warnings: list[Fault] = []
    value = _Reader(faults, warnings).object(sent, model, "")
    return Reading(None if faults else value, faults, warnings, sent)


_ENVELOPE, _SALE = fast.build()


class _Field(NamedTuple):
    name: str
    encoded: str
    convert: Callable[["_Reader", Any, str], Any]
    is_required: bool
    default: Any
    default_factory: Any

    def fill(self) -> Any:
        return self.default if self.default_factory is None else self.default_factory()


class _Reader:
    def __init__(self, faults: list[Fault], warnings: list[Fault]) -> None:
        self._faults = faults
        self._warnings = warnings

    def fail(self, code: str, pointer: str, message: str, expected: Any = None, actual: Any = None) -> None:
        self._faults.append(Fault(code, pointer, message, expected, _shown(actual)))

    def object(self, sent: Any, model: Any, pointer: str) -> Any:
        if not isinstance(sent, dict):
            self.fail(Codes.FIELD_TYPE, pointer, "This must be an object.", "an object", sent)
            return None
        fields = _fields_of(model)
        values: dict[str, Any] = {}
        for name, value in sent.items():
            field = fields.get(name) or fields.get(name.casefold())
            where = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            if field is None:
                self._warnings.append(Fault(Codes.FIELD_UNKNOWN, where, "Unknown field: it was ignored."))
            elif value is None:
                if field.is_required:
                    self.fail(Codes.FIELD_MISSING, where, f"{field.encoded} must not be null.", "a value", None)
            else:
                values[field.name] = field.convert(self, value, where)
        for field in dict.fromkeys(fields.values()):
            if field.name not in values:
                if field.is_required:
                    if not any(name.casefold() == field.encoded.casefold() for name in sent):
                        self.fail(
                            Codes.FIELD_MISSING,
                            f"{pointer}/{field.encoded}",
                            f"{field.encoded} is missing.",
                            "a value",
                            None,
                        )
                    values[field.name] = None
                else:
                    values[field.name] = field.fill()
        return model(**values)


_CACHE: dict[Any, Mapping[str, _Field]] = {}


def _fields_of(model: Any) -> Mapping[str, _Field]:
    """The model's fields by their exact name and by their folded name."""
    known = _CACHE.get(model)
    if known is None:
        info = described.type_info(model)
        assert isinstance(info, described.StructType)
        found: dict[str, _Field] = {}
        for field in info.fields:
            factory = None if field.default_factory is msgspec.NODEFAULT else field.default_factory
            default = None if field.default is msgspec.NODEFAULT else field.default
            made = _Field(field.name, field.encode_name, _converter(field.type), field.required, default, factory)
            found[field.encode_name] = found[field.encode_name.casefold()] = made
        known = _CACHE[model] = found
    return known


def _converter(kind: Any) -> Callable[[_Reader, Any, str], Any]:
    extra: dict[str, Any] = {}
    while isinstance(kind, described.Metadata):
        extra |= kind.extra or {}
        kind = kind.type
    if isinstance(kind, described.UnionType):
        return _converter(next(one for one in kind.types if not isinstance(one, described.NoneType)))
    if isinstance(kind, described.StrType):
        return lambda reader, value, pointer: _text(reader, value, pointer, kind.max_length)
    if isinstance(kind, described.DecimalType):
        return _decimal
    if isinstance(kind, described.BoolType):
        return _boolean
    if isinstance(kind, described.IntType):
        return lambda reader, value, pointer: _integer(reader, value, pointer, kind.ge, kind.le)
    if isinstance(kind, described.StructType):
        return lambda reader, value, pointer: reader.object(value, kind.cls, pointer)
    if isinstance(kind, described.EnumType):
        return lambda reader, value, pointer: _enum(reader, value, pointer, kind.cls)
    if isinstance(kind, described.ListType):
        item = None if isinstance(kind.item_type, described.RawType) else _converter(kind.item_type)
        return lambda reader, value, pointer: _list(reader, value, pointer, item, kind.min_length, kind.max_length, extra)
    raise TypeError(f"no rule for {kind}")


def _text(reader: _Reader, value: Any, pointer: str, most: int | None) -> Any:
    if not isinstance(value, str):
        reader.fail(Codes.FIELD_TYPE, pointer, "This must be a text.", "a text", value)
    elif most is not None and len(value) > most:
        reader.fail(Codes.TEXT_TOO_LONG, pointer, f"At most {most} characters.", most, len(value))
    elif "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        reader.fail(Codes.TEXT_INVALID, pointer, "A NUL or half a surrogate pair in a text.")
    else:
        return value
    return ""


def _decimal(reader: _Reader, value: Any, pointer: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        reader.fail(Codes.NUMBER_TYPE, pointer, "This must be a JSON number.", "a number", value)
        return Decimal(0)
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent > _LARGEST_EXPONENT or number.adjusted() < -_LARGEST_EXPONENT * 2:
        reader.fail(Codes.NUMBER_TYPE, pointer, "The number's exponent is out of range.", "exponents within 18", value)
        return Decimal(0)
    return number


def _boolean(reader: _Reader, value: Any, pointer: str) -> Any:
    if not isinstance(value, bool):
        reader.fail(Codes.FIELD_TYPE, pointer, "This must be true or false.", "true or false", value)
        return False
    return value


def _integer(reader: _Reader, value: Any, pointer: str, least: int | None, most: int | None) -> Any:
    if isinstance(value, Decimal) and value == value.to_integral_value() and abs(value) < 10**12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        reader.fail(Codes.NUMBER_TYPE, pointer, "This must be a whole number.", "a whole number", value)
        return 0
    if (least is not None and value < least) or (most is not None and value > most):
        reader.fail(Codes.NUMBER_RANGE, pointer, "The number is out of range.", f"{least} to {most}", value)
        return 0
    return value


def _enum(reader: _Reader, value: Any, pointer: str, cls: Any) -> Any:
    if isinstance(value, bool) or value not in {one.value for one in cls}:
        known = ", ".join(str(one.value) for one in cls)
        reader.fail(Codes.ENUM_UNKNOWN, pointer, "An unknown value.", f"one of {known}", value)
        return next(iter(cls))
    return cls(value)


def _list(
    reader: _Reader, value: Any, pointer: str, item: Any, least: int | None, most: int | None, extra: Mapping[str, Any]
) -> Any:
    if not isinstance(value, list):
        reader.fail(Codes.FIELD_TYPE, pointer, "This must be a list.", "a list", value)
        return []
    if (least is not None and len(value) < least) or (most is not None and len(value) > most):
        code = extra.get("code", Codes.FIELD_TYPE)
        reader.fail(code, pointer, f"Between {least or 0} and {most} entries.", f"{least or 0} to {most}", len(value))
        return []
    if item is None:
        return value
    return [item(reader, one, f"{pointer}/{n}") for n, one in enumerate(value)]


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Decimal):
        return value if abs(value.adjusted()) < 40 else str(value)[:40]
    if isinstance(value, str):
        return value[:64]
    return "an object" if isinstance(value, dict) else "a list"
