"""What a sandbox holds on its instance: outlets in three zones, and the catalogue that the documentation's examples are about."""

from typing import Final

from sqlalchemy import update

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.catalogue.samples import add_samples
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.outlets.tables import tenants

_OUTLETS: Final = (
    ("Auckland Café", "Pacific/Auckland", "NZD", "04:00", True),
    ("Sydney Kiosk", "Australia/Sydney", "AUD", "03:00", True),
    ("London Bar", "Europe/London", "GBP", "06:00", False),
)


async def fill(session: Session, now_ms: int, actor: Actor, kapow: str, outlet_ids: dict[str, str] | None = None) -> None:
    """Outlets and catalogue for a new sandbox; `outlet_ids` are GUIDs by name, kept over a reset."""
    known = outlet_ids or {}
    for name, zone, currency, day_start, has_stock in _OUTLETS:
        await outlets.add(
            session, now_ms, actor, kapow, name=name, zone=zone, currency=currency, day_start=day_start,
            stock_enabled=has_stock, outlet_id=known.get(name),
        )  # fmt: skip
    await add_samples(session, now_ms, actor, kapow)


async def outlets_of(session: Session, kapow: str) -> list[Outlet]:
    """The sandbox's outlets, by name."""
    return await outlets.listing(session, kapow)


async def leave(session: Session, now_ms: int, kapow: str) -> None:
    """Close what a sandbox held before its reset: a late write with an old token finds nobody there.

    Its rows are deleted a little later (`emptying`).
    """
    closed = update(tenants).where(tenants.c.kapow == kapow).values(state="gone", is_to_be_emptied=1, changed_at=now_ms)
    await session.run(closed)
