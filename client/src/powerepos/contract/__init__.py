"""The wire, described once for partners and for the server."""

from powerepos.contract.claims import AuthServerClaims, GrantClaims, RegisteredClaims
from powerepos.contract.connection import (
    ConnectionLimits,
    ConnectionOutlet,
    ConnectionResponse,
    RemoteOrderConnectionResponse,
)
from powerepos.contract.errors import ErrorCodes, ErrorResponse, Problem
from powerepos.contract.limits import Limits
from powerepos.contract.permissions import ALL_PERMISSIONS, SERVICE_PERMISSIONS, Permissions
from powerepos.contract.scopes import SERVICE_SCOPES, AuthServerScopes

__all__ = [
    "ALL_PERMISSIONS",
    "SERVICE_PERMISSIONS",
    "SERVICE_SCOPES",
    "AuthServerClaims",
    "AuthServerScopes",
    "ConnectionLimits",
    "ConnectionOutlet",
    "ConnectionResponse",
    "ErrorCodes",
    "ErrorResponse",
    "GrantClaims",
    "Limits",
    "Permissions",
    "Problem",
    "RegisteredClaims",
    "RemoteOrderConnectionResponse",
]
