"""Codes of what is wrong, or worth a look, in a submitted record or a query; `MEANINGS` says each in a sentence.

Codes that any endpoint may answer with, whatever it is about, are in `ErrorCodes`.
"""

from typing import Final, NamedTuple


class Codes:
    """Values of `code` beside the vendor's numbers, and of `errorCode` in an `ErrorResponse`."""

    JSON_MALFORMED: Final = "json.malformed"
    JSON_ENCODING: Final = "json.encoding"
    JSON_NOT_OBJECT: Final = "json.not_object"
    JSON_NESTING: Final = "json.nesting"
    JSON_DUPLICATE_NAME: Final = "json.duplicate_name"
    FIELD_MISSING: Final = "field.missing"
    FIELD_TYPE: Final = "field.type"
    FIELD_UNKNOWN: Final = "field.unknown"
    TEXT_TOO_LONG: Final = "text.too_long"
    TEXT_INVALID: Final = "text.invalid"
    TEXT_PAN: Final = "text.pan"
    NUMBER_TYPE: Final = "number.type"
    NUMBER_SCALE: Final = "number.scale"
    NUMBER_RANGE: Final = "number.range"
    NUMBER_ROUNDED: Final = "number.rounded"
    ENUM_UNKNOWN: Final = "enum.unknown"
    GUID_INVALID: Final = "guid.invalid"
    DATE_INVALID: Final = "date.invalid"
    DATE_ZONE: Final = "date.zone"
    DATE_TRADING_DAY: Final = "date.trading_day"
    DATE_FUTURE: Final = "date.future"
    DATE_TOO_OLD: Final = "date.too_old"
    DATE_ORDER: Final = "date.order"
    DATE_LOCAL_TIME: Final = "date.local_time"

    OUTLET_NOT_FOUND: Final = "outlet.not_found"
    OUTLET_FORBIDDEN: Final = "outlet.forbidden"
    OUTLET_AMBIGUOUS: Final = "outlet.ambiguous"
    OUTLET_MISMATCH: Final = "outlet.mismatch"
    OUTLET_STOCK_DISABLED: Final = "outlet.stock_disabled"
    CURRENCY_INVALID: Final = "currency.invalid"
    CURRENCY_INCOMPLETE: Final = "currency.incomplete"
    CURRENCY_UNSUPPORTED: Final = "currency.unsupported"
    QUERY_INVALID: Final = "query.invalid"
    CURSOR_INVALID: Final = "cursor.invalid"

    BATCH_SIZE: Final = "batch.size"
    BATCH_FAILED: Final = "batch.failed"
    BATCH_PARTIAL: Final = "batch.partial"
    Z_NOT_FOUND: Final = "z.not_found"
    Z_TARGET_MISSING: Final = "z.target_missing"
    Z_FINALISED: Final = "z.finalised"
    Z_MISMATCH: Final = "z.mismatch"
    Z_TOO_MANY: Final = "z.too_many"
    Z_LATE: Final = "z.late"
    Z_ALREADY_FINALISED: Final = "z.already_finalised"
    Z_CONTROL_TOTALS: Final = "z.control_totals"

    SALE_ID_INVALID: Final = "sale.id_invalid"
    SALE_ID_REPEATED: Final = "sale.id_repeated_in_batch"
    SALE_ID_CONFLICT: Final = "sale.id_conflict"
    SALE_SKIPPED: Final = "sale.skipped"
    SALE_EMPTY: Final = "sale.empty"
    SALE_UNBALANCED: Final = "sale.unbalanced"
    SALE_NOT_FOUND: Final = "sale.not_found"
    SALE_MOVED: Final = "sale.moved"
    SALE_IN_OTHER_Z: Final = "sale.in_other_z"
    SALE_REVERTED: Final = "sale.reverted"
    SALE_POSSIBLE_DUPLICATE: Final = "sale.possible_duplicate"
    ITEM_UNKNOWN_PLU: Final = "item.unknown_plu"
    ITEM_SIGN: Final = "item.sign"
    TAX_MISMATCH: Final = "tax.mismatch"
    TAX_RATE_MISSING: Final = "tax.rate_missing"
    TAX_SALES_EXCEED: Final = "tax.sales_exceed"
    ADJUSTMENT_BUCKET: Final = "adjustment.bucket"
    ADJUSTMENT_EXCEEDS_ITEM: Final = "adjustment.exceeds_item"
    PAYMENT_ROUNDING: Final = "payment.rounding"
    PAYMENT_TIP: Final = "payment.tip"
    REFUND_EXCEEDS: Final = "refund.exceeds"
    REFUND_UNKNOWN: Final = "refund.unknown"
    INVOICE_DUPLICATE: Final = "invoice.duplicate"
    INVOICE_GAP: Final = "invoice.gap"

    ORDER_ID_INVALID: Final = "order.id_invalid"
    ORDER_ID_CONFLICT: Final = "order.id_conflict"
    ORDER_SIZE: Final = "order.size"
    ORDER_LINES_FAILED: Final = "order.lines_failed"
    ORDER_NOT_FOUND: Final = "order.not_found"
    ORDER_REVERTED: Final = "order.reverted"
    ORDER_INVOICE_DUPLICATE: Final = "order.invoice_duplicate"
    SUPPLIER_NOT_FOUND: Final = "supplier.not_found"
    SUPPLIER_AMBIGUOUS: Final = "supplier.ambiguous"
    SUPPLIER_MISMATCH: Final = "supplier.mismatch"
    LINE_ID_INVALID: Final = "line.id_invalid"
    LINE_ID_REPEATED: Final = "line.id_repeated"
    LINE_PRODUCT_CODE_MISSING: Final = "line.product_code_missing"
    LINE_PRODUCT_CODE_UNEXPECTED: Final = "line.product_code_unexpected"
    LINE_PRODUCT_UNKNOWN: Final = "line.product_unknown"
    LINE_PRODUCT_AMBIGUOUS: Final = "line.product_ambiguous"
    LINE_TAX_GROUP_UNKNOWN: Final = "line.tax_group_unknown"
    LINE_TAX_GROUP_MISSING: Final = "line.tax_group_missing"
    LINE_TAX_GROUP_UNEXPECTED: Final = "line.tax_group_unexpected"
    LINE_SIGN: Final = "line.sign"
    LINE_QUANTITY: Final = "line.quantity"
    LINE_PRICE_CHANGED: Final = "line.price_changed"


class Meaning(NamedTuple):
    """What a code says. A warning stops nothing; an error means that the record or the call was not taken."""

    warning: bool
    sentence: str


def _error(sentence: str) -> Meaning:
    return Meaning(warning=False, sentence=sentence)


def _warning(sentence: str) -> Meaning:
    return Meaning(warning=True, sentence=sentence)


MEANINGS: Final[dict[str, Meaning]] = {
    Codes.JSON_MALFORMED: _error("The body is not JSON; line and column say where, and a comma too many is the usual cause."),
    Codes.JSON_ENCODING: _error("The body is not UTF-8, or begins with a byte order mark: send UTF-8 without one."),
    Codes.JSON_NOT_OBJECT: _error("The body is JSON but no object: send one object, in braces."),
    Codes.JSON_NESTING: _error("Objects and arrays are nested deeper than 32 levels."),
    Codes.JSON_DUPLICATE_NAME: _error("A name is given twice in one object, letter case aside: send each field once."),
    Codes.FIELD_MISSING: _error("A field that is needed is absent or null."),
    Codes.FIELD_TYPE: _error("A field holds another type of JSON value than the documented one."),
    Codes.FIELD_UNKNOWN: _warning("A field that the model does not have was ignored: look for a misspelling."),
    Codes.TEXT_TOO_LONG: _error("A text is longer than its field takes; it is not cut, so that nothing is lost unseen."),
    Codes.TEXT_INVALID: _error("A text holds a NUL character or half of a surrogate pair: send whole characters."),
    Codes.TEXT_PAN: _error("A name or tag holds what looks like a payment card's number: never send one."),
    Codes.NUMBER_TYPE: _error("A number is needed: not in quotes, not NaN, no exponent beyond ±18, whole where it must be."),
    Codes.NUMBER_SCALE: _error("A number has more decimals than its field, or its currency, takes; it is not rounded."),
    Codes.NUMBER_RANGE: _error("A number is larger than its field takes."),
    Codes.NUMBER_ROUNDED: _warning("A tax amount had more than seven decimals and was rounded half-even."),
    Codes.ENUM_UNKNOWN: _error("A number that stands for a choice is none of the documented ones."),
    Codes.GUID_INVALID: _error("A text that must be a GUID is none."),
    Codes.DATE_INVALID: _error("A text is no date or time of a documented form, such as 2024-11-30 18:05:09."),
    Codes.DATE_ZONE: _warning("A time carried a Z or an offset, which is ignored: times are the outlet's local time."),
    Codes.DATE_TRADING_DAY: _warning("The sale was closed at a time that belongs to another trading day than its Z."),
    Codes.DATE_FUTURE: _warning("The sale's closing time or the invoice's date lies in the future: check the sender's clock."),
    Codes.DATE_TOO_OLD: _warning("The sale's closing time or the invoice's date is more than 400 days ago."),
    Codes.DATE_ORDER: _warning("The times of a sale are not in order: ordered, paid, closed."),
    Codes.DATE_LOCAL_TIME: _warning("The outlet's clock showed this local time twice, or skipped it, for summer time."),
    Codes.OUTLET_NOT_FOUND: _error("There is no such outlet in this organisation."),
    Codes.OUTLET_FORBIDDEN: _error("The outlet is not among those that were granted: ask the merchant to add it."),
    Codes.OUTLET_AMBIGUOUS: _error("Several outlets have this name: send the outlet's ID."),
    Codes.OUTLET_MISMATCH: _error("The outlet's ID and name belong to different outlets: send one of them."),
    Codes.OUTLET_STOCK_DISABLED: _error("Stock is switched off at this outlet: ask the merchant to switch it on."),
    Codes.CURRENCY_INVALID: _error("The currency is no ISO 4217 code."),
    Codes.CURRENCY_INCOMPLETE: _error(
        "With the code of another currency than the outlet's its symbol and name must be sent too."
    ),
    Codes.CURRENCY_UNSUPPORTED: _error("Amounts of currencies with three decimals cannot be held exactly."),
    Codes.QUERY_INVALID: _error("A parameter of the query string is unknown, repeated or malformed."),
    Codes.CURSOR_INVALID: _error("The value of `after` is none that this endpoint gave out."),
    Codes.BATCH_SIZE: _error("A batch holds 1 to 64 sales."),
    Codes.BATCH_FAILED: _error("At least one sale is wrong, so none was stored: mend it, then send the batch again."),
    Codes.BATCH_PARTIAL: _error("Some sales were stored and some were not: mend and resend only the others."),
    Codes.Z_NOT_FOUND: _error("There is no such Z for this client at this outlet."),
    Codes.Z_TARGET_MISSING: _error("Neither a Z nor a target for one was sent: send `zReportID` or `zReportTarget`."),
    Codes.Z_FINALISED: _error("The Z is finalised, and nothing in it can change: send new sales to another Z."),
    Codes.Z_MISMATCH: _error("The Z was opened for another date, terminal, training flag or currency."),
    Codes.Z_TOO_MANY: _error("This trading date and terminal have 20 finalised Zs already; no further one is opened."),
    Codes.Z_LATE: _warning("The trading date's Z was finalised before, so a further one was opened for late sales."),
    Codes.Z_ALREADY_FINALISED: _error("The Z was finalised before; the answer holds the stored time and user."),
    Codes.Z_CONTROL_TOTALS: _error("The Z holds other totals than the control totals sent; it stays open."),
    Codes.SALE_ID_INVALID: _error("The sale's ID is absent, no GUID, or the nil GUID."),
    Codes.SALE_ID_REPEATED: _error("An earlier sale of the same batch has this ID; that one stands."),
    Codes.SALE_ID_CONFLICT: _error("The ID belongs to a sale of another outlet or client: give each sale an ID of its own."),
    Codes.SALE_SKIPPED: _error("Nothing is wrong with the sale, but its batch failed as a whole: send it again as it is."),
    Codes.SALE_EMPTY: _error("A sale needs an item or adjustment, and a payment unless its total is zero."),
    Codes.SALE_UNBALANCED: _error("The payments do not add up to the amounts and add-on taxes of items and adjustments."),
    Codes.SALE_NOT_FOUND: _error("There is no such sale, or no such version of it, for this client."),
    Codes.SALE_MOVED: _warning("The sale was in another open Z and was moved to the requested one."),
    Codes.SALE_IN_OTHER_Z: _warning("The sale is stored in another Z than the requested one, which is finalised."),
    Codes.SALE_REVERTED: _warning("The sale now equals an older version of itself: was an old request sent again?"),
    Codes.SALE_POSSIBLE_DUPLICATE: _warning("Another sale has this terminal, invoice number, total and minute."),
    Codes.ITEM_UNKNOWN_PLU: _error("The line names no product: send a PLU number that exists, or all three names."),
    Codes.ITEM_SIGN: _warning("The line's quantity and amount have opposite signs."),
    Codes.TAX_MISMATCH: _warning("The tax is not what its rate gives on the taxable amount; it is stored as sent."),
    Codes.TAX_RATE_MISSING: _error("There is tax of a level for which the sale names no tax or no rate."),
    Codes.TAX_SALES_EXCEED: _warning("The value that tax was charged on is larger than the line's amount."),
    Codes.ADJUSTMENT_BUCKET: _error("Adjustments of one bucket differ in name or cost centre."),
    Codes.ADJUSTMENT_EXCEEDS_ITEM: _warning("The discounts of a line are larger than the line."),
    Codes.PAYMENT_ROUNDING: _warning("Rounding was declared on a payment that is not cash, or is a coin or more."),
    Codes.PAYMENT_TIP: _warning("A tip is negative, though the sale is no refund."),
    Codes.REFUND_EXCEEDS: _warning("The refunds of a sale come to more than the sale."),
    Codes.REFUND_UNKNOWN: _warning("The sale that is refunded is not known here."),
    Codes.INVOICE_DUPLICATE: _warning("Another sale of this terminal and trading day has the invoice number."),
    Codes.INVOICE_GAP: _warning("Invoice numbers of this terminal and trading day are missing in between."),
    Codes.ORDER_ID_INVALID: _error("The order's ID is absent, no GUID, or the nil GUID."),
    Codes.ORDER_ID_CONFLICT: _error("The ID belongs to an order of another outlet or client."),
    Codes.ORDER_SIZE: _error("A stock order holds at most 1024 lines."),
    Codes.ORDER_LINES_FAILED: _error("At least one line is wrong, so nothing was stored; every wrong line is listed."),
    Codes.ORDER_NOT_FOUND: _error("There is no such stock order, or no such version of it, for this client."),
    Codes.ORDER_REVERTED: _warning("The order now equals an older version of itself: was an old request sent again?"),
    Codes.ORDER_INVOICE_DUPLICATE: _warning("Another order has this supplier and invoice number."),
    Codes.SUPPLIER_NOT_FOUND: _error("There is no such supplier in this organisation."),
    Codes.SUPPLIER_AMBIGUOUS: _error("Several suppliers have this name: send the supplier's ID."),
    Codes.SUPPLIER_MISMATCH: _error("The supplier's ID and name belong to different suppliers: send one of them."),
    Codes.LINE_ID_INVALID: _error("The line's ID is absent, no GUID, or the nil GUID."),
    Codes.LINE_ID_REPEATED: _error("An earlier line of the same order has this ID."),
    Codes.LINE_PRODUCT_CODE_MISSING: _error("A line of a stock item needs the supplier's product code."),
    Codes.LINE_PRODUCT_CODE_UNEXPECTED: _warning("A line that is no stock item has a product code; it was ignored."),
    Codes.LINE_PRODUCT_UNKNOWN: _error("The supplier's product code is mapped to no product."),
    Codes.LINE_PRODUCT_AMBIGUOUS: _error("The supplier's product code is mapped to several products."),
    Codes.LINE_TAX_GROUP_UNKNOWN: _error("There is no tax group of this name."),
    Codes.LINE_TAX_GROUP_MISSING: _error("Neither the line nor supplier and product name a tax group."),
    Codes.LINE_TAX_GROUP_UNEXPECTED: _warning("A rounding line carries no tax; the tax group that it names was ignored."),
    Codes.LINE_SIGN: _error("A discount's amount must be negative."),
    Codes.LINE_QUANTITY: _warning("Charges, discounts, surcharges and rounding have the quantity 1."),
    Codes.LINE_PRICE_CHANGED: _warning("The price differs from the one on the supplier's last invoice."),
}
"""Every code with its meaning."""
