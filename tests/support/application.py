"""The real application in the test's own event loop, with real databases and a clock that the test moves."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from cryptography.fernet import Fernet

from powerepos_cloud.app import create_app
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.observability.logs import build_log
from powerepos_cloud.settings import Settings
from tests.support.world import ISSUER, ROS_URI

MASTER_KEY = Fernet.generate_key().decode()


@dataclass
class Running:
    """The application, an HTTP client that calls it, and what it has logged."""

    http: httpx.AsyncClient
    logged: io.StringIO
    app: Any

    async def token(self, form: dict[str, str], **options: Any) -> httpx.Response:
        """POST /authorisation/token."""
        return await self.http.post("/authorisation/token", data=form, **options)

    def called_from(self, source: str) -> httpx.AsyncClient:
        """Another HTTP client, whose requests come from this address."""
        return _client(self.app, source)


def settings_for(directory_url: str, partnerservices_url: str, **others: Any) -> Settings:
    """Settings of role `all` on these databases."""
    values: dict[str, Any] = {
        "directory_database_url": directory_url,
        "partnerservices_database_url": partnerservices_url,
        "master_key": MASTER_KEY,
        "issuer": ISSUER,
        "ros_uri": ROS_URI,
        "log_level": "debug",
    }
    return Settings(**(values | others))


@asynccontextmanager
async def running(settings: Settings, clock: Clock, *, source: str = "192.0.2.1") -> AsyncIterator[Running]:
    """Start the application, lifespan and all; `source` is the address that requests come from."""
    logged = io.StringIO()
    app = create_app(settings, clock=clock, log=build_log(settings.log_level, logged))
    async with _lifespan(app), _client(app, source) as http:
        yield Running(http, logged, app)


def _client(app: Any, source: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(source, 50000), raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url=ISSUER)


@asynccontextmanager
async def _lifespan(app: Any) -> AsyncIterator[None]:
    inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    outbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    task = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    started = await outbox.get()
    assert started["type"] == "lifespan.startup.complete", started
    try:
        yield
    finally:
        await inbox.put({"type": "lifespan.shutdown"})
        await outbox.get()
        await task
