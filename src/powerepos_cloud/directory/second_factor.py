"""Codes of the second factor (RFC 6238): six digits that change every 30 seconds."""

import pyotp

from powerepos_cloud.foundation.sealing import Seal

STEP_MS = 30_000


def new_secret() -> str:
    """A new secret, in base32: 160 bits."""
    return pyotp.random_base32()


def sealed(seal: Seal, secret: str) -> bytes:
    """The secret as it is stored."""
    return seal.close(secret.encode())


def step_of(seal: Seal, totp_sealed: bytes, code: str, now_ms: int) -> int | None:
    """The step whose code this is: the present one or a neighbour, because clocks differ; None if it is none of them."""
    return step_of_secret(seal.open(totp_sealed).decode(), code, now_ms)


def step_of_secret(secret: str, code: str, now_ms: int) -> int | None:
    """As `step_of`, for a secret that is not stored yet."""
    digits = code.replace(" ", "")
    totp, now = pyotp.TOTP(secret), now_ms // STEP_MS
    for step in (now, now - 1, now + 1):
        if digits.isascii() and pyotp.utils.strings_equal(digits, totp.generate_otp(step)):
            return step
    return None


def enrolment_uri(secret: str, email: str) -> str:
    """What an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="PowerEPOS")
