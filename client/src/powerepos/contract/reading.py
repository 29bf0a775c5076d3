"""What can be read back: a sale with its versions, a Z with its totals, the Zs of a day, and the feed of changes."""

from typing import Final

import msgspec

from powerepos.contract.fields import Money, TaxAmount, TaxRate, named
from powerepos.contract.sales import PartnerSalesTransaction, PartnerZReportResponse, PartnerZReportTarget


class SalesTransactionVersion(msgspec.Struct, rename=named(), kw_only=True):
    """One version of a sale."""

    version: int
    received_at: str
    """`yyyy-MM-ddTHH:mm:ss.fffZ` (UTC)."""
    z_report_id: str
    """The Z that it was in."""
    z_report_counter: int
    trading_date: str


class SalesTransactionResponse(msgspec.Struct, rename=named(), kw_only=True):
    """`GET /api/v1/sales/transactions/{id}`: one version of a sale; without `?version=n` the current one."""

    sales_transaction_id: str
    outlet_id: str
    z_report_id: str
    z_report_counter: int
    z_report_target: PartnerZReportTarget
    is_finalised: bool
    """Whether its Z is finalised, so that it can change no more."""
    trading_date: str
    version: int
    current_version: int
    versions: list[SalesTransactionVersion]
    """All of them, the oldest first."""
    sales_transaction: PartnerSalesTransaction
    """As it was sent, with defaults, and with the IDs that we made."""


class PaymentTotal(msgspec.Struct, rename=named(), kw_only=True):
    """Payments of one type."""

    payment_type_name: str
    count: int
    amount_purchase: Money
    amount_tip: Money
    amount_rounded: Money


class TaxTotal(msgspec.Struct, rename=named(), kw_only=True):
    """One tax, by name and rate, over items and adjustments."""

    tax_name: str
    tax_rate: TaxRate
    tax_sales: TaxAmount
    """What it was charged on."""
    inc_tax: TaxAmount
    ex_tax: TaxAmount
    amount: TaxAmount
    """`inc_tax` + `ex_tax`; compare with `controlTotals.taxes`."""


class AdjustmentTotal(msgspec.Struct, rename=named(), kw_only=True):
    """Discounts or surcharges of one name."""

    adjustment_name: str
    count: int
    amount: Money


class ZReportTotals(msgspec.Struct, rename=named(), kw_only=True):
    """What a Z holds, each sale in its current version. The first four compare with `controlTotals`."""

    count: int
    """Sales."""
    gross: Money
    """Σ (`amount` + `exTax1` to `exTax4`) of items and adjustments."""
    tips: Money
    rounding: Money
    refund_count: int
    """Sales whose gross is negative."""
    refunds: Money
    """Their gross, negative."""
    discounts: Money
    """Σ `amount` of adjustments below zero."""
    surcharges: Money
    """Σ `amount` of adjustments above zero."""
    payments: list[PaymentTotal]
    taxes: list[TaxTotal]
    adjustments: list[AdjustmentTotal]


class ZReportReading(PartnerZReportResponse, rename=named(), kw_only=True):
    """`GET /api/v1/sales/zreports/{id}`."""

    totals: ZReportTotals


class ZReportPage(msgspec.Struct, rename=named(), kw_only=True):
    """`GET /api/v1/sales/zreports?outletID=&tradingDate=&after=&limit=`."""

    z_reports: list[PartnerZReportResponse]
    next: str | None = None
    """For `after`; null on the last page."""
    more: bool


class ChangeTypes:
    """What changed."""

    SALE: Final = "sale"
    Z: Final = "z"
    STOCK_ORDER: Final = "stockOrder"


class Changes:
    """How it changed."""

    CREATED: Final = "created"
    REPLACED: Final = "replaced"
    MOVED: Final = "moved"
    """A sale went to another Z."""
    FINALISED: Final = "finalised"


class Change(msgspec.Struct, rename=named(), kw_only=True):
    """One change."""

    cursor: str
    """Opaque; for `after`. It never expires."""
    type: str
    """See `ChangeTypes`."""
    id: str
    version: int
    outlet_id: str
    at: str
    """`yyyy-MM-ddTHH:mm:ss.fffZ` (UTC): when it was stored."""
    change: str
    """See `Changes`."""


class ChangePage(msgspec.Struct, rename=named(), kw_only=True):
    """`GET /api/v1/changes?after=&limit=&wait=`: in the order in which they were committed, each exactly once."""

    changes: list[Change]
    next: str
    """For `after` of the next call, whether or not there are changes."""
    more: bool
    """Whether further ones are there already."""
