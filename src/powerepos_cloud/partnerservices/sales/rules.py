"""What a sale must hold, and what is only worth a warning: the numbered checks of the domain rules. No HTTP, no SQL.

A rule that rejects gives a `Fault`; one that warns gives a `Fault` too, into the other list. Which database facts a rule
needs stands in `Context`, read beforehand for the whole batch.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter

import msgspec
from powerepos.contract.codes import Codes

from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.sales.model import FINE, FINE_PER_MONEY, Adjustment, Item, Sale
from powerepos_cloud.partnerservices.sales.times import Ordinary, check_times
from powerepos_cloud.partnerservices.sales.totals import Tally, Taxed
from powerepos_cloud.partnerservices.wire import money, tax

_LARGEST_GROSS = 10**11 * FINE  # 64 bits hold nine times as much
_HALF_CENT = FINE_PER_MONEY // 2
_SMALLEST_COIN = {"NZD": 10, "AUD": 5, "CAD": 5, "CHF": 5, "HUF": 500, "SEK": 100, "NOK": 100, "DKK": 50, "CZK": 100}
_OTHER_COIN = 5

# A card number in a name: 13 to 19 digits with a card scheme's first digits, perhaps in groups; then Luhn decides.
_MAYBE_PAN = re.compile(r"(?<!\d)[2-6]\d(?:[ -]?\d){11,17}(?!\d)")
_ITEM_NAMES = attrgetter("plu_name", "group_name", "main_group_name")
_ADJUSTMENT_NAMES = attrgetter("name", "bucket", "cost_center")


class Context(msgspec.Struct, frozen=True):
    """Facts that the rules need: `local_now` is the outlet's wall clock, `zone` its IANA zone.

    `known_plus` are those PLU numbers of the batch that exist; `may_hold_pans` says whether any of its names looks like a
    card number; `ordinary` are the times that no check has anything to say about.
    """

    trading_date: str
    currency: str
    currency_decimals: int
    day_start: str
    zone: str
    local_now: datetime
    known_plus: frozenset[int]
    may_hold_pans: bool
    ordinary: Ordinary


def check(sale: Sale, tally: Tally, context: Context, findings: Findings) -> None:
    """All rules that need no look at other sales; `tally` is what the sale comes to."""
    due = tally.gross
    _check_not_empty(sale, due, findings)
    _check_range(due, findings)
    _check_balance(sale, tally, findings)
    unnamed = [level for level, rated in enumerate(sale.taxes) if rated is None or not rated.rate]
    _check_currency(sale, context, findings)
    for n, item in enumerate(sale.items):
        _check_item(item, n, tally.lines[n], unnamed, context, findings)
    for n, adjustment in enumerate(sale.adjustments):
        _check_tax_named(unnamed, adjustment, "/orderAdjustments", n, findings)
    _check_buckets(sale, findings)
    _check_payments(sale, due, context, findings)
    if not context.ordinary.has(sale):
        check_times(sale, context.trading_date, context.day_start, context.zone, context.local_now, findings)
    if context.may_hold_pans:
        _check_pans(sale, findings)


def _check_not_empty(sale: Sale, due: int, findings: Findings) -> None:
    """Check 11."""
    if not sale.items and not sale.adjustments:
        findings.reject(Codes.SALE_EMPTY, "/transactionItems", "A sale needs at least one item or adjustment.", "1 or more", 0)
    elif not sale.payments and due != 0:
        findings.reject(
            Codes.SALE_EMPTY, "/transactionPayments", "A sale that is not zero needs at least one payment.", "1 or more", 0
        )


def _check_range(due: int, findings: Findings) -> None:
    """What a sale comes to must be a number that the database can hold, however many lines it has."""
    if abs(due) >= _LARGEST_GROSS:
        most = f"less than {money(_LARGEST_GROSS // FINE_PER_MONEY)}"
        findings.reject(Codes.NUMBER_RANGE, "/transactionItems", "The sale comes to more than can be held.", most, tax(due))


def _check_balance(sale: Sale, tally: Tally, findings: Findings) -> None:
    """Check 9: payments, as they are or net of cash rounding, cover amounts and exclusive taxes to half a cent."""
    if not sale.payments:
        return
    due, paid = tally.gross, tally.purchase * FINE_PER_MONEY
    net = paid - tally.rounded * FINE_PER_MONEY
    if abs(paid - due) > _HALF_CENT and abs(net - due) > _HALF_CENT:
        findings.reject(
            Codes.SALE_UNBALANCED,
            "/transactionPayments",
            "The payments do not cover the sale: amountPurchase (with or without amountRounded) must add up to amount and "
            f"exTax1-4 of all items and adjustments; the difference is {tax(net - due)}.",
            tax(due),
            money(tally.purchase),
        )


def _check_currency(sale: Sale, context: Context, findings: Findings) -> None:
    """Check 12 for currencies without decimals: whole amounts only."""
    if context.currency_decimals:
        return
    for pointer, amount in _amounts(sale):
        if amount % 100:
            findings.reject(Codes.NUMBER_SCALE, pointer, f"{context.currency} has no decimals.", "a whole amount", money(amount))


def _check_item(item: Item, n: int, taxed: list[Taxed], unnamed: list[int], context: Context, findings: Findings) -> None:
    """Checks 13, 14, 15, 17 and 24 on one line; `taxed` are its taxes."""
    if item.plu_number is not None:
        if item.plu_number not in context.known_plus:
            unknown = "There is no product with this PLU number."
            findings.reject(Codes.ITEM_UNKNOWN_PLU, f"/transactionItems/{n}/pluNumber", unknown, "a known PLU", item.plu_number)
    elif not (item.plu_name and item.group_name and item.main_group_name):
        name_it = "Name the product: by pluNumber, or by mainGroupName, groupName and pluName."
        findings.reject(Codes.ITEM_UNKNOWN_PLU, f"/transactionItems/{n}", name_it, "a product", None)
    if item.sale_qty * item.amount < 0:
        findings.warn(Codes.ITEM_SIGN, f"/transactionItems/{n}/saleQty", "Quantity and amount have different signs.")
    _check_tax_named(unnamed, item, "/transactionItems", n, findings)
    _check_line_tax(item, n, taxed, findings)
    if item.adjustments:
        _check_discounts(item, n, unnamed, findings)


def _check_discounts(item: Item, n: int, unnamed: list[int], findings: Findings) -> None:
    """Checks 15 and 17 on the adjustments of a line."""
    left = abs(item.amount)
    for m, adjustment in enumerate(item.adjustments):
        _check_tax_named(unnamed, adjustment, f"/transactionItems/{n}/itemAdjustments", m, findings)
        if adjustment.amount > 0 if item.amount < 0 else adjustment.amount < 0:
            left -= abs(adjustment.amount)
            if left < 0:
                pointer = f"/transactionItems/{n}/itemAdjustments/{m}/amount"
                too_large = "The discounts are larger than their item."
                findings.warn(Codes.ADJUSTMENT_EXCEEDS_ITEM, pointer, too_large, money(item.amount), money(adjustment.amount))


def _check_tax_named(unnamed: list[int], line: Item | Adjustment, within: str, n: int, findings: Findings) -> None:
    """Check 15, first half: a tax needs a name and a rate on the sale."""
    for level in unnamed:
        if line.inc[level] or line.ex[level]:
            field = f"{'incTax' if line.inc[level] else 'exTax'}{level + 1}"
            findings.reject(
                Codes.TAX_RATE_MISSING,
                f"{within}/{n}/{field}",
                f"The sale names no tax of level {level + 1}, or no rate for it.",
                f"tax{level + 1}Name and tax{level + 1}Rate",
            )


def _check_line_tax(item: Item, n: int, taxed: list[Taxed], findings: Findings) -> None:
    """Check 14 and the second half of 15: the tax is what its rate makes of the taxable value, to half a cent a piece."""
    tolerance = FINE_PER_MONEY * max(100, abs(item.sale_qty)) // 200 + 10
    for (level, _, _), (_, base, inclusive, exclusive, expected) in taxed:
        if abs((exclusive or inclusive) - expected) > tolerance:
            field = "exTax" if exclusive else "incTax"
            findings.warn(
                Codes.TAX_MISMATCH, f"/transactionItems/{n}/{field}{level + 1}", "The tax is not what its rate makes of it.",
                tax(expected), tax(exclusive or inclusive),
            )  # fmt: skip
        if abs(base) > abs(item.amount) * FINE_PER_MONEY + tolerance:
            findings.warn(
                Codes.TAX_SALES_EXCEED, f"/transactionItems/{n}/taxSales{level + 1}", "taxSales is more than the line's amount.",
                money(item.amount), tax(base),
            )  # fmt: skip


def _check_buckets(sale: Sale, findings: Findings) -> None:
    """Check 16: line adjustments of one bucket share name and cost centre."""
    first: dict[str, Adjustment] = {}
    for line, item in enumerate(sale.items):
        for n, adjustment in enumerate(item.adjustments):
            if adjustment.bucket is None:
                continue
            known = first.setdefault(adjustment.bucket, adjustment)
            pointer = f"/transactionItems/{line}/itemAdjustments/{n}"
            if known.name != adjustment.name:
                findings.reject(
                    Codes.ADJUSTMENT_BUCKET, f"{pointer}/adjustmentName", "Adjustments of one bucketID must have one name.",
                    known.name, adjustment.name,
                )  # fmt: skip
            elif known.cost_center != adjustment.cost_center:
                findings.reject(
                    Codes.ADJUSTMENT_BUCKET, f"{pointer}/adjustmentRevenue_CostCenterName",
                    "Adjustments of one bucketID must have one cost centre.", known.cost_center, adjustment.cost_center,
                )  # fmt: skip


def _check_payments(sale: Sale, due: int, context: Context, findings: Findings) -> None:
    """Checks 10 and 18."""
    is_refund = due < 0
    coin = _SMALLEST_COIN.get(context.currency, _OTHER_COIN)
    for n, payment in enumerate(sale.payments):
        pointer = f"/transactionPayments/{n}"
        if payment.rounded and (not payment.affects_cid or abs(payment.rounded) >= coin):
            findings.warn(
                Codes.PAYMENT_ROUNDING, f"{pointer}/amountRounded", "Rounding is for cash, and less than the smallest coin.",
                f"less than {money(coin)} on a payment with affectsCID", money(payment.rounded),
            )  # fmt: skip
        if payment.tip < 0 and not is_refund:
            findings.warn(Codes.PAYMENT_TIP, f"{pointer}/amountTip", "A negative tip on a sale.", "0 or more", money(payment.tip))


def may_hold_pans(sales: Sequence[Sale]) -> bool:
    """Whether any name in these sales looks like a card number: the names of a batch are few, and looked at together."""
    items = [item for sale in sales for item in sale.items]
    adjustments = [one for item in items for one in item.adjustments]
    adjustments += [one for sale in sales for one in sale.adjustments]
    names = {level.name for taxes in {sale.taxes for sale in sales} for level in taxes if level is not None}
    names.update(payment.type_name for sale in sales for payment in sale.payments)
    names.update(filter(None, chain.from_iterable(map(_ITEM_NAMES, items))))
    names.update(filter(None, chain.from_iterable(map(_ADJUSTMENT_NAMES, adjustments))))
    return _MAYBE_PAN.search("\n".join(names)) is not None


def _check_pans(sale: Sale, findings: Findings) -> None:
    """Check 28: card numbers in names are refused, not masked."""
    for pointer, name in _names(sale):
        for found in _MAYBE_PAN.finditer(name):
            runs = {re.sub(r"\D", "", found.group()), *re.findall(r"\d{13,19}", found.group())}
            if any(_passes_luhn(digits) for digits in runs):
                findings.reject(
                    Codes.TEXT_PAN,
                    pointer,
                    "This looks like a card number: never send one.",
                    "a name",
                    "a card number, not shown",
                )


def _passes_luhn(digits: str) -> bool:
    if not 13 <= len(digits) <= 19:
        return False
    doubled = (int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _names(sale: Sale) -> Iterator[tuple[str, str]]:
    for level, rated in enumerate(sale.taxes, start=1):
        if rated is not None:
            yield f"/tax{level}Name", rated.name
    for n, item in enumerate(sale.items):
        for field, name in (
            ("pluName", item.plu_name),
            ("groupName", item.group_name),
            ("mainGroupName", item.main_group_name),
        ):
            if name:
                yield f"/transactionItems/{n}/{field}", name
        yield from _adjustment_names(item.adjustments, f"/transactionItems/{n}/itemAdjustments")
    yield from _adjustment_names(sale.adjustments, "/orderAdjustments")
    for n, payment in enumerate(sale.payments):
        yield f"/transactionPayments/{n}/paymentTypeName", payment.type_name


def _adjustment_names(adjustments: tuple[Adjustment, ...], pointer: str) -> Iterator[tuple[str, str]]:
    for n, adjustment in enumerate(adjustments):
        yield f"{pointer}/{n}/adjustmentName", adjustment.name
        if adjustment.bucket:
            yield f"{pointer}/{n}/bucketID", adjustment.bucket
        if adjustment.cost_center:
            yield f"{pointer}/{n}/adjustmentRevenue_CostCenterName", adjustment.cost_center


def _amounts(sale: Sale) -> Iterator[tuple[str, int]]:
    for n, item in enumerate(sale.items):
        yield f"/transactionItems/{n}/amount", item.amount
        yield f"/transactionItems/{n}/cost", item.cost
        for m, adjustment in enumerate(item.adjustments):
            yield f"/transactionItems/{n}/itemAdjustments/{m}/amount", adjustment.amount
    for n, adjustment in enumerate(sale.adjustments):
        yield f"/orderAdjustments/{n}/amount", adjustment.amount
    for n, payment in enumerate(sale.payments):
        yield f"/transactionPayments/{n}/amountPurchase", payment.purchase
        yield f"/transactionPayments/{n}/amountTip", payment.tip
        yield f"/transactionPayments/{n}/amountRounded", payment.rounded
