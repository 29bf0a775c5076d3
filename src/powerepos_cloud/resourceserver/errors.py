"""The door's words: every refusal and fault as `ErrorResponse`, or by RFC 9457 where the caller asks for that.

404 and 405 are raised before a router is chosen: the application's own handler must hand those for paths of this service
to its `Door`, too.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from powerepos.contract.errors import PROBLEM_TYPE_PREFIX, ErrorCodes, ErrorResponse, Problem

from powerepos_cloud.foundation.database import DatabaseUnavailable
from powerepos_cloud.http.facts import request_id, tell_refused
from powerepos_cloud.observability.logs import Log
from powerepos_cloud.resourceserver.refusals import (
    PermissionMissing,
    Refusal,
    ScopeMissing,
    TokenAbsent,
    TokenInvalid,
    Unavailable,
)

REALM = "PowerEPOS"
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"

_encoder = msgspec.json.Encoder(decimal_format="number")

_BY_STATUS: Mapping[int, tuple[str, str]] = {
    400: (ErrorCodes.REQUEST_MALFORMED, "The request is malformed."),
    404: (ErrorCodes.NOT_FOUND, "There is nothing at this address."),
    405: (ErrorCodes.METHOD_NOT_ALLOWED, "This address does not take this method: see the header Allow."),
    408: (ErrorCodes.BODY_TOO_SLOW, "The request's body did not arrive in time: send it again."),
    413: (ErrorCodes.BODY_TOO_LARGE, "The request's body is too large: send less at a time."),
    415: (ErrorCodes.MEDIA_TYPE_UNSUPPORTED, "The request's body is of another media type than application/json."),
}


def json_answer(model: msgspec.Struct, *, status: int = 200) -> Response[bytes]:
    """A model as JSON, its decimals as JSON numbers, never to be stored by a cache."""
    headers = {"Cache-Control": "no-store"}
    return Response(_encoder.encode(model), status_code=status, headers=headers, media_type=JSON)


class Door:
    """Words the failures of one service instance."""

    def __init__(self, *, service: str, metadata_url: str, log: Log, docs_url: str = "") -> None:
        self._service = service
        self._metadata_url = metadata_url
        self._log = log
        self._docs_url = docs_url

    @property
    def handler(self) -> Callable[[Request[Any, Any, Any], Exception], Response[bytes]]:
        """`answer` as a plain function: Litestar copies a router deeply, and a bound method's object with it."""
        return lambda request, error: self.answer(request, error)  # noqa: PLW0108 - see above

    def answer(self, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        """The answer to a call that raised `error`."""
        refusal = self._refusal(error)
        self._record(request, refusal, error)
        tell_refused(request.scope, refusal.code)
        headers = {"Cache-Control": "no-store", "Vary": "Accept", **_own_headers(error)}
        if challenge := self._challenge(refusal):
            headers["WWW-Authenticate"] = challenge
        if refusal.retry_after is not None:
            headers["Retry-After"] = str(refusal.retry_after)
        identifier = request_id(request.scope)
        wants_problem = prefers_problem(request.headers.getall("accept", []))
        help_uri = f"{self._docs_url}/docs/errors/{refusal.code}" if self._docs_url else None
        word = _problem if wants_problem else _error_response
        body = word(refusal, identifier, help_uri)
        return Response(
            _encoder.encode(body),
            status_code=refusal.status,
            headers=headers,
            media_type=PROBLEM_JSON if wants_problem else JSON,
        )

    def _refusal(self, error: Exception) -> Refusal:
        if isinstance(error, Refusal):
            return error
        if isinstance(error, DatabaseUnavailable):
            return Unavailable("database")
        if isinstance(error, HTTPException) and error.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            return Unavailable("overload")
        if isinstance(error, HTTPException) and error.status_code < 500:
            code, message = _BY_STATUS.get(error.status_code, _BY_STATUS[400])
            return Refusal(error.status_code, code, message)
        return Refusal(500, ErrorCodes.SERVICE_FAULT, "This is a fault of ours, and was recorded.", detail="fault")

    def _record(self, request: Request[Any, Any, Any], refusal: Refusal, error: Exception) -> None:
        facts = {"service": self._service, "request_id": request_id(request.scope), "detail": refusal.detail}
        if refusal.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self._log.error("call.failed", exc_info=error, **facts)
        elif refusal.detail is not None:
            self._log.info("call.refused", code=refusal.code, **facts)

    def _challenge(self, refusal: Refusal) -> str | None:
        """`WWW-Authenticate` by RFC 6750 section 3 and RFC 9728 section 5.1, for refusals that are about the token."""
        facts = {"realm": REALM}
        if isinstance(refusal, TokenInvalid):
            facts |= {"error": "invalid_token", "error_description": refusal.message}
        elif isinstance(refusal, ScopeMissing):
            facts |= {"error": "insufficient_scope", "error_description": refusal.message, "scope": self._service}
        elif isinstance(refusal, PermissionMissing):
            facts |= {"error": "insufficient_scope", "error_description": refusal.message}
        elif not isinstance(refusal, TokenAbsent):
            return None
        facts["resource_metadata"] = self._metadata_url
        return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in facts.items())


def prefers_problem(accept: list[str]) -> bool:
    """Whether an `Accept` header names `application/problem+json`, and `application/json` with no higher weight."""
    weights = {JSON: 0.0, PROBLEM_JSON: 0.0}
    for element in ",".join(accept).lower().split(","):
        media_type, *parameters = (part.strip() for part in element.split(";"))
        if media_type in weights:
            weights[media_type] = max(weights[media_type], _weight(parameters))
    return weights[PROBLEM_JSON] > 0 and weights[PROBLEM_JSON] >= weights[JSON]


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _own_headers(error: Exception) -> dict[str, str]:
    """Headers that the framework's own exception carries: `Allow` of a 405 (RFC 9110 section 15.5.6)."""
    headers = (error.headers if isinstance(error, HTTPException) else None) or {}
    allow = {name.lower(): value for name, value in headers.items()}.get("allow")
    return {"Allow": allow} if allow else {}


def _error_response(refusal: Refusal, identifier: str, help_uri: str | None) -> ErrorResponse:
    return ErrorResponse(
        error_code=refusal.code, error_message=refusal.message, request_id=identifier, help_uri=help_uri, data=refusal.data
    )


def _problem(refusal: Refusal, identifier: str, help_uri: str | None) -> Problem:
    return Problem(
        type=PROBLEM_TYPE_PREFIX + refusal.code,
        title=HTTPStatus(refusal.status).phrase,
        status=refusal.status,
        detail=refusal.message,
        error_code=refusal.code,
        request_id=identifier,
        help_uri=help_uri,
        data=refusal.data,
    )
