"""`/healthz`, `/readyz`, `/metrics`: reasons and figures only from loopback or with the token (contract section 5)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from litestar import Litestar

from powerepos_cloud.http.hallway import Hallway
from powerepos_cloud.http.ops import build_router
from powerepos_cloud.http.source import Sources
from powerepos_cloud.observability.logs import build_log
from powerepos_cloud.observability.metrics import Metrics

ELSEWHERE = "203.0.113.7"


@asynccontextmanager
async def operated(
    *,
    source: Any = ELSEWHERE,
    token: str = "",
    proxies: str = "",
    faults: dict[str, str | None] | None = None,
    known: dict[str, str] | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """The operator's routes, called from `source`."""

    async def readiness() -> dict[str, str | None]:
        return {"directory": None, "revocations": None} | (faults or {})

    async def notes() -> dict[str, str]:
        return known or {}

    metrics = Metrics()
    app = Litestar([build_router(readiness, notes, metrics, token)], openapi_config=None, logging_config=None)
    sources = Sources(proxies)
    hallway = Hallway(app, sources=sources, metrics=metrics, log=build_log("critical"), body_timeout_seconds=5)
    client = None if source is None else (source, 1)
    transport = httpx.ASGITransport(app=hallway, client=client)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield http


async def test_others_get_the_bare_status() -> None:
    for source in (ELSEWHERE, "", "unix", None, "::ffff:10.0.0.1"):
        async with operated(source=source, faults={"revocations": "stale"}) as http:
            assert (await http.get("/healthz")).text == "ok\n"
            answer = await http.get("/readyz")
            assert (answer.status_code, answer.json()) == (503, {"ready": False})
            assert (await http.get("/metrics")).status_code == 404
        async with operated(source=source) as http:
            answer = await http.get("/readyz")
            assert (answer.status_code, answer.json()) == (200, {"ready": True})


async def test_loopback_gets_reasons_and_figures() -> None:
    for source in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        async with operated(source=source, faults={"revocations": "stale"}) as http:
            answer = await http.get("/readyz")
            assert answer.status_code == 503
            assert answer.json() == {"ready": False, "checks": {"directory": "ok", "revocations": "stale"}}
            assert "powerepos_http_requests_total" in (await http.get("/metrics")).text


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded"])
async def test_what_a_proxy_on_this_machine_forwards_is_not_loopback(header: str) -> None:
    for proxies in ("", "127.0.0.0/8"):
        async with operated(source="127.0.0.1", proxies=proxies) as http:
            headers = {header: "127.0.0.1"}
            assert "checks" not in (await http.get("/readyz", headers=headers)).json()
            assert (await http.get("/metrics", headers=headers)).status_code == 404


async def test_the_token_opens_them_from_anywhere_and_nothing_else_does() -> None:
    async with operated(token="s3cret") as http:
        for wrong in ("", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret ", "bearer s3cret", "Basic s3cret", "é"):
            headers = {b"authorization": wrong.encode()}
            assert (await http.get("/metrics", headers=headers)).status_code == 404, wrong
        headers = {b"authorization": b"Bearer s3cret"}
        assert (await http.get("/metrics", headers=headers)).status_code == 200
        assert "checks" in (await http.get("/readyz", headers=headers)).json()
    async with operated(token="") as http:
        for empty in ("Bearer ", "Bearer", ""):
            assert (await http.get("/metrics", headers={"authorization": empty})).status_code == 404


async def test_what_the_operator_should_know_keeps_nobody_from_being_answered() -> None:
    async with operated(source="127.0.0.1", known={"mail": "3 waiting"}) as http:
        answer = await http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["notes"] == {"mail": "3 waiting"}
    async with operated(known={"mail": "3 waiting"}) as http:
        assert "waiting" not in (await http.get("/readyz")).text
