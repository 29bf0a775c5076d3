"""The catalogue's pages: searched by name and by the beginning of a number, a page at a time, one's own alone."""

import pytest

from powerepos_cloud.partnerservices.catalogue import browsing
from powerepos_cloud.partnerservices.catalogue.browsing import Counts
from powerepos_cloud.partnerservices.catalogue.rules import Kind, SupplierRow
from powerepos_cloud.partnerservices.catalogue.samples import SOUTHERN_DAIRY
from tests.partnerservices.catalogue.shop import Shop, code, gst, product


@pytest.fixture
async def filled(shop: Shop, other: Shop) -> Shop:
    """The samples, and another organisation's things beside them."""
    await shop.add_samples()
    await shop.save(Kind.PRODUCTS, product(29, "Crème_Brûlée"), product(204, "Tea", active=False))
    await other.save(Kind.TAX_GROUPS, gst())
    await other.save(Kind.PRODUCTS, product(2041, "Flat Earth"), product(7, "Theirs"))
    await other.save(Kind.SUPPLIERS, SupplierRow(id=SOUTHERN_DAIRY, name="Southern Dairy"))
    await other.save(Kind.SUPPLIER_CODES, code("THEIRS", 7))
    return shop


async def numbers(shop: Shop, text: str = "", **options: int | bool) -> list[int]:
    """The numbers of what is found."""
    return [found.number for found in await shop.ask(browsing.find_products, text, **options)]


async def test_what_a_catalogue_holds(filled: Shop, other: Shop) -> None:
    assert await filled.ask(browsing.counts) == Counts(13, 1, 4, 1, 3)
    assert await other.ask(browsing.counts) == Counts(2, 0, 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("flat WHITE", [2041]),
        ("bakery", [2042, 2055]),
        ("204", [204, 2040, 2041, 2042]),
        ("2041", [2041]),
        ("brûlée", [29]),
        ("e_b", [29]),
        ("%", []),
        ("theirs", []),
        ("99999999999", []),
        ("0", []),
        ("²", []),
    ],
)
async def test_products_are_found_by_name_and_by_the_beginning_of_their_number(filled: Shop, text: str, found: list[int]) -> None:
    assert await numbers(filled, text) == found


async def test_pages_follow_on_each_other(filled: Shop) -> None:
    whole = await numbers(filled)
    assert len(whole) == 13
    assert await numbers(filled, limit=3) == whole[:3]
    assert await numbers(filled, after=whole[2], limit=3) == whole[3:6]
    assert await numbers(filled, active=False) == [204]
    assert 204 not in await numbers(filled, active=True)


async def test_one_product_by_its_number(filled: Shop, other: Shop) -> None:
    assert (await filled.ask(browsing.product, 2041)).name == "Flat White"
    assert await filled.ask(browsing.product, 7) is None
    assert await filled.ask(browsing.product, 10**40) is None
    assert (await other.ask(browsing.product, 7)).name == "Theirs"


async def test_a_suppliers_codes_with_what_they_mean(filled: Shop, other: Shop) -> None:
    found = await filled.ask(browsing.find_codes, SOUTHERN_DAIRY)
    assert [(one.code, name) for one, name in found] == [
        ("BUTTER-1KG", "Butter 1 kg"),
        ("MILK-2L", "Milk 2 L"),
        ("SAUCE-5L", "House Sauce 5 L"),
    ]
    assert [one.code for one, _ in await filled.ask(browsing.find_codes, SOUTHERN_DAIRY, after="BUTTER-1KG", limit=1)] == [
        "MILK-2L"
    ]
    assert [one.code for one, _ in await other.ask(browsing.find_codes, SOUTHERN_DAIRY)] == ["THEIRS"]
