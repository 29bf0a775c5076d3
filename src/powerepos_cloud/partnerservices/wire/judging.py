"""The strict way: every value judged by itself, every fault of an object told and not only the first."""

import difflib
import functools
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from powerepos.contract.codes import Codes

from powerepos_cloud.partnerservices.wire.document import Numeral
from powerepos_cloud.partnerservices.wire.faults import Fault, pointer_word, shown

if TYPE_CHECKING:
    from powerepos_cloud.partnerservices.wire.plans import Check, Plan

BAD: Final = object()
"""What a check gives for a value with a fault."""

Path: TypeAlias = tuple[Any, str | int] | None
"""Where a value stands: the path of what holds it, and its name or index there. Made into a pointer only for a fault."""

_LARGEST_EXPONENT = 18
_LONGEST_SHOWN = 64
_MOST_FAULTS = 4096
_MOST_UNKNOWN = 50
_MOST_SUGGESTIONS = 3
_NOT_FINITE = frozenset(("NaN", "Infinity", "-Infinity"))


class Enough(Exception):
    """So many faults that nobody reads on."""


class Size(NamedTuple):
    """How many entries a list may have; `code` is said if it has others."""

    least: int
    most: int | None
    code: str | None


class Findings:
    """Faults of one object and what is in it. A name that the model lacks is told once, however often it occurs."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._unknown: dict[tuple[Plan, str], tuple[Path, int]] = {}

    def fail(self, code: str, path: Path, message: str, expected: Any = None, actual: Any = None) -> Any:
        """A fault; gives `BAD`. Raises `Enough` after 4096 of them."""
        self.faults.append(Fault(code, pointer(path), message, expected, actual))
        if len(self.faults) >= _MOST_FAULTS:
            raise Enough
        return BAD

    def ignore(self, plan: "Plan", name: str, path: Path) -> None:
        """A field that the model does not have."""
        first, count = self._unknown.get((plan, name), (path, 0))
        if count or len(self._unknown) < _MOST_UNKNOWN:
            self._unknown[plan, name] = (first, count + 1)

    def warnings(self) -> list[Fault]:
        """What was ignored."""
        return [
            _unknown_field(plan, name, path, count, suggests=n < _MOST_SUGGESTIONS)
            for n, ((plan, name), (path, count)) in enumerate(self._unknown.items())
        ]


def pointer(path: Path) -> str:
    """The JSON Pointer of a path."""
    words: list[str] = []
    while path is not None:
        path, step = path
        words.append(f"/{pointer_word(step)}")
    return "".join(reversed(words))


def structure(plan: "Plan", sent: Any, path: Path, found: Findings) -> Any:
    """An object as the plan's model, or `BAD`."""
    if type(sent) is not dict:
        return _wrong_type("an object", sent, path, found)
    values: dict[str, Any] = {}
    given = set()
    is_good = True
    for name, value in sent.items():
        field = plan.field(name)
        if field is None:
            found.ignore(plan, name, (path, name))
            continue
        given.add(field.name)
        if value is not None:
            judged = values[field.name] = field.check(value, (path, name), found)
            is_good = is_good and judged is not BAD
        elif field.is_needed:
            is_good = False
            found.fail(Codes.FIELD_MISSING, (path, name), f"{field.sent_as} is needed, and must not be null.", "a value")
        elif not field.is_nullable:
            is_good = False
            _wrong_type("a value or nothing at all", value, (path, name), found)
    for field in plan.needed:
        if field.name not in given:
            is_good = False
            found.fail(Codes.FIELD_MISSING, (path, field.sent_as), f"{field.sent_as} is missing.", "a value")
    return plan.model(**values) if is_good else BAD


def nested(plan: Callable[[], "Plan"], sent: Any, path: Path, found: Findings) -> Any:
    """An object within an object."""
    return structure(plan(), sent, path, found)


def array(entry: "Check | None", size: Size, sent: Any, path: Path, found: Findings) -> Any:
    """A list; without `entry` its entries are judged elsewhere, and an empty one is given."""
    if type(sent) is not list:
        return _wrong_type("a list", sent, path, found)
    if len(sent) < size.least or (size.most is not None and len(sent) > size.most):
        range_text = f"{size.least} to {size.most}" if size.least else f"at most {size.most}"
        message = f"This list takes {range_text} entries and has {len(sent)}."
        return found.fail(size.code or Codes.FIELD_TYPE, path, message, f"{range_text} entries", len(sent))
    if entry is None:
        return []
    judged = []
    for n, value in enumerate(sent):
        judged.append(_wrong_type("a value", None, (path, n), found) if value is None else entry(value, (path, n), found))
    return BAD if any(one is BAD for one in judged) else judged


def text(most: int | None, sent: Any, path: Path, found: Findings) -> Any:
    """A text of whole characters, at most `most` of them."""
    if type(sent) is not str:
        return _wrong_type("a text", sent, path, found)
    if "\0" in sent or not _is_whole(sent):
        message = "This text holds a NUL character or half of a surrogate pair."
        return found.fail(Codes.TEXT_INVALID, path, message, "whole characters", shown(sent, _LONGEST_SHOWN))
    if most is not None and len(sent) > most:
        message = f"This text may have {most} characters and has {len(sent)}; it is not cut."
        return found.fail(Codes.TEXT_TOO_LONG, path, message, most, len(sent))
    return sent


def decimal(sent: Any, path: Path, found: Findings) -> Any:
    """A number, from its text."""
    if type(sent) is not Numeral or sent in _NOT_FINITE:
        return _no_number("a number", sent, path, found)
    exponent = sent.upper().partition("E")[2].lstrip("+-0")
    if len(exponent) > 2 or int(exponent or 0) > _LARGEST_EXPONENT:
        expected = f"an exponent within ±{_LARGEST_EXPONENT}"
        return found.fail(Codes.NUMBER_TYPE, path, "This number's exponent is too large.", expected, shown(sent, _LONGEST_SHOWN))
    return Decimal(sent)


def integer(least: int | None, most: int | None, sent: Any, path: Path, found: Findings) -> Any:
    """A whole number, written as one."""
    if type(sent) is not Numeral or not sent.lstrip("-").isdigit():
        return _no_number("a whole number", sent, path, found)
    number = int(sent) if len(sent) < 20 else None
    if number is None or (least is not None and number < least) or (most is not None and number > most):
        return found.fail(
            Codes.NUMBER_RANGE, path, f"This number must be {least} to {most}.", f"{least} to {most}", shown(sent, _LONGEST_SHOWN)
        )
    return number


def choice(members: Mapping[int, Any], sent: Any, path: Path, found: Findings) -> Any:
    """A number that stands for a choice."""
    if type(sent) is not Numeral or not sent.lstrip("-").isdigit():
        return _no_number("a whole number", sent, path, found)
    if len(sent) < 20 and int(sent) in members:
        return members[int(sent)]
    known = ", ".join(map(str, members))
    return found.fail(Codes.ENUM_UNKNOWN, path, f"This must be one of {known}.", f"one of {known}", shown(sent, _LONGEST_SHOWN))


def boolean(sent: Any, path: Path, found: Findings) -> Any:
    """True or false."""
    return sent if type(sent) is bool else _wrong_type("true or false", sent, path, found)


def _is_whole(sent: str) -> bool:
    try:
        sent.encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong_type(expected: str, sent: Any, path: Path, found: Findings) -> Any:
    return found.fail(Codes.FIELD_TYPE, path, f"This must be {expected}, and is {_kind(sent)}.", expected, _kind(sent))


def _no_number(expected: str, sent: Any, path: Path, found: Findings) -> Any:
    is_shown = type(sent) is Numeral or type(sent) is str
    actual = shown(sent, _LONGEST_SHOWN) if is_shown else _kind(sent)
    cure = " Leave the quotation marks out." if type(sent) is str else ""
    message = f"This must be {expected}, and is {actual if type(sent) is Numeral else _kind(sent)}.{cure}"
    return found.fail(Codes.NUMBER_TYPE, path, message, expected, actual)


def _kind(sent: Any) -> str:
    if type(sent) is Numeral:
        return "a number"
    if type(sent) is bool:
        return "true" if sent else "false"
    return {str: "a text", type(None): "null", dict: "an object", list: "a list"}[type(sent)]


def _unknown_field(plan: "Plan", name: str, path: Path, count: int, *, suggests: bool) -> Fault:
    close = _closest(plan, name) if suggests and len(name) <= _LONGEST_SHOWN else None
    said = f"{plan.model.__name__} has no field {shown(name, _LONGEST_SHOWN)}: it was ignored"
    said += f", here and in {count - 1} more places" if count > 1 else ""
    said += f". Is {close} meant?" if close else "."
    return Fault(Codes.FIELD_UNKNOWN, pointer(path), said, close)


@functools.lru_cache(maxsize=1024)
def _closest(plan: "Plan", name: str) -> str | None:
    folded = {spelling.lower(): spelling for spelling in plan.spellings}
    close = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.7)
    return folded[close[0]] if close else None
