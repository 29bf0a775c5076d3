"""What becomes of an order: created, replayed, replaced with the old version kept, refused; each change is told once."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import update

from powerepos_cloud.partnerservices.catalogue.imports import save
from powerepos_cloud.partnerservices.catalogue.rules import Kind, SupplierCodeRow, SupplierRow
from powerepos_cloud.partnerservices.outlets.tables import tenants
from tests.partnerservices.stock.shop import KAPOW, OUTLET_2, SOUTHERN_DAIRY, StockShop, line, new_id, order, warned
from tests.support.desk import ACTOR


async def changes(shop: StockShop, **options: Any) -> list[tuple[str, str, int, str]]:
    """The feed of changes, as far as stock orders stand in it."""
    answer = await shop.get("changes?limit=500", **{"pga": ["Partner Stock (Submit)"], **options})
    return [(one["type"], one["id"], one["version"], one["change"]) for one in answer.json()["changes"]]


async def test_the_same_again_is_replayed_whatever_its_spelling(shop: StockShop) -> None:
    body = order(line(), line(5, "BUTTER-1KG"), supplierInvoiceDate="2024-11-29")
    first = await shop.add(body)
    shop.clock.advance_ms(3_600_000)
    again = json.loads(json.dumps(body))
    again["orderID"] = again["orderID"].upper().replace("-", "")
    again["OutletID"] = "{" + again.pop("outletID").upper() + "}"
    again["supplierInvoiceDate"] = "2024-11-29T00:00:00.000"
    again["lineItems"][0]["amount"] = 41.400
    again["lineItems"][0]["quantity"] = 12.00000
    again["colour"] = "red"
    second = await shop.add(again)
    assert (second["outcome"], second["version"]) == ("replayed", 1)
    assert second["stockOrder"] == first["stockOrder"]
    assert warned(second) == [("field.unknown", "/colour")]
    assert await changes(shop) == [("stockOrder", body["orderID"], 1, "created")]
    assert await shop.stored() == 1


async def test_what_cannot_be_read_is_no_replay_of_what_was_stored_without_it(shop: StockShop) -> None:
    free = line(0)
    body = order(free)
    await shop.add(body)
    for lines in ([free, line("1")], [free | {"amount": 10**9}]):
        data = await shop.fail(body | {"lineItems": lines})
        assert data["code"] == "order.lines_failed"


async def test_a_replay_asks_nothing_of_the_catalogue(shop: StockShop) -> None:
    body = order()
    first = await shop.add(body)

    async def rename(session: Any) -> None:
        await save(session, 1, ACTOR, KAPOW, Kind.SUPPLIERS, [SupplierRow(id=SOUTHERN_DAIRY, name="Northern Dairy")])
        row = SupplierCodeRow(supplier_id=SOUTHERN_DAIRY, code="MILK-2L", number=9003)
        await save(session, 1, ACTOR, KAPOW, Kind.SUPPLIER_CODES, [row])

    await shop.database.write(rename)
    second = await shop.add(body)
    assert (second["outcome"], second["stockOrder"]) == ("replayed", first["stockOrder"])
    changed = await shop.add({**body, "supplierName": "Northern Dairy"})
    assert (changed["outcome"], changed["stockOrder"]["supplierName"]) == ("replaced", "Northern Dairy")
    assert changed["stockOrder"]["lineItems"][0]["pluNumber"] == 9003


async def test_other_content_replaces_and_every_version_is_kept(shop: StockShop) -> None:
    body = order(line(10), line(20))
    first = await shop.add(body)
    shop.clock.advance_ms(60_000)
    second = await shop.add({**body, "lineItems": [line(30)], "supplierInvoiceNumber": "SD-2"})
    shop.clock.advance_ms(60_000)
    third = await shop.add({**body, "currencyCode": "AUD"})
    assert [one["outcome"] for one in (first, second, third)] == ["created", "replaced", "replaced"]
    assert [one["stockOrder"]["version"] for one in (first, second, third)] == [1, 2, 3]
    assert {one["stockOrder"]["dateTimeCreated"] for one in (first, second, third)} == {"2024-12-02 13:00:00"}
    for version, answer in enumerate((first, second, third), start=1):
        read = (await shop.read(body["orderID"], f"?version={version}")).json()
        assert read["stockOrder"] == json.loads(json.dumps(answer["stockOrder"], default=float))
        assert (read["version"], read["currentVersion"]) == (version, 3)
        assert [one["version"] for one in read["versions"]] == [1, 2, 3]
        assert [one["receivedAt"][11:19] for one in read["versions"]] == ["00:00:00", "00:01:00", "00:02:00"]
    assert (await shop.read(body["orderID"])).json()["version"] == 3
    assert (await shop.read(body["orderID"], "?version=4")).status_code == 404
    created, *replaced = await changes(shop)
    assert (created[2:], [one[2:] for one in replaced]) == ((1, "created"), [(2, "replaced"), (3, "replaced")])


async def test_going_back_to_an_older_version_is_warned_of(shop: StockShop) -> None:
    body = order(line(10))
    await shop.add(body)
    await shop.add({**body, "lineItems": [line(11)]})
    answer = await shop.add(body)
    assert (answer["outcome"], answer["version"], warned(answer)) == ("replaced", 3, [("order.reverted", "/orderID")])


async def test_an_order_of_another_client_or_outlet_is_a_conflict(shop: StockShop) -> None:
    body = order()
    await shop.add(body)
    for other, client in ((body, "clienttwo"), ({**body, "outletID": OUTLET_2}, "clientone")):
        data = await shop.fail(other, client=client)
        assert (data["result"], data["code"], data["pointer"]) == (1, "order.id_conflict", "/orderID")
    assert (await shop.read(body["orderID"])).json()["version"] == 1


async def test_a_client_reads_its_own_orders_at_its_outlets_only(shop: StockShop) -> None:
    body = order()
    await shop.add(body)
    for path, options in (
        (body["orderID"], {"client": "clienttwo"}),
        (body["orderID"], {"root_nodes": [OUTLET_2]}),
        (new_id(), {}),
        ("nonsense", {}),
        (f"{body['orderID']}", {"query": "?version=2"}),
    ):
        query = str(options.pop("query", ""))
        answer = await shop.read(path, query, **options)
        assert (answer.status_code, answer.json()["errorCode"]) == (404, "order.not_found")
    assert await changes(shop, client="clienttwo") == []
    assert await changes(shop, root_nodes=[OUTLET_2]) == []
    assert await changes(shop, pga=["Partner Sales (View)"]) == []


async def test_without_the_permission_nothing_is_stored_or_read(shop: StockShop) -> None:
    body = order()
    for permission in ("Partner Sales (Submit)", "Partner Sales (View)", "Raw Data (View)"):
        answer = await shop.post_order(body, pga=[permission])
        assert (answer.status_code, answer.json()["errorCode"]) == (403, "permission.missing")
        assert (await shop.read(body["orderID"], pga=[permission])).status_code == 403
    assert await shop.stored() == 0


@pytest.mark.parametrize(("state", "status", "code"), [("leaving", 503, "service.unavailable"), ("gone", 401, "token.invalid")])
async def test_an_organisation_that_moves_takes_no_orders(shop: StockShop, state: str, status: int, code: str) -> None:
    body = order()
    await shop.add(body)
    await shop.database.write(lambda session: session.run(update(tenants).where(tenants.c.kapow == KAPOW).values(state=state)))
    answer = await shop.post_order(order())
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    assert await shop.stored() == 1
    assert (await shop.read(body["orderID"])).status_code == (401 if state == "gone" else 200)


async def test_identical_orders_at_once_are_stored_once(shop: StockShop) -> None:
    for _ in range(3):
        body = order(*(line() for _ in range(20)))
        answers = await asyncio.gather(*(shop.add(body) for _ in range(8)))
        assert sorted(one["outcome"] for one in answers) == ["created"] + ["replayed"] * 7
        assert len({json.dumps(one["stockOrder"], default=str) for one in answers}) == 1
    assert await shop.stored() == 3
    assert len(await changes(shop)) == 3


async def test_different_contents_at_once_are_versions_in_a_row(shop: StockShop) -> None:
    body = order()
    answers = await asyncio.gather(*(shop.add({**body, "lineItems": [line(n + 1)]}) for n in range(8)))
    assert sorted(one["version"] for one in answers) == list(range(1, 9))
    read = (await shop.read(body["orderID"])).json()
    assert [one["version"] for one in read["versions"]] == list(range(1, 9))
    newest = next(one for one in answers if one["version"] == 8)
    assert read["stockOrder"] == json.loads(json.dumps(newest["stockOrder"], default=float))
