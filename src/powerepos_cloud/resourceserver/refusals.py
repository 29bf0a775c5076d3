"""Why a call is not answered as it asked: facts, which the door (`errors.py`) puts into words of HTTP."""

from collections.abc import Sequence
from typing import Any

from powerepos.contract.errors import ErrorCodes


class Refusal(Exception):
    """A call refused. `message` and `data` are meant to be sent, `detail` is only logged.

    `code` is the `errorCode`, such as `outlet.forbidden`; `retry_after` is in seconds.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        detail: str | None = None,
        data: Any = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.data = data
        self.retry_after = retry_after


class TokenAbsent(Refusal):
    """No bearer token was sent; the challenge names no error (RFC 6750 section 3.1)."""

    def __init__(self, detail: str) -> None:
        super().__init__(401, ErrorCodes.TOKEN_ABSENT, "Send an access token: Authorization: Bearer <token>.", detail=detail)


class TokenInvalid(Refusal):
    """`invalid_token` of RFC 6750 section 3.1: not ours, not for this instance, expired, revoked."""

    def __init__(self, message: str, *, detail: str) -> None:
        super().__init__(401, ErrorCodes.TOKEN_INVALID, message, detail=detail)


class ScopeMissing(Refusal):
    """`insufficient_scope` of RFC 6750 section 3.1: the token is for another service."""

    def __init__(self, scope: str) -> None:
        super().__init__(403, ErrorCodes.SCOPE_MISSING, f"The token lacks the scope {scope}.", detail="scope")


class PermissionMissing(Refusal):
    """`insufficient_scope` of RFC 6750 section 3.1: none of the permissions that open this is granted."""

    def __init__(self, any_of: Sequence[str]) -> None:
        wanted = any_of[0] if len(any_of) == 1 else f"one of {', '.join(any_of)}"
        super().__init__(
            403, ErrorCodes.PERMISSION_MISSING, f"The permission is missing: this needs {wanted}.", detail="permission"
        )


class Unavailable(Refusal):
    """Not now, through no fault of the caller; the same call can be sent again as it is."""

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(
            503,
            ErrorCodes.SERVICE_UNAVAILABLE,
            "The service cannot answer just now: send the same request again.",
            detail=detail,
            retry_after=retry_after,
        )
