"""What a merchant does to the trading days: finalise a Z that its integration has left open."""

from powerepos.contract.reading import Changes, ChangeTypes

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from powerepos_cloud.partnerservices.changes import store as changes
from powerepos_cloud.partnerservices.changes.store import Change
from powerepos_cloud.partnerservices.figures import rules, store
from powerepos_cloud.partnerservices.figures.days import clock_of
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.sales import zreports

_LONGEST_NAME = 32


async def finalise(session: Session, kapow: str, z_id: str, now_ms: int, actor: Actor, by: str) -> None:
    """Close an open Z older than a day as it stands; the partner reads it in its changes (contract section 9).

    What the partner sent as control totals stays with it. Raises `NotFound`, `Conflict` if it is closed, or too young.
    """
    await outlets.require_here(session, kapow)
    z = await zreports.by_id(session, kapow, z_id)
    if z is None:
        raise NotFound("Z report", z_id)
    if z.is_finalised:
        raise Conflict(f"Z {z.counter} is finalised already", "Look at it: nothing in it can change any more.")
    outlet = await outlets.get(session, kapow, z.outlet_id)
    clock = clock_of(outlet, now_ms)
    if not rules.is_overdue((await store.z(session, kapow, z_id)).head.day, clock.today):
        raise Conflict(
            f"Z {z.counter} may still be finalised by its integration",
            "It can be finalised here when a whole trading day has passed after its own.",
        )
    await zreports.finalise(session, z, clock.now.strftime("%Y-%m-%d %H:%M:%S"), by[:_LONGEST_NAME], None, now_ms)
    change = Change(ChangeTypes.Z, z.id, 1, z.outlet_id, z.client_id, Changes.FINALISED)
    await changes.record(session, kapow, [change], now_ms)
    details = {"counter": z.counter, "terminal": z.terminal_name, "tradingDate": z.trading_date, "outlet": z.outlet_id}
    await record(session, now_ms, actor, "z.finalised", ("z", z.id), kapow=kapow, client_id=z.client_id, details=details)
