"""POST /authorisation/introspect (RFC 7662), by instance credential: only the instance that a token is for learns of it."""

from typing import Any

import msgspec

from powerepos_cloud.accesstoken import TokenRefused, verify
from powerepos_cloud.authserver.grants.issue import required
from powerepos_cloud.authserver.instances import InstanceAuthentication
from powerepos_cloud.directory import revocations
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database
from powerepos_cloud.http.facts import RequestFacts
from powerepos_cloud.keyring.ring import KeyRing
from powerepos_cloud.resourceserver.feed import FeedEntry
from powerepos_cloud.resourceserver.revocations import RevocationMap

PARAMETERS = {"token": 8192, "token_type_hint": 256}


class Introspection:
    """Answers from the database, so it is never behind the feed."""

    def __init__(self, database: Database, ring: KeyRing, clock: Clock, instances: InstanceAuthentication, issuer: str) -> None:
        self._database = database
        self._ring = ring
        self._clock = clock
        self._instances = instances
        self._issuer = issuer

    async def introspect(self, headers: Any, form: dict[str, str], facts: RequestFacts) -> dict[str, Any]:
        """`{"active": false}`, or the token's claims. Raises `OAuthError`."""
        uri = await self._instances.authenticate(headers, facts.source)
        (token,) = required(form, "token")
        now = self._clock.now_ms()
        try:
            claims = await self._ring.verified(lambda keys: verify(token, keys, issuer=self._issuer, audience=uri, now_ms=now))
        except TokenRefused:
            return {"active": False}
        concerning = RevocationMap()
        entries = await revocations.concerning(self._database.reader, claims)
        concerning.apply(msgspec.convert(entries, list[FeedEntry], from_attributes=True))
        if concerning.refusal(claims, uri) is not None:
            return {"active": False}
        return {"active": True, "token_type": "Bearer"} | {name: getattr(claims, name) for name in claims.__struct_fields__}
