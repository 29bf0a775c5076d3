"""Axes: from zero, in round steps."""

from markupsafe import Markup

from powerepos_cloud.partnerservices.sales.model import FINE

_MOST_LINES = 4


def steps(largest: int) -> list[int]:
    """Where the lines of an axis stand, above zero, in ten-millionths: at most four, the last at or above the largest value."""
    size = FINE
    while True:
        for factor in (1, 2, 4, 5):
            step = factor * size
            if step * _MOST_LINES >= largest:
                return [step * n for n in range(1, max(1, -(-largest // step)) + 1)]
        size *= 10


def grid(lines: list[int], base: float, height: float) -> Markup:
    """The base line and the grid with its labels in whole units; `base` is where zero is drawn."""
    drawn = [Markup('<line class="base" x1="0" x2="100%" y1="{0:.1f}" y2="{0:.1f}"/>').format(base)]
    for line in lines:
        y = base - height * line / lines[-1]
        drawn.append(
            Markup(
                '<line class="grid" x1="0" x2="100%" y1="{0:.1f}" y2="{0:.1f}"/><text class="axis" x="0" y="{1:.1f}">{2:,}</text>'
            ).format(y, y - 9, line // FINE)
        )
    return Markup().join(drawn)
