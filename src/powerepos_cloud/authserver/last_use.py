"""When refresh families of an organisation's connections were used last: a login that renews itself shows no password use."""

from sqlalchemy import func, select

from powerepos_cloud.authserver.tables import families
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.tables import connections
from powerepos_cloud.foundation.database import Session


async def last_refreshes(session: Session, organisation: Organisation) -> dict[tuple[str, str], int]:
    """(ClientID, account or ClientID) → instant (ms) at which a refresh token of that connection was got or used last."""
    statement = (
        select(connections.c.client_id, connections.c.sub, func.max(families.c.last_used_at).label("last_at"))
        .join(families, families.c.connection_id == connections.c.id)
        .where(connections.c.organisation_id == organisation.id)
        .group_by(connections.c.client_id, connections.c.sub)
    )
    return {(row.client_id, row.sub): row.last_at for row in await session.all(statement)}
