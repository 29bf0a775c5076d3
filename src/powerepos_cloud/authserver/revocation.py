"""POST /authorisation/revoke (RFC 7009): either kind of token ends its whole grant."""

from typing import Any

from powerepos_cloud.accesstoken import AccessTokenClaims, TokenRefused, verified_claims
from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.authserver import store
from powerepos_cloud.authserver.client_auth import PARAMETERS as CLIENT_PARAMETERS
from powerepos_cloud.authserver.client_auth import ClientAuthentication
from powerepos_cloud.authserver.grants.issue import Tools, required
from powerepos_cloud.authserver.store import Family
from powerepos_cloud.directory import revocations
from powerepos_cloud.directory.rights import ProvedClient
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.secrets import SecretKind, is_well_formed
from powerepos_cloud.http.facts import RequestFacts

PARAMETERS = {**CLIENT_PARAMETERS, "token": 8192, "token_type_hint": 256}


class Revocation:
    """Ends grants at their client's wish. An unknown token, or another client's, changes nothing and is told alike."""

    def __init__(self, tools: Tools, clients: ClientAuthentication) -> None:
        self._tools = tools
        self._clients = clients

    async def revoke(self, headers: Any, form: dict[str, str], facts: RequestFacts) -> None:
        """Raises `OAuthError` for a client that is not proved or a form without `token`; else the deed is durable."""
        client = await self._clients.authenticate(headers, form, facts.source)
        (token,) = required(form, "token")
        if is_well_formed(SecretKind.REFRESH_TOKEN, token):
            family = await self._family_of(token)
            if family is not None and family.client_id == client.id:
                await self._end(client, family.id, family.rights.kapow, facts)
        else:
            claims = await self._claims_of(token)
            if claims is not None and claims.client_id == client.id:
                await self._end(client, claims.sid, claims.kapow, facts)

    async def _family_of(self, token: str) -> Family | None:
        reader = self._tools.database.reader
        for token_hash in self._tools.ring.keys.hashes(SecretKind.REFRESH_TOKEN, token):
            family = await store.family_by_current(reader, token_hash)
            if family is None:
                family, _ = await store.family_by_superseded(reader, token_hash) or (None, None)
            if family is not None:
                return family
        return None

    async def _claims_of(self, token: str) -> AccessTokenClaims | None:
        try:
            return await self._tools.ring.verified(lambda keys: verified_claims(token, keys))
        except TokenRefused:
            return None

    async def _end(self, client: ProvedClient, grant_id: str, kapow: str, facts: RequestFacts) -> None:
        now = self._tools.clock.now_ms()

        async def unit(session: Session) -> None:
            # A grant without a refresh token has no row: then the feed tells whether it was revoked before.
            if not await store.end_family(session, grant_id, "revoked", "by_client"):
                await revocations.hold(session)
                if await revocations.is_grant_refused(session, grant_id):
                    return
            await record(
                session,
                now,
                Actor("client", client.id, facts.source, facts.request_id),
                "grant.revoked",
                ("grant", grant_id),
                kapow=kapow,
                client_id=client.id,
            )
            await revocations.publish(session, now, [revocations.refused_grant(grant_id, client.id)])

        await self._tools.database.write(unit)
