"""The models carry the documented names, limits and defaults, exact to the letter."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from powerepos.contract import reading, results, sales, stock
from powerepos.contract.fields import DecimalLimit, decimal_limits
from powerepos.contract.sales import (
    BatchItemErrorCode,
    BatchResponseCode,
    PartnerSalesBatchRequest,
    PartnerSalesBatchRequestOptions,
    PartnerSalesBatchResponse,
    PartnerSalesTransaction,
    PartnerSalesTransactionAdjustment,
    PartnerSalesTransactionBatchItemResult,
    PartnerSalesTransactionItem,
    PartnerSalesTransactionPayment,
    PartnerZFinaliseRequest,
    PartnerZFinaliseResponse,
    PartnerZReportRequest,
    PartnerZReportResponse,
    PartnerZReportTarget,
    ZFinaliseResultCode,
)
from powerepos.contract.stock import (
    AddStockOrderRequest,
    AddStockOrderRequestLineItem,
    AddStockOrderResponse,
    RequestResultCode,
    StockItemStringItemType,
    StockOrder,
    StockOrderLineItem,
)

from tests.contract.examples import example, wrapped

DOCUMENTED = {
    PartnerSalesBatchRequest: "outletID zReportID zReportTarget batchOptions sales",
    PartnerSalesBatchRequestOptions: "allowPartialBatchSubmission autoFinalisePreviousTradingDays",
    PartnerSalesBatchResponse: "batchResult batchItemResults errorMessage zReportID zReportCounter zReportTarget",
    PartnerSalesTransactionBatchItemResult: "salesTransactionID errorCode errorMessage",
    PartnerSalesTransaction: """salesTransactionID dateTimeClosed invoiceNumber transactionPayments transactionItems
        orderAdjustments tax1Name tax1Rate tax2Name tax2Rate tax3Name tax3Rate tax4Name tax4Rate""",
    PartnerSalesTransactionItem: """salesTransactionItemID dateTimeOrdered seat saleQty stockQty amount cost incTax1 incTax2
        incTax3 incTax4 exTax1 exTax2 exTax3 exTax4 taxSales1 taxSales2 taxSales3 taxSales4 pluNumber pluName groupName
        mainGroupName itemAdjustments""",
    PartnerSalesTransactionAdjustment: """adjustmentName bucketID amount incTax1 incTax2 incTax3 incTax4 exTax1 exTax2 exTax3
        exTax4 adjustmentRevenue_CostCenterName""",
    PartnerSalesTransactionPayment: """salesTransactionPaymentID dateTimePaid amountPurchase amountTip amountRounded affectsCID
        paymentTypeName""",
    PartnerZReportTarget: """tradingDate terminalName clientName clientVersion isTraining currencyCode currencySymbol
        currencyName""",
    PartnerZReportRequest: "outletID zReportID zReportTarget",
    PartnerZReportResponse: """outletID zReportID zReportCounter zReportTarget isFinalised finalisedDateTime
        finalisedUserName""",
    PartnerZFinaliseRequest: "outletID zReportID finalisedDateTime finalisedUserName",
    PartnerZFinaliseResponse: """resultCode outletID zReportID zReportCounter zReportTarget finalisedDateTime
        finalisedUserName""",
    AddStockOrderRequest: """orderID supplierInvoiceNumber supplierInvoiceDate applicationClientName applicationClientVersion
        lineItems outletID outletName currencyCode supplierID supplierName""",
    AddStockOrderRequestLineItem: "lineItemID type description quantity amount supplierProductCode taxGroupName",
    AddStockOrderResponse: "result errorMessage stockOrder lineItemFailureResults",
    StockOrder: """stockOrderID active_RevisionID continuedFromContextType isTraining dateTimeCreated invoice_Tax1CommonName
        invoice_Tax1LocalizedName invoice_Tax1Rate invoice_Tax2CommonName invoice_Tax2LocalizedName invoice_Tax2Rate
        invoice_Tax3CommonName invoice_Tax3LocalizedName invoice_Tax3Rate invoice_Tax4CommonName invoice_Tax4LocalizedName
        invoice_Tax4Rate""",
    StockOrderLineItem: """stockOrderLineItemID active_RevisionID sortID itemType itemCommonName itemLocalizedName
        saleModifierCommonName""",
}

OURS = {PartnerSalesTransaction: {"refundOf"}, PartnerZFinaliseRequest: {"controlTotals"}}
"""What our requests take beyond the documented fields; answers may hold more, which older clients ignore."""

NEEDED = {
    PartnerSalesBatchRequest: "outletID sales",
    PartnerSalesTransaction: "salesTransactionID dateTimeClosed invoiceNumber transactionPayments",
    PartnerSalesTransactionItem: "amount",
    PartnerSalesTransactionAdjustment: "adjustmentName amount",
    PartnerSalesTransactionPayment: "amountPurchase paymentTypeName",
    PartnerZReportTarget: "tradingDate terminalName clientName clientVersion",
    PartnerZReportRequest: "outletID",
    PartnerZFinaliseRequest: "outletID zReportID",
    AddStockOrderRequest: """orderID supplierInvoiceNumber supplierInvoiceDate applicationClientName applicationClientVersion
        lineItems""",
    AddStockOrderRequestLineItem: "lineItemID type description quantity amount",
}

LONGEST = {
    PartnerSalesTransaction: {"invoiceNumber": 36, "tax1Name": 32, "tax4Name": 32},
    PartnerSalesTransactionItem: {"pluName": 50, "groupName": 32, "mainGroupName": 32},
    PartnerSalesTransactionAdjustment: {"adjustmentName": 50, "bucketID": 64, "adjustmentRevenue_CostCenterName": 64},
    PartnerSalesTransactionPayment: {"paymentTypeName": 32},
    PartnerZReportTarget: {
        "tradingDate": 10,
        "terminalName": 64,
        "clientName": 128,
        "clientVersion": 128,
        "currencyCode": 4,
    },
    PartnerZFinaliseRequest: {"finalisedUserName": 32},
    AddStockOrderRequest: {
        "supplierInvoiceNumber": 32,
        "applicationClientName": 128,
        "applicationClientVersion": 128,
        "outletName": 64,
        "currencyCode": 4,
    },
    AddStockOrderRequestLineItem: {"description": 50, "supplierProductCode": 18, "taxGroupName": 32},
}

MODELS = [
    model
    for module in (sales, stock, reading, results)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, msgspec.Struct) and model.__module__ == module.__name__
]


def names(model: type[msgspec.Struct]) -> set[str]:
    """Its JSON names."""
    return {field.encode_name for field in msgspec.structs.fields(model)}


def field_type(model: type[msgspec.Struct], name: str) -> Any:
    """What the field holds when it is not null."""
    described = msgspec.inspect.type_info(model)
    assert isinstance(described, msgspec.inspect.StructType)
    found = next(field.type for field in described.fields if field.encode_name == name)
    return found.types[0] if isinstance(found, msgspec.inspect.UnionType) else found


@pytest.mark.parametrize("model", DOCUMENTED, ids=lambda model: model.__name__)
def test_every_documented_field_is_there(model: type[msgspec.Struct]) -> None:
    assert set(DOCUMENTED[model].split()) - names(model) == set()


@pytest.mark.parametrize("model", NEEDED, ids=lambda model: model.__name__)
def test_requests_take_nothing_else_but_what_we_added_on_purpose(model: type[msgspec.Struct]) -> None:
    doubtful = {f"taxSales{level}" for level in (1, 2, 3, 4)}  # the page of adjustments breaks off before them
    assert names(model) - set(DOCUMENTED[model].split()) - doubtful == OURS.get(model, set())


@pytest.mark.parametrize("model", NEEDED, ids=lambda model: model.__name__)
def test_what_is_needed_is_needed_and_nothing_else(model: type[msgspec.Struct]) -> None:
    needed = {field.encode_name for field in msgspec.structs.fields(model) if field.required}
    assert needed == set(NEEDED[model].split())


@pytest.mark.parametrize("model", LONGEST, ids=lambda model: model.__name__)
def test_texts_are_as_long_as_documented(model: type[msgspec.Struct]) -> None:
    assert {name: field_type(model, name).max_length for name in LONGEST[model]} == LONGEST[model]


def test_lists_are_as_long_as_documented() -> None:
    batch, order = field_type(PartnerSalesBatchRequest, "sales"), field_type(AddStockOrderRequest, "lineItems")
    assert (batch.type.min_length, batch.type.max_length, batch.extra) == (1, 64, {"code": "batch.size"})
    assert (order.type.min_length, order.type.max_length, order.extra) == (None, 1024, {"code": "order.size"})


def test_decimals_are_as_precise_as_documented() -> None:
    taxes = {f"{kind}{level}": DecimalLimit(18, 7) for kind in ("inc_tax", "ex_tax", "tax_sales") for level in (1, 2, 3, 4)}
    money = DecimalLimit(18, 2)
    item = {"sale_qty": DecimalLimit(13, 2), "stock_qty": DecimalLimit(18, 7), "amount": money, "cost": money}
    assert decimal_limits(PartnerSalesTransactionItem) == item | taxes
    assert decimal_limits(PartnerSalesTransactionAdjustment) == {"amount": money} | taxes
    assert decimal_limits(PartnerSalesTransactionPayment) == dict.fromkeys(
        ("amount_purchase", "amount_tip", "amount_rounded"), money
    )
    assert decimal_limits(PartnerSalesTransaction) == {f"tax{level}_rate": DecimalLimit(18, 3) for level in (1, 2, 3, 4)}
    assert decimal_limits(AddStockOrderRequestLineItem) == {"quantity": DecimalLimit(18, 5), "amount": money}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_decimal_of_every_model_has_a_limit(model: type[msgspec.Struct]) -> None:
    described = msgspec.inspect.type_info(model)
    assert isinstance(described, msgspec.inspect.StructType)
    unlimited = set()
    for field in described.fields:
        kinds = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
        if any(isinstance(kind, msgspec.inspect.DecimalType) for kind in kinds):
            unlimited.add(field.name)
    assert unlimited - {"difference"} == set()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_partner_can_decode_every_model(model: type[msgspec.Struct]) -> None:
    msgspec.json.Decoder(model, float_hook=Decimal)


def test_defaults_are_the_documented_ones() -> None:
    item = PartnerSalesTransactionItem(amount=Decimal(5))
    assert (item.sale_qty, item.stock_qty, item.seat, item.cost, item.inc_tax1) == (1, 1, 0, 0, 0)
    payment = PartnerSalesTransactionPayment(amount_purchase=Decimal(5), payment_type_name="CASH")
    assert (payment.amount_tip, payment.amount_rounded, payment.affects_cid) == (0, 0, False)
    options = PartnerSalesBatchRequestOptions()
    assert (options.allow_partial_batch_submission, options.auto_finalise_previous_trading_days) == (False, False)
    assert PartnerZFinaliseRequest(outlet_id="o", z_report_id="z").finalised_user_name == "External Interface"


def test_numbers_of_choices_are_fixed() -> None:
    assert [code.value for code in BatchResponseCode] == [0, 1, 2, 3, 4]
    assert {code.name: code.value for code in BatchItemErrorCode} == {
        "SUCCESS": 0,
        "SKIPPED": 1,
        "VALIDATION_FAILED": 2,
        "UNBALANCED": 3,
        "UNKNOWN_PLU": 4,
        "ADJUSTMENT_BUCKET_MISMATCH": 5,
        "Z_REPORT_FINALISED": 6,
        "DUPLICATE_IN_BATCH": 7,
        "CONFLICT": 8,
        "INTERNAL": 9,
    }
    assert [code.value for code in ZFinaliseResultCode] == [0, 1, 2]
    assert [code.value for code in RequestResultCode] == [0, 1, 2, 3, 4]
    assert [kind.value for kind in StockItemStringItemType] == [0, 1, 2, 3, 4, 10, 11, 12, 100]


@pytest.mark.parametrize("name", ["fixed_z", "order_discount", "bucketed_discount"])
def test_documented_batches_decode(name: str) -> None:
    batch = msgspec.json.decode(example(name), type=PartnerSalesBatchRequest)
    sale = msgspec.json.decode(batch.sales[0], type=PartnerSalesTransaction)
    assert sale.transaction_items[0].amount == sale.transaction_items[0].tax_sales1 > 0


def test_the_documented_add_on_tax_decodes() -> None:
    batch = msgspec.json.decode(wrapped(example("add_on_tax_sale")), type=PartnerSalesBatchRequest)
    sale = msgspec.json.decode(batch.sales[0], type=PartnerSalesTransaction)
    assert (sale.tax1_rate, sale.transaction_items[0].ex_tax1) == (Decimal("8.25"), Decimal("1.65"))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("z_request", PartnerZReportRequest),
        ("z_answer", PartnerZReportResponse),
        ("finalise_request", PartnerZFinaliseRequest),
        ("finalise_answer", PartnerZFinaliseResponse),
        ("batch_answer", PartnerSalesBatchResponse),
        ("order_by_supplier_name", AddStockOrderRequest),
        ("order_by_names", AddStockOrderRequest),
        ("order_with_charges", AddStockOrderRequest),
    ],
)
def test_other_documented_bodies_decode_and_lose_nothing(name: str, model: type[msgspec.Struct]) -> None:
    encoder = msgspec.json.Encoder(decimal_format="number")
    decoded = msgspec.json.decode(encoder.encode(msgspec.json.decode(example(name), type=model)))
    sent = msgspec.json.decode(example(name))
    assert {field: decoded[field] for field in sent if not isinstance(sent[field], dict | list)} == {
        field: value for field, value in sent.items() if not isinstance(value, dict | list)
    }


def test_the_documented_failure_decodes() -> None:
    data = msgspec.json.decode(example("order_failure"), type=dict[str, AddStockOrderResponse])["data"]
    assert data == AddStockOrderResponse(
        result=RequestResultCode.LINE_ITEMS_FAILED,
        error_message="text from the server",
        stock_order=None,
        line_item_failure_results=[],
    )
