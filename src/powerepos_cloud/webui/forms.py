"""Forms of pages: read strictly, shown again with what was typed and a message beside each field."""

from collections.abc import Mapping

from powerepos_cloud.foundation.refusals import Invalid, Refused

LONGEST_TEXT = 10_000


class BadForm(Exception):
    """A body that no form of ours can have sent; the text says what is wrong with it."""


class Form:
    """What was typed, and what is to be mended. `files` holds uploads by field: name and content."""

    def __init__(
        self, values: Mapping[str, list[str]] | None = None, files: Mapping[str, tuple[str, bytes]] | None = None
    ) -> None:
        self._values = dict(values or {})
        self.files = dict(files or {})
        self.faults: dict[str, str] = {}
        self._words: dict[str, str] = {}

    @classmethod
    def of(cls, **initial: str | list[str]) -> "Form":
        """A form as it is shown first."""
        return cls({name: [value] if isinstance(value, str) else value for name, value in initial.items()})

    def beside(self, **others: str) -> "Form":
        """The same with these fields, too: for a page with two forms."""
        return Form({**self._values, **{name: [value] for name, value in others.items()}}, self.files)

    def value(self, name: str) -> str:
        """The one value of a field, without spaces around it; empty if it was left out. Raises `BadForm` if it came twice."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """As `value`, to the letter: for passwords."""
        found = self._values.get(name, [])
        if len(found) > 1:
            raise BadForm(f"the field {name} came twice")
        return found[0] if found else ""

    def all(self, name: str) -> list[str]:
        """The values of a field that may come several times, such as checkboxes."""
        return self._values.get(name, [])

    def has(self, name: str, value: str | None = None) -> bool:
        """Whether a checkbox or button was pressed (with this value)."""
        return name in self._values if value is None else value in self.all(name)

    def number(self, name: str) -> int | None:
        """The field as a whole number of at most 15 digits; None if it is none."""
        text = self.value(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None

    def blame(self, name: str, message: str) -> None:
        """Say what is wrong with a field; the empty name stands for the form as a whole. The first message stays."""
        self.faults.setdefault(name, message)

    def refuse(self, refused: Refused, **fields: str) -> None:
        """Say why a room did not do it; `fields` maps the room's field names to the form's (spaces as underscores)."""
        if isinstance(refused, Invalid):
            field = refused.field.replace(" ", "_").replace("-", "_")
            name = fields.get(field, field)
            cure = f" {refused.cure}" if refused.cure else ""
            is_here = name in self._values or name in fields.values()
            self.blame(name if is_here else "", _sentence(refused, cure))
            self._words.setdefault(name, refused.field)
        else:
            text = str(refused)
            self.blame(fields.get("conflict", ""), text[:1].upper() + text[1:])

    def told(self, name: str) -> str:
        """What is wrong with a field, away from it: with its name, where the room named it in words."""
        fault, word = self.faults[name], self._words.get(name, "")
        if not word.islower():
            return fault
        return f"{word.capitalize()}: {fault[:1].lower()}{fault[1:]}"

    @property
    def is_sound(self) -> bool:
        """Whether nothing is to be mended."""
        return not self.faults


def _sentence(refused: Invalid, cure: str) -> str:
    if refused.got == "nothing":
        return f"Enter {refused.expected}.{cure}"
    return f"Expected {refused.expected}, got {refused.got}.{cure}"
