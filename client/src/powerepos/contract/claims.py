"""Claims of an access token, by the vendor's constant names (`POSCorePublic.Security.AuthServerClaims`) and RFC 9068's."""

from typing import Final


class AuthServerClaims:
    """Custom claims that the AuthServer puts into an access token. Read `SERVICE` from every new token: it may change."""

    ORGANISATION_CODE: Final = "org_id"
    """Organisation Code (string, 2 to 16 characters) that the token is for."""
    KAPOW: Final = "kapow"
    """GUID of that organisation."""
    ROOT_NODES: Final = "root_nodes"
    """Array of outlet GUIDs granted; the organisation's own GUID alone means all outlets, an empty array none."""
    SERVICE: Final = "svc"
    """URI of the only service instance that accepts the token; ends in a slash."""
    SUBJECT: Final = "sub"
    """Service account ID, or the ClientID for a `client_credentials` grant."""
    USER_ID: Final = "user_id"
    """The same as the subject."""
    PERMISSION_GROUP_ASSIGNMENTS: Final = "pga"
    """Array of permission names."""
    ENGINEER_FLAGS: Final = "enfl"
    DEPLOYMENT_SERVER_APPLICATION_TYPES: Final = "dsat"
    DEPLOYMENT_SERVER_READABLE_KAPOW: Final = "dsrk"
    NO_KAPOW: Final = "nk"
    POSCORE_ID: Final = "pcid"


class RegisteredClaims:
    """Claims of RFC 9068 section 2.2 and RFC 7519 section 4.1 that every access token carries."""

    ISSUER: Final = "iss"
    EXPIRY: Final = "exp"
    ISSUED_AT: Final = "iat"
    TOKEN_ID: Final = "jti"
    AUDIENCE: Final = "aud"
    CLIENT_ID: Final = "client_id"
    SCOPE: Final = "scope"


class GrantClaims:
    """Claims by which a revocation reaches the services."""

    GRANT_ID: Final = "sid"
    """The grant's ID."""
    REVOCATION_NUMBER: Final = "rev"
    """Number: the revocation counter when the rights were read."""
