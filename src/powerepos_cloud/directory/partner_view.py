"""What a partner sees of its connections: for which organisation each client acts, in which state, since when.

Of an organisation it sees what every token names anyway: code, name and `kapow`.
"""

import msgspec
from sqlalchemy import select

from powerepos_cloud.directory.tables import accounts, assignments, clients, connections, instances, organisations
from powerepos_cloud.foundation.database import Session, crossing
from powerepos_cloud.foundation.json_lists import load_list
from powerepos_cloud.foundation.refusals import NotFound


class PartnerConnection(msgspec.Struct, frozen=True):
    """A connection of one of the partner's clients. `state` is active, paused, revoked, or off (account or organisation).

    `instance_uri` is the Partner Services instance that the organisation is on, None without one; `pause_note` what the merchant
    said about a pause. `created_at` in ms.
    """

    id: int
    client_id: str
    client_name: str
    organisation_code: str
    organisation_name: str
    kapow: str
    sub: str
    kind: str
    state: str
    permissions: list[str]
    has_all_outlets: bool
    late_repeats: int
    pause_note: str | None
    instance_uri: str | None
    created_at: int


async def connections_of(session: Session, partner_id: int, service: str) -> list[PartnerConnection]:
    """All connections of the partner's clients, newest first; `service` is whose instance is told."""
    at_instance = select(assignments.c.organisation_id, instances.c.uri).join(
        instances, instances.c.id == assignments.c.instance_id
    )
    placed = at_instance.where(assignments.c.service == service).subquery()
    statement = (
        select(
            connections,
            clients.c.name.label("client_name"),
            organisations.c.code,
            organisations.c.name.label("organisation_name"),
            organisations.c.kapow,
            organisations.c.state.label("organisation_state"),
            accounts.c.state.label("account_state"),
            accounts.c.permissions.label("account_permissions"),
            accounts.c.outlets.label("account_outlets"),
            placed.c.uri,
        )
        .join(clients, clients.c.id == connections.c.client_id)
        .join(organisations, organisations.c.id == connections.c.organisation_id)
        .outerjoin(accounts, accounts.c.id == connections.c.sub)
        .outerjoin(placed, placed.c.organisation_id == organisations.c.id)
        .where(clients.c.partner_id == partner_id)
        .order_by(connections.c.id.desc())
    )
    rows = await session.all(crossing(statement, "a partner sees whom its own clients act for"))
    found = []
    for row in rows:
        by_account = row.kind == "account"
        permissions = row.account_permissions if by_account else row.permissions
        outlets = row.account_outlets if by_account else row.outlets
        is_off = row.organisation_state != "active" or (by_account and row.account_state != "active")
        state = "off" if is_off and row.state == "active" else row.state
        found.append(
            PartnerConnection(
                row.id, row.client_id, row.client_name, row.code, row.organisation_name, row.kapow, row.sub, row.kind, state,
                load_list(permissions) if permissions else [], outlets is None, row.late_repeats, row.pause_note,
                row.uri, row.created_at,
            )
        )  # fmt: skip
    return found


async def client_of(session: Session, partner_id: int, client_id: str) -> str:
    """The ClientID, if the client is this partner's. Raises `NotFound`, for another partner's too."""
    wanted = select(clients.c.id).where(clients.c.id == client_id, clients.c.partner_id == partner_id)
    found: str | None = await session.scalar(wanted)
    if found is None:
        raise NotFound("client", client_id)
    return found
