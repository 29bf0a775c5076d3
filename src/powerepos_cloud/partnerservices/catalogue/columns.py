"""The columns of the catalogue's files: one description for reading and writing, CSV and JSON alike.

Every value has one text form, which is what a CSV file holds; JSON holds numbers, true and false, and null as its own.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from msgspec import UNSET

from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.partnerservices.catalogue import rules
from powerepos_cloud.partnerservices.catalogue.rules import (
    Item,
    Kind,
    Levels,
    Product,
    ProductRow,
    Row,
    Supplier,
    SupplierCodeRow,
    SupplierRow,
    TaxGroup,
    TaxLevel,
)

TEXT, WHOLE, DECIMAL, FLAG = (str,), (int,), (int, Decimal), (bool,)

_YES = frozenset(("yes", "y", "true", "1"))
_NO = frozenset(("no", "n", "false", "0"))
_INCLUSIVE = "inclusive"
_ADD_ON = "add-on"
_LEVELS = (1, 2, 3, 4)

Values = Mapping[str, Any]
"""Column name to value: None where the file says nothing, without the columns that it lacks or that hold a fault."""


@dataclass(frozen=True)
class Column:
    """`read` takes a text that is not empty, and raises `Invalid`; `types` are what JSON may have instead of a text."""

    name: str
    expected: str
    read: Callable[[str], Any]
    types: tuple[type, ...] = TEXT
    required: bool = False
    is_written: bool = True


def _flag(name: str) -> Callable[[str], bool]:
    def read(text: str) -> bool:
        word = text.casefold()
        if word not in _YES and word not in _NO:
            raise Invalid(name, "yes or no", text)
        return word in _YES

    return read


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        raise Invalid("pluNumber", f"a whole number from 1 to {rules.HIGHEST_NUMBER}", text)
    return rules.plu_number(int(text))


def _level_columns(n: int) -> tuple[Column, Column, Column]:
    def read_kind(text: str) -> bool:
        word = text.casefold()
        if word not in (_INCLUSIVE, _ADD_ON, "exclusive"):
            raise Invalid(f"tax{n}Kind", f"{_INCLUSIVE} or {_ADD_ON}", text)
        return word == _INCLUSIVE

    name, rate, kind = f"tax{n}Name", f"tax{n}Rate", f"tax{n}Kind"
    return (
        Column(name, f"1 to {rules.LONGEST_TAX_NAME} characters", lambda text: rules.tax_name(name, text)),
        Column(rate, "a percentage such as 8.25", lambda text: rules.read_rate(rate, text), DECIMAL),
        Column(kind, f"{_INCLUSIVE} or {_ADD_ON}", read_kind),
    )


def _text(name: str, read: Callable[[str], str], longest: int, *, required: bool = False) -> Column:
    return Column(name, f"1 to {longest} characters", read, required=required)


_PLU_NUMBER = Column("pluNumber", f"a whole number from 1 to {rules.HIGHEST_NUMBER}", _number, WHOLE, required=True)
_SUPPLIER_ID = Column("supplierID", "a GUID", rules.supplier_id)

COLUMNS: Mapping[Kind, tuple[Column, ...]] = {
    Kind.TAX_GROUPS: (
        _text("taxGroupName", rules.tax_group_name, rules.LONGEST_TAX_NAME, required=True),
        Column("exempt", "yes or no", _flag("exempt"), FLAG),
        *(column for n in _LEVELS for column in _level_columns(n)),
    ),
    Kind.PRODUCTS: (
        _PLU_NUMBER,
        _text("pluName", rules.product_name, rules.LONGEST_PRODUCT_NAME, required=True),
        _text("groupName", rules.group_name, rules.LONGEST_GROUP_NAME, required=True),
        _text("mainGroupName", rules.main_group_name, rules.LONGEST_GROUP_NAME, required=True),
        _text("taxGroupName", rules.tax_group_name, rules.LONGEST_TAX_NAME),
        Column("active", "yes or no", _flag("active"), FLAG),
    ),
    Kind.SUPPLIERS: (
        _SUPPLIER_ID,
        _text("supplierName", rules.supplier_name, rules.LONGEST_SUPPLIER_NAME, required=True),
        _text("taxGroupName", rules.tax_group_name, rules.LONGEST_TAX_NAME),
    ),
    Kind.SUPPLIER_CODES: (
        dataclasses.replace(_SUPPLIER_ID, is_written=False),  # the name is enough, and fits another catalogue too
        _text("supplierName", rules.supplier_name, rules.LONGEST_SUPPLIER_NAME),
        _text("supplierProductCode", rules.supplier_code, rules.LONGEST_CODE, required=True),
        _PLU_NUMBER,
    ),
}

KEYS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TAX_GROUPS: ("taxGroupName",),
    Kind.PRODUCTS: ("pluNumber",),
    Kind.SUPPLIERS: ("supplierID", "supplierName"),
    Kind.SUPPLIER_CODES: ("supplierID", "supplierName", "supplierProductCode"),
}
"""The columns that say what a row is about, in the order of `planning.Entry.keys`."""


def faults_across(kind: Kind, values: Values, faulty: Collection[str]) -> list[Invalid]:
    """What is wrong between the columns of a row; `faulty` are those that hold something, but nothing right."""
    if kind is not Kind.TAX_GROUPS:
        return []
    faults = []
    is_used = False
    for n in _LEVELS:
        columns = _level_columns(n)
        missing = [column for column in columns if values.get(column.name) is None and column.name not in faulty]
        is_used = is_used or len(missing) < len(columns)
        if 0 < len(missing) < len(columns):
            faults += [Invalid(column.name, f"{column.expected}, since level {n} is used", None) for column in missing]
    if is_used and values.get("exempt"):
        faults.append(Invalid("exempt", "no, since the group has taxes", "yes", "Exempt means that no tax is due."))
    if not is_used and not values.get("exempt") and "exempt" not in faulty:
        cure = "A tax that is due at nothing is a level with the rate 0."
        faults.append(Invalid("exempt", "yes, or a tax level", None if values.get("exempt") is None else "no", cure))
    return faults


def row(kind: Kind, values: Values) -> Row:
    """The row that these values, in which nothing is wrong, make."""
    if kind is Kind.TAX_GROUPS:
        one, two, three, four = (_level(values, n) for n in _LEVELS)
        return TaxGroup(values["taxGroupName"], (one, two, three, four))
    if kind is Kind.PRODUCTS:
        active = values.get("active")
        return ProductRow(
            number=values["pluNumber"],
            name=values["pluName"],
            group=values["groupName"],
            main_group=values["mainGroupName"],
            tax_group=values.get("taxGroupName", UNSET),
            active=UNSET if active is None else active,
        )
    if kind is Kind.SUPPLIERS:
        return SupplierRow(id=values.get("supplierID"), name=values["supplierName"], tax_group=values.get("taxGroupName", UNSET))
    return SupplierCodeRow(
        supplier_id=values.get("supplierID"),
        supplier_name=values.get("supplierName"),
        code=values["supplierProductCode"],
        number=values["pluNumber"],
    )


def values_of(item: Item, tax_groups: Mapping[str, TaxGroup], supplier_names: Mapping[str, str]) -> dict[str, Any]:
    """The item as a file says it: every column that is needed, in order; rates as decimals."""
    if isinstance(item, TaxGroup):
        return {"taxGroupName": item.name, "exempt": item.exempt, **_level_values(item.levels)}
    if isinstance(item, Product):
        return {
            "pluNumber": item.number,
            "pluName": item.name,
            "groupName": item.group,
            "mainGroupName": item.main_group,
            "taxGroupName": None if item.tax_group is None else tax_groups[item.tax_group].name,
            "active": item.active,
        }
    if isinstance(item, Supplier):
        tax_group = None if item.tax_group is None else tax_groups[item.tax_group].name
        return {"supplierID": item.id, "supplierName": item.name, "taxGroupName": tax_group}
    return {
        "supplierName": supplier_names[item.supplier_id],
        "supplierProductCode": item.code,
        "pluNumber": item.number,
    }


def as_text(value: Any) -> str:
    """The text form of a value from a JSON file or of an item. Raises `ValueError` for a number too long to be meant."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or abs(exponent) > 20:
            raise ValueError("a number too long to be meant")
        return format(value, "f")
    return str(value)


def _level(values: Values, n: int) -> TaxLevel | None:
    name = values.get(f"tax{n}Name")
    return None if name is None else TaxLevel(name, values[f"tax{n}Rate"], values[f"tax{n}Kind"])


def _level_values(levels: Levels) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for n, level in enumerate(levels, 1):
        values[f"tax{n}Name"] = None if level is None else level.name
        values[f"tax{n}Rate"] = None if level is None else Decimal(rules.rate_text(level.rate))
        values[f"tax{n}Kind"] = None if level is None else _INCLUSIVE if level.inclusive else _ADD_ON
    return values
