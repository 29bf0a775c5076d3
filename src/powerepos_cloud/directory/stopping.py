"""Stopping a partner: everything that its clients may do for an organisation ends at once, and stays ended.

What they might still begin is shut, too. A connection by account comes into being at the first grant, so for every account
that one of the partner's clients could use, the connection is made here, revoked. And the stop itself is remembered: an
account that is open to any partner lets none of this partner's clients in, those that it registers later included, and so
do accounts that are opened later. From then on only what the merchant names lets one in: a connection that it opens again, a
client that it binds or approves. Lifting the stop opens nothing that was revoked.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import connections, counterparts, partners
from powerepos_cloud.directory.connections import Connection
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.tables import account_bindings, accounts, stopped_partners
from powerepos_cloud.directory.tables import clients as clients_table
from powerepos_cloud.directory.tables import connections as table
from powerepos_cloud.directory.tables import partners as partners_table
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound


class Stopped(msgspec.Struct, frozen=True):
    """A partner that an organisation stopped, `since` (ms)."""

    partner_id: int
    company_name: str
    website: str
    since: int


async def stop_partner(
    session: Session, now_ms: int, actor: Actor, organisation: Organisation, partner_id: int
) -> list[Connection]:
    """Revoke all connections of this partner's clients with the organisation; those that were revoked now.

    Raises `NotFound` for a partner without clients, and for one that has nothing to do with the organisation.
    """
    await partners.lock(session, await partners.get(session, partner_id))
    client_ids = [client.client_id for client in await counterparts.of_partner(session, partner_id)]
    open_pairs = await _pairs_without_connection(session, organisation, client_ids)
    await _shut(session, now_ms, organisation, open_pairs)
    known = await _connections_with(session, organisation, partner_id, client_ids)
    is_new = await _remember(session, now_ms, organisation, partner_id)
    if is_new or open_pairs or any(one.state != "revoked" for one in known):
        details = {"clients": client_ids, "shut": sorted({account_id for _, account_id in open_pairs})}
        subject = ("partner", str(partner_id))
        await record(session, now_ms, actor, "partner.stopped", subject, kapow=organisation.kapow, details=details)
    return await connections.revoke_all(session, now_ms, actor, organisation, client_ids)


async def lift_stop(session: Session, now_ms: int, actor: Actor, organisation: Organisation, partner_id: int) -> Stopped | None:
    """Let accounts that are open to any partner admit this one again; None if it was not stopped.

    What was revoked stays so: each connection is opened again by itself. Raises `NotFound`, as `stop_partner` does.
    """
    lifted = await find(session, organisation, partner_id)
    if lifted is None:
        client_ids = [client.client_id for client in await counterparts.of_partner(session, partner_id)]
        await _connections_with(session, organisation, partner_id, client_ids)
        return None
    await session.run(
        delete(stopped_partners).where(
            stopped_partners.c.organisation_id == organisation.id, stopped_partners.c.partner_id == partner_id
        )
    )
    await record(session, now_ms, actor, "partner.stop_lifted", ("partner", str(partner_id)), kapow=organisation.kapow)
    return lifted


async def listing(session: Session, organisation: Organisation) -> list[Stopped]:
    """The partners that the organisation stopped, newest first."""
    statement = (
        select(partners_table.c.id, partners_table.c.company_name, partners_table.c.website, stopped_partners.c.created_at)
        .join(partners_table, partners_table.c.id == stopped_partners.c.partner_id)
        .where(stopped_partners.c.organisation_id == organisation.id)
        .order_by(stopped_partners.c.created_at.desc(), partners_table.c.id)
    )
    return [Stopped(*tuple(row)) for row in await session.all(statement)]


async def find(session: Session, organisation: Organisation, partner_id: int) -> Stopped | None:
    """The stop of this partner, if there is one."""
    return next((one for one in await listing(session, organisation) if one.partner_id == partner_id), None)


async def hold_off(session: Session, client_id: str) -> None:
    """Let nobody stop the partner of this client until the commit: what begins meanwhile, a stop then finds and ends."""
    held = (
        select(partners_table.c.id)
        .join(clients_table, clients_table.c.partner_id == partners_table.c.id)
        .where(clients_table.c.id == client_id)
    )
    await session.all(held.with_for_update(read=True, of=partners_table))


async def _connections_with(
    session: Session, organisation: Organisation, partner_id: int, client_ids: Sequence[str]
) -> list[Connection]:
    """The organisation's connections with these clients of the partner. Raises `NotFound` if there is none."""
    known = [one for one in await connections.listing(session, organisation) if one.client_id in client_ids]
    if not known:
        raise NotFound("partner", partner_id)
    return known


async def _remember(session: Session, now_ms: int, organisation: Organisation, partner_id: int) -> bool:
    """Store the stop; whether there was none."""
    fresh = insert(stopped_partners).values(organisation_id=organisation.id, partner_id=partner_id, created_at=now_ms)
    made = fresh.on_conflict_do_nothing(index_elements=["organisation_id", "partner_id"])
    return await session.first(made.returning(stopped_partners.c.partner_id)) is not None


async def _pairs_without_connection(
    session: Session, organisation: Organisation, client_ids: Sequence[str]
) -> list[tuple[str, str]]:
    """(ClientID, account) pairs that could get a token and never did."""
    bound = select(account_bindings.c.account_id, account_bindings.c.client_id).where(
        account_bindings.c.client_id.in_(list(client_ids))
    )
    admitted = {(row.client_id, row.account_id) for row in await session.all(bound)}
    live = select(accounts.c.id, accounts.c.any_partner).where(
        accounts.c.organisation_id == organisation.id, accounts.c.state != "removed"
    )
    own = await session.all(live)
    known = {(one.client_id, one.sub) for one in await connections.listing(session, organisation)}
    pairs = [(client_id, row.id) for row in own for client_id in client_ids if row.any_partner or (client_id, row.id) in admitted]
    return [pair for pair in pairs if pair not in known]


async def _shut(session: Session, now_ms: int, organisation: Organisation, pairs: Sequence[tuple[str, str]]) -> None:
    """Make these connections, revoked from the start. One that begins meanwhile stays for `revoke` to find."""
    for client_id, account_id in pairs:
        fresh = insert(table).values(
            organisation_id=organisation.id,
            client_id=client_id,
            sub=account_id,
            kind="account",
            state="revoked",
            valid_from=0,
            late_repeats=0,
            created_at=now_ms,
        )
        await session.run(fresh.on_conflict_do_nothing(index_elements=["client_id", "sub", "organisation_id"]))
