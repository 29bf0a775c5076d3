"""The merchant's stock orders: what was sent, what is odd about it, what was replaced; nobody else's."""

from typing import Any

import msgspec
import pytest

from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.partnerservices.catalogue import samples
from powerepos_cloud.partnerservices.catalogue.memory import CatalogueMemory
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.stock import orders
from powerepos_cloud.partnerservices.stock.intake import read_intake
from powerepos_cloud.resourceserver.caller import Caller
from tests.partnerservices.sales.shop import OUTLET, new_id
from tests.partnerservices.stock.shop import line, order
from tests.support.desk import ACTOR
from tests.webui.browsing import DESK, PHONE, Theme, found_by_axe
from tests.webui.conftest import OpenAs
from tests.webui.house import House, LitHouse
from tests.webui.keyboard import Keyboard

NOW = 1_733_097_600_000  # 2024-12-02T00:00:00Z


class Stockroom:
    """An organisation's outlet with a catalogue, and the orders that its partner sends."""

    def __init__(self, database: Database, organisation: Organisation, client_id: str) -> None:
        self.database = database
        self.caller = Caller(
            service="partnerservices",
            organisation_code=organisation.code,
            kapow=organisation.kapow,
            client_id=client_id,
            sub="svc",
            permissions=frozenset(),
            outlets=None,
            sid="sid",
            expires_at=2**33,
        )

    async def open(self) -> None:
        """Outlet and catalogue."""

        async def unit(session: Session) -> None:
            kapow = self.caller.kapow
            await outlets.add(
                session, NOW, ACTOR, kapow, name="Harbour Cafe", zone="Pacific/Auckland", currency="NZD", outlet_id=OUTLET,
                stock_enabled=True,
            )  # fmt: skip
            await samples.add_samples(session, NOW, ACTOR, kapow)

        await self.database.write(unit)

    async def send(self, body: dict[str, Any]) -> str:
        """Store an order; its ID."""
        intake = read_intake(msgspec.json.encode(body))
        await self.database.write(lambda session: orders.add(session, CatalogueMemory(), self.caller, intake, NOW))
        return str(body["orderID"])


async def stocked(house: House | LitHouse) -> Stockroom:
    """Harbour's stockroom."""
    room = Stockroom(house.partnerservices, house.world.harbour, house.world.client.id)
    await room.open()
    return room


async def test_orders_are_listed_and_narrowed_with_what_is_odd(house: House) -> None:
    room = await stocked(house)
    reader = await house.signed_in("organisation", "viewer")
    assert "No stock orders yet" in (await reader.get("/stock-orders")).text
    await room.send(order(line(41.4), supplierInvoiceNumber="SD-1", supplierInvoiceDate="2024-11-20"))
    await room.send(order(line(48), supplierInvoiceNumber="SD-2", supplierInvoiceDate="2024-11-27"))
    await room.send(order(line(-1234.5, quantity=-358), supplierInvoiceNumber="SD-2", supplierInvoiceDate="2024-11-28"))
    page = await reader.get("/stock-orders")
    rows = page.text.split("Total ", 1)[1]
    assert rows.index("Thu 28 Nov 2024") < rows.index("Wed 27 Nov 2024") < rows.index("Wed 20 Nov 2024")
    assert (rows.count("Sent twice?"), rows.count("price changed")) == (1, 2)
    assert "−1,234.50" in rows
    narrowed = await reader.get("/stock-orders?from=2024-11-27&to=2024-11-27")
    assert ("48.00" in narrowed.text, "41.40" in narrowed.text, "−1,234.50" in narrowed.text) == (True, False, False)
    assert "No invoice matches" in (await reader.get(f"/stock-orders?outlet={new_id()}")).text
    wrong = await reader.get("/stock-orders?from=yesterday")
    assert "Enter a date such as" in wrong.text


async def test_more_than_a_page_of_orders_is_turned_over(house: House) -> None:
    room = await stocked(house)
    for number in range(51):
        await room.send(order(supplierInvoiceNumber=f"N{number}", supplierInvoiceDate=f"2024-11-{1 + number % 28:02d}"))
    reader = await house.signed_in("organisation", "owner")
    page = await reader.get("/stock-orders")
    assert page.html.count('<th scope="row">') == 50
    older = next(link for link in page.html.split('href="') if link.startswith("/stock-orders?after="))
    second = await reader.get(older.split('"', 1)[0].replace("&amp;", "&"))
    assert second.html.count('<th scope="row">') == 1
    assert "Newest" in second.text


async def test_an_order_shows_lines_taxes_versions_and_its_sender(house: House) -> None:
    room = await stocked(house)
    before = order(line(41.4), supplierInvoiceNumber="SD-1", supplierInvoiceDate="2024-11-20")
    await room.send(before)
    lines = [line(48), line(-2.5, kind=11, description="Rebate"), line(5, "BUTTER-1KG", quantity=-4)]
    body = order(*lines, supplierInvoiceNumber="SD-2", supplierInvoiceDate="2024-11-27")
    await room.send(body)
    changed = {**body, "lineItems": [{**body["lineItems"][0], "quantity": 24}, line(5, kind=10, description="Freight")]}
    order_id = await room.send(changed)
    reader = await house.signed_in("organisation", "manager")
    page = await reader.get(f"/stock-orders/{order_id}")
    for told in (
        "Invoice SD-2",
        "Version 2 of 2",
        "53.00",
        "GST 15%, inside it",
        "6.91",
        "Tallyho",
        "Freight",
        "1 price changed",
    ):
        assert told in page.text, told
    versions = page.text.split("Versions", 1)[1]
    for told in ("12 for 48.00", "24 for 48.00", "Freightnone1 for 5.00", "Rebate1 for −2.50"):
        assert told in versions, told
    older = await reader.get(f"/stock-orders/{order_id}?version=1")
    assert "This is an older version" in older.text
    assert "−2.50" in older.text
    assert "−1.25" in older.text  # apiece
    for nothing in (new_id(), "nonsense", f"{order_id}?version=3", f"{order_id}?version=x"):
        assert (await reader.get(f"/stock-orders/{nothing}")).status == 404


async def test_of_many_versions_the_newest_are_listed_with_the_first_of_their_changes(house: House) -> None:
    room = await stocked(house)
    body = order(*(line(0.01) for _ in range(103)), supplierInvoiceNumber="SD-1")
    for version in range(1, 23):
        lines = body["lineItems"] if version == 22 else body["lineItems"][:2]
        await room.send({**body, "lineItems": [{**one, "amount": version} for one in lines]})
    reader = await house.signed_in("organisation", "viewer")
    versions = (await reader.get(f"/stock-orders/{body['orderID']}")).text.split("Versions", 1)[1]
    assert "The newest 20 of 22 are listed." in versions
    assert "See version 3" in versions
    assert "See version 2" not in versions.replace("See version 20", "").replace("See version 21", "")
    assert "12 for 2.0012 for 3.00" in versions.replace(", GST 15", "")
    assert "And 3 more: see the version itself." in versions
    assert "Nothing that counts changed" not in versions


async def test_another_organisations_order_is_unknown_and_a_partner_sees_none(house: House) -> None:
    order_id = await (await stocked(house)).send(order())
    lakeside = await house.signed_in("lakeside", "owner")
    assert (await lakeside.get(f"/stock-orders/{order_id}")).status == 404
    assert "No stock orders yet" in (await lakeside.get("/stock-orders")).text
    partner = await house.signed_in("partner", "owner")
    assert (await partner.get(f"/stock-orders/{order_id}")).status == 404


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_and_the_keyboard_finds_an_order(open_as: OpenAs, lit_house: LitHouse, theme: Theme) -> None:
    room = Stockroom(lit_house.partnerservices, lit_house.world.lakeside, lit_house.world.client.id)
    if not (await outlets.listing(lit_house.partnerservices.reader, room.caller.kapow)):
        await room.open()
    first = order(supplierInvoiceNumber="A", supplierInvoiceDate="2024-11-20")
    await room.send(first)
    order_id = await room.send(order(line(99), supplierInvoiceNumber="A", supplierInvoiceDate="2024-11-21"))
    await room.send({**first, "supplierInvoiceNumber": "B"})
    found: list[str] = []
    for viewport in (DESK, PHONE):
        page = await open_as("lakeside", "owner", viewport, theme)
        for path in ("/stock-orders", f"/stock-orders/{order_id}", f"/stock-orders/{first['orderID']}"):
            await page.goto(path)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            found += await found_by_axe(page)
    assert not found, "\n".join(found)
    keys = Keyboard(page)
    await page.goto("/stock-orders")
    await keys.choose("Supplier", "Southern Dairy")
    await keys.write(from_="11212024")  # 21 November, as this browser has dates typed
    await keys.press("Filter")
    await keys.follow("A", page.locator(f'tr:has(a[href="/stock-orders/{order_id}"])'))
    assert order_id in page.url
