"""The body of every answer of Partner Services that is no success."""

from typing import Any, Final

import msgspec

from powerepos.contract.naming import vendor_name

PROBLEM_TYPE_PREFIX: Final = "tag:powerepos.cloud,2025:error/"
"""With `Accept: application/problem+json`, `type` is this and the `errorCode` (RFC 9457 section 3.1.1; it names, it does
not resolve)."""


class ErrorResponse(msgspec.Struct, rename=vendor_name, kw_only=True):
    """What went wrong. `data` holds more where an endpoint says so, else null."""

    error_code: str
    """Stable, for programs; the common ones are in `ErrorCodes`."""
    error_message: str
    """For people: cause and cure. Its words may change."""
    request_id: str
    """The answer's `X-Request-ID`; quote it when you ask for help."""
    help_uri: str | None = None
    """The page about this code: what it means and how to mend it."""
    data: Any = None


class Problem(msgspec.Struct, rename=vendor_name, kw_only=True):
    """The same facts as `ErrorResponse`, by RFC 9457; media type `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    error_code: str
    request_id: str
    help_uri: str | None = None
    data: Any = None


class ErrorCodes:
    """Codes that any endpoint may answer with."""

    REQUEST_MALFORMED: Final = "request.malformed"
    """400: mend the request before it is sent again."""
    TOKEN_ABSENT: Final = "token.absent"
    """401: no bearer token was sent."""
    TOKEN_INVALID: Final = "token.invalid"
    """401: the token is not for here, or no longer works: refresh it, and read `svc` again."""
    SCOPE_MISSING: Final = "scope.missing"
    """403: the token is for another service."""
    PERMISSION_MISSING: Final = "permission.missing"
    """403: the organisation has not granted what this needs."""
    NOT_FOUND: Final = "resource.not_found"
    """404: there is nothing at this address."""
    METHOD_NOT_ALLOWED: Final = "method.not_allowed"
    """405: the header `Allow` names the methods."""
    BODY_TOO_SLOW: Final = "body.too_slow"
    """408: the body did not arrive in time; send it again."""
    BODY_TOO_LARGE: Final = "body.too_large"
    """413: send less at a time."""
    MEDIA_TYPE_UNSUPPORTED: Final = "media_type.unsupported"
    """415: send `application/json`."""
    SERVICE_FAULT: Final = "service.fault"
    """500: our fault, and recorded; a batch can be sent again as it is."""
    SERVICE_UNAVAILABLE: Final = "service.unavailable"
    """503: wait for `Retry-After` seconds, then send the same again."""
