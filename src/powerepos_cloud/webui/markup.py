"""Small pieces of text as HTML: inline code, JSON in colour, durations in words, instants."""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from markupsafe import Markup, escape

_JSON_STRING = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?')
_JOINTS = re.compile(r"(?<=[./_])")
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_TWO_DAYS = 172_800


def with_code(text: str) -> Markup:
    """The text, escaped, with what stands between backticks as code and a printer's apostrophe everywhere else."""
    parts = text.split("`")
    return Markup().join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part.replace("'", "’"))
        for index, part in enumerate(parts)
    )


def json_in_colour(value: Any) -> Markup:
    """A value as indented JSON, its strings marked (names are not)."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    pieces, end = Markup(), 0
    for found in _JSON_STRING.finditer(text):
        string, colon = found.groups()
        marked = escape(string) + colon if colon else Markup('<span class="s">{}</span>').format(string)
        pieces += escape(text[end : found.start()]) + marked
        end = found.end()
    return pieces + escape(text[end:])


def breakable(text: str) -> Markup:
    """A code or a path, which may wrap after its dots, slashes and underscores."""
    return Markup("<wbr>").join(escape(part) for part in _JOINTS.split(text))


def in_words(seconds: int) -> str:
    """A duration by its two largest units that are not zero: `24 hours`, `1 hour 30 minutes`; days from two on."""
    words: list[str] = []
    for name, size in _UNITS if seconds >= _TWO_DAYS else _UNITS[1:]:
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count:,} {name}{'' if count == 1 else 's'}")
    return " ".join(words[:2]) or "0 seconds"


def instant(at_ms: int) -> Markup:
    """An instant in ms since the epoch, for people and for machines, in UTC."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return Markup('<time datetime="{}">{} {}</time>').format(
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"), moment.day, moment.strftime("%B %Y, %H:%M:%S UTC")
    )


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def browser(agent: str) -> str:
    """What a User-Agent most likely is, such as `Firefox on Windows`: enough for its owner to know it by."""
    name = next((name for sign, name in _BROWSERS if sign in agent), "A browser")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return f"{name} on {system}" if system else name
