"""One sale with every version of it, and what changed from each to the next."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from powerepos.contract.results import ResultWarning
from sqlalchemy import select

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.partnerservices.figures.sums import ZHead
from powerepos_cloud.partnerservices.sales import store
from powerepos_cloud.partnerservices.sales.model import Adjustment, Item, Payment, Sale, gross
from powerepos_cloud.partnerservices.sales.tables import sale_items, sale_versions, sales, z_reports
from powerepos_cloud.partnerservices.sales.totals import rounded_money
from powerepos_cloud.partnerservices.wire import money, quantity, tax

_warnings = msgspec.json.Decoder(list[ResultWarning])


class Changed(msgspec.Struct, frozen=True):
    """Something that is not as it was; `pointer` is the field in the partner's request, empty for what follows from others."""

    what: str
    pointer: str
    before: str
    after: str


class Version(msgspec.Struct, frozen=True):
    """A version of a sale: its content, its Z, when it was received (ms), what changed against the one before."""

    number: int
    sale: Sale
    z: ZHead
    received_at: int
    warnings: list[ResultWarning]
    changed: list[Changed]

    @property
    def gross(self) -> int:
        """In ten-millionths."""
        return gross(self.sale)


class SaleView(msgspec.Struct, frozen=True):
    """A sale; `versions` oldest first, the last one counts. `product_names` by PLU number, as the catalogue called them."""

    id: str
    versions: list[Version]
    product_names: dict[int, str]

    @property
    def current(self) -> Version:
        """The version that counts."""
        return self.versions[-1]

    def name_of(self, item: Item) -> str:
        """What an item is called."""
        return name_of(item, self.product_names)


async def view(session: Session, kapow: str, sale_id: str) -> SaleView:
    """The organisation's sale, whoever sent it. Raises `NotFound`, for another organisation's, too."""
    head = await session.first(select(sales).where(sales.c.kapow == kapow, sales.c.id == sale_id))
    if head is None:
        raise NotFound("sale", sale_id)
    kept = await session.all(
        select(sale_versions).where(sale_versions.c.sale_no == head.sale_no).order_by(sale_versions.c.version)
    )
    zs = await _zs(session, kapow, {head.z_no, *(row.z_no for row in kept)})
    rows = await session.all(
        select(sale_items.c.plu_number, sale_items.c.product_name).where(sale_items.c.sale_no == head.sale_no)
    )
    product_names = {number: name for number, name in map(tuple, rows) if number is not None and name is not None}
    contents: list[tuple[int, Sale, Any]] = []
    for row in kept:
        found = await store.load_version(session, head.sale_no, row.version)
        assert found is not None
        contents.append((row.version, found[0], row))
    contents.append((head.version, await store.load(session, head.sale_no), head))
    versions: list[Version] = []
    for number, sale, row in contents:
        before = versions[-1] if versions else None
        changed = [] if before is None else list(changes(before.sale, sale, product_names))
        if before is not None and before.z.z_no != row.z_no:
            changed.append(Changed("Z report", "", _z_text(before.z), _z_text(zs[row.z_no])))
        told = _warnings.decode(row.warnings) if row.warnings else []
        versions.append(Version(number, sale, zs[row.z_no], row.received_at, told, changed))
    return SaleView(sale_id, versions, product_names)


async def refunds(session: Session, kapow: str, sale_id: str) -> list[tuple[str, str, int]]:
    """(ID, invoice number, gross) of the sales that refund this one."""
    asked = select(sales.c.id, sales.c.invoice_number, sales.c.gross)
    rows = await session.all(asked.where(sales.c.kapow == kapow, sales.c.refund_of == sale_id).order_by(sales.c.sale_no))
    return [(row.id, row.invoice_number, row.gross) for row in rows]


async def _zs(session: Session, kapow: str, numbers: set[int]) -> dict[int, ZHead]:
    columns = tuple(z_reports.c[name] for name in ZHead.__struct_fields__)
    asked = select(*columns).where(z_reports.c.kapow == kapow, z_reports.c.z_no.in_(sorted(numbers)))
    return {row.z_no: ZHead(*tuple(row)) for row in await session.all(asked)}


def _z_text(z: ZHead) -> str:
    return f"Z {z.counter} of {z.terminal_name}, {z.trading_date}"


def name_of(item: Item, product_names: dict[int, str]) -> str:
    """What an item is called: by the sender, else by the catalogue, else its number."""
    if item.plu_name:
        return item.plu_name
    return product_names.get(item.plu_number or 0) or f"PLU {item.plu_number}"


def changes(old: Sale, new: Sale, product_names: dict[int, str]) -> Iterator[Changed]:
    """What is not as it was, in the order of the request."""
    yield from _plain("Closed", "/dateTimeClosed", old.closed_at[:19], new.closed_at[:19])
    yield from _plain("Invoice number", "/invoiceNumber", old.invoice_number, new.invoice_number)
    for level, (before, after) in enumerate(zip(old.taxes, new.taxes, strict=True), start=1):
        texts = [f"{one.name} {(Decimal(one.rate) / 1000).normalize():f} %" if one else "none" for one in (before, after)]
        yield from _plain(f"Tax {level}", f"/tax{level}Name", *texts)
    yield from _listed("/transactionItems", old.items, new.items, _item, lambda item: name_of(item, product_names), "item")
    yield from _listed("/orderAdjustments", old.adjustments, new.adjustments, _adjustment, lambda one: one.name, "adjustment")
    yield from _listed("/transactionPayments", old.payments, new.payments, _payment, lambda one: one.type_name, "payment")
    yield from _plain("Refund of", "/refundOf", old.refund_of or "none", new.refund_of or "none")
    yield from _plain("Gross", "", f"{rounded_money(gross(old)):,.2f}", f"{rounded_money(gross(new)):,.2f}")


def _plain(what: str, pointer: str, before: str, after: str) -> Iterator[Changed]:
    if before != after:
        yield Changed(what, pointer, before, after)


def _listed(path: str, old: Any, new: Any, facts: Any, called: Any, kind: str) -> Iterator[Changed]:
    """Entries are compared by their place; those at the end that only one of the two has were added or taken away."""
    for n in range(max(len(old), len(new))):
        before, after = old[n] if n < len(old) else None, new[n] if n < len(new) else None
        if before is None or after is None:
            texts = ["none" if one is None else _short(facts(one)) for one in (before, after)]
            yield Changed(f"{called(before or after)}, {kind}", f"{path}/{n}", *texts)
            continue
        if before == after:
            continue
        mine, theirs = facts(before), facts(after)
        for field in mine:
            if mine[field] != theirs[field]:
                yield Changed(f"{called(after)}, {_words(field)}", f"{path}/{n}/{field}", mine[field], theirs[field])


def _short(facts: dict[str, str]) -> str:
    """The first facts: name and amount."""
    return " ".join(value for value in list(facts.values())[:2] if value)


def _words(field: str) -> str:
    return "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in field).strip()


def _levels(prefix: str, levels: tuple[int, int, int, int]) -> dict[str, str]:
    return {f"{prefix}{n}": f"{tax(amount).normalize():f}" for n, amount in enumerate(levels, start=1)}


def _item(item: Item) -> dict[str, str]:
    return {
        "pluName": item.plu_name or (f"PLU {item.plu_number}" if item.plu_number is not None else ""),
        "amount": f"{money(item.amount):,.2f}",
        "saleQty": f"{quantity(item.sale_qty, 2).normalize():f}",
        "stockQty": f"{quantity(item.stock_qty, 7).normalize():f}",
        "cost": f"{money(item.cost):,.2f}",
        "seat": str(item.seat),
        "dateTimeOrdered": item.ordered_at[:19],
        "groupName": item.group_name or "",
        "mainGroupName": item.main_group_name or "",
        **_levels("incTax", item.inc),
        **_levels("exTax", item.ex),
        **_levels("taxSales", item.taxable),
        "itemAdjustments": ", ".join(_short(_adjustment(one)) for one in item.adjustments) or "none",
    }


def _adjustment(one: Adjustment) -> dict[str, str]:
    return {
        "adjustmentName": one.name,
        "amount": f"{money(one.amount):,.2f}",
        **_levels("incTax", one.inc),
        **_levels("exTax", one.ex),
        **_levels("taxSales", one.taxable),
        "bucketID": one.bucket or "",
        "adjustmentRevenueCostCenterName": one.cost_center or "",
    }


def _payment(one: Payment) -> dict[str, str]:
    return {
        "paymentTypeName": one.type_name,
        "amountPurchase": f"{money(one.purchase):,.2f}",
        "amountTip": f"{money(one.tip):,.2f}",
        "amountRounded": f"{money(one.rounded):,.2f}",
        "affectsCID": "yes" if one.affects_cid else "no",
        "dateTimePaid": one.paid_at[:19],
    }
