"""When clients called last, as the organisation whom they call for sees it."""

from collections.abc import Collection

from sqlalchemy import func, select

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.requestlog.tables import request_log


async def last_calls(session: Session, kapow: str, client_ids: Collection[str]) -> dict[str, int]:
    """ClientID → instant (ms) of its last call with a valid token in the last thirty days."""
    statement = (
        select(request_log.c.client_id, func.max(request_log.c.at).label("last_at"))
        .where(request_log.c.kapow == kapow, request_log.c.client_id.in_(list(client_ids)))
        .group_by(request_log.c.client_id)
    )
    return {row.client_id: row.last_at for row in await session.all(statement)}
