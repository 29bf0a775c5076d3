"""Instants as people say them beside what happened."""

from datetime import UTC, datetime

from markupsafe import Markup

_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000


def ago(at_ms: int, now_ms: int) -> Markup:
    """How long ago an instant was; the day of it from a week on. Machines read the instant itself, in UTC."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return Markup('<time datetime="{}">{}</time>').format(moment.strftime("%Y-%m-%dT%H:%M:%SZ"), _words(moment, now_ms - at_ms))


def on_day(at_ms: int) -> Markup:
    """The day of an instant, in UTC."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return Markup('<time datetime="{}">{}</time>').format(moment.strftime("%Y-%m-%d"), _date(moment))


def at_utc(at_ms: int) -> str:
    """The time of day of an instant, in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%H:%M:%S UTC")


def _words(moment: datetime, past_ms: int) -> str:
    if past_ms >= 7 * _DAY:
        return _date(moment)
    for size, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if past_ms >= size:
            number = past_ms // size
            return f"{number} {name}{'' if number == 1 else 's'} ago"
    return "just now"


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


FILTERS = {"ago": ago, "on_day": on_day, "at_utc": at_utc}
"""What templates know them by."""
