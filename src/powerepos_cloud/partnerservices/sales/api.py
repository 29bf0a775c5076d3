"""The endpoints of sales: admit, parse, call, answer."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from powerepos.contract.codes import Codes
from powerepos.contract.permissions import Permissions
from powerepos.contract.reading import ZReportPage
from powerepos.contract.sales import (
    EXTERNAL_INTERFACE,
    PartnerSalesBatchResponse,
    PartnerZFinaliseRequest,
    PartnerZFinaliseResponse,
    PartnerZReportRequest,
    PartnerZReportResponse,
    ZFinaliseResultCode,
)

from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.partnerservices.changes import store as changes
from powerepos_cloud.partnerservices.changes.store import Change
from powerepos_cloud.partnerservices.endpoints import Endpoints, answered
from powerepos_cloud.partnerservices.faults import (
    outlet_of,
    refused,
    refused_field,
    require_readable,
    require_writable,
    warnings,
)
from powerepos_cloud.partnerservices.queries import flag, whole_number
from powerepos_cloud.partnerservices.requestlog.log import RequestLog
from powerepos_cloud.partnerservices.requestlog.store import Call
from powerepos_cloud.partnerservices.sales import batch, finalising, reading, zreports
from powerepos_cloud.partnerservices.sales.answers import batch_answer, late_warning, plain_time, target_answer, z_answer
from powerepos_cloud.partnerservices.sales.envelope import Where, read_where, require_z
from powerepos_cloud.partnerservices.sales.intake import Intake, read_intake
from powerepos_cloud.partnerservices.sales.zreports import MOST_PER_DAY, Z
from powerepos_cloud.partnerservices.wire import Reading, guid, local_datetime, read, trading_date, write
from powerepos_cloud.resourceserver.access import Access
from powerepos_cloud.resourceserver.caller import Caller
from powerepos_cloud.resourceserver.refusals import Refusal

SUBMIT = (Permissions.PARTNER_SALES_SUBMIT,)
VIEW = (Permissions.PARTNER_SALES_SUBMIT, Permissions.PARTNER_SALES_VIEW)
_PAGE = 100


def build_handlers(
    access: Access, database: Database, clock: Clock, request_log: RequestLog, docs_url: str
) -> list[HTTPRouteHandler]:
    """The handlers under `sales/`."""
    api = Endpoints(access, database, clock, request_log, docs_url)
    makers: tuple[Callable[[Endpoints], HTTPRouteHandler], ...] = (
        _add_batch, _request_z, _finalise_z, _get_sale, _get_z, _list_zs
    )  # fmt: skip
    return [make(api) for make in makers]


def _add_batch(api: Endpoints) -> HTTPRouteHandler:
    @post("/sales/addbatch", name="sales-addbatch", status_code=200)
    async def add_batch(request: Request[Any, Any, Any]) -> Response[bytes]:
        caller, call = await api.admit(request, SUBMIT)
        is_validation = flag(request, "validateOnly")
        raw = await request.body()
        intake = await api.read(read_intake, raw)
        call.outlet_id = guid(intake.request.outlet_id)
        answer = await _judge(api, caller, intake, is_validation=is_validation)
        answer.warnings = [*warnings(intake.warnings), *answer.warnings]
        sent = answered(answer)
        _note(call, answer, raw, sent)
        return sent

    return add_batch


def _note(call: Call, answer: PartnerSalesBatchResponse, raw: bytes, sent: Response[bytes]) -> None:
    """Counts for the request log, and body and answer if an item failed; a validation leaves no body."""
    call.outcomes = Counter(
        word for result in answer.batch_item_results for word in (result.outcome, result.code) if word is not None
    )
    if answer.validated:
        call.outcomes = {**call.outcomes, "validated": len(answer.batch_item_results)}
    elif any(result.errors for result in answer.batch_item_results):
        call.body, call.answer = raw, sent.content


async def _judge(api: Endpoints, caller: Caller, intake: Intake, *, is_validation: bool) -> PartnerSalesBatchResponse:
    now = api.clock.now_ms()

    async def unit(session: Session) -> batch.Result:
        await require_writable(session, caller.kapow)
        sent = intake.request
        where = await read_where(session, caller, sent.outlet_id, sent.z_report_id, sent.z_report_target)
        z = await require_z(session, caller, where)
        job = await intake.job(session, caller, where, z, now)
        result = await batch.run(session, job)
        if is_validation:
            raise batch.Validated(result)
        return result

    try:
        return batch_answer(await api.write(unit), api.docs_url, is_validated=False)
    except batch.Validated as judged:
        return batch_answer(judged.result, api.docs_url, is_validated=True)


def _request_z(api: Endpoints) -> HTTPRouteHandler:
    @post("/sales/requestzreport", name="sales-requestzreport", status_code=200)
    async def request_z_report(request: Request[Any, Any, Any]) -> Response[bytes]:
        caller, call = await api.admit(request, SUBMIT)
        sent = await _read_body(api, request, PartnerZReportRequest)
        call.outlet_id = guid(sent.value.outlet_id)
        now = api.clock.now_ms()

        async def unit(session: Session) -> PartnerZReportResponse:
            await require_writable(session, caller.kapow)
            where = await read_where(session, caller, sent.value.outlet_id, sent.value.z_report_id, sent.value.z_report_target)
            z = await require_z(session, caller, where)
            if z is not None:
                if where.target is not None and where.target.key != z.target.key:
                    raise refused_field(Codes.Z_MISMATCH, "/zReportTarget", "zReportID and zReportTarget name different Zs.")
                return z_answer(z, [])
            return await _find_or_make(session, caller, where, now)

        answer: PartnerZReportResponse = await api.write(unit)
        answer.warnings = [*warnings(sent.warnings), *answer.warnings]
        return answered(answer)

    return request_z_report


async def _find_or_make(session: Session, caller: Caller, where: Where, now_ms: int) -> PartnerZReportResponse:
    """The target's open Z; else a new one, the first of its day or a further one for late sales."""
    assert where.target is not None  # read_where demands one of the two
    last = await zreports.last(session, caller.kapow, where.outlet.id, caller.client_id, where.target)
    if last is not None and (not last.is_finalised or last.seq >= MOST_PER_DAY):
        return z_answer(last, [])
    seq = 1 if last is None else last.seq + 1
    z = await zreports.make(session, caller.kapow, where.outlet.id, caller.client_id, where.target, seq, now_ms)
    await changes.record(session, caller.kapow, [Change("z", z.id, 1, z.outlet_id, z.client_id, "created")], now_ms)
    return z_answer(z, [late_warning()] if seq > 1 else [])


def _finalise_z(api: Endpoints) -> HTTPRouteHandler:
    @post("/sales/finalisezreport", name="sales-finalisezreport", status_code=200)
    async def finalise_z_report(request: Request[Any, Any, Any]) -> Response[bytes]:
        caller, call = await api.admit(request, SUBMIT)
        sent = await _read_body(api, request, PartnerZFinaliseRequest)
        call.outlet_id = guid(sent.value.outlet_id)
        at = _read_time(sent.value.finalised_date_time, "/finalisedDateTime")
        control = sent.value.control_totals
        control_json = None if control is None else write(control).decode()
        now = api.clock.now_ms()

        async def unit(session: Session) -> finalising.Finalised:
            await require_writable(session, caller.kapow)
            where = await read_where(session, caller, sent.value.outlet_id, sent.value.z_report_id, None)
            z = await require_z(session, caller, where)
            assert z is not None  # its ID is required
            time = at or where.local_now(now).strftime("%Y-%m-%d %H:%M:%S")
            by = sent.value.finalised_user_name or EXTERNAL_INTERFACE
            return await finalising.finalise(session, caller.kapow, z, time, by, control, control_json, now)

        found: finalising.Finalised = await api.write(unit)
        return answered(_finalised_answer(found, sent))

    return finalise_z_report


def _finalised_answer(found: finalising.Finalised, sent: "Reading[PartnerZFinaliseRequest]") -> PartnerZFinaliseResponse:
    codes = {
        ZFinaliseResultCode.ALREADY_FINALISED: (Codes.Z_ALREADY_FINALISED, "The Z was finalised before; it is as it was."),
        ZFinaliseResultCode.CONTROL_TOTALS_MISMATCH: (
            Codes.Z_CONTROL_TOTALS, "The Z stays open: your control totals differ from what is stored; see differences."
        ),
    }  # fmt: skip
    code, message = codes.get(found.code, (None, None))
    return PartnerZFinaliseResponse(
        result_code=found.code,
        outlet_id=found.z.outlet_id,
        z_report_id=found.z.id,
        z_report_counter=found.z.counter,
        z_report_target=target_answer(found.z),
        finalised_date_time=plain_time(found.z.finalised_at),
        finalised_user_name=found.z.finalised_by,
        error_message=message,
        code=code,
        differences=found.differences,
        warnings=warnings(sent.warnings),
    )


def _get_sale(api: Endpoints) -> HTTPRouteHandler:
    @get("/sales/transactions/{sale_id:str}", name="sales-transaction")
    async def get_sale(request: Request[Any, Any, Any], sale_id: FromPath[str]) -> Response[bytes]:
        caller, _ = await api.admit(request, VIEW)
        version = whole_number(request, "version", 1, 2**31 - 1, 0) or None
        canonical = guid(sale_id)

        async def unit(session: Session) -> Any:
            await require_readable(session, caller.kapow)
            if canonical is None:
                return None
            return await reading.read_sale(session, caller.kapow, caller.client_id, canonical, version)

        found = await api.database.read(unit)
        if found is None or not caller.may_use_outlet(found.outlet_id):
            raise Refusal(404, Codes.SALE_NOT_FOUND, "You have no sale with this ID, or not in this version.")
        return answered(found)

    return get_sale


def _get_z(api: Endpoints) -> HTTPRouteHandler:
    @get("/sales/zreports/{z_id:str}", name="sales-zreport")
    async def get_z(request: Request[Any, Any, Any], z_id: FromPath[str]) -> Response[bytes]:
        caller, _ = await api.admit(request, VIEW)
        canonical = guid(z_id)

        async def unit(session: Session) -> Any:
            await require_readable(session, caller.kapow)
            z = None if canonical is None else await reading.z_of(session, caller.kapow, caller.client_id, canonical)
            if z is None or not caller.may_use_outlet(z.outlet_id):
                raise Refusal(404, Codes.Z_NOT_FOUND, "You have no Z with this ID.")
            return await reading.read_z(session, z)

        return answered(await api.database.read(unit))

    return get_z


def _list_zs(api: Endpoints) -> HTTPRouteHandler:
    @get("/sales/zreports", name="sales-zreports")
    async def list_zs(request: Request[Any, Any, Any]) -> Response[bytes]:
        caller, _ = await api.admit(request, VIEW)
        outlet_id, day = request.query_params.get("outletID"), request.query_params.get("tradingDate")
        if day is not None and trading_date(day) is None:
            raise refused_field(Codes.DATE_INVALID, "/tradingDate", "tradingDate is no date.", "yyyy-MM-dd", day[:64])
        after = whole_number(request, "after", 0, 2**62, 0)
        limit = whole_number(request, "limit", 1, _PAGE, _PAGE)

        async def unit(session: Session) -> list[Z]:
            await require_readable(session, caller.kapow)
            outlets = None if caller.outlets is None else sorted(caller.outlets)
            if outlet_id is not None:
                outlets = [(await outlet_of(session, caller, outlet_id)).id]
            return await reading.zs_of(session, caller.kapow, caller.client_id, outlets, day, after, limit + 1)

        found = await api.database.read(unit)
        page, more = found[:limit], len(found) > limit
        return answered(
            ZReportPage(z_reports=[z_answer(z, []) for z in page], next=str(page[-1].z_no) if more else None, more=more)
        )

    return list_zs


async def _read_body(api: Endpoints, request: Request[Any, Any, Any], model: type[Any]) -> Any:
    """The body as this model. Raises `Refusal` 400 with all of its faults."""
    found = await api.read(lambda body: read(body, model), await request.body())
    if found.faults:
        raise refused(found.faults)
    return found


def _read_time(text: str | None, pointer: str) -> str | None:
    if text is None:
        return None
    found = local_datetime(text)
    if found is None:
        raise refused_field(Codes.DATE_INVALID, pointer, "This is no date and time.", "yyyy-MM-dd HH:mm:ss", text[:64])
    return found.text
