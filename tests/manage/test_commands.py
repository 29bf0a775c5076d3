"""The command as a whole: every part answers scripts, explains itself, and needs no database to do so."""

import os
import pwd
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
import typer
from typer.testing import CliRunner

from powerepos_cloud.manage.console import login_name
from powerepos_cloud.manage.main import build

SERVERS = {"serve", "demo"}  # they run until a signal ends them


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, found in inner.items():
        yield from leaves(found, (*path, name))


COMMANDS = dict(leaves(typer.main.get_command(build())))


def test_the_promised_nouns_are_there() -> None:
    assert {path[0] for path in COMMANDS} >= {
        "serve", "demo", "db", "partner", "client", "organisation", "connection", "outlet", "service", "service-account",
        "user", "key", "audit", "doctor", "status",
    }  # fmt: skip


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_answers_scripts_and_explains_itself(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert command.help.endswith(".")
    options = {option for parameter in command.params for option in parameter.opts}
    assert ("--json" in options) == (path[0] not in SERVERS)
    for parameter in command.params:
        assert parameter.help, f"{path}: {parameter.name} says nothing of itself"
    result = CliRunner().invoke(build(), [*path, "--help"], env={"POWEREPOS_DIRECTORY_DATABASE_URL": "nowhere"})
    assert result.exit_code == 0


def test_no_command_takes_a_secret_as_an_argument() -> None:
    """Arguments are seen by every user of the machine, and kept in shell histories."""
    for path, command in COMMANDS.items():
        for parameter in command.params:
            named = {*parameter.opts, parameter.name}
            assert not {name for name in named if "password" in name or "secret" in name} - {
                "--password-stdin", "password_stdin", "password_id", "secret_id",
            }, path  # fmt: skip


def test_the_operator_is_named_also_behind_sudo_and_under_a_bare_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)

    def nameless(number: int) -> NoReturn:  # no test can run under a user ID that the machine does not know
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", nameless)
    assert login_name() == f"uid {os.getuid()}"
    monkeypatch.setenv("LOGNAME", "root")
    assert login_name() == "root"
    monkeypatch.setenv("SUDO_USER", "olga")
    assert login_name() == "olga"
