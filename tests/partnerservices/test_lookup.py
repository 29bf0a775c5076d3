"""Any ID of an instance is found by support: what happened and when, and no amount, body, person or outlet's name."""

from typing import Any

import pytest
from sqlalchemy import insert

from powerepos_cloud.audit.timeline import Event, merged
from powerepos_cloud.partnerservices import lookup
from powerepos_cloud.partnerservices.catalogue.tables import products
from powerepos_cloud.partnerservices.lookup import Trace
from tests.partnerservices.sales.conftest import shop
from tests.partnerservices.sales.shop import OTHER_KAPOW, OUTLET, Shop, batch, new_id, sale
from tests.partnerservices.sales.test_outcomes import unbalanced
from tests.resourceserver.authserver import KAPOW

__all__ = ["shop"]

EVERYBODY = [OTHER_KAPOW, KAPOW]
SECRETS = ("11.5", "1150", "Visa", "Harbour Street", "2040", "Web Shop", "External Interface", "olga")


async def look(shop: Shop, guid: str, kapows: list[str] | None = None) -> list[Trace]:
    await shop.request_log.settled()
    return await shop.database.read(lambda session: lookup.find(session, EVERYBODY if kapows is None else kapows, guid))


def told(trace: Trace) -> list[tuple[str, str]]:
    """State and title of each event, in order."""
    return [(event.state, event.title) for event in merged([trace.events])]


async def send(shop: Shop, *sales: dict[str, Any], **options: Any) -> str:
    """Send a batch; the ID of the call."""
    shop.clock.advance_ms(1000)
    answer = await shop.post("addbatch", batch(*sales, **options))
    assert answer.status_code == 200, answer.text
    found: str = answer.headers["X-Request-ID"]
    return found


async def test_a_request_is_found_with_the_calls_around_it(shop: Shop) -> None:
    partial = {"allowPartialBatchSubmission": True}
    first = await send(shop, sale())
    second = await send(shop, sale(), unbalanced(), **partial)
    third = await send(shop, sale())
    shop.clock.advance_ms(11 * 60_000)
    await send(shop, sale())
    [trace] = await look(shop, second)
    assert (trace.kind, trace.id, trace.state, trace.kapow, trace.client_id) == ("request", second, "warn", KAPOW, "clientone")
    events = merged([trace.events])
    assert [(event.link, event.is_it, event.state) for event in events] == [
        (first, False, "ok"),
        (second, True, "warn"),
        (third, False, "ok"),
    ]
    assert "sale.unbalanced" in events[1].words
    assert trace.outlet_id == OUTLET


async def test_a_sale_tells_its_versions_its_z_and_the_calls_that_brought_them(shop: Shop) -> None:
    one = sale()
    first = await send(shop, one)
    second = await send(shop, sale(23, salesTransactionID=one["salesTransactionID"]))
    z_id = (await shop.send(batch(sale())))["zReportID"]
    shop.clock.advance_ms(120_000)
    await shop.finalise(z_id, finalisedUserName="olga")
    [trace] = await look(shop, one["salesTransactionID"])
    assert (trace.kind, trace.state, trace.links) == ("sale", "finalised", [("Z", z_id)])
    assert ("Version", "2") in trace.facts
    titles = [title for _, title in told(trace)]
    assert titles.count("Sale stored") == titles.count("Sale replaced") == 1
    assert {"Z opened", "Z finalised"} <= set(titles)
    assert {first, second} <= {event.link for event in trace.events}
    assert [event.title for event in trace.events if event.is_it] == ["Sale replaced"]
    for word in SECRETS:
        assert word not in str(trace), word


async def test_a_z_tells_when_it_was_opened_and_finalised(shop: Shop) -> None:
    z_id = (await shop.send(batch(sale())))["zReportID"]
    [trace] = await look(shop, z_id.upper().lower())
    assert (trace.kind, trace.state) == ("Z report", "open")
    assert ("", "Z opened") in told(trace)
    assert "Z finalised" not in str(trace)
    shop.clock.advance_ms(5000)
    await shop.finalise(z_id)
    [trace] = await look(shop, z_id)
    assert (trace.state, ("ok", "Z finalised") in told(trace)) == ("finalised", True)


async def test_one_guid_at_two_merchants_is_found_twice(shop: Shop) -> None:
    one = sale()
    product = {"kapow": OTHER_KAPOW, "number": 2040, "name": "P", "group_name": "G", "main_group_name": "M", "names_key": "p"}
    await shop.database.write(lambda session: session.run(insert(products).values(**product, active=True)))
    await send(shop, one)
    await shop.post("addbatch", batch(one), kapow=OTHER_KAPOW, root_nodes=[OTHER_KAPOW], client="clienttwo")
    found = await look(shop, one["salesTransactionID"])
    assert {(trace.kapow, trace.client_id) for trace in found} == {(KAPOW, "clientone"), (OTHER_KAPOW, "clienttwo")}
    for trace in found:
        [trace_alone] = await look(shop, one["salesTransactionID"], [trace.kapow])
        assert trace_alone == trace
        ids = {event.link for event in trace.events if event.kind == "request"}
        assert len(ids) == 1


async def test_organisations_beyond_the_first_piece_are_asked_for_too(shop: Shop) -> None:
    one = sale()
    await send(shop, one)
    [trace] = await look(shop, one["salesTransactionID"], [*(new_id() for _ in range(1001)), KAPOW])
    assert trace.kapow == KAPOW
    assert await look(shop, one["salesTransactionID"], []) == []


@pytest.mark.parametrize("guid", ["", "x", "0" * 36])
async def test_what_nobody_has_is_not_found(shop: Shop, guid: str) -> None:
    await send(shop, sale())
    assert await look(shop, guid) == []


async def test_the_newest_calls_of_pairs_are_given(shop: Shop) -> None:
    requests = [await send(shop, sale()) for _ in range(3)]
    await shop.request_log.settled()
    pairs = [(KAPOW, "clientone"), (OTHER_KAPOW, "clientone")]
    events: list[Event] = await shop.database.read(lambda session: lookup.calls(session, pairs, 2))
    assert [event.link for event in merged([events])] == requests[1:]
