"""A file of the catalogue as it was read: its rows, and everything that is wrong with them, by line."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from powerepos_cloud.foundation.refusals import Invalid, Refused
from powerepos_cloud.partnerservices.catalogue import columns
from powerepos_cloud.partnerservices.catalogue.columns import COLUMNS, KEYS, Column
from powerepos_cloud.partnerservices.catalogue.planning import Entry, Fault
from powerepos_cloud.partnerservices.catalogue.rules import Kind

Cell = tuple[Column, str | None]
"""A column and what stands in it, as text; None where JSON says null."""


class UnreadableFile(Refused):
    """A file whose rows cannot be told apart: nothing in it was looked at. The text says where and what to do."""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a row cannot be taken. `also` are the lines that it clashes with; lines count from 1."""

    line: int
    column: str
    expected: str
    got: str
    cure: str = ""
    also: tuple[int, ...] = ()

    def __str__(self) -> str:
        also = f" See line{'s' if len(self.also) > 1 else ''} {', '.join(map(str, self.also))}." if self.also else ""
        cure = f" {self.cure}" if self.cure else ""
        return f"line {self.line}, {self.column}: expected {self.expected}, got {self.got}.{cure}{also}"


@dataclass(frozen=True)
class Sheet:
    """A file as it was read: its rows, the line on which each begins, and what is wrong with each by itself."""

    kind: Kind
    entries: list[Entry] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def add(self, line: int, cells: Iterable[Cell], faults: Sequence[Invalid] = ()) -> None:
        """Take a row; `faults` were found before its values were read."""
        values: dict[str, Any] = {}
        found = list(faults)
        for column, text in cells:
            try:
                values[column.name] = _value(column, text)
            except Invalid as fault:
                found.append(fault)
        faulty = {fault.field for fault in found}
        missing = [column for column in COLUMNS[self.kind] if column.required and values.get(column.name) is None]
        found += [Invalid(column.name, column.expected, None) for column in missing if column.name not in faulty]
        found += columns.faults_across(self.kind, values, faulty)
        keys = tuple(values.get(name) for name in KEYS[self.kind])
        self._take(line, Entry(keys, None if found else columns.row(self.kind, values)), found)

    def refuse(self, line: int, fault: Invalid) -> None:
        """Take a row whose values cannot be told apart."""
        self._take(line, Entry((None,) * len(KEYS[self.kind]), None), [fault])

    def _take(self, line: int, entry: Entry, faults: Iterable[Invalid]) -> None:
        self.faults.extend(Fault(len(self.entries), fault) for fault in faults)
        self.entries.append(entry)
        self.lines.append(line)

    def problems(self, planned: Iterable[Fault] = ()) -> list[Problem]:
        """All that is wrong, by line: what was read wrong and what a plan (`planning.Plan.faults`) found."""
        return [
            Problem(
                self.lines[fault.position],
                fault.reason.field,
                fault.reason.expected,
                fault.reason.got,
                fault.reason.cure,
                tuple(self.lines[other] for other in fault.others),
            )
            for fault in sorted([*self.faults, *planned], key=lambda fault: fault.position)
        ]


def known_columns(kind: Kind) -> dict[str, Column]:
    """The columns of this kind by their bare names."""
    return {bare(column.name): column for column in COLUMNS[kind]}


def listed_columns(kind: Kind) -> str:
    """What the columns are called; those that a file may leave out stand in brackets."""
    return ", ".join(column.name if column.required else f"[{column.name}]" for column in COLUMNS[kind])


def bare(name: str) -> str:
    """A column's name as it is compared: without case, spaces, hyphens and underscores."""
    return re.sub(r"[\s_-]", "", name.casefold())


def _value(column: Column, text: str | None) -> Any:
    text = (text or "").strip()
    return column.read(text) if text else None
