"""The small chart of an integration: sales received by quarter of an hour, what was not stored below the line."""

from collections.abc import Sequence

from markupsafe import Markup

_BASE, _TALLEST, _LEAST = 24.0, 18.0, 3.0


def beat(stored: Sequence[int], missed: Sequence[int]) -> Markup:
    """A title and bars; the facts beside it are its table."""
    most, slot = max([*stored, 1]), 100 / len(stored)
    drawn = []
    for n, (count, lost) in enumerate(zip(stored, missed, strict=True)):
        if count:
            height = _LEAST + _TALLEST * count / most
            drawn.append(
                Markup('<rect class="beat" x="{:.2f}%" width="{:.2f}%" y="{:.1f}" height="{:.1f}"/>').format(
                    n * slot, slot * 0.72, _BASE - height, height
                )
            )
        if lost:
            drawn.append(
                Markup('<rect class="bad-bar" x="{:.2f}%" width="{:.2f}%" y="25" height="5"/>').format(n * slot, slot * 0.9)
            )
    return Markup(
        '<svg height="30" role="img"><title>{}</title><line class="base" x1="0" x2="100%" y1="24" y2="24"/>{}</svg>'
    ).format(_title(stored, missed), Markup().join(drawn))


def _title(stored: Sequence[int], missed: Sequence[int]) -> str:
    if not sum(stored):
        told = "No sales received in the last twelve hours"
    else:
        told = f"{sum(stored):,} sales received in the last twelve hours"
    lost = sum(missed)
    return f"{told}, {lost:,} item{'' if lost == 1 else 's'} rejected" if lost else f"{told}, none rejected"
