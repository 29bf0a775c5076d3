"""From the wire to whole numbers and canonical dates: a `PartnerSalesTransaction` becomes a `Sale`, or faults say why not.

Numbers are exact: what has more decimals than its field may have is refused, but for taxes, which are rounded half-even to
seven decimals with a warning (contract section 6).
"""

from decimal import ROUND_HALF_EVEN, Decimal
from operator import attrgetter

from powerepos.contract.codes import Codes
from powerepos.contract.fields import ZERO
from powerepos.contract.sales import (
    PartnerSalesTransaction,
    PartnerSalesTransactionAdjustment,
    PartnerSalesTransactionItem,
    PartnerSalesTransactionPayment,
)

from powerepos_cloud.partnerservices.fields import LARGEST_AMOUNT, Fields, Units
from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.sales.model import FINE, MONEY, NO_TAX, Adjustment, Item, Levels, Payment, Sale, Tax, Taxes

_LARGEST = LARGEST_AMOUNT
_LARGEST_QTY = 10**11
_FINE_STEP = Decimal("1E-7")

_Four = tuple[Decimal, Decimal, Decimal, Decimal]
_ZEROS: _Four = (ZERO, ZERO, ZERO, ZERO)
_INC, _EX, _TAXABLE = (attrgetter(*[f"{name}{level}" for level in (1, 2, 3, 4)]) for name in ("inc_tax", "ex_tax", "tax_sales"))
_TAXES = attrgetter(*[f"tax{level}_{part}" for level in (1, 2, 3, 4) for part in ("name", "rate")])


class Normaliser(Fields):
    """Reads the sales of one batch. It is used within the decimal context `EXACT`.

    Numbers are looked up in tables of what was reckoned before; only where one of them does not fit its field is the sale
    gone through again, to say which.
    """

    def __init__(self) -> None:
        super().__init__(Findings())
        self._unfit: list[Decimal] = []
        self._money, self._fine = Units(2, _LARGEST, self._unfit), Units(7, _LARGEST, self._unfit)
        self._sale_qty, self._stock_qty = Units(2, _LARGEST_QTY, self._unfit), Units(7, _LARGEST_QTY, self._unfit)
        self._known_taxes: dict[tuple[str | Decimal, ...], Taxes] = {}

    def sale(self, sent: PartnerSalesTransaction, findings: Findings) -> Sale:
        """The sale as it is reckoned with; worth nothing if there are faults."""
        self._findings = findings
        self._unfit.clear()
        closed_at = self.time(sent.date_time_closed, "/dateTimeClosed")
        sale = Sale(
            closed_at,
            sent.invoice_number,
            self._taxes(sent),
            tuple([self._item(item, n, closed_at) for n, item in enumerate(sent.transaction_items)]),
            tuple([self._adjustment(one, None) for one in sent.order_adjustments]),
            tuple([self._payment(one, n, closed_at) for n, one in enumerate(sent.transaction_payments)]),
            None if sent.refund_of is None else self.guid(sent.refund_of, "/refundOf"),
        )
        if self._unfit:
            self._tell_unfit(sent)
        return sale

    def _item(self, sent: PartnerSalesTransactionItem, n: int, closed_at: str) -> Item:
        item_id, ordered, money = sent.sales_transaction_item_id, sent.date_time_ordered, self._money
        return Item(
            None if item_id is None else self.guid(item_id, f"/transactionItems/{n}/salesTransactionItemID"),
            closed_at if ordered is None else self.time(ordered, f"/transactionItems/{n}/dateTimeOrdered"),
            sent.seat,
            self._sale_qty[str(sent.sale_qty)],
            self._stock_qty[str(sent.stock_qty)],
            money[str(sent.amount)],
            0 if sent.cost is ZERO else money[str(sent.cost)],
            self._levels(_INC(sent)),
            self._levels(_EX(sent)),
            self._levels(_TAXABLE(sent)),
            sent.plu_number,
            sent.plu_name,
            sent.group_name,
            sent.main_group_name,
            tuple([self._adjustment(one, one.bucket_id) for one in sent.item_adjustments]) if sent.item_adjustments else (),
        )

    def _adjustment(self, sent: PartnerSalesTransactionAdjustment, bucket: str | None) -> Adjustment:
        """`bucket` is documented as ignored on the order."""
        return Adjustment(
            sent.adjustment_name,
            self._money[str(sent.amount)],
            self._levels(_INC(sent)),
            self._levels(_EX(sent)),
            self._levels(_TAXABLE(sent)),
            bucket,
            sent.adjustment_revenue_cost_center_name or None,
        )

    def _payment(self, sent: PartnerSalesTransactionPayment, n: int, closed_at: str) -> Payment:
        payment_id, paid, money = sent.sales_transaction_payment_id, sent.date_time_paid, self._money
        return Payment(
            None if payment_id is None else self.guid(payment_id, f"/transactionPayments/{n}/salesTransactionPaymentID"),
            closed_at if paid is None else self.time(paid, f"/transactionPayments/{n}/dateTimePaid"),
            money[str(sent.amount_purchase)],
            money[str(sent.amount_tip)],
            money[str(sent.amount_rounded)],
            sent.affects_cid,
            sent.payment_type_name,
        )

    def _taxes(self, sent: PartnerSalesTransaction) -> Taxes:
        named = _TAXES(sent)
        known = self._known_taxes.get(named)
        if known is None:
            before = len(self._findings.faults)
            known = (
                self._tax(sent.tax1_name, sent.tax1_rate, 1),
                self._tax(sent.tax2_name, sent.tax2_rate, 2),
                self._tax(sent.tax3_name, sent.tax3_rate, 3),
                self._tax(sent.tax4_name, sent.tax4_rate, 4),
            )
            if len(self._findings.faults) == before:
                self._known_taxes[named] = known
        return known

    def _tax(self, name: str, rate: Decimal, level: int) -> Tax | None:
        """A level in use: one with a name. A rate without a name is told by the tax that needs it."""
        if not name:
            return None
        if rate < 0:
            self._findings.reject(Codes.NUMBER_RANGE, f"/tax{level}Rate", "A tax rate is below zero.", "0 or more", rate)
            return None
        return Tax(name, self.scaled(rate, 1000, _LARGEST, "", f"tax{level}Rate") if rate else 0)

    def _levels(self, amounts: _Four) -> Levels:
        if amounts == _ZEROS:
            return NO_TAX
        fine = self._fine
        first, second, third, fourth = amounts
        return (
            0 if first is ZERO else fine[str(first)],
            0 if second is ZERO else fine[str(second)],
            0 if third is ZERO else fine[str(third)],
            0 if fourth is ZERO else fine[str(fourth)],
        )

    def _tell_unfit(self, sent: PartnerSalesTransaction) -> None:
        """Say of each number in lines and payments that does not fit why not, or that it was rounded."""
        for n, item in enumerate(sent.transaction_items):
            pointer = f"/transactionItems/{n}"
            self.scaled(item.sale_qty, MONEY, _LARGEST_QTY, pointer, "saleQty")
            self.scaled(item.stock_qty, FINE, _LARGEST_QTY, pointer, "stockQty")
            self.scaled(item.amount, MONEY, _LARGEST, pointer, "amount")
            self.scaled(item.cost, MONEY, _LARGEST, pointer, "cost")
            self._tell_unfit_taxes(item, pointer)
            self._tell_unfit_adjustments(item.item_adjustments, f"{pointer}/itemAdjustments")
        self._tell_unfit_adjustments(sent.order_adjustments, "/orderAdjustments")
        for n, payment in enumerate(sent.transaction_payments):
            pointer = f"/transactionPayments/{n}"
            self.scaled(payment.amount_purchase, MONEY, _LARGEST, pointer, "amountPurchase")
            self.scaled(payment.amount_tip, MONEY, _LARGEST, pointer, "amountTip")
            self.scaled(payment.amount_rounded, MONEY, _LARGEST, pointer, "amountRounded")

    def _tell_unfit_adjustments(self, sent: list[PartnerSalesTransactionAdjustment], within: str) -> None:
        for n, one in enumerate(sent):
            self.scaled(one.amount, MONEY, _LARGEST, f"{within}/{n}", "amount")
            self._tell_unfit_taxes(one, f"{within}/{n}")

    def _tell_unfit_taxes(self, line: PartnerSalesTransactionItem | PartnerSalesTransactionAdjustment, pointer: str) -> None:
        for field, amounts in (("incTax", _INC(line)), ("exTax", _EX(line)), ("taxSales", _TAXABLE(line))):
            for level, amount in enumerate(amounts, start=1):
                self._tell_unfit_tax(amount, pointer, f"{field}{level}")

    def _tell_unfit_tax(self, value: Decimal, pointer: str, field: str) -> None:
        """A tax of more than seven decimals is rounded half-even, with a warning."""
        if not -_LARGEST < value < _LARGEST:
            self.refuse_number(value, _LARGEST, 7, pointer, field)
        elif value * FINE % 1:
            rounded = value.quantize(_FINE_STEP, ROUND_HALF_EVEN)
            told = f"{field} was rounded to seven decimals."
            self._findings.warn(Codes.NUMBER_ROUNDED, f"{pointer}/{field}", told, rounded, value)
