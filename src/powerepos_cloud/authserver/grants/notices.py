"""What a refresh family's trouble leaves behind: audit rows, a revocation, and mail to those whom it concerns."""

from typing import Any

from powerepos_cloud.audit.store import Actor, newest, record
from powerepos_cloud.authserver import store
from powerepos_cloud.authserver.grants.issue import Tools
from powerepos_cloud.authserver.store import Family, Rotated
from powerepos_cloud.directory import mails, revocations
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.http.facts import RequestFacts


async def leaked(session: Session, tools: Tools, family: Family, presenter: str, facts: RequestFacts) -> None:
    """Another client showed this family's token: told to its own client as a leak; nothing is consumed."""
    now = tools.clock.now_ms()
    details = {"source": facts.source, "agent": facts.agent, "presented_by": presenter}
    await store.hold_family(session, family.id)
    is_first = not await newest(session, 1, subject=family.id, action="grant.token_leaked")
    await _audit(session, now, family, facts, "grant.token_leaked", details, actor=presenter)
    if not is_first:
        return  # told once: whoever holds the token must not be able to fill a mailbox with it
    await mails.to_partner_owners(
        session,
        now,
        family.client_id,
        "A refresh token of yours was used by another client",
        f"A refresh token of your client {family.client_id} for organisation {family.rights.org_id} was presented by "
        f"another client from {facts.source}. It was refused, and nothing of yours was used up. If you did not move it "
        f"yourself, revoke it (POST /authorisation/revoke) and ask for a new one.",
    )


async def straggler(session: Session, tools: Tools, family: Family, facts: RequestFacts) -> None:
    """An older token within a minute of its first use: a late worker, nothing is revoked."""
    details = {"source": facts.source, "agent": facts.agent}
    await _audit(session, tools.clock.now_ms(), family, facts, "grant.straggler", details)


async def reused(session: Session, tools: Tools, family: Family, why: str, facts: RequestFacts) -> bool:
    """Reuse: the family is revoked, its access tokens too; whether it was alive until now."""
    if not await store.end_family(session, family.id, "revoked", "reused"):
        return False
    now = tools.clock.now_ms()
    details = {"source": facts.source, "agent": facts.agent, "why": why}
    await _audit(session, now, family, facts, "grant.reused", details)
    text = (
        f"A refresh token of client {family.client_id} for organisation {family.rights.org_id} was used again from "
        f"{facts.source} after newer ones had been given out. Somebody else may hold a copy, so this sign-in was ended. "
        f"The partner asks for a new token with the service account; others are not affected."
    )
    await _tell_both(session, now, family, "A sign-in was ended because its refresh token was used twice", text)
    await revocations.publish(session, now, [revocations.refused_grant(family.id, family.client_id)])
    return True


async def late_repeat(
    session: Session, tools: Tools, family: Family, rotated: Rotated, facts: RequestFacts, *, tell: bool
) -> None:
    """A repeat more than a minute after the first use: noted with both uses, told to both sides if from elsewhere."""
    now = tools.clock.now_ms()
    details = {
        "source": facts.source,
        "agent": facts.agent,
        "first_source": rotated.first_source,
        "first_agent": rotated.first_agent,
        "first_used_at": rotated.first_used_at,
    }
    await _audit(session, now, family, facts, "grant.late_repeat", details)
    if tell:
        text = (
            f"A refresh token of client {family.client_id} for organisation {family.rights.org_id} was used from "
            f"{rotated.first_source} and again from {facts.source}, which is another network. A moved server does that; "
            f"so does a stolen token. If it was not you, pause or revoke the connection."
        )
        await _tell_both(session, now, family, "A refresh token was used from two networks", text)


async def _tell_both(session: Session, now_ms: int, family: Family, subject: str, text: str) -> None:
    await mails.to_partner_owners(session, now_ms, family.client_id, subject, text)
    await mails.to_organisation_owners(session, now_ms, family.rights.organisation_id, subject, text)


async def _audit(
    session: Session,
    now_ms: int,
    family: Family,
    facts: RequestFacts,
    action: str,
    details: dict[str, Any],
    *,
    actor: str | None = None,
) -> None:
    await record(
        session,
        now_ms,
        Actor("client", actor or family.client_id, facts.source, facts.request_id),
        action,
        ("grant", family.id),
        kapow=family.rights.kapow,
        client_id=family.client_id,
        details=details,
    )
