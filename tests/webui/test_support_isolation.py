"""Nobody but staff reaches a page of support, and an agent none of the admin's."""

from powerepos_cloud.audit.store import newest
from powerepos_cloud.webui.navigation import SUPPORT
from powerepos_cloud.webui.pages.support.who import ADMIN, AGENT
from tests.webui.crawl import Page, pages
from tests.webui.house import House
from tests.webui.people import PASSWORD, PEOPLE

_END = "/support/view/end"


def of_support(house: House) -> list[Page]:
    """Every page of support."""
    return [page for page in pages(house.app) if page.who.audience == SUPPORT]


def real_ids(house: House) -> dict[str, str]:
    """IDs that are there, for each parameter of a path."""
    world = house.world
    return {
        "number": str(world.partners["Tallyho"]),
        "code": world.harbour.code,
        "client_id": world.client.id,
        "instance_id": world.instances["ros"][0],
        "name": "ros",
        "user_id": str(house.users["support", "agent"].id),
    }


async def test_no_merchant_or_partner_reaches_a_page_of_support(house: House) -> None:
    ids, found = real_ids(house), of_support(house)
    assert len(found) >= 20
    assert {page.path.split("/")[1] for page in found} == {"support"}
    for audience, role in (("organisation", "owner"), ("partner", "owner"), ("both", "owner"), ("nothing", "")):
        reader = await house.signed_in(audience, role)
        csrf = (await reader.get("/account")).forms[0].fields["csrf"]
        before = [row.id for row in await newest(house.directory.reader, 500)]
        for page in found:
            address = page.filled(ids)
            if page.method == "GET":
                assert (await reader.get(address)).status == 404, (role, address)
            else:
                assert (await reader.post_only(address, {"csrf": csrf, "use": "0"})).status_code == 404, (role, address)
        assert (await reader.post_only(_END, {"csrf": csrf})).status_code == 303  # there is nothing to end
        assert [row.id for row in await newest(house.directory.reader, 500)] == before
    stranger = await house.visitor()
    for page in found:
        if page.method == "GET":
            assert (await stranger.get(page.filled(ids))).path.startswith("/sign-in"), page.path


async def test_an_agent_reaches_none_of_the_admins_pages(house: House) -> None:
    ids, found = real_ids(house), of_support(house)
    agent = await house.signed_in("support", "agent")
    csrf = (await agent.get("/support/applications")).forms[0].fields["csrf"]
    before = [row.id for row in await newest(house.directory.reader, 500)]
    closed = [page for page in found if AGENT not in page.who.roles]
    assert {page.path.split("/")[2] for page in closed} == {"services", "instances", "staff"}
    for page in closed:
        address = page.filled(ids)
        if page.method == "GET":
            assert (await agent.get(address)).status == 403, address
        else:
            assert (await agent.post_only(address, {"csrf": csrf, "use": "0"})).status_code == 403, address
    assert [row.id for row in await newest(house.directory.reader, 500)] == before
    shown = (await agent.get("/support/applications")).html
    assert "/support/services" not in shown
    assert "/support/staff" not in shown


async def test_an_admin_reaches_every_page_and_ids_that_are_none_are_not_found(house: House) -> None:
    admin = await house.signed_in("support", "admin")
    house.clock.advance_ms(30_000)
    for page in of_support(house):
        assert ADMIN in page.who.roles
        if page.method == "GET" and "applications/" not in page.path:
            assert (await admin.get(page.filled(real_ids(house)))).status == 200, page.path
        for odd in ("0", "99999999", "x" * 200, "%00", "..%2f", "é", "' OR 1=1"):
            if page.method == "GET" and page.parameters:
                answer = await admin.get(page.filled(dict.fromkeys(page.parameters, odd)))
                assert answer.status == 404, (page.path, odd)


async def test_staff_without_the_second_factor_reach_nothing(house: House) -> None:
    reader = await house.visitor()
    await reader.sign_in(PEOPLE["support", "admin"].email, PASSWORD)  # the code is still to be shown
    for page in of_support(house):
        if page.method == "GET":
            assert (await reader.get(page.filled(real_ids(house)))).path.startswith("/sign-in/code"), page.path
