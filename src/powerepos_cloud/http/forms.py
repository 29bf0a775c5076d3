"""`application/x-www-form-urlencoded`, read strictly: nothing is guessed, repaired or silently merged."""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

_ENCODED = re.compile(r"[%+\0]")

FORM_TYPE = "application/x-www-form-urlencoded"


class FormFault(Exception):
    """A form that is not read; the text names the parameter and says what is wrong, echoing nothing that was sent."""


def is_form(content_type: str) -> bool:
    """Whether a Content-Type is this form, in UTF-8."""
    if content_type == FORM_TYPE:  # nearly always
        return True
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    named = [parameter.partition("=") for parameter in parameters]
    charsets = {value.strip().strip('"') for name, _, value in named if name.strip() == "charset"}
    return media_type == FORM_TYPE and charsets <= {"utf-8", "utf8"}


def read_form(body: bytes, limits: Mapping[str, int]) -> dict[str, str]:
    """The parameters named by `limits` (name → longest value in characters); empty ones count as absent.

    Unknown parameters are ignored (RFC 6749 section 3.2), but must be decodable. Raises `FormFault`.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise FormFault("The body is not UTF-8.") from None
    seen: dict[str, str] = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if _ENCODED.search(pair):
            name = decode(name, "a parameter's name")
            value = decode(value, name if name in limits else "a parameter that this endpoint does not know")
        limit = limits.get(name)
        if limit is None:
            continue
        if name in seen:
            raise FormFault(f"The parameter {name} is repeated: send it once (RFC 6749 section 3.2).")
        if len(value) > limit:
            raise FormFault(f"The parameter {name} is too long: at most {limit} characters.")
        seen[name] = value
    return {name: value for name, value in seen.items() if value}


def decode(raw: str, what: str) -> str:
    """A name or value, decoded; `what` names it in the fault. Raises `FormFault`."""
    if "+" in raw:
        raw = raw.replace("+", " ")
    if "%" in raw:
        if _BAD_ESCAPE.search(raw):
            raise FormFault(f"Bad percent-encoding in {what}.")
        try:
            raw = unquote_to_bytes(raw).decode()
        except UnicodeDecodeError:
            raise FormFault(f"Not UTF-8 in {what}.") from None
    if "\0" in raw:
        raise FormFault(f"A NUL character in {what}.")
    return raw
