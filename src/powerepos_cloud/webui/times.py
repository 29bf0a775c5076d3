"""Instants and lengths of time as pages show them: in UTC, short for people and whole for machines.

UTC and not the reader's own time: pages work without scripts, so they do not know where their reader is, and what they stand
beside (headers, logs, request IDs, the partner's own log) is in UTC. Trading has a zone, its outlet's: `figures` shows that.
"""

from datetime import UTC, datetime

from markupsafe import Markup

_DAY = 86_400_000
_WHOLE = "%Y-%m-%dT%H:%M:%SZ"
_LENGTHS = ((_DAY, "day"), (3_600_000, "hour"), (60_000, "minute"))


def ago(at_ms: int, now_ms: int) -> Markup:
    """How long ago an instant was; the day of it from a week on."""
    then = _utc(at_ms)
    if now_ms - at_ms >= 7 * _DAY:
        return _time(then, _date(then))
    passed = _length(now_ms - at_ms)
    return _time(then, f"{passed} ago" if passed else "just now")


def waited(since_ms: int, now_ms: int) -> str:
    """How long something has waited, in its largest unit: `2 days`."""
    return _length(now_ms - since_ms) or "just now"


def on_day(at_ms: int) -> Markup:
    """The day of an instant: `24 November 2026`."""
    then = _utc(at_ms)
    return Markup('<time datetime="{}">{}</time>').format(then.strftime("%Y-%m-%d"), _date(then))


def at_utc(at_ms: int) -> str:
    """The time of day of an instant."""
    return _utc(at_ms).strftime("%H:%M:%S UTC")


def moment(at_ms: int | None) -> Markup:
    """An instant to the minute: `24 Nov 2026, 11:23`; a dash for none."""
    if at_ms is None:
        return Markup("–")
    then = _utc(at_ms)
    return _time(then, f"{then.day} {then:%b %Y, %H:%M}", kind="nowrap")


def second(at_ms: int) -> Markup:
    """An instant to the second: `24 Nov, 11:23:07`."""
    then = _utc(at_ms)
    return _time(then, f"{then.day} {then:%b, %H:%M:%S}", kind="nowrap")


def whole(at_ms: int) -> str:
    """An instant for machines and spreadsheets: `2026-11-24T11:23:07Z`."""
    return f"{_utc(at_ms):{_WHOLE}}"


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _time(then: datetime, text: str, *, kind: str = "") -> Markup:
    classes = Markup(' class="{}"').format(kind) if kind else ""
    return Markup('<time{} datetime="{}">{}</time>').format(classes, then.strftime(_WHOLE), text)


def _length(past_ms: int) -> str:
    """A length of time in its largest unit; empty under a minute."""
    for size, name in _LENGTHS:
        if past_ms >= size:
            number = past_ms // size
            return f"{number} {name}{'' if number == 1 else 's'}"
    return ""


def _date(then: datetime) -> str:
    return f"{then.day} {then:%B %Y}"


FILTERS = {"ago": ago, "waited": waited, "on_day": on_day, "at_utc": at_utc, "moment": moment, "second": second}
"""What templates know them by."""
