"""The doctor: what is set and from where, what is wrong and the cure; exit code 1 only if something is wrong."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from powerepos_cloud.directory import facts
from powerepos_cloud.directory.tables import mails
from powerepos_cloud.keyring.tables import keys
from powerepos_cloud.manage.console import Desk, run
from powerepos_cloud.settings import load_settings
from tests.manage.conftest import Admin, Shop


def look(admin: Admin, code: int = 0, **settings: str) -> dict[str, Any]:
    """What the doctor says, findings by what was looked at."""
    said = admin.json("doctor", code=code, **settings)
    assert said["well"] is (code == 0)
    assert all(finding["cure"] for finding in said["findings"] if finding["state"] != "ok")
    return {finding["check"]: finding for finding in said["findings"]}


def write(admin: Admin, deed: Any) -> None:
    """Write into the directory past the command."""

    async def work(desk: Desk) -> None:
        await desk.database("directory").write(deed)

    environment = {name: value for name, value in admin.settings.items() if name.startswith("POWEREPOS_")}
    run(work, settings=load_settings(environment))


def install(admin: Admin, shop: Shop, uri: str = "http://localhost:8000/") -> str:
    """The shop on an instance; its ID."""
    made = admin.json("service", "instance", "create", "partnerservices", uri, "--name", "One")
    admin("service", "assign", shop.code, made["instance_id"])
    instance: str = made["instance_id"]
    return instance


def test_all_is_well_in_an_installation_that_is_complete(admin: Admin, shop: Shop) -> None:
    install(admin, shop)
    mail = {"smtp_url": "smtps://us:secret@mail.example", "mail_from": "no-reply@example.com"}
    found = look(admin, **mail)
    assert {finding["state"] for finding in found.values()} == {"ok"}
    assert found["mail"]["seen"] == "leaves by mail.example:465, 0 waiting"
    assert "secret" not in admin("doctor", **mail).stdout
    assert {"issuer", "data", "directory database", "partnerservices database", "master key"} <= set(found)
    assert admin("doctor", **mail).stdout.endswith("All is well.\n")


def test_what_is_missing_at_first_is_told_with_what_to_do(admin: Admin, shop: Shop) -> None:
    found = look(admin)
    assert found["instances"]["cure"] == "run `powerepos-admin service instance create`"
    assert found["assignments"]["seen"] == "without Partner Services: HARBOUR"
    assert admin("doctor").stdout.endswith("0 wrong, 3 to know of.\n")


def test_a_fresh_machine_is_told_to_upgrade(tmp_path: Path) -> None:
    found = look(Admin({"POWEREPOS_DATA": str(tmp_path / "data")}), code=1)
    for which in ("directory", "partnerservices"):
        assert found[f"{which} database"] == {
            "check": f"{which} database",
            "state": "fault",
            "seen": "not set up yet",
            "cure": "run `powerepos-admin db upgrade`",
        }
    assert not (tmp_path / "data").exists()  # looking changes nothing


@pytest.mark.parametrize(
    ("values", "check", "state"),
    [
        ({"issuer": "http://auth.example"}, "issuer", "fault"),
        ({"issuer": "https://auth.example"}, "issuer", "ok"),
        ({"issuer": "auth.example"}, "issuer", "fault"),
        ({"host": "0.0.0.0"}, "host", "warning"),
        ({"trusted_proxies": "10.0.0.0/33"}, "trusted_proxies", "fault"),
        ({"trusted_proxies": "10.0.0.1/8"}, "trusted_proxies", "fault"),
        ({"service_uri": "http://localhost:9/"}, "service_uri", "fault"),
        ({"directory_database_url": "mysql://x"}, "directory database", "fault"),
        ({"directory_database_url": "postgresql://ann:hunter2@127.0.0.1:1/x"}, "directory database", "fault"),
        ({"partnerservices_database_url": "sqlite:////etc/passwd"}, "partnerservices database", "fault"),
        ({"master_key": Fernet.generate_key().decode()}, "master key", "fault"),
        ({"master_key": "short"}, "master key", "fault"),
    ],
)
def test_a_wrong_setting_is_found(admin: Admin, shop: Shop, values: dict[str, str], check: str, state: str) -> None:
    install(admin, shop)
    # With an https issuer it is the instance on this machine that is wrong.
    found = look(admin, code=1 if state == "fault" or "https://auth.example" in values.values() else 0, **values)
    assert found[check]["state"] == state
    assert "hunter2" not in str(found)


def test_many_workers_on_sqlite_are_warned_of(admin: Admin, shop: Shop, dialect: str) -> None:
    assert ("workers" in look(admin, workers="4")) == (dialect == "sqlite")


def test_an_instance_that_partners_cannot_reach_is_found(admin: Admin, shop: Shop) -> None:
    instance = install(admin, shop)
    found = look(admin, code=1, issuer="https://auth.example")
    assert "set-uri" in found[f"instance {instance}"]["cure"]


def test_a_setting_that_is_unknown_is_all_that_is_told(admin: Admin) -> None:
    said = admin.json("doctor", code=1, prot="1")
    assert said["settings"] == []
    [finding] = said["findings"]
    assert (finding["check"], finding["state"]) == ("settings", "fault")
    assert "POWEREPOS_PROT" in finding["seen"]


def test_where_each_setting_comes_from_is_told_and_no_secret(admin: Admin, tmp_path: Path) -> None:
    file = tmp_path / "powerepos.toml"
    file.write_text('log_level = "debug"\nissuer = "http://localhost:9999"\nmetrics_token = "hush-hush"\n')
    credential = "pepos_si_" + "a" * 40
    result = admin("doctor", "--json", config=str(file), issuer="http://localhost:7777", instance_credential=credential)
    assert "hush-hush" not in result.stdout
    assert credential not in result.stdout
    said = admin.json("doctor", config=str(file), issuer="http://localhost:7777", instance_credential=credential)
    known = {row["setting"]: (row["value"], row["from"]) for row in said["settings"]}
    assert known["POWEREPOS_LOG_LEVEL"] == ("debug", f"file {file}")
    assert known["POWEREPOS_ISSUER"] == ("http://localhost:7777", "environment")
    assert known["POWEREPOS_PORT"] == (8000, "default")
    assert known["POWEREPOS_METRICS_TOKEN"][0] == known["POWEREPOS_INSTANCE_CREDENTIAL"][0] == "(set, not shown)"


def test_files_that_others_can_read_are_found(tmp_path: Path) -> None:
    data = tmp_path / "data"
    admin = Admin({"POWEREPOS_DATA": str(data)})
    admin("db", "upgrade")
    assert look(admin)["directory database"]["state"] == "ok"
    (data / "directory.sqlite3").chmod(0o644)
    assert look(admin, code=1)["directory file"]["cure"] == f"run `chmod 600 {data / 'directory.sqlite3'}`"
    (data / "directory.sqlite3").chmod(0o600)
    (data / "master.key").chmod(0o640)
    assert "chmod 600" in look(admin, code=1)["master key"]["cure"]
    (data / "master.key").chmod(0o600)
    data.chmod(0o777)
    assert look(admin, code=1)["data"]["cure"] == f"run `chmod go-w {data}`"
    data.chmod(0o700)
    look(admin)


def test_a_missing_master_key_is_found_and_not_made(admin: Admin) -> None:
    path = Path(admin.settings["POWEREPOS_DATA"]) / "master.key"
    path.unlink()
    assert "restore it" in look(admin, code=1)["master key"]["cure"]
    assert not path.exists()


def test_a_missing_key_is_found(admin: Admin) -> None:
    write(admin, lambda session: session.run(keys.delete().where(keys.c.kind == "sign")))
    assert look(admin, code=1)["keys"]["cure"] == "run `powerepos-admin key rotate --now --alg ES256`"
    admin("key", "rotate", "--now", "--alg", "ES256")
    look(admin)


def test_the_demos_directory_is_never_served_to_others(admin: Admin) -> None:
    write(admin, lambda session: facts.mark_demo(session, 1))
    assert "demo data" not in look(admin)
    found = look(admin, code=1, host="192.0.2.7", issuer="https://auth.example")
    assert "use another POWEREPOS_DATA" in found["demo data"]["cure"]
    refusal = admin.error("serve", "--host", "192.0.2.7")
    assert "never served on 192.0.2.7" in refusal


def test_mail_that_waits_is_told(admin: Admin) -> None:
    values = {"recipient": "ann@example.com", "subject": "Hello", "body": "…", "created_at": 1}
    write(admin, lambda session: session.run(mails.insert().values(values)))
    assert look(admin)["mail"]["seen"].startswith("1 waiting")
    settings = {"smtp_url": "http://mail.example", "mail_from": "no-reply@example.com"}
    assert look(admin, code=1, **settings)["mail"]["cure"] == "correct POWEREPOS_SMTP_URL"
    assert "belong together" in look(admin, code=1, smtp_url="smtp://mail.example")["settings"]["seen"]


@pytest.mark.parametrize(
    ("values", "checks"),
    [
        ({}, {"service_uri", "instance_id", "instance_credential"}),
        ({"service_uri": "http://localhost:8000/", "instance_id": "si1"}, {"instance_credential"}),
        (
            {"service_uri": "http://localhost:8000/", "instance_id": "si1", "instance_credential": "pepos_si_cut"},
            {"instance_credential"},
        ),
    ],
)
def test_a_host_of_partner_services_alone_needs_its_credential_and_no_directory(
    admin: Admin, values: dict[str, str], checks: set[str]
) -> None:
    nowhere = {"directory_database_url": "postgresql://nobody@127.0.0.1:1/x"}
    found = look(admin, code=1, role="partnerservices", **values, **nowhere)
    assert {name for name, finding in found.items() if finding["state"] == "fault"} == checks
    assert "directory database" not in found


def test_instances_without_a_database_for_their_pages_are_told(admin: Admin, shop: Shop) -> None:
    install(admin, shop)
    found = look(admin, code=1, instance_databases="https://gone.example/=sqlite:///gone.db")
    assert found["instance_databases"]["cure"].startswith("correct POWEREPOS_INSTANCE_DATABASES")
    said = admin("doctor", code=1, instance_databases="https://gone.example/=sqlite:///gone.db").stdout
    assert "says no database for http://localhost:8000/" in " ".join(said.split())
    wrong = look(admin, code=1, instance_databases="nonsense")["settings"]
    assert wrong["seen"].startswith("POWEREPOS_INSTANCE_DATABASES: expected ")
