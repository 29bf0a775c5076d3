"""The lists of support: organisations, partners and clients, searched and page by page, and who is connected with whom."""

from typing import Any

import msgspec
from sqlalchemy import Row, Select, func, or_, select, tuple_

from powerepos_cloud.directory.tables import assignments, clients, connections, organisations, partners
from powerepos_cloud.foundation.database import Session, crossing

PAGE = 50
MOST_LINKS = 100


class Listed(msgspec.Struct, frozen=True):
    """A page of a list. `after` is the place of its last row if there are more, else None."""

    rows: list[Row[Any]]
    after: str | None


async def search_organisations(session: Session, text: str, after: str = "", limit: int = PAGE) -> Listed:
    """Organisations by code; `text` is the beginning of a code, a part of a name, or a whole kapow."""
    of = organisations.c
    wanted = select(of.id, of.code, of.code_key, of.kapow, of.name, of.state, of.created_at).where(of.code_key > after)
    if text:
        begins = of.code_key.startswith(text.upper(), autoescape=True)
        wanted = wanted.where(or_(begins, of.name.icontains(text, autoescape=True), of.kapow == text.lower()))
    rows = await session.all(crossing(wanted.order_by(of.code_key).limit(limit + 1), "support lists who there is"))
    return Listed(list(rows[:limit]), rows[limit - 1].code_key if len(rows) > limit else None)


async def search_partners(session: Session, text: str, after: str = "", limit: int = PAGE) -> Listed:
    """Partners, newest first, with how many clients each has; `text` is a part of company, website or contact's address."""
    of = partners.c
    many = select(func.count()).select_from(clients).where(clients.c.partner_id == of.id).scalar_subquery()
    wanted = select(of.id, of.company_name, of.website, of.contact_name, of.state, of.created_at, many.label("clients"))
    if text:
        wanted = wanted.where(or_(*(of[name].icontains(text, autoescape=True) for name in _PARTNER_TEXTS)))
    if after:
        wanted = wanted.where(of.id < _number(after))
    rows = await session.all(wanted.order_by(of.id.desc()).limit(limit + 1))
    return Listed(list(rows[:limit]), str(rows[limit - 1].id) if len(rows) > limit else None)


async def search_clients(session: Session, text: str, after: str = "", limit: int = PAGE) -> Listed:
    """Clients, newest first, with their partner; `text` is the beginning of a ClientID, or a part of a name."""
    of = clients.c
    wanted = select(of.id, of.name, of.state, of.created_at, of.partner_id, partners.c.company_name).join(
        partners, partners.c.id == of.partner_id
    )
    if text:
        begins = of.id.startswith(text, autoescape=True)
        in_names = (column.icontains(text, autoescape=True) for column in (of.name, partners.c.company_name))
        wanted = wanted.where(or_(begins, *in_names))
    if after:
        at, _, client_id = after.partition("~")
        wanted = wanted.where(tuple_(of.created_at, of.id) < tuple_(_number(at), client_id))
    rows = await session.all(wanted.order_by(of.created_at.desc(), of.id.desc()).limit(limit + 1))
    last = f"{rows[limit - 1].created_at}~{rows[limit - 1].id}" if len(rows) > limit else None
    return Listed(list(rows[:limit]), last)


async def connections_of_client(session: Session, client_id: str) -> list[Row[Any]]:
    """With whom a client is connected, newest first, at most a hundred: number, kind, state, code and name."""
    return await _connections(session, _connected().where(connections.c.client_id == client_id))


async def connections_of_partner(session: Session, partner_id: int) -> list[Row[Any]]:
    """With whom a partner's clients are connected, newest first, at most a hundred."""
    own = _connected().join(clients, clients.c.id == connections.c.client_id).where(clients.c.partner_id == partner_id)
    return await _connections(session, own)


async def organisations_on(session: Session) -> dict[str, int]:
    """Instance → how many organisations are on it."""
    counted = select(assignments.c.instance_id, func.count().label("many")).group_by(assignments.c.instance_id)
    rows = await session.all(crossing(counted, "support sees how full each instance is"))
    return {row.instance_id: row.many for row in rows}


async def organisations_at(session: Session, instance_id: str) -> list[Row[Any]]:
    """The organisations on an instance by code, at most a hundred."""
    of = organisations.c
    placed = (
        select(of.code, of.name, of.state)
        .join(assignments, assignments.c.organisation_id == of.id)
        .where(assignments.c.instance_id == instance_id)
        .order_by(of.code_key)
        .limit(MOST_LINKS)
    )
    return list(await session.all(crossing(placed, "support sees who is on an instance")))


def _connected() -> Select[Any]:
    of = connections.c
    return select(of.id, of.client_id, of.sub, of.kind, of.state, of.created_at, organisations.c.code, organisations.c.name).join(
        organisations, organisations.c.id == of.organisation_id
    )


async def _connections(session: Session, wanted: Select[Any]) -> list[Row[Any]]:
    newest = wanted.order_by(connections.c.id.desc()).limit(MOST_LINKS)
    return list(await session.all(crossing(newest, "support sees with whom a partner is connected")))


def _number(text: str) -> int:
    """A place in a list; one that no list of ours gave stands before everything."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


_PARTNER_TEXTS = ("company_name", "website", "contact_email")
