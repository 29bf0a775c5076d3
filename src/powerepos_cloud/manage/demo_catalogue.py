"""A café's catalogue for the demo: what it sells, what it buys, from whom. The documentation's examples are part of it."""

from typing import Final

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.catalogue import samples, store
from powerepos_cloud.partnerservices.catalogue.imports import save
from powerepos_cloud.partnerservices.catalogue.rules import (
    Kind,
    ProductRow,
    SupplierCodeRow,
    SupplierRow,
    TaxGroup,
    TaxLevel,
)

_GST = "GST 15"

_TAX_GROUPS = (
    TaxGroup("GST 10", (TaxLevel("GST", 10_000, inclusive=True), None, None, None)),
    TaxGroup("VAT 20", (TaxLevel("VAT", 20_000, inclusive=True), None, None, None)),
)

# Main group and group, then number, name and price in hundredths.
_SOLD: Final = {
    ("Drinks", "Coffee"): (
        (1001, "Espresso", 400), (1002, "Long Black", 450), (1003, "Cappuccino", 550), (1004, "Latte", 550),
        (1005, "Mocha", 600), (1006, "Macchiato", 450), (1007, "Piccolo", 480), (1008, "Filter Coffee", 500),
        (1009, "Cold Brew", 650), (1010, "Iced Latte", 650), (1011, "Hot Chocolate", 550), (1012, "Babyccino", 200),
    ),
    ("Drinks", "Tea"): (
        (1101, "English Breakfast Tea", 450), (1102, "Earl Grey Tea", 450), (1103, "Green Tea", 450),
        (1104, "Peppermint Tea", 450), (1105, "Masala Chai", 550), (1106, "Chai Latte", 600),
    ),
    ("Drinks", "Cold Drinks"): (
        (1201, "Sparkling Water 500 ml", 450), (1202, "Still Water 600 ml", 400), (1203, "Orange Juice", 650),
        (1204, "Apple Juice", 600), (1205, "Ginger Beer", 550), (1206, "Cola 330 ml", 450), (1207, "Lemonade", 500),
        (1208, "Kombucha", 700), (1209, "Banana Smoothie", 850), (1210, "Berry Smoothie", 850),
    ),
    ("Food", "Bakery"): (
        (1301, "Croissant", 550), (1302, "Almond Croissant", 680), (1303, "Pain au Chocolat", 620),
        (1304, "Date Scone", 500), (1305, "Banana Bread", 580), (1306, "Carrot Cake", 750), (1307, "Brownie", 600),
        (1308, "Lemon Tart", 780), (1309, "Cinnamon Roll", 650), (1310, "Afghan Biscuit", 450),
    ),
    ("Food", "Breakfast"): (
        (1401, "Eggs on Toast", 1450), (1402, "Eggs Benedict", 2150), (1403, "Smashed Avocado", 1950),
        (1404, "French Toast", 2050), (1405, "Porridge", 1250), (1406, "Bacon Buttie", 1200), (1407, "Big Breakfast", 2650),
        (1408, "Side of Bacon", 650),
    ),
    ("Food", "Lunch"): (
        (1501, "Soup of the Day", 1450), (1502, "Toasted Sandwich", 1150), (1503, "Chicken Panini", 1550),
        (1504, "Caesar Salad", 1850), (1505, "Fish Burger", 2250), (1506, "Mushroom Risotto", 2150), (1507, "Quiche", 1250),
        (1508, "Fries", 850),
    ),
    ("Shop", "Retail Beans"): (
        (1601, "House Blend 250 g", 1750), (1602, "House Blend 1 kg", 5800), (1603, "Single Origin 250 g", 2100),
        (1604, "Decaf 250 g", 1850), (1605, "Drip Bags 10", 2400),
    ),
}  # fmt: skip

# Group, then number and name: bought, never sold as they are.
_BOUGHT: Final = {
    "Dairy": (
        (9004, "Oat Milk 1 L"), (9005, "Cream 2 L"), (9006, "Yoghurt 5 kg"), (9007, "Cheddar 1 kg"), (9008, "Eggs, tray of 30"),
    ),
    "Coffee & Tea": (
        (9101, "Espresso Beans 5 kg"), (9102, "Decaf Beans 1 kg"), (9103, "Filter Beans 1 kg"),
        (9104, "Drinking Chocolate 1 kg"), (9105, "Chai Spice 1 kg"), (9106, "Black Tea 100 bags"), (9107, "Green Tea 100 bags"),
    ),
    "Dry Goods": ((9201, "Flour 10 kg"), (9202, "Sugar 5 kg"), (9203, "Rolled Oats 5 kg"), (9204, "Takeaway Cups 50")),
    "Kitchen": ((9301, "Bacon 1 kg"), (9302, "Avocados, tray"), (9303, "Chicken Breast 2 kg"), (9304, "Sourdough Loaf")),
}  # fmt: skip

# Supplier and default tax group, then code, PLU number and what one costs in hundredths.
_SUPPLIED: Final = {
    ("Roast House", _GST): (
        ("RH-ESP-5", 9101, 14_500), ("RH-DEC-1", 9102, 3_800), ("RH-FIL-1", 9103, 3_600), ("RH-HB-250", 1601, 980),
        ("RH-HB-1000", 1602, 3_400), ("RH-SO-250", 1603, 1_250), ("RH-DEC-250", 1604, 1_050), ("RH-DRIP-10", 1605, 1_400),
        ("RH-CHOC-1", 9104, 2_100), ("RH-CHAI-1", 9105, 2_650), ("RH-TEA-BLK", 9106, 1_450), ("RH-TEA-GRN", 9107, 1_600),
    ),
    ("Harbour Bakehouse", _GST): (
        ("1-CROI", 1301, 210), ("1-ALMD", 1302, 290), ("1-PAIN", 1303, 250), ("1-CINN", 1309, 260), ("2-BANA", 1305, 190),
        ("2-CARR", 1306, 310), ("2-BROW", 1307, 230), ("2-LEMO", 1308, 330), ("2-QUIC", 1507, 480), ("3-SOUR", 9304, 520),
    ),
    ("Cool Drinks Co", _GST): (
        ("SPARK500X1", 1201, 165), ("STILL600X1", 1202, 120), ("OJ-1", 1203, 240), ("AJ-1", 1204, 220), ("GINGER330", 1205, 210),
        ("COLA330", 1206, 145), ("LEMON330", 1207, 160), ("KOMB330", 1208, 320),
    ),
    ("Southern Dairy", _GST): (
        ("MILK-2L", 9001, 345), ("BUTTER-1KG", 9002, 1_150), ("SAUCE-5L", 9003, 2_301), ("OAT-1L", 9004, 395),
        ("CREAM-2L", 9005, 1_080), ("YOG-5KG", 9006, 2_450), ("CHED-1KG", 9007, 1_390), ("EGG-30", 9008, 1_590),
        ("FLOUR-10KG", 9201, 1_980), ("SUGAR-5KG", 9202, 990), ("OATS-5KG", 9203, 1_450),
    ),
}  # fmt: skip

_SAMPLE_PRICES = {2040: 920, 2041: 575, 2042: 500, 2055: 575, 3001: 1150, 3002: 690, 3010: 460}

PRICES: Final = {number: price for rows in _SOLD.values() for number, _, price in rows} | _SAMPLE_PRICES
"""PLU number of what the café sells over the counter, to its price in hundredths with 15 % GST inside."""

COSTS: Final = {supplier: {code: cost for code, _, cost in rows} for (supplier, _), rows in _SUPPLIED.items()}
"""Supplier's name to its product codes, each with what one costs in hundredths with GST inside."""


async def add_demo_catalogue(session: Session, now_ms: int, actor: Actor, kapow: str) -> bool:
    """Fill an organisation's catalogue, unless there is one: what people changed in the demo stays. Whether it was filled."""
    if await store.revision(session, kapow):
        return False
    products = [
        ProductRow(number=number, name=name, group=group, main_group=main_group, tax_group=_GST)
        for (main_group, group), rows in _SOLD.items()
        for number, name, _ in rows
    ] + [
        ProductRow(number=number, name=name, group=group, main_group="Ingredients", tax_group=_GST)
        for group, bought in _BOUGHT.items()
        for number, name in bought
    ]
    suppliers = [SupplierRow(name=name, tax_group=tax_group) for name, tax_group in _SUPPLIED]
    codes = [
        SupplierCodeRow(supplier_name=supplier, code=code, number=number)
        for (supplier, _), rows in _SUPPLIED.items()
        for code, number, _ in rows
    ]
    await samples.add_samples(session, now_ms, actor, kapow)
    await save(session, now_ms, actor, kapow, Kind.TAX_GROUPS, _TAX_GROUPS)
    await save(session, now_ms, actor, kapow, Kind.PRODUCTS, products)
    await save(session, now_ms, actor, kapow, Kind.SUPPLIERS, suppliers)
    await save(session, now_ms, actor, kapow, Kind.SUPPLIER_CODES, codes)
    return True
