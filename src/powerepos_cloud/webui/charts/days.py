"""Net sales by day against the range before: a solid line for now, a dashed one for before."""

from collections.abc import Sequence
from datetime import date

import msgspec
from markupsafe import Markup

from powerepos_cloud.webui.charts.scale import grid, steps
from powerepos_cloud.webui.figures import compared, fine, short_day

_HEIGHT, _BASE, _TOP = 200, 174.0, 30.0
_LEFT, _WIDTH = 8.0, 90.5
_MOST_LABELS = 5


class DaysChart(msgspec.Struct, frozen=True):
    """The drawing, the sentence above it, and the rows of its table: day, now, before."""

    svg: Markup
    finding: str
    rows: list[tuple[date, int, int]]


def days_chart(dates: Sequence[date], now: Sequence[int], before: Sequence[int], named: tuple[str, str]) -> DaysChart:
    """Net sales in ten-millionths, one of each per day; `named` are the two ranges."""
    rows = list(zip(dates, now, before, strict=True))
    lines = steps(max([*now, *before, 1]))
    top = lines[-1]
    plot = Markup(
        '<svg class="plot" x="{}%" width="{}%" y="{}" height="{}" viewBox="0 0 100 100" preserveAspectRatio="none">'
        '<polyline class="line-before" points="{}"/><polyline class="line" points="{}"/></svg>'
    ).format(_LEFT, _WIDTH, _TOP, _BASE - _TOP, _points(before, top), _points(now, top))
    best = max(range(len(rows)), key=lambda n: now[n])
    peak = Markup()
    if now[best] > 0:
        x, y = _x(best, len(rows)), _BASE - (_BASE - _TOP) * now[best] / top
        anchor = "start" if x < 20 else "end" if x > 80 else "middle"
        peak = Markup(
            '<circle class="bar" cx="{0:.2f}%" cy="{1:.1f}" r="4"/>'
            '<text class="label" x="{0:.2f}%" y="{2:.1f}" text-anchor="{3}">{4}</text>'
        ).format(x, y, y - 10, anchor, fine(now[best]).striptags())
    svg = Markup(
        '<svg height="{}" role="img" aria-labelledby="dc-t dc-d"><title id="dc-t">Net sales by day, {} against {}</title>'
        '<desc id="dc-d">A solid line for {}, a dashed line for {}. The table below holds every figure.</desc>{}{}{}{}</svg>'
    ).format(_HEIGHT, *named, *named, grid(lines, _BASE, _BASE - _TOP), plot, _labels(dates), peak)
    return DaysChart(svg, _finding(rows, best), rows)


def _x(n: int, of: int) -> float:
    return _LEFT + _WIDTH * (n / (of - 1) if of > 1 else 0.5)


def _points(values: Sequence[int], top: int) -> str:
    last = max(1, len(values) - 1)
    # A day below zero (refunds alone) is drawn at the base; its figure stands in the table.
    return " ".join(f"{100 * n / last:.2f},{100 - 100 * max(0, value) / top:.2f}" for n, value in enumerate(values))


def _labels(dates: Sequence[date]) -> Markup:
    every = max(1, -(-len(dates) // _MOST_LABELS))
    shown = range(0, len(dates), every)
    return Markup().join(
        Markup('<text class="axis{}" x="{:.2f}%" y="192" text-anchor="middle">{} {}</text>').format(
            " long" if place % 2 else "", max(_x(n, len(dates)), 3), dates[n].day, dates[n].strftime("%b")
        )
        for place, n in enumerate(shown)
    )


def _finding(rows: Sequence[tuple[date, int, int]], best: int) -> str:
    total, before = sum(row[1] for row in rows), sum(row[2] for row in rows)
    if not total:
        return "No sales in this range."
    differs_by = compared(total, before)
    words = f", {differs_by[1:]} {'less' if total < before else 'more'} than before" if differs_by and total != before else ""
    length = "one day" if len(rows) == 1 else f"{len(rows)} days"
    return f"{fine(total).striptags()} in {length}{words}; the best day was {short_day(rows[best][0])}."
