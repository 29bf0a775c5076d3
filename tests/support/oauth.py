"""What every refusal of the AuthServer must look like, whatever its cause (contract section 3, RFC 6749 section 5.2)."""

import asyncio
import ipaddress
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from powerepos_cloud.foundation.clock import Clock
from tests.support.application import Running, running, settings_for
from tests.support.world import ISSUER

# RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E
_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")
_REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


PROXY = "192.0.2.1"


@asynccontextmanager
async def roaming(directory_url: str, partnerservices_url: str, clock: Clock) -> AsyncIterator[Running]:
    """The application, each request coming from another address, so that no limit on failures fills."""
    numbers = itertools.count(int(ipaddress.IPv4Address("198.18.0.0")))

    async def from_elsewhere(request: httpx.Request) -> None:
        request.headers["x-forwarded-for"] = str(ipaddress.IPv4Address(next(numbers)))

    settings = settings_for(directory_url, partnerservices_url, trusted_proxies=PROXY)
    async with running(settings, clock, source=PROXY) as app:
        app.http.event_hooks = {"request": [from_elsewhere]}
        async with asyncio.timeout(10):  # until the revocations were read, services answer 503 to every token
            while (await app.http.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.01)
        yield app


def assert_refused(answer: httpx.Response, status: int, error: str, *, says: str = "") -> dict[str, Any]:
    """Check a refusal, headers and all; `says` must stand in its description. Its body."""
    sent = (answer.request.method, dict(answer.request.headers), answer.request.content)
    assert (answer.status_code, answer.json().get("error")) == (status, error), (sent, answer.text)
    return assert_well_worded(answer, says=says)


def assert_well_worded(answer: httpx.Response, *, says: str = "") -> dict[str, Any]:
    """Check that a refusal, of whatever status, keeps the contract's form. Its body."""
    assert 400 <= answer.status_code < 500 or answer.status_code == 503, answer.text
    body: dict[str, Any] = answer.json()
    assert set(body) == {"error", "error_description", "error_uri"}, body
    assert _DESCRIPTION.fullmatch(body["error_description"]), body
    assert says in body["error_description"], body
    assert body["error_uri"] == f"{ISSUER}/docs/errors/{body['error']}"
    headers = answer.headers
    assert headers.get_list("content-type") == ["application/json"]
    assert headers.get_list("cache-control") == ["no-store"]
    assert headers.get_list("pragma") == ["no-cache"]
    assert headers.get_list("content-length") == [str(len(answer.content))]
    assert _REQUEST_ID.fullmatch(headers["x-request-id"])
    challenge = ['Basic realm="PowerEPOS"'] if answer.status_code == 401 else []
    assert headers.get_list("www-authenticate") == challenge
    must_wait = answer.status_code in (429, 503)
    assert must_wait == ("retry-after" in headers)
    assert must_wait == (body["error"] == "temporarily_unavailable")
    assert not must_wait or int(headers["retry-after"]) >= 1
    assert ("allow" in headers) == (answer.status_code == 405)
    return body
