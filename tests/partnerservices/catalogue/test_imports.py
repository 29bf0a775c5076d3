"""An import is all or nothing, adds and changes, and leaves one audit row; every bad row is told at once."""

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import update

from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.partnerservices.catalogue import exports, imports, planning, store
from powerepos_cloud.partnerservices.catalogue.rules import Kind, Product, SupplierRow, TaxGroup, TaxLevel
from powerepos_cloud.partnerservices.catalogue.samples import SOUTHERN_DAIRY
from powerepos_cloud.partnerservices.outlets.store import OrganisationGone, OrganisationLeaving
from powerepos_cloud.partnerservices.outlets.tables import tenants
from tests.partnerservices.catalogue.shop import ACTOR, Shop, code, counts, gst, product, told

HEADER = "pluNumber,pluName,groupName,mainGroupName,taxGroupName,active\n"


async def test_an_import_adds_changes_and_leaves_alone(shop: Shop) -> None:
    await shop.save(Kind.TAX_GROUPS, gst())
    first, _ = await shop.load(Kind.PRODUCTS, HEADER + "1,Tea,Hot,Drinks,GST 15,yes\n2,Bun,Bakery,Food,,yes\n")
    second, _ = await shop.load(
        Kind.PRODUCTS, HEADER + "1,Tea,Hot,Drinks,gst 15,\n2,Sweet Bun,Bakery,Food,,no\n3,Pie,Hot,Food,,\n"
    )
    assert (counts(first), counts(second)) == ((2, 0, 0, 0), (1, 1, 1, 0))
    assert await shop.ask(store.list_products) == [
        Product(1, "Tea", "Hot", "Drinks", "gst 15", active=True),
        Product(2, "Sweet Bun", "Bakery", "Food", None, active=False),
        Product(3, "Pie", "Hot", "Food", None, active=True),
    ]


async def test_what_a_file_does_not_say_stays_as_it_is(shop: Shop) -> None:
    await shop.save(Kind.TAX_GROUPS, gst())
    await shop.save(Kind.PRODUCTS, product(1, tax_group="GST 15", active=False))
    plan, _ = await shop.load(Kind.PRODUCTS, "pluNumber,pluName,groupName,mainGroupName\n1,Chai,G,M\n")
    assert counts(plan) == (0, 1, 0, 0)
    assert await shop.ask(store.list_products) == [Product(1, "Chai", "G", "M", "gst 15", active=False)]
    await shop.load(Kind.PRODUCTS, HEADER + "1,Chai,G,M,,\n")
    assert await shop.ask(store.list_products) == [Product(1, "Chai", "G", "M", None, active=False)]


async def test_one_bad_row_keeps_all_out_and_every_bad_row_is_told(shop: Shop) -> None:
    text = HEADER + (
        "1,Tea,Hot,Drinks,,\n"
        "x,Tea,Hot,Drinks,,\n"
        f"3,{'n' * 51},Hot,Drinks,,perhaps\n"
        "4,Coffee,Hot,Drinks,No such group,\n"
        "5,,Hot,Drinks,,\n"
        "6,Cake,Hot\n"
        "7,Pie,Hot,Food,,\n"
    )
    plan, problems = await shop.load(Kind.PRODUCTS, text)
    assert counts(plan) == (2, 0, 0, 5)
    assert told(problems) == [
        (3, "pluNumber"),
        (4, "pluName"),
        (4, "active"),
        (5, "taxGroupName"),
        (6, "pluName"),
        (7, "row"),
    ]
    assert str(problems[0]) == "line 3, pluNumber: expected a whole number from 1 to 2147483647, got 'x'."
    assert str(problems[3]) == (
        "line 5, taxGroupName: expected the name of a tax group in the catalogue, got 'No such group'. Add the tax group first."
    )
    assert str(problems[4]) == "line 6, pluName: expected 1 to 50 characters, got nothing."
    assert await shop.ask(store.list_products) == []
    assert await shop.audited() == []


async def test_bad_rows_are_left_out_when_asked(shop: Shop) -> None:
    plan, problems = await shop.load(Kind.PRODUCTS, HEADER + "1,Tea,Hot,Drinks,,\nx,Tea,Hot,Drinks,,\n", skip_bad=True)
    assert (counts(plan), told(problems)) == ((1, 0, 0, 1), [(3, "pluNumber")])
    assert [row.number for row in await shop.ask(store.list_products)] == [1]


async def test_a_row_that_stands_there_twice_is_told_with_the_other_lines(shop: Shop) -> None:
    """Nobody knows which of them is meant, so none is taken; a row with another fault counts too."""
    text = HEADER + "1,Tea,Hot,Drinks,,\n2,Bun,Bakery,Food,,\n1,Chai,Hot,Drinks,,\n1,Mate,Hot,Drinks,,perhaps\n"
    plan, problems = await shop.load(Kind.PRODUCTS, text, skip_bad=True)
    assert counts(plan) == (1, 0, 0, 3)
    assert [(one.line, one.column, one.also) for one in problems] == [
        (2, "pluNumber", (4, 5)),
        (4, "pluNumber", (2, 5)),
        (5, "active", ()),
        (5, "pluNumber", (2, 4)),
    ]
    assert str(problems[0]) == "line 2, pluNumber: expected each PLU number once, got it again. See lines 4, 5."
    assert [row.number for row in await shop.ask(store.list_products)] == [2]


async def test_active_products_share_no_names(shop: Shop) -> None:
    await shop.save(Kind.PRODUCTS, product(1, "Latte"), product(2, "Old Latte", active=False))
    with pytest.raises(Invalid, match=r"pluName.*no other active product has, got 'M / G / LATTE'\. PLU 1 has it"):
        await shop.save(Kind.PRODUCTS, product(3, "LATTE"))
    assert counts(await shop.save(Kind.PRODUCTS, product(3, "OLD latte"))) == (1, 0, 0, 0)
    with pytest.raises(Invalid, match="PLU 3 has it"):
        await shop.save(Kind.PRODUCTS, product(2, "Old Latte", active=True))


async def test_names_can_be_swapped_and_taken_over_in_one_import(shop: Shop) -> None:
    """The databases look at unique names row by row."""
    await shop.save(Kind.PRODUCTS, product(1, "Small"), product(2, "Large"), product(3, "Retired"))
    plan = await shop.save(
        Kind.PRODUCTS, product(1, "Large"), product(2, "Small"), product(3, "Retired", active=False), product(4, "Retired")
    )
    assert counts(plan) == (1, 3, 0, 0)
    names = {row.number: (row.name, row.active) for row in await shop.ask(store.list_products)}
    assert names == {1: ("Large", True), 2: ("Small", True), 3: ("Retired", False), 4: ("Retired", True)}


async def test_a_row_left_out_keeps_its_names_from_others(shop: Shop) -> None:
    """2 takes the names that 1 would give up, but 1's row is bad; and 3 those of 2, which now keeps its own."""
    await shop.save(Kind.PRODUCTS, product(1, "A"), product(2, "B"), product(3, "C"))
    text = HEADER + "1,New,G,M,no such group,\n2,A,G,M,,\n3,B,G,M,,\n4,D,G,M,,\n"
    plan, problems = await shop.load(Kind.PRODUCTS, text, skip_bad=True)
    assert counts(plan) == (1, 0, 0, 3)
    assert told(problems) == [(2, "taxGroupName"), (3, "pluName"), (4, "pluName")]
    assert [row.name for row in await shop.ask(store.list_products)] == ["A", "B", "C", "D"]


async def test_suppliers_are_found_by_id_then_by_name_and_else_made(shop: Shop) -> None:
    await shop.save(Kind.SUPPLIERS, SupplierRow(id=SOUTHERN_DAIRY, name="Southern Dairy"))
    plan = await shop.save(
        Kind.SUPPLIERS,
        SupplierRow(id=SOUTHERN_DAIRY.upper(), name="Southern Dairy Ltd"),
        SupplierRow(name="Roast House"),
    )
    assert counts(plan) == (1, 1, 0, 0)
    assert counts(await shop.save(Kind.SUPPLIERS, SupplierRow(name="ROAST HOUSE"))) == (0, 1, 0, 0)
    known = {supplier.name: supplier.id for supplier in await shop.ask(store.list_suppliers)}
    assert set(known) == {"Southern Dairy Ltd", "ROAST HOUSE"}
    assert known["Southern Dairy Ltd"] == SOUTHERN_DAIRY
    assert await shop.ask(store.supplier_by_name, " southern dairy LTD ") == await shop.ask(store.supplier_by_id, SOUTHERN_DAIRY)
    assert await shop.ask(store.supplier_by_name, "Southern Dairy") is None


async def test_suppliers_share_no_name_letter_case_aside(shop: Shop) -> None:
    await shop.save(Kind.SUPPLIERS, SupplierRow(name="Straße"))
    other_id = "11111111-2222-4333-8444-555555555555"
    with pytest.raises(Invalid, match="a name that no other supplier has, got 'STRASSE'"):
        await shop.save(Kind.SUPPLIERS, SupplierRow(id=other_id, name="STRASSE"))
    _, problems = await shop.load(Kind.SUPPLIERS, "supplierName\nNew One\nNEW ONE\n")
    assert [(one.line, one.also) for one in problems] == [(2, (3,)), (3, (2,))]


async def test_suppliers_swap_their_names_in_one_import(shop: Shop) -> None:
    await shop.save(Kind.SUPPLIERS, SupplierRow(name="North"), SupplierRow(name="South"))
    known = {supplier.name: supplier.id for supplier in await shop.ask(store.list_suppliers)}
    await shop.save(Kind.SUPPLIERS, SupplierRow(id=known["North"], name="South"), SupplierRow(id=known["South"], name="North"))
    swapped = {supplier.name: supplier.id for supplier in await shop.ask(store.list_suppliers)}
    assert swapped == {"North": known["South"], "South": known["North"]}


async def test_a_suppliers_code_means_one_product(shop: Shop) -> None:
    await shop.add_samples()
    text = (
        "supplierName,supplierID,supplierProductCode,pluNumber\n"
        f"Southern Dairy,,MILK-1L,9001\n,{SOUTHERN_DAIRY},MILK-1L,9002\nSouthern Dairy,,MILK-3L,7\nWho,,X,9001\n,,Y,9001\n"
        f"Southern Dairy,{SOUTHERN_DAIRY},milk-1l,9001\n"
    )
    _, problems = await shop.load(Kind.SUPPLIER_CODES, text)
    assert [(one.line, one.column, one.also) for one in problems] == [
        (2, "supplierProductCode", (3,)),
        (3, "supplierProductCode", (2,)),
        (4, "pluNumber", ()),
        (5, "supplierName", ()),
        (6, "supplierName", ()),
    ]
    assert counts(await shop.save(Kind.SUPPLIER_CODES, code("MILK-2L", 9002))) == (0, 1, 0, 0)
    assert {row.code: row.number for row in await shop.ask(store.list_supplier_codes)} == {
        "BUTTER-1KG": 9002,
        "MILK-2L": 9002,
        "SAUCE-5L": 9003,
    }


async def test_id_and_name_of_a_codes_supplier_must_agree(shop: Shop) -> None:
    await shop.add_samples()
    await shop.save(Kind.SUPPLIERS, SupplierRow(name="Roast House"))
    text = f"supplierName,supplierID,supplierProductCode,pluNumber\nRoast House,{SOUTHERN_DAIRY},X,9001\n"
    _, (problem,) = await shop.load(Kind.SUPPLIER_CODES, text)
    assert str(problem) == (
        f"line 2, supplierID: expected the ID of Roast House, got '{SOUTHERN_DAIRY}'. Leave one of the two out."
    )


async def test_zero_rated_and_exempt_are_kept_apart(shop: Shop) -> None:
    mixed = TaxGroup("Mixed", (TaxLevel("GST", 15_000, True), None, TaxLevel("City", 1_125, False), None))
    zero = TaxGroup("Zero", (TaxLevel("GST", 0, True), None, None, None))
    exempt = TaxGroup("Exempt", (None, None, None, None))
    await shop.save(Kind.TAX_GROUPS, mixed, zero, exempt)
    assert await shop.ask(store.list_tax_groups) == [exempt, mixed, zero]
    assert [group.exempt for group in (exempt, mixed, zero)] == [True, False, False]
    assert await shop.ask(store.tax_groups_by_key, ["mixed", "nothing", "bad\0key"]) == {"mixed": mixed}


async def test_each_import_leaves_one_audit_row_with_its_counts(shop: Shop) -> None:
    await shop.save(Kind.PRODUCTS, product(1), product(2))
    await shop.save(Kind.PRODUCTS, product(1), product(2, "Renamed"), product(3))
    assert await shop.audited() == [
        {"kind": "products", "created": 2, "updated": 0, "unchanged": 0, "bad": 0, "revision": 1},
        {"kind": "products", "created": 1, "updated": 1, "unchanged": 1, "bad": 0, "revision": 2},
    ]


async def test_an_import_that_changes_nothing_leaves_no_trace(shop: Shop) -> None:
    await shop.save(Kind.PRODUCTS, product(1))
    before = await shop.audited()
    shop.clock.advance_ms(1000)
    assert counts(await shop.save(Kind.PRODUCTS, product(1))) == (0, 0, 1, 0)
    assert await shop.audited() == before
    assert await shop.ask(store.revision) == 1


async def test_a_preview_stores_nothing(shop: Shop) -> None:
    entries = [planning.entry(product(1))]
    plan = await imports.preview(shop.database, shop.kapow, Kind.PRODUCTS, entries)
    assert counts(plan) == (1, 0, 0, 0)
    assert await shop.ask(store.list_products) == []


@pytest.mark.parametrize(("state", "error"), [("leaving", OrganisationLeaving), ("gone", OrganisationGone)])
async def test_nothing_is_imported_once_the_organisation_moves(shop: Shop, state: str, error: type[Exception]) -> None:
    await shop.save(Kind.PRODUCTS, product(1))
    moved = update(tenants).where(tenants.c.kapow == shop.kapow).values(state=state)
    await shop.database.write(lambda session: session.run(moved))
    with pytest.raises(error):
        await shop.save(Kind.PRODUCTS, product(2))
    with pytest.raises(error):
        await shop.load(Kind.PRODUCTS, HEADER + "2,Tea,Hot,Drinks,,\n")
    assert len(await shop.ask(store.list_products)) == 1


async def test_a_plan_that_is_out_of_date_is_not_stored(shop: Shop) -> None:
    plan = await imports.preview(shop.database, shop.kapow, Kind.PRODUCTS, [planning.entry(product(1, "Planned"))])
    await shop.save(Kind.PRODUCTS, product(1, "Meanwhile"))
    with pytest.raises(imports.CatalogueMoved):
        await shop.database.write(lambda session: imports.apply(session, 1, ACTOR, shop.kapow, plan))
    assert [row.name for row in await shop.ask(store.list_products)] == ["Meanwhile"]


async def test_imports_of_the_same_at_once_make_it_once(shop: Shop) -> None:
    """Eight at once: one makes supplier and code, the others find them; the code means what the last of them said."""
    await shop.add_samples()
    made = await asyncio.gather(*(shop.load(Kind.SUPPLIERS, "supplierName\nRoast House\n") for _ in range(8)))
    assert sorted(counts(plan) for plan, _ in made) == [(0, 0, 1, 0)] * 7 + [(1, 0, 0, 0)]
    told_apart = await asyncio.gather(
        *(shop.save(Kind.SUPPLIER_CODES, code("BEANS", number, "Roast House")) for number in (9001, 9002, 9003) * 3)
    )
    assert sum(len(plan.created) for plan in told_apart) == 1
    roaster = await shop.ask(store.supplier_by_name, "Roast House")
    assert roaster is not None
    assert len(await shop.ask(store.list_supplier_codes, roaster.id)) == 1


async def test_names_that_two_imports_claim_at_once_go_to_one(shop: Shop) -> None:
    results = await asyncio.gather(
        *(shop.save(Kind.PRODUCTS, product(number, "Latte")) for number in range(1, 9)), return_exceptions=True
    )
    assert [type(result) for result in results].count(Invalid) == 7
    assert len(await shop.ask(store.list_products)) == 1


async def test_many_imports_at_once_all_get_through(shop: Shop) -> None:
    """Each finds its plan out of date again and again; in the end it plans while the others wait."""
    results = await asyncio.gather(*(shop.load(Kind.PRODUCTS, HEADER + f"{n},P{n},G,M,,\n") for n in range(1, 21)))
    assert [counts(plan) for plan, _ in results] == [(1, 0, 0, 0)] * 20
    assert await shop.ask(store.revision) == 20


async def test_ten_thousand_products_come_in_within_seconds_and_stop_nobody(shop: Shop, other: Shop) -> None:
    await shop.save(Kind.TAX_GROUPS, gst())
    text = HEADER + "".join(f"{n},Product number {n},Group {n % 40},Main {n % 5},GST 15,yes\n" for n in range(1, 10_001))
    stop, longest = asyncio.Event(), 0.0

    async def watch() -> None:
        nonlocal longest
        while not stop.is_set():
            before = time.monotonic()
            await other.save(Kind.TAX_GROUPS, gst(int(before * 1000) % 90_000))
            longest = max(longest, time.monotonic() - before)
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    started = time.monotonic()
    try:
        plan, _ = await shop.load(Kind.PRODUCTS, text)
        again, _ = await shop.load(Kind.PRODUCTS, text)
    finally:
        stop.set()
        await watching
    took = time.monotonic() - started
    print(f"twice in {took:.2f} s, another writer waited at most {longest:.2f} s")
    assert (counts(plan), counts(again)) == ((10_000, 0, 0, 0), (0, 0, 10_000, 0))
    assert took < 60
    assert longest < max(3, took / 4)  # a writer kept out by a whole import would have waited for half of it


async def test_catalogues_of_two_organisations_are_apart(shop: Shop, other: Shop) -> None:
    await shop.add_samples()
    await other.save(Kind.PRODUCTS, product(2040, "Theirs"))
    everything: Any = [await shop.ask(exports.rows, kind) for kind in Kind]
    assert counts(await other.save(Kind.TAX_GROUPS, gst(5_000))) == (1, 0, 0, 0)
    await other.save(Kind.SUPPLIERS, SupplierRow(id=SOUTHERN_DAIRY, name="Southern Dairy", tax_group="GST 15"))
    await other.save(Kind.PRODUCTS, product(9001))
    await other.save(Kind.SUPPLIER_CODES, code("MILK-2L", 2040))
    with pytest.raises(Invalid, match="the number of a product in the catalogue, got 9002"):
        await other.save(Kind.SUPPLIER_CODES, code("BUTTER-1KG", 9002))
    assert [await shop.ask(exports.rows, kind) for kind in Kind] == everything
    assert await shop.ask(store.revision) == 4
    assert [row["revision"] for row in await other.audited()] == [1, 2, 3, 4, 5]
