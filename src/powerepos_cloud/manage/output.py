"""How results leave: `--json` for scripts (one object or list, nothing else), else tables for people."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH_ELSEWHERE = 200  # of a pipe or file, which has none of its own
_WHOLE = frozenset(("id", "code", "client_id", "sub", "kid", "state", "kind", "alg", "service", "uri", "hint", "at"))
_TITLES = {
    "client_id": "ClientID",
    "client_secret": "ClientSecret",
    "org_id": "Organisation Code (org_id)",
    "username": "Service account ID (username)",
}

Json = Annotated[bool, typer.Option("--json", help="Answer with JSON on stdout, for scripts.")]


def instant(at_ms: int | None) -> str | None:
    """An instant as RFC 3339 in UTC, to the second."""
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def view(thing: msgspec.Struct, *hidden: str) -> dict[str, Any]:
    """A thing as it leaves: its fields without the hidden ones, instants (`…_at`) as RFC 3339."""
    fields = msgspec.to_builtins(thing)
    return {name: instant(value) if name.endswith("_at") else value for name, value in fields.items() if name not in hidden}


def show(result: Mapping[str, Any], *, as_json: bool, done: str = "") -> None:
    """One thing; `done` is a sentence for people that says what was done."""
    if as_json:
        _print_json(result)
        return
    if done:
        print(done + "\n")
    _console().print(_facts(result))


def show_list(results: Sequence[Mapping[str, Any]], *, as_json: bool, columns: Sequence[str], none: str) -> None:
    """Several things, of which people see these columns; `none` is the sentence if there are none."""
    if as_json:
        _print_json(results)
        return
    if not results:
        print(none)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(_title(column), overflow="fold", no_wrap=column in _WHOLE)
    for result in results:
        table.add_row(*(Text(_cell(result.get(column))) for column in columns))
    _console().print(table)


def show_secret(result: Mapping[str, Any], *, as_json: bool, done: str, secrets: Sequence[str], note: str = "") -> None:
    """A thing with a secret that is seen this once. The secret stands alone on its line, never wrapped."""
    if as_json:
        _print_json(result)
        return
    print(done + "\n")
    width = max(len(_title(name)) for name in secrets)
    for name in secrets:
        print(f"  {_title(name):{width}}  {result[name]}")
    print("\nShown once: only a hash is stored. Copy it now." + (f" {note}" if note else ""))


def say(sentence: str, result: Mapping[str, Any], *, as_json: bool) -> None:
    """A sentence for people, an object for scripts."""
    if as_json:
        _print_json(result)
    else:
        print(sentence)


def _print_json(result: Any) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n")


def _console() -> Console:
    width = None if sys.stdout.isatty() else _WIDTH_ELSEWHERE
    return Console(highlight=False, markup=False, emoji=False, width=width)


def _facts(result: Mapping[str, Any]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in result.items():
        if isinstance(value, Mapping):
            text = "\n".join(f"{_title(inner)}: {_cell(known)}" for inner, known in value.items()) or "none"
        else:
            text = _cell(value)
        table.add_row(_title(name), Text(text))
    return table


def _title(name: str) -> str:
    """A field's name as people read it; an ID of a key stays as it is."""
    if name in _TITLES:
        return _TITLES[name]
    words = [word.upper() if word in ("id", "uri") else word for word in name.removesuffix("_at").split("_")]
    text = " ".join(words)
    return text[0].upper() + text[1:] if name.islower() and len(name) < 40 else name


def _cell(value: Any) -> str:
    """A value as people read it: lists by lines, nested things by their values."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "  ".join(f"{name}={_cell(inner)}" for name, inner in value.items() if inner is not None)
    if isinstance(value, list | tuple):
        return "\n".join(_cell(inner) for inner in value) or "none"
    return str(value)
