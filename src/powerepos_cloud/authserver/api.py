"""The AuthServer's routes: each endpoint as its specification has it, behind one door for refusals."""

import hashlib
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, Router, asgi, get, post
from litestar.types import ControllerRouterHandler

from powerepos_cloud.authserver import introspection as introspect_module
from powerepos_cloud.authserver import revocation as revoke_module
from powerepos_cloud.authserver.errors import OAuthError, ServerError, Unavailable, answer
from powerepos_cloud.authserver.feed import Feed, read_query
from powerepos_cloud.authserver.instances import InstanceAuthentication
from powerepos_cloud.authserver.introspection import Introspection
from powerepos_cloud.authserver.metadata import authorization_server_metadata
from powerepos_cloud.authserver.revocation import Revocation
from powerepos_cloud.authserver.token import TokenEndpoint, read_body
from powerepos_cloud.foundation.database import DatabaseUnavailable
from powerepos_cloud.http.facts import facts_of, request_id
from powerepos_cloud.keyring.ring import KeyRing
from powerepos_cloud.observability.logs import Log

_JWKS_MAX_AGE_SECONDS = 300
_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


class AuthServer(msgspec.Struct, frozen=True):
    """The parts of the AuthServer, built by the application."""

    token: TokenEndpoint
    revocation: Revocation
    introspection: Introspection
    instances: InstanceAuthentication
    feed: Feed
    ring: KeyRing
    issuer: str
    docs_url: str


def build_router(server: AuthServer, log: Log) -> Router:
    """All routes under `/authorisation`, and the metadata document."""
    handlers: list[ControllerRouterHandler] = [
        _token(server), _revoke(server), _introspect(server), _revocations(server), _jwks(server), _metadata(server)
    ]  # fmt: skip

    def refuse(request: Request[Any, Any, Any], error: OAuthError | DatabaseUnavailable) -> Response[bytes]:
        return refusal_answer(request, as_oauth(error), server.docs_url, log)

    return Router("/", route_handlers=handlers, exception_handlers={OAuthError: refuse, DatabaseUnavailable: refuse})


def as_oauth(error: Exception) -> OAuthError:
    """Any failure as an OAuth refusal: what is not one by itself is a fault of ours."""
    if isinstance(error, OAuthError):
        return error
    if isinstance(error, DatabaseUnavailable):
        return Unavailable(f"database: {error}")
    return ServerError(type(error).__name__)


def refusal_answer(request: Request[Any, Any, Any], refusal: OAuthError, docs_url: str, log: Log) -> Response[bytes]:
    """The answer to a refusal outside the token endpoint."""
    log.info(
        "authserver.refused", request_id=request_id(request.scope), path=request.scope["path"][:200], error=refusal.error,
        reason=refusal.reason,
    )  # fmt: skip
    status, headers, body = answer(refusal, docs_url)
    named = {name.decode(): value.decode() for name, value in headers if name != b"content-length"}
    return Response(body, status_code=status, headers=named, media_type=MediaType.JSON)


def _token(server: AuthServer) -> ControllerRouterHandler:
    @asgi("/authorisation/token", copy_scope=False)
    async def token(scope: Any, receive: Any, send: Any) -> None:
        await server.token(scope, receive, send)

    return token


def _revoke(server: AuthServer) -> ControllerRouterHandler:
    @post("/authorisation/revoke", status_code=200)
    async def revoke(request: Request[Any, Any, Any]) -> Response[bytes]:
        form = await read_body(request.scope, request.receive, revoke_module.PARAMETERS)
        await server.revocation.revoke(request.scope["headers"], form, facts_of(request.scope))
        return Response(b"", status_code=200, headers=_NO_STORE, media_type=MediaType.TEXT)

    return revoke


def _introspect(server: AuthServer) -> ControllerRouterHandler:
    @post("/authorisation/introspect", status_code=200)
    async def introspect(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
        form = await read_body(request.scope, request.receive, introspect_module.PARAMETERS)
        found = await server.introspection.introspect(request.scope["headers"], form, facts_of(request.scope))
        return Response(found, headers=_NO_STORE)

    return introspect


def _revocations(server: AuthServer) -> ControllerRouterHandler:
    @get("/authorisation/revocations")
    async def revocations(request: Request[Any, Any, Any]) -> Response[bytes]:
        await server.instances.authenticate(request.scope["headers"], facts_of(request.scope).source)
        after, wait, limit = read_query(request.query_params)
        page = await server.feed.read(after, wait, limit)
        return Response(msgspec.json.encode(page), headers=_NO_STORE, media_type=MediaType.JSON)

    return revocations


def _jwks(server: AuthServer) -> ControllerRouterHandler:
    @get("/authorisation/jwks")
    async def jwks(request: Request[Any, Any, Any]) -> Response[bytes]:
        body = msgspec.json.encode(await server.ring.published())
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"cache-control": f"public, max-age={_JWKS_MAX_AGE_SECONDS}", "etag": etag}
        known = {word.strip().removeprefix("W/") for word in request.headers.get("if-none-match", "").split(",")}
        if etag in known or "*" in known:
            return Response(b"", status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=MediaType.JSON)

    return jwks


def _metadata(server: AuthServer) -> ControllerRouterHandler:
    document = msgspec.json.encode(authorization_server_metadata(server.issuer, server.docs_url))

    @get("/.well-known/oauth-authorization-server")
    async def metadata() -> Response[bytes]:
        headers = {"cache-control": f"public, max-age={_JWKS_MAX_AGE_SECONDS}"}
        return Response(document, headers=headers, media_type=MediaType.JSON)

    return metadata
