"""Stock: the models of `addstockorder` and of reading a stock order back.

Money is in the outlet's or the stated currency; taxes are computed by the server and carry seven decimals per line.
"""

from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from powerepos.contract.fields import (
    Integer,
    Money,
    OrderQuantity,
    TaxAmount,
    TaxRate,
    Text4,
    Text18,
    Text32,
    Text50,
    Text64,
    Text128,
    named,
)
from powerepos.contract.limits import Limits
from powerepos.contract.results import ResultError, ResultWarning, Value


class StockItemStringItemType(IntEnum):
    """Kind of a stock order's line."""

    STOCK_ITEM_OTHER = 0
    """Generic stock item; hardly ever needed."""
    STOCK_ITEM_INGREDIENT = 1
    STOCK_ITEM_MIX = 2
    STOCK_ITEM_RECIPE = 3
    STOCK_ITEM_REDIRECT = 4
    DELIVERY_CHARGE = 10
    DISCOUNT = 11
    """Its amount is negative."""
    SURCHARGE = 12
    ROUNDING_LINE = 100
    """Rounding of the order; carries no tax."""


class RequestResultCode(IntEnum):
    """Overall outcome of a stock order."""

    SUCCESS = 0
    VALIDATION_FAILED = 1
    OUTLET_NOT_RESOLVED = 2
    SUPPLIER_NOT_RESOLVED = 3
    LINE_ITEMS_FAILED = 4


class StockOrderContinuedFromContextTypes(IntEnum):
    """What an order continues. Orders of partners continue nothing."""

    NONE = 0


class AddStockOrderRequestLineItem(msgspec.Struct, rename=named(), kw_only=True, gc=False):
    """A line of a supplier's invoice."""

    line_item_id: str
    """GUID, unique within the order."""
    type: StockItemStringItemType
    description: Text50
    quantity: OrderQuantity
    """1 on lines of charges, discounts, surcharges and rounding."""
    amount: Money
    """Of the whole line, with inclusive taxes, without add-on ones; negative on a discount."""
    supplier_product_code: Text18 | None = None
    """Needed for every type of stock item, null for the others."""
    tax_group_name: Text32 | None = None
    """Null: the product's tax group, else the supplier's. Rounding carries no tax, whatever is said here."""


LineItems = Annotated[list[AddStockOrderRequestLineItem], Meta(max_length=Limits.MAX_LINE_ITEMS, extra={"code": "order.size"})]


class AddStockOrderRequest(msgspec.Struct, rename=named(), kw_only=True):
    """A supplier's invoice. The same `order_id` again replaces the order."""

    order_id: str
    """GUID."""
    supplier_invoice_number: Text32
    supplier_invoice_date: str
    """`yyyy-MM-dd`, with or without a time."""
    application_client_name: Text128
    application_client_version: Text128
    line_items: LineItems
    outlet_id: str | None = None
    """GUID. This or the name is needed; both must agree."""
    outlet_name: Text64 | None = None
    currency_code: Text4 | None = None
    """ISO 4217; null: the outlet's."""
    supplier_id: str | None = None
    """GUID. This or the name is needed; both must agree."""
    supplier_name: Text64 | None = None


class StockOrderLineItem(msgspec.Struct, rename=named(active_revision_id="active_RevisionID"), kw_only=True, gc=False):
    """A line with all that was resolved and computed. From `supplier_product_code` on the fields are ours."""

    stock_order_line_item_id: str
    active_revision_id: int = 0
    sort_id: int
    """Place in the order, from 1."""
    item_type: StockItemStringItemType
    item_common_name: Text50
    """The product's name in the catalogue; of other lines the description."""
    item_localized_name: Text50
    """The description, as it was sent."""
    sale_modifier_common_name: str
    """`[No Modifier]` for a stock item, blank for other lines."""
    supplier_product_code: str | None = None
    plu_number: Integer | None = None
    plu_name: str | None = None
    quantity: OrderQuantity
    amount: Money
    tax_group_name: str | None = None
    """The one that was used; null if the line carries no tax."""
    inc_tax1: TaxAmount
    """`inc_tax1` to `inc_tax4`: tax inside the amount: the level's rate of what the amount is without all inclusive taxes."""
    inc_tax2: TaxAmount
    inc_tax3: TaxAmount
    inc_tax4: TaxAmount
    ex_tax1: TaxAmount
    """`ex_tax1` to `ex_tax4`: tax on top of the amount: the level's rate of the amount."""
    ex_tax2: TaxAmount
    ex_tax3: TaxAmount
    ex_tax4: TaxAmount


_STOCK_ORDER_NAMES = {
    "active_revision_id": "active_RevisionID",
    **{
        f"invoice_tax{level}_{field}": f"invoice_Tax{level}{name}"
        for level in (1, 2, 3, 4)
        for field, name in (("common_name", "CommonName"), ("localized_name", "LocalizedName"), ("rate", "Rate"))
    },
}


class StockOrder(msgspec.Struct, rename=named(**_STOCK_ORDER_NAMES), kw_only=True):
    """A stock order as it is stored. From `version` on the fields are ours."""

    stock_order_id: str
    active_revision_id: int = 0
    continued_from_context_type: StockOrderContinuedFromContextTypes = StockOrderContinuedFromContextTypes.NONE
    is_training: bool = False
    date_time_created: str
    """The outlet's local time."""
    invoice_tax1_common_name: str = ""
    """`invoice_tax1_…` to `invoice_tax4_…`: what the tax levels are; blank and 0 if unused. Where the lines' tax groups differ
    in a level, the one with the highest rate."""
    invoice_tax1_localized_name: str = ""
    invoice_tax1_rate: TaxRate
    invoice_tax2_common_name: str = ""
    invoice_tax2_localized_name: str = ""
    invoice_tax2_rate: TaxRate
    invoice_tax3_common_name: str = ""
    invoice_tax3_localized_name: str = ""
    invoice_tax3_rate: TaxRate
    invoice_tax4_common_name: str = ""
    invoice_tax4_localized_name: str = ""
    invoice_tax4_rate: TaxRate
    version: int
    """1 when it was created, one more with each replacement."""
    outlet_id: str
    outlet_name: str
    supplier_id: str
    supplier_name: str
    supplier_invoice_number: str
    supplier_invoice_date: str
    currency_code: str
    application_client_name: str
    application_client_version: str
    line_items: list[StockOrderLineItem]
    amount: Money
    """Σ `amount` of all lines, discounts and rounding with their own sign."""
    inc_tax1: Money
    """`inc_tax1` to `inc_tax4`: inclusive tax of the order, each level rounded once, half-up."""
    inc_tax2: Money
    inc_tax3: Money
    inc_tax4: Money
    ex_tax1: Money
    """`ex_tax1` to `ex_tax4`: add-on tax, likewise."""
    ex_tax2: Money
    ex_tax3: Money
    ex_tax4: Money
    tax_rounding: TaxAmount
    """What rounding the levels of add-on tax added to the sum of the lines' taxes."""
    total: Money
    """`amount` + `ex_tax1` to `ex_tax4`."""


class LineItemCandidate(msgspec.Struct, rename=named(), kw_only=True):
    """Something that the line may have meant."""

    supplier_product_code: str | None = None
    plu_number: int | None = None
    plu_name: str | None = None
    tax_group_name: str | None = None


class LineItemFailureResult(msgspec.Struct, rename=named(), kw_only=True):
    """A rule that a line breaks; a line that breaks several has several of these."""

    line_item_id: str | None
    """As it was sent; null if there was none."""
    index: int | None = None
    """The line's place in the request, from 0."""
    code: str
    """See `Codes`."""
    error_message: str
    pointer: str | None = None
    expected: Value = None
    actual: Value = None
    candidates: list[LineItemCandidate] = []
    """At most five, the likest first."""
    help_uri: str | None = None
    """The page about this code: what it means and how to mend it."""


class AddStockOrderResponse(msgspec.Struct, rename=named(), kw_only=True):
    """Answer of `addstockorder`, also in `ErrorResponse.data` when it fails and the body was well formed."""

    result: RequestResultCode
    error_message: str | None = None
    """At most 1024 characters; null on success."""
    stock_order: StockOrder | None = None
    """Null unless it is stored."""
    line_item_failure_results: list[LineItemFailureResult] | None = None
    """Every failing line; null if none failed."""
    outcome: str | None = None
    """See `Outcomes`."""
    version: int | None = None
    code: str | None = None
    pointer: str | None = None
    expected: Value = None
    actual: Value = None
    retryable: bool = False
    errors: list[ResultError] = []
    """About the order as a whole."""
    warnings: list[ResultWarning] = []


class StockOrderVersion(msgspec.Struct, rename=named(), kw_only=True):
    """One version of a stock order."""

    version: int
    received_at: str
    """`yyyy-MM-ddTHH:mm:ss.fffZ` (UTC)."""


class StockOrderResponse(msgspec.Struct, rename=named(), kw_only=True):
    """`GET /api/v1/stock/stockorders/{orderID}`; without `?version=n` the current version."""

    stock_order: StockOrder
    version: int
    current_version: int
    versions: list[StockOrderVersion]
    """All of them, the oldest first."""
