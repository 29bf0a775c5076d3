"""Random bodies for a model, made from its description: trees of what is sent, in which numbers keep their text."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec import inspect
from powerepos.contract.sales import PartnerSalesBatchRequest, PartnerSalesTransaction

from powerepos_cloud.partnerservices.wire import Reading, reading
from powerepos_cloud.partnerservices.wire.document import Numeral
from tests.support.fuzz import EXAMPLES

Tree = Any
Path = tuple[str | int, ...]

many = settings(
    max_examples=EXAMPLES // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""100 examples; with TESTS_FUZZ=100 a hundred times as many."""


def read_batch(raw: bytes) -> tuple[Reading[PartnerSalesBatchRequest], list[Reading[PartnerSalesTransaction]]]:
    """A batch's envelope and all of its sales. Raises `JsonFault`."""
    envelope, sales = reading.read_batch(raw)
    return envelope, list(sales)


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
PLAIN_TEXTS = st.text(st.characters(exclude_characters="\0eE", exclude_categories=["Cs"]), max_size=8)
"""Texts that cannot look as if they held a number with an exponent."""


def numerals(*, plain: bool = False) -> st.SearchStrategy[Numeral]:
    """Texts of JSON numbers; plain ones have no exponent."""
    exponent = st.just("") if plain else st.sampled_from(["", "", "", "e2", "E+18", "e-18", "E-3", "e0"])
    whole = st.integers(-(10**12), 10**12).map(str)
    fraction = st.one_of(st.just(""), st.integers(0, 10**9).map(lambda digits: f".{digits:09}"), st.just(".0"))
    return st.builds(lambda *parts: Numeral("".join(parts)), whole, fraction, exponent)


def documents(model: type[msgspec.Struct], *, plain: bool = False) -> st.SearchStrategy[Tree]:
    """Bodies of the model without a fault; fields that may be absent sometimes are, or are null.

    Plain ones are as senders write them, so that the quick way must take them.
    """
    described = inspect.type_info(model)
    assert isinstance(described, inspect.StructType)
    needed, optional = {}, {}
    for field in described.fields:
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        values = _values(kinds[0], plain=plain)
        if field.required:
            needed[field.encode_name] = values
        else:
            optional[field.encode_name] = st.none() | values if len(kinds) > 1 else values
    return st.fixed_dictionaries(needed, optional=optional)


def batches(*, plain: bool = False, most: int = 4) -> st.SearchStrategy[Tree]:
    """Batches of at most `most` sales."""
    sales = st.lists(documents(PartnerSalesTransaction, plain=plain), min_size=1, max_size=most)
    envelopes = documents(PartnerSalesBatchRequest, plain=plain)
    return st.builds(lambda envelope, these: {**envelope, "sales": these}, envelopes, sales)


def _values(kind: inspect.Type, *, plain: bool) -> st.SearchStrategy[Any]:
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    match kind:
        case inspect.StrType():
            texts = PLAIN_TEXTS if plain else TEXTS
            return texts if kind.max_length is None else texts.map(lambda text: text[: kind.max_length])
        case inspect.DecimalType():
            return numerals(plain=plain)
        case inspect.BoolType():
            return st.booleans()
        case inspect.EnumType():
            return st.sampled_from([Numeral(one.value) for one in kind.cls])
        case inspect.IntType():
            return st.integers(kind.ge, kind.le).map(str).map(Numeral)
        case inspect.StructType():
            return documents(kind.cls, plain=plain)
        case inspect.ListType():
            entries = st.just({}) if isinstance(kind.item_type, inspect.RawType) else _values(kind.item_type, plain=plain)
            return st.lists(entries, min_size=kind.min_length or 0, max_size=3)
    raise TypeError(kind)


def render(tree: Tree, *, space: str = "", ascii_only: bool = True) -> bytes:
    """The tree as JSON, with `space` between all tokens."""
    return "".join(_tokens(tree, space, ascii_only)).encode()


def _tokens(tree: Tree, space: str, ascii_only: bool) -> Iterator[str]:
    if isinstance(tree, dict):
        yield "{" + space
        for n, (name, value) in enumerate(tree.items()):
            yield f"{',' + space if n else ''}{json.dumps(name, ensure_ascii=ascii_only)}{space}:{space}"
            yield from _tokens(value, space, ascii_only)
        yield space + "}"
    elif isinstance(tree, list):
        yield "[" + space
        for n, value in enumerate(tree):
            yield "," + space if n else ""
            yield from _tokens(value, space, ascii_only)
        yield space + "]"
    else:
        yield tree if isinstance(tree, Numeral) else json.dumps(tree, ensure_ascii=ascii_only)


def renamed(tree: Tree, rename: Callable[[str], str]) -> Tree:
    """The tree with every name changed."""
    if isinstance(tree, dict):
        return {rename(name): renamed(value, rename) for name, value in tree.items()}
    return [renamed(one, rename) for one in tree] if isinstance(tree, list) else tree


def places(tree: Tree, here: Path = ()) -> Iterator[Path]:
    """Where every value stands, objects and lists too, but for the whole."""
    steps: Any = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, value in steps:
        yield (*here, step)
        yield from places(value, (*here, step))


def at(tree: Tree, path: Path) -> Tree:
    """The value there."""
    for step in path:
        tree = tree[step]
    return tree


def put(tree: Tree, path: Path, value: Tree) -> Tree:
    """A copy of the tree with another value there."""
    if not path:
        return value
    step, *rest = path
    if isinstance(tree, dict):
        return {name: put(old, tuple(rest), value) if name == step else old for name, old in tree.items()}
    return [put(old, tuple(rest), value) if n == step else old for n, old in enumerate(tree)]


def pointer(path: Path) -> str:
    """Its JSON Pointer."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
