"""Sales: the models of `addbatch`, `requestzreport` and `finalisezreport`, and of reading back.

What batches hold by the hundred is kept from the garbage collector (`gc=False`): it cannot be part of a cycle.
Times are the outlet's local time, `yyyy-MM-dd HH:mm:ss[.fff]`. Money is in the outlet's or the stated currency; a line's
amounts hold inclusive taxes (`inc_tax1` to `inc_tax4`) and leave out add-on taxes (`ex_tax1` to `ex_tax4`).
"""

from enum import IntEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from powerepos.contract.fields import (
    ONE,
    ZERO,
    Defaulted,
    Integer,
    Money,
    SaleQuantity,
    StockQuantity,
    TaxAmount,
    TaxRate,
    Text4,
    Text16,
    Text32,
    Text36,
    Text50,
    Text64,
    Text128,
    named,
)
from powerepos.contract.limits import Limits
from powerepos.contract.results import ControlDifference, ResultError, ResultWarning, Value

EXTERNAL_INTERFACE: Final = "External Interface"
"""User name of what no person finalised."""


class BatchResponseCode(IntEnum):
    """Overall outcome of a batch."""

    SUCCESS = 0
    PARTIAL_SUCCESS = 1
    FAILED = 2
    Z_REPORT_FINALISED = 3
    Z_REPORT_MISMATCH = 4


class BatchItemErrorCode(IntEnum):
    """Outcome of one sale of a batch."""

    SUCCESS = 0
    SKIPPED = 1
    VALIDATION_FAILED = 2
    UNBALANCED = 3
    UNKNOWN_PLU = 4
    ADJUSTMENT_BUCKET_MISMATCH = 5
    Z_REPORT_FINALISED = 6
    DUPLICATE_IN_BATCH = 7
    CONFLICT = 8
    INTERNAL = 9


class ZFinaliseResultCode(IntEnum):
    """Outcome of finalising a Z."""

    SUCCESS = 0
    ALREADY_FINALISED = 1
    CONTROL_TOTALS_MISMATCH = 2


class PartnerZReportTarget(msgspec.Struct, rename=named(), kw_only=True):
    """The Z that sales belong to: found or made by date, terminal, training flag and currency; client names are labels."""

    trading_date: Annotated[str, Meta(max_length=10)]
    """`yyyy-MM-dd`: the trading day, which may end after midnight."""
    terminal_name: Text64
    client_name: Text128
    client_version: Text128
    is_training: Defaulted[bool] = False
    """Test data, outside the official figures."""
    currency_code: Text4 | None = None
    """ISO 4217; null: the outlet's. With another than the outlet's, symbol and name must be sent too."""
    currency_symbol: Text16 | None = None
    currency_name: Text64 | None = None


class PartnerSalesBatchRequestOptions(msgspec.Struct, rename=named(), kw_only=True):
    """How a batch is to be taken."""

    allow_partial_batch_submission: bool = False
    """Store the valid sales even if others are not; else one invalid sale means that none is stored."""
    auto_finalise_previous_trading_days: bool = False
    """Afterwards finalise this client's open Zs of earlier trading days; then send days in ascending order."""


class PartnerSalesTransactionAdjustment(
    msgspec.Struct,
    rename=named(adjustment_revenue_cost_center_name="adjustmentRevenue_CostCenterName"),
    kw_only=True,
    gc=False,
):
    """A discount or surcharge: the whole amount on a sale (we prorate it over its items), the prorated part on an item."""

    adjustment_name: Text50
    bucket_id: Text64 | None = None
    """Groups parts on several items into one adjustment; they must agree in name and cost centre. Ignored on a sale."""
    amount: Money
    """Negative: discount; positive: surcharge. With inclusive taxes, without add-on ones."""
    inc_tax1: Defaulted[TaxAmount] = ZERO
    """`inc_tax1` to `inc_tax4`: change of the inclusive tax, signed as the amount."""
    inc_tax2: Defaulted[TaxAmount] = ZERO
    inc_tax3: Defaulted[TaxAmount] = ZERO
    inc_tax4: Defaulted[TaxAmount] = ZERO
    ex_tax1: Defaulted[TaxAmount] = ZERO
    """`ex_tax1` to `ex_tax4`: change of the add-on tax, on top of the amount."""
    ex_tax2: Defaulted[TaxAmount] = ZERO
    ex_tax3: Defaulted[TaxAmount] = ZERO
    ex_tax4: Defaulted[TaxAmount] = ZERO
    tax_sales1: Defaulted[TaxAmount] = ZERO
    """`tax_sales1` to `tax_sales4`: change of the value that the tax was charged on."""
    tax_sales2: Defaulted[TaxAmount] = ZERO
    tax_sales3: Defaulted[TaxAmount] = ZERO
    tax_sales4: Defaulted[TaxAmount] = ZERO
    adjustment_revenue_cost_center_name: Text64 | None = None


class PartnerSalesTransactionItem(msgspec.Struct, rename=named(), kw_only=True, gc=False):
    """A sold line, named by PLU number, or by main group, group and PLU name."""

    sales_transaction_item_id: str | None = None
    """GUID; null: we make one."""
    date_time_ordered: str | None = None
    """Null: when the sale was closed."""
    seat: Defaulted[Integer] = 0
    sale_qty: Defaulted[SaleQuantity] = ONE
    stock_qty: Defaulted[StockQuantity] = ONE
    """Stock units consumed. The default is 1, whatever `sale_qty` is."""
    amount: Money
    """Of the whole line, not of a piece; with inclusive taxes, without add-on ones."""
    cost: Defaulted[Money] = ZERO
    """Of one piece."""
    inc_tax1: Defaulted[TaxAmount] = ZERO
    """`inc_tax1` to `inc_tax4`: tax inside the amount."""
    inc_tax2: Defaulted[TaxAmount] = ZERO
    inc_tax3: Defaulted[TaxAmount] = ZERO
    inc_tax4: Defaulted[TaxAmount] = ZERO
    ex_tax1: Defaulted[TaxAmount] = ZERO
    """`ex_tax1` to `ex_tax4`: tax on top of the amount."""
    ex_tax2: Defaulted[TaxAmount] = ZERO
    ex_tax3: Defaulted[TaxAmount] = ZERO
    ex_tax4: Defaulted[TaxAmount] = ZERO
    tax_sales1: Defaulted[TaxAmount] = ZERO
    """`tax_sales1` to `tax_sales4`: the value that the tax was charged on."""
    tax_sales2: Defaulted[TaxAmount] = ZERO
    tax_sales3: Defaulted[TaxAmount] = ZERO
    tax_sales4: Defaulted[TaxAmount] = ZERO
    plu_number: Integer | None = None
    plu_name: Text50 | None = None
    group_name: Text32 | None = None
    main_group_name: Text32 | None = None
    item_adjustments: Defaulted[list[PartnerSalesTransactionAdjustment]] = []


class PartnerSalesTransactionPayment(msgspec.Struct, rename=named(affects_cid="affectsCID"), kw_only=True, gc=False):
    """A payment."""

    sales_transaction_payment_id: str | None = None
    """GUID; null: we make one."""
    date_time_paid: str | None = None
    """Null: when the sale was closed."""
    amount_purchase: Money
    """Value of the goods that it covers, rounded for cash; no tip."""
    amount_tip: Defaulted[Money] = ZERO
    """On top of `amount_purchase`."""
    amount_rounded: Defaulted[Money] = ZERO
    """What cash rounding added: 29.99 settled with 30.00 gives 0.01."""
    affects_cid: Defaulted[bool] = False
    """Whether it changes the cash in drawer."""
    payment_type_name: Text32


class PartnerSalesTransaction(msgspec.Struct, rename=named(), kw_only=True, gc=False):
    """A sale, fully paid and closed. The same ID again replaces it: keep the ID until the sale is acknowledged."""

    sales_transaction_id: str
    """GUID."""
    date_time_closed: str
    invoice_number: Text36
    tax1_name: Defaulted[Text32] = ""
    """`tax1_name` to `tax4_name`, `tax1_rate` to `tax4_rate` (percent): the four tax levels; blank and 0 if unused."""
    tax1_rate: Defaulted[TaxRate] = ZERO
    tax2_name: Defaulted[Text32] = ""
    tax2_rate: Defaulted[TaxRate] = ZERO
    tax3_name: Defaulted[Text32] = ""
    tax3_rate: Defaulted[TaxRate] = ZERO
    tax4_name: Defaulted[Text32] = ""
    tax4_rate: Defaulted[TaxRate] = ZERO
    transaction_items: Defaulted[list[PartnerSalesTransactionItem]] = []
    order_adjustments: Defaulted[list[PartnerSalesTransactionAdjustment]] = []
    transaction_payments: list[PartnerSalesTransactionPayment]
    refund_of: str | None = None
    """GUID of the sale that this one refunds. Ours, and optional."""


Sales = Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=Limits.MAX_BATCH_SIZE, extra={"code": "batch.size"})]


class PartnerSalesBatchRequest(msgspec.Struct, rename=named(), kw_only=True):
    """Sales of one outlet that go into one Z. `z_report_id` or `z_report_target` is needed."""

    outlet_id: str
    """GUID."""
    z_report_id: str | None = None
    """GUID of an open Z."""
    z_report_target: PartnerZReportTarget | None = None
    batch_options: Defaulted[PartnerSalesBatchRequestOptions] = msgspec.field(default_factory=PartnerSalesBatchRequestOptions)
    sales: Sales
    """Each is a `PartnerSalesTransaction`, kept as sent, so that one that cannot be read does not hide the others."""


class PartnerSalesTransactionBatchItemResult(msgspec.Struct, rename=named(), kw_only=True):
    """What became of one submitted sale."""

    index: int | None = None
    """Its place in the request's `sales`, from 0."""
    sales_transaction_id: str | None
    """As it was sent; null if there was none."""
    error_code: BatchItemErrorCode
    error_message: str | None = None
    """At most 1024 characters; null on success, and if the sale was only skipped."""
    outcome: str | None = None
    """See `Outcomes`."""
    trading_date: str | None = None
    """`yyyy-MM-dd`. This and the next three are null unless the sale is stored."""
    version: int | None = None
    """1 when it was created, one more with each replacement."""
    z_report_id: str | None = None
    z_report_counter: int | None = None
    code: str | None = None
    """`code` to `actual`: of the first of `errors`."""
    pointer: str | None = None
    expected: Value = None
    actual: Value = None
    retryable: bool = False
    """Whether the sale may be sent again as it is."""
    errors: list[ResultError] = []
    warnings: list[ResultWarning] = []


class AutoFinalisedZReport(msgspec.Struct, rename=named(), kw_only=True):
    """A Z of an earlier trading day that the batch finalised."""

    z_report_id: str
    z_report_counter: int
    trading_date: str
    terminal_name: str


class PartnerSalesBatchResponse(msgspec.Struct, rename=named(), kw_only=True):
    """Answer of `addbatch`. Status 200 alone promises nothing: read `batch_result` and every `error_code`."""

    batch_result: BatchResponseCode
    batch_item_results: list[PartnerSalesTransactionBatchItemResult]
    """One per submitted sale, in order."""
    error_message: str | None = None
    """At most 1024 characters; null on success."""
    z_report_id: str | None = None
    """The Z that new and changed sales went to. This and the next two are null if the batch failed."""
    z_report_counter: int | None = None
    z_report_target: PartnerZReportTarget | None = None
    code: str | None = None
    pointer: str | None = None
    expected: Value = None
    actual: Value = None
    retryable: bool = False
    errors: list[ResultError] = []
    """About the batch as a whole."""
    warnings: list[ResultWarning] = []
    validated: bool = False
    """The batch was only judged (`?validateOnly=true`): nothing is stored."""
    auto_finalised: list[AutoFinalisedZReport] = []


class PartnerZReportRequest(msgspec.Struct, rename=named(), kw_only=True):
    """A Z to look up, or to find or make. One of the two is needed."""

    outlet_id: str
    z_report_id: str | None = None
    z_report_target: PartnerZReportTarget | None = None


class PartnerZReportResponse(msgspec.Struct, rename=named(), kw_only=True):
    """A Z."""

    outlet_id: str
    z_report_id: str
    z_report_counter: int
    """1, 2, 3 … per outlet, terminal and training flag, without gaps."""
    z_report_target: PartnerZReportTarget
    is_finalised: bool
    finalised_date_time: str | None = None
    """Null while it is open; so is the name."""
    finalised_user_name: str | None = None
    warnings: list[ResultWarning] = []


class ControlPayment(msgspec.Struct, rename=named(), kw_only=True):
    """Expected total of a payment type."""

    payment_type_name: Text32
    amount_purchase: Money


class ControlTax(msgspec.Struct, rename=named(), kw_only=True):
    """Expected total of a tax, inclusive and add-on together."""

    tax_name: Text32
    tax_rate: TaxRate
    amount: TaxAmount


class ControlTotals(msgspec.Struct, rename=named(), kw_only=True):
    """What the sender believes the Z to hold; only what is sent is compared."""

    count: Integer | None = None
    """Sales, each in its current version."""
    gross: Money | None = None
    """Σ (`amount` + `ex_tax1` to `ex_tax4`) of items and adjustments."""
    tips: Money | None = None
    rounding: Money | None = None
    payments: list[ControlPayment] | None = None
    taxes: list[ControlTax] | None = None


class PartnerZFinaliseRequest(msgspec.Struct, rename=named(), kw_only=True):
    """A Z to finalise; nothing can change in it afterwards."""

    outlet_id: str
    z_report_id: str
    finalised_date_time: str | None = None
    """Null: now, on the outlet's clock."""
    finalised_user_name: Defaulted[Text32] = EXTERNAL_INTERFACE
    control_totals: ControlTotals | None = None
    """If they differ, the Z stays open. Ours, and optional."""


class PartnerZFinaliseResponse(msgspec.Struct, rename=named(), kw_only=True):
    """Answer of `finalisezreport`."""

    result_code: ZFinaliseResultCode
    outlet_id: str
    z_report_id: str
    z_report_counter: int
    z_report_target: PartnerZReportTarget
    finalised_date_time: str | None = None
    """The time and the name that are stored; null while the Z is open."""
    finalised_user_name: str | None = None
    error_message: str | None = None
    code: str | None = None
    retryable: bool = False
    differences: list[ControlDifference] = []
    warnings: list[ResultWarning] = []
