"""`powerepos-admin serve`: one or several roles behind Granian."""

import ipaddress
import os

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from powerepos_cloud.settings import Settings, as_environment


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address; names other than `localhost` are not believed."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(settings: Settings, *, target: str = "powerepos_cloud.app:from_environment") -> None:
    """Serve until a signal ends it. The worker processes get the settings by their environment, and call `target`."""
    os.environ.update(as_environment(settings))
    Granian(
        target,
        factory=True,
        address="127.0.0.1" if settings.host == "localhost" else settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.workers,
        respawn_failed_workers=True,
        log_enabled=True,
        log_level="warning",  # type: ignore[arg-type]
        log_access=False,
    ).serve()
