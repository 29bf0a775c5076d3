"""One row of the catalogue from a form: its fields are the columns of the catalogue's files, read by the same rules."""

from collections.abc import Mapping
from typing import Final

from powerepos_cloud.foundation.database import Database
from powerepos_cloud.partnerservices.catalogue import columns, imports, store
from powerepos_cloud.partnerservices.catalogue.columns import COLUMNS
from powerepos_cloud.partnerservices.catalogue.planning import Plan
from powerepos_cloud.partnerservices.catalogue.rules import Item, Kind
from powerepos_cloud.partnerservices.catalogue.sheet import Sheet
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form

PATH: Final = "/catalogue"
ROLES: Final = ("owner", "manager")
TABS: Final = (
    ("Products", PATH),
    ("Tax groups", f"{PATH}/tax-groups"),
    ("Suppliers", f"{PATH}/suppliers"),
    ("Files", f"{PATH}/files"),
)


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """The catalogue's tabs; `current` is the path of the one at hand."""
    return [(label, path, path == current) for label, path in TABS]


async def save(ask: Ask, database: Database, kind: Kind, fixed: Mapping[str, str] | None = None) -> Plan | None:
    """Store the form's row; None if something is to be mended, which is said beside its field. `fixed` are values of the page."""
    values = {column.name: ask.form.value(column.name) for column in COLUMNS[kind]} | dict(fixed or {})
    sheet = Sheet(kind)
    sheet.add(1, [(column, values[column.name]) for column in COLUMNS[kind]])
    kapow = ask.viewer.organisation.kapow
    plan = await imports.import_entries(
        database, ask.now_ms, ask.actor, kapow, kind, sheet.entries, details={"row": _named(kind, values)}
    )
    for fault in (*sheet.faults, *plan.faults):
        ask.form.refuse(fault.reason)
    return None if plan.bad else plan


async def form_of(database: Database, kapow: str, item: Item) -> Form:
    """A form with what is there."""
    groups = {group.key: group for group in await store.list_tax_groups(database.reader, kapow)}
    values = columns.values_of(item, groups, {})
    return Form.of(**{name: columns.as_text(value) for name, value in values.items()})


async def tax_group_options(database: Database, kapow: str) -> list[tuple[str, str]]:
    """The tax groups as a choice, none included."""
    return [("", "None"), *((group.name, group.name) for group in await store.list_tax_groups(database.reader, kapow))]


def _named(kind: Kind, values: Mapping[str, str]) -> str:
    """What the audit calls the row."""
    name = {Kind.TAX_GROUPS: "taxGroupName", Kind.PRODUCTS: "pluName", Kind.SUPPLIERS: "supplierName"}.get(kind)
    return values[name or "supplierProductCode"]
