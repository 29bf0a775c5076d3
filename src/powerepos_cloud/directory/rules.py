"""What the directory accepts, and what it says to what it does not. No SQL; each raises `Invalid`."""

import ipaddress
import re
from collections.abc import Collection, Sequence
from urllib.parse import SplitResult, urlsplit

from powerepos.contract import ALL_PERMISSIONS, SERVICE_PERMISSIONS, SERVICE_SCOPES

from powerepos_cloud.foundation.ids import parse_guid
from powerepos_cloud.foundation.refusals import Invalid, Note
from powerepos_cloud.foundation.texts import compare_key, line

GRANTS = ("password", "client_credentials", "refresh_token")
ALGORITHMS = ("ES256", "RS256")
ORGANISATION_ROLES = ("owner", "manager", "viewer")
PARTNER_ROLES = ("owner", "developer")
STAFF_ROLES = ("agent", "admin")
MOST_OUTLETS = 100
LONGEST_NAME = 100
LONGEST_NOTE = 200
LONGEST_URL = 200

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,14}[A-Z0-9]")
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+")
_HOST_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def organisation_code(text: str) -> str:
    """An Organisation Code as it is registered (contract section 1)."""
    expected = "2 to 16 of A-Z, 0-9 and -, beginning and ending with a letter or digit"
    if _CODE.fullmatch(text):
        return text
    upper = text.strip().upper()
    cure = f"Register it as {upper}: letter case does not count later." if _CODE.fullmatch(upper) else ""
    raise Invalid("organisation code", expected, text, cure)


def is_id(text: str) -> bool:
    """Whether an ID could be one that we gave out; anything else is not even looked up (PostgreSQL refuses NUL in text)."""
    return _ID.fullmatch(text) is not None


def name(field: str, text: str) -> str:
    """A name of a company, organisation, client, account or person."""
    return line(field, text, LONGEST_NAME)


def note(field: str, text: str) -> str | None:
    """What somebody says about a deed in a line of their own; None if nothing."""
    return line(field, text, LONGEST_NOTE) if text.strip() else None


def website(text: str) -> str:
    """A partner's website: only ever shown as text, and https so that a merchant who types it in lands where it says."""
    expected = "an address that begins with https://"
    parts = _split("website", expected, text)
    if parts.scheme != "https" or _is_loopback(parts) or "." not in (parts.hostname or ""):
        raise Invalid("website", expected, text, "Such as https://example.com.")
    return text


def email(text: str) -> tuple[str, str]:
    """An e-mail address, and the key by which it is compared."""
    address = text.strip()
    if len(address) > 254 or not address.isprintable() or not _EMAIL.fullmatch(address):
        raise Invalid("e-mail", "an address such as ann@example.com", text)
    return address, compare_key(address)


def grants(words: Sequence[str]) -> list[str]:
    """Grant types that a client may use, in the documented order."""
    chosen = _words("grants", words, GRANTS)
    if not set(chosen) & {"password", "client_credentials"}:
        raise Invalid("grants", "password, client_credentials or both", _joined(words), "A refresh needs a first grant.")
    return chosen


def permissions(words: Sequence[str]) -> list[str]:
    """Permission names, exact to the letter, in the documented order."""
    return _words("permissions", words, ALL_PERMISSIONS)


def services(words: Sequence[str]) -> list[str]:
    """Services that an approved connection may use: at least one."""
    chosen = _words("services", words, SERVICE_SCOPES)
    if not chosen:
        raise Invalid("services", f"at least one of {', '.join(SERVICE_SCOPES)}", None)
    return chosen


def approval(service_words: Sequence[str], permission_words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Services and permissions that go together: each service can be used, no permission waits for a service to come."""
    chosen, allowed = services(service_words), permissions(permission_words)
    for service in chosen:
        opens = SERVICE_PERMISSIONS[service]
        if opens and not set(opens) & set(allowed):
            raise Invalid("permissions", f"for {service} at least one of {', '.join(opens)}", _joined(allowed))
    useful = {permission for service in chosen for permission in SERVICE_PERMISSIONS[service]}
    useless = [permission for permission in allowed if permission not in useful]
    if useless:
        expected = f"permissions of the services {', '.join(chosen)}"
        raise Invalid("permissions", expected, useless[0], "Leave it out or add its service.")
    return chosen, allowed


def outlets(ids: Sequence[str] | None, kapow: str) -> list[str] | None:
    """Outlet GUIDs in their canonical form, without repeats; None means all outlets, an empty list opens none."""
    if ids is None:
        return None
    found: dict[str, None] = {}
    for text in ids:
        try:
            guid = parse_guid(text)
        except ValueError:
            raise Invalid("outlets", "outlet GUIDs", text) from None
        if guid == kapow:
            raise Invalid("outlets", "GUIDs of outlets", text, "That is the organisation's: choose all outlets instead.")
        found[guid] = None
    if len(found) > MOST_OUTLETS:
        raise Invalid("outlets", f"at most {MOST_OUTLETS}", len(found), "Choose all outlets instead.")
    return list(found)


def instance_uri(text: str) -> str:
    """The URI of a service instance: compared letter by letter by its clients, so only its canonical form is taken."""
    expected = "an https address that ends in / (http on loopback only)"
    parts = _split("uri", expected, text)
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise Invalid("uri", expected, text, "It must have neither a query nor a fragment.")
    if parts.scheme not in _DEFAULT_PORTS or (parts.scheme == "http" and not _is_loopback(parts)):
        raise Invalid("uri", expected, text)
    canonical = _canonical(parts)
    if text != canonical:
        raise Invalid("uri", expected, text, f"Write it as {canonical}")
    return text


def algorithm(text: str) -> str:
    """How a service's tokens are signed."""
    return one_of("alg", text, ALGORITHMS)


def lifetimes(access: int, refresh_idle: int, refresh_total: int) -> None:
    """Lifetimes in seconds: of an access token, of a refresh token since its last use, of a family in all."""
    for field, value, least, most in (
        ("access_seconds", access, 60, 86_400),
        ("refresh_idle_seconds", refresh_idle, 3_600, 157_680_000),
        ("refresh_total_seconds", refresh_total, 3_600, 157_680_000),
    ):
        if not least <= value <= most:
            raise Invalid(field, f"{least} to {most} seconds", value)
    if not access <= refresh_idle <= refresh_total:
        raise Invalid(
            "lifetimes",
            "access ≤ refresh idle ≤ refresh total",
            Note(f"{access}, {refresh_idle}, {refresh_total}"),
            "A refresh token must outlive the access token that it renews.",
        )


def expiry(expires_at: int | None, now_ms: int) -> int | None:
    """When a secret ends by itself, in ms since the epoch; None: never."""
    if expires_at is not None and expires_at <= now_ms:
        raise Invalid("expires", "a time in the future", Note(f"{(now_ms - expires_at) // 1000} s ago"))
    return expires_at


def one_of(field: str, text: str, known: Collection[str]) -> str:
    """One word of a list."""
    if text not in known:
        raise Invalid(field, f"one of {', '.join(known)}", text)
    return text


def _words(field: str, words: Sequence[str], known: Sequence[str]) -> list[str]:
    for word in words:
        one_of(field, word, known)
    return [word for word in known if word in words]


def _joined(words: Sequence[str]) -> str | None:
    return ", ".join(words) or None


def _split(field: str, expected: str, text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Invalid(field, expected, text) from None
    host = parts.hostname or ""
    is_plain = text.isascii() and text.isprintable() and " " not in text and "\\" not in text
    if not is_plain or len(text) > LONGEST_URL or not _is_host(host) or port == 0:
        raise Invalid(field, expected, text, f"At most {LONGEST_URL} plain characters, with a host name.")
    if "@" in parts.netloc:
        raise Invalid(field, expected, Note("an address with a user name in it"), "Leave out what stands before the @.")
    return parts


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            return bool(ipaddress.IPv6Address(host))
        except ValueError:
            return False
    return len(host) <= 253 and all(_HOST_LABEL.fullmatch(label) for label in host.split("."))


def _is_loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _canonical(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    path = parts.path if parts.path.endswith("/") else parts.path + "/"
    return f"{parts.scheme}://{host}{port}{path}"


def is_narrower(old: Collection[str] | None, new: Collection[str] | None) -> bool:
    """Whether something that was granted no longer is; None grants all."""
    if new is None:
        return False
    return old is None or not set(old) <= set(new)
