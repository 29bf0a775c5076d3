"""What is remembered of a catalogue is what it says now, in one's own organisation, and not without end."""

import pytest
from sqlalchemy import text

from powerepos_cloud.foundation.database import DatabaseUnavailable, Session
from powerepos_cloud.partnerservices.catalogue import imports
from powerepos_cloud.partnerservices.catalogue.memory import MOST_FACTS, CatalogueMemory, Known
from powerepos_cloud.partnerservices.catalogue.rules import Kind, SupplierCodeRow, SupplierRow, TaxGroup, TaxLevel
from powerepos_cloud.partnerservices.catalogue.samples import SOUTHERN_DAIRY
from tests.partnerservices.catalogue.shop import ACTOR, Shop, code, product
from tests.support.schema import on_database

NORTHERN_DAIRY = "4f1a9c7e-82d3-4b60-9e5a-c7d0b2f8e620"


class Rolled(Exception):
    """Rolls a unit back."""


async def numbers(shop: Shop, memory: CatalogueMemory, *codes: str, supplier: str = SOUTHERN_DAIRY) -> list[int | None]:
    """The products that these codes of Southern Dairy, or another supplier, mean, by what is remembered."""

    async def unit(session: Session) -> list[int | None]:
        known = await memory.of(session, shop.kapow)
        found = await known.products_by_supplier_code(session, supplier, codes)
        return [found[one].number if one in found else None for one in codes]

    return await shop.database.write(unit)


async def remembered(shop: Shop, memory: CatalogueMemory) -> Known:
    """What is remembered of the shop's catalogue."""
    return await shop.database.read(lambda session: memory.of(session, shop.kapow))


async def test_a_change_is_known_at_once(shop: Shop) -> None:
    await shop.add_samples()
    memory = CatalogueMemory()
    assert await numbers(shop, memory, "MILK-2L", "NEW") == [9001, None]
    assert len(await remembered(shop, memory)) == 1
    await shop.save(Kind.SUPPLIER_CODES, code("MILK-2L", 9002), code("NEW", 9003))
    assert await numbers(shop, memory, "MILK-2L", "NEW") == [9002, 9003]


async def test_a_code_is_remembered_by_its_supplier(shop: Shop) -> None:
    await shop.add_samples()
    await shop.save(Kind.SUPPLIERS, SupplierRow(id=NORTHERN_DAIRY, name="Northern Dairy"))
    await shop.save(Kind.SUPPLIER_CODES, SupplierCodeRow(supplier_id=NORTHERN_DAIRY, code="MILK-2L", number=9002))
    memory = CatalogueMemory()
    for _ in range(2):
        assert await numbers(shop, memory, "MILK-2L") == [9001]
        assert await numbers(shop, memory, "MILK-2L", "BUTTER-1KG", supplier=NORTHERN_DAIRY) == [9002, None]


async def test_nothing_is_remembered_for_another_organisation(shop: Shop, other: Shop) -> None:
    await shop.add_samples()
    memory = CatalogueMemory()
    assert await numbers(shop, memory, "MILK-2L") == [9001]
    assert await numbers(other, memory, "MILK-2L") == [None]


async def test_what_a_change_said_that_was_undone_is_forgotten(shop: Shop) -> None:
    """The next change has the same revision."""
    await shop.add_samples()
    memory = CatalogueMemory()

    async def undone(session: Session) -> None:
        await imports.save(session, shop.clock.now_ms(), ACTOR, shop.kapow, Kind.SUPPLIER_CODES, [code("MILK-2L", 9002)])
        known = await memory.of(session, shop.kapow)
        assert (await known.products_by_supplier_code(session, SOUTHERN_DAIRY, ["MILK-2L"]))["MILK-2L"].number == 9002
        raise Rolled

    with pytest.raises(Rolled):
        await shop.database.write(undone)
    shop.clock.advance_ms(1)
    await shop.save(Kind.SUPPLIER_CODES, code("MILK-2L", 9003))
    assert await numbers(shop, memory, "MILK-2L") == [9003]


async def test_what_a_change_said_whose_commit_failed_is_forgotten(shop: Shop, partnerservices_url: str) -> None:
    """A foreign key that is checked only at COMMIT breaks it; the next change has the same revision."""
    await shop.add_samples()
    promises = "CREATE TABLE promises (kapow text REFERENCES catalogues (kapow) DEFERRABLE INITIALLY DEFERRED)"
    on_database(partnerservices_url, lambda connection: connection.execute(text(promises)))
    memory = CatalogueMemory()

    async def broken(session: Session) -> int:
        await imports.save(session, shop.clock.now_ms(), ACTOR, shop.kapow, Kind.SUPPLIER_CODES, [code("MILK-2L", 9002)])
        await session.run(text("INSERT INTO promises (kapow) VALUES ('nobody')"))
        known = await memory.of(session, shop.kapow)
        return (await known.products_by_supplier_code(session, SOUTHERN_DAIRY, ["MILK-2L"]))["MILK-2L"].number

    pending = shop.database.submit(broken)
    assert await pending.claimed == 9002
    with pytest.raises(DatabaseUnavailable):
        await pending.durable
    assert await numbers(shop, memory, "MILK-2L") == [9001]
    shop.clock.advance_ms(1)
    await shop.save(Kind.SUPPLIER_CODES, code("MILK-2L", 9003))
    assert await numbers(shop, memory, "MILK-2L") == [9003]


async def test_tax_groups_are_remembered_beside_codes(shop: Shop) -> None:
    await shop.save(Kind.TAX_GROUPS, TaxGroup("GST", (TaxLevel("GST", 15_000, inclusive=True), None, None, None)))
    memory = CatalogueMemory()

    async def rate(session: Session) -> int:
        level = (await (await memory.of(session, shop.kapow)).tax_groups_by_key(session, ["gst"]))["gst"].levels[0]
        assert level is not None
        return level.rate

    assert await shop.database.write(rate) == 15_000
    await shop.save(Kind.TAX_GROUPS, TaxGroup("GST", (TaxLevel("GST", 12_500, inclusive=True), None, None, None)))
    assert await shop.database.write(rate) == 12_500


async def test_organisations_that_were_asked_for_longest_ago_are_forgotten_first(shop: Shop, other: Shop) -> None:
    for one, count in ((shop, MOST_FACTS // 2 + 1), (other, MOST_FACTS // 2)):
        await one.save(Kind.PRODUCTS, product(1))
        await one.save(Kind.SUPPLIERS, SupplierRow(id=SOUTHERN_DAIRY, name="Southern Dairy"))
        await one.save(Kind.SUPPLIER_CODES, *(code(f"C{n}", 1) for n in range(count)))
    memory = CatalogueMemory()
    await numbers(shop, memory, *(f"C{n}" for n in range(MOST_FACTS // 2 + 1)))
    await numbers(other, memory, *(f"C{n}" for n in range(MOST_FACTS // 2 - 1)))
    assert len(await remembered(shop, memory)) == MOST_FACTS // 2 + 1
    await numbers(other, memory, f"C{MOST_FACTS // 2 - 1}")
    assert len(await remembered(other, memory)) == MOST_FACTS // 2
    assert len(await remembered(shop, memory)) == 0
