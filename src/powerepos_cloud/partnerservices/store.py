"""What this instance knows of an organisation: whether it is here, and its outlets."""

import msgspec
from sqlalchemy import select

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.outlets.tables import outlets, tenants


class Outlet(msgspec.Struct, frozen=True):
    """A venue: its GUID, name, IANA zone, day start (`HH:MM`), ISO 4217 currency."""

    id: str
    name: str
    zone: str
    day_start: str
    currency: str
    stock_enabled: bool


async def tenant_state(session: Session, kapow: str) -> str | None:
    """`here`, `leaving` or `gone`; None for an organisation that has nothing here yet."""
    state: str | None = await session.scalar(select(tenants.c.state).where(tenants.c.kapow == kapow))
    return state


async def outlets_of(session: Session, kapow: str) -> list[Outlet]:
    """The organisation's outlets, by name."""
    columns = (
        outlets.c.id,
        outlets.c.name,
        outlets.c.zone,
        outlets.c.day_start,
        outlets.c.currency,
        outlets.c.stock_enabled,
    )
    statement = select(*columns).where(outlets.c.kapow == kapow).order_by(outlets.c.name_key, outlets.c.id)
    return [Outlet(*tuple(row)) for row in await session.all(statement)]
