"""The client credentials grant (RFC 6749 section 4.4) over a connection that the organisation approved."""

from powerepos_cloud.authserver.errors import InvalidGrant
from powerepos_cloud.authserver.grants.issue import Issue, Tools, check_connection, required, start_grant
from powerepos_cloud.authserver.scopes import read_scope
from powerepos_cloud.directory import rights
from powerepos_cloud.directory.rights import ProvedClient
from powerepos_cloud.http.facts import RequestFacts

_REFUSED = (
    "No approved connection between this client and that Organisation Code: "
    "the organisation makes one in its settings, by your ClientID."
)


async def grant(tools: Tools, client: ProvedClient, form: dict[str, str], facts: RequestFacts) -> Issue:
    """A token for what the organisation approved. Raises `OAuthError`."""
    (org_id,) = required(form, "org_id")
    scope = read_scope(form.get("scope"), "client_credentials")
    now = tools.clock.now_ms()
    found = await rights.by_approval(tools.database.reader, client.id, org_id, scope.service)
    if found is None:
        raise tools.throttle.grant_failed(facts.source, client.id, org_id, InvalidGrant(_REFUSED, "not_approved"))
    tools.throttle.grant_succeeded(facts.source, client.id, org_id)
    check_connection(found.connection_state)
    return start_grant(tools, client, found, scope, facts, now)
