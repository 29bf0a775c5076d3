"""Look-up of the directory's IDs, for support: across organisations, by equality on an index, and nothing of people."""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Row, Select, select

from powerepos_cloud.audit.store import newest
from powerepos_cloud.directory import rules
from powerepos_cloud.directory.tables import accounts, clients, connections, instances, organisations, partners
from powerepos_cloud.foundation.database import Session, crossing
from powerepos_cloud.foundation.ids import parse_guid

MOST_PAIRS = 20
"""How many connections of one thing are followed: a look-up is no list."""
_LARGEST = 2**31 - 1


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A thing of the directory. `id` finds it again; `pairs` are (kapow, ClientID) of its connections, newest first."""

    kind: str
    id: str
    name: str
    state: str
    created_at: int
    kapow: str | None = None
    client_id: str | None = None
    partner_id: int | None = None
    subject: tuple[str, str] | None = None
    """Kind and name by which the audit knows it, where it is found by neither organisation nor client."""
    pairs: tuple[tuple[str, str], ...] = ()


async def find(session: Session, text: str) -> list[Seen]:
    """What an ID stands for: an Organisation Code or kapow, a ClientID, a service account, an instance, or the number of a
    partner or connection, which may be told apart as `partner:3` and `connection:3`.
    """
    wanted = text.strip()
    word, _, number = wanted.rpartition(":")
    looks: list[Any] = []
    if number.isascii() and number.isdigit() and int(number) <= _LARGEST:
        looks += [(look, int(number)) for kind, look in _BY_NUMBER.items() if word in ("", kind)]
    if rules.is_id(wanted):
        looks += [(look, wanted) for look in _BY_TEXT]
    found = [await look(session, value) for look, value in looks]
    return [one for one in found if one is not None]


async def history(session: Session, seen: Seen, limit: int) -> list[Row[Any]]:
    """The newest rows of this database's audit about a thing."""
    if seen.subject is not None:
        return await newest(session, limit, subject_kind=seen.subject[0], subject=seen.subject[1])
    if seen.kind == "organisation":
        return await newest(session, limit, kapow=seen.kapow)
    return await newest(session, limit, client_id=seen.client_id)


async def every_kapow(session: Session) -> list[str]:
    """The kapows of all organisations: the keys below which an instance's records are sought."""
    rows = await session.all(select(organisations.c.kapow).order_by(organisations.c.id))
    return [row.kapow for row in rows]


async def named(session: Session, kapows: Collection[str], client_ids: Collection[str]) -> list[Seen]:
    """The organisations and clients of these IDs, without their connections: who a record belongs to."""
    found = [await organisation(session, kapow) for kapow in sorted(kapows)]
    found += [await client(session, client_id) for client_id in sorted(client_ids) if rules.is_id(client_id)]
    return [msgspec.structs.replace(one, pairs=()) for one in found if one is not None]


async def organisation(session: Session, text: str) -> Seen | None:
    """The organisation of this code (letter case aside) or kapow."""
    of = organisations.c
    try:
        which = of.kapow == parse_guid(text)
    except ValueError:
        which = of.code_key == text.upper()
    row = await session.first(select(of.id, of.code, of.kapow, of.name, of.state, of.created_at).where(which))
    if row is None:
        return None
    pairs = await _pairs(session, select(*_PAIR).where(connections.c.organisation_id == row.id))
    return Seen(
        kind="organisation", id=row.code, name=row.name, state=row.state, created_at=row.created_at, kapow=row.kapow, pairs=pairs
    )


async def client(session: Session, text: str) -> Seen | None:
    """The client of this ClientID."""
    of = clients.c
    row = await session.first(select(of.id, of.name, of.state, of.partner_id, of.created_at).where(of.id == text))
    if row is None:
        return None
    pairs = await _pairs(session, select(*_PAIR).where(connections.c.client_id == row.id))
    return Seen(
        kind="client", id=row.id, name=row.name, state=row.state, created_at=row.created_at, client_id=row.id,
        partner_id=row.partner_id, pairs=pairs,
    )  # fmt: skip


async def _account(session: Session, text: str) -> Seen | None:
    of = accounts.c
    joined = select(of.id, of.name, of.state, of.created_at, of.organisation_id, organisations.c.kapow).join(
        organisations, organisations.c.id == of.organisation_id
    )
    row = await session.first(crossing(joined.where(of.id == text), "support looks up any ID"))
    if row is None:
        return None
    own = select(*_PAIR).where(connections.c.organisation_id == row.organisation_id, connections.c.sub == row.id)
    return Seen(
        kind="service account", id=row.id, name=row.name, state=row.state, created_at=row.created_at, kapow=row.kapow,
        subject=("service_account", row.id), pairs=await _pairs(session, own),
    )  # fmt: skip


async def _instance(session: Session, text: str) -> Seen | None:
    of = instances.c
    row = await session.first(select(of.id, of.service, of.name, of.created_at).where(of.id == text))
    if row is None:
        return None
    subject = ("instance", row.id)
    return Seen(kind="instance", id=row.id, name=row.name, state=row.service, created_at=row.created_at, subject=subject)


async def _partner(session: Session, number: int) -> Seen | None:
    of = partners.c
    row = await session.first(select(of.id, of.company_name, of.state, of.created_at).where(of.id == number))
    if row is None:
        return None
    own = select(*_PAIR).join(clients, clients.c.id == connections.c.client_id).where(clients.c.partner_id == number)
    return Seen(
        kind="partner", id=f"partner:{number}", name=row.company_name, state=row.state, created_at=row.created_at,
        partner_id=number, subject=("partner", str(number)), pairs=await _pairs(session, own),
    )  # fmt: skip


async def _connection(session: Session, number: int) -> Seen | None:
    of = connections.c
    joined = select(of.sub, of.kind, of.state, of.created_at, *_PAIR).join(
        organisations, organisations.c.id == of.organisation_id
    )
    row = await session.first(crossing(joined.where(of.id == number), "support looks up any ID"))
    if row is None:
        return None
    name = "approved by the merchant" if row.kind == "approved" else f"by account {row.sub}"
    return Seen(
        kind="connection", id=f"connection:{number}", name=name, state=row.state, created_at=row.created_at, kapow=row.kapow,
        client_id=row.client_id, subject=("connection", str(number)), pairs=((row.kapow, row.client_id),),
    )  # fmt: skip


_PAIR = (organisations.c.kapow, connections.c.client_id)
_BY_NUMBER = {"partner": _partner, "connection": _connection}
_BY_TEXT = (organisation, client, _account, _instance)


async def _pairs(session: Session, own: Select[Any]) -> tuple[tuple[str, str], ...]:
    """Whose calls to follow: the newest connections that a statement on `_PAIR` finds."""
    newest_first = own.join(organisations, organisations.c.id == connections.c.organisation_id).order_by(connections.c.id.desc())
    rows = await session.all(crossing(newest_first.limit(MOST_PAIRS), "support follows the connections of what it looked up"))
    return tuple(dict.fromkeys((row.kapow, row.client_id) for row in rows))
