"""The part of a sales request around the sales: which outlet, which Z. Faults here are the whole request's (400, 403, 404)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from powerepos.contract.codes import Codes
from powerepos.contract.sales import PartnerZReportTarget

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.faults import outlet_of, refused_field
from powerepos_cloud.partnerservices.outlets.currencies import DECIMALS, MOST_DECIMALS
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.sales import zreports
from powerepos_cloud.partnerservices.sales.zreports import Target, Z
from powerepos_cloud.partnerservices.wire import guid, trading_date
from powerepos_cloud.resourceserver.caller import Caller
from powerepos_cloud.resourceserver.refusals import Refusal


class Where(msgspec.Struct, frozen=True):
    """The outlet of a request, the Z asked for by ID (canonical GUID) and the one asked for by target."""

    outlet: Outlet
    z_id: str | None
    target: Target | None

    def local_now(self, now_ms: int) -> datetime:
        """The outlet's wall clock."""
        return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(self.outlet.zone)).replace(tzinfo=None)


async def read_where(
    session: Session, caller: Caller, outlet_id: str, z_id: str | None, target: PartnerZReportTarget | None
) -> Where:
    """The outlet and Z that a request names. Raises `Refusal`."""
    outlet = await outlet_of(session, caller, outlet_id)
    canonical = None
    if z_id is not None:
        canonical = guid(z_id)
        if canonical is None:
            raise refused_field(Codes.GUID_INVALID, "/zReportID", "zReportID is no GUID.", "a GUID", z_id[:64])
    if canonical is None and target is None:
        raise refused_field(Codes.Z_TARGET_MISSING, "/zReportTarget", "Name the Z: send zReportID or zReportTarget.")
    return Where(outlet, canonical, None if target is None else _read_target(target, outlet))


async def require_z(session: Session, caller: Caller, where: Where) -> Z | None:
    """The Z asked for by ID, if any. Raises `Refusal` 404 if it is unknown, of another client, or of another outlet."""
    if where.z_id is None:
        return None
    z = await zreports.by_id(session, caller.kapow, where.z_id)
    if z is None or z.client_id != caller.client_id or z.outlet_id != where.outlet.id:
        raise Refusal(404, Codes.Z_NOT_FOUND, "You have no Z with this zReportID at this outlet.")
    return z


def _read_target(sent: PartnerZReportTarget, outlet: Outlet) -> Target:
    if trading_date(sent.trading_date) is None:
        raise refused_field(
            Codes.DATE_INVALID, "/zReportTarget/tradingDate", "tradingDate is no date.", "yyyy-MM-dd", sent.trading_date
        )
    for field, text in (
        ("terminalName", sent.terminal_name),
        ("clientName", sent.client_name),
        ("clientVersion", sent.client_version),
    ):
        if not text.strip():
            raise refused_field(Codes.FIELD_MISSING, f"/zReportTarget/{field}", f"{field} is empty.", "a name", text)
    return Target(
        sent.trading_date,
        sent.terminal_name.strip(),
        sent.client_name,
        sent.client_version,
        sent.is_training,
        _read_currency(sent, outlet),
        sent.currency_symbol,
        sent.currency_name,
    )


def _read_currency(sent: PartnerZReportTarget, outlet: Outlet) -> str:
    """The target's currency, or the outlet's. Raises `Refusal`."""
    if not sent.currency_code:
        return outlet.currency
    pointer = "/zReportTarget/currencyCode"
    code = sent.currency_code.upper()
    decimals = DECIMALS.get(code)
    if decimals is None:
        raise refused_field(Codes.CURRENCY_INVALID, pointer, "This is no currency.", "an ISO 4217 code", sent.currency_code)
    if decimals > MOST_DECIMALS:
        raise refused_field(
            Codes.CURRENCY_UNSUPPORTED,
            pointer,
            "Money has two decimals here, this currency three.",
            "another currency",
            code,
        )
    if code != outlet.currency and not (sent.currency_symbol and sent.currency_name):
        missing = "currencyName" if sent.currency_symbol else "currencySymbol"
        raise refused_field(
            Codes.CURRENCY_INCOMPLETE,
            f"/zReportTarget/{missing}",
            "With currencyCode send currencySymbol and currencyName too.",
        )
    return code
