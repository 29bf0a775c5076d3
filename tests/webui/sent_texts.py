"""Reads out of the source which texts a refusal can carry, so that a test can tell whether its page explains them all.

A text is followed from where an exception is made to where it is written: constants, f-strings (`…` stands for what
varies), names, dictionaries. What only passes a text on (a parameter, an attribute of another refusal) is left to the
place that made it. Anything else raises `Unreadable`, so that no text escapes unseen.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2] / "src" / "powerepos_cloud"


class Unreadable(Exception):
    """A text is made in a way that this reader does not follow: teach it."""


class Sent(NamedTuple):
    """A text that can be sent: the exception that carries it, the text with `…` for what varies, where it stands."""

    error: str
    text: str
    place: str


class Carrier(NamedTuple):
    """How a class carries its text: the position of the text among the arguments.

    `own_words` says that the class itself words it, in its call of `super().__init__`.
    """

    position: int
    own_words: bool


class _Scope(NamedTuple):
    """What a name can mean at one place."""

    values: dict[str, ast.expr]
    parameters: frozenset[str]


def sent_texts(path: Path, carriers: dict[str, Carrier]) -> Iterator[Sent]:
    """Every text that a module gives to one of these exceptions. Raises `Unreadable`."""
    tree = ast.parse(path.read_text())
    module_values = _assigned(tree)
    for owner, scope, call in _calls(tree, module_values):
        name = _name(call.func)
        carrier = carriers.get(name)
        if carrier is not None and not carrier.own_words:
            error = name
        elif owner in carriers and carriers[owner].own_words and _is_super(call):
            error, carrier = owner, carriers[owner]
        else:
            continue
        place = f"{path.name}:{call.lineno}"
        if len(call.args) <= carrier.position:
            raise Unreadable(f"{place}: no text at position {carrier.position}")
        for text in _texts(call.args[carrier.position], scope, place):
            yield Sent(error, text, place)


def texts_of_calls(path: Path, function: str) -> list[str]:
    """The first argument of every call of `function` in a module."""
    return [sent.text for sent in sent_texts(path, {function: Carrier(0, own_words=False)})]


def _calls(tree: ast.Module, module_values: dict[str, ast.expr]) -> Iterator[tuple[str, _Scope, ast.Call]]:
    """Every call, with the class that it stands in and what names mean there."""

    def visit(node: ast.AST, owner: str, scope: _Scope) -> Iterator[tuple[str, _Scope, ast.Call]]:
        if isinstance(node, ast.ClassDef):
            owner = node.name
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            arguments = node.args
            named = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
            scope = _Scope(scope.values | _assigned(node), scope.parameters | named)
        if isinstance(node, ast.Call):
            yield owner, scope, node
        for child in ast.iter_child_nodes(node):
            yield from visit(child, owner, scope)

    yield from visit(tree, "", _Scope(module_values, frozenset()))


def _assigned(node: ast.AST) -> dict[str, ast.expr]:
    body = getattr(node, "body", [])
    values: dict[str, ast.expr] = {}
    for statement in body if isinstance(body, list) else []:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            values[statement.targets[0].id] = statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            values[statement.target.id] = statement.value
    return values


def _texts(node: ast.expr, scope: _Scope, place: str) -> Iterator[str]:
    follow: Callable[[ast.expr], Iterator[str]] = lambda part: _texts(part, scope, place)  # noqa: E731
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
        case ast.Name(id=name) if name in scope.values:
            yield from follow(scope.values[name])
        case ast.Name(id=name) if name in scope.parameters:
            return
        case ast.Dict(values=values):
            for value in values:
                yield from follow(value)
        case ast.Subscript(value=container):
            yield from follow(container)
        case ast.IfExp(body=one, orelse=other):
            yield from follow(one)
            yield from follow(other)
        case ast.Call(func=ast.Attribute(value=container, attr="get"), args=arguments):
            yield from follow(container)
            for default in arguments[1:]:
                yield from follow(default)
        case ast.Call(func=ast.Name(id="str")):
            return  # the text of another exception, read where that one is made
        case ast.Attribute(attr="description" | "message"):
            return
        case _:
            raise Unreadable(f"{place}: {ast.unparse(node)}")


def _is_super(call: ast.Call) -> bool:
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "__init__"
        and isinstance(function.value, ast.Call)
        and _name(function.value.func) == "super"
    )


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""
