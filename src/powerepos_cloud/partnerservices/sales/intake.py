"""A batch's body, read once: whatever a unit needs of it, so that the unit may run again without reading again."""

from collections.abc import Sequence
from decimal import localcontext

import msgspec
from powerepos.contract.codes import Codes
from powerepos.contract.sales import PartnerSalesBatchRequest, PartnerSalesTransaction

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.catalogue import store as catalogue
from powerepos_cloud.partnerservices.faults import refused
from powerepos_cloud.partnerservices.fields import EXACT
from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.outlets.currencies import DECIMALS
from powerepos_cloud.partnerservices.sales.batch import Job
from powerepos_cloud.partnerservices.sales.envelope import Where
from powerepos_cloud.partnerservices.sales.model import content_hash, pack
from powerepos_cloud.partnerservices.sales.normal import Normaliser
from powerepos_cloud.partnerservices.sales.rules import Context, may_hold_pans
from powerepos_cloud.partnerservices.sales.times import ordinary_times
from powerepos_cloud.partnerservices.sales.totals import tally
from powerepos_cloud.partnerservices.sales.verdicts import Submitted
from powerepos_cloud.partnerservices.sales.zreports import Z
from powerepos_cloud.partnerservices.wire import Fault, Reading, guid, read_batch
from powerepos_cloud.resourceserver.caller import Caller

_NIL = "00000000-0000-0000-0000-000000000000"


class Intake(msgspec.Struct, frozen=True):
    """A readable batch."""

    request: PartnerSalesBatchRequest
    sales: list[Submitted]
    plu_numbers: list[int]
    may_hold_pans: bool
    warnings: Sequence[Fault]

    async def job(self, session: Session, caller: Caller, where: Where, z: Z | None, now_ms: int) -> Job:
        """What the batch asks for, with the facts that the rules need."""
        target = z.target if z is not None else where.target
        assert target is not None
        names = await catalogue.product_names(session, caller.kapow, self.plu_numbers) if self.plu_numbers else {}
        local_now = where.local_now(now_ms)
        return Job(
            kapow=caller.kapow,
            outlet_id=where.outlet.id,
            client_id=caller.client_id,
            z=z,
            target=where.target,
            is_partial=self.request.batch_options.allow_partial_batch_submission,
            finalises_earlier=self.request.batch_options.auto_finalise_previous_trading_days,
            submitted=self.sales,
            context=Context(
                target.trading_date, target.currency_code, DECIMALS[target.currency_code], where.outlet.day_start,
                where.outlet.zone, local_now, frozenset(names), self.may_hold_pans,
                ordinary_times(target.trading_date, where.outlet.day_start, where.outlet.zone, local_now),
            ),
            product_names=names,
            local_now_text=local_now.strftime("%Y-%m-%d %H:%M:%S"),
            now_ms=now_ms,
        )  # fmt: skip


def read_intake(raw: bytes) -> Intake:
    """The body as a batch. Raises `JsonFault`, `Refusal` (faults of the envelope)."""
    envelope, readings = read_batch(raw)
    if envelope.faults or envelope.value is None:
        raise refused(envelope.faults)
    within = envelope.spelled("/sales")
    normaliser = Normaliser()
    with localcontext(EXACT):
        submitted = [_submit(within, index, reading, normaliser) for index, reading in enumerate(readings)]
    sales = [one.sale for one in submitted if one.sale is not None]
    numbers = {item.plu_number for sale in sales for item in sale.items if item.plu_number is not None}
    return Intake(envelope.value, submitted, sorted(numbers), may_hold_pans(sales), envelope.warnings)


def _submit(within: str, index: int, reading: "Reading[PartnerSalesTransaction]", normaliser: Normaliser) -> Submitted:
    findings = Findings()
    sent = reading.value
    sent_id = sent.sales_transaction_id if sent is not None else reading.sent_text("salesTransactionID")
    sale_id = guid(sent_id) if sent_id is not None else None
    if sale_id is None or sale_id == _NIL:
        sale_id = None
        findings.reject(
            Codes.SALE_ID_INVALID, "/salesTransactionID", "A sale needs a GUID of its own, which is not the nil GUID.",
            "a GUID", None if sent_id is None else sent_id[:64],
        )  # fmt: skip
    if sent is None:
        id_pointer = reading.spelled("/salesTransactionID")
        faults = [*findings.faults, *[one for one in reading.faults if one.pointer != id_pointer]]
        return Submitted(within, index, sent_id, sale_id, None, None, b"", faults, reading.warnings, reading)
    sale = normaliser.sale(sent, findings)
    # What could not be read exactly must equal nothing that is stored, however it looks once read.
    hashed = b"" if findings.faults else content_hash(pack(sale))
    reading.value = None  # Once it is a `Sale`, its memory serves the next one.
    warnings = [*findings.warnings, *reading.warnings] if reading.warnings else findings.warnings
    return Submitted(within, index, sent_id, sale_id, sale, tally(sale), hashed, findings.faults, warnings, reading)
