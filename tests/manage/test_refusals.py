"""Mistyped commands: one sentence with the cure on stderr, nothing on stdout, never a stack trace."""

import sqlite3
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.manage.conftest import Admin, Shop


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["organisation", "create", "harbour", "Harbour"], "Register it as HARBOUR: letter case does not count later."),
        (["organisation", "create", "HARBOUR", "Harbour"], "is taken. Codes are never given out twice: choose another."),
        (["organisation", "create", "X", "X"], "organisation code: expected 2 to 16 of A-Z"),
        (["organisation", "create", "OK", "  "], "name: expected 1 to 100 characters, got nothing."),
        (["organisation", "show", "NOBODY"], "there is no organisation 'NOBODY'. `powerepos-admin organisation list` shows"),
        (["organisation", "off", "\x1b[31m"], r"there is no organisation '\x1b[31m'"),
        (["partner", "show", "77"], "there is no partner 77. `powerepos-admin partner list` shows"),
        (["partner", "create", "T", "--website", "http://t.example", "--contact", "A", "--email", "a@b.cd"], "website: expected"),
        (["partner", "create", "T", "--website", "https://t.example", "--contact", "A", "--email", "ab.cd"], "e-mail: expected"),
        (["client", "create", "77", "Tills"], "there is no partner 77."),
        (["client", "create", "1", "Tills", "--grant", "implicit"], "one of password, client_credentials, refresh_token"),
        (["client", "create", "1", "Tills", "--grant", "refresh_token"], "A refresh needs a first grant."),
        (["client", "show", "nobody"], "`powerepos-admin client list` shows what there is."),
        (["client", "secret", "end", "{client}", "77"], "there is no client secret 77."),
        (["client", "secret", "add", "{client}", "--expires", "yesterday"], "a duration such as 90d or a date"),
        (["client", "secret", "add", "{client}", "--expires", "2001-01-01"], "a time in the future"),
        (["client", "secret", "add", "{client}", "--expires", "99999d"], "OK"),
        (["client", "secret", "add", "{client}", "--expires", "0001-01-01T00:00+14:00"], "expires: expected"),
        (["client", "keys", "set", "{client}", "/does/not/exist"], "/does/not/exist cannot be read: No such file"),
        (["client", "keys", "set", "{client}", "/"], "/ cannot be read: Is a directory"),
        (["service", "set", "sales", "--alg", "RS256"], "There are partnerservices, ros, des, reporting_server."),
        (["service", "set", "ros", "--alg", "HS256"], "alg: expected one of ES256, RS256, got 'HS256'."),
        (["service", "set", "ros", "--access-seconds", "1"], "access_seconds: expected 60 to 86400 seconds, got 1."),
        (["service", "instance", "create", "ros", "http://ros.example/", "--name", "One"], "uri: expected an https address"),
        (["service", "instance", "create", "ros", "https://ROS.example", "--name", "One"], "Write it as https://ros.example/"),
        (["service", "assign", "{code}", "nobody"], "there is no service instance 'nobody'."),
        (["service-account", "create", "{code}", "Till", "--client", "{client}"], "choose the outlets: --outlet GUID"),
        (
            ["service-account", "create", "{code}", "Till", "--all-outlets", "--no-outlets", "--client", "{client}"],
            "one of the three",
        ),
        (["service-account", "create", "{code}", "Till", "--all-outlets", "--client", "nobody"], "there is no client 'nobody'."),
        (
            ["service-account", "create", "{code}", "T", "--all-outlets", "--client", "{client}", "--permission", "Sales"],
            "permissions: expected one of Partner Sales (Submit)",
        ),
        (["service-account", "create", "{code}", "T", "--outlet", "bar", "--client", "{client}"], "outlets: expected outlet"),
        (["service-account", "show", "{code}", "svc-nobody"], "`powerepos-admin service-account list ORGANISATION` shows"),
        (["service-account", "set", "{code}", "svc-nobody"], "nothing to change"),
        (["service-account", "set", "{code}", "svc-nobody", "--no-permissions", "--permission", "x"], "not both"),
        (["service-account", "password", "add", "{code}", "svc-nobody"], "there is no service account 'svc-nobody'."),
        (["connection", "approve", "{code}", "{client}", "--all-outlets"], "services: expected at least one of"),
        (
            ["connection", "approve", "{code}", "{client}", "--service", "partnerservices", "--all-outlets"],
            "permissions: expected for partnerservices at least one of",
        ),
        (["connection", "pause", "{code}", "{client}"], "there is no approved connection with client"),
        (["connection", "pause", "{code}", "{client}", "--account", "svc-x"], "from ever getting one, unbind it."),
        (["outlet", "create", "{code}", "Bar"], "an outlet needs its --zone"),
        (["outlet", "create", "{code}", "Bar", "--zone", "Auckland", "--currency", "NZD"], "zone: expected an IANA time zone"),
        (["outlet", "create", "{code}", "Bar", "--zone", "UTC", "--currency", "KWD"], "Amounts with three cannot be held"),
        (["outlet", "edit", "{code}", "{outlet}"], "nothing to change"),
        (["outlet", "edit", "{code}", "bar", "--name", "Deck"], "outlet ID: expected a GUID, got 'bar'."),
        (["user", "create", "ann", "Ann"], "e-mail: expected an address"),
        (["user", "create", "ann@example.com", "Ann", "--staff", "root"], "staff role: expected one of agent, admin"),
        (["user", "link", "ann@example.com", "--role", "owner"], "say where: --organisation CODE or --partner ID"),
        (["user", "link", "nobody@example.com", "--role", "owner", "--partner", "1"], "there is no user 'nobody@example.com'."),
        (["key", "rotate", "--kind", "blunt"], "kind: expected one of sign, hash, refresh, got 'blunt'."),
        (["key", "rotate", "--alg", "none"], "alg: expected one of ES256, RS256, got 'none'."),
        (["key", "revoke", "nobody", "--yes"], "`powerepos-admin key list` shows them."),
        (["audit", "--organisation", "NOBODY"], "there is no organisation 'NOBODY'."),
        (["audit", "--since", "soon"], "since: expected a duration such as 90d"),
        (["db", "upgrade", "--only", "sales"], "--only takes directory or partnerservices"),
    ],
)  # fmt: skip
def test_a_refusal_is_one_sentence_with_the_cure(admin: Admin, shop: Shop, arguments: list[str], expected: str) -> None:
    names = {"{code}": shop.code, "{client}": shop.client, "{outlet}": shop.outlet}
    filled = [names.get(argument, argument) for argument in arguments]
    before = admin.json("audit")
    if expected == "OK":
        admin(*filled)
        return
    assert expected in admin.error(*filled)
    assert admin.json("audit") == before


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["organisations"], "No such command 'organisations'. Did you mean 'organisation'?"),
        (["organisation", "shw"], "Did you mean 'show'?"),
        (["organisation", "create", "X"], "Missing argument 'NAME'"),
        (["organisation", "create", "X", "Y", "Z"], "unexpected extra argument"),
        (["organisation", "list", "--jsn"], "No such option: --jsn"),
        (["partner", "show", "abc"], "Invalid value for 'PARTNER': Input should be a valid integer"),
        (["partner", "show", "0"], "should be greater than or equal to 1"),
        (["partner", "show", "99999999999999999999"], "should be less than or equal to 2147483647"),
        (["client", "secret", "end", "x", "2147483648"], "should be less than or equal to 2147483647"),
        (["audit", "--limit", "0"], "should be greater than or equal to 1"),
        (["user", "link", "ann@example.com", "--partner", "1"], "Missing option '--role'"),
    ],
)
def test_what_makes_no_command_is_told_with_its_usage(admin: Admin, arguments: list[str], expected: str) -> None:
    assert expected in admin.usage(*arguments)


def test_an_argument_that_is_no_text_is_refused(admin: Admin) -> None:
    assert "argument 3 is not valid UTF-8" in admin.usage("organisation", "show", "\udcff")


def test_a_password_on_standard_input_is_judged_and_never_repeated(admin: Admin) -> None:
    create = ("user", "create", "ann@example.com", "Ann", "--password-stdin")
    assert admin.error(*create, stdin="hunter2\n") == "password: expected 12 to 128 characters, got 7 of them."
    assert "got 0 of them" in admin.error(*create, stdin="")
    assert admin.json("user", "list") == []


def test_a_key_file_is_judged_before_it_is_read_whole(admin: Admin, shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    set_keys = ("client", "keys", "set", shop.client, file)
    file.write_bytes(b"\xff\xfe")
    assert "is not text in UTF-8" in admin.error(*set_keys)
    file.write_bytes(b" " * 1_000_000)
    assert "is it the right file?" in admin.error(*set_keys)
    file.write_text("-----BEGIN PUBLIC KEY-----")
    assert "Paste the JWK Set, not PEM." in admin.error(*set_keys)


@pytest.mark.parametrize("only", ["directory", "partnerservices"])
def test_a_database_that_was_not_set_up_is_told_by_name(tmp_path: Path, only: str) -> None:
    fresh = Admin({"POWEREPOS_DATA": str(tmp_path / "data")})
    assert fresh.error("organisation", "list").endswith("not set up yet: run `powerepos-admin db upgrade`")
    assert not (tmp_path / "data").exists()
    done = fresh.json("db", "upgrade", "--only", only)
    assert [(row["database"], row["was"]) for row in done] == [(only, None)]
    other = {"directory": "partnerservices", "partnerservices": "directory"}[only]
    assert f"the {other} database was not set up yet" in fresh.error("outlet", "list", "HARBOUR")
    assert f"the {other} database was not set up yet" in fresh.error("serve")


def test_files_of_a_fresh_installation_are_their_owners_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    Admin({"POWEREPOS_DATA": str(data)})("db", "upgrade")
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in data.iterdir() if "-" not in path.name} == {
        "directory.sqlite3": "0o600",
        "partnerservices.sqlite3": "0o600",
        "master.key": "0o600",
    }
    assert data.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"directory_database_url": "mysql://x"}, "set POWEREPOS_DIRECTORY_DATABASE_URL"),
        ({"directory_database_url": "postgresql://nobody@127.0.0.1:1/x"}, "cannot connect"),
        ({"prot": "1"}, "unknown setting POWEREPOS_PROT"),
        ({"port": "abc"}, "POWEREPOS_PORT: expected a whole number from 1 to 65535, got 'abc'"),
        ({"issuer": "https://auth.example/"}, "must not end in a slash"),
        ({"config": "/does/not/exist"}, "POWEREPOS_CONFIG names /does/not/exist, which cannot be read"),
    ],
)
def test_a_wrong_setting_is_told_by_name(admin: Admin, values: dict[str, str], expected: str) -> None:
    assert expected in admin.error("organisation", "list", **values)


def test_a_file_that_is_no_database_is_told(admin: Admin, tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.sqlite3"
    garbage.write_text("this is no database at all, but it is long enough to look like one" * 20)
    url = f"sqlite:///{garbage}"
    assert "damaged or no database" in admin.error("organisation", "list", directory_database_url=url)
    assert "damaged or no database" in admin.error("db", "upgrade", directory_database_url=url)


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    data = str(tmp_path / "file")
    assert data in Admin({"POWEREPOS_DATA": data}).error("db", "upgrade")


def test_a_locked_database_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("powerepos_cloud.foundation.database.group_commit._BUSY_GIVE_UP_SECONDS", 0.3)
    admin = Admin({"POWEREPOS_DATA": str(tmp_path / "data")})
    admin("db", "upgrade")
    other = sqlite3.connect(tmp_path / "data" / "directory.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "locked" in admin.error("organisation", "create", "HARBOUR", "Harbour")
    other.close()
    admin("organisation", "create", "HARBOUR", "Harbour")


def test_a_missing_master_key_is_told_and_no_other_made_in_its_place(admin: Admin, shop: Shop) -> None:
    path = Path(admin.settings["POWEREPOS_DATA"]) / "master.key"
    key = path.read_text()
    path.unlink()
    for command in (("client", "secret", "add", shop.client), ("key", "rotate"), ("db", "upgrade")):
        assert f"restore {path}" in admin.error(*command)
        assert not path.exists()
    path.write_text(key)
    assert "run `chmod 600" in admin.error("key", "rotate")
    path.chmod(0o600)
    admin("client", "secret", "add", shop.client)
    assert "sealed under another master key" in admin.error("key", "rotate", "--now", master_key=other_key())


def other_key() -> str:
    """A master key that opens nothing."""
    return Fernet.generate_key().decode()
