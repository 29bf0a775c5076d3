"""The examples of the documentation go through, changed by nothing but Z IDs, and every answer has the documented shape."""

import json
from decimal import Decimal
from typing import Any

from tests.partnerservices.sales.shop import OUTLET, Shop

FIXED_Z = """{
  "outletID": "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c11",
  "zReportID": "0e6a9c52-7d1b-4c38-8f10-3a5b9e7c2d44",
  "sales": [
    {
      "salesTransactionID": "5d2f1c90-6b7e-4a58-9c31-77e0a4b8d201",
      "dateTimeClosed": "2024-11-30 18:05:09",
      "invoiceNumber": "K2000417",
      "tax1Name": "GST",
      "tax1Rate": 15,
      "transactionItems": [
        { "saleQty": 1, "amount": 9.2, "incTax1": 1.2, "taxSales1": 9.2, "pluNumber": 2040 },
        {
          "saleQty": 1, "amount": 5, "incTax1": 0.6521739, "taxSales1": 5,
          "mainGroupName": "Food", "groupName": "Bakery", "pluName": "Cheese Scone"
        }
      ],
      "transactionPayments": [ { "amountPurchase": 14.2, "paymentTypeName": "Eftpos" } ]
    }
  ]
}"""

BY_TARGET = """{
  "outletID": "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c11",
  "zReportID": null,
  "zReportTarget": {
    "tradingDate": "2024-11-30",
    "terminalName": "Web Shop",
    "clientName": "Harbour Orders",
    "clientVersion": "3.2",
    "isTraining": false,
    "currencyCode": "NZD",
    "currencySymbol": "$",
    "currencyName": "New Zealand Dollar"
  },
  "sales": [
    {
      "salesTransactionID": "a90b7c34-1e5d-4f62-8b0a-2c6d9e1f7305",
      "dateTimeClosed": "2024-11-30 19:41:00.500",
      "invoiceNumber": "K2000418",
      "tax1Name": "GST",
      "tax1Rate": 15,
      "transactionItems": [
        { "saleQty": 2, "stockQty": 2, "amount": 11.5, "incTax1": 1.5, "taxSales1": 11.5, "pluNumber": 2041 },
        { "saleQty": 1, "amount": 5.75, "incTax1": 0.75, "taxSales1": 5.75, "pluNumber": 2055 }
      ],
      "orderAdjustments": [
        { "adjustmentName": "20% Members", "amount": -3.45, "incTax1": -0.45 }
      ],
      "transactionPayments": [ { "amountPurchase": 13.8, "paymentTypeName": "Visa" } ]
    }
  ]
}"""

OPTIONS = """{
  "outletID": "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c11",
  "zReportTarget": {
    "tradingDate": "2024-12-01",
    "terminalName": "Web Shop",
    "clientName": "Harbour Orders",
    "clientVersion": "3.2"
  },
  "batchOptions": { "allowPartialBatchSubmission": true, "autoFinalisePreviousTradingDays": true },
  "sales": [
    {
      "salesTransactionID": "c4e8f216-93ab-4d07-a5f2-6b1d0e9c8834",
      "dateTimeClosed": "2024-12-02 00:40:12",
      "invoiceNumber": "K2000431",
      "tax1Name": "GST",
      "tax1Rate": 15,
      "transactionItems": [
        {
          "salesTransactionItemID": "e1a6b2d3-0c4f-4e58-9d7a-8f3b5c2a1e60",
          "dateTimeOrdered": "2024-12-01 23:58:00",
          "seat": 1, "saleQty": 1, "stockQty": 2, "cost": 3.1,
          "amount": 11.5, "incTax1": 1.5, "taxSales1": 11.5, "pluNumber": 3001,
          "itemAdjustments": [
            { "adjustmentName": "Late Happy Hour", "bucketID": "LHH-1", "amount": -2.3, "incTax1": -0.3,
              "adjustmentRevenue_CostCenterName": "Front Bar" }
          ]
        },
        {
          "saleQty": 1, "amount": 6.9, "incTax1": 0.9, "taxSales1": 6.9, "pluNumber": 3002,
          "itemAdjustments": [
            { "adjustmentName": "Late Happy Hour", "bucketID": "LHH-1", "amount": -1.15, "incTax1": -0.15,
              "adjustmentRevenue_CostCenterName": "Front Bar" }
          ]
        },
        { "saleQty": 1, "amount": 4.6, "incTax1": 0.6, "taxSales1": 4.6, "pluNumber": 3010 }
      ],
      "transactionPayments": [
        { "amountPurchase": 10, "affectsCID": true, "paymentTypeName": "CASH", "dateTimePaid": "2024-12-02 00:39:50" },
        { "amountPurchase": 9.55, "amountTip": 2, "paymentTypeName": "Mastercard" }
      ]
    }
  ]
}"""

EXCLUSIVE_TAX = """{
  "salesTransactionID": "f07d3b59-2a8c-4c16-b3e4-95a1c0d7e642",
  "dateTimeClosed": "2024-12-01 12:10:00",
  "invoiceNumber": "K2000440",
  "tax1Name": "Sales Tax",
  "tax1Rate": 8.25,
  "transactionItems": [ { "saleQty": 4, "stockQty": 4, "amount": 20, "exTax1": 1.65, "taxSales1": 20, "pluNumber": 4100 } ],
  "transactionPayments": [ { "amountPurchase": 21.65, "paymentTypeName": "Visa" } ]
}"""

Z_REQUEST = """{
  "outletID": "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c11",
  "zReportID": null,
  "zReportTarget": {
    "tradingDate": "2024-12-01", "terminalName": "Web Shop", "clientName": "Harbour Orders", "clientVersion": "3.2" }
}"""

Z_FINALISE = """{
  "outletID": "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c11",
  "zReportID": "0e6a9c52-7d1b-4c38-8f10-3a5b9e7c2d44",
  "finalisedDateTime": "2024-12-02 06:00:00",
  "finalisedUserName": "Harbour Orders"
}"""

EXAMPLE_Z = "0e6a9c52-7d1b-4c38-8f10-3a5b9e7c2d44"

NULLABLE_TEXT = (str, type(None))
TARGET_SHAPE: dict[str, Any] = {
    "tradingDate": str, "terminalName": str, "clientName": str, "clientVersion": str, "isTraining": bool,
    "currencyCode": NULLABLE_TEXT, "currencySymbol": NULLABLE_TEXT, "currencyName": NULLABLE_TEXT,
}  # fmt: skip
ITEM_SHAPE: dict[str, Any] = {"salesTransactionID": NULLABLE_TEXT, "errorCode": int, "errorMessage": NULLABLE_TEXT}
BATCH_SHAPE: dict[str, Any] = {
    "batchResult": int, "batchItemResults": list, "errorMessage": NULLABLE_TEXT, "zReportID": NULLABLE_TEXT,
    "zReportCounter": (int, type(None)), "zReportTarget": (dict, type(None)),
}  # fmt: skip
Z_SHAPE: dict[str, Any] = {
    "outletID": str, "zReportID": str, "zReportCounter": int, "zReportTarget": dict, "isFinalised": bool,
    "finalisedDateTime": NULLABLE_TEXT, "finalisedUserName": NULLABLE_TEXT,
}  # fmt: skip
FINALISED_SHAPE: dict[str, Any] = {
    "resultCode": int, "outletID": str, "zReportID": str, "zReportCounter": int, "zReportTarget": dict,
    "finalisedDateTime": NULLABLE_TEXT, "finalisedUserName": NULLABLE_TEXT,
}  # fmt: skip


def has_shape(value: dict[str, Any], shape: dict[str, Any]) -> None:
    """Every documented field is there, and of its type (a bool is no int)."""
    for name, kind in shape.items():
        assert name in value, name
        assert isinstance(value[name], kind), (name, value[name])
        assert not (kind is int and isinstance(value[name], bool)), name


def has_batch_shape(answer: dict[str, Any]) -> None:
    """An answer of `addbatch` with its results and its target."""
    has_shape(answer, BATCH_SHAPE)
    for result in answer["batchItemResults"]:
        has_shape(result, ITEM_SHAPE)
    if answer["zReportTarget"] is not None:
        has_shape(answer["zReportTarget"], TARGET_SHAPE)


async def make_z(shop: Shop, trading_date: str = "2024-12-01") -> str:
    """The Z of the examples for a trading date; its ID."""
    body = json.loads(Z_REQUEST)
    body["zReportTarget"]["tradingDate"] = trading_date
    answer = await shop.post("requestzreport", body)
    assert answer.status_code == 200, answer.text
    z_id: str = answer.json()["zReportID"]
    return z_id


async def taken(shop: Shop, raw: str) -> dict[str, Any]:
    """The answer to an example, which must be a success without a word of warning."""
    answer = await shop.send(raw.encode())
    has_batch_shape(answer)
    assert answer["batchResult"] == 0, answer
    assert answer["errorMessage"] is None
    assert answer["warnings"] == []
    assert [(one["errorCode"], one["errorMessage"], one["warnings"]) for one in answer["batchItemResults"]] == [(0, None, [])]
    return answer


async def test_a_minimal_sale_goes_into_the_z_that_was_asked_for(shop: Shop) -> None:
    z_id = await make_z(shop, "2024-11-30")
    answer = await taken(shop, FIXED_Z.replace(EXAMPLE_Z, z_id))
    assert answer["zReportID"] == z_id
    assert answer["zReportCounter"] == 1
    assert answer["zReportTarget"]["tradingDate"] == "2024-11-30"
    totals = (await shop.z(z_id))["totals"]
    assert (totals["count"], totals["gross"]) == (1, 14.2)
    assert totals["payments"] == [
        {"paymentTypeName": "Eftpos", "count": 1, "amountPurchase": 14.2, "amountTip": 0, "amountRounded": 0}
    ]


async def test_an_order_discount_goes_into_the_z_of_its_target(shop: Shop) -> None:
    answer = await taken(shop, BY_TARGET)
    sent = json.loads(BY_TARGET)["zReportTarget"]
    assert answer["zReportTarget"] == sent
    totals = (await shop.z(answer["zReportID"]))["totals"]
    assert (totals["gross"], totals["discounts"]) == (13.8, -3.45)
    assert totals["adjustments"] == [{"adjustmentName": "20% Members", "count": 1, "amount": -3.45}]
    assert [(tax["taxName"], tax["taxRate"], tax["incTax"], tax["amount"]) for tax in totals["taxes"]] == [("GST", 15, 1.8, 1.8)]


async def test_options_buckets_two_payments_and_a_tip(shop: Shop) -> None:
    earlier = await taken(shop, BY_TARGET)
    answer = await taken(shop, OPTIONS)
    assert answer["autoFinalised"] == [
        {
            "zReportID": earlier["zReportID"],
            "zReportCounter": 1,
            "tradingDate": "2024-11-30",
            "terminalName": "Web Shop",
        }
    ]
    assert (await shop.z(earlier["zReportID"]))["finalisedUserName"] == "External Interface"
    assert answer["zReportCounter"] == 2
    totals = (await shop.z(answer["zReportID"]))["totals"]
    assert (totals["gross"], totals["tips"], totals["discounts"]) == (19.55, 2, -3.45)
    assert {(one["paymentTypeName"], one["amountPurchase"], one["amountTip"]) for one in totals["payments"]} == {
        ("CASH", 10, 0),
        ("Mastercard", 9.55, 2),
    }


async def test_an_exclusive_tax_is_added_on_top(shop: Shop) -> None:
    z_id = await make_z(shop)
    wrapped = f'{{"outletID": "{OUTLET}", "zReportID": "{z_id}", "sales": [{EXCLUSIVE_TAX}]}}'
    answer = await taken(shop, wrapped)
    totals = (await shop.z(answer["zReportID"]))["totals"]
    assert totals["gross"] == 21.65
    assert [(one["taxName"], one["taxRate"], one["exTax"], one["incTax"]) for one in totals["taxes"]] == [
        ("Sales Tax", 8.25, 1.65, 0)
    ]


async def test_a_z_report_request_answers_as_documented(shop: Shop) -> None:
    answer = await shop.post("requestzreport", Z_REQUEST.encode())
    assert answer.status_code == 200
    found = answer.json()
    has_shape(found, Z_SHAPE)
    has_shape(found["zReportTarget"], TARGET_SHAPE)
    assert found["outletID"] == OUTLET
    assert found["zReportTarget"] == json.loads(Z_REQUEST)["zReportTarget"] | {
        "isTraining": False, "currencyCode": "NZD", "currencySymbol": None, "currencyName": None,
    }  # fmt: skip
    assert (found["isFinalised"], found["finalisedDateTime"], found["finalisedUserName"]) == (False, None, None)
    again = await shop.post("requestzreport", Z_REQUEST.encode())
    assert again.json() == found
    by_id = await shop.post("requestzreport", {"outletID": OUTLET, "zReportID": found["zReportID"]})
    assert by_id.json() == found


async def test_a_z_finalise_request_answers_as_documented(shop: Shop) -> None:
    z_id = await make_z(shop)
    answer = await shop.post("finalisezreport", Z_FINALISE.replace(EXAMPLE_Z, z_id).encode())
    assert answer.status_code == 200
    found = answer.json()
    has_shape(found, FINALISED_SHAPE)
    has_shape(found["zReportTarget"], TARGET_SHAPE)
    assert (found["resultCode"], found["outletID"], found["zReportID"], found["zReportCounter"]) == (0, OUTLET, z_id, 1)
    assert (found["finalisedDateTime"], found["finalisedUserName"]) == ("2024-12-02 06:00:00", "Harbour Orders")
    z = await shop.z(z_id)
    has_shape(z, Z_SHAPE)
    assert z["isFinalised"]
    assert (z["finalisedDateTime"], z["finalisedUserName"]) == ("2024-12-02 06:00:00", "Harbour Orders")


async def test_an_example_reads_back_as_it_was_sent(shop: Shop) -> None:
    sent = json.loads(OPTIONS, parse_float=Decimal)["sales"][0]
    await taken(shop, OPTIONS)
    answer = await shop.get(f"sales/transactions/{sent['salesTransactionID']}")
    found = json.loads(answer.content, parse_float=Decimal)["salesTransaction"]

    def holds(sent: Any, found: Any, where: str) -> None:
        if isinstance(sent, dict):
            for name, value in sent.items():
                holds(value, found[name], f"{where}/{name}")
        elif isinstance(sent, list):
            assert len(sent) == len(found), where
            for n, value in enumerate(sent):
                holds(value, found[n], f"{where}/{n}")
        else:
            assert sent == found, where

    holds(sent, found, "")
    assert b'"amount":11.50,' in answer.content  # money has two decimals
    assert b'"incTax1":0.9,' in answer.content  # taxes have no trailing zeros
