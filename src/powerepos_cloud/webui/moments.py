"""Instants and codes as the pages of partners show them: instants in UTC, short for people and whole for machines."""

import re
from datetime import UTC, datetime

from markupsafe import Markup, escape

_JOINTS = re.compile(r"(?<=[./_])")


def moment(at_ms: int) -> Markup:
    """An instant in ms since the epoch, to the minute: `24 Nov 2026, 11:23`."""
    then = datetime.fromtimestamp(at_ms / 1000, UTC)
    return _time(then, f"{then.day} {then:%b %Y, %H:%M}")


def second(at_ms: int) -> Markup:
    """An instant in ms since the epoch, to the second: `24 Nov, 11:23:07`."""
    then = datetime.fromtimestamp(at_ms / 1000, UTC)
    return _time(then, f"{then.day} {then:%b, %H:%M:%S}")


def breakable(text: str) -> Markup:
    """A code or a path, which may wrap after its dots, slashes and underscores."""
    return Markup("<wbr>").join(escape(part) for part in _JOINTS.split(text))


FILTERS = {"moment": moment, "second": second, "breakable": breakable}


def _time(then: datetime, text: str) -> Markup:
    return Markup('<time class="nowrap" datetime="{}">{}</time>').format(then.strftime("%Y-%m-%dT%H:%M:%SZ"), text)
