"""How much of everything the directory holds: for the operator, so across all organisations."""

from sqlalchemy import func, select

from powerepos_cloud.directory.tables import (
    accounts,
    assignments,
    clients,
    connections,
    instances,
    mails,
    organisations,
    partners,
    users,
)
from powerepos_cloud.foundation.database import Session, crossing

_STATES = (("organisations", organisations), ("clients", clients), ("accounts", accounts), ("connections", connections))
_PLAIN = (("partners", partners), ("instances", instances), ("users", users))


async def count(session: Session) -> dict[str, int]:
    """Numbers by name; what has states is counted for each state that occurs, such as `connections_paused`."""
    counted: dict[str, int] = {}
    for name, table in _STATES:
        by_state = select(table.c.state, func.count().label("many")).group_by(table.c.state).order_by(table.c.state)
        rows = await session.all(crossing(by_state, "the operator is shown how much there is"))
        counted |= {f"{name}_{row.state}": row.many for row in rows}
    for name, table in _PLAIN:
        counted[name] = await session.scalar(select(func.count()).select_from(table))
    counted["mails_waiting"] = await waiting_mails(session)
    return counted


async def waiting_mails(session: Session) -> int:
    """Mails that have not left yet, and were not given up."""
    unsent = select(func.count()).select_from(mails).where(mails.c.sent_at.is_(None), mails.c.given_up_at.is_(None))
    waiting: int = await session.scalar(unsent)
    return waiting


async def lost_mails(session: Session, since_ms: int) -> int:
    """Mails given up since then: the server did not take them for good, or for days."""
    lost: int = await session.scalar(select(func.count()).select_from(mails).where(mails.c.given_up_at > since_ms))
    return lost


async def organisations_without(session: Session, service: str) -> list[str]:
    """Codes of the active organisations that are on no instance of this service: they get no tokens for it."""
    assigned = select(assignments.c.organisation_id).where(assignments.c.service == service)
    statement = (
        select(organisations.c.code)
        .where(organisations.c.state == "active", organisations.c.id.not_in(assigned))
        .order_by(organisations.c.code_key)
    )
    return [row[0] for row in await session.all(crossing(statement, "the operator is shown who has no instance"))]
