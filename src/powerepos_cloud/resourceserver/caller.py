"""Who calls, once a token has been verified. An unverified token never becomes one of these."""

from datetime import UTC, datetime

import msgspec

from powerepos_cloud.accesstoken import AccessTokenClaims
from powerepos_cloud.foundation.ids import parse_guid
from powerepos_cloud.resourceserver.refusals import PermissionMissing

_LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z, the last that four digits can say."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified token says: one client, one organisation. `expires_at` is in seconds since the epoch.

    `outlets` are the GUIDs granted, in lower case with hyphens; None means all of the organisation's.
    """

    service: str
    organisation_code: str
    kapow: str
    client_id: str
    sub: str
    permissions: frozenset[str]
    outlets: frozenset[str] | None
    sid: str
    expires_at: int

    def require(self, *any_of: str) -> None:
        """Go on only with at least one of these permissions. Raises `PermissionMissing`."""
        if self.permissions.isdisjoint(any_of):
            raise PermissionMissing(any_of)

    def may_use_outlet(self, guid: str) -> bool:
        """Whether the grant covers this outlet GUID, however it is written; not whether the outlet exists."""
        try:
            outlet = parse_guid(guid)
        except ValueError:
            return False
        return self.outlets is None or outlet in self.outlets

    def expires_in_seconds(self, now_ms: int) -> int:
        """Whole seconds until the token ends; 0 within the leeway that clocks are granted."""
        return max(0, self.expires_at - now_ms // 1000)

    def expires_at_text(self) -> str:
        """When the token ends, as `yyyy-MM-ddTHH:mm:ssZ` (RFC 3339, UTC)."""
        instant = datetime.fromtimestamp(self.expires_at, UTC)
        return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def caller_of(claims: AccessTokenClaims, service: str) -> Caller:
    """The caller that verified claims describe. The organisation's own GUID alone stands for all outlets."""
    kapow = claims.kapow.lower()
    nodes = frozenset(node.lower() for node in claims.root_nodes)
    return Caller(
        service=service,
        organisation_code=claims.org_id,
        kapow=kapow,
        client_id=claims.client_id,
        sub=claims.sub,
        permissions=frozenset(claims.pga),
        outlets=None if nodes == {kapow} else nodes,
        sid=claims.sid,
        expires_at=min(claims.exp, _LAST_SECOND),
    )
