"""What a line must be, whatever the catalogue holds. No HTTP, no SQL; pointers are relative to the line."""

from typing import Final

from powerepos.contract.codes import Codes
from powerepos.contract.stock import StockItemStringItemType as Type

from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.stock.model import MONEY, QUANTITY, SentLine
from powerepos_cloud.partnerservices.wire import money, quantity

STOCK_ITEMS: Final = frozenset(
    (
        Type.STOCK_ITEM_OTHER, Type.STOCK_ITEM_INGREDIENT, Type.STOCK_ITEM_MIX, Type.STOCK_ITEM_RECIPE, Type.STOCK_ITEM_REDIRECT
    )
)  # fmt: skip
"""Lines that bring goods, and need the supplier's code for them."""


def check(line: SentLine, findings: Findings) -> None:
    """What the kind of a line asks of it. Of a number that could not be read, `findings` says so already."""
    unread = {fault.pointer for fault in findings.faults} if findings.faults else ()
    if line.type in STOCK_ITEMS:
        if line.product_code is None:
            told = "A line of a stock item needs the supplier's product code."
            findings.reject(Codes.LINE_PRODUCT_CODE_MISSING, "/supplierProductCode", told, "the code of the supplier's catalogue")
        if line.quantity * line.amount < 0:
            told = "Quantity and amount have different signs."
            findings.warn(Codes.ITEM_SIGN, "/quantity", told, None, quantity(line.quantity, 5))
        return
    if line.product_code is not None:
        told = "A line that is no stock item has no product code: it was ignored."
        findings.warn(Codes.LINE_PRODUCT_CODE_UNEXPECTED, "/supplierProductCode", told, None, line.product_code)
    if line.quantity != QUANTITY and "/quantity" not in unread:
        told = "Charges, discounts, surcharges and rounding have the quantity 1."
        findings.warn(Codes.LINE_QUANTITY, "/quantity", told, 1, quantity(line.quantity, 5))
    if line.type == Type.DISCOUNT and line.amount >= 0 and "/amount" not in unread:
        findings.reject(Codes.LINE_SIGN, "/amount", "A discount's amount must be negative.", "below 0", money(line.amount))
    if line.type == Type.ROUNDING_LINE and line.tax_group is not None:
        told = "A rounding line carries no tax: its tax group was ignored."
        findings.warn(Codes.LINE_TAX_GROUP_UNEXPECTED, "/taxGroupName", told, None, line.tax_group)


def is_plain(line: SentLine) -> bool:
    """Whether `check` certainly has nothing to say, told quickly."""
    if line.type in STOCK_ITEMS:
        return line.product_code is not None and line.quantity * line.amount >= 0
    return (
        line.product_code is None
        and line.quantity == QUANTITY
        and (line.type != Type.DISCOUNT or line.amount < 0)
        and (line.type != Type.ROUNDING_LINE or line.tax_group is None)
    )


def check_whole(line: SentLine, currency: str, findings: Findings) -> None:
    """Money of a currency without decimals is whole."""
    if line.amount % MONEY:
        findings.reject(Codes.NUMBER_SCALE, "/amount", f"{currency} has no decimals.", "a whole amount", money(line.amount))
