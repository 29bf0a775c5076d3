"""The wire, described once for partners and for the server."""

from powerepos.contract.claims import AuthServerClaims, GrantClaims, RegisteredClaims
from powerepos.contract.permissions import ALL_PERMISSIONS, SERVICE_PERMISSIONS, Permissions
from powerepos.contract.scopes import SERVICE_SCOPES, AuthServerScopes

__all__ = [
    "ALL_PERMISSIONS",
    "SERVICE_PERMISSIONS",
    "SERVICE_SCOPES",
    "AuthServerClaims",
    "AuthServerScopes",
    "GrantClaims",
    "Permissions",
    "RegisteredClaims",
]
