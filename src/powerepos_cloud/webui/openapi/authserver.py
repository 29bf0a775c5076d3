"""The AuthServer's endpoints, described."""

from powerepos.contract import SERVICE_SCOPES, AuthServerScopes

from powerepos_cloud.authserver.feed import LARGEST_PAGE, LONGEST_WAIT_SECONDS, Page
from powerepos_cloud.authserver.token import GRANTS, TokenAnswer
from powerepos_cloud.webui.examples import example_token_answer
from powerepos_cloud.webui.openapi.model import Endpoint, Field, Query

TAG = "AuthServer"

_CLIENT = (
    Field("client_id", "Your ClientID. With HTTP Basic or an assertion it may be left out, or must be the same."),
    Field("client_secret", "Your ClientSecret, unless you send HTTP Basic or an assertion. Never two of the three."),
    Field("client_assertion_type", "With `client_assertion`: `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`."),
    Field("client_assertion", "A JWT signed with your private key (RFC 7523), instead of a secret.", longest=4096),
)
_FORM_REFUSALS = (400, 401, 408, 413, 429, 503)

ENDPOINTS = (
    Endpoint(
        method="post",
        path="/authorisation/token",
        tag=TAG,
        summary="Get a token",
        description=(
            "For a service account (`password`), for an approved connection (`client_credentials`), or in exchange for a refresh "
            "token (`refresh_token`). The client proves itself in the body, by HTTP Basic, or by a signed assertion."
        ),
        security="client",
        form=(
            Field("grant_type", "What you have to show.", required=True, words=tuple(GRANTS)),
            *_CLIENT,
            Field("org_id", "Organisation Code; required but for `refresh_token`."),
            Field("username", "Service account ID, for `password`. A person’s e-mail address is never accepted."),
            Field("password", "Service account password, for `password`."),
            Field("refresh_token", "The newest refresh token, for `refresh_token`."),
            Field(
                "scope",
                f"One of {', '.join(f'`{scope}`' for scope in SERVICE_SCOPES)}, with `{AuthServerScopes.OFFLINE_ACCESS}` for a "
                "refresh token; separated by a space. At refresh it may be left out.",
                longest=4096,
            ),
        ),
        answer=TokenAnswer,
        answer_example=example_token_answer(),
        refusals=_FORM_REFUSALS,
    ),
    Endpoint(
        method="post",
        path="/authorisation/revoke",
        tag=TAG,
        summary="Revoke a token",
        description=(
            "RFC 7009. Either kind of token ends its whole grant. An unknown token, or another client’s, is answered 200 "
            "too, and nothing happens."
        ),
        security="client",
        form=(
            Field("token", "The refresh or access token.", longest=8192, required=True),
            Field("token_type_hint", "Ignored: we see what it is."),
            *_CLIENT,
        ),
        refusals=_FORM_REFUSALS,
    ),
    Endpoint(
        method="post",
        path="/authorisation/introspect",
        tag=TAG,
        summary="Ask about a token",
        description=(
            "RFC 7662, for service instances. The claims of a token that is good for the instance that asks, else "
            '`{"active": false}`.'
        ),
        security="instance",
        form=(
            Field("token", "The access token.", longest=8192, required=True),
            Field("token_type_hint", "Ignored: we see what it is."),
        ),
        answer={"type": "object", "required": ["active"], "properties": {"active": {"type": "boolean"}}},
        answer_example={"active": False},
        refusals=_FORM_REFUSALS,
    ),
    Endpoint(
        method="get",
        path="/authorisation/revocations",
        tag=TAG,
        summary="Read what was revoked",
        description=(
            "For service instances: every revocation in the order of its number. 410 means that `after` is too old or above the "
            "newest: read again from 0."
        ),
        security="instance",
        query=(
            Query("after", "The highest number that you know.", {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}),
            Query(
                "wait",
                "Seconds to wait if there is nothing new.",
                {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT_SECONDS},
            ),
            Query("limit", "The most entries of a page.", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE}),
        ),
        answer=Page,
        answer_example={
            "next": 7,
            "more": False,
            "entries": [{"n": 7, "kind": "client", "id": "k3v9x0q2m7c1t8r4w6z5b2n1", "state": "refused"}],
        },
        refusals=(400, 401, 410, 429, 503),
    ),
    Endpoint(
        method="get",
        path="/authorisation/jwks",
        tag=TAG,
        summary="Get the public keys",
        description="RFC 7517: what access tokens are verified with. Keep it as long as `Cache-Control` says.",
        answer={
            "type": "object",
            "required": ["keys"],
            "properties": {"keys": {"type": "array", "items": {"type": "object", "required": ["kty", "kid", "alg", "use"]}}},
        },
        refusals=(503,),
    ),
    Endpoint(
        method="get",
        path="/.well-known/oauth-authorization-server",
        tag=TAG,
        summary="Get the metadata",
        description="RFC 8414: where the endpoints are, and what they take.",
        answer={
            "type": "object",
            "required": ["issuer", "token_endpoint", "jwks_uri"],
            "properties": {name: {"type": "string"} for name in ("issuer", "token_endpoint", "jwks_uri")},
        },
    ),
)
