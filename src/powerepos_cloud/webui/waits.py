"""Instants and lengths of time as support's tables show them."""

from datetime import UTC, datetime

from markupsafe import Markup

_LENGTHS = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000))


def when(at_ms: int | None) -> Markup:
    """An instant in ms, to the minute, in UTC; a dash for none."""
    if at_ms is None:
        return Markup("–")
    then = datetime.fromtimestamp(at_ms / 1000, UTC)
    text = f"{then.day} {then:%b %Y, %H:%M}"
    return Markup('<time class="nowrap" datetime="{}">{}</time>').format(then.strftime("%Y-%m-%dT%H:%M:%SZ"), text)


def waited(since_ms: int, now_ms: int) -> str:
    """How long something has waited, in its largest unit: `2 days`."""
    for name, length in _LENGTHS:
        if now_ms - since_ms >= length:
            count = (now_ms - since_ms) // length
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "just now"


FILTERS = {"when": when, "waited": waited}
