"""What the hallway knows of a request before any room sees it."""

from collections.abc import Callable
from typing import Any

import msgspec


class RequestFacts(msgspec.Struct, frozen=True):
    """`source` is the peer's address, or what a trusted proxy says; `agent` the User-Agent, cut to 200 characters."""

    request_id: str
    source: str
    agent: str
    client_request_id: str | None = None


_KEY = "powerepos.facts"


def put_facts(scope: Any, facts: RequestFacts) -> None:
    """Attach the facts to the ASGI scope."""
    scope[_KEY] = facts


def facts_of(scope: Any) -> RequestFacts:
    """The facts that the hallway attached to this ASGI scope."""
    facts: RequestFacts = scope[_KEY]
    return facts


def request_id(scope: Any) -> str:
    """The request's ID, as the answer's `X-Request-ID` will tell it."""
    return facts_of(scope).request_id


_REFUSED = "powerepos.refused"


def tell_refused(scope: Any, code: str) -> None:
    """Leave word of the error code that a call is answered with."""
    scope[_REFUSED] = code


def refused_with(scope: Any) -> str | None:
    """The error code that a call was answered with, None if it was not refused."""
    code: str | None = scope.get(_REFUSED)
    return code


_ANSWERED = "powerepos.answered"


def on_answered(scope: Any, deed: Callable[[int], None]) -> None:
    """Run `deed(status)` once the answer has been sent; a room notes there what it must not make the caller wait for."""
    scope[_ANSWERED] = deed


def tell_answered(scope: Any, status: int) -> None:
    """Run what a room left for the time after the answer. The hallway calls this."""
    deed: Callable[[int], None] | None = scope.get(_ANSWERED)
    if deed is not None:
        deed(status)
