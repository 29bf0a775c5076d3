"""A body as a tree of what was sent, or the reason why it is none. Numbers keep their text.

The standard library's parser is used and not msgspec's, because it lets through what is one record's fault and not the
whole body's: `NaN` and halves of surrogate pairs.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from powerepos.contract.codes import Codes
from powerepos.contract.limits import Limits

from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.wire.faults import JsonFault, pointer_word, shown

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]', re.DOTALL)
_LONGEST_SEARCHED = 1024 * 1024
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Numeral(str):
    """The text of a JSON number, or `NaN`, `Infinity`, `-Infinity`."""

    __slots__ = ()


class _NameTwice(Exception):
    """In an object with these names."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self.names = names


def parse(raw: bytes) -> dict[str, Any]:
    """The object that the body holds: dict, list, str, `Numeral`, bool, None. Raises `JsonFault`."""
    text = decode(raw)
    try:
        document = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise _malformed(text, error) from None
    except _NameTwice as twice:
        raise _find_offence(text) or _name_twice(_repeated(twice.names)) from None
    except RecursionError:
        raise _find_offence(text) or _too_deep() from None
    if _is_too_deep(document):
        raise _find_offence(text) or _too_deep()
    if type(document) is not dict:
        raise _fault_at(Codes.JSON_NOT_OBJECT, "The body must be one JSON object, in braces.", text, _skip_space(text))
    return document


def decode(raw: bytes) -> str:
    """The text of the body. Raises `JsonFault`."""
    if raw.startswith(b"\xef\xbb\xbf"):
        raise JsonFault(Codes.JSON_ENCODING, "The body begins with a byte order mark: send UTF-8 without one.", 1, 1)
    if raw.startswith(_UTF16) or raw[1:2] == b"\0":
        raise JsonFault(Codes.JSON_ENCODING, "The body is in UTF-16: send it in UTF-8.", 1, 1)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        message = f"The body is not UTF-8: there is a byte 0x{raw[error.start]:02x} that cannot stand here."
        raise _fault_at(Codes.JSON_ENCODING, message, before, len(before)) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    is_ascii = "".join(names).isascii()
    if len(set(map(str.lower if is_ascii else compare_key, names))) != len(pairs):
        raise _NameTwice([name for name, _ in pairs])
    return names


_DECODER = json.JSONDecoder(parse_float=Numeral, parse_int=Numeral, parse_constant=Numeral, object_pairs_hook=_object)


def _is_too_deep(document: Any) -> bool:
    level = [document]
    for _ in range(Limits.MAX_NESTING):
        level = [child for node in level for child in _children(node) if type(child) is dict or type(child) is list]
        if not level:
            return False
    return True


def _children(node: Any) -> Any:
    return node.values() if type(node) is dict else node if type(node) is list else ()


def _find_offence(text: str) -> JsonFault | None:
    """The first name given twice, or the first level too many, whichever comes first; None if the text is too long to look."""
    if len(text) > _LONGEST_SEARCHED:
        return None
    frames: list[_Frame] = []
    for token in _TOKEN.finditer(text):
        sign = token[0][0]
        top = frames[-1] if frames else None
        if sign in "{[":
            frames.append(_Frame(is_object=sign == "{"))
            if len(frames) > Limits.MAX_NESTING:
                return _too_deep(*_place(text, token.start()), _pointer(frames[:-1]))
        elif sign in "}]":
            frames.pop()
        elif top is not None and top.takes(sign, token[0]):
            return _name_twice(str(top.step), *_place(text, token.start()), _pointer(frames))
    raise AssertionError("the parser found an offence in this text")


def _too_deep(line: int | None = None, column: int | None = None, pointer: str = "") -> JsonFault:
    message = f"Objects and arrays are nested deeper than {Limits.MAX_NESTING} levels."
    return JsonFault(Codes.JSON_NESTING, message, line, column, pointer)


def _name_twice(name: str, line: int | None = None, column: int | None = None, pointer: str = "") -> JsonFault:
    message = f"The name {shown(name, 64)} is given twice in one object, letter case aside."
    return JsonFault(Codes.JSON_DUPLICATE_NAME, message, line, column, pointer)


def _repeated(names: list[str]) -> str:
    """The first name that was there before."""
    seen: set[str] = set()
    for name in names:
        if compare_key(name) in seen:
            return name
        seen.add(compare_key(name))
    raise AssertionError("the parser found a name given twice")


class _Frame:
    """An object or array that is open: `step` is the name or index of what is being read in it."""

    __slots__ = ("_awaits_name", "_is_object", "_names", "step")

    def __init__(self, *, is_object: bool) -> None:
        self._is_object = is_object
        self._awaits_name = is_object
        self._names: set[str] = set()
        self.step: str | int = "" if is_object else 0

    def takes(self, sign: str, token: str) -> bool:
        """Move on by a comma, colon or text; whether it was a name that was there before."""
        if sign == ",":
            self._awaits_name = self._is_object
            if not self._is_object:
                assert isinstance(self.step, int)
                self.step += 1
        elif sign == '"' and self._awaits_name:
            self.step = json.loads(token)
            self._awaits_name = False
            key = compare_key(str(self.step))
            is_known = key in self._names
            self._names.add(key)
            return is_known
        return False


def _pointer(frames: list[_Frame]) -> str:
    return "".join(_words(frames))


def _words(frames: list[_Frame]) -> Iterator[str]:
    for frame in frames:
        yield f"/{pointer_word(frame.step)}"


_MESSAGES = (
    ("Unterminated string", "A text begins here that has no end."),
    ("Invalid control character", "A control character stands in a text: escape it."),
    ("Invalid \\", "A backslash stands in a text that escapes nothing."),
    ("Extra data", "Something follows after the end of the body's object."),
    ("Expecting property name", "A name in double quotes should stand here."),
    ("Expecting ':'", "A colon should stand here."),
    ("Expecting ','", "A comma or the closing bracket should stand here."),
    ("Expecting value", "A value should stand here."),
)


def _malformed(text: str, error: json.JSONDecodeError) -> JsonFault:
    place = min(error.pos, len(text))
    before = text[:place].rstrip(" \t\r\n")
    if not text.strip(" \t\r\n"):
        return JsonFault(Codes.JSON_MALFORMED, "The body is empty.", 1, 1)
    # Python 3.13 points at the comma itself, earlier ones at the bracket after it.
    following = text[place + 1 :].lstrip(" \t\r\n")[:1] if text[place : place + 1] == "," else ""
    if text[place : place + 1] in ("}", "]") and before.endswith(","):
        return _fault_at(Codes.JSON_MALFORMED, "The body is not JSON: a comma too many.", text, len(before) - 1)
    if following and following in "}]":
        return _fault_at(Codes.JSON_MALFORMED, "The body is not JSON: a comma too many.", text, place)
    reason = next((ours for theirs, ours in _MESSAGES if error.msg.startswith(theirs)), "It cannot be read further.")
    if not error.msg.startswith("Unterminated") and not text[place:].strip(" \t\r\n"):
        reason = "It ends before it is complete."
    return _fault_at(Codes.JSON_MALFORMED, f"The body is not JSON. {reason}", text, place)


def _skip_space(text: str) -> int:
    return len(text) - len(text.lstrip(" \t\r\n"))


def _fault_at(code: str, message: str, text: str, place: int) -> JsonFault:
    return JsonFault(code, message, *_place(text, place))


def _place(text: str, place: int) -> tuple[int, int]:
    """Line and column, from 1."""
    return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
