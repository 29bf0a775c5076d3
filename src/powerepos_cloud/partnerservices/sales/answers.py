"""From what the rooms know to the models of the wire."""

from powerepos.contract.codes import Codes
from powerepos.contract.results import ResultWarning
from powerepos.contract.sales import (
    AutoFinalisedZReport,
    BatchItemErrorCode,
    BatchResponseCode,
    PartnerSalesBatchResponse,
    PartnerSalesTransactionBatchItemResult,
    PartnerZReportResponse,
    PartnerZReportTarget,
)

from powerepos_cloud.partnerservices.faults import errors, warnings
from powerepos_cloud.partnerservices.sales.batch import Result
from powerepos_cloud.partnerservices.sales.verdicts import Verdict
from powerepos_cloud.partnerservices.sales.zreports import MOST_PER_DAY, Z

_MESSAGES = {
    BatchResponseCode.SUCCESS: (None, None),
    BatchResponseCode.PARTIAL_SUCCESS: (
        Codes.BATCH_PARTIAL,
        "Some sales were not stored: read each result, mend those, send them again.",
    ),
    BatchResponseCode.FAILED: (Codes.BATCH_FAILED, "Nothing was stored: mend the rejected sales and send the batch again."),
    BatchResponseCode.Z_REPORT_FINALISED: (
        Codes.Z_FINALISED,
        "Nothing was stored: the Z is finalised. Name a zReportTarget, and a late Z is opened for its trading day.",
    ),
    BatchResponseCode.Z_REPORT_MISMATCH: (
        Codes.Z_MISMATCH,
        "Nothing was stored: zReportID and zReportTarget name different Zs. Send one of them, or make them agree.",
    ),
}
_TOO_MANY = (
    Codes.Z_TOO_MANY,
    f"Nothing was stored: this trading date and terminal have {MOST_PER_DAY} finalised Zs. Send the sales to another date's Z.",
)
_LATE = ResultWarning(
    code=Codes.Z_LATE,
    message="The trading day's Z was finalised before: a further Z was opened for these late sales.",
    pointer=None,
)


def batch_answer(result: Result, docs_url: str, *, is_validated: bool) -> PartnerSalesBatchResponse:
    """The answer of `addbatch`. A Z that validation would have made is told as null: it does not exist."""
    unborn = result.z if is_validated and result.made else None
    z = None if unborn else result.z
    code, message = _TOO_MANY if result.is_full else _MESSAGES[result.code]
    return PartnerSalesBatchResponse(
        batch_result=result.code,
        batch_item_results=[_item(verdict, docs_url, unborn) for verdict in result.verdicts],
        error_message=message,
        code=code,
        z_report_id=z.id if z else None,
        z_report_counter=z.counter if z else None,
        z_report_target=target_answer(z) if z else None,
        retryable=False,
        warnings=[_LATE] if result.is_late else [],
        validated=is_validated,
        auto_finalised=[
            AutoFinalisedZReport(
                z_report_id=one.id,
                z_report_counter=one.counter,
                trading_date=one.trading_date,
                terminal_name=one.terminal_name,
            )
            for one in result.auto_finalised
        ],
    )


def z_answer(z: Z, warned: list[ResultWarning]) -> PartnerZReportResponse:
    """A Z, as `requestzreport` and the lists show it."""
    return PartnerZReportResponse(
        outlet_id=z.outlet_id,
        z_report_id=z.id,
        z_report_counter=z.counter,
        z_report_target=target_answer(z),
        is_finalised=z.is_finalised,
        finalised_date_time=plain_time(z.finalised_at),
        finalised_user_name=z.finalised_by,
        warnings=warned,
    )


def late_warning() -> ResultWarning:
    """That a further Z was opened for a day whose Z was finalised."""
    return _LATE


def target_answer(z: Z) -> PartnerZReportTarget:
    """The settings of a stored Z."""
    return PartnerZReportTarget(
        trading_date=z.trading_date,
        terminal_name=z.terminal_name,
        client_name=z.client_name,
        client_version=z.client_version,
        is_training=bool(z.is_training),
        currency_code=z.currency_code,
        currency_symbol=z.currency_symbol,
        currency_name=z.currency_name,
    )


def plain_time(text: str | None) -> str | None:
    """`yyyy-MM-dd HH:mm:ss[.fff]`: milliseconds only where there are any."""
    return None if text is None else text.removesuffix(".000")


def _item(verdict: Verdict, docs_url: str, unborn: Z | None) -> PartnerSalesTransactionBatchItemResult:
    submitted, z = verdict.submitted, verdict.stored_in
    found = errors(submitted.spelled(verdict.findings.faults), docs_url) if verdict.error > BatchItemErrorCode.SKIPPED else []
    first = found[0] if found else None
    is_stored = not verdict.error
    shows_z = is_stored and z is not None and z is not unborn
    return PartnerSalesTransactionBatchItemResult(
        index=submitted.index,
        sales_transaction_id=submitted.sent_id,
        error_code=verdict.error,
        error_message=first.message if first else None,
        outcome=verdict.outcome,
        trading_date=z.trading_date if is_stored and z else None,
        version=verdict.version if is_stored else None,
        z_report_id=z.id if shows_z and z else None,
        z_report_counter=z.counter if shows_z and z else None,
        code=first.code if first else Codes.SALE_SKIPPED if verdict.error == BatchItemErrorCode.SKIPPED else None,
        pointer=first.pointer if first else None,
        expected=first.expected if first else None,
        actual=first.actual if first else None,
        retryable=verdict.error == BatchItemErrorCode.SKIPPED,
        errors=found,
        warnings=warnings(submitted.spelled(verdict.findings.warnings)),
    )
