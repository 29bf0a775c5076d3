"""Companies that build integrations."""

from typing import Any

import msgspec
from sqlalchemy import Row, insert, select

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import rules
from powerepos_cloud.directory.tables import partners
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound


class Partner(msgspec.Struct, frozen=True):
    """A partner. Its website is shown as text; `state` is approved or off."""

    id: int
    company_name: str
    website: str
    contact_name: str
    contact_email: str
    state: str
    created_at: int


_COLUMNS = tuple(partners.c[name] for name in Partner.__struct_fields__)


async def create(
    session: Session, now_ms: int, actor: Actor, company_name: str, website: str, contact_name: str, contact_email: str
) -> Partner:
    """Register an approved partner with its primary contact. Raises `Invalid`."""
    values = {
        "company_name": rules.name("company name", company_name),
        "website": rules.website(website),
        "contact_name": rules.name("contact name", contact_name),
        "contact_email": rules.email(contact_email)[0],
        "state": "approved",
        "created_at": now_ms,
    }
    made = await session.first(insert(partners).values(values).returning(*_COLUMNS))
    assert made is not None
    partner = _partner(made)
    details = {"company_name": partner.company_name, "website": partner.website}
    await record(session, now_ms, actor, "partner.created", ("partner", str(partner.id)), details=details)
    return partner


async def get(session: Session, partner_id: int) -> Partner:
    """The partner of this ID. Raises `NotFound`."""
    found = await session.first(select(*_COLUMNS).where(partners.c.id == partner_id))
    if found is None:
        raise NotFound("partner", partner_id)
    return _partner(found)


async def listing(session: Session) -> list[Partner]:
    """All partners, oldest first."""
    return [_partner(row) for row in await session.all(select(*_COLUMNS).order_by(partners.c.id))]


async def lock(session: Session, partner: Partner) -> None:
    """Let deeds that count this partner's things (its owners) run one after the other."""
    await session.all(select(partners.c.id).where(partners.c.id == partner.id).with_for_update(key_share=True))


def _partner(row: Row[Any]) -> Partner:
    return Partner(*tuple(row))
