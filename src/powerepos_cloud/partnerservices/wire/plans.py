"""How the strict way reads a model: each field's name, whether it is needed, and what its value is judged by."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import msgspec
from msgspec import inspect

from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.wire import judging
from powerepos_cloud.partnerservices.wire.judging import Findings, Path

Check: TypeAlias = Callable[[Any, Path, Findings], Any]
"""Judges a value that is not null: gives it as the model holds it, or `judging.BAD` with a fault in the findings."""


class Field(NamedTuple):
    """A field of a model. `name` is Python's, `sent_as` the documented one; null stands for a default if `is_nullable`."""

    name: str
    sent_as: str
    is_needed: bool
    is_nullable: bool
    check: Check


class Plan:
    """How objects of one model are read."""

    def __init__(self, model: type[msgspec.Struct], fields: list[Field]) -> None:
        self.model = model
        self.needed = [field for field in fields if field.is_needed]
        self.spellings = [field.sent_as for field in fields]
        self._exact = {field.sent_as: field for field in fields}
        self._folded = {compare_key(field.sent_as): field for field in fields}

    def field(self, name: str) -> Field | None:
        """The field of this name: by its exact spelling first, then letter case aside."""
        return self._exact.get(name) or self._folded.get(compare_key(name))


@functools.cache
def plan_of(model: type[msgspec.Struct], parts: str | None = None) -> Plan:
    """The plan of a model. Entries of the field `parts` (its documented name) are left unjudged, and the list empty."""
    described = inspect.type_info(model)
    assert isinstance(described, inspect.StructType)
    fields = []
    for field in described.fields:
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        kind = next(kind for kind in kinds if not isinstance(kind, inspect.NoneType))
        check = _check(kind, without_entries=field.encode_name == parts)
        fields.append(Field(field.name, field.encode_name, field.required, len(kinds) > 1, check))
    return Plan(model, fields)


def _check(kind: inspect.Type, *, without_entries: bool = False) -> Check:
    extra: dict[str, Any] = {}
    while isinstance(kind, inspect.Metadata):
        extra |= kind.extra or {}
        kind = kind.type
    if isinstance(kind, inspect.ListType):
        entry = None if without_entries else _check(kind.item_type)
        return functools.partial(judging.array, entry, judging.Size(kind.min_length or 0, kind.max_length, extra.get("code")))
    if isinstance(kind, inspect.StructType):
        return functools.partial(judging.nested, functools.partial(plan_of, kind.cls))
    return _check_single(kind)


def _check_single(kind: inspect.Type) -> Check:
    match kind:
        case inspect.StrType():
            return functools.partial(judging.text, kind.max_length)
        case inspect.DecimalType():
            return judging.decimal
        case inspect.BoolType():
            return judging.boolean
        case inspect.EnumType():
            members = {int(one.value): one for one in kind.cls}
            return functools.partial(judging.choice, members)
        case inspect.IntType():
            return functools.partial(judging.integer, kind.ge, kind.le)
    raise TypeError(f"no rule for {kind}; lists of raw JSON are read part by part")
