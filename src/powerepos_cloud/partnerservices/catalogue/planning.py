"""What an import would do to a catalogue: rows against what is there, in memory. Every row that is wrong is told at once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from msgspec import UNSET, UnsetType

from powerepos_cloud.foundation.refusals import Invalid, Note
from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.catalogue import rules
from powerepos_cloud.partnerservices.catalogue.rules import (
    Item,
    Kind,
    Product,
    ProductRow,
    Row,
    Supplier,
    SupplierCode,
    SupplierCodeRow,
    SupplierRow,
    TaxGroup,
)

T = TypeVar("T", bound=Item)


@dataclass(frozen=True)
class Entry:
    """A row as it was read. `row` is None if something in it is wrong; `keys` still say what it is about, None by None.

    The keys are a product's number; a tax group's name; a supplier's ID and name; a code's supplier by ID, by name, and code.
    """

    keys: tuple[Hashable, ...]
    row: Row | None


@dataclass(frozen=True)
class Snapshot:
    """What of a catalogue an import of this kind is reckoned against, as it was at `revision`."""

    kind: Kind
    revision: int
    tax_groups: Mapping[str, TaxGroup] = field(default_factory=dict)  # by key
    products: Mapping[int, Product] = field(default_factory=dict)
    numbers: Collection[int] = ()  # of the products
    suppliers: Mapping[str, Supplier] = field(default_factory=dict)  # by ID
    codes: Mapping[tuple[str, str], SupplierCode] = field(default_factory=dict)  # by supplier ID and code


@dataclass(frozen=True)
class Fault:
    """Why a row cannot be taken; `others` are the positions of the rows that it clashes with."""

    position: int
    reason: Invalid
    others: tuple[int, ...] = ()


@dataclass
class Plan:
    """What is to be stored, and which rows cannot be. `bad` has their positions, of those that were read wrong too."""

    kind: Kind
    revision: int
    created: list[Item] = field(default_factory=list)
    updated: list[tuple[Item, Item]] = field(default_factory=list)  # before and after
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)
    bad: set[int] = field(default_factory=set)


def entry(row: Row) -> Entry:
    """The entry of a row that is made by a program. Raises `Invalid`."""
    row = rules.checked(row)
    return Entry(keys_of(row), row)


def keys_of(row: Row) -> tuple[Hashable, ...]:
    """What tells the row apart from others."""
    if isinstance(row, TaxGroup):
        return (row.name,)
    if isinstance(row, ProductRow):
        return (row.number,)
    if isinstance(row, SupplierRow):
        return (row.id, row.name)
    return (row.supplier_id, row.supplier_name, row.code)


def plan(snapshot: Snapshot, entries: Sequence[Entry]) -> Plan:
    """What storing the entries would do; bad ones are left out."""
    planner = _PLANNERS[snapshot.kind]
    return planner(snapshot, entries)


class _Draft(Generic[T]):
    """A plan in the making: what each row wants, what is wrong with it."""

    def __init__(self, snapshot: Snapshot, entries: Sequence[Entry]) -> None:
        self.wanted: dict[int, tuple[T | None, T]] = {}
        self._plan = Plan(snapshot.kind, snapshot.revision)
        self._plan.bad = {position for position, entry in enumerate(entries) if entry.row is None}

    def refuse(self, position: int, reason: Invalid, others: Iterable[int] = ()) -> None:
        """Note a fault of a row."""
        self._plan.faults.append(Fault(position, reason, tuple(others)))
        self._plan.bad.add(position)

    def refuse_repeats(self, what: str, column: str, keys: Iterable[Hashable | None]) -> None:
        """Note every row whose key stands in another row too: nobody can know which of them is meant."""
        for positions in _groups(enumerate(keys)):
            for position in positions:
                others = [other for other in positions if other != position]
                self.refuse(position, Invalid(column, f"each {what} once", Note("it again")), others)

    def refuse_shared(
        self,
        column: str,
        expected: str,
        key: Callable[[T], str | None],
        shown: Callable[[T], str],
        holders: Iterable[T],
        identity: Callable[[T], Hashable],
    ) -> None:
        """Note every row after which two things would have one key, until none is left: a bad row changes nothing."""
        while True:
            good = self._good()
            changed = {identity(item) for _, item in good.values()}
            owners: dict[str, list[tuple[int | None, T]]] = defaultdict(list)
            for position, (_, item) in good.items():
                if (found := key(item)) is not None:
                    owners[found].append((position, item))
            for item in holders:
                if identity(item) not in changed and (found := key(item)) in owners:
                    owners[found].append((None, item))
            clashes = [claims for claims in owners.values() if len(claims) > 1]
            if not clashes:
                return
            for claims in clashes:
                self._refuse_claims(column, expected, shown, claims)

    def _refuse_claims(self, column: str, expected: str, shown: Callable[[T], str], claims: list[tuple[int | None, T]]) -> None:
        resting = [item for position, item in claims if position is None]
        cure = f"{_label(resting[0])} has it." if resting else ""
        for position, item in claims:
            if position is not None:
                others = [other for other, _ in claims if other not in (None, position)]
                self.refuse(position, Invalid(column, expected, shown(item), cure), [n for n in others if n is not None])

    def finish(self) -> Plan:
        """The plan, with the faults in the order of the rows."""
        for before, after in self._good().values():
            if before is None:
                self._plan.created.append(after)
            elif before == after:
                self._plan.unchanged += 1
            else:
                self._plan.updated.append((before, after))
        self._plan.faults.sort(key=lambda fault: fault.position)
        return self._plan

    def _good(self) -> dict[int, tuple[T | None, T]]:
        return {position: wish for position, wish in self.wanted.items() if position not in self._plan.bad}


def _plan_tax_groups(snapshot: Snapshot, entries: Sequence[Entry]) -> Plan:
    draft: _Draft[TaxGroup] = _Draft(snapshot, entries)
    draft.refuse_repeats("tax group", "taxGroupName", [_folded(entry.keys[0]) for entry in entries])
    for position, entry in enumerate(entries):
        if isinstance(entry.row, TaxGroup):
            draft.wanted[position] = (snapshot.tax_groups.get(entry.row.key), entry.row)
    return draft.finish()


def _plan_products(snapshot: Snapshot, entries: Sequence[Entry]) -> Plan:
    draft: _Draft[Product] = _Draft(snapshot, entries)
    draft.refuse_repeats("PLU number", "pluNumber", [entry.keys[0] for entry in entries])
    for position, entry in enumerate(entries):
        row = entry.row
        if isinstance(row, ProductRow):
            old = snapshot.products.get(row.number)
            tax_group = _tax_group(draft, snapshot, position, row.tax_group, old)
            active = (old is None or old.active) if row.active is UNSET else row.active
            product = Product(row.number, row.name, row.group, row.main_group, tax_group, active)
            draft.wanted[position] = (old, product)
    draft.refuse_shared(
        "pluName",
        "main group, group and name that no other active product has",
        lambda product: product.names_key if product.active else None,
        lambda product: f"{product.main_group} / {product.group} / {product.name}",
        snapshot.products.values(),
        lambda product: product.number,
    )
    return draft.finish()


def _plan_suppliers(snapshot: Snapshot, entries: Sequence[Entry]) -> Plan:
    draft: _Draft[Supplier] = _Draft(snapshot, entries)
    by_name = {supplier.key: supplier.id for supplier in snapshot.suppliers.values()}
    known = [entry.keys[0] or by_name.get(_folded(entry.keys[1]) or "") for entry in entries]
    repeats = [guid or _folded(entry.keys[1]) for guid, entry in zip(known, entries, strict=True)]
    draft.refuse_repeats("supplier", "supplierName", repeats)
    for position, entry in enumerate(entries):
        row = entry.row
        if isinstance(row, SupplierRow):
            guid = str(known[position] or rules.new_supplier_id())
            old = snapshot.suppliers.get(guid)
            tax_group = _tax_group(draft, snapshot, position, row.tax_group, old)
            draft.wanted[position] = (old, Supplier(guid, row.name, tax_group))
    draft.refuse_shared(
        "supplierName",
        "a name that no other supplier has",
        lambda supplier: supplier.key,
        lambda supplier: supplier.name,
        snapshot.suppliers.values(),
        lambda supplier: supplier.id,
    )
    return draft.finish()


def _plan_codes(snapshot: Snapshot, entries: Sequence[Entry]) -> Plan:
    draft: _Draft[SupplierCode] = _Draft(snapshot, entries)
    by_name = {supplier.key: supplier.id for supplier in snapshot.suppliers.values()}
    known = [entry.keys[0] or by_name.get(_folded(entry.keys[1]) or "") for entry in entries]
    pairs = [(guid, entry.keys[2]) if guid and entry.keys[2] else None for guid, entry in zip(known, entries, strict=True)]
    draft.refuse_repeats("supplier's code", "supplierProductCode", pairs)
    for position, entry in enumerate(entries):
        row = entry.row
        if isinstance(row, SupplierCodeRow) and _finds_supplier(draft, snapshot, position, row, by_name):
            code = SupplierCode(str(known[position]), row.code, row.number)
            draft.wanted[position] = (snapshot.codes.get((code.supplier_id, code.code)), code)
        if isinstance(row, SupplierCodeRow) and row.number not in snapshot.numbers:
            draft.refuse(
                position,
                Invalid("pluNumber", "the number of a product in the catalogue", row.number, "Add the product first."),
            )
    return draft.finish()


_PLANNERS = {
    Kind.TAX_GROUPS: _plan_tax_groups,
    Kind.PRODUCTS: _plan_products,
    Kind.SUPPLIERS: _plan_suppliers,
    Kind.SUPPLIER_CODES: _plan_codes,
}


def _tax_group(
    draft: _Draft[Product] | _Draft[Supplier],
    snapshot: Snapshot,
    position: int,
    name: str | UnsetType | None,
    before: Product | Supplier | None,
) -> str | None:
    """The key of the tax group that a row names; an unset one stays as it was."""
    if isinstance(name, UnsetType):
        return None if before is None else before.tax_group
    if name is None:
        return None
    if (key := compare_key(name)) not in snapshot.tax_groups:
        reason = Invalid("taxGroupName", "the name of a tax group in the catalogue", name, "Add the tax group first.")
        draft.refuse(position, reason)
    return key


def _finds_supplier(
    draft: _Draft[SupplierCode], snapshot: Snapshot, position: int, row: SupplierCodeRow, by_name: Mapping[str, str]
) -> bool:
    """Whether the supplier that a row names is there, and is one."""
    named = None if row.supplier_name is None else by_name.get(compare_key(row.supplier_name))
    if row.supplier_name is not None and named is None:
        reason = Invalid("supplierName", "the name of a supplier in the catalogue", row.supplier_name, "Add the supplier first.")
    elif row.supplier_id is not None and row.supplier_id not in snapshot.suppliers:
        reason = Invalid("supplierID", "the ID of a supplier in the catalogue", row.supplier_id, "Add the supplier first.")
    elif row.supplier_id is not None and named is not None and named != row.supplier_id:
        reason = Invalid("supplierID", f"the ID of {row.supplier_name}", row.supplier_id, "Leave one of the two out.")
    elif row.supplier_id is None and row.supplier_name is None:
        reason = Invalid("supplierName", "a supplier, by supplierName or supplierID", None)
    else:
        return True
    draft.refuse(position, reason)
    return False


def _groups(keys: Iterable[tuple[int, Hashable | None]]) -> list[list[int]]:
    """The positions of keys that stand there more than once."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for position, key in keys:
        if key is not None:
            found[key].append(position)
    return [positions for positions in found.values() if len(positions) > 1]


def _folded(name: Hashable | None) -> str | None:
    return compare_key(name) if isinstance(name, str) else None


def _label(item: Item) -> str:
    return f"PLU {item.number}" if isinstance(item, Product) else f"The supplier {getattr(item, 'id', '')}"
