"""Names and other single lines of text that people type, and the form in which two of them are compared."""

import unicodedata

from powerepos_cloud.foundation.refusals import Invalid

# Bidirectional controls would let a name be displayed as another one than was stored.
_BIDIRECTIONAL = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FORBIDDEN_CATEGORIES = frozenset(("Cc", "Cs", "Zl", "Zp"))


def line(field: str, value: str, most: int) -> str:
    """The value trimmed and in Unicode's normal form C. Raises `Invalid` if it is empty, too long or not one plain line."""
    text = unicodedata.normalize("NFC", value).strip()
    if not text or len(text) > most:
        raise Invalid(field, f"1 to {most} characters", text or None, f"It has {len(text)}.")
    if any(unicodedata.category(sign) in _FORBIDDEN_CATEGORIES or sign in _BIDIRECTIONAL for sign in text):
        raise Invalid(field, "one line without control characters", value, "Type it anew instead of pasting it.")
    return text


def compare_key(text: str) -> str:
    """The text as it is compared: without letter case. The databases fold differently, so it is done here."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
