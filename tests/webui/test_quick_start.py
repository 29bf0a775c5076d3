"""The documentation's calls, run exactly as they are printed, against the real server over HTTP."""

import asyncio
import json
import subprocess
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from powerepos_cloud.authserver.grants.issue import required
from powerepos_cloud.authserver.token import GRANTS, PARAMETERS
from powerepos_cloud.directory.tables import instances
from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.foundation.database import Database
from powerepos_cloud.foundation.sealing import Seal
from powerepos_cloud.http.forms import read_form
from tests.support.application import MASTER_KEY, settings_for
from tests.support.server import Server, free_port, serving
from tests.support.trader import open_shop
from tests.support.world import World, make_world
from tests.webui.app import serve, webui
from tests.webui.document import Document


class Reader:
    """Somebody who follows the documentation: fills in files, pastes calls into one shell."""

    def __init__(self, server: Server, folder: Path, values: dict[str, str]) -> None:
        self.folder = folder
        self.values = values
        self._script = "set -euo pipefail\n"
        self._pages = {
            path: Document(httpx.get(server.url + path).raise_for_status().text)
            for path in ("/docs/quick-start", "/docs/token-lifetimes")
        }

    def writes(self, name: str, label: str, page: str = "/docs/quick-start") -> None:
        """Put a listing into a file, its capital words replaced by values."""
        text = self._pages[page].code[label]
        for word, value in self.values.items():
            text = text.replace(word, value)
        (self.folder / name).write_text(text + "\n")

    async def pastes(self, *labels: str, page: str = "/docs/quick-start") -> str:
        """Run these calls in one shell, in the folder; what they print."""
        script = self._script + "\n".join(self._pages[page].code[label] for label in labels)
        done = await asyncio.to_thread(
            subprocess.run, ["bash", "-c", script], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (script, done.stdout, done.stderr)
        return done.stdout

    def shown(self, label: str) -> dict[str, Any]:
        """An answer that the quick start shows."""
        answer: dict[str, Any] = json.loads(self._pages["/docs/quick-start"].code[label])
        return answer

    def token(self) -> dict[str, Any]:
        """The latest token answer."""
        answer: dict[str, Any] = json.loads((self.folder / "token.json").read_text())
        return answer


async def make_world_at(database: Database, url: str) -> World:
    """The world of the tests, its service instances at this server."""
    world = await make_world(database, SystemClock(), Seal(MASTER_KEY))
    await world.run(update(instances).where(instances.c.service == "partnerservices").values(uri=f"{url}/"))
    await world.run(update(instances).where(instances.c.service == "ros").values(uri=f"{url}/ros/"))
    return world


async def send_and_close(reader: Reader, outlet: dict[str, Any]) -> None:
    """Steps 4 and 5: a sale is stored once however often it is sent, and its Z is closed with the totals that are printed."""
    read = "Read address and token from the answer"
    day = outlet["currentTradingDate"]
    reader.values |= {"OUTLET_ID": outlet["outletID"], "TRADING_DATE": day, "NEW_GUID": str(uuid.uuid4())}
    reader.writes("batch.json", "Contents of batch.json")
    sent = json.loads(await reader.pastes(read, "curl: send the sale"))
    shown = reader.shown("The answer of addbatch")
    assert (set(shown), set(shown["batchItemResults"][0])) == (set(sent), set(sent["batchItemResults"][0]))
    told = ("batchResult", "zReportCounter", "errors", "errorMessage", "retryable", "validated", "autoFinalised")
    assert [shown[name] for name in told] == [sent[name] for name in told]
    assert sent["batchItemResults"][0]["outcome"] == shown["batchItemResults"][0]["outcome"] == "created"
    again = json.loads(await reader.pastes(read, "curl: send the sale"))
    assert (again["batchResult"], again["batchItemResults"][0]["outcome"]) == (0, "replayed")
    reader.values["Z_REPORT_ID"] = sent["zReportID"]
    reader.writes("finalise.json", "Contents of finalise.json")
    closed = json.loads(await reader.pastes(read, "curl: close the Z report"))
    shown = reader.shown("The answer of finalisezreport")
    assert set(shown) == set(closed)
    told = ("resultCode", "zReportCounter", "finalisedUserName", "differences", "warnings", "code")
    assert [shown[name] for name in told] == [closed[name] for name in told]


async def test_the_quick_start_works_as_it_is_printed(
    directory_database: Database,
    partnerservices_database: Database,
    directory_url: str,
    partnerservices_url: str,
    tmp_path: Path,
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    world = await make_world_at(directory_database, url)
    await open_shop(partnerservices_database, world)
    settings = settings_for(directory_url, partnerservices_url, issuer=url, ros_uri=f"{url}/ros/")
    with serving(settings, port=port) as server:
        reader = Reader(
            server,
            tmp_path,
            {
                "CLIENT_ID": world.client.id,
                "CLIENT_SECRET": world.client.secret,
                "ORGANISATION_CODE": world.harbour.code,
                "SERVICE_ACCOUNT_ID": world.account.id,
                "SERVICE_ACCOUNT_PASSWORD": world.account.password,
            },
        )
        reader.writes("token-request.form", "Contents of token-request.form")
        await reader.pastes("curl: get a token")
        first = reader.token()
        assert (first["org_id"], first["svc"], first["expires_in"]) == (world.harbour.code, f"{url}/", 28_800)
        assert (tmp_path / "token.json").stat().st_mode & 0o077 == 0

        calls = ("Read address and token from the answer", "curl: ask what the token may do")
        connection = json.loads(await reader.pastes(*calls))
        assert connection["organisationCode"] == world.harbour.code
        shown = reader.shown("The answer of connection")
        assert set(shown) == set(connection)

        await send_and_close(reader, connection["outlets"][0])

        reader.writes("refresh-request.form", "Contents of refresh-request.form")
        await reader.pastes("curl: renew the token")
        second = reader.token()
        assert second["refresh_token"] != first["refresh_token"]
        assert json.loads(await reader.pastes(*calls))["organisationCode"] == world.harbour.code
        shown = reader.shown("The answer to a token request")
        assert set(shown) == set(first) == set(second)

        reader.values["REFRESH_TOKEN"] = second["refresh_token"]
        lifetimes = "/docs/token-lifetimes"
        reader.writes("revoke-request.form", "Contents of revoke-request.form", page=lifetimes)
        await reader.pastes("curl: revoke a token", page=lifetimes)
        with pytest.raises(AssertionError, match="error: 400"):
            await reader.pastes("curl: renew the token")
        refused = json.loads((tmp_path / "token.new").read_text())
        assert (refused["error"], refused["error_uri"]) == ("invalid_grant", f"{url}/docs/errors/invalid_grant")
        assert httpx.get(refused["error_uri"]).status_code == 200
        assert reader.token() == second  # a refusal leaves the file as it was

        reader.writes("token-request.form", "Contents of token-request.form for client_credentials")
        await reader.pastes("curl: get a token")
        assert reader.token()["svc"] == f"{url}/ros/"


async def test_the_forms_hold_what_their_grants_need_and_nothing_else() -> None:
    transport = httpx.ASGITransport(app=serve(webui("https://auth.powerepos.example")), client=("192.0.2.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url="https://auth.powerepos.example") as http:
        pages = [Document((await http.get(path)).text) for path in ("/", "/docs/quick-start")]
    forms = [code.replace("\n", "") for page in pages for code in page.code.values() if code.startswith("grant_type=")]
    read = [read_form(form.encode(), PARAMETERS) for form in forms]
    assert {form["grant_type"] for form in read} == set(GRANTS)
    needed = {"password": ("org_id", "username", "password", "scope"), "client_credentials": ("org_id", "scope")}
    for form, text in zip(read, forms, strict=True):
        assert len(form) == text.count("="), text  # each parameter is known
        required(form, "client_id", "client_secret", *needed.get(form["grant_type"], ()))
