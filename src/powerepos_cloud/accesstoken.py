"""Access tokens: JWTs by RFC 9068, minted by hand (one function, checked by three libraries), verified by joserfc.

Header `typ` is `at+jwt`, `alg` ES256 or RS256 (RFC 7518 section 3.1). `aud` is one string: the instance's URI.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

ALGORITHMS = ("ES256", "RS256")
TYPE = "at+jwt"
LEEWAY_SECONDS = 60
MAX_TOKEN_LENGTH = 8192


class AccessTokenClaims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says (contract section 4). Instants are seconds since the epoch."""

    iss: str
    exp: int
    iat: int
    jti: str
    aud: str
    svc: str
    sub: str
    user_id: str
    client_id: str
    scope: str
    org_id: str
    kapow: str
    root_nodes: list[str]
    pga: list[str]
    sid: str
    rev: int


class Signer(msgspec.Struct, frozen=True):
    """A signing key ready for use: its header already encoded, `sign` giving the raw signature of RFC 7515."""

    kid: str
    alg: str
    header: bytes
    sign: Callable[[bytes], bytes]


class TokenRefused(Exception):
    """A token that is not accepted. `reason` is a word for the log, `description` is meant to be sent."""

    def __init__(self, reason: str, description: str) -> None:
        super().__init__(description)
        self.reason = reason
        self.description = description


class UnknownKey(TokenRefused):
    """The token names a key that the key set does not hold; the set may be out of date."""

    def __init__(self, kid: str) -> None:
        super().__init__("key_unknown", "The token was signed with a key that the AuthServer does not publish.")
        self.kid = kid


def encode_header(kid: str, alg: str) -> bytes:
    """The token's first part."""
    return _base64url(msgspec.json.encode({"alg": alg, "typ": TYPE, "kid": kid}))


def mint(signer: Signer, claims: AccessTokenClaims) -> str:
    """A signed token (RFC 7515 compact serialisation)."""
    signing_input = signer.header + b"." + _base64url(msgspec.json.encode(claims))
    return (signing_input + b"." + _base64url(signer.sign(signing_input))).decode()


class PublicKeys:
    """Keys that a token's signature is checked with, by `kid`, parsed once.

    `PublicKeys.from_jwks(document)` takes a JWKS as `json.loads` gives it; keys of other kinds are passed over.
    """

    def __init__(self, keys: Mapping[str, tuple[str, ECKey | RSAKey]]) -> None:
        self._keys = dict(keys)

    @classmethod
    def from_jwks(cls, document: Mapping[str, Any]) -> "PublicKeys":
        keys: dict[str, tuple[str, ECKey | RSAKey]] = {}
        for jwk in document.get("keys", ()):
            alg, kid = jwk.get("alg"), jwk.get("kid")
            if alg == "ES256" and kid:
                keys[kid] = (alg, ECKey.import_key(jwk))
            elif alg == "RS256" and kid:
                keys[kid] = (alg, RSAKey.import_key(jwk))
        return cls(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, kid: str) -> tuple[str, ECKey | RSAKey]:
        """The key's only algorithm, and the key. Raises `UnknownKey`."""
        try:
            return self._keys[kid]
        except KeyError:
            raise UnknownKey(kid) from None


class _Header(msgspec.Struct):
    alg: str
    kid: str
    typ: str = ""
    crit: Any = msgspec.UNSET  # whatever it is, null included: joserfc fails on what is no list


_header_decoder = msgspec.json.Decoder(_Header)
_claims_decoder = msgspec.json.Decoder(AccessTokenClaims)

_MALFORMED = "The token is not a well-formed JWT."


def verify(token: str, keys: PublicKeys, *, issuer: str, audience: str, now_ms: int) -> AccessTokenClaims:
    """The claims of a token that `issuer` signed for `audience` and that has not expired (60 s leeway).

    Raises `UnknownKey`, else `TokenRefused`.
    """
    claims = verified_claims(token, keys)
    _check_claims(claims, issuer, audience, now_ms)
    return claims


def verified_claims(token: str, keys: PublicKeys) -> AccessTokenClaims:
    """The claims of an access token that one of `keys` signed, for whom and until when it may be.

    The key decides the algorithm, never the token; `jku`, `x5u` and `jwk` in its header are not read.
    Raises `UnknownKey`, else `TokenRefused`.
    """
    unverified = _unverified_header(token)
    if unverified.typ.lower() not in (TYPE, f"application/{TYPE}"):
        raise TokenRefused("typ", f"The token is not an access token: its typ must be {TYPE}.")
    if unverified.crit is not msgspec.UNSET:
        raise TokenRefused("crit", "The token has critical header parameters that are not understood.")
    alg, key = keys.find(unverified.kid)
    if unverified.alg != alg:
        raise TokenRefused("alg", "The token's alg is not that of its key.")
    try:
        payload = jws.deserialize_compact(token, key, algorithms=[alg]).payload
    except (JoseError, ValueError, RecursionError) as error:
        raise TokenRefused("signature", "The token's signature is wrong.") from error
    try:
        return _claims_decoder.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise TokenRefused("claims", "The token lacks a claim, or one has a wrong type.") from error


def _check_claims(claims: AccessTokenClaims, issuer: str, audience: str, now_ms: int) -> None:
    if claims.iss != issuer:
        raise TokenRefused("iss", "The token was issued by another AuthServer.")
    if claims.aud != audience or claims.svc != audience:
        raise TokenRefused("aud", "The token is for another service: call the address in its svc claim.")
    if claims.exp + LEEWAY_SECONDS <= now_ms // 1000:
        raise TokenRefused("expired", "The token has expired: refresh it, and read svc again.")


def _unverified_header(token: str) -> _Header:
    parts = token.split(".")
    if len(token) > MAX_TOKEN_LENGTH or len(parts) != 3 or not all(parts):
        raise TokenRefused("malformed", _MALFORMED)
    try:
        return _header_decoder.decode(base64.b64decode(parts[0] + "=" * (-len(parts[0]) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise TokenRefused("malformed", _MALFORMED) from error


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
