"""The request log as partners read it: their own clients' calls alone, newest first, page by page."""

from typing import Any

from powerepos_cloud.partnerservices.requestlog import reading, store
from powerepos_cloud.partnerservices.requestlog.inspecting import inspect
from powerepos_cloud.partnerservices.requestlog.reading import Wanted
from powerepos_cloud.partnerservices.requestlog.store import Call
from tests.partnerservices.requestlog.test_request_log import PARTIAL
from tests.partnerservices.sales.conftest import shop
from tests.partnerservices.sales.shop import OTHER_KAPOW, Shop, batch, sale
from tests.partnerservices.sales.test_outcomes import unbalanced
from tests.resourceserver.authserver import KAPOW

__all__ = ["shop"]

OWN = [(KAPOW, "clientone")]


async def add(shop: Shop, number: int, client_id: str = "clientone", kapow: str = KAPOW, **facts: Any) -> str:
    """Note a call."""
    status = facts.pop("status", 200)
    endpoint = facts.pop("endpoint", "POST /api/v1/sales/addbatch")
    request_id = f"r-{client_id}-{kapow[:2]}-{number:03d}"
    call = Call(request_id, None, kapow, client_id, endpoint, 1_000_000 + number // 2, **facts)
    await shop.database.write(lambda session: store.add(session, call, status))
    return request_id


async def test_pages_follow_one_another_without_gap_or_repeat(shop: Shop) -> None:
    own = [await add(shop, number) for number in range(12)]
    own += [await add(shop, number, kapow=OTHER_KAPOW) for number in range(12)]
    await add(shop, 3, "clienttwo")
    await add(shop, 4, "clienttwo", OTHER_KAPOW)
    seen: list[str] = []
    before = None
    for _ in range(10):
        calls = await reading.page(shop.database.reader, [*OWN, (OTHER_KAPOW, "clientone")], Wanted(before=before), 5)
        if not calls:
            break
        seen += [call.id for call in calls]
        before = calls[-1].at, calls[-1].id
    assert sorted(seen) == sorted(own)
    assert len(set(seen)) == 24


async def test_calls_are_found_by_result_endpoint_and_id_and_only_by_their_own(shop: Shop) -> None:
    rejected = await add(shop, 1, outcomes={"created": 1, "rejected": 2, "sale.unbalanced": 2}, body=b"{}", answer=b"{}")
    refused = await add(shop, 2, status=403, endpoint="GET /api/v1/changes")
    await add(shop, 3, outcomes={"created": 1})
    reader = shop.database.reader

    async def found(result: str = "", endpoint: str = "") -> list[str]:
        return [call.id for call in await reading.page(reader, OWN, Wanted(result, endpoint), 9)]

    assert await found("rejected") == [rejected]
    assert await found("refused") == [refused]
    assert await found(endpoint="GET /api/v1/changes") == [refused]
    call = await reading.find(reader, OWN, rejected)
    assert call is not None
    assert (call.has_body, call.rejected, call.is_refused) == (True, 2, False)
    assert await reading.find(reader, [(KAPOW, "clienttwo")], rejected) is None
    assert await reading.find(reader, [(OTHER_KAPOW, "clientone")], rejected) is None
    assert await reading.find(reader, [], rejected) is None
    assert await reading.kept_body(reader, call) == reading.KeptBody("{}", "{}")
    newest = await reading.newest_of_each(reader, [*OWN, (KAPOW, "clienttwo")])
    last, wrong = newest[KAPOW, "clientone"]
    assert (last.id, wrong and wrong.id) == ("r-clientone-" + KAPOW[:2] + "-003", refused)
    assert list(newest) == OWN


async def test_a_failed_batch_is_taken_apart_and_its_lines_are_marked(shop: Shop) -> None:
    bad = unbalanced()
    answer = await shop.post("addbatch", batch(sale(), bad, sale(invoiceNumber=...), batchOptions=PARTIAL))
    await shop.request_log.settled()
    call = await reading.find(shop.database.reader, OWN, answer.headers["X-Request-ID"])
    assert call is not None
    kept = await reading.kept_body(shop.database.reader, call)
    assert kept is not None
    found = inspect(kept.body, kept.answer)
    assert found.is_whole
    assert [item.outcome for item in found.items] == [result["outcome"] for result in answer.json()["batchItemResults"]]
    item = found.items[1]
    assert (item.id, item.name, item.faults[0].code) == (
        bad["salesTransactionID"], bad["invoiceNumber"], "sale.unbalanced",
    )  # fmt: skip
    hits = [line for line in found.lines(item) if line.is_hit]
    assert hits
    assert all(line.says for line in hits)
    assert found.lines(found.items[0])[0].text == "{"
    assert sum(line.is_hit for line in found.all_lines()) >= len(hits)


def test_a_fault_marks_the_line_of_its_value_or_of_what_lacks_it() -> None:
    body = '{"outletID": "x", "Sales": [{"invoiceNumber": "A", "transactionItems": [{"amount": 4.990}]}]}'
    fault = '{"code": "number.scale", "message": "m", "pointer": "%s", "expected": "2 decimals", "actual": 4.99}'
    answer = '{"batchItemResults": [{"index": 0, "outcome": "rejected", "errors": [%s]}]}'
    found = inspect(body, answer % (fault % "/Sales/0/transactionItems/0/amount"))
    [item] = found.items
    assert [line.text.strip() for line in found.lines(item) if line.is_hit] == ['"amount": 4.990']
    absent = inspect(body, answer % (fault % "/Sales/0/dateTimeClosed"))
    [hit] = [line for line in absent.lines(absent.items[0]) if line.is_hit]
    assert hit.says == "dateTimeClosed: expected 2 decimals"


def test_what_redaction_made_unreadable_is_still_shown() -> None:
    found = inspect('{"sales": [{"memo": [redacted], "invoiceNumber": "A"}]}', '{"batchItemResults": [{"outcome": "created"}]}')
    assert [item.name for item in found.items] == ["A"]
    for body, answer in (("{", "{}"), ("[]", "{}"), ("{}", ""), ("[" * 5000, "{}")):
        assert not inspect(body, answer).is_whole
    odd = inspect('{"sales": 7}', '{"batchItemResults": [null, {"errors": 3}], "errors": "x"}')
    assert [item.faults for item in odd.items] == [[]]
    assert odd.lines(odd.items[0])
