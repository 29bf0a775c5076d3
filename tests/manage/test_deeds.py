"""Each deed by the command: what it says to people and scripts, and what is there afterwards."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from powerepos_cloud.foundation.secrets import SecretKind, is_well_formed
from tests.manage.conftest import Admin, Shop

SALES, VIEW = "Partner Sales (Submit)", "Partner Sales (View)"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def actions(admin: Admin, **filters: str) -> list[str]:
    """The actions in the audit, newest first."""
    arguments = [word for name, value in filters.items() for word in (f"--{name}", value)]
    return [row["action"] for row in admin.json("audit", *arguments)]


def test_an_organisation_is_registered_shown_switched_off_and_on(admin: Admin) -> None:
    made = admin.json("organisation", "create", "HARBOUR-1", "Harbour Street")
    assert set(made) == {"code", "name", "kapow", "state", "created_at"}
    assert INSTANT.fullmatch(made["created_at"])
    assert admin.json("organisation", "list") == [made]
    assert admin.json("organisation", "off", "harbour-1") == {"code": "HARBOUR-1", "state": "off", "changed": True}
    assert admin.json("organisation", "off", "HARBOUR-1")["changed"] is False
    assert admin.json("organisation", "show", "HARBOUR-1")["state"] == "off"
    assert admin("organisation", "on", "HARBOUR-1").stdout == "HARBOUR-1 is on.\n"
    assert admin("organisation", "on", "HARBOUR-1").stdout == "HARBOUR-1 was on already.\n"
    assert actions(admin) == ["organisation.switched_on", "organisation.switched_off", "organisation.created"]
    assert {row["actor"] for row in admin.json("audit")} == {"olga"}


def test_people_see_tables_with_whole_ids(admin: Admin, shop: Shop) -> None:
    listed = admin("client", "list").stdout
    assert shop.client in listed
    assert "Tills" in listed
    shown = admin("organisation", "show", shop.code).stdout
    assert "Harbour Street" in shown
    assert admin("partner", "list").stdout.count("Tills Ltd") == 1
    assert "no service account" in admin("service-account", "list", shop.code).stdout


def test_a_secret_is_shown_once_alone_on_its_line(admin: Admin, shop: Shop) -> None:
    out = admin("client", "create", shop.partner, "Kiosk").stdout
    [secret] = re.findall(r"^  ClientSecret  (pepos_cs_\S+)$", out, re.MULTILINE)
    assert is_well_formed(SecretKind.CLIENT_SECRET, secret)
    assert "Shown once" in out
    everything = "".join(
        admin(*command).stdout
        for command in (("client", "list"), ("client", "show", shop.client), ("audit",), ("audit", "--json"), ("status",))
    )
    assert secret not in everything
    assert shop.secret not in everything
    assert shop.secret[-4:] in everything


def test_a_client_is_made_with_the_documented_grants_unless_told_otherwise(admin: Admin, shop: Shop) -> None:
    made = admin.json("client", "create", shop.partner, "Kiosk")
    assert made["grants"] == ["password", "refresh_token"]
    assert admin.json("client", "grants", made["client_id"], "--grant", "client_credentials")["grants"] == ["client_credentials"]
    assert [found["id"] for found in admin.json("client", "list", "--partner", shop.partner)] == [
        shop.client,
        made["client_id"],
    ]
    assert [found["id"] for found in admin.json("partner", "show", shop.partner)["clients"]] == [
        shop.client,
        made["client_id"],
    ]


def test_client_secrets_are_added_and_ended(admin: Admin, shop: Shop) -> None:
    second = admin.json("client", "secret", "add", shop.client, "--expires", "90d")
    assert is_well_formed(SecretKind.CLIENT_SECRET, second["client_secret"])
    assert INSTANT.fullmatch(second["expires_at"])
    assert "two live" in admin.error("client", "secret", "add", shop.client)
    assert admin.json("client", "secret", "end", shop.client, shop.secret_id)["changed"] is True
    assert admin.json("client", "secret", "end", shop.client, shop.secret_id)["changed"] is False
    listed = admin.json("client", "secret", "list", shop.client)
    assert [known["state"] for known in listed] == ["ended", "live"]
    assert [known["id"] for known in admin.json("client", "show", shop.client)["secrets"]] == [
        shop.secret_id,
        second["secret_id"],
    ]
    assert "works on until you end it" in admin("client", "secret", "add", shop.client).stdout


def test_client_keys_are_set_from_a_file_or_standard_input_and_cleared(admin: Admin, shop: Shop, tmp_path: Path) -> None:
    text = json.dumps({"keys": [{**ECKey.generate_key("P-256").as_dict(private=False), "kid": "k1"}]})
    file = tmp_path / "keys.json"
    file.write_text(text)
    assert admin.json("client", "keys", "set", shop.client, file)["keys"] == [{"kid": "k1", "kty": "EC"}]
    assert admin.json("client", "keys", "clear", shop.client)["keys"] == []
    assert admin.json("client", "keys", "set", shop.client, "-", stdin=text)["keys"] == [{"kid": "k1", "kty": "EC"}]


def test_a_client_is_switched_off_and_on_and_all_its_tokens_revoked(admin: Admin, shop: Shop) -> None:
    assert admin.json("client", "off", shop.client) == {"id": shop.client, "state": "off", "changed": True}
    assert admin.json("client", "off", shop.client)["changed"] is False
    assert admin.json("client", "on", shop.client)["changed"] is True
    assert admin.json("client", "revoke-everything", shop.client, "--yes") == {"id": shop.client, "revocation": 3}
    assert admin.json("status")["newest_revocation"] == 3


def test_a_service_is_changed_and_gets_the_key_that_it_signs_with(admin: Admin) -> None:
    changed = admin.json("service", "set", "ros", "--alg", "RS256", "--access-seconds", "3600")
    assert (changed["alg"], changed["access_seconds"]) == ("RS256", 3600)
    assert {key["alg"] for key in admin.json("key", "list") if key["kind"] == "sign"} == {"ES256", "RS256"}
    assert [service["name"] for service in admin.json("service", "list")] == [
        "des",
        "partnerservices",
        "reporting_server",
        "ros",
    ]


def test_an_instance_is_registered_and_an_organisation_put_on_it(admin: Admin, shop: Shop) -> None:
    made = admin.json("service", "instance", "create", "partnerservices", "http://localhost:8000/", "--name", "One")
    assert is_well_formed(SecretKind.INSTANCE_CREDENTIAL, made["instance_credential"])
    instance = made["instance_id"]
    assigned = admin.json("service", "assign", shop.code, instance)
    assert assigned["uri"] == "http://localhost:8000/"
    assert admin.json("organisation", "show", shop.code)["instances"][0]["instance_id"] == instance
    assert admin.json("service", "instance", "set-uri", instance, "http://localhost:9/")["uri"] == "http://localhost:9/"
    second = admin.json("service", "instance", "credential", "add", instance)
    assert second["instance_credential"] != made["instance_credential"]
    first = made["credential_id"]
    assert admin.json("service", "instance", "credential", "end", instance, first)["changed"] is True
    shown = admin.json("service", "instance", "show", instance)
    assert [known["state"] for known in shown["credentials"]] == ["ended", "live"]
    assert [found["id"] for found in admin.json("service", "instance", "list")] == [instance]
    human = admin("service", "instance", "credential", "add", instance).stdout
    assert "Instance credential" in human


def test_a_service_account_is_made_with_what_a_partner_needs(admin: Admin, shop: Shop) -> None:
    made = shop.account(admin)
    assert made["org_id"] == shop.code
    assert made["username"].startswith("svc-")
    assert is_well_formed(SecretKind.SERVICE_PASSWORD, made["password"])
    assert (made["permissions"], made["outlets"], made["clients"]) == ([SALES], None, [shop.client])
    [listed] = admin.json("service-account", "list", shop.code)
    assert (listed["id"], listed["outlets"]) == (made["username"], "all")
    shown = admin.json("service-account", "show", shop.code, made["username"])
    assert [known["id"] for known in shown["passwords"]] == [made["password_id"]]
    assert made["password"] not in json.dumps(shown)


def test_a_service_accounts_rights_are_replaced(admin: Admin, shop: Shop) -> None:
    account = shop.account(admin)["username"]
    change = ("service-account", "set", shop.code, account)
    changed = admin.json(*change, "--permission", VIEW, "--outlet", shop.outlet.upper())
    assert (changed["permissions"], changed["outlets"]) == ([VIEW], [shop.outlet])
    changed = admin.json(*change, "--no-outlets")
    assert (changed["permissions"], changed["outlets"]) == ([VIEW], [])
    changed = admin.json(*change, "--no-permissions", "--all-outlets")
    assert (changed["permissions"], changed["outlets"]) == ([], "all")
    assert actions(admin, action="account") == [
        "account.narrowed",
        "account.narrowed",
        "account.narrowed",
        "account.created",
    ]
    assert admin.json("status")["newest_revocation"] == 3


def test_outlets_are_looked_up_at_the_instance_unless_told_not_to(admin: Admin, shop: Shop) -> None:
    account = shop.account(admin)["username"]
    unknown = "00000000-0000-4000-8000-000000000000"
    change = ("service-account", "set", shop.code, account, "--outlet", unknown)
    assert f"there is no outlet '{unknown}'" in admin.error(*change)
    create = ("service-account", "create", shop.code, "Bar", "--client", shop.client, "--outlet", unknown)
    assert "no outlet" in admin.error(*create)
    approve = ("connection", "approve", shop.code, shop.client, "--service", "ros", "--outlet", unknown)
    assert "no outlet" in admin.error(*approve)
    nowhere = {"partnerservices_database_url": "postgresql://nobody@127.0.0.1:1/nowhere"}
    assert admin.json(*change, "--unchecked", **nowhere)["outlets"] == [unknown]
    assert "cannot connect" in admin.error(*change, **nowhere)


def test_a_service_account_is_bound_unbound_opened_and_limited(admin: Admin, shop: Shop) -> None:
    account = shop.account(admin)["username"]
    other = admin.json("client", "create", shop.partner, "Kiosk")["client_id"]
    where = (shop.code, account)
    assert admin.json("service-account", "bind", *where, other) == {"id": account, "client_id": other, "changed": True}
    assert admin.json("service-account", "bind", *where, other)["changed"] is False
    assert admin.json("service-account", "unbind", *where, other)["changed"] is True
    assert admin.json("service-account", "rename", *where, "Till 2")["changed"] is True
    assert admin.json("service-account", "rename", *where, "Till 2")["changed"] is False
    assert admin.json("service-account", "any-partner", *where, "--yes")["any_partner"] is True
    assert "any partner" in admin("service-account", "list", shop.code).stdout
    limited = admin.json("service-account", "chosen-clients", *where)
    assert (limited["any_partner"], limited["clients"]) == (False, [shop.client])


def test_a_service_account_for_any_partner_comes_with_a_warning(admin: Admin, shop: Shop) -> None:
    create = ("service-account", "create", shop.code, "Any", "--all-outlets")
    assert "clients: expected the ClientIDs" in admin.error(*create)
    assert "Any partner who has the password can use it!" in admin(*create, "--any-partner").stdout


def test_service_account_passwords_are_added_and_ended(admin: Admin, shop: Shop) -> None:
    made = shop.account(admin)
    where = (shop.code, made["username"])
    second = admin.json("service-account", "password", "add", *where, "--expires", "2999-12-31")
    assert second["expires_at"] == "2999-12-31T00:00:00Z"
    assert admin.json("service-account", "password", "end", *where, made["password_id"])["changed"] is True
    assert admin.json("service-account", "password", "end", *where, made["password_id"])["changed"] is False
    human = admin("service-account", "password", "add", *where).stdout
    assert f"  Service account ID (username)  {made['username']}\n" in human


def test_a_service_account_is_switched_and_removed_for_good(admin: Admin, shop: Shop) -> None:
    account = shop.account(admin)["username"]
    where = (shop.code, account)
    assert admin.json("service-account", "off", *where) == {"id": account, "changed": True}
    assert admin.json("service-account", "on", *where) == {"id": account, "changed": True}
    assert admin.json("service-account", "revoke-everything", *where, "--yes")["revocation"] == 3
    admin.json("service-account", "remove", *where, "--yes")
    assert "removed for good" in admin.error("service-account", "on", *where)
    assert admin.json("service-account", "show", *where)["state"] == "removed"


def test_a_connection_is_approved_with_the_company_shown(admin: Admin, shop: Shop) -> None:
    approve = ("connection", "approve", shop.code, shop.client, "--service", "ros", "--all-outlets")
    assert "Tills Ltd (https://tills.example) may act for HARBOUR." in admin(*approve).stdout
    [listed] = admin.json("connection", "list", shop.code)
    assert (listed["company_name"], listed["services"], listed["outlets"]) == ("Tills Ltd", ["ros"], "all")
    change = ("connection", "change", shop.code, shop.client, "--service", "partnerservices", "--permission", SALES)
    assert admin.json(*change, "--outlet", shop.outlet)["outlets"] == [shop.outlet]


def test_a_connection_is_paused_resumed_revoked_and_reopened(admin: Admin, shop: Shop) -> None:
    admin("connection", "approve", shop.code, shop.client, "--service", "ros", "--all-outlets")
    where = (shop.code, shop.client)

    def turn(verb: str, *more: str) -> tuple[str, bool]:
        answer = admin.json("connection", verb, *where, *more)
        return answer["state"], answer["changed"]

    assert [turn("pause", "--note", "no till"), turn("pause"), turn("resume"), turn("resume")] == [
        ("paused", True),
        ("paused", False),
        ("active", True),
        ("active", False),
    ]
    assert [turn("revoke", "--yes"), turn("revoke", "--yes"), turn("reopen")] == [
        ("revoked", True),
        ("revoked", False),
        ("active", True),
    ]
    assert admin.json("status")["newest_revocation"] == 5
    assert [row["details"].get("note") for row in admin.json("audit") if row["action"] == "connection.paused"] == ["no till"]
    assert "service-account" not in admin.error("connection", "pause", *where, "--account", "svc-nobody")


def test_outlets_are_added_edited_and_listed(admin: Admin, shop: Shop) -> None:
    edit = ("outlet", "edit", shop.code, shop.outlet)
    changed = admin.json(*edit, "--name", "Deck", "--day-start", "05:00", "--stock")
    assert (changed["name"], changed["day_start"], changed["stock_enabled"]) == ("Deck", "05:00", True)
    assert admin.json(*edit, "--no-stock")["stock_enabled"] is False
    assert [found["name"] for found in admin.json("outlet", "list", shop.code)] == ["Deck"]
    rows = admin.json("audit", "--subject", shop.outlet)
    assert [(row["action"], row["database"]) for row in rows] == [
        ("outlet.changed", "partnerservices"),
        ("outlet.changed", "partnerservices"),
        ("outlet.added", "partnerservices"),
    ]


def test_people_are_made_linked_and_unlinked(admin: Admin, shop: Shop) -> None:
    made = admin.json("user", "create", "ann@example.com", "Ann")
    assert len(made["password"]) == 20
    admin("user", "create", "bob@example.com", "Bob", "--staff", "agent", "--password-stdin", stdin="correct horse battery\n")
    linked = admin.json("user", "link", "ann@example.com", "--organisation", shop.code, "--role", "owner")
    assert linked["organisations"] == [{"code": shop.code, "role": "owner"}]
    assert admin.json("user", "link", "bob@example.com", "--partner", shop.partner, "--role", "owner")["partners"]
    assert "last owner" in admin.error("user", "unlink", "ann@example.com", "--organisation", shop.code)
    assert "last owner" in admin.error("user", "unlink", "bob@example.com", "--partner", shop.partner)
    admin("user", "link", "bob@example.com", "--organisation", shop.code, "--role", "owner")
    assert admin.json("user", "unlink", "ann@example.com", "--organisation", shop.code)["organisations"] == []
    assert [(user["email"], user["staff_role"]) for user in admin.json("user", "list")] == [
        ("ann@example.com", None),
        ("bob@example.com", "agent"),
    ]
    again = admin.json("user", "password", "ann@example.com")
    assert again["password"] != made["password"]
    changed = admin.json("user", "password", "ann@example.com", "--password-stdin", stdin="correct horse battery\n")
    assert changed == {"email": "ann@example.com", "changed": True}


def test_keys_are_listed_rotated_and_revoked(admin: Admin) -> None:
    def signing() -> dict[str, str]:
        return {key["kid"]: key["state"] for key in admin.json("key", "list") if key["kind"] == "sign"}

    [first] = signing()
    second = admin.json("key", "rotate")["kid"]
    assert signing() == {first: "in use", second: "waiting"}
    again = admin.json("key", "rotate")
    assert (again["kid"], again["state"], again["changed"]) == (second, "waiting", False)
    assert f"Key {second} waits already" in admin("key", "rotate").stdout
    assert admin("key", "rotate", "--now").stdout == f"Key {second} is used from now on.\n"
    assert signing() == {first: "replaced", second: "in use"}
    revoked = admin.json("key", "revoke", second, "--yes")
    assert signing()[second] == "revoked"
    assert revoked["made"]  # tokens must be signed with something
    assert "there is no live key" in admin.error("key", "revoke", second, "--yes")
    for kind, state in (("hash", "waiting"), ("refresh", "in use")):
        rotated = admin.json("key", "rotate", "--kind", kind)
        assert (rotated["changed"], rotated["state"], rotated["alg"]) == (True, state, "HS256")
    assert actions(admin, action="key") == ["key.rotated"] * 2 + ["key.revoked"] + ["key.rotated"] * 2


def test_a_rotated_hash_key_waits_until_every_worker_knows_it(admin: Admin, shop: Shop) -> None:
    """What is hashed meanwhile names the older one, which is never thrown away: secrets name it."""
    admin("key", "rotate", "--kind", "hash", "--now")
    found = {key["state"]: key for key in admin.json("key", "list") if key["kind"] == "hash"}
    assert set(found) == {"in use", "waiting"}
    assert {key["keep_until_at"] for key in found.values()} == {None}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--action", "client"], {"client.created"}),
        (["--action", "client.created"], {"client.created"}),
        (["--action", "clien_"], set()),
        (["--organisation", "HARBOUR"], {"organisation.created", "outlet.added"}),
        (["--actor", "olga", "--limit", "2"], {"client.created", "outlet.added"}),
        (["--actor", "nobody"], set()),
        (["--since", "1h"], {"organisation.created", "partner.created", "client.created", "outlet.added"}),
        (["--since", "2999-01-01"], set()),
        (["--request-id", "none"], set()),
    ],
)
def test_the_audit_is_narrowed(admin: Admin, shop: Shop, filters: list[str], expected: set[str]) -> None:
    assert {row["action"] for row in admin.json("audit", *filters)} == expected


def test_the_audit_of_a_client_is_found_by_its_id(admin: Admin, shop: Shop) -> None:
    assert [row["subject"] for row in admin.json("audit", "--client", shop.client)] == [shop.client]


def test_what_cannot_be_undone_is_asked_about_first(admin: Admin, shop: Shop) -> None:
    account = shop.account(admin)["username"]
    kid = admin.json("key", "list")[0]["kid"]
    for command in (
        ("client", "revoke-everything", shop.client),
        ("service-account", "remove", shop.code, account),
        ("service-account", "revoke-everything", shop.code, account),
        ("service-account", "any-partner", shop.code, account),
        ("connection", "revoke", shop.code, shop.client),
        ("key", "revoke", kid),
    ):
        before = admin.json("audit")
        for answer in ("n\n", ""):
            assert "[y/N]" in admin(*command, code=1, stdin=answer).stderr
        assert admin.json("audit") == before
    assert admin("service-account", "remove", shop.code, account, stdin="y\n").stdout.endswith("for good.\n")


def test_status_counts_what_is_there(admin: Admin, shop: Shop) -> None:
    shop.account(admin)
    status: dict[str, Any] = admin.json("status")
    assert status["counts"] == {
        "organisations_active": 1,
        "clients_active": 1,
        "accounts_active": 1,
        "partners": 1,
        "instances": 0,
        "users": 0,
        "mails_waiting": 0,
    }
    assert [found["current"] for found in status["databases"].values()] == [True, True]
    assert sorted(status["live_keys"].values()) == ["hash HS256", "refresh HS256", "sign ES256"]
    assert "Organisations active: 1" in admin("status").stdout


def test_a_partner_is_stopped_at_one_organisation_with_all_its_clients(admin: Admin, shop: Shop) -> None:
    admin("connection", "approve", shop.code, shop.client, "--service", "ros", "--no-outlets")
    account = shop.account(admin)["username"]
    assert "Revoke all connections" in admin("partner", "stop", shop.partner, shop.code, code=1, stdin="n\n").stderr
    stopped = admin.json("partner", "stop", shop.partner, shop.code, "--yes")
    assert stopped == {
        "partner_id": shop.partner,
        "organisation": shop.code,
        "revoked": [{"client_id": shop.client, "sub": shop.client, "kind": "approved"}],
    }
    states = {(found["sub"], found["state"]) for found in admin.json("connection", "list", shop.code)}
    assert states == {(shop.client, "revoked"), (account, "revoked")}  # what could still have begun is shut, too
    again = admin("partner", "stop", shop.partner, shop.code, "--yes").stdout
    assert again == f"Partner {shop.partner} is stopped at {shop.code}: 0 connections revoked.\n"
    assert "there is no partner" in admin.error("partner", "stop", 99, shop.code, "--yes")
    assert admin.json("partner", "lift-stop", shop.partner, shop.code)["changed"] is True
    assert admin("partner", "lift-stop", shop.partner, shop.code).stdout == f"Partner {shop.partner} was not stopped.\n"


def test_organisations_and_partners_are_renamed(admin: Admin, shop: Shop) -> None:
    assert admin.json("organisation", "rename", shop.code, "Quay Street")["name"] == "Quay Street"
    assert "is called Bay" in admin("organisation", "rename", shop.code, "Bay").stdout
    changed = admin.json("partner", "set", shop.partner, "--company", "Tills & Co", "--email", "new@tills.example")
    assert (changed["company_name"], changed["contact_email"]) == ("Tills & Co", "new@tills.example")
    assert changed["website"] == "https://tills.example"
    assert actions(admin)[:3] == ["partner.changed", "organisation.renamed", "organisation.renamed"]


def test_an_organisation_is_taken_off_an_instance(admin: Admin, shop: Shop) -> None:
    uri = "https://ps.example/"
    instance = admin.json("service", "instance", "create", "partnerservices", uri, "--name", "One")["instance_id"]
    admin("service", "assign", shop.code, instance)
    ended = admin.json("service", "unassign", shop.code, "partnerservices", "--yes")
    assert (ended["organisation"], ended["uri"]) == (shop.code, uri)
    assert admin.json("organisation", "show", shop.code)["instances"] == []
    assert "Assign one first" in admin.error("service", "unassign", shop.code, "partnerservices", "--yes")


def test_a_directory_that_was_put_back_numbers_its_revocations_far_above(admin: Admin, shop: Shop) -> None:
    admin("organisation", "off", shop.code)
    assert "Was the directory put back" in admin("db", "restored", code=1, stdin="n\n").stderr
    raised = admin.json("db", "restored", "--yes")
    assert raised == {"before": 1, "after": 1_000_000_001}
    assert "numbered from 2000000001 on" in admin("db", "restored", "--yes").stdout
    assert actions(admin)[:2] == ["directory.restored"] * 2
