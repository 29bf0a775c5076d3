"""Client authentication (RFC 6749 section 2.3, RFC 7523): secret in the body, secret by HTTP Basic, or signed assertion."""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import unquote_to_bytes

from powerepos_cloud.authserver import store
from powerepos_cloud.authserver.assertions import (
    LEEWAY_SECONDS,
    AssertionClaims,
    AssertionHeader,
    check_claims,
    check_signature,
    read_unverified,
)
from powerepos_cloud.authserver.errors import InvalidClient, InvalidRequest, UnauthorizedClient
from powerepos_cloud.authserver.throttle import Throttle
from powerepos_cloud.directory import rights
from powerepos_cloud.directory.rights import ProvedClient
from powerepos_cloud.directory.rules import is_id
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database
from powerepos_cloud.foundation.secrets import SecretKind, is_well_formed
from powerepos_cloud.keyring.ring import KeyRing

METHODS = ("client_secret_post", "client_secret_basic", "private_key_jwt")
PARAMETERS = {"client_id": 256, "client_secret": 256, "client_assertion_type": 256, "client_assertion": 4096}


class ClientAuthentication:
    """Proves which client calls. A failure tells one text, whatever its cause, and counts towards the limits."""

    def __init__(self, database: Database, ring: KeyRing, clock: Clock, throttle: Throttle, issuer: str) -> None:
        self._database = database
        self._ring = ring
        self._clock = clock
        self._throttle = throttle
        self._issuer = issuer

    async def authenticate(self, headers: Sequence[tuple[bytes, bytes]], form: Mapping[str, str], source: str) -> ProvedClient:
        """The client. Raises `InvalidClient`, `TooManyFailures`, `InvalidRequest`, `UnauthorizedClient` (switched off)."""
        authorization = [value for name, value in headers if name == b"authorization"]
        by_basic = len(authorization) == 1 and authorization[0][:6].lower() == b"basic "
        if sum((by_basic, "client_secret" in form, "client_assertion" in form)) > 1:
            raise InvalidRequest(
                "Two ways of client authentication at once: send client_secret, HTTP Basic or client_assertion, one only.",
                "two_client_authentications",
            )
        claimed_id = form.get("client_id", "")
        try:
            if authorization and not by_basic:
                raise InvalidClient("authorization_scheme")
            if "client_assertion" in form:
                header, unverified = read_unverified(form)
                claimed_id = unverified.sub
                client = await self._by_assertion(form, header, unverified)
            else:
                claimed_id, secret = _basic(authorization, form) if authorization else _in_body(form)
                client = await self._by_secret(claimed_id, secret)
        except InvalidClient as refusal:
            raise self._throttle.client_failed(source, claimed_id, refusal) from None
        self._throttle.client_succeeded(source, client.id)
        if not client.is_on:
            switched_off = UnauthorizedClient("This client is switched off: ask PowerEPOS support.", "client_off")
            switched_off.client_id = client.id
            raise switched_off
        return client

    async def _by_secret(self, client_id: str, secret: str) -> ProvedClient:
        if not is_well_formed(SecretKind.CLIENT_SECRET, secret):
            raise InvalidClient("client_secret_malformed")
        now = self._clock.now_ms()
        for secret_hash in self._ring.keys.hashes(SecretKind.CLIENT_SECRET, secret):
            client = await rights.client_by_secret(self._database.reader, client_id, secret_hash, now)
            if client is not None:
                return client
        raise InvalidClient("client_unknown_or_secret_wrong")

    async def _by_assertion(self, form: Mapping[str, str], header: AssertionHeader, unverified: AssertionClaims) -> ProvedClient:
        if "client_id" in form and form["client_id"] != unverified.sub:
            raise InvalidClient("client_id_unequal")
        if not is_id(unverified.sub):
            raise InvalidClient("assertion_sub")
        client, jwks = await rights.client_keys(self._database.reader, unverified.sub) or (None, None)
        if client is None or jwks is None:
            raise InvalidClient("client_unknown_or_without_keys")
        check_signature(form["client_assertion"], header, jwks)
        # Verified: what was decoded above is what was signed.
        check_claims(unverified, client.id, self._issuer, self._clock.now_ms())
        await self._claim_jti(client.id, unverified)
        return client

    async def _claim_jti(self, client_id: str, claims: AssertionClaims) -> None:
        jti_hash = hashlib.sha256(claims.jti.encode()).digest()
        keep_until = int((claims.exp + LEEWAY_SECONDS) * 1000)
        if not await self._database.write(lambda session: store.take_assertion(session, client_id, jti_hash, keep_until)):
            raise InvalidClient("assertion_replayed")


def _in_body(form: Mapping[str, str]) -> tuple[str, str]:
    if "client_id" not in form or "client_secret" not in form:
        raise InvalidClient("client_authentication_absent")
    return form["client_id"], form["client_secret"]


def _basic(authorization: Sequence[bytes], form: Mapping[str, str]) -> tuple[str, str]:
    """ClientID and secret by HTTP Basic, each form-encoded first (RFC 6749 section 2.3.1)."""
    client_id, secret = read_basic(authorization)
    if form.get("client_id", client_id) != client_id:
        raise InvalidClient("client_id_unequal")
    return client_id, secret


def read_basic(authorization: Sequence[bytes]) -> tuple[str, str]:
    """User and password of the only `Authorization: Basic` header, form-decoded. Raises `InvalidClient`."""
    if len(authorization) != 1:
        raise InvalidClient("authorization_absent")
    scheme, _, encoded = authorization[0].partition(b" ")
    if scheme.lower() != b"basic":
        raise InvalidClient("authorization_scheme")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        if not colon:
            raise InvalidClient("basic_malformed")
        return _form_decoded(user), _form_decoded(password)
    except (binascii.Error, ValueError) as error:
        raise InvalidClient("basic_malformed") from error


def _form_decoded(raw: bytes) -> str:
    decoded = unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    if "\0" in decoded:
        raise ValueError("a NUL character, which PostgreSQL refuses in text")
    return decoded
