"""Net sales by hour against the same weekday: bars for now, a short line over each for before, the present hour hatched."""

from collections.abc import Mapping, Sequence

import msgspec
from markupsafe import Markup

from powerepos_cloud.webui.charts.scale import grid, steps
from powerepos_cloud.webui.figures import fine

_HEIGHT, _BASE, _TOP = 220, 194.0, 26.0
_LEFT, _RIGHT = 7.0, 100.0
_HATCH = Markup(
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="hatch-ground" width="6" height="6"/><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>'
)


class HoursChart(msgspec.Struct, frozen=True):
    """The drawing, the sentence above it, and the rows of its table: hour, now, before, state (empty, `so far`, `not yet`)."""

    svg: Markup
    finding: str
    rows: list[tuple[int, int, int, str]]


def hours_chart(
    hours: Sequence[int],
    now: Mapping[int, int],
    before: Mapping[int, int],
    full: Sequence[int],
    current: int,
    named: tuple[str, str],
) -> HoursChart:
    """`now` and `before` are net sales in ten-millionths by hour; `full` the hours that are over; `named` the two days."""
    rows = [(hour, now.get(hour, 0), before.get(hour, 0), _state(hour, full, current)) for hour in hours]
    lines = steps(max([*(row[1] for row in rows), *(row[2] for row in rows), 1]))
    peak = max(rows, key=lambda row: row[1], default=None)
    drawn = [_bar(n, len(rows), row, lines[-1], named[1], is_peak=row is peak and row[1] > 0) for n, row in enumerate(rows)]
    svg = Markup(
        '<svg height="{}" role="img" aria-labelledby="hc-t hc-d"><title id="hc-t">Net sales by hour, {} against {}</title>'
        '<desc id="hc-d">Bars for {}, a short line over each hour for {}. The table below holds every figure.</desc>{}{}{}</svg>'
    ).format(_HEIGHT, *named, *named, _HATCH, grid(lines, _BASE, _BASE - _TOP), Markup().join(drawn))
    return HoursChart(svg, _finding(rows, named[1]), rows)


def _state(hour: int, full: Sequence[int], current: int) -> str:
    return "" if hour in full else "so far" if hour == current else "not yet"


def _bar(n: int, of: int, row: tuple[int, int, int, str], top: int, before_name: str, *, is_peak: bool) -> Markup:
    hour, now, before, state = row
    slot = (_RIGHT - _LEFT) / of
    x, width = _LEFT + n * slot + slot * 0.16, slot * 0.68
    height = max(0.0, (_BASE - _TOP) * now / top)
    told = "not yet" if state == "not yet" else f"{fine(now).striptags()}{' so far' if state else ''}"
    parts = [
        Markup("<title>{:02d}:00 to {:02d}:00. Now: {}. {}: {}.</title>").format(
            hour, (hour + 1) % 24, told, before_name, fine(before).striptags()
        )
    ]
    if state != "not yet" and height:
        look = Markup('class="bar-now" fill="url(#hatch)"') if state else Markup('class="bar"')
        parts.append(
            Markup('<rect {} x="{:.2f}%" width="{:.2f}%" y="{:.1f}" height="{:.1f}" rx="3"/>').format(
                look, x, width, _BASE - height, height
            )
        )
    if before:
        y = _BASE - max(0.0, (_BASE - _TOP) * before / top)
        parts.append(
            Markup('<line class="compare" x1="{:.2f}%" x2="{:.2f}%" y1="{:.1f}" y2="{:.1f}"/>').format(
                x - slot * 0.06, x + width + slot * 0.06, y, y
            )
        )
    middle = x + width / 2
    if is_peak:
        parts.append(
            Markup('<text class="label" x="{:.2f}%" y="{:.1f}" text-anchor="middle">{}</text>').format(
                middle, _BASE - height - 9, fine(now).striptags()
            )
        )
    for kind, text in (("long", f"{hour:02d}:00"), ("short", f"{hour:02d}")):
        if kind == "short" and of > 14 and n % 2:
            continue  # labels of every hour would run into each other on a phone
        parts.append(
            Markup('<text class="axis {}" x="{:.2f}%" y="212" text-anchor="middle">{}</text>').format(kind, middle, text)
        )
    return Markup("<g>{}</g>").format(Markup().join(parts))


def _finding(rows: Sequence[tuple[int, int, int, str]], before_name: str) -> str:
    full = [row for row in rows if not row[3] and (row[1] or row[2])]
    if not any(row[1] for row in rows):
        return f"No sales yet; the lines are those of {before_name}."
    ahead = sum(row[1] > row[2] for row in full)
    peak = max(rows, key=lambda row: row[1])
    best = f"the best hour, from {peak[0]:02d}:00, brought {fine(peak[1]).striptags()}"
    if not any(row[2] for row in rows):
        return f"Nothing to compare with on {before_name}; {best}."
    return f"Ahead of {before_name} in {ahead} of {len(full)} full hours; {best}." if full else f"{best[0].upper()}{best[1:]}."
