"""What the types say about their fields: the sentences that stand below them in their source, in the wire's spelling."""

import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Iterable
from typing import Any

import msgspec

_CODE = re.compile(r"`([a-z][a-z0-9_]*)`")


def describe(schemas: dict[str, Any], types: Iterable[type[msgspec.Struct]]) -> None:
    """Write into each schema what is said of its fields, and of the type, with names as they are on the wire."""
    known = list(types)
    names = {
        name: wire for model in known for name, wire in zip(model.__struct_fields__, model.__struct_encode_fields__, strict=True)
    }

    def spelled(text: str) -> str:
        return _CODE.sub(lambda found: f"`{names.get(found[1], found[1])}`", " ".join(text.split()))

    for model in known:
        schema = schemas[model.__name__]
        if "description" in schema:
            schema["description"] = spelled(schema["description"])
        wires = dict(zip(model.__struct_fields__, model.__struct_encode_fields__, strict=True))
        for base in reversed(model.__mro__[:-1]):
            for name, sentence in _sentences(base).items():
                if name in wires:
                    schema["properties"][wires[name]]["description"] = spelled(sentence)


def structs(root: Any, found: dict[str, type[msgspec.Struct]]) -> None:
    """Add to `found` every Struct that a type is made of, by name."""
    kind = msgspec.inspect.type_info(root) if isinstance(root, type) else root
    if isinstance(kind, msgspec.inspect.StructType) and kind.cls.__name__ not in found:
        found[kind.cls.__name__] = kind.cls
        for field in kind.fields:
            structs(field.type, found)
    for inner in ("type", "item_type"):
        if (part := getattr(kind, inner, None)) is not None:
            structs(part, found)
    for part in getattr(kind, "types", ()):
        structs(part, found)


def _sentences(model: type) -> dict[str, str]:
    """Field to the text that follows it in the class's source."""
    if model.__module__.startswith("msgspec") or model is object:
        return {}
    tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    pairs = itertools.pairwise(body)
    return {
        field.target.id: after.value.value
        for field, after in pairs
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and isinstance(after.value.value, str)
    }
