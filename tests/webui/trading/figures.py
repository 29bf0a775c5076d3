"""What a page shows as figures: tables by their caption, big figures and the receipt's rows by their label."""

from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser

Row = list[str]


class Figures(HTMLParser):
    """A parsed page. `tables` by caption; each row's cells as text; `big` by label; numbers are read by `amount`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[Row]] = {}
        self.big: dict[str, str] = {}
        self.days: list[tuple[str, str]] = []
        self._stack: list[tuple[str, str]] = []
        self._caption = self._text = self._label = ""
        self._rows: list[Row] = []
        self._day: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where we are."""
        kind = dict(attrs).get("class") or ""
        if tag in ("meta", "link", "input", "br", "rect", "line", "path", "circle", "polyline", "img", "hr"):
            return
        self._stack.append((tag, kind))
        if tag in ("caption", "td", "th", "summary") or (tag == "p" and kind == "value") or (tag == "span" and kind[:3] == "net"):
            self._text = ""
        if tag == "table":
            self._rows = []
        if tag == "tr":
            self._rows.append([])
        if tag == "a" and kind.startswith("day"):
            self._day = [(dict(attrs).get("href") or "").split("?")[0].rpartition("/")[2]]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Shapes of charts and icons hold no text."""

    def handle_endtag(self, tag: str) -> None:
        """Gather."""
        if not self._stack:
            return
        _, kind = self._stack.pop()
        text = " ".join(self._text.split())
        if tag == "caption":
            self._caption = text
        elif tag in ("td", "th") and self._rows:
            self._rows[-1].append(text)
        elif tag == "table":
            self.tables[self._caption] = self._rows
        elif tag == "summary":
            self._label = text
        elif tag == "p" and kind == "value":
            self.big[self._label] = text
        elif tag == "span" and kind.startswith("net") and self._day:
            self.days.append((self._day[0], text))

    def handle_data(self, data: str) -> None:
        """Text, without what stands below a cell or is said to screen readers alone."""
        if not any(tag == "span" and kind in ("vh", "sub") for tag, kind in self._stack[-2:]):
            self._text += data

    def rows(self, caption: str) -> dict[str, Row]:
        """A table's rows by their first cell, heads and all; of rows with one name the first."""
        found: dict[str, Row] = {}
        for row in self.tables[caption]:
            found.setdefault(row[0], row[1:])
        return found


def amount(text: str) -> Decimal:
    """A figure as a number."""
    return Decimal(text.split(" ", maxsplit=1)[0].replace(",", "").replace("\u2212", "-").replace("+", ""))


def cents(value: Decimal) -> Decimal:
    """As pages round: half a cent away from zero."""
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)
