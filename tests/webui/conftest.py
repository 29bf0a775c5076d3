"""A real server with the WebUI."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.support.clock import FakeClock
from tests.support.databases import SqliteDatabases
from tests.webui.browsing import DESK, Theme
from tests.webui.house import House, LitHouse, house_at, lit_house_on

OpenAs = Callable[..., Awaitable[Page]]

_REPOSITORY = Path(__file__).parents[2]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def site_url() -> Iterator[str]:
    """The URL of a Granian process that serves the demo's pages."""
    port = _free_port()
    url = f"http://localhost:{port}"
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "tests.webui.app:demo"]
    with subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "error"],
        cwd=_REPOSITORY,
        env={**os.environ, "WEBUI_TEST_URL": url},
    ) as server:
        try:
            _wait_until_ready(url, server)
            yield url
        finally:
            server.terminate()


def _wait_until_ready(url: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            httpx.get(url).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing answers at {url}")


@pytest.fixture
async def house(anyio_backend: str, directory_url: str, partnerservices_url: str, clock: FakeClock) -> AsyncIterator[House]:
    """The application with people in it; see `House.signed_in`."""
    async with house_at(directory_url, partnerservices_url, clock) as found:
        yield found


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    """Debian's Chromium. Not by Playwright's synchronous interface, whose loop would be in the way of every other test."""
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield found
        await found.close()


@pytest.fixture(scope="module")
async def lit_house(anyio_backend: str, sqlite_databases: SqliteDatabases) -> AsyncIterator[LitHouse]:
    """A server process of the whole application with people in it, for tests in the browser; see `LitHouse.open`."""
    async with lit_house_on(sqlite_databases) as found:
        yield found


@pytest.fixture
async def open_as(lit_house: LitHouse, browser: Browser) -> AsyncIterator[OpenAs]:
    """`await open_as("organisation", "owner", DESK, "dark")` is a browser page in which that person is signed in."""
    contexts: list[BrowserContext] = []

    async def open_in(audience: str | None, role: str = "", viewport: Any = DESK, theme: Theme = "light", **options: Any) -> Page:
        context = await browser.new_context(base_url=lit_house.url, viewport=viewport, color_scheme=theme, **options)
        contexts.append(context)
        if audience is not None:
            await context.add_cookies([await lit_house.cookie(audience, role)])  # type: ignore[list-item]
        return await context.new_page()

    yield open_in
    for context in contexts:
        await context.close()
