"""Support views as an organisation (contract section 9): for a reason, for half an hour, and seen by the organisation at once.

It is a state of the member of staff's own session. That they only read is held by the WebUI's frame, for every page.
"""

from typing import Any

import msgspec
from sqlalchemy import select

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import mails, organisations, sessions
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.session_tables import sessions as sessions_table
from powerepos_cloud.directory.sessions import SessionRow
from powerepos_cloud.directory.tables import users
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict
from powerepos_cloud.foundation.texts import line

LASTS_MS = 30 * 60_000
LONGEST_REASON = 200


class Watching(msgspec.Struct, frozen=True):
    """A view that is open now, as the organisation sees it; `until_at` in ms."""

    staff_name: str
    reason: str
    until_at: int


async def begin(session: Session, now_ms: int, actor: Actor, row: SessionRow, organisation: Organisation, reason: str) -> int:
    """Let this session of staff see the organisation as it sees itself; until when (ms). Its owners are told.

    Raises `Invalid` for the reason, `Conflict` for who is no staff, or has shown no second factor in this session.
    """
    told = line("reason", reason, LONGEST_REASON)
    if row.staff_role is None or not row.second_factor:
        raise Conflict("only support views as an organisation, after its second factor was shown", "Sign in anew.")
    if row.view_organisation_id is not None:
        await end(session, now_ms, actor, row)
    until = now_ms + LASTS_MS
    await sessions.set_view(session, row.id, organisation.id, told, until)
    await _audit(session, now_ms, actor, "view.began", row, organisation, {"reason": told, "until_at": until})
    await mails.to_organisation_owners(session, now_ms, organisation.id, *_mail(row, organisation, told))
    return until


async def end(session: Session, now_ms: int, actor: Actor, row: SessionRow) -> bool:
    """Stop viewing; False if the session did not."""
    if row.view_organisation_id is None:
        return False
    organisation = await organisations.by_id(session, row.view_organisation_id)
    await sessions.set_view(session, row.id, None)
    await _audit(session, now_ms, actor, "view.ended", row, organisation, {})
    return True


async def open_now(session: Session, now_ms: int, organisation_id: int) -> list[Watching]:
    """Who of support views as the organisation at this moment."""
    of = sessions_table.c
    wanted = (
        select(users.c.name, of.view_reason, of.view_until_at)
        .join(users, users.c.id == of.user_id)
        .where(of.view_organisation_id == organisation_id, of.view_until_at > now_ms, of.ends_at > now_ms)
        .order_by(of.view_until_at.desc())
    )
    return [Watching(row.name, row.view_reason or "", row.view_until_at) for row in await session.all(wanted)]


async def _audit(
    session: Session,
    now_ms: int,
    actor: Actor,
    action: str,
    row: SessionRow,
    organisation: Organisation,
    details: dict[str, Any],
) -> None:
    subject = ("organisation", organisation.code)
    who = {"staff_id": row.user_id, "session_id": row.id}
    await record(session, now_ms, actor, action, subject, kapow=organisation.kapow, details={**who, **details})


def _mail(row: SessionRow, organisation: Organisation, reason: str) -> tuple[str, str]:
    return f"PowerEPOS support is looking at {organisation.name}", (
        f"{row.name} of PowerEPOS support sees the pages of {organisation.name} ({organisation.code}) as you do, for at most "
        f"{LASTS_MS // 60_000} minutes. They can read, and change nothing; secrets, people and exports stay shut.\n\n"
        f"The reason they gave:\n\n{reason}\n\n"
        "Your audit shows when it began and ended. If nobody of you asked for help, tell PowerEPOS support.\n"
    )
