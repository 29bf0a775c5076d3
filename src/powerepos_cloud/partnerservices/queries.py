"""What reading endpoints share: query parameters, and instants as text."""

from datetime import UTC, datetime
from typing import Any

from litestar import Request
from powerepos.contract.codes import Codes

from powerepos_cloud.partnerservices.faults import refused_field


def whole_number(request: "Request[Any, Any, Any]", name: str, least: int, most: int, default: int) -> int:
    """A whole number of the query string. Raises `Refusal` 400."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and least <= int(text) <= most):
        raise refused_field(Codes.QUERY_INVALID, f"/{name}", f"{name} must be a whole number.", f"{least} to {most}", text[:64])
    return int(text)


def flag(request: "Request[Any, Any, Any]", name: str) -> bool:
    """A truth of the query string, false if absent. Raises `Refusal` 400."""
    text = request.query_params.get(name, "false").lower()
    if text not in ("true", "false", "1", "0"):
        raise refused_field(Codes.QUERY_INVALID, f"/{name}", f"{name} must be true or false.", "true or false", text[:64])
    return text in ("true", "1")


def utc_text(at_ms: int) -> str:
    """An instant as `yyyy-MM-ddTHH:mm:ss.fffZ`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"
