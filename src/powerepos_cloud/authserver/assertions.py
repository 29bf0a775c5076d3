"""Signed assertions by which a client proves itself: `private_key_jwt` (RFC 7523 sections 2.2 and 3)."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from powerepos_cloud.authserver.errors import InvalidClient

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS = {"EC": ("ES256",), "RSA": ("PS256", "RS256"), "OKP": ("EdDSA",)}
LEEWAY_SECONDS = 60

_LONGEST_SECONDS = 300
_KEY_TYPES: dict[str, type[ECKey | RSAKey | OKPKey]] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}


class AssertionHeader(msgspec.Struct):
    """What of an assertion's header is read; the rest is ignored (RFC 7515 section 4)."""

    alg: str
    kid: str | None = None
    crit: Any = msgspec.UNSET  # whatever it is, null included: joserfc fails on what is no list


class AssertionClaims(msgspec.Struct):
    """What of its claims is read. Instants are seconds since the epoch; `aud` must be one string."""

    iss: str
    sub: str
    aud: str
    exp: int | float
    jti: str
    nbf: int | float = 0


class _Registry(jws.JWSRegistry):
    """Ignores header parameters that it does not know, certificates among them; the form has limited the length already."""

    max_header_length = 4096

    def __init__(self, alg: str) -> None:
        super().__init__(algorithms=[alg], strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        # As its parent does, without a warning in the log for each EdDSA: RFC 9864 renames it, partners use it all the same.
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError(f"Algorithm of '{name}' is not allowed")
        return self.algorithms[name]


def read_unverified(form: Mapping[str, str]) -> tuple[AssertionHeader, AssertionClaims]:
    """Header and claims as sent; to be believed only after the signature was checked. Raises `InvalidClient`."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidClient("assertion_type")
    try:
        parts = [_base64url_decoded(part) for part in form["client_assertion"].split(".")]
        header, claims, _ = parts
        return (
            msgspec.json.decode(header, type=AssertionHeader),
            msgspec.json.decode(claims, type=AssertionClaims),
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise InvalidClient("assertion_malformed") from error


def check_signature(assertion: str, header: AssertionHeader, jwks: str) -> None:
    """Check it by the key of this `kid`, else by the first key for this `alg`. Raises `InvalidClient`."""
    if header.crit is not msgspec.UNSET:
        raise InvalidClient("assertion_crit")
    for jwk in msgspec.json.decode(jwks)["keys"]:
        algorithms = ASSERTION_ALGORITHMS.get(jwk["kty"], ())
        if header.alg not in algorithms or jwk.get("alg", header.alg) != header.alg:
            continue
        if header.kid is not None and header.kid != jwk.get("kid"):
            continue
        try:
            key = _KEY_TYPES[jwk["kty"]].import_key(jwk)
            jws.deserialize_compact(assertion, key, registry=_Registry(header.alg))
        except (JoseError, ValueError, RecursionError) as error:
            raise InvalidClient("assertion_signature") from error
        return  # one verification per request, so that a client with many keys costs no more
    raise InvalidClient("assertion_key_unknown")


def check_claims(claims: AssertionClaims, client_id: str, issuer: str, now_ms: int) -> None:
    """Check for whom and until when it is, with a minute of skew. Raises `InvalidClient`."""
    now = now_ms / 1000
    if claims.iss != client_id or claims.aud != issuer or not claims.jti:
        raise InvalidClient("assertion_iss_aud_jti")
    if not now - LEEWAY_SECONDS < claims.exp <= now + _LONGEST_SECONDS + LEEWAY_SECONDS:
        raise InvalidClient("assertion_exp")
    if claims.nbf > now + LEEWAY_SECONDS:
        raise InvalidClient("assertion_nbf")


def _base64url_decoded(part: str) -> bytes:
    """Strictly: without `validate` what is no base64url would be passed over, here but not by the signature's check."""
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
