"""Hours by weekdays as a table whose cells are tinted in six steps; the figure is always printed."""

from collections.abc import Mapping, Sequence

import msgspec

from powerepos_cloud.partnerservices.arithmetic import half_up
from powerepos_cloud.partnerservices.sales.model import FINE

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class HeatMap(msgspec.Struct, frozen=True):
    """Rows of (hour, seven cells of mean net sales in whole units and tint; None: no such day), and the finding."""

    rows: list[tuple[int, list[tuple[int, int] | None]]]
    finding: str


def heat_map(hours: Sequence[int], nets: Mapping[tuple[int, int], int], days: Mapping[int, int]) -> HeatMap:
    """`nets` are net sales in ten-millionths by (weekday, hour), `days` on how many days of each weekday there was trade."""
    means = {
        (weekday, hour): half_up(nets.get((weekday, hour), 0), days[weekday] * FINE)
        for weekday in range(7)
        if days.get(weekday)
        for hour in hours
    }
    most = max(means.values(), default=0)

    def cell(weekday: int, hour: int) -> tuple[int, int] | None:
        mean = means.get((weekday, hour))
        return None if mean is None else (mean, max(0, min(5, 6 * mean // most)) if most > 0 else 0)

    rows = [(hour, [cell(weekday, hour) for weekday in range(7)]) for hour in hours]
    if most <= 0:
        return HeatMap(rows, "No sales in this range.")
    (weekday, hour), best = max(means.items(), key=lambda one: one[1])
    return HeatMap(rows, f"Busiest: {WEEKDAYS[weekday]} from {hour:02d}:00 with {best:,}.")
