"""GET /.well-known/oauth-authorization-server (RFC 8414) with what is our own: `org_id`, `svc`."""

from typing import Any

from powerepos.contract import SERVICE_SCOPES, AuthServerScopes

from powerepos_cloud.authserver.assertions import ASSERTION_ALGORITHMS
from powerepos_cloud.authserver.client_auth import METHODS
from powerepos_cloud.authserver.token import GRANTS


def authorization_server_metadata(issuer: str, docs_url: str) -> dict[str, Any]:
    """The metadata document of the AuthServer at `issuer`."""
    algorithms = sorted({alg for algs in ASSERTION_ALGORITHMS.values() for alg in algs})
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/authorisation/token",
        "jwks_uri": f"{issuer}/authorisation/jwks",
        "revocation_endpoint": f"{issuer}/authorisation/revoke",
        "introspection_endpoint": f"{issuer}/authorisation/introspect",
        "response_types_supported": [],
        "grant_types_supported": list(GRANTS),
        "scopes_supported": [*SERVICE_SCOPES, AuthServerScopes.OFFLINE_ACCESS],
        "token_endpoint_auth_methods_supported": list(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
        "service_documentation": f"{docs_url}/docs",
        "powerepos_token_parameters": {
            "org_id": "Organisation Code of the organisation that the token is for; required but for refresh_token.",
            "username": "Service account ID, for the password grant. A user's e-mail address is never accepted.",
            "password": "Service account password, for the password grant.",
        },
        "powerepos_token_response": {
            "svc": "URI of the only service instance that accepts the token; read it from every answer.",
            "org_id": "Organisation Code as registered.",
        },
    }
