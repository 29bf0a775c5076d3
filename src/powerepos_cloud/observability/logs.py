"""One JSON line per event, on standard error. Callers pass known facts only; what looks like a secret all the same is masked."""

import logging
import sys
from typing import Any, TextIO

import msgspec
import structlog

from powerepos_cloud.foundation.secrets import masked

Log = structlog.typing.FilteringBoundLogger


def build_log(level: str, stream: TextIO | None = None) -> Log:
    """A logger that writes events of `level` and above (`debug`, `info`, `warning`, `error`)."""
    log: Log = structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        cache_logger_on_first_use=True,
    ).bind()
    return log


def _to_json(event: dict[str, Any], **_: Any) -> str:
    return masked(msgspec.json.encode({name: value for name, value in event.items() if value is not None}, enc_hook=str).decode())
