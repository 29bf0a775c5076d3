"""What changed between two versions of a stock order, as a list for people. No HTTP, no SQL."""

from typing import NamedTuple

from powerepos_cloud.partnerservices.stock.model import Line, Order


class Difference(NamedTuple):
    """A fact of the order (its texts) or a line (the line itself), before and after; None where there was or is none."""

    what: str
    before: str | Line | None
    after: str | Line | None


def differences(before: Order, after: Order) -> list[Difference]:
    """Facts first, then lines by their IDs, in the order of the newer version, those that are gone last."""
    facts = [
        ("Outlet", before.outlet_name, after.outlet_name),
        ("Supplier", before.supplier_name, after.supplier_name),
        ("Invoice number", before.invoice_number, after.invoice_number),
        ("Invoice date", before.invoice_date[:10], after.invoice_date[:10]),
        ("Currency", before.currency, after.currency),
    ]
    found = [Difference(what, old, new) for what, old, new in facts if old != new]
    old_lines = {line.id: line for line in before.lines}
    for line in after.lines:
        old_line = old_lines.pop(line.id, None)
        if old_line != line:
            found.append(Difference(line.plu_name or line.description, old_line, line))
    return found + [Difference(line.plu_name or line.description, line, None) for line in old_lines.values()]
