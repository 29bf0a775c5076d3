"""Z reports: found, made, late, finalised, counted (contract section 7)."""

import asyncio
from typing import Any

import pytest

from tests.partnerservices.sales.shop import OTHER_KAPOW, OUTLET, OUTLET_2, TARGET, Shop, batch, outcomes, sale
from tests.partnerservices.sales.test_outcomes import unbalanced

AUTO = {"autoFinalisePreviousTradingDays": True}
DOLLARS = {"currencyCode": "AUD", "currencySymbol": "$", "currencyName": "Australian Dollar"}


async def request_z(shop: Shop, *, outlet: str = OUTLET, client: str = "clientone", **target: Any) -> dict[str, Any]:
    """The answer of `requestzreport` for a target."""
    body = {"outletID": outlet, "zReportTarget": TARGET | target}
    answer = await shop.post("requestzreport", body, client=client)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def zs(shop: Shop, query: str = "", **options: Any) -> list[dict[str, Any]]:
    """The Zs of the list."""
    answer = await shop.get(f"sales/zreports{query}", **options)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["zReports"]
    return found


async def test_a_z_by_its_id(shop: Shop) -> None:
    z = await request_z(shop)
    answer = await shop.send(batch(sale(), zReportTarget=..., zReportID=z["zReportID"].upper()))
    assert (answer["batchResult"], answer["zReportID"], answer["zReportCounter"]) == (0, z["zReportID"], 1)
    assert answer["zReportTarget"] == z["zReportTarget"]


async def test_a_z_by_its_target_without_case_and_spaces(shop: Shop) -> None:
    z = await request_z(shop, terminalName="Web Shöp")
    answer = await shop.send(batch(sale(), target={"terminalName": "  wEB SHO\u0308P ", "clientVersion": "4"}))
    assert answer["zReportID"] == z["zReportID"]
    assert answer["zReportTarget"]["terminalName"] == "Web Shöp"
    assert answer["zReportTarget"]["clientVersion"] == "3.2"


async def test_both_that_agree(shop: Shop) -> None:
    z = await request_z(shop)
    answer = await shop.send(batch(sale(), target={"clientName": "label"}, zReportID=z["zReportID"]))
    assert (answer["batchResult"], answer["zReportID"]) == (0, z["zReportID"])


@pytest.mark.parametrize(
    "target", [{"tradingDate": "2024-12-02"}, {"terminalName": "Kiosk"}, {"isTraining": True}, DOLLARS], ids=str
)
async def test_both_that_differ_store_nothing(shop: Shop, target: dict[str, Any]) -> None:
    known = sale()
    z = await shop.send(batch(known))
    for options in ({}, {"allowPartialBatchSubmission": True}):
        body = batch(known, sale(), unbalanced(), target=target, zReportID=z["zReportID"], batchOptions=options)
        answer = await shop.send(body)
        assert (answer["batchResult"], answer["code"]) == (4, "z.mismatch")
        # The stored sale is asked for in the Z that it is in, by ID: it is a replay, whatever the target says.
        assert outcomes(answer) == [("replayed", 0, None), ("skipped", 1, "sale.skipped"), ("skipped", 1, "sale.skipped")]
        assert (answer["zReportID"], answer["zReportCounter"], answer["zReportTarget"]) == (None, None, None)
    assert len(await zs(shop)) == 1
    mismatch = await shop.post(
        "requestzreport", {"outletID": OUTLET, "zReportID": z["zReportID"], "zReportTarget": TARGET | target}
    )
    assert (mismatch.status_code, mismatch.json()["errorCode"]) == (400, "z.mismatch")


@pytest.mark.parametrize("options", [{}, {"allowPartialBatchSubmission": True}], ids=str)
async def test_a_finalised_z_id_takes_nothing_new_or_changed(shop: Shop, options: dict[str, bool]) -> None:
    known, elsewhere = sale(), sale(8)
    z = await shop.send(batch(known))
    await shop.send(batch(elsewhere, target={"terminalName": "Kiosk"}))
    await shop.finalise(z["zReportID"])
    answer = await shop.send(
        batch(known, sale(), elsewhere, unbalanced(), zReportTarget=..., zReportID=z["zReportID"], batchOptions=options)
    )
    assert (answer["batchResult"], answer["code"]) == (3, "z.finalised")
    assert outcomes(answer) == [("replayed", 0, None), *[("rejected", 6, "z.finalised")] * 3]
    assert answer["zReportID"] is None
    assert (await shop.z(z["zReportID"]))["totals"]["count"] == 1
    replayed = await shop.send(batch(known, zReportTarget=..., zReportID=z["zReportID"]))
    assert (replayed["batchResult"], replayed["zReportID"]) == (0, z["zReportID"])


async def test_late_sales_open_a_further_z_with_a_warning(shop: Shop) -> None:
    first = await shop.send(batch(sale()))
    await shop.finalise(first["zReportID"])
    late = await shop.send(batch(sale(4)))
    assert late["batchResult"] == 0
    assert [warning["code"] for warning in late["warnings"]] == ["z.late"]
    assert late["zReportID"] != first["zReportID"]
    assert late["zReportCounter"] == 2
    assert late["zReportTarget"]["tradingDate"] == "2024-12-01"
    more = await shop.send(batch(sale(5)))
    assert (more["zReportID"], more["warnings"]) == (late["zReportID"], [])
    assert (await shop.z(late["zReportID"]))["totals"]["count"] == 2


async def test_a_late_z_by_request_is_warned_of_too(shop: Shop) -> None:
    first = await request_z(shop)
    await shop.finalise(first["zReportID"])
    late = await request_z(shop)
    assert [warning["code"] for warning in late["warnings"]] == ["z.late"]
    assert (late["zReportCounter"], late["isFinalised"]) == (2, False)


async def test_at_most_twenty_zs_of_one_key_and_date(shop: Shop) -> None:
    known = sale()
    for counter in range(1, 21):
        answer = await shop.send(batch(known if counter == 1 else sale()))
        assert answer["zReportCounter"] == counter
        await shop.finalise(answer["zReportID"])
    refused = await shop.send(batch(known, sale()))
    assert (refused["batchResult"], refused["code"]) == (3, "z.too_many")
    assert outcomes(refused) == [("replayed", 0, None), ("rejected", 6, "z.too_many")]
    assert "20" in refused["errorMessage"]
    assert len(await zs(shop)) == 20
    other_day = await shop.send(batch(sale(), target={"tradingDate": "2024-12-02"}))
    assert other_day["zReportCounter"] == 21


async def test_counters_are_one_sequence_per_outlet_terminal_and_training_flag(shop: Shop) -> None:
    async def counter(**options: Any) -> int:
        found: int = (await request_z(shop, **options))["zReportCounter"]
        return found

    assert await counter() == 1
    assert await counter(tradingDate="2024-12-02") == 2
    assert await counter(tradingDate="2024-12-02", terminalName="WEB SHOP ") == 2  # the same Z
    assert await counter(client="clienttwo") == 3  # shared by clients
    assert await counter(**DOLLARS) == 4
    assert await counter(terminalName="Kiosk") == 1
    assert await counter(isTraining=True) == 1
    assert await counter(outlet=OUTLET_2) == 1


async def test_a_failed_batch_makes_no_z_and_takes_no_counter(shop: Shop) -> None:
    await shop.send(batch(sale(), unbalanced()))
    assert await zs(shop) == []
    assert (await request_z(shop))["zReportCounter"] == 1


async def test_earlier_trading_days_are_finalised_on_request(shop: Shop) -> None:
    earlier = await request_z(shop, tradingDate="2024-11-29")
    kiosk = await request_z(shop, tradingDate="2024-11-30", terminalName="Kiosk")
    dollars = await request_z(shop, tradingDate="2024-11-30", **DOLLARS)
    others = [
        await request_z(shop, tradingDate="2024-11-30", isTraining=True),
        await request_z(shop, tradingDate="2024-11-30", client="clienttwo"),
        await request_z(shop, tradingDate="2024-11-30", outlet=OUTLET_2),
        await request_z(shop, tradingDate="2024-12-01", terminalName="Kiosk"),
        await request_z(shop, tradingDate="2024-12-02"),
    ]
    answer = await shop.send(batch(sale(), batchOptions=AUTO))
    assert answer["autoFinalised"] == [
        {
            "zReportID": z["zReportID"], "zReportCounter": z["zReportCounter"],
            "tradingDate": z["zReportTarget"]["tradingDate"], "terminalName": z["zReportTarget"]["terminalName"],
        }
        for z in (earlier, kiosk, dollars)
    ]  # fmt: skip
    closed = await shop.z(earlier["zReportID"])
    assert closed["isFinalised"]
    assert closed["finalisedUserName"] == "External Interface"
    assert closed["finalisedDateTime"] == "2024-12-02 13:00:00"  # 2024-12-02T00:00Z on Auckland's clock
    for z in others:
        client = "clienttwo" if z is others[1] else "clientone"
        assert not (await shop.z(z["zReportID"], client=client))["isFinalised"]


async def test_earlier_days_stay_open_if_nothing_was_stored(shop: Shop) -> None:
    known = sale()
    earlier = await request_z(shop, tradingDate="2024-11-29")
    await shop.send(batch(known))
    for body in (batch(known, batchOptions=AUTO), batch(unbalanced(), batchOptions=AUTO)):
        assert (await shop.send(body))["autoFinalised"] == []
    assert not (await shop.z(earlier["zReportID"]))["isFinalised"]


async def test_a_moved_sale_leaves_its_z_before_that_is_finalised(shop: Shop) -> None:
    one = sale()
    earlier = await shop.send(batch(one, target={"tradingDate": "2024-11-30"}))
    answer = await shop.send(batch(one, batchOptions=AUTO))
    assert [z["zReportID"] for z in answer["autoFinalised"]] == [earlier["zReportID"]]
    closed = await shop.z(earlier["zReportID"])
    assert (closed["isFinalised"], closed["totals"]["count"], closed["totals"]["taxes"]) == (True, 0, [])


async def test_the_list_of_zs_is_narrowed_and_paged(shop: Shop) -> None:
    made = [
        await request_z(shop, tradingDate=date, terminalName=name) for date in ("2024-12-01", "2024-12-02") for name in ("A", "B")
    ]
    london = await request_z(shop, outlet=OUTLET_2)
    await request_z(shop, client="clienttwo")
    assert await zs(shop) == [*made, london]
    assert await zs(shop, f"?outletID={OUTLET}&tradingDate=2024-12-02") == made[2:]
    assert await zs(shop, f"?outletID={OUTLET_2}") == [london]
    seen: list[dict[str, Any]] = []
    after = ""
    while True:
        page = (await shop.get(f"sales/zreports?limit=2{after}")).json()
        seen += page["zReports"]
        assert len(page["zReports"]) <= 2
        if not page["more"]:
            assert page["next"] is None
            break
        after = f"&after={page['next']}"
    assert seen == [*made, london]
    assert await zs(shop, root_nodes=[OUTLET_2]) == [london]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "after=-1", "tradingDate=2024-13-01", "outletID=x"])
async def test_a_query_that_is_wrong(shop: Shop, query: str) -> None:
    answer = await shop.get(f"sales/zreports?{query}")
    assert answer.status_code == 400
    name = query.partition("=")[0]
    assert answer.json()["data"]["errors"][0]["pointer"] == f"/{name}"


async def test_eight_senders_at_once_get_one_z_and_no_gap(shop: Shop) -> None:
    async def sender(day: int) -> list[str]:
        found = []
        for terminal in ("Web Shop", "Kiosk"):
            target = {"tradingDate": f"2024-12-{day:02d}", "terminalName": terminal}
            answers = await asyncio.gather(*(shop.send(batch(sale(), sale(3), target=target)) for _ in range(8)))
            assert [answer["batchResult"] for answer in answers] == [0] * 8
            found.append({answer["zReportID"] for answer in answers})
        assert [len(ids) for ids in found] == [1, 1]
        return [ids.pop() for ids in found]

    made = await asyncio.gather(*(sender(day) for day in (1, 2, 3)))
    for terminal in (0, 1):
        read = [await shop.z(ids[terminal]) for ids in made]
        assert sorted(z["zReportCounter"] for z in read) == [1, 2, 3]
        assert [(z["totals"]["count"], z["totals"]["gross"]) for z in read] == [(16, 116)] * 3


async def test_identical_batches_at_once_are_stored_once(shop: Shop) -> None:
    body = batch(*(sale() for _ in range(10)))
    answers = await asyncio.gather(*(shop.send(body) for _ in range(8)))
    words = [{result["outcome"] for result in answer["batchItemResults"]} for answer in answers]
    assert words.count({"created"}) == 1
    assert words.count({"replayed"}) == 7
    assert len({answer["zReportID"] for answer in answers}) == 1
    z = await shop.z(answers[0]["zReportID"])
    assert (z["totals"]["count"], z["totals"]["gross"], z["zReportCounter"]) == (10, 115, 1)


async def test_sales_and_their_finalise_at_once_are_in_one_z_or_the_next(shop: Shop) -> None:
    first = await shop.send(batch(sale(1)))
    answers = await asyncio.gather(
        *(shop.send(batch(sale(1))) for _ in range(6)),
        shop.finalise(first["zReportID"]),
        *(shop.send(batch(sale(1))) for _ in range(6)),
    )
    used = {answer["zReportID"] for answer in answers} | {first["zReportID"]}
    assert sum([(await shop.z(z_id))["totals"]["count"] for z_id in used]) == 13
    assert sorted([(await shop.z(z_id))["zReportCounter"] for z_id in used]) == list(range(1, len(used) + 1))


async def test_another_organisations_z_does_not_exist(shop: Shop) -> None:
    z = await request_z(shop)
    for path in (f"sales/zreports/{z['zReportID']}", "sales/zreports/5d2f1c90-6b7e-4a58-9c31-77e0a4b8d201"):
        answer = await shop.get(path, kapow=OTHER_KAPOW)
        assert (answer.status_code, answer.json()["errorCode"]) == (404, "z.not_found")
    assert await zs(shop, kapow=OTHER_KAPOW) == []
