"""Applications that hold the WebUI alone, behind the real hallway: what a browser or an HTTP client of a test talks to."""

import os
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.exceptions import HTTPException

from powerepos_cloud.http.hallway import Hallway
from powerepos_cloud.http.source import Sources
from powerepos_cloud.observability.logs import build_log
from powerepos_cloud.observability.metrics import Metrics
from powerepos_cloud.webui.assembly import WebUI, build_webui
from powerepos_cloud.webui.model import Lifetimes, Mail, Outbox, RefreshRules, ServiceLifetime

REFRESH = RefreshRules(repeat_window_seconds=86_400, late_repeats=3, families_most=100)

MAILS = [
    Mail(
        recipient="owner@tidewater.example",
        subject="A refresh token was used from two networks",
        body="A refresh token of client k3v9x0q2m7c1t8r4 was used from 203.0.113.24\nand again from 198.51.100.7.\n\n"
        "If it was not you, pause or revoke the connection.",
        created_at=1_795_502_382_000,
        sent_at=1_795_502_389_000,
    ),
    Mail(
        recipient="aroha@harbour.example",
        subject="<b>Not markup</b> & “quotes”",
        body="<script>alert(1)</script>\n" + "a-word-without-a-place-to-break" * 12,
        created_at=1_795_588_782_000,
        sent_at=None,
    ),
]


async def lifetimes() -> list[ServiceLifetime]:
    """Two services, one with lifetimes that are no round figures."""
    return [
        ServiceLifetime("partnerservices", 28_800, 7_776_000, 31_536_000),
        ServiceLifetime("ros", 5_400, 86_400, 604_800),
    ]


async def outbox() -> list[Mail]:
    """One mail that left, then one that waits."""
    return MAILS


def webui(
    issuer: str,
    *,
    lifetimes: Lifetimes = lifetimes,
    outbox: Outbox | None = outbox,
    is_demo: bool = True,
) -> WebUI:
    """The WebUI at the issuer's own address."""
    return build_webui(issuer=issuer, public_url=issuer, lifetimes=lifetimes, refresh=REFRESH, outbox=outbox, is_demo=is_demo)


def serve(pages: WebUI) -> Hallway:
    """The pages as an application, with the handler of errors that the front door has, and an address that fails."""

    @get("/fails")
    async def fails() -> None:
        raise RuntimeError("a fault on purpose")

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        return pages.page_error(request, status, headers)

    app = Litestar([pages.router, fails], openapi_config=None, exception_handlers={Exception: answer}, logging_config=None)
    return Hallway(app, sources=Sources(""), metrics=Metrics(), log=build_log("error"), body_timeout_seconds=5)


def demo() -> Hallway:
    """What the server process of the browser tests serves; its own URL is in the environment."""
    return serve(webui(os.environ["WEBUI_TEST_URL"]))
