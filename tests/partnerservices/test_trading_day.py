"""One function owns the trading day: wall clock in the outlet's zone, less its day start."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerepos_cloud.partnerservices.outlets.trading_day import trading_date, trading_date_at


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("instant", "zone", "day_start", "expected"),
    [
        ("2021-01-10T06:00:00+00:00", "UTC", "06:00", "2021-01-10"),
        ("2021-01-11T05:59:59.999+00:00", "UTC", "06:00", "2021-01-10"),
        ("2021-01-11T06:00:00+00:00", "UTC", "06:00", "2021-01-11"),
        ("2026-06-30T12:30:00+00:00", "Pacific/Auckland", "00:00", "2026-07-01"),
        ("2026-06-30T12:30:00+00:00", "Pacific/Auckland", "01:00", "2026-06-30"),
        ("2026-06-30T12:30:00+00:00", "America/Los_Angeles", "05:30", "2026-06-30"),
        ("2026-06-30T12:30:00+00:00", "America/Los_Angeles", "05:31", "2026-06-29"),
        ("2026-06-30T12:30:00+00:00", "Asia/Kathmandu", "18:15", "2026-06-30"),
        ("2026-06-30T12:30:00+00:00", "Asia/Kathmandu", "18:16", "2026-06-29"),
        ("2025-12-31T23:30:00+00:00", "Europe/London", "00:00", "2025-12-31"),
        ("2026-01-01T03:00:00+00:00", "Europe/London", "04:00", "2025-12-31"),
        # Clocks go forward at 01:00 UTC: 02:30 does not exist, and 03:00 comes one minute after 01:59.
        ("2026-03-29T00:59:00+00:00", "Europe/Berlin", "02:30", "2026-03-28"),
        ("2026-03-29T01:00:00+00:00", "Europe/Berlin", "02:30", "2026-03-29"),
        # Clocks go back at 01:00 UTC: the wall clock says 02:30 twice, and it is a new day at the first and not at the
        # 02:15 between.
        ("2026-10-25T00:30:00+00:00", "Europe/Berlin", "02:30", "2026-10-25"),
        ("2026-10-25T01:15:00+00:00", "Europe/Berlin", "02:30", "2026-10-24"),
        ("2026-10-25T01:30:00+00:00", "Europe/Berlin", "02:30", "2026-10-25"),
    ],
)
def test_before_the_day_start_it_is_still_the_day_before(instant: str, zone: str, day_start: str, expected: str) -> None:
    assert trading_date(ms(instant), zone, day_start).isoformat() == expected


starts = st.times().map(lambda moment: f"{moment:%H:%M}")


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), starts)  # noqa: DTZ001 - a wall clock has no zone
def test_it_is_the_date_of_the_wall_clock_less_the_day_start(wall_clock: datetime, day_start: str) -> None:
    start = time.fromisoformat(day_start)
    assert trading_date_at(wall_clock, day_start) == (wall_clock - timedelta(hours=start.hour, minutes=start.minute)).date()


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), starts)  # noqa: DTZ001
def test_a_trading_day_is_never_more_than_a_day_from_the_local_date(instant: datetime, day_start: str) -> None:
    for zone in ("Pacific/Kiritimati", "America/Adak", "Asia/Kolkata"):
        local: date = instant.astimezone(ZoneInfo(zone)).date()
        assert local - trading_date(int(instant.timestamp() * 1000), zone, day_start) in (timedelta(0), timedelta(days=1))
