"""The operator's command, run in this process on databases of the test's own."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from powerepos_cloud.manage.main import build
from tests.conftest import NewDatabase


class Admin:
    """Runs `powerepos-admin` with settings of its own; never lets a stack trace pass."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.settings = settings
        self._runner = CliRunner()
        self._app = build()

    def __call__(self, *arguments: object, code: int = 0, stdin: str | None = None, **settings: str) -> Result:
        """The result of a command that must end with this exit code."""
        others = dict.fromkeys(name for name in os.environ if name.startswith("POWEREPOS_"))
        environment = {**others, **self.settings, **{f"POWEREPOS_{name.upper()}": value for name, value in settings.items()}}
        result = self._runner.invoke(self._app, [str(argument) for argument in arguments], input=stdin, env=environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, f"{arguments}: {result.exit_code}\n{result.stdout}\n{result.stderr}"
        return result

    def json(self, *arguments: object, **named: Any) -> Any:
        """What the command says with `--json`: one document on stdout, nothing on stderr."""
        result = self(*arguments, "--json", **named)
        assert result.stderr == ""
        return json.loads(result.stdout)

    def error(self, *arguments: object, **named: Any) -> str:
        """The sentence with which a command is refused: alone on stderr, nothing on stdout, exit code 1."""
        result = self(*arguments, code=1, **named)
        assert result.stdout == ""
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1
        return result.stderr.removeprefix("error: ").strip()

    def usage(self, *arguments: object, **named: Any) -> str:
        """What is said of arguments that make no command: on stderr, exit code 2."""
        result = self(*arguments, code=2, **named)
        assert result.stdout == ""
        return " ".join(result.stderr.replace("│", " ").split())


class Shop:
    """A merchant, a partner with a client, an instance, an outlet: what most commands need."""

    def __init__(self, admin: Admin) -> None:
        self.code = admin.json("organisation", "create", "HARBOUR", "Harbour Street")["code"]
        self.partner = admin.json(
            "partner", "create", "Tills Ltd", "--website", "https://tills.example", "--contact", "Ann", "--email", "a@b.cd"
        )["id"]
        made = admin.json("client", "create", self.partner, "Tills", "--grant", "password", "--grant", "client_credentials")
        self.client, self.secret, self.secret_id = made["client_id"], made["client_secret"], made["secret_id"]
        self.outlet = admin.json("outlet", "create", self.code, "Bar", "--zone", "Pacific/Auckland", "--currency", "NZD")["id"]

    def account(self, admin: Admin) -> dict[str, Any]:
        """A service account bound to the client."""
        made: dict[str, Any] = admin.json(
            "service-account", "create", self.code, "Till", "--permission", "Partner Sales (Submit)",
            "--all-outlets", "--client", self.client,
        )  # fmt: skip
        return made


@pytest.fixture
def settings(new_database: NewDatabase, tmp_path: Path) -> dict[str, str]:
    """Settings of two migrated databases and an empty data folder."""
    return {
        "POWEREPOS_DATA": str(tmp_path / "data"),
        "POWEREPOS_DIRECTORY_DATABASE_URL": new_database("directory"),
        "POWEREPOS_PARTNERSERVICES_DATABASE_URL": new_database("partnerservices"),
        "LOGNAME": "olga",
        "SUDO_USER": "",
        "COLUMNS": "80",
    }


@pytest.fixture
def admin(settings: dict[str, str]) -> Admin:
    """The command on prepared databases."""
    admin = Admin(settings)
    admin("db", "upgrade")
    return admin


@pytest.fixture
def shop(admin: Admin) -> Shop:
    """What most commands need."""
    return Shop(admin)
