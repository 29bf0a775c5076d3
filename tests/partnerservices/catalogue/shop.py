"""An organisation's catalogue, as a test changes and reads it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import select

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.audit.tables import audit
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.partnerservices.catalogue import exports, files, imports
from powerepos_cloud.partnerservices.catalogue.files import Format
from powerepos_cloud.partnerservices.catalogue.planning import Plan
from powerepos_cloud.partnerservices.catalogue.rules import Kind, ProductRow, Row, SupplierCodeRow, TaxGroup, TaxLevel
from powerepos_cloud.partnerservices.catalogue.samples import add_samples
from powerepos_cloud.partnerservices.catalogue.sheet import Problem
from tests.support.clock import FakeClock

T = TypeVar("T")

ACTOR = Actor("operator", "tester")
KAPOW = "6f1f6a5e-2f0b-4c55-9a57-0b8f2f1b7d21"
OTHER_KAPOW = "0c9d3f0e-9a43-4d4e-8f0a-0c5b5f7b9e11"


class Shop:
    """One organisation on one database."""

    def __init__(self, database: Database, clock: FakeClock, kapow: str = KAPOW) -> None:
        self.database = database
        self.clock = clock
        self.kapow = kapow

    async def add_samples(self) -> None:
        """Fill it with what the documentation's examples need."""
        await self.database.write(lambda session: add_samples(session, self.clock.now_ms(), ACTOR, self.kapow))

    async def save(self, kind: Kind, *rows: Row) -> Plan:
        """Save rows in one unit."""
        return await self.database.write(
            lambda session: imports.save(session, self.clock.now_ms(), ACTOR, self.kapow, kind, rows)
        )

    async def load(
        self, kind: Kind, text: str | bytes, form: Format = "csv", *, skip_bad: bool = False
    ) -> tuple[Plan, list[Problem]]:
        """Import a file."""
        sheet = files.read(text.encode() if isinstance(text, str) else text, kind, form)
        plan = await imports.import_entries(
            self.database, self.clock.now_ms(), ACTOR, self.kapow, kind, sheet.entries, skip_bad=skip_bad
        )
        return plan, sheet.problems(plan.faults)

    async def dump(self, kind: Kind, form: Format = "csv") -> bytes:
        """Export a file."""
        rows = await self.database.read(lambda session: exports.rows(session, self.kapow, kind))
        return files.write(kind, rows, form)

    async def ask(self, question: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
        """Read by a store function."""

        async def unit(session: Session) -> T:
            return await question(session, self.kapow, *arguments, **named)

        return await self.database.read(unit)

    async def audited(self) -> list[dict[str, Any]]:
        """The details of this organisation's audit rows, oldest first."""
        rows = await self.database.reader.all(select(audit).where(audit.c.kapow == self.kapow).order_by(audit.c.id))
        assert {(row.action, row.subject_kind, row.actor) for row in rows} <= {("catalogue.imported", "catalogue", "tester")}
        return [msgspec.json.decode(row.details) for row in rows]


def counts(plan: Plan) -> tuple[int, int, int, int]:
    """Created, updated, unchanged, bad."""
    return len(plan.created), len(plan.updated), plan.unchanged, len(plan.bad)


def product(number: int, name: str | None = None, **others: Any) -> ProductRow:
    """A product whose names are its own unless said otherwise."""
    return ProductRow(**({"number": number, "name": name or f"Product {number}", "group": "G", "main_group": "M"} | others))


def code(text: str, number: int, supplier: str = "Southern Dairy") -> SupplierCodeRow:
    """A code of a supplier by name."""
    return SupplierCodeRow(supplier_name=supplier, code=text, number=number)


def gst(rate: int = 15_000, name: str = "GST 15") -> TaxGroup:
    """A group of one inclusive tax."""
    return TaxGroup(name, (TaxLevel("GST", rate, inclusive=True), None, None, None))


def told(problems: Sequence[Problem]) -> list[tuple[int, str]]:
    """Line and column of each problem."""
    return [(problem.line, problem.column) for problem in problems]
