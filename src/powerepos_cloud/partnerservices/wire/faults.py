"""What can be wrong with a body: a fault at a place in it, or one that makes all of it unreadable."""

from typing import Any, NamedTuple

_LONGEST_WORD = 128


class Fault(NamedTuple):
    """Something wrong, or worth a warning. `pointer` is relative to the object that was read, in the spelling sent.

    `expected` is what the rule demands, `actual` what was sent: a number, a text or None.
    """

    code: str
    pointer: str
    message: str
    expected: Any = None
    actual: Any = None


class JsonFault(Exception):
    """A body that cannot be read at all. Line and column count from 1, columns in characters."""

    def __init__(self, code: str, message: str, line: int | None = None, column: int | None = None, pointer: str = "") -> None:
        where = "" if line is None else f" (line {line}, column {column})"
        self.message = f"{message.removesuffix('.')}{where}."
        super().__init__(self.message)
        self.code = code
        self.line = line
        self.column = column
        self.pointer = pointer


def shown(text: str, most: int) -> str:
    """A text as an answer may show it: cut, without what could not be encoded or stored."""
    cut = text if len(text) <= most else text[:most] + "…"
    return cut.replace("\0", "\ufffd").encode(errors="replace").decode()


def pointer_word(word: str | int) -> str:
    """A name or an index as a word of a JSON Pointer (RFC 6901 section 3)."""
    return shown(str(word), _LONGEST_WORD).replace("~", "~0").replace("/", "~1")


def plain_word(word: str) -> str:
    """The name that a word of a JSON Pointer stands for (RFC 6901 section 4)."""
    return word.replace("~1", "/").replace("~0", "~")
