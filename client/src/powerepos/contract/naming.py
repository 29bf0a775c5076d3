"""Field names as the vendor spells them: camelCase, with abbreviations in capitals (`outletID`, `zReportID`)."""

from typing import Final

_CAPITALS: Final = {"id": "ID", "uri": "URI", "plu": "PLU"}


def vendor_name(field: str) -> str:
    """`outlet_id` → `outletID`. For msgspec's `rename`."""
    first, *rest = field.split("_")
    return first + "".join(_CAPITALS.get(word, word.capitalize()) for word in rest)
