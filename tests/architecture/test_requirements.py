"""The locks: every package pinned and hashed, the same for running and testing, for any machine."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("run", "dev")


def pins(lock: str) -> dict[str, tuple[str, set[str]]]:
    """Package to what is pinned (version and marker) and its hashes."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text().replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        match = re.fullmatch(r"([a-z0-9-]+)(?:\[\w+\])?(==[^\s]+(?: ; [^-]*?)?)((?:\s+--hash=sha256:[0-9a-f]{64})+)\s*", line)
        assert match, f"{lock}.txt: not a pinned and hashed requirement: {line}"
        found[match[1]] = (match[2].strip(), set(match[3].split()))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_asked_for_is_pinned_and_hashed(lock: str) -> None:
    asked = re.findall(r"^([a-z0-9][a-z0-9-]*)", (ROOT / "requirements" / f"{lock}.in").read_text(), re.MULTILINE)
    assert len(asked) > 10
    assert set(asked) - set(pins(lock)) == set()


def test_the_tests_run_what_the_server_runs() -> None:
    run, dev = pins("run"), pins("dev")
    assert {package: pin for package, pin in run.items() if dev.get(package) != pin} == {}


def test_both_distributions_find_what_they_depend_on() -> None:
    for project in (ROOT / "pyproject.toml", ROOT / "client" / "pyproject.toml"):
        for dependency in tomllib.loads(project.read_text())["project"]["dependencies"]:
            package = re.match(r"[a-z0-9-]+", dependency)
            assert package
            assert package[0] == "powerepos" or package[0] in pins("run")


@pytest.mark.parametrize("package", ["asyncpg", "cryptography", "granian", "greenlet", "msgspec", "uvloop"])
def test_compiled_packages_are_hashed_for_many_platforms(package: str) -> None:
    assert len(pins("run")[package][1]) > 20
