"""From the wire to whole numbers and canonical dates: a `PartnerSalesTransaction` becomes a `Sale`, or faults say why not.

Numbers are exact: what has more decimals than its field may have is refused, but for taxes, which are rounded half-even to
seven decimals with a warning (contract section 6).
"""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from powerepos.contract.codes import Codes
from powerepos.contract.sales import (
    PartnerSalesTransaction,
    PartnerSalesTransactionAdjustment,
    PartnerSalesTransactionItem,
    PartnerSalesTransactionPayment,
)

from powerepos_cloud.partnerservices.fields import EXACT, LARGEST_AMOUNT, Fields
from powerepos_cloud.partnerservices.sales.model import FINE, MONEY, Adjustment, Item, Levels, Payment, Sale, Tax

_LARGEST = LARGEST_AMOUNT
_SALE_QTY_LARGEST = 10**11
_STOCK_QTY_LARGEST = 10**11
_FINE_STEP = Decimal("1E-7")
_ZERO_LEVELS: Levels = (0, 0, 0, 0)


class Normaliser(Fields):
    """Reads one sale; `findings` collects what it finds wrong or worth a warning."""

    def sale(self, sent: PartnerSalesTransaction) -> Sale:
        """The sale as it is reckoned with; worth nothing if there are faults."""
        with localcontext(EXACT):
            return self._sale(sent)

    def _sale(self, sent: PartnerSalesTransaction) -> Sale:
        closed_at = self.time(sent.date_time_closed, "/dateTimeClosed")
        return Sale(
            closed_at,
            sent.invoice_number,
            (
                self._tax(sent.tax1_name, sent.tax1_rate, 1),
                self._tax(sent.tax2_name, sent.tax2_rate, 2),
                self._tax(sent.tax3_name, sent.tax3_rate, 3),
                self._tax(sent.tax4_name, sent.tax4_rate, 4),
            ),
            tuple([self._item(item, n, closed_at) for n, item in enumerate(sent.transaction_items)]),
            tuple(
                [self._adjustment(one, f"/orderAdjustments/{n}", is_order=True) for n, one in enumerate(sent.order_adjustments)]
            ),
            tuple([self._payment(one, n, closed_at) for n, one in enumerate(sent.transaction_payments)]),
            self.guid(sent.refund_of, "/refundOf"),
        )

    def _item(self, sent: PartnerSalesTransactionItem, n: int, closed_at: str) -> Item:
        pointer = f"/transactionItems/{n}"
        ordered = sent.date_time_ordered
        return Item(
            self.guid(sent.sales_transaction_item_id, f"{pointer}/salesTransactionItemID"),
            closed_at if ordered is None else self.time(ordered, f"{pointer}/dateTimeOrdered"),
            sent.seat,
            self.scaled(sent.sale_qty, MONEY, _SALE_QTY_LARGEST, pointer, "saleQty"),
            self.scaled(sent.stock_qty, FINE, _STOCK_QTY_LARGEST, pointer, "stockQty"),
            self.scaled(sent.amount, MONEY, _LARGEST, pointer, "amount"),
            self.scaled(sent.cost, MONEY, _LARGEST, pointer, "cost") if sent.cost else 0,
            self._levels(sent.inc_tax1, sent.inc_tax2, sent.inc_tax3, sent.inc_tax4, pointer, "incTax"),
            self._levels(sent.ex_tax1, sent.ex_tax2, sent.ex_tax3, sent.ex_tax4, pointer, "exTax"),
            self._levels(sent.tax_sales1, sent.tax_sales2, sent.tax_sales3, sent.tax_sales4, pointer, "taxSales"),
            sent.plu_number,
            sent.plu_name,
            sent.group_name,
            sent.main_group_name,
            tuple(
                [
                    self._adjustment(one, f"{pointer}/itemAdjustments/{m}", is_order=False)
                    for m, one in enumerate(sent.item_adjustments)
                ]
            ),
        )

    def _adjustment(self, sent: PartnerSalesTransactionAdjustment, pointer: str, *, is_order: bool) -> Adjustment:
        return Adjustment(
            sent.adjustment_name,
            self.scaled(sent.amount, MONEY, _LARGEST, pointer, "amount"),
            self._levels(sent.inc_tax1, sent.inc_tax2, sent.inc_tax3, sent.inc_tax4, pointer, "incTax"),
            self._levels(sent.ex_tax1, sent.ex_tax2, sent.ex_tax3, sent.ex_tax4, pointer, "exTax"),
            self._levels(sent.tax_sales1, sent.tax_sales2, sent.tax_sales3, sent.tax_sales4, pointer, "taxSales"),
            None if is_order else sent.bucket_id,  # documented as ignored on the order
            sent.adjustment_revenue_cost_center_name or None,
        )

    def _payment(self, sent: PartnerSalesTransactionPayment, n: int, closed_at: str) -> Payment:
        pointer = f"/transactionPayments/{n}"
        paid = sent.date_time_paid
        return Payment(
            self.guid(sent.sales_transaction_payment_id, f"{pointer}/salesTransactionPaymentID"),
            closed_at if paid is None else self.time(paid, f"{pointer}/dateTimePaid"),
            self.scaled(sent.amount_purchase, MONEY, _LARGEST, pointer, "amountPurchase"),
            self.scaled(sent.amount_tip, MONEY, _LARGEST, pointer, "amountTip") if sent.amount_tip else 0,
            self.scaled(sent.amount_rounded, MONEY, _LARGEST, pointer, "amountRounded") if sent.amount_rounded else 0,
            sent.affects_cid,
            sent.payment_type_name,
        )

    def _tax(self, name: str, rate: Decimal, level: int) -> Tax | None:
        """A level in use: one with a name. A rate without a name is told by the tax that needs it."""
        if not name:
            return None
        if rate < 0:
            self._findings.reject(Codes.NUMBER_RANGE, f"/tax{level}Rate", "A tax rate is below zero.", "0 or more", rate)
            return None
        return Tax(name, self.scaled(rate, 1000, _LARGEST, "", f"tax{level}Rate") if rate else 0)

    def _levels(self, first: Decimal, second: Decimal, third: Decimal, fourth: Decimal, pointer: str, field: str) -> Levels:
        if not (first or second or third or fourth):
            return _ZERO_LEVELS
        return (
            self._fine(first, pointer, field, 1) if first else 0,
            self._fine(second, pointer, field, 2) if second else 0,
            self._fine(third, pointer, field, 3) if third else 0,
            self._fine(fourth, pointer, field, 4) if fourth else 0,
        )

    def _fine(self, value: Decimal, pointer: str, field: str, level: int) -> int:
        """A tax in ten-millionths; further decimals are rounded half-even, with a warning."""
        if not -_LARGEST < value < _LARGEST:
            self.refuse_number(value, _LARGEST, 7, pointer, f"{field}{level}")
            return 0
        scaled = value * FINE
        whole = int(scaled)
        if whole == scaled:
            return whole
        rounded = value.quantize(_FINE_STEP, ROUND_HALF_EVEN)
        told = f"{field}{level} was rounded to seven decimals."
        self._findings.warn(Codes.NUMBER_ROUNDED, f"{pointer}/{field}{level}", told, rounded, value)
        return int(rounded * FINE)
