"""What an organisation may know of a partner's clients: who is behind a ClientID, before and after it lets one in.

A ClientID is public. Company and website are what a merchant checks it by; contacts, secrets and other merchants stay out.
"""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Select, select

from powerepos_cloud.directory import rules
from powerepos_cloud.directory.tables import clients, partners
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.json_lists import load_list
from powerepos_cloud.foundation.refusals import NotFound


class Counterpart(msgspec.Struct, frozen=True):
    """A client as merchants see it. `partner_since` is in ms; `is_on` says whether it can get tokens at all."""

    client_id: str
    client_name: str
    grants: list[str]
    partner_id: int
    company_name: str
    website: str
    partner_since: int
    is_on: bool


async def get(session: Session, client_id: str) -> Counterpart:
    """Who is behind a ClientID that a merchant typed, spaces around it aside. Raises `NotFound`."""
    wanted = client_id.strip()
    found = await of_clients(session, [wanted]) if rules.is_id(wanted) else {}
    if wanted not in found:
        raise NotFound("integration with ClientID", wanted, "Ask the partner for it; capital and small letters count.")
    return found[wanted]


async def of_clients(session: Session, client_ids: Collection[str]) -> dict[str, Counterpart]:
    """ClientID → who is behind it, as far as there is somebody."""
    rows = await session.all(_joined().where(clients.c.id.in_(list(client_ids))))
    return {row.id: _counterpart(row) for row in rows}


async def of_partner(session: Session, partner_id: int) -> list[Counterpart]:
    """The partner's clients, oldest first. Raises `NotFound` if there is none."""
    rows = await session.all(_joined().where(partners.c.id == partner_id).order_by(clients.c.created_at, clients.c.id))
    if not rows:
        raise NotFound("partner", partner_id)
    return [_counterpart(row) for row in rows]


def _joined() -> Select[Any]:
    return select(
        clients.c.id,
        clients.c.name,
        clients.c.grants,
        clients.c.partner_id,
        partners.c.company_name,
        partners.c.website,
        partners.c.created_at,
        clients.c.state.label("client_state"),
        partners.c.state.label("partner_state"),
    ).join(partners, partners.c.id == clients.c.partner_id)


def _counterpart(row: Any) -> Counterpart:
    is_on = row.client_state == "active" and row.partner_state == "approved"
    return Counterpart(
        row.id, row.name, load_list(row.grants), row.partner_id, row.company_name, row.website, row.created_at, is_on
    )
