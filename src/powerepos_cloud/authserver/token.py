"""POST /authorisation/token (RFC 6749 section 3.2), top to bottom in the order that the contract promises.

Method, media type, size, form; client authentication; grant type and the client's right to it; then the grant: its
parameters, its scope, its credentials, and what organisation, connection and account may have.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from powerepos_cloud.accesstoken import AccessTokenClaims, mint
from powerepos_cloud.authserver import errors
from powerepos_cloud.authserver.client_auth import PARAMETERS as CLIENT_PARAMETERS
from powerepos_cloud.authserver.client_auth import ClientAuthentication
from powerepos_cloud.authserver.errors import InvalidRequest, OAuthError, UnauthorizedClient, UnsupportedGrantType
from powerepos_cloud.authserver.grants import client_credentials, password, refresh_token
from powerepos_cloud.authserver.grants.issue import Issue, Tools
from powerepos_cloud.authserver.refusal_log import RefusalLog
from powerepos_cloud.directory.rights import ProvedClient
from powerepos_cloud.foundation.database import DatabaseUnavailable
from powerepos_cloud.foundation.ids import new_id
from powerepos_cloud.http.facts import RequestFacts, facts_of
from powerepos_cloud.http.forms import FORM_TYPE, FormFault, is_form, read_form
from powerepos_cloud.keyring.ring import NoSigningKey
from powerepos_cloud.observability.logs import Log
from powerepos_cloud.observability.metrics import Metrics

BODY_LIMIT = 16 * 1024

Grant = Callable[[Tools, ProvedClient, dict[str, str], RequestFacts], Awaitable[Issue]]

GRANTS: dict[str, Grant] = {
    "password": password.grant,
    "client_credentials": client_credentials.grant,
    "refresh_token": refresh_token.grant,
}

PARAMETERS = {
    **CLIENT_PARAMETERS,
    "grant_type": 256,
    "org_id": 256,
    "username": 256,
    "password": 256,
    "refresh_token": 256,
    "scope": 4096,
}


class TokenAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The documented answer, and `scope` (RFC 6749 section 5.1). `expires_in` is in seconds."""

    token_type: str = msgspec.field()
    access_token: str = msgspec.field()
    expires_in: int = msgspec.field()
    svc: str = msgspec.field()
    org_id: str = msgspec.field()
    scope: str = msgspec.field()
    refresh_token: str | None = None


_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), (b"pragma", b"no-cache")]


class TokenEndpoint:
    """The endpoint as an ASGI application: on the hot path, it checks method, type and size by itself."""

    def __init__(
        self, tools: Tools, clients: ClientAuthentication, *, issuer: str, docs_url: str, metrics: Metrics, log: Log
    ) -> None:
        self._tools = tools
        self._clients = clients
        self._issuer = issuer
        self._docs_url = docs_url
        self._metrics = metrics
        self._log = log
        self._refusals = RefusalLog(tools.database, tools.clock, log, GRANTS)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        facts = facts_of(scope)
        form: dict[str, str] = {}
        try:
            form = await read_body(scope, receive, PARAMETERS)
            answer = await self._answer(scope["headers"], form, facts)
        except OAuthError as refusal:
            await self._refuse(send, refusal, facts)
            self._refusals.note(refusal, form, facts)
        except DatabaseUnavailable as error:
            await self._refuse(send, errors.Unavailable(f"database: {error}"), facts)
        except NoSigningKey as error:  # its service was given another algorithm a moment ago: housekeeping makes the key
            await self._refuse(send, errors.Unavailable(f"no signing key for {error}"), facts)
        else:
            body = msgspec.json.encode(answer)
            headers = [*_HEADERS, (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _answer(self, headers: Any, form: dict[str, str], facts: RequestFacts) -> TokenAnswer:
        client = await self._clients.authenticate(headers, form, facts.source)
        try:
            return await self._answer_proved(client, form, facts)
        except OAuthError as refusal:
            refusal.client_id = client.id
            raise

    async def _answer_proved(self, client: ProvedClient, form: dict[str, str], facts: RequestFacts) -> TokenAnswer:
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise InvalidRequest("The parameter grant_type is missing or empty.", "missing_grant_type")
        grant = GRANTS.get(grant_type)
        if grant is None:
            raise UnsupportedGrantType(f"Unknown grant_type: use one of {', '.join(GRANTS)}.", "grant_unknown")
        if grant_type not in client.grants:
            raise UnauthorizedClient(f"This client may not use {grant_type}: ask PowerEPOS support.", "grant_not_allowed")
        issue = await grant(self._tools, client, form, facts)
        access_token = self._mint(issue, client)  # while the commit waits for the disk
        if issue.pending is not None:
            await issue.pending.durable
        self._metrics.token(grant_type, "issued")
        return TokenAnswer(
            token_type="Bearer",
            access_token=access_token,
            expires_in=issue.rights.instance.access_seconds,
            svc=issue.rights.instance.uri or "",
            org_id=issue.rights.org_id,
            scope=issue.scope.text,
            refresh_token=issue.refresh_token,
        )

    def _mint(self, issue: Issue, client: ProvedClient) -> str:
        rights, now = issue.rights, issue.now_ms // 1000
        uri = rights.instance.uri
        assert uri is not None  # permissions_for refused where there is no instance
        claims = AccessTokenClaims(
            iss=self._issuer,
            exp=now + rights.instance.access_seconds,
            iat=now,
            jti=new_id(),
            aud=uri,
            svc=uri,
            sub=rights.sub,
            user_id=rights.sub,
            client_id=client.id,
            scope=issue.scope.service,
            org_id=rights.org_id,
            kapow=rights.kapow,
            root_nodes=[rights.kapow] if rights.outlets is None else rights.outlets,
            pga=issue.permissions,
            sid=issue.grant_id,
            rev=rights.rev,
        )
        return mint(self._tools.ring.keys.signer(rights.instance.alg, issue.now_ms), claims)

    async def _refuse(self, send: Any, refusal: OAuthError, facts: RequestFacts) -> None:
        self._metrics.token("any", refusal.reason if refusal.status < 500 else "fault")
        self._log.info(
            "token.refused", request_id=facts.request_id, error=refusal.error, reason=refusal.reason, source=facts.source
        )
        status, headers, body = errors.answer(refusal, self._docs_url)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def read_body(scope: Any, receive: Any, parameters: dict[str, int]) -> dict[str, str]:
    """The form of a POST. Raises `InvalidRequest` for another method, media type, size or a malformed form."""
    if scope["method"] != "POST":
        refusal = InvalidRequest("Use POST.", "method")
        refusal.status, refusal.allow = 405, "POST"
        raise refusal
    types = [value for name, value in scope["headers"] if name == b"content-type"]
    if len(types) != 1 or not is_form(types[0].decode("latin-1")):
        raise InvalidRequest(f"Send the parameters in the body as {FORM_TYPE}.", "media_type")
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidRequest("The connection ended before the body did.", "disconnected")
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            refusal = InvalidRequest(f"The body is larger than {BODY_LIMIT} bytes.", "too_large")
            refusal.status = 413
            raise refusal
        if not message.get("more_body", False):
            break
    try:
        return read_form(body, parameters)
    except FormFault as fault:
        raise InvalidRequest(str(fault), "form") from None
