"""The demo's café has everything that its sales and stock orders need, and that the documentation's examples name."""

from powerepos_cloud.foundation.database import Database
from powerepos_cloud.manage.demo_catalogue import COSTS, PRICES, add_demo_catalogue
from powerepos_cloud.partnerservices.catalogue import rules, store
from powerepos_cloud.partnerservices.catalogue.imports import save
from powerepos_cloud.partnerservices.catalogue.rules import Kind
from powerepos_cloud.partnerservices.catalogue.samples import SOUTHERN_DAIRY
from tests.partnerservices.catalogue.shop import ACTOR, KAPOW, product


async def test_a_cafe_is_filled_once(partnerservices_database: Database) -> None:
    database = partnerservices_database

    async def fill() -> bool:
        return await database.write(lambda session: add_demo_catalogue(session, 1, ACTOR, KAPOW))

    assert await fill()
    session = database.reader
    sold = await store.products_by_number(session, KAPOW, list(PRICES))
    assert len(sold) == len(PRICES) >= 60
    assert {"Coffee", "Tea", "Cold Drinks", "Bakery", "Breakfast", "Lunch", "Retail Beans"} <= {
        one.group for one in sold.values()
    }
    assert all(100 < price < 10_000 for price in PRICES.values())
    suppliers = {supplier.name: supplier for supplier in await store.list_suppliers(session, KAPOW)}
    assert set(suppliers) == set(COSTS)
    assert suppliers["Southern Dairy"].id == SOUTHERN_DAIRY
    for name, costs in COSTS.items():
        found = await store.products_by_supplier_code(session, KAPOW, suppliers[name].id, list(costs))
        assert set(found) == set(costs)
    assert sum(map(len, COSTS.values())) >= 40
    await database.write(lambda unit: save(unit, 2, ACTOR, KAPOW, Kind.PRODUCTS, [product(2041, "Flat White, mine")]))
    assert not await fill()
    assert await store.product_names(session, KAPOW, [2041]) == {2041: "Flat White, mine"}


async def test_the_documentations_examples_find_their_products(partnerservices_database: Database) -> None:
    await partnerservices_database.write(lambda session: add_demo_catalogue(session, 1, ACTOR, KAPOW))
    session = partnerservices_database.reader
    numbers = [2040, 2041, 2055, 3001, 3002, 3010, 4100]
    assert set(await store.products_by_number(session, KAPOW, numbers)) == set(numbers)
    scone = rules.names_key("Food", "Bakery", "Cheese Scone")
    assert set(await store.products_by_names(session, KAPOW, [scone])) == {scone}
    codes = ["MILK-2L", "BUTTER-1KG", "SAUCE-5L"]
    assert set(await store.products_by_supplier_code(session, KAPOW, SOUTHERN_DAIRY, codes)) == set(codes)
    groups = await store.tax_groups_by_key(session, KAPOW, ["gst 15", "sales tax", "zero-rated", "exempt"])
    assert [groups[key].levels[0] and groups[key].levels[0].rate for key in sorted(groups)] == [None, 15_000, 8_250, 0]
