"""What is refused before a single sale is judged: envelopes, permissions, outlets, Zs, organisations that move."""

import json
from typing import Any

import pytest
from sqlalchemy import insert, update

from powerepos_cloud.partnerservices.outlets.tables import tenants
from tests.partnerservices.sales.shop import OTHER_KAPOW, OUTLET, OUTLET_2, TARGET, Shop, batch, new_id, outcomes, sale
from tests.partnerservices.sales.test_zs import request_z
from tests.resourceserver.authserver import KAPOW

VIEW, STOCK = ["Partner Sales (View)"], ["Partner Stock (Submit)"]


def without(name: str) -> dict[str, Any]:
    """A batch that lacks a field."""
    return {field: value for field, value in batch(sale()).items() if field != name}


ENVELOPES: list[tuple[str, Any, str, str]] = [
    ("no outlet", without("outletID"), "field.missing", "/outletID"),
    ("outlet null", batch(sale(), outletID=None), "field.missing", "/outletID"),
    ("outlet no GUID", batch(sale(), outletID="Harbour Street"), "guid.invalid", "/outletID"),
    ("outlet a number", batch(sale(), outletID=7), "field.type", "/outletID"),
    ("Z no GUID", batch(sale(), zReportID="Z-1"), "guid.invalid", "/zReportID"),
    ("no Z at all", without("zReportTarget"), "z.target_missing", "/zReportTarget"),
    ("target a text", batch(sale(), zReportTarget="Web Shop"), "field.type", "/zReportTarget"),
    ("no trading date", batch(sale(), target={"tradingDate": None}), "field.missing", "/zReportTarget/tradingDate"),
    ("trading date nonsense", batch(sale(), target={"tradingDate": "2024-02-30"}), "date.invalid", "/zReportTarget/tradingDate"),
    ("a moment", batch(sale(), target={"tradingDate": "2024-12-01 "}), "text.too_long", "/zReportTarget/tradingDate"),
    ("terminal blank", batch(sale(), target={"terminalName": "  "}), "field.missing", "/zReportTarget/terminalName"),
    ("terminal too long", batch(sale(), target={"terminalName": "T" * 65}), "text.too_long", "/zReportTarget/terminalName"),
    ("client too long", batch(sale(), target={"clientName": "T" * 129}), "text.too_long", "/zReportTarget/clientName"),
    ("version blank", batch(sale(), target={"clientVersion": ""}), "field.missing", "/zReportTarget/clientVersion"),
    ("training a number", batch(sale(), target={"isTraining": 1}), "field.type", "/zReportTarget/isTraining"),
    ("options a list", batch(sale(), batchOptions=[]), "field.type", "/batchOptions"),
    (
        "option a text", batch(sale(), batchOptions={"allowPartialBatchSubmission": "true"}), "field.type",
        "/batchOptions/allowPartialBatchSubmission",
    ),
    ("no sales", without("sales"), "field.missing", "/sales"),
    ("sales null", batch(sale(), sales=None), "field.missing", "/sales"),
    ("sales an object", batch(sale(), sales={}), "field.type", "/sales"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "body", "code", "pointer"), ENVELOPES, ids=[what for what, *_ in ENVELOPES])
async def test_an_envelope_that_is_wrong_is_refused_whole(shop: Shop, what: str, body: Any, code: str, pointer: str) -> None:
    answer = await shop.post("addbatch", body)
    found = answer.json()
    assert (answer.status_code, found["errorCode"]) == (400, code)
    assert [(error["code"], error["pointer"]) for error in found["data"]["errors"]] == [(code, pointer)]
    assert found["requestID"] == answer.headers["X-Request-ID"]
    assert (await shop.get("sales/zreports")).json()["zReports"] == []


async def test_every_fault_of_an_envelope_is_told_at_once(shop: Shop) -> None:
    answer = await shop.post("addbatch", {"OutletID": 7, "zReportTarget": {"TradingDate": 1, "terminalName": "T"}, "sales": 3})
    assert {(error["code"], error["pointer"]) for error in answer.json()["data"]["errors"]} == {
        ("field.type", "/OutletID"), ("field.type", "/zReportTarget/TradingDate"), ("field.type", "/sales"),
        ("field.missing", "/zReportTarget/clientName"), ("field.missing", "/zReportTarget/clientVersion"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "code", "where"),
    [
        (b'{"outletID": "x",\n "sales": [],\n}', "json.malformed", (2, 13)),
        (b"", "json.malformed", (1, 1)),
        (b"[]", "json.not_object", None),
        (b'{"a": "\xff"}', "json.encoding", None),
        (b"\xef\xbb\xbf{}", "json.encoding", None),
        (b'{"outletID": "a", "OUTLETID": "b"}', "json.duplicate_name", None),
        (b'{"x": ' + b"[" * 40 + b"]" * 40 + b"}", "json.nesting", None),
    ],
)
async def test_what_cannot_be_read_at_all(shop: Shop, raw: bytes, code: str, where: tuple[int, int] | None) -> None:
    for path in ("addbatch", "requestzreport", "finalisezreport"):
        answer = await shop.post(path, raw)
        assert (answer.status_code, answer.json()["errorCode"]) == (400, code)
        if where is not None:
            assert f"line {where[0]}, column {where[1]}" in answer.json()["errorMessage"]


async def test_a_body_over_four_mib_is_too_large(shop: Shop) -> None:
    answer = await shop.post("addbatch", b" " * (4 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.json()["errorCode"]


async def test_each_endpoint_wants_its_permission(shop: Shop) -> None:
    z = await request_z(shop)
    z_only = {"outletID": OUTLET, "zReportID": z["zReportID"]}
    posts: list[tuple[str, Any]] = [("addbatch", batch(sale())), ("requestzreport", z_only), ("finalisezreport", z_only)]
    for path, body in posts:
        for permissions in (VIEW, STOCK, ["Raw Data (View)"]):
            answer = await shop.post(path, body, pga=permissions)
            assert (answer.status_code, answer.json()["errorCode"]) == (403, "permission.missing")
            assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    for path in (f"sales/zreports/{z['zReportID']}", "sales/zreports", f"sales/transactions/{new_id()}"):
        assert (await shop.get(path, pga=VIEW)).status_code in (200, 404)
        assert (await shop.get(path, pga=STOCK)).status_code == 403


async def test_without_a_token_nothing_is_told(shop: Shop) -> None:
    answer = await shop.http.post("/api/v1/sales/addbatch", json=batch(sale()))
    assert answer.status_code == 401
    assert "error=" not in answer.headers["WWW-Authenticate"]


async def test_an_outlet_that_was_not_granted_is_forbidden(shop: Shop) -> None:
    z = await request_z(shop)
    bodies = {
        "addbatch": batch(sale()),
        "requestzreport": {"outletID": OUTLET, "zReportTarget": TARGET},
        "finalisezreport": {"outletID": OUTLET, "zReportID": z["zReportID"]},
    }
    for nodes in ([OUTLET_2], []):
        for path, body in bodies.items():
            answer = await shop.post(path, body, root_nodes=nodes)
            assert (answer.status_code, answer.json()["errorCode"]) == (403, "outlet.forbidden")
        listed = await shop.get(f"sales/zreports?outletID={OUTLET}", root_nodes=nodes)
        assert (listed.status_code, listed.json()["errorCode"]) == (403, "outlet.forbidden")
        assert (await shop.get("sales/zreports", root_nodes=nodes)).json()["zReports"] == []
        assert (await shop.get(f"sales/zreports/{z['zReportID']}", root_nodes=nodes)).status_code == 404
    granted = await shop.send(batch(sale()), root_nodes=[OUTLET.upper()])
    assert granted["batchResult"] == 0


async def test_foreign_ids_cannot_be_told_from_unknown_ones(shop: Shop) -> None:
    """Another organisation's, another client's, another outlet's, and none at all: the same words."""
    mine = sale()
    z = await shop.send(batch(mine))
    z_id = z["zReportID"]

    def same(*answers: Any) -> None:
        def facts(answer: Any) -> Any:
            found = answer.json()
            return answer.status_code, found["errorCode"], found["errorMessage"], found["data"]

        assert answers[0].status_code == 404
        assert len({json.dumps(facts(answer)) for answer in answers}) == 1

    same(
        await shop.post("addbatch", batch(sale(), outletID=OUTLET_2), kapow=OTHER_KAPOW),
        await shop.post("addbatch", batch(sale(), outletID=new_id())),
        await shop.post("addbatch", batch(sale(), outletID=KAPOW)),
    )
    for path, extra in (("addbatch", {"sales": [sale()]}), ("requestzreport", {}), ("finalisezreport", {})):
        same(
            await shop.post(path, {"outletID": OUTLET, "zReportID": z_id, **extra}, client="clienttwo"),
            await shop.post(path, {"outletID": OUTLET_2, "zReportID": z_id, **extra}),
            await shop.post(path, {"outletID": OUTLET, "zReportID": z_id, **extra}, kapow=OTHER_KAPOW),
            await shop.post(path, {"outletID": OUTLET, "zReportID": new_id(), **extra}),
        )
    for path, unknown in (
        (f"sales/zreports/{z_id}", "sales/zreports/nonsense"),
        (f"sales/transactions/{mine['salesTransactionID']}", f"sales/transactions/{new_id()}"),
    ):
        same(
            await shop.get(path, client="clienttwo"),
            await shop.get(path, kapow=OTHER_KAPOW),
            await shop.get(path, root_nodes=[OUTLET_2]),
            await shop.get(unknown),
        )
    assert (await shop.get("changes", client="clienttwo")).json()["changes"] == []
    assert (await shop.get("changes", kapow=OTHER_KAPOW)).json()["changes"] == []


async def test_a_refund_of_another_organisations_sale_is_unknown(shop: Shop) -> None:
    original = sale()
    await shop.send(batch(original))
    refund = sale(-1, refundOf=original["salesTransactionID"])
    refund["transactionItems"][0] |= {"saleQty": -1, "pluNumber": None, "pluName": "A", "groupName": "B", "mainGroupName": "C"}
    answer = await shop.send(batch(refund), kapow=OTHER_KAPOW)
    assert [warning["code"] for warning in answer["batchItemResults"][0]["warnings"]] == ["refund.unknown"]


async def set_state(shop: Shop, state: str) -> None:
    """Where the organisation is."""
    await shop.database.write(lambda session: session.run(update(tenants).where(tenants.c.kapow == KAPOW).values(state=state)))


async def test_an_organisation_that_is_leaving_is_read_but_not_written(shop: Shop) -> None:
    one = sale()
    z = await shop.send(batch(one))
    z_only = {"outletID": OUTLET, "zReportID": z["zReportID"]}
    await set_state(shop, "leaving")
    for path, body in (
        ("addbatch", batch(one)),
        ("addbatch?validateOnly=true", batch(one)),
        ("requestzreport", z_only),
        ("finalisezreport", z_only),
    ):
        answer = await shop.post(path, body)
        assert (answer.status_code, answer.json()["errorCode"]) == (503, "service.unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    for path in (
        f"sales/transactions/{one['salesTransactionID']}",
        f"sales/zreports/{z['zReportID']}",
        "sales/zreports",
        "changes",
    ):
        assert (await shop.get(path)).status_code == 200
    await set_state(shop, "here")
    assert outcomes(await shop.send(batch(one))) == [("replayed", 0, None)]


async def test_an_organisation_that_is_gone_needs_another_token(shop: Shop) -> None:
    one = sale()
    z = await shop.send(batch(one))
    z_only = {"outletID": OUTLET, "zReportID": z["zReportID"]}
    await set_state(shop, "gone")
    answers = [
        await shop.post(path, body)
        for path, body in (("addbatch", batch(one)), ("requestzreport", z_only), ("finalisezreport", z_only))
    ]
    answers += [
        await shop.get(path)
        for path in (
            f"sales/transactions/{one['salesTransactionID']}", f"sales/transactions/{new_id()}",
            f"sales/zreports/{z['zReportID']}", "sales/zreports", "changes", "connection",
        )
    ]  # fmt: skip
    for answer in answers:
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert (await shop.get("connection", kapow=OTHER_KAPOW)).status_code == 200


async def test_an_organisation_without_anything_here_has_no_outlet(shop: Shop) -> None:
    answer = await shop.post("addbatch", batch(sale()), kapow=new_id())
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "outlet.not_found")
    nobody = new_id()
    await shop.database.write(lambda session: session.run(insert(tenants).values(kapow=nobody, state="here", changed_at=0)))
    assert (await shop.post("addbatch", batch(sale()), kapow=nobody)).status_code == 404
