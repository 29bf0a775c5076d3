"""Passkeys (WebAuthn level 3): bound to this site by the browser, so that no other site can ask for them.

A passkey stands for both factors: the device is one, and it looks at its owner's finger, face or PIN, which we insist on.
"""

import hashlib
from typing import Any

import msgspec
import webauthn
from sqlalchemy import Row, delete, insert, select, update
from webauthn.helpers import options_to_json, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import rules
from powerepos_cloud.directory.account_tables import passkeys as table
from powerepos_cloud.foundation.database import Session, UniqueViolation
from powerepos_cloud.foundation.refusals import Conflict, NotFound

MOST = 20
# What the library raises on what no browser sends, beside its own.
_UNREADABLE = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class Site(msgspec.Struct, frozen=True):
    """Whom browsers know us as: the host name alone, and the whole origin."""

    host: str
    origin: str


class Passkey(msgspec.Struct, frozen=True):
    """A person's passkey; `synced` ones survive the loss of a device. Instants in ms."""

    id: int
    credential_id: bytes
    user_id: int
    public_key: bytes
    sign_count: int
    name: str
    synced: bool
    created_at: int
    last_used_at: int | None


class Made(msgspec.Struct, frozen=True):
    """What a browser made, once it is proved to be for us."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    synced: bool


class NotProved(Exception):
    """What the browser sent proves nothing. The text is for the log."""


_COLUMNS = tuple(table.c[name] for name in Passkey.__struct_fields__)


def registration_options(site: Site, user_id: int, email: str, name: str, known: list[Passkey], challenge: bytes) -> str:
    """What the browser makes a passkey by, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="PowerEPOS",
        user_id=handle_of(user_id),
        user_name=email,
        user_display_name=name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
    )
    return options_to_json(options)


def sign_in_options(site: Site, challenge: bytes) -> str:
    """What the browser asks for any passkey of ours by, as JSON. It names no account, so it tells of none."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json(options)


def verify_made(site: Site, challenge: bytes, credential: str) -> Made:
    """The new passkey. Raises `NotProved`."""
    try:
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise NotProved(f"{type(error).__name__}: {error}"[:200]) from error
    return Made(found.credential_id, found.credential_public_key, found.sign_count, found.credential_backed_up)


async def verify_shown(session: Session, site: Site, challenge: bytes, credential: str) -> tuple[Passkey, int]:
    """The passkey that was shown, and its new counter. Raises `NotProved`."""
    try:
        shown = parse_authentication_credential_json(credential)
        known = await _by_credential(session, shown.raw_id)
        if known is None or shown.response.user_handle not in (None, handle_of(known.user_id)):
            raise NotProved("unknown passkey")
        found = webauthn.verify_authentication_response(
            credential=shown,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise NotProved(f"{type(error).__name__}: {error}"[:200]) from error
    return known, found.new_sign_count


async def add(session: Session, now_ms: int, actor: Actor, user_id: int, email: str, made: Made, name: str) -> None:
    """Keep a person's new passkey. Raises `Invalid`, `Conflict`."""
    if len(await of_user(session, user_id)) >= MOST:
        raise Conflict(f"there are {MOST} passkeys already", "Remove one that you do not use.")
    values = {
        "credential_id": made.credential_id,
        "user_id": user_id,
        "public_key": made.public_key,
        "sign_count": made.sign_count,
        "name": rules.name("name", name),
        "synced": made.synced,
        "created_at": now_ms,
    }
    try:
        await session.run(insert(table).values(values))
    except UniqueViolation:
        raise Conflict("this passkey is known already", "Nothing needs to be done.") from None
    await record(session, now_ms, actor, "passkey.added", ("user", email), details={"name": values["name"]})


async def used(session: Session, now_ms: int, passkey: Passkey, sign_count: int) -> bool:
    """Note a use; False if the passkey is gone, or was shown with this count or a later one meanwhile (a copy of it)."""
    which = [table.c.id == passkey.id]
    if sign_count > 0:
        which.append(table.c.sign_count < sign_count)
    noted = update(table).where(*which).values(sign_count=sign_count, last_used_at=now_ms).returning(table.c.id)
    return await session.first(noted) is not None


async def of_user(session: Session, user_id: int) -> list[Passkey]:
    """A person's passkeys, oldest first."""
    wanted = select(*_COLUMNS).where(table.c.user_id == user_id).order_by(table.c.id)
    return [_passkey(row) for row in await session.all(wanted)]


async def remove(session: Session, now_ms: int, actor: Actor, user_id: int, email: str, passkey_id: int | None) -> None:
    """Forget one of a person's passkeys. Raises `NotFound`, for another person's too."""
    gone = delete(table).where(table.c.id == passkey_id, table.c.user_id == user_id).returning(table.c.name)
    name = await session.scalar(gone)
    if name is None:
        raise NotFound("passkey", passkey_id)
    await record(session, now_ms, actor, "passkey.removed", ("user", email), details={"name": name})


def handle_of(user_id: int) -> bytes:
    """The person as the authenticator keeps it: says nothing about them (WebAuthn section 14.6.1)."""
    return hashlib.sha256(f"passkey owner\0{user_id}".encode()).digest()


async def _by_credential(session: Session, credential_id: bytes) -> Passkey | None:
    found = await session.first(select(*_COLUMNS).where(table.c.credential_id == credential_id))
    return None if found is None else _passkey(found)


def _passkey(row: Row[Any]) -> Passkey:
    return Passkey(*tuple(row))
