"""How much one request may hold, by the vendor's constant names where there are such."""

from typing import Final


class Limits:
    """Limits of Partner Services."""

    MAX_BATCH_SIZE: Final = 64
    """Sales in one batch."""
    MAX_LINE_ITEMS: Final = 1024
    """Line items of one stock order."""
    MAX_BODY_BYTES: Final = 4 * 1024 * 1024
    """Bytes of one request's body."""
    MAX_NESTING: Final = 32
    """Levels of objects and arrays in a body."""
