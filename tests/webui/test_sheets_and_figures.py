"""Numbers and sheets as they leave: exact, rounded once, and harmless in a spreadsheet."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from powerepos_cloud.foundation.database import TookTooLong
from powerepos_cloud.webui import figures, sheets
from powerepos_cloud.webui.charts import days_chart, heat_map, hours_chart
from powerepos_cloud.webui.charts.scale import steps


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=1", "\uff1d1", "|calc", "%0A", "\n=1"]
)
def test_what_a_spreadsheet_would_reckon_gets_an_apostrophe(text: str) -> None:
    assert sheets.write((text,), []).decode("utf-8-sig").lstrip('"').startswith("'")


def test_numbers_stay_numbers_and_text_stays_text() -> None:
    written = sheets.write(("a", "b"), [(Decimal("-5.00"), 'say "hi", twice'), (None, -3)]).decode("utf-8-sig")
    assert written == 'a,b\r\n-5.00,"say ""hi"", twice"\r\n,-3\r\n'


async def test_a_stream_of_parts_is_the_same_sheet_and_what_the_first_raises_is_raised_before_it_begins() -> None:
    made: list[int] = []

    async def parts() -> AsyncIterator[list[tuple[str, int]]]:
        for n in range(3):
            made.append(n)
            yield [("=x", n)] * n

    answer: Any = await sheets.stream("A b.csv", ("Name", "No"), parts())
    assert made == [0]
    written = b"".join([part async for part in answer.iterator])
    assert written == sheets.write(("Name", "No"), [("=x", 1), ("=x", 2), ("=x", 2)])
    assert answer.headers == sheets.answer("A b.csv", ("Name", "No"), []).headers

    async def broken() -> AsyncIterator[list[tuple[str, int]]]:
        raise TookTooLong("the search")
        yield []

    with pytest.raises(TookTooLong):
        await sheets.stream("A b.csv", ("Name", "No"), broken())


@pytest.mark.parametrize(
    ("fine", "text"),
    [(12_345_600_000, "1,234.56"), (50_000, "0.01"), (49_999, "0.00"), (-49_999, "0.00"),
     (-50_000, '<span class="vh">minus </span>\u22120.01')],
)  # fmt: skip
def test_money_is_rounded_half_away_from_zero_and_a_minus_is_read_aloud(fine: int, text: str) -> None:
    assert str(figures.fine(fine)) == text


def test_changes_are_told_in_percent_where_there_is_something_to_compare() -> None:
    assert [figures.compared(now, before) for now, before in ((1059, 1000), (941, 1000), (5, 0), (1000, 1000))] == [
        "+5.9%", "\u22125.9%", "", "\u00b10.0%"
    ]  # fmt: skip


@pytest.mark.parametrize("largest", [1, 10**7, 37 * 10**7, 999_999 * 10**7, 2**63])
def test_axes_have_few_round_lines_that_hold_the_largest(largest: int) -> None:
    lines = steps(largest)
    assert 1 <= len(lines) <= 4
    assert lines[-1] >= largest


def test_charts_draw_nothing_inline_and_nothing_below_the_base() -> None:
    hours = hours_chart(range(6, 12), {6: 5 * 10**7, 7: -(10**7), 8: 0}, {6: 10**7}, [6, 7], 8, ("now", "then"))
    dates = [date(2026, 3, 1) + timedelta(days=n) for n in range(3)]
    days = days_chart(dates, [5, -5, 10**9], [0, 0, 0], ("now", "then"))
    for svg in (hours.svg, days.svg):
        assert "style=" not in svg
        assert 'height="-' not in svg
        assert "<title" in svg
    assert hours.rows[1] == (7, -(10**7), 0, "")
    one = days_chart(dates[:1], [0], [0], ("now", "then"))
    assert one.finding == "No sales in this range."
    assert heat_map([9], {(0, 9): 3 * 10**7}, {0: 2}).rows[0][1][0] == (2, 5)
