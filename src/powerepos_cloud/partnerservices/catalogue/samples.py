"""The catalogue that the documentation's examples are about. The demo and the tests fill an organisation with it."""

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.catalogue.imports import save
from powerepos_cloud.partnerservices.catalogue.rules import (
    Kind,
    ProductRow,
    SupplierCodeRow,
    SupplierRow,
    TaxGroup,
    TaxLevel,
)

SOUTHERN_DAIRY = "4f1a9c7e-82d3-4b60-9e5a-c7d0b2f8e614"

TAX_GROUPS = (
    TaxGroup("GST 15", (TaxLevel("GST", 15_000, inclusive=True), None, None, None)),
    TaxGroup("Sales Tax", (TaxLevel("Sales Tax", 8_250, inclusive=False), None, None, None)),
    TaxGroup("Zero-rated", (TaxLevel("GST", 0, inclusive=True), None, None, None)),
    TaxGroup("Exempt", (None, None, None, None)),
)

PRODUCTS = tuple(
    ProductRow(number=number, name=name, group=group, main_group=main_group, tax_group=tax_group)
    for number, name, group, main_group, tax_group in (
        (2040, "Granola Bowl", "Breakfast", "Food", "GST 15"),
        (2041, "Flat White", "Coffee", "Drinks", "GST 15"),
        (2042, "Cheese Scone", "Bakery", "Food", "GST 15"),
        (2055, "Blueberry Muffin", "Bakery", "Food", "GST 15"),
        (3001, "Pale Ale Jug", "Beer", "Drinks", "GST 15"),
        (3002, "House Wine", "Wine", "Drinks", "GST 15"),
        (3010, "Olives", "Snacks", "Food", "GST 15"),
        (4100, "Gift Box", "Retail", "Shop", "Sales Tax"),
        (9001, "Milk 2 L", "Dairy", "Ingredients", None),
        (9002, "Butter 1 kg", "Dairy", "Ingredients", None),
        (9003, "House Sauce 5 L", "Sauces", "Ingredients", "GST 15"),
    )
)

SUPPLIERS = (SupplierRow(id=SOUTHERN_DAIRY, name="Southern Dairy", tax_group="GST 15"),)

SUPPLIER_CODES = tuple(
    SupplierCodeRow(supplier_id=SOUTHERN_DAIRY, code=code, number=number)
    for code, number in (("MILK-2L", 9001), ("BUTTER-1KG", 9002), ("SAUCE-5L", 9003))
)


async def add_samples(session: Session, now_ms: int, actor: Actor, kapow: str) -> None:
    """Make all of it part of an organisation's catalogue. Raises like `imports.save`."""
    await save(session, now_ms, actor, kapow, Kind.TAX_GROUPS, TAX_GROUPS)
    await save(session, now_ms, actor, kapow, Kind.PRODUCTS, PRODUCTS)
    await save(session, now_ms, actor, kapow, Kind.SUPPLIERS, SUPPLIERS)
    await save(session, now_ms, actor, kapow, Kind.SUPPLIER_CODES, SUPPLIER_CODES)
