"""A Z report's totals as the rows of a sheet."""

from collections.abc import Iterator

from powerepos_cloud.partnerservices.figures import sums, variance
from powerepos_cloud.partnerservices.figures.sums import ZFigures
from powerepos_cloud.webui import sheets
from powerepos_cloud.webui.amounts import percent
from powerepos_cloud.webui.sheets import Cell

HEAD = ("Part", "Name", "Count", "Amount", "Tips", "Rounding", "Tax as sent", "Tax recomputed", "Theirs", "Currency")


def z_rows(z: ZFigures) -> Iterator[tuple[Cell, ...]]:
    """Totals, payment types, taxes, adjustments, and what the partner sent."""
    whole, currency = sums.whole([z]), z.head.currency_code
    for name, amount in (
        ("Gross", whole.gross), ("Refunds", whole.refunds), ("Net sales", whole.net), ("Tax", whole.tax),
    ):  # fmt: skip
        yield "Total", name, whole.count, sheets.fine(amount), None, None, None, None, None, currency
    for name, amount in (
        ("Discounts", whole.discounts), ("Surcharges", whole.surcharges), ("Tips", whole.tips), ("Rounding", whole.rounded),
        ("Collected", whole.collected), ("Cash expected", whole.cash),
    ):  # fmt: skip
        yield "Total", name, None, sheets.money(amount), None, None, None, None, None, currency
    for label, paid in sums.payments([z]):
        amounts = [sheets.money(amount) for amount in (paid.collected, paid.tips, paid.rounded)]
        yield "Payment", label, paid.count, *amounts, None, None, None, currency
    for tax, total in sums.taxes([z]):
        name = "Exempt" if tax.is_exempt else f"{tax.name} {percent(tax.rate)}"
        taxes = sheets.fine(total.tax), sheets.fine(total.recomputed)
        yield "Tax", name, total.lines, sheets.fine(total.taxable), None, None, *taxes, None, currency
    for label, adjusted in sums.adjustments([z]):
        yield "Adjustment", label, adjusted.count, sheets.money(adjusted.amount), None, None, None, None, None, currency
    for line in variance.compare(z):
        yield "Compared", line.label, None, line.ours, None, None, None, None, line.theirs, currency
