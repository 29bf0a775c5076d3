"""What every answer about a submitted record says beside the vendor's numbers. Older clients ignore these fields."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from powerepos.contract.fields import named

if TYPE_CHECKING:
    Value = Decimal | int | str | bool | None
else:
    Value = Any
"""What a rule demands, or what was sent: a number, a text or nothing. To read it exactly, give the decoder
`float_hook=Decimal`: msgspec takes no union of text and decimal."""


class Outcomes:
    """What became of a record."""

    CREATED: Final = "created"
    """Stored for the first time."""
    REPLAYED: Final = "replayed"
    """The same was stored before; nothing changed."""
    REPLACED: Final = "replaced"
    """Stored as a new version; the older one is kept."""
    REJECTED: Final = "rejected"
    """Not stored: mend it, then send it again with the same ID."""
    SKIPPED: Final = "skipped"
    """Nothing is wrong with it, but the batch as a whole failed: send it again as it is."""


class ResultError(msgspec.Struct, rename=named(), kw_only=True):
    """A rule that the request breaks."""

    code: str
    """See `Codes`."""
    message: str
    """For people: cause and cure. Its words may change."""
    pointer: str | None = None
    """JSON Pointer (RFC 6901) into the request, in the spelling that was sent."""
    expected: Value = None
    """What the rule demands."""
    actual: Value = None
    """What was sent."""
    difference: Decimal | None = None
    """`actual` less `expected`, where both are amounts."""
    help_uri: str | None = None
    """The page about this code: what it means and how to mend it."""


class ResultWarning(msgspec.Struct, rename=named(), kw_only=True):
    """Something worth a look that stops nothing."""

    code: str
    message: str
    pointer: str | None = None


class ControlDifference(msgspec.Struct, rename=named(), kw_only=True):
    """A control total that differs from what is stored."""

    pointer: str
    """JSON Pointer into the finalise request."""
    expected: Value
    """What was sent."""
    actual: Value
    """What the Z holds."""
