"""What the endpoints of Partner Services share when they refuse: faults of a body, outlets, organisations that moved."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from powerepos.contract.codes import Codes
from powerepos.contract.results import ResultError, ResultWarning, Value

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Invalid, NotFound
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.wire import Fault, JsonFault, guid
from powerepos_cloud.resourceserver.caller import Caller
from powerepos_cloud.resourceserver.refusals import Refusal, TokenInvalid, Unavailable
from powerepos_cloud.resourceserver.revocations import MOVED


class FaultData(msgspec.Struct):
    """`data` of an `ErrorResponse` for a body that cannot be taken: every fault of it."""

    errors: list[ResultError]


def malformed(fault: JsonFault) -> Refusal:
    """400 for a body that cannot be read at all."""
    error = ResultError(code=fault.code, message=fault.message, pointer=fault.pointer)
    return Refusal(400, fault.code, fault.message, data=FaultData([error]))


def refused(faults: Sequence[Fault]) -> Refusal:
    """400 for an envelope with faults; the first one leads, all are told."""
    return Refusal(400, faults[0].code, faults[0].message, data=FaultData(errors(faults)))


def refused_field(code: str, pointer: str, message: str, expected: object = None, actual: object = None) -> Refusal:
    """400 for one field of the envelope."""
    return refused([Fault(code, pointer, message, expected, actual)])


def errors(faults: Sequence[Fault], docs_url: str = "") -> list[ResultError]:
    """Faults as answers show them, each with the address of the page about its code where that is known."""
    return [
        ResultError(
            code=fault.code,
            message=fault.message[:1024],
            pointer=fault.pointer,
            expected=value(fault.expected),
            actual=value(fault.actual),
            difference=fault.actual - fault.expected
            if isinstance(fault.expected, Decimal) and isinstance(fault.actual, Decimal)
            else None,
            help_uri=f"{docs_url}/docs/errors/{fault.code}" if docs_url else None,
        )
        for fault in faults
    ]


def warnings(faults: Sequence[Fault]) -> list[ResultWarning]:
    """Warnings as answers show them."""
    return [ResultWarning(code=fault.code, message=fault.message[:1024], pointer=fault.pointer) for fault in faults]


async def outlet_of(session: Session, caller: Caller, outlet_id: str) -> Outlet:
    """The outlet that a request names. Raises `Refusal`: 400 for no GUID, 404 unknown or foreign, 403 outside the grant."""
    canonical = guid(outlet_id)
    if canonical is None:
        raise refused_field(Codes.GUID_INVALID, "/outletID", "outletID is no GUID.", "a GUID", outlet_id[:64])
    try:
        outlet = await outlets.get(session, caller.kapow, canonical)
    except (NotFound, Invalid):
        raise Refusal(404, Codes.OUTLET_NOT_FOUND, "There is no outlet with this outletID in your organisation.") from None
    if not caller.may_use_outlet(outlet.id):
        raise Refusal(403, Codes.OUTLET_FORBIDDEN, "The organisation has not granted you this outlet.")
    return outlet


async def require_readable(session: Session, kapow: str) -> None:
    """Raises `TokenInvalid` if the organisation was moved away: then reads are refused too."""
    if await outlets.tenant_state(session, kapow) == "gone":
        raise TokenInvalid(MOVED.description, detail="tenant.gone")


async def require_writable(session: Session, kapow: str) -> None:
    """The fence of every writing unit. Raises `Unavailable` while the organisation is leaving, `TokenInvalid` once gone."""
    try:
        await outlets.require_here(session, kapow)
    except outlets.OrganisationLeaving:
        raise Unavailable("tenant.leaving", retry_after=30) from None
    except outlets.OrganisationGone:
        raise TokenInvalid(MOVED.description, detail="tenant.gone") from None


def value(found: object) -> Value:
    """A fact as `expected` and `actual` show it: a number, a text or nothing."""
    if found is None or isinstance(found, Decimal | int | str | bool):
        return found
    return str(found)
