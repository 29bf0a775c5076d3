"""What support is told of an application: whether the address is the company's, and whether we know it already."""

import pytest

from powerepos_cloud.directory import applications
from powerepos_cloud.directory.application_checks import checks_of, host_of
from powerepos_cloud.directory.applications import Application
from tests.directory.test_applications import SITE, waiting
from tests.support.desk import Desk


async def shorts(desk: Desk, one: Application) -> list[str]:
    """The checks that did not pass."""
    return [check.short for check in (await desk.ask(checks_of, [one]))[one.id] if not check.passed]


@pytest.mark.parametrize(
    ("website", "email", "expected"),
    [
        ("https://bayleaf.example", "hana@bayleaf.example", []),
        ("https://www.bayleaf.example/about", "hana@bayleaf.example", []),
        ("https://shop.bayleaf.example", "hana@bayleaf.example", []),
        ("https://bayleaf.example", "hana@mail.bayleaf.example", []),
        ("https://bayleaf.example", "hana@leaf.example", ["E-mail on another domain"]),
        ("https://bayleaf.example", "hana@evilbayleaf.example", ["E-mail on another domain"]),
    ],
)
async def test_the_address_should_be_on_the_websites_domain(desk: Desk, website: str, email: str, expected: list[str]) -> None:
    one = await waiting(desk, "Bayleaf Software Ltd", website, "Hana", email)
    assert await shorts(desk, one) == expected


@pytest.mark.parametrize(
    ("name", "website", "email", "is_known"),
    [
        ("Tills, Limited.", "https://new.example", "a@new.example", True),
        ("New", "https://www.tills.example/x", "a@tills.example", True),
        ("New", "https://new.example", "ann@tills.example", True),
        ("New", "https://shop.tills.example", "b@tills.example", True),
        ("Tillsmith", "https://tillsmith.example", "a@tillsmith.example", False),
    ],
)
async def test_a_company_that_is_known_already_is_pointed_out(
    desk: Desk, name: str, website: str, email: str, is_known: bool
) -> None:
    partner = await desk.partner("Tills Ltd")
    one = await waiting(desk, name, website, "Bo", email)
    found = [check for check in (await desk.ask(checks_of, [one]))[one.id] if check.partner_ids]
    assert [check.partner_ids for check in found] == ([(partner.id,)] if is_known else [])


async def test_an_earlier_refusal_is_pointed_out_with_its_reason(desk: Desk) -> None:
    first = await waiting(desk, "Bayleaf", "https://bayleaf.example", "Hana", "hana@bayleaf.example")
    await desk.do(applications.refuse, SITE, first.id, "The website does not open.")
    second = await waiting(desk, "Bayleaf Ltd", "https://bayleaf2.example", "Hana", "hana@bayleaf2.example")
    [check] = [check for check in (await desk.ask(checks_of, [second]))[second.id] if not check.passed]
    assert check.text.endswith("The website does not open.")
    third = await waiting(desk, "Another", "https://another.example", "Bo", "bo@another.example")
    assert await shorts(desk, third) == []


async def test_what_an_application_became_is_not_its_own_double(desk: Desk) -> None:
    one = await waiting(desk, "Bayleaf", "https://bayleaf.example", "Hana", "hana@bayleaf.example")
    approved, _, _ = await desk.do(applications.approve, SITE, one.id)
    assert await shorts(desk, approved) == []


def test_the_host_is_compared_without_www_and_letter_case() -> None:
    assert host_of("https://WWW.Bayleaf.example:8443/x") == "bayleaf.example"
    assert host_of("nonsense") == ""
