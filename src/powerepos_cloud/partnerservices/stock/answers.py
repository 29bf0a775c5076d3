"""From what the room knows to the models of the wire."""

from decimal import Decimal
from typing import Any

import msgspec
from powerepos.contract.results import Outcomes
from powerepos.contract.stock import (
    AddStockOrderResponse,
    LineItemFailureResult,
    RequestResultCode,
    StockItemStringItemType,
    StockOrder,
    StockOrderLineItem,
)

from powerepos_cloud.partnerservices.faults import errors, value, warnings
from powerepos_cloud.partnerservices.stock.candidates import Candidates
from powerepos_cloud.partnerservices.stock.failures import OrderFailed
from powerepos_cloud.partnerservices.stock.intake import Intake
from powerepos_cloud.partnerservices.stock.model import NO_TAX, Levels, Line, Order
from powerepos_cloud.partnerservices.stock.orders import Added
from powerepos_cloud.partnerservices.stock.rules import STOCK_ITEMS
from powerepos_cloud.partnerservices.wire import money, quantity, tax, write
from powerepos_cloud.resourceserver.refusals import Refusal

_ZERO: Any = 0  # written as a decimal of nothing is, and seven of them stand in most lines
_NO_TAXES = (_ZERO, _ZERO, _ZERO, _ZERO)
_TYPES = {member.value: member for member in StockItemStringItemType}


def added_answer(added: Added) -> AddStockOrderResponse:
    """The answer to an order that is stored."""
    return AddStockOrderResponse(
        result=RequestResultCode.SUCCESS,
        stock_order=order_answer(added.order, added.version),
        outcome=added.outcome,
        version=added.version,
        warnings=warnings(added.warnings),
    )


def failed_answer(failed: OrderFailed, intake: Intake, found: Candidates, docs_url: str) -> AddStockOrderResponse:
    """The answer to an order of which nothing is stored."""
    told = errors([intake.spelled(fault) for fault in failed.faults], docs_url)
    first = told[0]
    lines = [
        LineItemFailureResult(
            line_item_id=intake.sent_line_id(one.place),
            index=one.place,
            code=one.fault.code,
            error_message=one.fault.message[:1024],
            pointer=intake.spelled_of_line(one).pointer,
            expected=value(one.fault.expected),
            actual=value(one.fault.actual),
            candidates=list(found.get((one.fault.code, one.fault.actual), ())),
            help_uri=f"{docs_url}/docs/errors/{one.fault.code}" if docs_url else None,
        )
        for one in failed.line_faults
    ]
    return AddStockOrderResponse(
        result=failed.result,
        error_message=first.message,
        line_item_failure_results=lines or None,
        outcome=Outcomes.REJECTED,
        code=first.code,
        pointer=first.pointer,
        expected=first.expected,
        actual=first.actual,
        errors=told,
        warnings=warnings(intake.spelled_warnings(intake.warnings)),
    )


def refusal_of(failed: OrderFailed, answer: AddStockOrderResponse) -> Refusal:
    """The refusal with the answer as its `data`, written as every answer is."""
    assert answer.code is not None
    assert answer.error_message is not None
    return Refusal(failed.status, answer.code, answer.error_message, data=msgspec.Raw(write(answer)))


def order_answer(order: Order, version: int) -> StockOrder:
    """A version of a stock order."""
    totals = order.totals
    named: dict[str, Any] = {}
    for level, one in enumerate(totals.taxes, start=1):
        named[f"invoice_tax{level}_rate"] = quantity(one.rate, 3) if one is not None else _ZERO
        if one is not None:
            named |= {f"invoice_tax{level}_common_name": one.name, f"invoice_tax{level}_localized_name": one.name}
        named |= {f"inc_tax{level}": money(totals.inc[level - 1]), f"ex_tax{level}": money(totals.ex[level - 1])}
    return StockOrder(
        stock_order_id=order.id,
        date_time_created=_time(order.created_local),
        **named,
        version=version,
        outlet_id=order.outlet_id,
        outlet_name=order.outlet_name,
        supplier_id=order.supplier_id,
        supplier_name=order.supplier_name,
        supplier_invoice_number=order.invoice_number,
        supplier_invoice_date=_time(order.invoice_date),
        currency_code=order.currency,
        application_client_name=order.application_name,
        application_client_version=order.application_version,
        line_items=list(map(_line, range(1, len(order.lines) + 1), order.lines)),
        amount=money(totals.amount),
        tax_rounding=tax(totals.tax_rounding),
        total=money(totals.total),
    )


def _line(place: int, line: Line) -> StockOrderLineItem:
    inc1, inc2, inc3, inc4 = _taxes(line.inc)
    ex1, ex2, ex3, ex4 = _taxes(line.ex)
    return StockOrderLineItem(
        stock_order_line_item_id=line.id,
        sort_id=place,
        item_type=_TYPES[line.type],
        item_common_name=line.plu_name or line.description,
        item_localized_name=line.description,
        sale_modifier_common_name="[No Modifier]" if line.type in STOCK_ITEMS else "",
        supplier_product_code=line.product_code,
        plu_number=line.plu_number,
        plu_name=line.plu_name,
        quantity=quantity(line.quantity, 5),
        amount=money(line.amount),
        tax_group_name=line.tax_group,
        inc_tax1=inc1,
        inc_tax2=inc2,
        inc_tax3=inc3,
        inc_tax4=inc4,
        ex_tax1=ex1,
        ex_tax2=ex2,
        ex_tax3=ex3,
        ex_tax4=ex4,
    )


def _taxes(levels: Levels) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    if levels is NO_TAX:
        return _NO_TAXES
    one, two, three, four = levels
    return (
        tax(one) if one else _ZERO,
        tax(two) if two else _ZERO,
        tax(three) if three else _ZERO,
        tax(four) if four else _ZERO,
    )


def _time(text: str) -> str:
    """`yyyy-MM-dd HH:mm:ss[.fff]`: milliseconds only where there are any."""
    return text.removesuffix(".000")
