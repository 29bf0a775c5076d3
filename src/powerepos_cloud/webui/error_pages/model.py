"""The shape of an error's page. Every text is for a partner's developer; what stands between backticks is shown as code."""

from http import HTTPStatus
from typing import Any

import msgspec

AUTHSERVER = "AuthServer"
PARTNERSERVICES = "Partner Services"
CHALLENGE = "WWW-Authenticate"

NOT_AS_IT_IS = "Not as it is"
AS_IT_IS = "As it is, after a wait"


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One cause and its cure. `says` are the texts that are sent for it, `…` standing for what varies.

    `part` is the part of the request that it is about: a grant, an endpoint; empty if it can be any.
    """

    title: str
    why: str
    cure: str
    says: tuple[str, ...] = ()
    part: str = ""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it arrives, without the headers that every answer has."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: dict[str, Any]

    @property
    def phrase(self) -> str:
        """The status in words, as it stands in the first line."""
        return HTTPStatus(self.status).phrase


class ErrorPage(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said about one error code. `summary` is one line for the index.

    `one_text` is the text of an error that always has the same; `refresh_token` says what becomes of that token.
    """

    code: str
    sender: str
    statuses: tuple[int, ...]
    summary: str
    meaning: tuple[str, ...]
    again: str
    causes: tuple[Cause, ...]
    example: Example
    one_text: str = ""
    refresh_token: str = ""
    related: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The address of the page."""
        return f"/docs/errors/{self.code}"


def oauth_example(error: str, description: str, status: int = 400, *headers: tuple[str, str]) -> Example:
    """An answer of the AuthServer (RFC 6749 section 5.2); the page fills in `error_uri`."""
    return Example(
        status=status,
        headers=(*headers, ("Content-Type", "application/json"), ("Cache-Control", "no-store")),
        body={"error": error, "error_description": description},
    )


def service_example(status: int, code: str, message: str, *headers: tuple[str, str]) -> Example:
    """An answer of Partner Services: an `ErrorResponse`."""
    return Example(
        status=status,
        headers=(*headers, ("Content-Type", "application/json"), ("Cache-Control", "no-store")),
        body={
            "errorCode": code,
            "errorMessage": message,
            "requestID": "019ab3f0-6a52-7c41-9d0e-2f7a5b8c1d34",
            "helpURI": f"https://auth.example/docs/errors/{code}",
            "data": None,
        },
    )
