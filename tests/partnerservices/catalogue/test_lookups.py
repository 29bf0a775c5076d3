"""Sales and stock orders look up many things at once, and only in their own organisation's catalogue."""

import pytest

from powerepos_cloud.foundation.database import Database, Hot
from powerepos_cloud.partnerservices.catalogue import rules, store
from powerepos_cloud.partnerservices.catalogue.rules import Kind, SupplierCode, SupplierRow
from powerepos_cloud.partnerservices.catalogue.samples import SOUTHERN_DAIRY
from tests.partnerservices.catalogue.shop import Shop, code, product

NOWHERE = (0, -1, 7, 2**31, 2**63, 10**30)


async def test_products_are_found_by_number(shop: Shop) -> None:
    await shop.save(Kind.PRODUCTS, product(1), product(2, active=False), product(3))
    found = await shop.ask(store.products_by_number, [1, 2, *NOWHERE])
    assert {number: (row.name, row.active) for number, row in found.items()} == {
        1: ("Product 1", True),
        2: ("Product 2", False),
    }
    assert await shop.ask(store.product_names, [1, 2, *NOWHERE]) == {1: "Product 1", 2: "Product 2"}
    assert await shop.ask(store.product_names, []) == {}


async def test_products_are_found_by_their_three_names(shop: Shop) -> None:
    await shop.save(
        Kind.PRODUCTS,
        product(1, "Crème Brûlée", group="Sweet", main_group="Food"),
        product(2, "Old", active=False),
        product(3, "Old", active=False),
        product(9, "Again", active=False),
        product(4, "Again"),
    )
    asked = {
        "decomposed, other case, spaces": (" FOOD", "sweet ", "CRE\u0300ME BRU\u0302LE\u0301E"),
        "inactive": ("M", "G", "old"),
        "active before inactive": ("M", "G", "Again"),
        "other group": ("Food", "Sour", "Crème Brûlée"),
        "names run together": ("Food\x1fSweet", "", "Crème Brûlée"),
        "a NUL": ("M", "G", "Old\0"),
        "half a letter": ("M", "G", "\ud800"),
    }
    keys = {what: rules.names_key(*names) for what, names in asked.items()}
    found = await shop.ask(store.products_by_names, list(keys.values()))
    numbers = {what: found[key].number for what, key in keys.items() if key in found}
    assert numbers == {"decomposed, other case, spaces": 1, "inactive": 3, "active before inactive": 4}


async def test_products_are_found_by_a_suppliers_code(shop: Shop) -> None:
    await shop.add_samples()
    await shop.save(Kind.SUPPLIERS, SupplierRow(name="Roast House"))
    await shop.save(Kind.SUPPLIER_CODES, code("MILK-2L", 2041, "Roast House"))
    wanted = ["MILK-2L", rules.code_key(" SAUCE-5L "), "milk-2l", "NONE", "\0"]
    found = await shop.ask(store.products_by_supplier_code, SOUTHERN_DAIRY, wanted)
    assert {text: row.number for text, row in found.items()} == {"MILK-2L": 9001, "SAUCE-5L": 9003}


async def test_an_unknown_code_comes_with_those_that_look_like_it(shop: Shop) -> None:
    await shop.add_samples()
    await shop.save(Kind.SUPPLIERS, SupplierRow(name="Roast House"))
    await shop.save(Kind.SUPPLIER_CODES, code("MILK-2-L", 2041, "Roast House"))
    known = await shop.ask(store.codes_with_names, SOUTHERN_DAIRY)
    found = store.similar_codes(known, ["milk 2l", "MILK2", "BUTTER-2KG", "XYZ"])
    milk = (SupplierCode(SOUTHERN_DAIRY, "MILK-2L", 9001), "Milk 2 L")
    butter = (SupplierCode(SOUTHERN_DAIRY, "BUTTER-1KG", 9002), "Butter 1 kg")
    assert found == {"milk 2l": [milk], "MILK2": [milk], "BUTTER-2KG": [butter], "XYZ": []}


async def test_at_most_five_codes_are_offered(shop: Shop) -> None:
    await shop.add_samples()
    await shop.save(Kind.SUPPLIER_CODES, *(code(f"BEANS-{n}KG", 9001) for n in range(1, 9)))
    known = await shop.ask(store.codes_with_names, SOUTHERN_DAIRY)
    (found,) = store.similar_codes(known, ["BEANS-9KG"]).values()
    assert [candidate.code for candidate, _ in found] == [f"BEANS-{n}KG" for n in range(1, 6)]


async def test_nothing_of_another_organisation_is_found(shop: Shop, other: Shop) -> None:
    """The hand-written statements are not seen by the tenant guard."""
    await shop.add_samples()
    await other.save(Kind.PRODUCTS, product(1))
    key = rules.names_key("Food", "Bakery", "Cheese Scone")
    for asked, found in ((shop, True), (other, False)):
        assert bool(await asked.ask(store.product_names, [2040])) is found
        assert bool(await asked.ask(store.products_by_number, [2040])) is found
        assert bool(await asked.ask(store.products_by_names, [key])) is found
        assert bool(await asked.ask(store.products_by_supplier_code, SOUTHERN_DAIRY, ["MILK-2L"])) is found
        assert bool(await asked.ask(store.codes_with_names, SOUTHERN_DAIRY)) is found
        assert (await asked.ask(store.supplier_by_id, SOUTHERN_DAIRY) is not None) is found
        assert (await asked.ask(store.supplier_by_name, "Southern Dairy") is not None) is found
        assert bool(await asked.ask(store.tax_groups_by_key, ["gst 15"])) is found
        assert bool(await asked.ask(store.list_tax_groups)) is found
        assert bool(await asked.ask(store.list_suppliers)) is found
        assert bool(await asked.ask(store.list_supplier_codes, SOUTHERN_DAIRY)) is found
    assert [row.number for row in await other.ask(store.list_products)] == [1]
    assert (await shop.ask(store.revision), await other.ask(store.revision)) == (4, 1)


async def test_products_are_listed_by_pages(shop: Shop) -> None:
    await shop.save(Kind.PRODUCTS, *(product(n, active=n != 3) for n in range(1, 8)))
    assert [row.number for row in await shop.ask(store.list_products, after=2, limit=3)] == [3, 4, 5]
    assert [row.number for row in await shop.ask(store.list_products, active=True)] == [1, 2, 4, 5, 6, 7]
    assert [row.number for row in await shop.ask(store.list_products, active=False)] == [3]


@pytest.mark.parametrize("dialect", ["sqlite"])  # PostgreSQL reads an empty table through, whatever its indexes
@pytest.mark.parametrize("statement", [store._NAMES_BY_NUMBER, store._BY_NUMBER, store._BY_NAMES, store._BY_CODE])
async def test_a_look_up_reads_by_index_alone(partnerservices_database: Database, statement: Hot) -> None:
    """A catalogue of a hundred thousand products must not be read through for a batch."""
    explained = Hot("EXPLAIN QUERY PLAN " + statement.sqlite.replace("?", "$"))
    values = ["kapow", SOUTHERN_DAIRY, "[]"] if "$3" in explained.postgresql else ["kapow", "[]"]
    steps = [row[3] for row in await partnerservices_database.reader.hot(explained, *values)]
    assert not [step for step in steps if step.startswith("SCAN") and "json_each" not in step], steps
