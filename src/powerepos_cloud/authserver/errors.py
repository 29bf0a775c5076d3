"""Refusals of the AuthServer, by RFC 6749 section 5.2. Each has a text that is sent and a reason that is only logged."""

import msgspec


class OAuthError(Exception):
    """A refusal. `description` is ASCII without `"` and `\\` and echoes nothing that was sent (RFC 6749 section 5.2)."""

    status = 400
    error = "invalid_request"

    def __init__(self, description: str, reason: str, *, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.description = description
        self.reason = reason
        self.retry_after = retry_after
        self.allow: str | None = None
        self.client_id: str | None = None  # once the client is proved


class InvalidRequest(OAuthError):
    """Malformed: a parameter is missing, repeated or too long, or the body is no form."""


class InvalidClient(OAuthError):
    """Client authentication failed; one text for every cause."""

    status = 401
    error = "invalid_client"

    def __init__(self, reason: str) -> None:
        super().__init__(
            "Client authentication failed: check client_id and client_secret; send them in the body or by HTTP Basic.",
            reason,
        )


class InvalidGrant(OAuthError):
    """The credentials or the refresh token are not accepted."""

    error = "invalid_grant"


class UnauthorizedClient(OAuthError):
    """The client, proved, may not do this, or not now."""

    error = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    """No such grant here."""

    error = "unsupported_grant_type"


class InvalidScope(OAuthError):
    """The scope is missing, unknown, or more than may be granted."""

    error = "invalid_scope"


class TooManyFailures(OAuthError):
    """A 429 in place of a refusal (our extension of the error codes)."""

    status = 429
    error = "temporarily_unavailable"

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "Too many failed attempts: wait as Retry-After says. A right request is answered always.",
            "throttled",
            retry_after=retry_after,
        )


class Unavailable(OAuthError):
    """A fault of ours that passes: never invalid_grant, on which clients throw their refresh token away."""

    status = 503
    error = "temporarily_unavailable"

    def __init__(self, reason: str) -> None:
        super().__init__("The AuthServer cannot answer just now: send the same request again.", reason, retry_after=2)


class ServerError(OAuthError):
    """A fault of ours that somebody must mend."""

    status = 500
    error = "server_error"

    def __init__(self, reason: str) -> None:
        super().__init__("A fault on our side: send the same request again, and tell us its X-Request-ID.", reason)


class ErrorBody(msgspec.Struct, frozen=True):
    """The JSON body of a refusal."""

    error: str
    error_description: str
    error_uri: str


def answer(refusal: OAuthError, docs_url: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of a refusal; `docs_url` is where the error pages begin."""
    body = msgspec.json.encode(ErrorBody(refusal.error, refusal.description, f"{docs_url}/docs/errors/{refusal.error}"))
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"pragma", b"no-cache"),
        (b"content-length", str(len(body)).encode()),
    ]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b'Basic realm="PowerEPOS"'))
    if refusal.retry_after is not None:
        headers.append((b"retry-after", str(refusal.retry_after).encode()))
    if refusal.allow is not None:
        headers.append((b"allow", refusal.allow.encode()))
    return refusal.status, headers, body
