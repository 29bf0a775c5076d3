"""Bearer token → `Caller`, or a refusal (RFC 6750, contract section 6)."""

import re
from collections.abc import Iterable

from powerepos_cloud.accesstoken import MAX_TOKEN_LENGTH, AccessTokenClaims, TokenRefused, UnknownKey, verify
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.resourceserver.caller import Caller, caller_of
from powerepos_cloud.resourceserver.follower import Follower
from powerepos_cloud.resourceserver.jwks import KeyCache, KeysUnavailable
from powerepos_cloud.resourceserver.refusals import ScopeMissing, TokenAbsent, TokenInvalid, Unavailable

_CREDENTIALS = re.compile(rb"([^ \t]+)(?:[ \t]+(.*))?", re.DOTALL)
_COMPACT_JWS = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class Access:
    """The door of one service instance: its own URI, its own service; one per instance, shared by all its endpoints."""

    def __init__(self, *, uri: str, service: str, issuer: str, keys: KeyCache, revocations: Follower, clock: Clock) -> None:
        self.uri = uri
        self.service = service
        self.issuer = issuer
        self._keys = keys
        self._revocations = revocations
        self._clock = clock

    async def admit(self, headers: Iterable[tuple[bytes, bytes]]) -> Caller:
        """The caller whom these request headers (an ASGI scope's `headers`) prove.

        Raises `TokenAbsent`, `TokenInvalid`, `ScopeMissing`, and `Unavailable` while tokens cannot be judged.
        """
        unverified = _bearer_token(headers)
        if fault := self._revocations.fault:
            raise Unavailable(f"revocations.{fault}")
        claims = await self._verify(_well_formed(unverified))
        if reason := self._revocations.map.refusal(claims, self.uri):
            raise TokenInvalid(reason.description, detail=reason.word)
        if self.service not in claims.scope.split(" "):
            raise ScopeMissing(self.service)
        return caller_of(claims, self.service)

    async def _verify(self, unverified: str) -> AccessTokenClaims:
        try:
            keys = self._keys.keys
            try:
                return verify(unverified, keys, issuer=self.issuer, audience=self.uri, now_ms=self._clock.now_ms())
            except UnknownKey:
                keys = await self._keys.keys_after(keys)
                return verify(unverified, keys, issuer=self.issuer, audience=self.uri, now_ms=self._clock.now_ms())
        except KeysUnavailable as error:
            raise Unavailable("keys", retry_after=error.retry_after) from error
        except TokenRefused as error:
            raise TokenInvalid(error.description, detail=error.reason) from error


def _bearer_token(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """What was sent as a token, in the header alone: never in the query or the body (RFC 9700 section 4.3.2)."""
    values = [value for name, value in headers if name == b"authorization"]
    if not values:
        raise TokenAbsent("no Authorization header")
    if len(values) > 1:
        raise TokenInvalid("Send exactly one Authorization header.", detail="header.repeated")
    found = _CREDENTIALS.fullmatch(values[0].strip(b" \t"))
    if found is None or found[1].lower() != b"bearer":
        raise TokenAbsent("another scheme")
    return found[2] or b""


def _well_formed(unverified: bytes) -> str:
    """The token, if it is a JWS in compact form of a bearable length (RFC 7515 section 3.1)."""
    if len(unverified) > MAX_TOKEN_LENGTH:
        raise TokenInvalid(f"The token is longer than {MAX_TOKEN_LENGTH} bytes.", detail="long")
    if _COMPACT_JWS.fullmatch(unverified) is None:
        raise TokenInvalid("The token is not a well-formed JWT.", detail="malformed")
    return unverified.decode("ascii")
