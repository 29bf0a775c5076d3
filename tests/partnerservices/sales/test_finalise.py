"""Finalising a Z: names, times, control totals, and what stands afterwards (contract section 7)."""

from typing import Any

import pytest

from tests.partnerservices.sales.shop import OUTLET, Shop, batch, sale
from tests.partnerservices.sales.test_rules import line, paid, plain
from tests.partnerservices.sales.test_zs import request_z


async def filled(shop: Shop) -> str:
    """A Z of three sales, one of them a refund and one in a second version; its ID."""
    taxed = plain(line(25.06, exTax1=3.759, taxSales1=25.06), payments=[paid(28.82, paymentTypeName="visa")], tax1Name="VAT")
    cash = plain(
        line(29.99, incTax1=3.9117391, itemAdjustments=[{"adjustmentName": "Off", "amount": -1}]),
        payments=[paid(29, amountRounded=0.01, affectsCID=True, paymentTypeName="CASH")],
    )  # fmt: skip
    refund = plain(line(-5, saleQty=-1, incTax1=-0.6521739), payments=[paid(-5, amountTip=-0.5)])
    answer = await shop.send(batch(taxed, cash, refund | {"invoiceNumber": "first version"}))
    answer = await shop.send(batch(refund | {"transactionPayments": [paid(-5, amountTip=-1)]}))
    assert answer["batchResult"] == 0, answer
    z_id: str = answer["zReportID"]
    return z_id


RIGHT: dict[str, Any] = {
    "count": 3,
    "gross": 52.81,
    "tips": -1,
    "rounding": 0.01,
    "payments": [
        {"paymentTypeName": "VISA", "amountPurchase": 23.82},
        {"paymentTypeName": "Cash", "amountPurchase": 29.00},
        {"paymentTypeName": "Amex", "amountPurchase": 0},
    ],
    "taxes": [
        {"taxName": "vat", "taxRate": 15, "amount": 3.76},
        {"taxName": "GST", "taxRate": 15.000, "amount": 3.2595652},
        {"taxName": "GST", "taxRate": 10, "amount": 0},
    ],
}


async def test_a_zs_totals_are_read_back(shop: Shop) -> None:
    totals = (await shop.z(await filled(shop)))["totals"]
    plain_totals = {name: value for name, value in totals.items() if not isinstance(value, list)}
    assert plain_totals == {
        "count": 3, "gross": 52.81, "tips": -1, "rounding": 0.01, "refundCount": 1, "refunds": -5, "discounts": -1,
        "surcharges": 0,
    }  # fmt: skip
    assert {(one["paymentTypeName"].lower(), one["count"], one["amountPurchase"]) for one in totals["payments"]} == {
        ("visa", 2, 23.82), ("cash", 1, 29)
    }  # fmt: skip
    taxes = {one["taxName"]: one for one in totals["taxes"]}
    assert (taxes["VAT"]["taxSales"], taxes["VAT"]["exTax"], taxes["VAT"]["amount"]) == (25.06, 3.759, 3.759)
    assert (taxes["GST"]["incTax"], taxes["GST"]["exTax"], taxes["GST"]["amount"]) == (3.2595652, 0, 3.2595652)
    assert totals["adjustments"] == [{"adjustmentName": "Off", "count": 1, "amount": -1}]


async def test_right_control_totals_finalise(shop: Shop) -> None:
    z_id = await filled(shop)
    answer = await shop.finalise(z_id, controlTotals=RIGHT, finalisedUserName="Kim")
    assert (answer["resultCode"], answer["differences"], answer["code"]) == (0, [], None)
    assert (answer["finalisedDateTime"], answer["finalisedUserName"]) == ("2024-12-02 13:00:00", "Kim")
    assert (await shop.z(z_id))["isFinalised"]


@pytest.mark.parametrize(
    ("wrong", "pointer", "expected", "actual"),
    [
        ({"count": 4}, "/controlTotals/count", 4, 3),
        ({"gross": 52.83}, "/controlTotals/gross", 52.83, 52.809),
        ({"tips": 0}, "/controlTotals/tips", 0, -1),
        ({"rounding": -0.01}, "/controlTotals/rounding", -0.01, 0.01),
        (
            {"payments": [{"paymentTypeName": "CASH", "amountPurchase": 28.99}]}, "/controlTotals/payments/0/amountPurchase",
            28.99, 29,
        ),
        (
            {"payments": [RIGHT["payments"][0], {"paymentTypeName": "Amex", "amountPurchase": 1}]},
            "/controlTotals/payments/1/amountPurchase", 1, 0,
        ),
        (
            {"taxes": [{"taxName": "VAT", "taxRate": 15, "amount": 3.77}]}, "/controlTotals/taxes/0/amount", 3.77, 3.759,
        ),
        (
            {"taxes": [{"taxName": "VAT", "taxRate": 14, "amount": 3.76}]}, "/controlTotals/taxes/0/amount", 3.76, 0,
        ),
    ],
)  # fmt: skip
async def test_a_difference_leaves_the_z_open(
    shop: Shop, wrong: dict[str, Any], pointer: str, expected: float, actual: float
) -> None:
    z_id = await filled(shop)
    for control in (wrong, RIGHT | wrong):
        answer = await shop.finalise(z_id, controlTotals=control)
        assert (answer["resultCode"], answer["code"]) == (2, "z.control_totals")
        assert answer["errorMessage"]
        assert answer["differences"] == [{"pointer": pointer, "expected": expected, "actual": actual}]
        assert (answer["finalisedDateTime"], answer["finalisedUserName"]) == (None, None)
    assert not (await shop.z(z_id))["isFinalised"]
    assert (await shop.finalise(z_id))["resultCode"] == 0


async def test_every_difference_is_told(shop: Shop) -> None:
    answer = await shop.finalise(await filled(shop), controlTotals={"count": 1, "gross": 1, "tips": 1, "rounding": 1})
    assert [one["pointer"].rpartition("/")[2] for one in answer["differences"]] == ["count", "gross", "tips", "rounding"]


async def test_only_what_is_sent_is_compared(shop: Shop) -> None:
    z_id = await filled(shop)
    answer = await shop.finalise(z_id, controlTotals={"count": None, "payments": [], "tips": -1})
    assert (answer["resultCode"], answer["differences"]) == (0, [])


async def test_finalising_again_tells_the_stored_time_and_user(shop: Shop) -> None:
    z_id = await filled(shop)
    await shop.finalise(z_id, finalisedDateTime="2024-12-02T06:00:00.5", finalisedUserName="Kim")
    again = await shop.finalise(z_id, finalisedDateTime="2024-12-03 06:00:00", finalisedUserName="Lee")
    assert (again["resultCode"], again["code"]) == (1, "z.already_finalised")
    assert (again["finalisedDateTime"], again["finalisedUserName"]) == ("2024-12-02 06:00:00.500", "Kim")
    assert again["differences"] == []
    same = await shop.finalise(z_id, controlTotals=RIGHT)
    assert (same["resultCode"], same["differences"]) == (1, [])
    other = await shop.finalise(z_id, controlTotals={"count": 9})
    assert (other["resultCode"], other["finalisedUserName"]) == (1, "Kim")
    assert other["differences"] == [{"pointer": "/controlTotals/count", "expected": 9, "actual": 3}]


async def test_an_empty_z_is_finalised(shop: Shop) -> None:
    z = await request_z(shop)
    zeros = {"count": 0, "gross": 0, "tips": 0, "rounding": 0, "payments": [{"paymentTypeName": "CASH", "amountPurchase": 0}]}
    answer = await shop.finalise(z["zReportID"], controlTotals=zeros)
    assert (answer["resultCode"], answer["zReportCounter"]) == (0, 1)


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"zReportID": None}, "field.missing", "/zReportID"),
        ({"zReportID": "x"}, "guid.invalid", "/zReportID"),
        ({"finalisedDateTime": "yesterday"}, "date.invalid", "/finalisedDateTime"),
        ({"finalisedUserName": "U" * 33}, "text.too_long", "/finalisedUserName"),
        ({"controlTotals": {"count": "3"}}, "number.type", "/controlTotals/count"),
        ({"controlTotals": {"gross": "1"}}, "number.type", "/controlTotals/gross"),
        ({"controlTotals": {"payments": [{"amountPurchase": 1}]}}, "field.missing", "/controlTotals/payments/0/paymentTypeName"),
        ({"controlTotals": {"taxes": [{"taxName": "GST", "taxRate": 15}]}}, "field.missing", "/controlTotals/taxes/0/amount"),
    ],
)
async def test_a_request_that_is_wrong_finalises_nothing(shop: Shop, fields: dict[str, Any], code: str, pointer: str) -> None:
    z = await request_z(shop)
    answer = await shop.post("finalisezreport", {"outletID": OUTLET, "zReportID": z["zReportID"]} | fields)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, code)
    assert [error["pointer"] for error in answer.json()["data"]["errors"]] == [pointer]
    assert not (await shop.z(z["zReportID"]))["isFinalised"]


async def test_null_and_blank_stand_for_the_defaults(shop: Shop) -> None:
    for fields in ({"finalisedUserName": None, "finalisedDateTime": None, "controlTotals": None}, {"finalisedUserName": ""}):
        z = await request_z(shop, terminalName=str(len(fields)))
        answer = await shop.finalise(z["zReportID"], **fields)
        assert (answer["finalisedUserName"], answer["finalisedDateTime"]) == ("External Interface", "2024-12-02 13:00:00")


async def test_versions_are_read_back_with_their_zs(shop: Shop) -> None:
    one = sale()
    first = await shop.send(batch(one))
    shop.clock.advance_ms(1500)
    second = await shop.send(batch(one | {"invoiceNumber": "second"}, target={"tradingDate": "2024-12-02"}))
    path = f"sales/transactions/{one['salesTransactionID'].upper()}"
    back = (await shop.get(path)).json()
    assert back["versions"] == [
        {
            "version": 1, "receivedAt": "2024-12-02T00:00:00.000Z", "zReportID": first["zReportID"], "zReportCounter": 1,
            "tradingDate": "2024-12-01",
        },
        {
            "version": 2, "receivedAt": "2024-12-02T00:00:01.500Z", "zReportID": second["zReportID"], "zReportCounter": 2,
            "tradingDate": "2024-12-02",
        },
    ]  # fmt: skip
    assert (back["salesTransactionID"], back["outletID"], back["isFinalised"]) == (one["salesTransactionID"], OUTLET, False)
    assert back["zReportTarget"] == second["zReportTarget"]
    assert back["salesTransaction"]["invoiceNumber"] == "second"
    old = (await shop.get(f"{path}?version=1")).json()
    assert (old["version"], old["currentVersion"], old["zReportID"]) == (1, 2, first["zReportID"])
    assert old["salesTransaction"]["invoiceNumber"] == one["invoiceNumber"]
    assert (await shop.get(f"{path}?version=2")).json() == back
    for query in ("version=3", "version=0"):
        assert (await shop.get(f"{path}?{query}")).status_code == (404 if query == "version=3" else 400)
    await shop.finalise(second["zReportID"])
    assert (await shop.get(f"{path}?version=1")).json()["isFinalised"] is True
