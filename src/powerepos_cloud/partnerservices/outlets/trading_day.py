"""The trading day of an outlet. Everything that asks for one asks here, so that no two answers differ."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def trading_date(now_ms: int, zone: str, day_start: str) -> date:
    """The trading date that it is in `zone` at this instant, where days begin at `day_start` (`HH:MM`)."""
    instant = datetime.fromtimestamp(now_ms / 1000, UTC)
    return trading_date_at(instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None), day_start)


def trading_date_at(wall_clock: datetime, day_start: str) -> date:
    """The trading date of an outlet's wall clock: before `day_start` it is still the day before.

    Reckoned on the wall clock and not in UTC, so that a change to summer time moves no sale into another day.
    """
    # The first date has no day before it: .NET sends its first instant where nothing was set.
    if wall_clock.time() < time.fromisoformat(day_start) and wall_clock.date() > date.min:
        return wall_clock.date() - timedelta(days=1)
    return wall_clock.date()


def begin_of(day: date, zone: str, day_start: str) -> int:
    """The instant (ms) at which a trading date begins; the earlier one where the clock shows its time twice."""
    return int(datetime.combine(day, time.fromisoformat(day_start), ZoneInfo(zone)).timestamp() * 1000)
