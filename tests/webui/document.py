"""An HTML page as a test looks at it: its elements, and the text of its code blocks by their label."""

from html.parser import HTMLParser
from typing import NamedTuple


class Element(NamedTuple):
    """A tag and its attributes; the value of one that has none is empty."""

    tag: str
    attributes: dict[str, str]


class Document(HTMLParser):
    """A parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.code: dict[str, str] = {}
        self.text = ""
        self._label = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element, and whether a code block begins."""
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append(Element(tag, attributes))
        if tag == "pre":
            self._label = attributes["aria-label"]
            self.code[self._label] = ""

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a code block."""
        if tag == "pre":
            self._label = ""

    def handle_data(self, data: str) -> None:
        """Gather the text."""
        self.text += data
        if self._label:
            self.code[self._label] += data

    def all(self, attribute: str) -> list[str]:
        """The values of this attribute, of every element that has it."""
        return [element.attributes[attribute] for element in self.elements if attribute in element.attributes]
