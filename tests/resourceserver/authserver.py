"""A small AuthServer for the tests of those who rely on it: keys, tokens, and a feed by the rules of the contract."""

import asyncio
import contextlib
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

ISSUER = "https://auth.example.test"
URI = "https://ps.example.test/"
ROS_URI = "https://ps.example.test/ros/"
KAPOW = "0b9d6f0e-8a61-4f0c-9a3e-5a3c1d2e4f50"
OUTLET = "5f1c8f5a-0c4e-4a63-8b1f-6f2f4d1c9a01"


def base64url(data: bytes) -> str:
    """Without padding (RFC 7515 section 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class Keys:
    """Two signing keys, one per algorithm that services accept."""

    def __init__(self) -> None:
        self.es256 = ECKey.generate_key("P-256", {"kid": "es", "alg": "ES256", "use": "sig"})
        self.rs256 = RSAKey.generate_key(2048, {"kid": "rs", "alg": "RS256", "use": "sig"})

    def jwks(self) -> dict[str, Any]:
        """The public halves."""
        return {"keys": [self.es256.as_dict(private=False), self.rs256.as_dict(private=False)]}

    def sign(self, claims: Mapping[str, Any] | bytes, header: Mapping[str, Any] | None = None, **changed: Any) -> str:
        """A token with this payload; `changed` overrides the header. Signed with the key that fits `alg`."""
        full = {"alg": "ES256", "typ": "at+jwt", "kid": "es", **(header or {}), **changed}
        full = {name: value for name, value in full.items() if value is not None}
        key = self.rs256 if full["alg"] == "RS256" else self.es256
        payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        return jws.serialize_compact(full, payload, key, algorithms=[full["alg"]])

    def sign_raw(self, header: bytes, payload: bytes) -> str:
        """A token whose parts are these bytes, whatever they are, with a right ES256 signature."""
        signing_input = f"{base64url(header)}.{base64url(payload)}"
        signature = jws.serialize_compact({"alg": "ES256"}, b"", self.es256)  # proves that the key works
        assert signature
        model = jws.JWSRegistry().get_alg("ES256")
        return f"{signing_input}.{base64url(model.sign(signing_input.encode(), self.es256))}"


def claims(now_ms: int | None = None, **changed: Any) -> dict[str, Any]:
    """Claims of a token that is good for another hour; a claim changed to `...` is left out."""
    now = (time.time_ns() // 1_000_000 if now_ms is None else now_ms) // 1000
    full = {
        "iss": ISSUER,
        "exp": now + 3600,
        "iat": now,
        "jti": "01920000-0000-7000-8000-000000000001",
        "aud": URI,
        "svc": URI,
        "sub": "svc-demo",
        "user_id": "svc-demo",
        "client_id": "clientone",
        "scope": "partnerservices",
        "org_id": "DEMO-CAFE",
        "kapow": KAPOW,
        "root_nodes": [KAPOW],
        "pga": ["Partner Sales (Submit)"],
        "sid": "01920000-0000-7000-8000-00000000000a",
        "rev": 10,
        **changed,
    }
    return {name: value for name, value in full.items() if value is not ...}


def ros_claims(now_ms: int | None = None, **changed: Any) -> dict[str, Any]:
    """Claims of a `client_credentials` token for the remote order server."""
    names = {"aud": ROS_URI, "svc": ROS_URI, "scope": "ros", "sub": "clientone", "user_id": "clientone", "pga": []}
    return claims(now_ms, **{**names, **changed})


class Gone(Exception):
    """What the feed's function raises where its endpoint would answer 410."""


class Feed:
    """The feed's entries and its rules, in memory: `read` is what the AuthServer's function does."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.counter = 0
        self.oldest = 0  # what was written up to here has been let go of
        self.away = False
        self.reads: list[int] = []
        self._news = asyncio.Condition()

    async def add(self, kind: str, state: str, identifier: str | None = None, **names: str) -> int:
        """Write an entry; its number."""
        async with self._news:
            self.counter += 1
            self.entries.append({"n": self.counter, "kind": kind, "state": state, "id": identifier, **names})
            self._news.notify_all()
        return self.counter

    def forget(self, up_to: int) -> None:
        """Let go of old entries, as housekeeping does."""
        self.oldest = up_to
        self.entries = [entry for entry in self.entries if entry["n"] > up_to]

    async def read(self, after: int, wait_seconds: float, limit: int) -> dict[str, Any]:
        """One page."""
        self.reads.append(after)
        if self.away:
            raise ConnectionError("the directory is away")
        if after > self.counter or 0 < after < self.oldest:
            raise Gone
        if wait_seconds and after == self.counter:
            async with self._news:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait_for(lambda: self.counter > after), wait_seconds)
        found = [entry for entry in self.entries if entry["n"] > after]
        page = found[:limit]
        more = len(found) > len(page)
        return {"next": page[-1]["n"] if more else self.counter, "more": more, "entries": page}
