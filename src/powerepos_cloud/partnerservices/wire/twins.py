"""Twins of a model: structs made from it that msgspec decodes in C.

A *spelled* twin has its names in another spelling. A *shape* forbids unknown names and has every field optional and unset,
its numbers floats and all other values raw: a number sent as a text does not pass, and encoding a shape again gives each
name that was sent exactly once.
"""

import types
import typing
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

Spelling = Callable[[str], str]
"""From the documented name of a field to the one that is read."""


def documented(name: str) -> str:
    """`outletID`."""
    return name


def pascal(name: str) -> str:
    """`OutletID`: what .NET sends unless told otherwise."""
    return name[:1].upper() + name[1:]


class Twins:
    """Makes twins in one spelling. `entries` replaces lists of raw JSON by lists of this model."""

    def __init__(self, spelling: Spelling, entries: type[msgspec.Struct] | None = None) -> None:
        self.spelling = spelling
        self._entries = entries
        self._spelled: dict[Any, Any] = {}
        self._shapes: dict[Any, Any] = {}

    def spelled(self, model: type[msgspec.Struct]) -> Any:
        """The model with its names, and those of the objects within it, in the spelling."""
        if model not in self._spelled:
            hints = typing.get_type_hints(model, include_extras=True)
            fields = [
                (
                    field.name,
                    self._spelled_type(hints[field.name]),
                    _field(field, self.spelling(field.encode_name)),
                )
                for field in msgspec.structs.fields(model)
            ]
            self._spelled[model] = msgspec.defstruct(model.__name__, fields, kw_only=True, gc=False)
        return self._spelled[model]

    def shape(self, model: type[msgspec.Struct]) -> Any:
        """The model's shape."""
        if model not in self._shapes:
            hints = typing.get_type_hints(model)
            fields = [
                (
                    field.name,
                    self._shape_type(hints[field.name]) | msgspec.UnsetType,
                    msgspec.field(default=msgspec.UNSET, name=self.spelling(field.encode_name)),
                )
                for field in msgspec.structs.fields(model)
            ]
            self._shapes[model] = msgspec.defstruct(
                f"{model.__name__}Shape", fields, kw_only=True, forbid_unknown_fields=True, gc=False
            )
        return self._shapes[model]

    def _spelled_type(self, hint: Any) -> Any:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if _is_model(hint):
            return self.spelled(hint)
        if origin is typing.Annotated:
            return typing.Annotated[(self._spelled_type(arguments[0]), *hint.__metadata__)]
        if origin is list:
            return types.GenericAlias(list, (self._spelled_type(arguments[0]),))
        if origin in (typing.Union, types.UnionType):
            return typing.Union[tuple(self._spelled_type(one) for one in arguments)]  # noqa: UP007 - from a list
        return hint

    def _shape_type(self, hint: Any) -> Any:
        if typing.get_origin(hint) in (typing.Union, types.UnionType):
            hint = next(one for one in typing.get_args(hint) if one is not types.NoneType)
        if hint is Decimal:
            return float | None
        if _is_model(hint):
            return self.shape(hint) | None
        if typing.get_origin(hint) is list:
            entry = typing.get_args(hint)[0]
            entry = self._entries if entry is msgspec.Raw and self._entries is not None else entry
            return types.GenericAlias(list, (self._shape_type(entry),)) | None
        return msgspec.Raw


def _field(field: msgspec.structs.FieldInfo, name: str) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=field.default_factory, name=name)
    return msgspec.field(default=field.default, name=name)


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)
