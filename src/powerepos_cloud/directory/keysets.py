"""A client's public keys for `private_key_jwt` (RFC 7523), pasted as a JWK Set (RFC 7517 section 5)."""

import base64
from collections.abc import Mapping
from typing import Any

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from powerepos_cloud.foundation.refusals import Invalid, Note

MOST_KEYS = 5
LARGEST_TEXT = 32_768
LEAST_RSA_BITS = 2048
MOST_RSA_BITS = 8192

_EXPECTED = f'a JWK Set of 1 to {MOST_KEYS} public keys, {{"keys": [...]}}'
# RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 8037 section 2.
_PRIVATE = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))
_ALGORITHMS = {"EC": ("ES256",), "RSA": ("PS256", "RS256"), "OKP": ("EdDSA",)}
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_MEMBERS = {"EC": ("kty", "crv", "x", "y"), "RSA": ("kty", "n", "e"), "OKP": ("kty", "crv", "x")}
_LONGEST_KID = 200


def public_keys(text: str) -> str:
    """The key set as it is stored: public members, `kid` and `alg` alone. A key without `kid` gets its RFC 7638 thumbprint.

    Raises `Invalid`; the error never holds what was pasted, because that might be a private key.
    """
    keys = [_public(position, key) for position, key in enumerate(_listed(text), 1)]
    kids = [key["kid"] for key in keys]
    if len(set(kids)) < len(kids):
        raise Invalid("keys", "a different kid for each key", Note("the same kid twice"))
    return msgspec.json.encode({"keys": keys}).decode()


def _listed(text: str) -> list[Mapping[str, Any]]:
    if len(text) > LARGEST_TEXT:
        raise Invalid("keys", f"at most {LARGEST_TEXT} characters", len(text))
    try:
        document = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise Invalid("keys", _EXPECTED, Note("text that is not JSON"), "Paste the JWK Set, not PEM.") from None
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise Invalid("keys", _EXPECTED, Note("another document"), 'A single key goes into {"keys": [...]} too.')
    if not 1 <= len(keys) <= MOST_KEYS:
        raise Invalid("keys", _EXPECTED, Note(f"{len(keys)} keys"))
    if not all(isinstance(key, dict) for key in keys):
        raise Invalid("keys", _EXPECTED, Note("a key that is no object"))
    return keys


def _public(position: int, key: Mapping[str, Any]) -> dict[str, str]:
    field = f"keys[{position - 1}]"
    if _PRIVATE & set(key):
        raise Invalid(
            field,
            "a public key",
            Note(f"private members ({', '.join(sorted(_PRIVATE & set(key)))})"),
            "Paste the public half, and replace this key: it has left its owner's hands.",
        )
    kty = key.get("kty")
    if not isinstance(kty, str) or kty not in _MEMBERS:
        raise Invalid(field, "kty EC, RSA or OKP", _word(kty))
    if kty in _CURVES and key.get("crv") != _CURVES[kty]:
        raise Invalid(field, f"crv {_CURVES[kty]}", _word(key.get("crv")))
    _check_purpose(field, kty, key)
    plain = {member: key.get(member) for member in _MEMBERS[kty]}
    kid = _kid(field, kty, plain, key.get("kid"))
    return {**plain, "kid": kid, **({"alg": key["alg"]} if "alg" in key else {})}


def _check_purpose(field: str, kty: str, key: Mapping[str, Any]) -> None:
    if key.get("use", "sig") != "sig":
        raise Invalid(field, "use sig, or none", _word(key["use"]))
    operations = key.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise Invalid(field, "key_ops with verify, or none", Note("others"))
    if key.get("alg", _ALGORITHMS[kty][0]) not in _ALGORITHMS[kty]:
        raise Invalid(field, f"alg {' or '.join(_ALGORITHMS[kty])}, or none", _word(key["alg"]))


def _kid(field: str, kty: str, plain: dict[str, Any], kid: Any) -> str:
    """The key's ID; also proves that the key can be used."""
    try:
        thumbprint = _imported(field, kty, plain).thumbprint()
    except (JoseError, ValueError, TypeError, KeyError, OverflowError):
        raise Invalid(field, f"a key of kty {kty}", Note("members that make none"), "Copy it again, whole.") from None
    if kid is None:
        return thumbprint
    if not isinstance(kid, str) or not kid.isprintable() or not 1 <= len(kid) <= _LONGEST_KID:
        raise Invalid(field, f"a kid of 1 to {_LONGEST_KID} printable characters", _word(kid))
    return kid


def _imported(field: str, kty: str, plain: dict[str, Any]) -> ECKey | RSAKey | OKPKey:
    if kty == "EC":
        return ECKey.import_key(plain)
    if kty == "OKP":
        return OKPKey.import_key(plain)
    bits, exponent = _number(plain["n"]).bit_length(), _number(plain["e"])
    if not LEAST_RSA_BITS <= bits <= MOST_RSA_BITS:
        raise Invalid(field, f"an RSA key of {LEAST_RSA_BITS} to {MOST_RSA_BITS} bits", bits)
    if exponent.bit_length() > 32:  # a huge exponent makes each check of a signature slow
        raise Invalid(field, "an RSA exponent such as 65537", Note("another one"))
    return RSAKey.import_key(plain)


def _number(text: Any) -> int:
    """A number as a JWK spells it (RFC 7518 section 2, Base64urlUInt). Raises `ValueError`."""
    return int.from_bytes(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))


def _word(value: Any) -> object:
    """A member as an error may show it: a word, or the mere fact that it is none."""
    return value if value is None or isinstance(value, str) else Note("no text")
