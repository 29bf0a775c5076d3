"""The real command in processes of its own, beside a real server on the same databases."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.patience import until_seen

SALES = "Partner Sales (Submit)"
PROGRAM = Path(sys.executable).with_name("powerepos-admin")


class Machine:
    """A host with settings of its own, on which the command is run."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.environment = {**settings, "PATH": "/usr/bin:/bin", "LOGNAME": "olga"}

    def run(self, *arguments: object) -> "subprocess.CompletedProcess[str]":
        """Run the command to its end."""
        words = [str(PROGRAM), *map(str, arguments)]
        return subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=60, check=False)

    def json(self, *arguments: object) -> Any:
        """What it says to scripts."""
        result = self.run(*arguments, "--json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@pytest.fixture
def machine(settings: dict[str, str], port: int) -> Machine:
    """The host of all roles."""
    url = f"http://localhost:{port}"
    machine = Machine({**settings, "POWEREPOS_ISSUER": url, "POWEREPOS_SERVICE_URI": f"{url}/", "POWEREPOS_PORT": str(port)})
    assert machine.run("db", "upgrade").returncode == 0
    return machine


@pytest.fixture
def server(machine: Machine, port: int) -> Iterator[httpx.Client]:
    """`powerepos-admin serve`, ready."""
    process = subprocess.Popen([str(PROGRAM), "serve"], env=machine.environment)
    try:
        with httpx.Client(base_url=f"http://localhost:{port}", timeout=10) as http:
            deadline = time.monotonic() + 60
            while not _is_ready(http):
                assert process.poll() is None, "the server ended"
                assert time.monotonic() < deadline, "the server was not ready within a minute"
                time.sleep(0.1)
            yield http
    finally:
        process.terminate()
        process.wait(timeout=30)


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_an_operator_brings_a_partner_to_a_token_and_takes_it_away_again(
    machine: Machine, server: httpx.Client, port: int
) -> None:
    machine.json("organisation", "create", "HARBOUR", "Harbour Street")
    partner = machine.json(
        "partner", "create", "Tills Ltd", "--website", "https://tills.example", "--contact", "Ann", "--email", "a@b.cd"
    )["id"]
    client = machine.json("client", "create", partner, "Tills")
    uri = f"http://localhost:{port}/"
    instance = machine.json("service", "instance", "create", "partnerservices", uri, "--name", "One")["instance_id"]
    machine.json("service", "assign", "HARBOUR", instance)
    bar = machine.json("outlet", "create", "HARBOUR", "Bar", "--zone", "Pacific/Auckland", "--currency", "NZD")["id"]
    account = machine.json(
        "service-account", "create", "HARBOUR", "Till", "--client", client["client_id"], "--permission", SALES, "--outlet", bar
    )
    form = {
        "grant_type": "password",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "org_id": account["org_id"],
        "username": account["username"],
        "password": account["password"],
        "scope": "partnerservices",
    }

    def token() -> dict[str, str]:
        return {"Authorization": f"Bearer {server.post('/authorisation/token', data=form).json()['access_token']}"}

    def works(bearer: dict[str, str]) -> bool:
        return server.get("/api/v1/connection", headers=bearer).status_code == 200

    def comes_to(bearer: dict[str, str], *, is_open: bool) -> None:
        until_seen(lambda: works(bearer) == is_open)

    by_account = ("HARBOUR", client["client_id"], "--account", account["username"])
    for stop, lift in (
        (("service-account", "set", "HARBOUR", account["username"], "--no-outlets"), None),
        (("connection", "pause", *by_account), ("connection", "resume", *by_account)),
        (("client", "off", client["client_id"]), ("client", "on", client["client_id"])),
        (("organisation", "off", "HARBOUR"), ("organisation", "on", "HARBOUR")),
        (("connection", "revoke", *by_account, "--yes"), ("connection", "reopen", *by_account)),
        (("client", "revoke-everything", client["client_id"], "--yes"), None),
        (("service-account", "revoke-everything", "HARBOUR", account["username"], "--yes"), None),
        (("service-account", "unbind", "HARBOUR", account["username"], client["client_id"]), None),
    ):
        bearer = token()
        comes_to(bearer, is_open=True)  # what was lifted takes as long to be heard of
        machine.json(*stop)
        comes_to(bearer, is_open=False)
        if lift:
            machine.json(*lift)
    assert server.post("/authorisation/token", data=form).json()["error"] == "invalid_grant"


def test_of_commands_run_at_once_none_is_lost_and_limits_hold(machine: Machine) -> None:
    partner = machine.json(
        "partner", "create", "Tills Ltd", "--website", "https://tills.example", "--contact", "Ann", "--email", "a@b.cd"
    )["id"]
    client = machine.json("client", "create", partner, "Tills")["client_id"]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: machine.run("client", "secret", "add", client), range(4)))
        made = list(pool.map(lambda n: machine.run("organisation", "create", f"ORG-{n}", "Org"), range(4)))
    assert sorted(result.returncode for result in results) == [0, 1, 1, 1]
    assert all("two live" in result.stderr for result in results if result.returncode)
    assert [result.returncode for result in made] == [0] * 4
    assert len(machine.json("organisation", "list")) == 4


def test_a_mistyped_command_ends_with_two_and_a_wrong_value_with_one(machine: Machine) -> None:
    mistyped = machine.run("organisation", "crate")
    assert (mistyped.returncode, mistyped.stdout) == (2, "")
    assert "Did you mean 'create'?" in mistyped.stderr
    wrong = machine.run("organisation", "create", "harbour", "Harbour")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.count("\n") == 1
    assert "Register it as HARBOUR" in wrong.stderr


def test_commands_do_not_wait_for_the_servers_to_be_loaded() -> None:
    loaded = "import sys, powerepos_cloud.manage.main; print([name for name in ('litestar', 'jinja2') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout == "[]\n"
