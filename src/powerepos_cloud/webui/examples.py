"""Answers that the pages show, built from the types that are sent: a field that changes changes here too."""

from typing import Any

import msgspec
from powerepos.contract import (
    AuthServerScopes,
    ConnectionLimits,
    ConnectionOutlet,
    ConnectionResponse,
    Limits,
    Permissions,
)
from powerepos.contract.results import Outcomes
from powerepos.contract.sales import (
    EXTERNAL_INTERFACE,
    BatchItemErrorCode,
    BatchResponseCode,
    PartnerSalesBatchResponse,
    PartnerSalesTransactionBatchItemResult,
    PartnerZFinaliseResponse,
    PartnerZReportResponse,
    PartnerZReportTarget,
    ZFinaliseResultCode,
)

from powerepos_cloud.authserver.token import TokenAnswer

_EXAMPLE_SVC = "https://service.example/"
_EXAMPLE_ORGANISATION = "HARBOUR"
_EXAMPLE_KAPOW = "6f1f6a5e-2f0b-4c55-9a57-0b8f2f1b7d21"
_OUTLET = "b3c1d9a2-4d1e-4f8a-8a53-2c2f7a1e9d40"
_DAY = "2026-11-24"
_SALE = "019ab3f0-5b1c-7e2a-9c44-8d1f6a2b3c4d"
_Z = "019ab3f0-6a52-7c41-9d0e-2f7a5b8c1d34"


def example_token_answer() -> TokenAnswer:
    """What the token endpoint answers to the request of the quick start."""
    return TokenAnswer(
        token_type="Bearer",
        access_token="eyJhbGciOiJFUzI1NiIs…",
        expires_in=28_800,
        svc=_EXAMPLE_SVC,
        org_id=_EXAMPLE_ORGANISATION,
        scope=f"{AuthServerScopes.PARTNER_SERVICE} {AuthServerScopes.OFFLINE_ACCESS}",
        refresh_token="pepos_rt_…",
    )


def example_connection() -> ConnectionResponse:
    """What `connection` answers to that token."""
    limits = ConnectionLimits(
        max_batch_size=Limits.MAX_BATCH_SIZE,
        max_line_items=Limits.MAX_LINE_ITEMS,
        max_body_bytes=Limits.MAX_BODY_BYTES,
        max_nesting=Limits.MAX_NESTING,
    )
    outlet = ConnectionOutlet(
        outlet_id=_OUTLET,
        name="Wynyard Wharf",
        time_zone="Pacific/Auckland",
        trading_day_start="04:00",
        current_trading_date=_DAY,
        currency_code="NZD",
        stock_enabled=True,
    )
    return ConnectionResponse(
        organisation_code=_EXAMPLE_ORGANISATION,
        kapow=_EXAMPLE_KAPOW,
        client_id="k3v9x0q2m7c1t8r4w6z5b2n1",
        subject="svc-4h7kq2m9t3x6v8c1b5n0",
        service_uri=_EXAMPLE_SVC,
        permissions=[Permissions.PARTNER_SALES_SUBMIT],
        all_outlets=False,
        outlets=[outlet],
        expires_at="2026-11-24T14:39:42Z",
        expires_in_seconds=28_792,
        limits=limits,
    )


def example_batch(outlet: str = _OUTLET, day: str = _DAY, sale: str = _SALE) -> dict[str, Any]:
    """A first batch: one sale of one line, paid by card."""
    return {
        "outletID": outlet,
        "zReportTarget": {
            "tradingDate": day,
            "terminalName": "Web Shop",
            "clientName": "My first integration",
            "clientVersion": "1.0",
        },
        "sales": [
            {
                "salesTransactionID": sale,
                "dateTimeClosed": f"{day} 12:10:00",
                "invoiceNumber": "1001",
                "transactionItems": [
                    {"amount": 5.5, "mainGroupName": "Drinks", "groupName": "Hot drinks", "pluName": "Flat white"}
                ],
                "transactionPayments": [{"amountPurchase": 5.5, "paymentTypeName": "Visa"}],
            }
        ],
    }


def example_batch_answer() -> PartnerSalesBatchResponse:
    """What `addbatch` answers to it."""
    result = PartnerSalesTransactionBatchItemResult(
        index=0,
        sales_transaction_id=_SALE,
        error_code=BatchItemErrorCode.SUCCESS,
        outcome=Outcomes.CREATED,
        trading_date=_DAY,
        version=1,
        z_report_id=_Z,
        z_report_counter=1,
    )
    return PartnerSalesBatchResponse(
        batch_result=BatchResponseCode.SUCCESS,
        batch_item_results=[result],
        z_report_id=_Z,
        z_report_counter=1,
        z_report_target=_target(),
    )


def example_z_request() -> dict[str, Any]:
    """A Z report asked for by what it is for."""
    batch = example_batch()
    return {"outletID": batch["outletID"], "zReportTarget": batch["zReportTarget"]}


def example_z() -> PartnerZReportResponse:
    """What `requestzreport` answers to it."""
    return PartnerZReportResponse(
        outlet_id=_OUTLET, z_report_id=_Z, z_report_counter=1, z_report_target=_target(), is_finalised=False
    )


def example_finalise(outlet: str = _OUTLET, z: str = _Z) -> dict[str, Any]:
    """The Z of the first batch, closed if it holds what its sender believes."""
    return {"outletID": outlet, "zReportID": z, "controlTotals": {"count": 1, "gross": 5.5}}


def example_finalise_answer() -> PartnerZFinaliseResponse:
    """What `finalisezreport` answers to it."""
    return PartnerZFinaliseResponse(
        result_code=ZFinaliseResultCode.SUCCESS,
        outlet_id=_OUTLET,
        z_report_id=_Z,
        z_report_counter=1,
        z_report_target=_target(),
        finalised_date_time=f"{_DAY} 23:59:59",
        finalised_user_name=EXTERNAL_INTERFACE,
    )


def _target() -> PartnerZReportTarget:
    return msgspec.convert(example_batch()["zReportTarget"], PartnerZReportTarget)
