"""What a catalogue may hold, and how its things are told apart. No SQL; each rule raises `Invalid`.

Refusals name a value as the catalogue's files do, which is as the API's models do (`pluNumber`, `taxGroupName`).
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from powerepos_cloud.foundation.ids import new_id, parse_guid
from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.foundation.texts import compare_key, line

LONGEST_PRODUCT_NAME = 50
LONGEST_GROUP_NAME = 32
LONGEST_TAX_NAME = 32
LONGEST_SUPPLIER_NAME = 64
LONGEST_CODE = 18
HIGHEST_NUMBER = 2_147_483_647
HIGHEST_RATE = 999_999
"""In thousandths of a percent: what is a thousand percent or more was meant otherwise."""

_SEPARATOR = "\x1f"  # in no name: `line` refuses control characters
_NIL = "00000000-0000-0000-0000-000000000000"
_RATE = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,3})0*)?", re.ASCII)


class Kind(StrEnum):
    """What a catalogue consists of; later kinds point to earlier ones."""

    TAX_GROUPS = "tax-groups"
    PRODUCTS = "products"
    SUPPLIERS = "suppliers"
    SUPPLIER_CODES = "supplier-codes"


class TaxLevel(msgspec.Struct, frozen=True):
    """A tax of a group. `rate` is in thousandths of a percent; an inclusive tax is part of the price, another added to it."""

    name: str
    rate: int
    inclusive: bool


Levels = tuple[TaxLevel | None, TaxLevel | None, TaxLevel | None, TaxLevel | None]


class TaxGroup(msgspec.Struct, frozen=True):
    """The taxes of what is sold or bought, at the levels 1 to 4.

    Zero-rated is a level with the rate 0: that tax is due, and is nothing. Exempt is no level at all: no tax is due.
    """

    name: str
    levels: Levels

    @property
    def key(self) -> str:
        """What it is known by in its catalogue."""
        return compare_key(self.name)

    @property
    def exempt(self) -> bool:
        """Whether no tax is due."""
        return not any(self.levels)


class Product(msgspec.Struct, frozen=True, gc=False):
    """A PLU. `tax_group` is the key of its default tax group, if it has one; what is not active is no longer sold."""

    number: int
    name: str
    group: str
    main_group: str
    tax_group: str | None
    active: bool

    @property
    def names_key(self) -> str:
        """What it is known by, beside its number; no two active products share it."""
        return names_key(self.main_group, self.group, self.name)


class Supplier(msgspec.Struct, frozen=True):
    """Who sends invoices. `id` is a GUID, `tax_group` the key of the default tax group, if there is one."""

    id: str
    name: str
    tax_group: str | None

    @property
    def key(self) -> str:
        """Its name as it is compared."""
        return compare_key(self.name)


class SupplierCode(msgspec.Struct, frozen=True):
    """A supplier's own code for a product: exactly one PLU number."""

    supplier_id: str
    code: str
    number: int


Item = TaxGroup | Product | Supplier | SupplierCode


class ProductRow(msgspec.Struct, frozen=True, kw_only=True):
    """A product as somebody sends it; what is unset stays as it is, for a new product: no tax group, active."""

    number: int
    name: str
    group: str
    main_group: str
    tax_group: str | UnsetType | None = UNSET  # its name
    active: bool | UnsetType = UNSET


class SupplierRow(msgspec.Struct, frozen=True, kw_only=True):
    """A supplier as somebody sends it: found by `id`, else by its name, else new; what is unset stays as it is."""

    id: str | None = None
    name: str
    tax_group: str | UnsetType | None = UNSET  # its name


class SupplierCodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A supplier's code as somebody sends it; the supplier by ID or name, or by both if they agree."""

    supplier_id: str | None = None
    supplier_name: str | None = None
    code: str
    number: int


Row = TaxGroup | ProductRow | SupplierRow | SupplierCodeRow


def names_key(main_group: str, group: str, name: str) -> str:
    """What a product is found by if its number is not sent: the three names, trimmed and without letter case."""
    return _SEPARATOR.join((compare_key(main_group.strip()), compare_key(group.strip()), compare_key(name.strip())))


def code_key(code: str) -> str:
    """A supplier's code as it is compared: trimmed. Letter case counts, as it may for the supplier."""
    return code.strip() if code.isascii() else unicodedata.normalize("NFC", code).strip()


def plu_number(value: int) -> int:
    """A PLU number."""
    if not 1 <= value <= HIGHEST_NUMBER:
        raise Invalid("pluNumber", f"a whole number from 1 to {HIGHEST_NUMBER}", value)
    return value


def product_name(value: str) -> str:
    """A product's name."""
    return line("pluName", value, LONGEST_PRODUCT_NAME)


def group_name(value: str) -> str:
    """The name of a reporting group."""
    return line("groupName", value, LONGEST_GROUP_NAME)


def main_group_name(value: str) -> str:
    """The name of a main group."""
    return line("mainGroupName", value, LONGEST_GROUP_NAME)


def tax_group_name(value: str) -> str:
    """The name of a tax group."""
    return line("taxGroupName", value, LONGEST_TAX_NAME)


def supplier_name(value: str) -> str:
    """A supplier's name."""
    return line("supplierName", value, LONGEST_SUPPLIER_NAME)


def supplier_id(value: str) -> str:
    """A supplier's GUID, in lower case with hyphens."""
    try:
        guid = parse_guid(value)
    except ValueError:
        raise Invalid("supplierID", "a GUID", value) from None
    if guid == _NIL:
        raise Invalid("supplierID", "a GUID that is not all zeros", value, "Leave it out to get a new one.")
    return guid


def supplier_code(value: str) -> str:
    """A supplier's code for a product."""
    return line("supplierProductCode", value, LONGEST_CODE)


def tax_name(field: str, value: str) -> str:
    """The name of a tax."""
    return line(field, value, LONGEST_TAX_NAME)


def rate(field: str, value: int) -> int:
    """A tax rate in thousandths of a percent."""
    if not 0 <= value <= HIGHEST_RATE:
        raise Invalid(field, "a percentage from 0 to 999.999", rate_text(value))
    return value


def read_rate(field: str, text: str) -> int:
    """The thousandths of a percent that a percentage with up to three decimals says (`8.25` is 8250)."""
    found = _RATE.fullmatch(text)
    if found is None:
        cure = "Write the decimal point as a dot." if "," in text else "Leave the sign out." if "%" in text else ""
        raise Invalid(field, "a percentage with up to three decimals, such as 8.25", text, cure)
    return rate(field, int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0")))


def rate_text(value: int) -> str:
    """The percentage that these thousandths are, without trailing zeros (8250 is `8.25`)."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole, rest = divmod(value, 1000)
    return f"{sign}{whole}.{rest:03}".rstrip("0").rstrip(".")


def checked(row: Row) -> Row:
    """The row with its texts trimmed and in normal form."""
    if isinstance(row, TaxGroup):
        return TaxGroup(tax_group_name(row.name), _checked_levels(row.levels))
    if isinstance(row, ProductRow):
        return ProductRow(
            number=plu_number(row.number),
            name=product_name(row.name),
            group=group_name(row.group),
            main_group=main_group_name(row.main_group),
            tax_group=_checked_reference(row.tax_group),
            active=row.active,
        )
    if isinstance(row, SupplierRow):
        return SupplierRow(
            id=None if row.id is None else supplier_id(row.id),
            name=supplier_name(row.name),
            tax_group=_checked_reference(row.tax_group),
        )
    return SupplierCodeRow(
        supplier_id=None if row.supplier_id is None else supplier_id(row.supplier_id),
        supplier_name=None if row.supplier_name is None else supplier_name(row.supplier_name),
        code=supplier_code(row.code),
        number=plu_number(row.number),
    )


def new_supplier_id() -> str:
    """The GUID of a supplier that came without one."""
    return new_id()


def _checked_levels(levels: Levels) -> Levels:
    one, two, three, four = _each_level(levels)
    return (one, two, three, four)


def _each_level(levels: Levels) -> Iterator[TaxLevel | None]:
    for n, level in enumerate(levels, 1):
        yield level and TaxLevel(tax_name(f"tax{n}Name", level.name), rate(f"tax{n}Rate", level.rate), level.inclusive)


def _checked_reference(name: str | UnsetType | None) -> str | UnsetType | None:
    return tax_group_name(name) if isinstance(name, str) else name
