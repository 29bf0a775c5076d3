"""Stopping a partner: everything that its clients may do for an organisation ends at once, and stays ended.

What it might still begin is shut, too: a connection by account comes into being at the first grant, so for every account that
one of the partner's clients could use, the connection is made here, revoked. Reopening one is the merchant's deed alone.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import connections, counterparts
from powerepos_cloud.directory.connections import Connection
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.tables import account_bindings, accounts
from powerepos_cloud.directory.tables import connections as table
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound


async def stop_partner(
    session: Session, now_ms: int, actor: Actor, organisation: Organisation, partner_id: int
) -> list[Connection]:
    """Revoke all connections of this partner's clients with the organisation; those that were revoked now.

    Raises `NotFound` for a partner without clients, and for one that has nothing to do with the organisation.
    """
    client_ids = [client.client_id for client in await counterparts.of_partner(session, partner_id)]
    open_pairs = await _pairs_without_connection(session, organisation, client_ids)
    await _shut(session, now_ms, organisation, open_pairs)
    known = [one for one in await connections.listing(session, organisation) if one.client_id in client_ids]
    if not known:
        raise NotFound("partner", partner_id)
    if open_pairs or any(one.state != "revoked" for one in known):
        details = {"clients": client_ids, "shut": sorted({account_id for _, account_id in open_pairs})}
        subject = ("partner", str(partner_id))
        await record(session, now_ms, actor, "partner.stopped", subject, kapow=organisation.kapow, details=details)
    return await connections.revoke_all(session, now_ms, actor, organisation, client_ids)


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
