"""Each report as the rows of a sheet."""

from collections.abc import Callable, Sequence
from typing import Any

from powerepos_cloud.webui import sheets
from powerepos_cloud.webui.amounts import percent
from powerepos_cloud.webui.sheets import Cell

Facts = dict[str, Any]
Sheet = tuple[Sequence[str], list[tuple[Cell, ...]]]


def _summary(facts: Facts, currency: str) -> Sheet:
    head = (
        "Trading day", "Currency", "Sales", "Gross", "Discounts", "Refunds", "Net sales", "Tax", "Tips", "Rounding", "Collected",
        "Net sales before",
    )  # fmt: skip
    before = [row[2] for row in facts["chart"].rows]
    rows: list[tuple[Cell, ...]] = []
    for (day, whole), earlier in zip(facts["by_day"], before, strict=True):
        if whole is None:
            rows.append((day.isoformat(), currency, 0, *[sheets.money(0)] * 8, sheets.fine(earlier)))
            continue
        rows.append(
            (
                day.isoformat(), currency, whole.count, sheets.fine(whole.gross), sheets.money(whole.discounts),
                sheets.fine(whole.refunds), sheets.fine(whole.net), sheets.fine(whole.tax), sheets.money(whole.tips),
                sheets.money(whole.rounded), sheets.money(whole.collected), sheets.fine(earlier),
            )
        )  # fmt: skip
    return head, rows


def _terminals(facts: Facts, currency: str) -> Sheet:
    head = ("Terminal", "ClientID", "Program", "Currency", "Sales", "Net sales", "Average", "Net sales before")
    return head, [
        (
            terminal, client, program, currency, whole.count, sheets.fine(whole.net), sheets.fine(whole.average),
            None if before is None else sheets.fine(before.net),
        )
        for terminal, client, program, whole, before, _ in facts["rows"]
    ]  # fmt: skip


def _payments(facts: Facts, currency: str) -> Sheet:
    head = ("Payment type", "Currency", "Payments", "Collected", "Tips", "Rounding", "Refunded", "Collected before")
    return head, [
        (
            label, currency, paid.count, sheets.money(paid.collected), sheets.money(paid.tips), sheets.money(paid.rounded),
            sheets.money(paid.refunded), None if before is None else sheets.money(before.collected),
        )
        for label, paid, before in facts["rows"]
    ]  # fmt: skip


def _taxes(facts: Facts, currency: str) -> Sheet:
    head = ("Tax", "Rate", "Level", "Currency", "Lines", "Taxable sales", "Tax as sent", "Tax recomputed", "Difference", "Before")
    return head, [
        (
            "Exempt" if name.is_exempt else name.name, "" if name.is_exempt else percent(name.rate), name.level or None, currency,
            one.lines, sheets.fine(one.taxable), sheets.fine(one.tax), sheets.fine(one.recomputed), sheets.fine(one.difference),
            None if before is None else sheets.fine(before.tax),
        )
        for name, one, before in facts["rows"]
    ]  # fmt: skip


def _refunds(facts: Facts, currency: str) -> Sheet:
    head = ("Name", "Currency", "Times", "Amount", "Before")
    whole, before = facts["whole"], facts["whole_before"]
    rows: list[tuple[Cell, ...]] = [
        (label, currency, one.count, sheets.money(one.amount), None if earlier is None else sheets.money(earlier.amount))
        for label, one, earlier in facts["rows"]
    ]
    return head, [*rows, ("Refunds", currency, whole.refund_count, sheets.fine(whole.refunds), sheets.fine(before.refunds))]


def _health(facts: Facts, _currency: str) -> Sheet:
    rows: list[tuple[Cell, ...]] = [("Missing day", day.isoformat(), "", "", None) for day in facts["missing"]]
    rows += [
        (kind, head.trading_date, f"Z {head.counter}", head.terminal_name, None)
        for kind, heads in (("Open Z", facts["overdue"]), ("Late Z", facts["late"]))
        for head in heads
    ]
    rows += [("Rejected", "", code, client, number) for client, code, number in facts["rejected"]]
    return ("Finding", "Trading day", "Z or code", "Terminal or ClientID", "Items"), rows


MAKERS: dict[str, Callable[[Facts, str], Sheet]] = {
    "summary": _summary, "terminals": _terminals, "payments": _payments, "taxes": _taxes, "refunds": _refunds, "health": _health,
}  # fmt: skip
