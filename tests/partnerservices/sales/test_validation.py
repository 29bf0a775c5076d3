"""`?validateOnly=true` says what would happen, and nothing happens (contract section 7)."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from powerepos_cloud.foundation.database.schema import PARTNERSERVICES
from powerepos_cloud.foundation.database.tenants import crossing
from tests.partnerservices.sales.shop import OUTLET, Shop, batch, outcomes, sale, warned
from tests.partnerservices.sales.test_outcomes import NEXT_DAY, dearer, unbalanced
from tests.partnerservices.sales.test_zs import AUTO, request_z


async def stored(shop: Shop) -> str:
    """Every row that is stored, but for the request log's."""
    found = {}
    for table in PARTNERSERVICES.sorted_tables:
        if table.name != "request_log":
            rows = await shop.database.reader.all(crossing(select(table).order_by(*table.primary_key.columns), "a test"))
            found[table.name] = [repr(tuple(row)) for row in rows]
    return json.dumps(found, indent=1)


async def judge(shop: Shop, body: Any) -> dict[str, Any]:
    """What validation says; it must change nothing."""
    before = await stored(shop)
    answer = await shop.send(body, query="?validateOnly=true")
    assert answer["validated"] is True
    assert await stored(shop) == before
    return answer


def without_z_and_flag(answer: dict[str, Any]) -> dict[str, Any]:
    """What validation and the real thing must agree in where a Z would be made."""
    left_out = ("validated", "zReportID", "zReportCounter", "zReportTarget")
    plain = {name: value for name, value in answer.items() if name not in left_out}
    plain["batchItemResults"] = [
        {name: value for name, value in result.items() if name not in ("zReportID", "zReportCounter")}
        for result in answer["batchItemResults"]
    ]
    return plain


async def test_a_z_that_would_be_made_is_told_as_null(shop: Shop) -> None:
    body = batch(sale(), sale(3))
    judged = await judge(shop, body)
    assert (judged["zReportID"], judged["zReportCounter"], judged["zReportTarget"]) == (None, None, None)
    assert [(r["zReportID"], r["zReportCounter"]) for r in judged["batchItemResults"]] == [(None, None)] * 2
    real = await shop.send(body)
    assert real["zReportCounter"] == 1
    assert real["validated"] is False
    assert without_z_and_flag(judged) == without_z_and_flag(real)


async def test_a_sale_that_would_move_into_a_new_z_names_none(shop: Shop) -> None:
    one = sale()
    await shop.send(batch(one))
    judged = await judge(shop, batch(one, target=NEXT_DAY))
    result = judged["batchItemResults"][0]
    assert (result["outcome"], result["version"], result["tradingDate"]) == ("replaced", 2, "2024-12-02")
    assert (result["zReportID"], result["zReportCounter"]) == (None, None)
    assert ("sale.moved", "/sales/0/salesTransactionID") in warned(result)


@pytest.mark.parametrize("options", [{}, {"allowPartialBatchSubmission": True}], ids=str)
async def test_judged_and_real_answers_are_the_same_where_the_z_is_there(shop: Shop, options: dict[str, bool]) -> None:
    known, changed = sale(), sale(4)
    await shop.send(batch(known, changed))
    body = batch(known, dearer(changed), sale(5), unbalanced(), sale() | {"unknown": 1}, batchOptions=options)
    judged = await judge(shop, body)
    real = await shop.send(body)
    assert judged | {"validated": False} == real
    assert outcomes(judged)[3] == ("rejected", 3, "sale.unbalanced")


async def test_what_would_be_finalised_stays_open(shop: Shop) -> None:
    earlier = await request_z(shop, tradingDate="2024-11-30")
    judged = await judge(shop, batch(sale(), batchOptions=AUTO))
    assert [z["zReportID"] for z in judged["autoFinalised"]] == [earlier["zReportID"]]
    assert not (await shop.z(earlier["zReportID"]))["isFinalised"]


async def test_late_and_finalised_zs_are_told(shop: Shop) -> None:
    first = await shop.send(batch(sale()))
    await shop.finalise(first["zReportID"])
    late = await judge(shop, batch(sale()))
    assert [warning["code"] for warning in late["warnings"]] == ["z.late"]
    assert (late["batchResult"], late["zReportID"]) == (0, None)
    by_id = await judge(shop, batch(sale(), zReportTarget=..., zReportID=first["zReportID"]))
    assert (by_id["batchResult"], outcomes(by_id)) == (3, [("rejected", 6, "z.finalised")])


async def test_validation_takes_no_counter(shop: Shop) -> None:
    for _ in range(3):
        await judge(shop, batch(sale()))
    assert (await request_z(shop))["zReportCounter"] == 1


async def test_validation_needs_the_submit_permission(shop: Shop) -> None:
    answer = await shop.post("addbatch?validateOnly=true", batch(sale()), pga=["Partner Sales (View)"])
    assert answer.status_code == 403


@pytest.mark.parametrize("value", ["maybe", "", "2"])
async def test_a_flag_that_is_neither_true_nor_false(shop: Shop, value: str) -> None:
    answer = await shop.post(f"addbatch?validateOnly={value}", batch(sale()))
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "query.invalid")
    assert (await shop.get(f"sales/zreports?outletID={OUTLET}")).json()["zReports"] == []
