"""Reading back: a sale with its versions, a Z with its totals, the Zs of a day."""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from powerepos.contract.reading import (
    AdjustmentTotal,
    PaymentTotal,
    SalesTransactionResponse,
    SalesTransactionVersion,
    TaxTotal,
    ZReportReading,
    ZReportTotals,
)
from powerepos.contract.sales import (
    PartnerSalesTransaction,
    PartnerSalesTransactionAdjustment,
    PartnerSalesTransactionItem,
    PartnerSalesTransactionPayment,
)
from sqlalchemy import select

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.queries import utc_text
from powerepos_cloud.partnerservices.sales import store
from powerepos_cloud.partnerservices.sales.answers import plain_time, target_answer, z_answer
from powerepos_cloud.partnerservices.sales.model import Adjustment, Item, Levels, Payment, Sale, Tax
from powerepos_cloud.partnerservices.sales.tables import sale_versions, sales, z_reports
from powerepos_cloud.partnerservices.sales.totals import ADJUSTMENT, ALL, MEASURES, PAYMENT, TAX, Cells, rounded_money
from powerepos_cloud.partnerservices.sales.zreports import Z
from powerepos_cloud.partnerservices.wire import money, quantity, tax

_Z = tuple(z_reports.c[name] for name in Z.__struct_fields__)
_CHILD_IDS = uuid.UUID("6f2b7c1e-93d4-5a70-8b16-4c0de9a1f352")
"""Namespace of the IDs that we make for lines and payments: the same place in the same sale keeps its ID for ever."""


async def z_of(session: Session, kapow: str, client_id: str, z_id: str) -> Z | None:
    """The client's Z of this GUID."""
    wanted = (z_reports.c.kapow == kapow, z_reports.c.id == z_id, z_reports.c.client_id == client_id)
    row = await session.first(select(*_Z).where(*wanted))
    return None if row is None else Z(*tuple(row))


async def zs_of(
    session: Session,
    kapow: str,
    client_id: str,
    outlets: Sequence[str] | None,
    trading_date: str | None,
    after: int,
    limit: int,
) -> list[Z]:
    """The client's Zs after a Z's number, oldest first, narrowed to outlets (None: all) and a trading date."""
    statement = select(*_Z).where(z_reports.c.kapow == kapow, z_reports.c.client_id == client_id, z_reports.c.z_no > after)
    if outlets is not None:
        statement = statement.where(z_reports.c.outlet_id.in_(outlets))
    if trading_date is not None:
        statement = statement.where(z_reports.c.trading_date == trading_date)
    return [Z(*tuple(row)) for row in await session.all(statement.order_by(z_reports.c.z_no).limit(limit))]


async def read_z(session: Session, z: Z) -> ZReportReading:
    """A Z with its totals."""
    plain = z_answer(z, [])
    return ZReportReading(
        **{name: getattr(plain, name) for name in plain.__struct_fields__},
        totals=totals_answer(await store.cells(session, z.z_no)),
    )


def totals_answer(cells: Cells) -> ZReportTotals:
    """Kept totals as the wire shows them."""
    overall = dict(zip(MEASURES[ALL], cells.get((ALL, ""), ("", [0] * len(MEASURES[ALL])))[1], strict=True))
    return ZReportTotals(
        count=overall["count"],
        gross=rounded_money(overall["gross"]),
        tips=money(overall["tips"]),
        rounding=money(overall["rounded"]),
        refund_count=overall["refund_count"],
        refunds=rounded_money(overall["refunds"]),
        discounts=money(overall["discounts"]),
        surcharges=money(overall["surcharges"]),
        payments=[
            PaymentTotal(
                payment_type_name=label, count=sums[0], amount_purchase=money(sums[1]), amount_tip=money(sums[2]),
                amount_rounded=money(sums[3]),
            )
            for (kind, _), (label, sums) in cells.items()
            if kind == PAYMENT
        ],
        taxes=[_tax_total(key, label, sums) for (kind, key), (label, sums) in cells.items() if kind == TAX],
        adjustments=[
            AdjustmentTotal(adjustment_name=label, count=sums[0], amount=money(sums[1]))
            for (kind, _), (label, sums) in cells.items()
            if kind == ADJUSTMENT
        ],
    )  # fmt: skip


def _tax_total(key: str, label: str, sums: list[int]) -> TaxTotal:
    rate = int(key.split("|")[1]) if "|" in key else 0
    return TaxTotal(
        tax_name=label, tax_rate=Decimal(rate) / 1000, tax_sales=tax(sums[1]), inc_tax=tax(sums[2]), ex_tax=tax(sums[3]),
        amount=tax(sums[2] + sums[3]),
    )  # fmt: skip


async def read_sale(
    session: Session, kapow: str, client_id: str, sale_id: str, version: int | None
) -> SalesTransactionResponse | None:
    """One version of the client's sale, the current one if `version` is None; None if there is no such sale or version."""
    wanted = (sales.c.kapow == kapow, sales.c.id == sale_id, sales.c.client_id == client_id)
    head = await session.first(select(sales.c.sale_no, sales.c.z_no, sales.c.version, sales.c.received_at).where(*wanted))
    if head is None:
        return None
    older = await session.all(
        select(sale_versions.c.version, sale_versions.c.z_no, sale_versions.c.received_at)
        .where(sale_versions.c.sale_no == head.sale_no)
        .order_by(sale_versions.c.version)
    )
    versions = [*[tuple(row) for row in older], (head.version, head.z_no, head.received_at)]
    zs = {z_no: await _z_by_number(session, kapow, z_no) for z_no in {z_no for _, z_no, _ in versions}}
    shown = head.version if version is None else version
    if shown == head.version:
        sale, z_no = await store.load(session, head.sale_no), head.z_no
    else:
        found = await store.load_version(session, head.sale_no, shown)
        if found is None:
            return None
        sale, z_no, _ = found
    z = zs[z_no]
    return SalesTransactionResponse(
        sales_transaction_id=sale_id,
        outlet_id=z.outlet_id,
        z_report_id=z.id,
        z_report_counter=z.counter,
        z_report_target=target_answer(z),
        is_finalised=zs[head.z_no].is_finalised,
        trading_date=z.trading_date,
        version=shown,
        current_version=head.version,
        versions=[_version_answer(number, zs[in_z], received) for number, in_z, received in versions],
        sales_transaction=sale_answer(sale_id, sale),
    )


async def _z_by_number(session: Session, kapow: str, z_no: int) -> Z:
    row = await session.first(select(*_Z).where(z_reports.c.kapow == kapow, z_reports.c.z_no == z_no))
    assert row is not None  # a sale hangs on its Z
    return Z(*tuple(row))


def _version_answer(version: int, z: Z, received_at: int) -> SalesTransactionVersion:
    return SalesTransactionVersion(
        version=version, received_at=utc_text(received_at), z_report_id=z.id, z_report_counter=z.counter,
        trading_date=z.trading_date,
    )  # fmt: skip


def child_id(sale_id: str, kind: str, n: int) -> str:
    """The ID that we give to a line or payment that came without one."""
    return str(uuid.uuid5(_CHILD_IDS, f"{sale_id} {kind} {n}"))


def sale_answer(sale_id: str, sale: Sale) -> PartnerSalesTransaction:
    """The sale as it was sent, with defaults and with the IDs that we made."""
    taxes: dict[str, Any] = {}
    for level, one in enumerate(sale.taxes, start=1):
        if one is not None:
            taxes |= _tax_fields(level, one)
    return PartnerSalesTransaction(
        sales_transaction_id=sale_id,
        date_time_closed=_time(sale.closed_at),
        invoice_number=sale.invoice_number,
        **taxes,
        transaction_items=[_item_answer(sale_id, n, item) for n, item in enumerate(sale.items)],
        order_adjustments=[_adjustment_answer(one) for one in sale.adjustments],
        transaction_payments=[_payment_answer(sale_id, n, payment) for n, payment in enumerate(sale.payments)],
        refund_of=sale.refund_of,
    )


def _tax_fields(level: int, one: Tax) -> dict[str, Any]:
    return {f"tax{level}_name": one.name, f"tax{level}_rate": Decimal(one.rate) / 1000}


def _item_answer(sale_id: str, n: int, item: Item) -> PartnerSalesTransactionItem:
    return PartnerSalesTransactionItem(
        sales_transaction_item_id=item.id or child_id(sale_id, "item", n),
        date_time_ordered=_time(item.ordered_at),
        seat=item.seat,
        sale_qty=quantity(item.sale_qty, 2),
        stock_qty=quantity(item.stock_qty, 7),
        amount=money(item.amount),
        cost=money(item.cost),
        **_levels("inc_tax", item.inc),
        **_levels("ex_tax", item.ex),
        **_levels("tax_sales", item.taxable),
        plu_number=item.plu_number,
        plu_name=item.plu_name,
        group_name=item.group_name,
        main_group_name=item.main_group_name,
        item_adjustments=[_adjustment_answer(one) for one in item.adjustments],
    )


def _adjustment_answer(one: Adjustment) -> PartnerSalesTransactionAdjustment:
    return PartnerSalesTransactionAdjustment(
        adjustment_name=one.name,
        bucket_id=one.bucket,
        amount=money(one.amount),
        **_levels("inc_tax", one.inc),
        **_levels("ex_tax", one.ex),
        **_levels("tax_sales", one.taxable),
        adjustment_revenue_cost_center_name=one.cost_center,
    )


def _payment_answer(sale_id: str, n: int, payment: Payment) -> PartnerSalesTransactionPayment:
    return PartnerSalesTransactionPayment(
        sales_transaction_payment_id=payment.id or child_id(sale_id, "payment", n),
        date_time_paid=_time(payment.paid_at),
        amount_purchase=money(payment.purchase),
        amount_tip=money(payment.tip),
        amount_rounded=money(payment.rounded),
        affects_cid=payment.affects_cid,
        payment_type_name=payment.type_name,
    )


def _levels(prefix: str, levels: Levels) -> dict[str, Decimal]:
    return {f"{prefix}{level}": tax(amount) for level, amount in enumerate(levels, start=1) if amount}


def _time(text: str) -> str:
    plain = plain_time(text)
    assert plain is not None
    return plain
