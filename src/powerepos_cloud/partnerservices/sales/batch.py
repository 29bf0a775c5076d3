"""A batch of sales, judged and stored in one transaction (contract section 7).

Each sale is placed first: replayed, new, changed, or in conflict with what is stored. Then the Z is sought, the rules are
asked, and what may be stored is stored with its totals and changes. Validation runs the same way and rolls back at the end.
"""

from collections.abc import Sequence

import msgspec
from powerepos.contract.codes import Codes
from powerepos.contract.reading import Changes, ChangeTypes
from powerepos.contract.sales import (
    EXTERNAL_INTERFACE,
    BatchItemErrorCode,
    BatchResponseCode,
)

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.changes import store as changes
from powerepos_cloud.partnerservices.changes.store import Change
from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.sales import names, neighbours, store, totals, zreports
from powerepos_cloud.partnerservices.sales.rules import Context, check
from powerepos_cloud.partnerservices.sales.store import Ready, Stored, Writer
from powerepos_cloud.partnerservices.sales.verdicts import Place, Submitted, Verdict
from powerepos_cloud.partnerservices.sales.zreports import MOST_PER_DAY, Target, Z
from powerepos_cloud.partnerservices.zones import settle_zones


class Job(msgspec.Struct, frozen=True):
    """What a batch asks for. `z` is the Z of the requested ID, already found to be the caller's."""

    kapow: str
    outlet_id: str
    client_id: str
    z: Z | None
    target: Target | None
    is_partial: bool
    finalises_earlier: bool
    submitted: Sequence[Submitted]
    context: Context
    product_names: dict[int, str]
    local_now_text: str
    now_ms: int


class Result(msgspec.Struct):
    """A judged batch. `z` is where new and changed sales went; `made` whether it was made for them.

    `is_full`: the target's day and terminal have as many Zs as they may, all of them finalised.
    """

    code: BatchResponseCode
    verdicts: list[Verdict]
    z: Z | None = None
    made: bool = False
    is_late: bool = False
    auto_finalised: list[Z] = []
    is_full: bool = False


class Validated(Exception):
    """The batch was judged to its end; nothing may stay."""

    def __init__(self, result: Result) -> None:
        super().__init__("validated")
        self.result = result


async def run(session: Session, job: Job) -> Result:
    """Judge and store a batch. Raises `UniqueViolation` if another sender was quicker: run it again."""
    verdicts = await _place_all(session, job)
    active = [verdict for verdict in verdicts if verdict.is_active]
    target = job.z.target if job.z is not None else job.target
    assert target is not None  # the envelope was checked
    if job.z is not None and job.target is not None and job.z.target.key != job.target.key:
        return _stop_for_mismatch(verdicts)
    if not active:
        return _without_writing(job, verdicts)
    z, seq = await _seek_z(session, job, target)
    if z is not None and z.is_finalised:
        return _stop_for_finalised(verdicts, is_full=job.z is None)
    await _ask_rules(session, job, target, active)
    ready = [verdict for verdict in active if not verdict.error]
    failed = any(verdict.error for verdict in verdicts)
    if not ready or (failed and not job.is_partial):
        for verdict in ready:
            verdict.error = BatchItemErrorCode.SKIPPED
        return _without_writing(job, verdicts)
    made = z is None
    if z is None:
        z = await zreports.make(session, job.kapow, job.outlet_id, job.client_id, target, seq, job.now_ms)
    finalised = await _write(session, job, z, ready, made)
    code = BatchResponseCode.PARTIAL_SUCCESS if failed else BatchResponseCode.SUCCESS
    return Result(code, verdicts, z, made, made and seq > 1, finalised)


async def _place_all(session: Session, job: Job) -> list[Verdict]:
    known = await store.existing(session, job.kapow, [one.id for one in job.submitted if one.id is not None])
    known_zs = await zreports.by_numbers(session, job.kapow, [stored.z_no for stored in known.values()])
    seen: set[str] = set()
    verdicts = []
    for submitted in job.submitted:
        findings = Findings()
        findings.faults.extend(submitted.faults)
        findings.warnings.extend(submitted.warnings)
        settle_zones(findings, job.context.zone)
        verdict = Verdict(submitted, findings)
        stored = known.get(submitted.id) if submitted.id else None
        if stored is not None:
            verdict.known, verdict.known_z = stored, known_zs[stored.z_no]
        _place(verdict, job, seen)
        verdicts.append(verdict)
    return verdicts


def _place(verdict: Verdict, job: Job, seen: set[str]) -> None:
    """The order of contract section 7, "order for one sale", up to the requested Z."""
    submitted = verdict.submitted
    if submitted.id is None:
        verdict.place, verdict.error = Place.REFUSED, BatchItemErrorCode.VALIDATION_FAILED
    elif submitted.id in seen:
        repeated = "The same salesTransactionID stands in this batch before."
        verdict.refuse(BatchItemErrorCode.DUPLICATE_IN_BATCH, Codes.SALE_ID_REPEATED, repeated)
    else:
        seen.add(submitted.id)
        if verdict.known is not None and verdict.known_z is not None:
            _place_known(verdict, job, verdict.known, verdict.known_z)


def _place_known(verdict: Verdict, job: Job, known: Stored, z: Z) -> None:
    """A sale whose ID is stored: foreign, replayed, frozen, or changed."""
    submitted = verdict.submitted
    if (known.outlet_id, known.client_id) != (job.outlet_id, job.client_id):
        taken = "This salesTransactionID is taken by another outlet or client: use a new GUID."
        verdict.refuse(BatchItemErrorCode.CONFLICT, Codes.SALE_ID_CONFLICT, taken)
        return
    is_elsewhere = _asks_for_other_z(job, z)
    if submitted.hash == known.content_hash and (z.is_finalised or not is_elsewhere):
        verdict.place, verdict.stored_in, verdict.version = Place.REPLAYED, z, known.version
        if is_elsewhere:
            stays = "This sale is stored in another Z, which is finalised."
            verdict.findings.warn(Codes.SALE_IN_OTHER_Z, "/salesTransactionID", stays, None, z.id)
        return
    target = job.z.target if job.z is not None else job.target
    if z.is_finalised:
        frozen = "This sale's Z is finalised: nothing in it can change."
        verdict.refuse(BatchItemErrorCode.CONFLICT, Codes.Z_FINALISED, frozen, None, z.id)
    elif target is not None and (target.is_training, target.currency_code) != (bool(z.is_training), z.currency_code):
        fixed = "A sale cannot change its training flag or currency."
        verdict.refuse(BatchItemErrorCode.CONFLICT, Codes.Z_MISMATCH, fixed, z.currency_code, target.currency_code)
    else:
        verdict.place = Place.CHANGED


def _asks_for_other_z(job: Job, z: Z) -> bool:
    """Whether the batch names another Z than the stored one: by ID if it sent one, by the target's key."""
    if job.z is not None:
        return job.z.id != z.id
    return job.target is not None and job.target.key != z.target.key


async def _seek_z(session: Session, job: Job, target: Target) -> tuple[Z | None, int]:
    """The Z for new and changed sales: the requested one, the target's open one, or None and the number of the next."""
    if job.z is not None:
        return job.z, job.z.seq
    last = await zreports.last(session, job.kapow, job.outlet_id, job.client_id, target)
    if last is None:
        return None, 1
    if last.is_finalised and last.seq < MOST_PER_DAY:
        return None, last.seq + 1
    return last, last.seq


async def _ask_rules(session: Session, job: Job, target: Target, active: list[Verdict]) -> None:
    for verdict in active:
        submitted, findings = verdict.submitted, verdict.findings
        if submitted.sale is not None and submitted.tally is not None and not findings.faults:
            check(submitted.sale, submitted.tally, job.context, findings)
        if findings.faults:
            verdict.error = _ERRORS.get(findings.faults[0].code, BatchItemErrorCode.VALIDATION_FAILED)
    sound = [verdict for verdict in active if not verdict.error]
    await neighbours.compare(session, job.kapow, job.outlet_id, target, sound)


async def _write(session: Session, job: Job, z: Z, ready: list[Verdict], made: bool) -> list[Z]:
    """Store sales, totals and changes; the earlier Zs that were finalised on request."""
    written = [Change(ChangeTypes.Z, z.id, 1, job.outlet_id, job.client_id, Changes.CREATED)] if made else []
    writer = Writer(job.kapow, job.outlet_id, job.client_id, job.product_names, job.now_ms)
    per_z = {z.z_no: totals.Sums()}
    for verdict in ready:
        if verdict.place is Place.CHANGED:
            written.append(await _replace(session, writer, z, verdict, per_z))
    new = [verdict for verdict in ready if verdict.place is Place.NEW]
    await store.add(session, writer, z.z_no, list(map(_ready, new)))
    for verdict in new:
        verdict.stored_in, verdict.version = z, 1
        sale_id, _, tally = verdict.content
        per_z[z.z_no].add(tally, verdict.findings.codes)
        written.append(Change(ChangeTypes.SALE, sale_id, 1, job.outlet_id, job.client_id, Changes.CREATED))
    for z_no in sorted(per_z):
        await store.add_to_totals(session, z_no, per_z[z_no].cells())
    await zreports.note_receipt(session, z, job.now_ms)
    await names.note(session, job.kapow, z.z_no, names.of((one.submitted.sale for one in ready), job.product_names))
    finalised = await _finalise_earlier(session, job, z, written) if job.finalises_earlier else []
    await changes.record(session, job.kapow, written, job.now_ms)
    return finalised


async def _replace(session: Session, writer: Writer, z: Z, verdict: Verdict, per_z: dict[int, totals.Sums]) -> Change:
    known, findings = verdict.known, verdict.findings
    assert known is not None
    assert verdict.known_z is not None
    sale_id, _, tally = verdict.content
    is_moved = known.z_no != z.z_no
    if is_moved:
        findings.warn(Codes.SALE_MOVED, "/salesTransactionID", "The sale was moved from another Z.", None, verdict.known_z.id)
    if verdict.submitted.hash in await store.older_hashes(session, known.sale_no):
        findings.warn(Codes.SALE_REVERTED, "/salesTransactionID", "This equals an older version: the last received counts.")
    old = await store.load(session, known.sale_no)
    warned = totals.warned_by(await store.warnings_of(session, known.sale_no))
    await store.change(session, writer, known, z.z_no, _ready(verdict), old)
    per_z.setdefault(known.z_no, totals.Sums()).take_away(totals.tally(old), warned)
    per_z[z.z_no].add(tally, findings.codes)
    verdict.stored_in, verdict.version = z, known.version + 1
    change = Changes.MOVED if is_moved else Changes.REPLACED
    return Change(ChangeTypes.SALE, sale_id, verdict.version, writer.outlet_id, writer.client_id, change)


def _ready(verdict: Verdict) -> Ready:
    sale_id, sale, tally = verdict.content
    return Ready(sale_id, sale, verdict.submitted.hash, tally.gross, verdict.findings.dump_warnings())


async def _finalise_earlier(session: Session, job: Job, z: Z, written: list[Change]) -> list[Z]:
    finalised = []
    for earlier in await zreports.open_before(session, job.kapow, z):
        if await zreports.finalise(session, earlier, job.local_now_text, EXTERNAL_INTERFACE, None, job.now_ms):
            finalised.append(earlier)
            written.append(Change(ChangeTypes.Z, earlier.id, 1, earlier.outlet_id, earlier.client_id, Changes.FINALISED))
    return finalised


def _stop_for_mismatch(verdicts: list[Verdict]) -> Result:
    """Nothing is stored because two Zs are named: new and changed sales are skipped, replayed ones told as such."""
    for verdict in verdicts:
        if verdict.is_active:
            verdict.error = BatchItemErrorCode.SKIPPED
    return Result(BatchResponseCode.Z_REPORT_MISMATCH, verdicts)


def _stop_for_finalised(verdicts: list[Verdict], *, is_full: bool) -> Result:
    """Nothing is stored because the Z is finalised, or (`is_full`) the target's last one and no further one may be opened."""
    code, message = (
        (Codes.Z_TOO_MANY, f"This trading date and terminal have {MOST_PER_DAY} finalised Zs: no further one is opened.")
        if is_full
        else (Codes.Z_FINALISED, "The Z that was asked for is finalised.")
    )
    for verdict in verdicts:
        if verdict.is_active:
            verdict.error = BatchItemErrorCode.Z_REPORT_FINALISED
            verdict.findings.faults.clear()
            verdict.findings.reject(code, "", message)
    return Result(BatchResponseCode.Z_REPORT_FINALISED, verdicts, is_full=is_full)


def _without_writing(job: Job, verdicts: list[Verdict]) -> Result:
    """The answer if nothing is to be written: all replayed, or what failed. The Z is that of the replayed ones, if one."""
    if any(verdict.error for verdict in verdicts):
        is_partly = job.is_partial and any(not verdict.error for verdict in verdicts)
        code = BatchResponseCode.PARTIAL_SUCCESS if is_partly else BatchResponseCode.FAILED
    else:
        code = BatchResponseCode.SUCCESS
    zs = {verdict.stored_in.id: verdict.stored_in for verdict in verdicts if verdict.stored_in is not None}
    z = next(iter(zs.values())) if len(zs) == 1 and code != BatchResponseCode.FAILED else None
    return Result(code, verdicts, z)


_ERRORS = {
    Codes.SALE_UNBALANCED: BatchItemErrorCode.UNBALANCED,
    Codes.ITEM_UNKNOWN_PLU: BatchItemErrorCode.UNKNOWN_PLU,
    Codes.ADJUSTMENT_BUCKET: BatchItemErrorCode.ADJUSTMENT_BUCKET_MISMATCH,
}
