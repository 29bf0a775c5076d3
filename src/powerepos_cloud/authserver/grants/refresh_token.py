"""The refresh grant (RFC 6749 section 6): each use rotates, a lost answer can be fetched again, reuse ends the family.

A token stands in one of four places in its family: it is the current one, the predecessor whose successor has not been used
yet, an older one, or unknown. Only the first two are honoured; nothing but a success consumes a token.
"""

import secrets

import msgspec

from powerepos_cloud.authserver import store
from powerepos_cloud.authserver.errors import InvalidGrant, OAuthError, UnauthorizedClient, Unavailable
from powerepos_cloud.authserver.grants import notices
from powerepos_cloud.authserver.grants.issue import Issue, Tools, check_connection, refresh_delete_after, required
from powerepos_cloud.authserver.scopes import Scope, narrow, permissions_for, read_scope
from powerepos_cloud.authserver.store import Family, Rotated
from powerepos_cloud.directory.rights import ProvedClient, code_key
from powerepos_cloud.foundation.database import Pending, Session
from powerepos_cloud.foundation.secrets import SecretKind, from_bytes, is_well_formed
from powerepos_cloud.http.facts import RequestFacts
from powerepos_cloud.http.source import network_of

LATE_MS = 60_000
_TRIES = 5
_STRAGGLER = "refresh_older_within_minute"

_UNKNOWN = "The refresh token is unknown, or was never yours: ask for a new token with the service account."
_WHY_NOT_ACTIVE = {
    "reused": "The refresh token was revoked: an older token of its family was used again. Ask for a new token.",
    "newer_sign_ins": "The refresh token was ended by newer sign-ins: ask for a new token, and keep fewer of them.",
}
_REVOKED = "The refresh token was revoked: ask for a new token with the service account."
_KEY_GONE = "The answer to this refresh can no longer be repeated: ask for a new token with the service account."
_OLDER = "This refresh token was used and its successor too: use the newest one that you were given."


class _Presented(msgspec.Struct, frozen=True):
    """A token as presented, with its family; `used_at` is its first use if it is not the current one."""

    token: str
    hash: bytes
    family: Family
    used_at: int | None


async def grant(tools: Tools, client: ProvedClient, form: dict[str, str], facts: RequestFacts) -> Issue:
    """A new access token and the token's successor. Raises `OAuthError`."""
    (token,) = required(form, "refresh_token")
    wanted = form.get("scope")
    if wanted is not None:
        read_scope(wanted, "refresh_token")
    for _ in range(_TRIES):
        presented = await _find(tools, client, token, facts)
        if presented is None:
            raise tools.throttle.grant_failed(facts.source, client.id, token, InvalidGrant(_UNKNOWN, "refresh_unknown"))
        try:
            issue = await _use(tools, presented, wanted, form.get("org_id"), facts)
        except InvalidGrant as refusal:
            if refusal.reason == _STRAGGLER:
                raise  # a 429 would make a late worker try again, after its minute
            raise tools.throttle.grant_failed(facts.source, client.id, token, refusal) from None
        if issue is not None:
            tools.throttle.grant_succeeded(facts.source, client.id, token)
            return issue
        # Somebody else used the same token between our look and our update: look again, it is a repeat now.
    raise Unavailable("refresh_contended")


async def _find(tools: Tools, client: ProvedClient, token: str, facts: RequestFacts) -> _Presented | None:
    """The token's family, if it is this client's. A foreign one is reported to its own client, and looks unknown."""
    if not is_well_formed(SecretKind.REFRESH_TOKEN, token):
        return None
    reader = tools.database.reader
    for token_hash in tools.ring.keys.hashes(SecretKind.REFRESH_TOKEN, token):
        family, used_at = await store.family_by_current(reader, token_hash), None
        if family is None:
            family, used_at = await store.family_by_superseded(reader, token_hash) or (None, None)
        if family is None:
            continue
        if family.client_id != client.id:
            await tools.database.write(lambda session: notices.leaked(session, tools, family, client.id, facts))  # noqa: B023
            return None
        return _Presented(token, token_hash, family, used_at)
    return None


async def _use(tools: Tools, presented: _Presented, wanted: str | None, org_id: str | None, facts: RequestFacts) -> Issue | None:
    """The issue, or None if the family changed meanwhile. Raises `OAuthError`."""
    family, now = presented.family, tools.clock.now_ms()
    if org_id is not None and code_key(org_id) != family.code_key:
        raise InvalidGrant("The parameter org_id names another organisation than this refresh token is for.", "refresh_org_id")
    _check_alive(family, now)
    await _check_place(tools, presented, now, facts)
    _check_rights(family)
    scope = Scope(tuple(family.scope.split(" ")), family.service)
    answered = narrow(wanted, scope) if wanted is not None else scope
    permissions = permissions_for(scope, family.rights)
    pending = _submit_rotation(tools, presented, now, facts)
    rotated = await pending.claimed
    if rotated is None:
        return None
    if isinstance(rotated, OAuthError):
        await pending.durable
        raise rotated
    # Derived by what the statement returned: for a repeat, by key and salt of the first use.
    try:
        derived = await tools.ring.derive_successor(rotated.refresh_key, rotated.salt, presented.token)
    except KeyError:
        await pending.durable
        raise InvalidGrant(_KEY_GONE, "refresh_key_revoked") from None
    successor = from_bytes(SecretKind.REFRESH_TOKEN, derived)
    return Issue(family.rights, answered, permissions, family.id, now, successor, pending)


def _check_alive(family: Family, now_ms: int) -> None:
    """Revoked beats everything: it is another state than superseded. Raises `InvalidGrant`."""
    if family.state != "active":
        raise InvalidGrant(_WHY_NOT_ACTIVE.get(family.reason or "", _REVOKED), f"refresh_{family.reason or family.state}")
    # What was revoked whole and may be used again honours nothing that was issued before: numbers tell, not clocks.
    if family.connection_state == "revoked" or family.rev < family.valid_from or family.account_state == "removed":
        raise InvalidGrant(_REVOKED, "refresh_connection_revoked")
    idle_until = family.last_used_at + family.rights.instance.refresh_idle_seconds * 1000
    if now_ms >= min(idle_until, family.ends_at):
        raise InvalidGrant("The refresh token has expired: ask for a new token with the service account.", "refresh_expired")


async def _check_place(tools: Tools, presented: _Presented, now_ms: int, facts: RequestFacts) -> None:
    """Current and predecessor pass; any other token of the family ends it, unless it is a straggler of a minute."""
    family = presented.family
    if presented.used_at is None:
        return
    if presented.hash == family.previous_hash:
        if now_ms - presented.used_at < tools.repeat_window_ms:
            return
    elif now_ms - presented.used_at <= LATE_MS:
        await tools.database.write(lambda session: notices.straggler(session, tools, family, facts))
        raise InvalidGrant(_OLDER, _STRAGGLER)
    if await tools.database.write(lambda session: notices.reused(session, tools, family, "older_generation", facts)):
        raise InvalidGrant(_WHY_NOT_ACTIVE["reused"], "refresh_reused")
    raise InvalidGrant(_REVOKED, "refresh_revoked_meanwhile")


def _check_rights(family: Family) -> None:
    """What may be lifted again: the family stays usable. Raises `UnauthorizedClient`."""
    check_connection(family.rights.connection_state)
    if family.organisation_state != "active":
        raise UnauthorizedClient("The organisation is switched off.", "organisation_off")
    if not family.by_account:
        return
    if family.account_state != "active":
        raise UnauthorizedClient("The organisation has switched off this service account.", "account_off")
    if not family.is_bound:
        raise UnauthorizedClient("The service account is no longer bound to this client.", "account_unbound")


def _submit_rotation(
    tools: Tools, presented: _Presented, now_ms: int, facts: RequestFacts
) -> "Pending[Rotated | OAuthError | None]":
    """Start the deciding statement, offering a successor in case this is the token's first use."""
    family = presented.family
    derived_by = (tools.ring.keys.newest_refresh, secrets.token_bytes(16))
    offered = from_bytes(SecretKind.REFRESH_TOKEN, tools.ring.keys.derive_successor(*derived_by, presented.token))
    hashed = tools.ring.keys.hash(SecretKind.REFRESH_TOKEN, offered)
    delete_after = refresh_delete_after(family.rights, now_ms, family.ends_at)

    async def unit(session: Session) -> Rotated | OAuthError | None:
        rotated = await store.rotate(
            session,
            family.id,
            presented.hash,
            hashed,
            derived_by,
            now_ms,
            facts.source,
            facts.agent,
            delete_after,
            now_ms - tools.repeat_window_ms,
        )
        if rotated is None or rotated.repeats == 0 or now_ms - rotated.first_used_at <= LATE_MS:
            return rotated
        if await _too_many_late_repeats(session, tools, family, rotated, facts):
            return InvalidGrant(_WHY_NOT_ACTIVE["reused"], "refresh_late_repeats")
        return rotated

    return tools.database.submit(unit)


async def _too_many_late_repeats(session: Session, tools: Tools, family: Family, rotated: Rotated, facts: RequestFacts) -> bool:
    """Note a late repeat; whether it was the last straw: generation after generation, from another network."""
    is_foreign = network_of(facts.source) != network_of(rotated.first_source)
    is_first_here = is_foreign and not rotated.late_here
    streak = rotated.late_streak + 1 if is_first_here else rotated.late_streak
    await notices.late_repeat(session, tools, family, rotated, facts, tell=is_first_here)
    connection_id = family.rights.connection_id
    assert connection_id is not None  # a family hangs on its connection
    await store.mark_late_repeat(session, family.id, connection_id, streak if is_first_here else None)
    if is_first_here and streak >= tools.late_repeats:
        await notices.reused(session, tools, family, "late_repeats", facts)
        return True
    return False
