"""Scopes, by the vendor's constant names (`POSCorePublic.Security.AuthServerScopes`)."""

from typing import Final


class AuthServerScopes:
    """Words for the `scope` parameter, separated by spaces (RFC 6749 section 3.3). Ask for exactly one service."""

    OFFLINE_ACCESS: Final = "offline_access"
    """The answer holds a refresh token."""
    REFRESH_TOKEN: Final = "offline_access"
    """The vendor's second name for the same scope."""
    PARTNER_SERVICE: Final = "partnerservices"
    """Partner Services: sales batches and stock orders."""
    REMOTE_ORDER_SERVER: Final = "ros"
    """The remote order server; by `client_credentials` only."""
    DATA_EXTRACTION_SERVICE: Final = "des"
    REPORTING_SERVER: Final = "reporting_server"
    PROFILE: Final = "profile"
    """For people who sign in; never granted to a partner's client."""
    DEPLOYMENT_SERVER: Final = "deployment_server"
    """For the vendor's own staff; never granted to a partner's client."""


SERVICE_SCOPES: Final = (
    AuthServerScopes.PARTNER_SERVICE,
    AuthServerScopes.REMOTE_ORDER_SERVER,
    AuthServerScopes.DATA_EXTRACTION_SERVICE,
    AuthServerScopes.REPORTING_SERVER,
)
"""The scopes that stand for a service; a token is for exactly one."""
