"""What every file keeps to, said once here instead of in every review."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import powerepos
import pytest
from sqlalchemy import Float, Numeric

import powerepos_cloud
from powerepos_cloud.migrations.metadata import METADATA

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "client" / "src").rglob("*.py")])
MODULES = [path for path in SOURCES if "versions" not in path.parts]
MOST_LINES = 400
MOST_FUNCTION_LINES = 50

# Put together here so that this file does not hold what it looks for.
MACHINE_PATH = re.compile("|".join(f"(?<![\\w.])/{name}/[a-z.]" for name in ("work", "root", "home", "opt")))
REGISTRY = re.compile(r"pypi\." + r"org|python" + r"hosted|index-url[= ]+http|find-links[= ]+[./]|//[^\s/]+/sim" + "ple")


def name(path: Path) -> str:
    """The path as it is written in the repository."""
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of the file, nested ones too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def none_of(found: Iterable[str]) -> None:
    """Fail with all of them."""
    places = sorted(found)
    assert not places, "\n" + "\n".join(places)


def calls(path: Path, function: str) -> Iterator[ast.Call]:
    """Every call of a function by its plain name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
            yield node


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {name(path): len(path.read_text().splitlines()) for path in MODULES}
    none_of(f"{path}: {length}" for path, length in lengths.items() if length > MOST_LINES)


def test_no_function_is_longer_than_50_lines() -> None:
    lengths = {
        f"{name(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1 for path in MODULES for node in functions(path)
    }
    none_of(f"{place}: {length}" for place, length in lengths.items() if length > MOST_FUNCTION_LINES)


def test_every_module_says_what_it_is() -> None:
    none_of(name(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text())))


def modules() -> Iterator[ModuleType]:
    """Every module of both distributions, but what only Alembic can load."""
    for package in (powerepos, powerepos_cloud):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in found.name:
                yield importlib.import_module(found.name)


def public_functions(module: ModuleType) -> Iterator[tuple[str, object]]:
    """The functions, classes and methods that the module itself defines for others."""
    for label, member in vars(module).items():
        if label.startswith("_") or getattr(member, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(member) or inspect.isclass(member):
            yield f"{module.__name__}.{label}", member
        if inspect.isclass(member):
            for inner, method in vars(member).items():
                if not inner.startswith("_") and (inspect.isfunction(method) or isinstance(method, property)):
                    yield f"{module.__name__}.{label}.{inner}", getattr(member, inner)


def test_every_public_function_says_what_it_does() -> None:
    """A method that a base class or a protocol describes need not be described again."""
    members = [found for module in modules() for found in public_functions(module)]
    described = {
        method
        for _, member in members
        if getattr(member, "_is_protocol", False)
        for method, function in vars(member).items()
        if inspect.getdoc(function)
    }
    assert "now_ms" in described
    none_of(label for label, member in members if not inspect.getdoc(member) and label.rpartition(".")[2] not in described)


@pytest.mark.parametrize("path", [path for path in SOURCES if "client" in path.relative_to(ROOT).parts], ids=name)
def test_the_client_is_written_for_python_3_10(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=(3, 10))


def test_no_column_holds_a_float_or_a_numeric() -> None:
    """SQLite would give back 10000000000000000.00 for 9999999999999999.99."""
    columns = [column for metadata in METADATA.values() for table in metadata.sorted_tables for column in table.columns]
    assert len(columns) > 100
    none_of(str(column) for column in columns if isinstance(column.type, Numeric | Float))


def tracked_files() -> Iterator[tuple[str, str]]:
    """Every file that the repository holds, with its text; binaries are left out."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for path in filter(None, listed.split("\0")):
        if (ROOT / path).is_file():
            content = (ROOT / path).read_bytes()
            if b"\0" not in content:
                yield path, content.decode()


@pytest.mark.parametrize("forbidden", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_no_tracked_file_names_a_machine_or_a_registry(forbidden: re.Pattern[str]) -> None:
    none_of(f"{path}: {match[0]}" for path, text in tracked_files() if (match := forbidden.search(text)))


@pytest.mark.parametrize(
    ("forbidden", "text"),
    [
        (MACHINE_PATH, 'open("/wor' + 'k/main/x")'),
        (MACHINE_PATH, "file:///op" + "t/wheels"),
        (REGISTRY, "--extra-ind" + "ex-url http://mirror"),
        (REGISTRY, "https://mirror.example/sim" + "ple/x"),
    ],
)
def test_what_is_looked_for_would_be_found(forbidden: re.Pattern[str], text: str) -> None:
    assert forbidden.search(text)


def test_what_crosses_organisations_says_why() -> None:
    """Run with `-rP` to read the list."""
    for path in MODULES:
        for call in calls(path, "crossing"):
            reason = call.args[1]
            assert isinstance(reason, ast.Constant), f"{name(path)}:{call.lineno}: the reason is a literal"
            assert isinstance(reason.value, str)
            assert len(reason.value.split()) >= 3, f"{name(path)}:{call.lineno}: a reason is a clause"
            print(f"{name(path)}:{call.lineno}: {reason.value}")


def test_raw_sql_stands_only_in_hot_statements() -> None:
    """Run with `-rP` to read which modules hold some: the tenant guard does not see them, so their tests do its work."""
    raw = re.compile(r"^from sqlalchemy.* import .*\btext\b|\.text\(|exec_driver_sql|\.raw\.")
    foundation = ROOT / "src" / "powerepos_cloud" / "foundation" / "database"
    none_of(
        f"{name(path)}: {line}"
        for path in MODULES
        if foundation not in path.parents and path.name != "tables.py"  # the condition of a partial index
        for line in path.read_text().splitlines()
        if raw.search(line)
    )
    for path in MODULES:
        if hot := list(calls(path, "Hot")):
            print(f"{name(path)}: {len(hot)} hot statements")
            assert path.name != "rules.py"
