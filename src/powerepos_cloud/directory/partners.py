"""Companies that build integrations."""

from typing import Any

import msgspec
from sqlalchemy import Row, insert, select, update

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


async def change(
    session: Session,
    now_ms: int,
    actor: Actor,
    partner_id: int,
    *,
    company_name: str | None = None,
    website: str | None = None,
    contact_name: str | None = None,
    contact_email: str | None = None,
) -> Partner:
    """Change what merchants see of a partner, and whom we write to; None leaves as it is. Raises `NotFound`, `Invalid`."""
    old = await get(session, partner_id)
    new = msgspec.structs.replace(
        old,
        company_name=old.company_name if company_name is None else rules.name("company name", company_name),
        website=old.website if website is None else rules.website(website),
        contact_name=old.contact_name if contact_name is None else rules.name("contact name", contact_name),
        contact_email=old.contact_email if contact_email is None else rules.email(contact_email)[0],
    )
    before, after = msgspec.structs.asdict(old), msgspec.structs.asdict(new)
    changed = {name: value for name, value in after.items() if value != before[name]}
    if changed:
        await session.run(update(partners).where(partners.c.id == partner_id).values(changed))
        details = {name: [before[name], value] for name, value in changed.items()}
        await record(session, now_ms, actor, "partner.changed", ("partner", str(partner_id)), details=details)
    return new


async def lock(session: Session, partner: Partner) -> None:
    """Let deeds that count this partner's things (its owners) run one after the other."""
    await session.all(select(partners.c.id).where(partners.c.id == partner.id).with_for_update(key_share=True))


def _partner(row: Row[Any]) -> Partner:
    return Partner(*tuple(row))
