"""A batch's body, read once: whatever a unit needs of it, so that the unit may run again without reading again."""

from collections.abc import Sequence

import msgspec
from powerepos.contract.codes import Codes
from powerepos.contract.sales import PartnerSalesBatchRequest, PartnerSalesTransaction

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.catalogue import store as catalogue
from powerepos_cloud.partnerservices.faults import refused
from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.outlets.currencies import DECIMALS
from powerepos_cloud.partnerservices.sales.batch import Job, Submitted
from powerepos_cloud.partnerservices.sales.envelope import Where
from powerepos_cloud.partnerservices.sales.model import Sale, content_hash, gross, pack
from powerepos_cloud.partnerservices.sales.normal import Normaliser
from powerepos_cloud.partnerservices.sales.rules import Context
from powerepos_cloud.partnerservices.sales.zreports import Z
from powerepos_cloud.partnerservices.wire import Fault, Reading, guid, read_batch
from powerepos_cloud.resourceserver.caller import Caller

_NIL = "00000000-0000-0000-0000-000000000000"


class Parsed(msgspec.Struct, frozen=True):
    """One sale of the body: what it says, and what reading it found. Pointers are relative to the sale, but `within`."""

    within: str
    index: int
    sent_id: str | None
    id: str | None
    sale: Sale | None
    packed: bytes
    hash: bytes
    gross: int
    faults: Sequence[Fault]
    warnings: Sequence[Fault]
    reading: "Reading[PartnerSalesTransaction]"


class Intake(msgspec.Struct, frozen=True):
    """A readable batch."""

    request: PartnerSalesBatchRequest
    sales: list[Parsed]
    plu_numbers: list[int]
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
            submitted=[_submitted(one) for one in self.sales],
            context=Context(
                target.trading_date, target.currency_code, DECIMALS[target.currency_code], where.outlet.day_start,
                where.outlet.zone, local_now, frozenset(names),
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
    sales = [_parse(within, index, reading) for index, reading in enumerate(readings)]
    numbers = {item.plu_number for one in sales if one.sale is not None for item in one.sale.items if item.plu_number is not None}
    return Intake(envelope.value, sales, sorted(numbers), envelope.warnings)


def _parse(within: str, index: int, reading: "Reading[PartnerSalesTransaction]") -> Parsed:
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
        return Parsed(within, index, sent_id, sale_id, None, b"", b"", 0, faults, reading.warnings, reading)
    sale = Normaliser(findings).sale(sent)
    packed = pack(sale)
    # What could not be read exactly must equal nothing that is stored, however it looks once read.
    hashed = b"" if findings.faults else content_hash(packed)
    return Parsed(
        within, index, sent_id, sale_id, sale, packed, hashed, gross(sale), [*findings.faults, *reading.faults],
        [*findings.warnings, *reading.warnings], reading,
    )  # fmt: skip


def _submitted(parsed: Parsed) -> Submitted:
    findings = Findings()
    findings.faults.extend(parsed.faults)
    findings.warnings.extend(parsed.warnings)
    return Submitted(
        parsed.within, parsed.index, parsed.sent_id, parsed.id, parsed.sale, findings, parsed.packed, parsed.hash, parsed.gross,
        parsed.reading,
    )  # fmt: skip
