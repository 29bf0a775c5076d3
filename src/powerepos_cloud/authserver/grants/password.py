"""The password grant (RFC 6749 section 4.3) for service accounts only, within one organisation (`org_id`)."""

from powerepos_cloud.authserver.errors import InvalidGrant
from powerepos_cloud.authserver.grants.issue import Issue, Tools, check_connection, not_admitted, required, start_grant
from powerepos_cloud.authserver.scopes import read_scope
from powerepos_cloud.directory import rights
from powerepos_cloud.directory.rights import ProvedClient, Rights
from powerepos_cloud.foundation.secrets import SecretKind, is_well_formed
from powerepos_cloud.http.facts import RequestFacts

_EMAIL = "The username is an e-mail address: end users cannot be used here, ask the organisation for a service account."


async def grant(tools: Tools, client: ProvedClient, form: dict[str, str], facts: RequestFacts) -> Issue:
    """A token for what the service account may do. Raises `OAuthError`."""
    org_id, username, password = required(form, "org_id", "username", "password")
    scope = read_scope(form.get("scope"), "password")
    if "@" in username:
        raise tools.throttle.grant_failed(facts.source, client.id, username, InvalidGrant(_EMAIL, "username_is_email"))
    now = tools.clock.now_ms()
    found = await _look_up(tools, client, org_id, username, password, scope.service, now)
    if found is None:
        refusal = not_admitted("password_refused")
        raise tools.throttle.grant_failed(facts.source, client.id, username, refusal)
    tools.throttle.grant_succeeded(facts.source, client.id, username)
    check_connection(found.connection_state)
    return start_grant(tools, client, found, scope, facts, now)


async def _look_up(
    tools: Tools, client: ProvedClient, org_id: str, username: str, password: str, service: str, now_ms: int
) -> Rights | None:
    if not is_well_formed(SecretKind.SERVICE_PASSWORD, password):
        return None  # for known and unknown accounts alike: nothing is looked up
    for password_hash in tools.ring.keys.hashes(SecretKind.SERVICE_PASSWORD, password):
        found = await rights.by_password(tools.database.reader, password_hash, username, org_id, client.id, service, now_ms)
        if found is not None:
            return found
    return None
