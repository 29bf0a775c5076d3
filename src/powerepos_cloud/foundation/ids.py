"""Identifiers that we choose. Time-ordered where they become keys, so that inserts land at the end of an index."""

import base64
import re
import secrets

import uuid_utils

_GUID = re.compile(r"\{?([0-9a-fA-F]{8})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{12})\}?")


def new_id() -> str:
    """A UUID version 7 as lower-case text with hyphens (36 characters)."""
    return str(uuid_utils.uuid7())


def new_client_id() -> str:
    """A ClientID: 24 lower-case letters and digits; public (RFC 6749 section 2.2)."""
    return _random_base32(15)


def new_account_id() -> str:
    """A service account ID: `svc-` and 20 base32 characters (contract section 1)."""
    return "svc-" + _random_base32(13)[:20]


def new_instance_id() -> str:
    """The ID of a service instance, which it sends by HTTP Basic: `si` and 22 base32 characters."""
    return "si" + _random_base32(14)[:22]


def _random_base32(size: int) -> str:
    return base64.b32encode(secrets.token_bytes(size)).decode().rstrip("=").lower()


def parse_guid(text: str) -> str:
    """A GUID in any letter case, with or without hyphens or braces, in lower case with hyphens. Raises `ValueError`."""
    found = _GUID.fullmatch(text)
    if found is None or text.startswith("{") != text.endswith("}"):
        raise ValueError("not a GUID")
    return "-".join(found.groups()).lower()
