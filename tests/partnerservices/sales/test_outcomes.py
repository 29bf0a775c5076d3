"""What becomes of each sale of a batch: created, replayed, replaced, rejected, skipped (contract section 7)."""

import copy
from typing import Any

import pytest

from tests.partnerservices.sales.shop import OTHER_KAPOW, OUTLET_2, Shop, batch, new_id, outcomes, sale, warned

CREATED, REPLAYED, REPLACED = ("created", 0, None), ("replayed", 0, None), ("replaced", 0, None)
PARTIAL = {"allowPartialBatchSubmission": True}
NEXT_DAY = {"tradingDate": "2024-12-02"}


def unbalanced(**changed: Any) -> dict[str, Any]:
    """A sale that is paid too little."""
    return sale(transactionPayments=[{"amountPurchase": 1, "paymentTypeName": "Visa"}], **changed)


def dearer(one: dict[str, Any]) -> dict[str, Any]:
    """The same sale at another price."""
    return sale(23, salesTransactionID=one["salesTransactionID"], invoiceNumber=one["invoiceNumber"])


async def gross(shop: Shop, z_id: str) -> tuple[int, float]:
    """Count and gross of a Z."""
    totals = (await shop.z(z_id))["totals"]
    return totals["count"], totals["gross"]


async def test_a_new_sale_is_created_with_its_facts(shop: Shop) -> None:
    one = sale()
    answer = await shop.send(batch(one))
    assert answer["batchResult"] == 0
    assert answer["batchItemResults"] == [
        {
            "index": 0, "salesTransactionID": one["salesTransactionID"], "errorCode": 0, "errorMessage": None,
            "outcome": "created", "tradingDate": "2024-12-01", "version": 1, "zReportID": answer["zReportID"],
            "zReportCounter": 1, "code": None, "pointer": None, "expected": None, "actual": None, "retryable": False,
            "errors": [], "warnings": [],
        }
    ]  # fmt: skip


async def test_the_same_batch_again_is_replayed(shop: Shop) -> None:
    body = batch(sale(), sale(20))
    first = await shop.send(body)
    again = await shop.send(body)
    assert outcomes(again) == [REPLAYED, REPLAYED]
    assert again["batchResult"] == 0
    for field in ("zReportID", "zReportCounter", "zReportTarget"):
        assert again[field] == first[field]
    assert [result["version"] for result in again["batchItemResults"]] == [1, 1]
    assert await gross(shop, first["zReportID"]) == (2, 31.5)


async def test_the_same_content_in_another_form_is_replayed(shop: Shop) -> None:
    one = sale(
        transactionItems=[
            {"salesTransactionItemID": "E1A6B2D30C4F4E589D7A8F3B5C2A1E60", "amount": 11.5, "incTax1": 1.5, "pluNumber": 2040}
        ]
    )
    await shop.send(batch(one))
    other = {name[0].upper() + name[1:]: value for name, value in copy.deepcopy(one).items()}
    other["SalesTransactionID"] = "{" + one["salesTransactionID"].upper() + "}"
    other["DateTimeClosed"] = "2024-12-01T12:10:00.0000"
    other["OrderAdjustments"] = None
    other["unknown"] = {"ignored": True}
    other["TransactionItems"][0] |= {
        "salesTransactionItemID": "e1a6b2d3-0c4f-4e58-9d7a-8f3b5c2a1e60", "saleQty": 1, "stockQty": None, "cost": 0,
    }  # fmt: skip
    raw = str(batch(other)).replace("'", '"').replace("None", "null").replace("True", "true").replace("False", "false")
    raw = raw.replace('"amount": 11.5,', '"AMOUNT": 1150e-2,').replace('"incTax1": 1.5,', '"incTax1": 1.5000000000,')
    answer = await shop.send(raw.encode())
    assert outcomes(answer) == [REPLAYED]
    assert [warning["code"] for warning in answer["batchItemResults"][0]["warnings"]] == ["field.unknown"]
    assert answer["batchItemResults"][0]["salesTransactionID"] == other["SalesTransactionID"]


async def test_other_content_replaces_and_keeps_the_old_version(shop: Shop) -> None:
    one = sale()
    first = await shop.send(batch(one))
    answer = await shop.send(batch(dearer(one)))
    assert outcomes(answer) == [REPLACED]
    result = answer["batchItemResults"][0]
    assert (result["version"], result["zReportID"]) == (2, first["zReportID"])
    assert await gross(shop, first["zReportID"]) == (1, 23)
    back = (await shop.get(f"sales/transactions/{one['salesTransactionID']}")).json()
    assert (back["version"], back["currentVersion"], len(back["versions"])) == (2, 2, 2)
    old = (await shop.get(f"sales/transactions/{one['salesTransactionID']}?version=1")).json()
    assert old["salesTransaction"]["transactionPayments"][0]["amountPurchase"] == 11.5


async def test_what_equals_an_older_version_replaces_with_a_warning(shop: Shop) -> None:
    one = sale()
    for body in (batch(one), batch(dearer(one))):
        first = await shop.send(body)
    answer = await shop.send(batch(one))
    assert outcomes(answer) == [REPLACED]
    assert answer["batchItemResults"][0]["version"] == 3
    assert warned(answer["batchItemResults"][0]) == [("sale.reverted", "/sales/0/salesTransactionID")]
    assert await gross(shop, first["zReportID"]) == (1, 11.5)


async def test_another_trading_date_moves_the_sale_while_its_z_is_open(shop: Shop) -> None:
    one = sale()
    first = await shop.send(batch(one, sale(3)))
    answer = await shop.send(batch(one, target=NEXT_DAY))
    assert outcomes(answer) == [REPLACED]
    result = answer["batchItemResults"][0]
    assert (result["tradingDate"], result["version"]) == ("2024-12-02", 2)
    assert result["zReportID"] == answer["zReportID"] != first["zReportID"]
    assert ("sale.moved", "/sales/0/salesTransactionID") in warned(result)
    assert await gross(shop, first["zReportID"]) == (1, 3)
    assert await gross(shop, answer["zReportID"]) == (1, 11.5)


@pytest.mark.parametrize("how", ["by target", "by ID"])
async def test_another_trading_date_is_a_replay_once_the_z_is_finalised(shop: Shop, how: str) -> None:
    one = sale()
    first = await shop.send(batch(one))
    await shop.finalise(first["zReportID"])
    other = await shop.post("requestzreport", {k: v for k, v in batch(target=NEXT_DAY).items() if k != "sales"})
    body = batch(one, target=NEXT_DAY) if how == "by target" else batch(
        one, zReportTarget=..., zReportID=other.json()["zReportID"]
    )  # fmt: skip
    answer = await shop.send(body)
    assert outcomes(answer) == [REPLAYED]
    result = answer["batchItemResults"][0]
    assert (result["zReportID"], result["tradingDate"], result["version"]) == (first["zReportID"], "2024-12-01", 1)
    assert warned(result) == [("sale.in_other_z", "/sales/0/salesTransactionID")]
    assert answer["zReportID"] == first["zReportID"]
    assert await gross(shop, first["zReportID"]) == (1, 11.5)


async def test_another_terminal_moves_another_label_does_not(shop: Shop) -> None:
    one = sale()
    await shop.send(batch(one))
    labelled = await shop.send(batch(one, target={"clientName": "Other", "clientVersion": "9", "terminalName": "  WEB shop "}))
    assert outcomes(labelled) == [REPLAYED]
    moved = await shop.send(batch(one, target={"terminalName": "Kiosk"}))
    assert outcomes(moved) == [REPLACED]
    assert moved["zReportTarget"]["terminalName"] == "Kiosk"


async def test_another_training_flag_or_currency_is_a_conflict_while_the_z_is_open(shop: Shop) -> None:
    one = sale()
    first = await shop.send(batch(one))
    dollars = {"currencyCode": "AUD", "currencySymbol": "$", "currencyName": "Australian Dollar"}
    for target in ({"isTraining": True}, dollars):
        answer = await shop.send(batch(one, target=target))
        assert outcomes(answer) == [("rejected", 8, "z.mismatch")]
        assert answer["batchItemResults"][0]["pointer"] == "/sales/0/salesTransactionID"
        assert answer["batchResult"] == 2
    assert await gross(shop, first["zReportID"]) == (1, 11.5)
    await shop.finalise(first["zReportID"])
    for target in ({"isTraining": True}, dollars):
        assert outcomes(await shop.send(batch(one, target=target))) == [REPLAYED]


async def test_nothing_changes_in_a_finalised_z(shop: Shop) -> None:
    one = sale()
    first = await shop.send(batch(one))
    await shop.finalise(first["zReportID"])
    answer = await shop.send(batch(dearer(one), target=NEXT_DAY))
    assert outcomes(answer) == [("rejected", 8, "z.finalised")]
    assert answer["batchResult"] == 2
    assert await gross(shop, first["zReportID"]) == (1, 11.5)
    zs = (await shop.get("sales/zreports?tradingDate=2024-12-02")).json()
    assert zs["zReports"] == []


async def test_an_id_of_another_client_or_outlet_is_a_conflict_with_equal_content_too(shop: Shop) -> None:
    one = sale()
    await shop.send(batch(one))
    for answer in (
        await shop.send(batch(one), client="clienttwo"),
        await shop.send(batch(one, outletID=OUTLET_2)),
        await shop.send(batch(dearer(one)), client="clienttwo"),
    ):
        assert outcomes(answer) == [("rejected", 8, "sale.id_conflict")]
        result = answer["batchItemResults"][0]
        assert (result["zReportID"], result["version"], result["tradingDate"]) == (None, None, None)
    unreadable = one | {"transactionItems": "none"}
    assert outcomes(await shop.send(batch(unreadable), client="clienttwo")) == [("rejected", 8, "sale.id_conflict")]


async def test_another_organisation_has_ids_of_its_own(shop: Shop) -> None:
    one = sale()
    one["transactionItems"][0] |= {"pluNumber": None, "pluName": "Tea", "groupName": "Hot", "mainGroupName": "Drinks"}
    mine = await shop.send(batch(one))
    theirs = await shop.send(batch(one), kapow=OTHER_KAPOW)
    assert outcomes(theirs) == [CREATED]
    assert theirs["zReportCounter"] == 1
    assert mine["zReportID"] != theirs["zReportID"]
    assert outcomes(await shop.send(batch(dearer(one)))) == [REPLACED]
    assert outcomes(await shop.send(batch(one), kapow=OTHER_KAPOW)) == [REPLAYED]


async def test_an_id_twice_in_a_batch_stands_once(shop: Shop) -> None:
    one, other = sale(), sale(5)
    twin = dearer(one) | {"salesTransactionID": one["salesTransactionID"].upper().replace("-", "")}
    answer = await shop.send(batch(one, twin, other, batchOptions=PARTIAL))
    assert outcomes(answer) == [CREATED, ("rejected", 7, "sale.id_repeated_in_batch"), CREATED]
    assert answer["batchResult"] == 1
    assert answer["batchItemResults"][1]["pointer"] == "/sales/1/salesTransactionID"
    assert await gross(shop, answer["zReportID"]) == (2, 16.5)
    replayed = await shop.send(batch(one, one))
    assert outcomes(replayed) == [REPLAYED, ("rejected", 7, "sale.id_repeated_in_batch")]
    assert replayed["batchResult"] == 2


async def test_the_first_of_two_with_one_id_stands_even_if_it_is_wrong(shop: Shop) -> None:
    wrong = unbalanced()
    right = sale(salesTransactionID=wrong["salesTransactionID"])
    answer = await shop.send(batch(wrong, right, batchOptions=PARTIAL))
    assert outcomes(answer) == [("rejected", 3, "sale.unbalanced"), ("rejected", 7, "sale.id_repeated_in_batch")]
    assert answer["batchResult"] == 2


async def test_one_wrong_sale_stores_nothing_by_default(shop: Shop) -> None:
    known, new, wrong = sale(), sale(5), unbalanced()
    first = await shop.send(batch(known))
    answer = await shop.send(batch(known, new, wrong))
    assert outcomes(answer) == [REPLAYED, ("skipped", 1, "sale.skipped"), ("rejected", 3, "sale.unbalanced")]
    assert answer["batchResult"] == 2
    assert (answer["zReportID"], answer["zReportCounter"], answer["zReportTarget"]) == (None, None, None)
    assert answer["code"] == "batch.failed"
    assert answer["errorMessage"]
    replayed, skipped, rejected = answer["batchItemResults"]
    assert (replayed["zReportID"], replayed["version"]) == (first["zReportID"], 1)
    assert (skipped["errorMessage"], skipped["retryable"], skipped["zReportID"], skipped["version"]) == (None, True, None, None)
    assert (rejected["expected"], rejected["actual"], rejected["retryable"]) == (11.5, 1, False)
    assert rejected["errors"][0]["difference"] == -10.5
    assert rejected["errorMessage"]
    assert await gross(shop, first["zReportID"]) == (1, 11.5)


async def test_partial_mode_stores_what_is_right(shop: Shop) -> None:
    known, changed, new, wrong = sale(), sale(7), sale(5), unbalanced()
    await shop.send(batch(known, changed))
    answer = await shop.send(batch(known, dearer(changed), wrong, new, batchOptions=PARTIAL))
    assert outcomes(answer) == [REPLAYED, REPLACED, ("rejected", 3, "sale.unbalanced"), CREATED]
    assert (answer["batchResult"], answer["code"]) == (1, "batch.partial")
    assert answer["zReportCounter"] == 1
    assert await gross(shop, answer["zReportID"]) == (3, 39.5)


@pytest.mark.parametrize(("options", "result"), [({}, 2), (PARTIAL, 1)])
async def test_a_replayed_sale_beside_only_wrong_ones(shop: Shop, options: dict[str, bool], result: int) -> None:
    known, wrong = sale(), unbalanced()
    first = await shop.send(batch(known))
    answer = await shop.send(batch(known, wrong, batchOptions=options))
    assert outcomes(answer) == [REPLAYED, ("rejected", 3, "sale.unbalanced")]
    assert answer["batchResult"] == result
    assert answer["batchItemResults"][0]["zReportID"] == first["zReportID"]
    assert answer["zReportID"] == (first["zReportID"] if result == 1 else None)


async def test_only_wrong_sales_fail_in_partial_mode_too_and_make_no_z(shop: Shop) -> None:
    answer = await shop.send(batch(unbalanced(), unbalanced(), batchOptions=PARTIAL))
    assert answer["batchResult"] == 2
    assert (await shop.get("sales/zreports")).json()["zReports"] == []
    created = await shop.send(batch(sale()))
    assert created["zReportCounter"] == 1  # the failed batch took none


async def test_a_sale_that_is_sent_wrongly_replaces_nothing(shop: Shop) -> None:
    """What cannot be read exactly is never taken for what is stored, however it would look once read."""
    one = sale(0, transactionPayments=[], transactionItems=[{"amount": 0, "pluNumber": 2040}])
    assert outcomes(await shop.send(batch(one))) == [CREATED]
    inexact = copy.deepcopy(one)
    inexact["transactionItems"][0]["amount"] = 0.001
    assert outcomes(await shop.send(batch(inexact))) == [("rejected", 2, "number.scale")]
    unlike = one | {"refundOf": "nonsense"}
    assert outcomes(await shop.send(batch(unlike))) == [("rejected", 2, "guid.invalid")]


async def test_replayed_sales_of_two_zs_name_no_z_at_the_top(shop: Shop) -> None:
    one, other = sale(), sale(5)
    await shop.send(batch(one))
    elsewhere = await shop.send(batch(other, target={"terminalName": "Kiosk"}))
    await shop.finalise(elsewhere["zReportID"])
    answer = await shop.send(batch(one, other))
    assert outcomes(answer) == [REPLAYED, REPLAYED]
    assert (answer["batchResult"], answer["zReportID"], answer["zReportTarget"]) == (0, None, None)


async def test_new_sales_beside_replayed_ones_of_another_z(shop: Shop) -> None:
    old = sale()
    first = await shop.send(batch(old))
    await shop.finalise(first["zReportID"])
    answer = await shop.send(batch(old, sale(4), target=NEXT_DAY))
    assert [outcome for outcome, _, _ in outcomes(answer)] == ["replayed", "created"]
    assert answer["zReportTarget"]["tradingDate"] == "2024-12-02"
    assert answer["batchItemResults"][0]["zReportID"] == first["zReportID"]
    assert answer["batchItemResults"][1]["zReportID"] == answer["zReportID"]


@pytest.mark.parametrize("sent", [..., None, "", "nonsense", "00000000-0000-0000-0000-000000000000", 7])
async def test_a_sale_without_a_usable_id_is_rejected(shop: Shop, sent: Any) -> None:
    answer = await shop.send(batch(sale(salesTransactionID=sent)))
    assert outcomes(answer) == [("rejected", 2, "sale.id_invalid")]
    result = answer["batchItemResults"][0]
    assert result["salesTransactionID"] == (sent if isinstance(sent, str) else None)
    assert [(error["code"], error["pointer"]) for error in result["errors"]] == [
        ("sale.id_invalid", "/sales/0/salesTransactionID")
    ]


async def test_generated_child_ids_stay(shop: Shop) -> None:
    one = sale()
    await shop.send(batch(one))
    path = f"sales/transactions/{one['salesTransactionID']}"
    first = (await shop.get(path)).json()["salesTransaction"]
    await shop.send(batch(one | {"invoiceNumber": "other"}))
    second = (await shop.get(path)).json()["salesTransaction"]
    item, payment = "salesTransactionItemID", "salesTransactionPaymentID"
    assert first["transactionItems"][0][item] == second["transactionItems"][0][item]
    assert first["transactionPayments"][0][payment] == second["transactionPayments"][0][payment]
    assert first["transactionItems"][0][item] != first["transactionPayments"][0][payment]


async def test_refused_ids_are_free_for_a_later_try(shop: Shop) -> None:
    one = new_id()
    await shop.send(batch(unbalanced(salesTransactionID=one)))
    assert (await shop.get(f"sales/transactions/{one}")).status_code == 404
    assert outcomes(await shop.send(batch(sale(salesTransactionID=one)))) == [CREATED]
