"""The table of situations of the token endpoint, row by row, and the order in which they are found (contract section 3)."""

import itertools
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import pytest
from powerepos.contract import Permissions
from sqlalchemy import delete, insert, update

from powerepos_cloud.authserver.token import PARAMETERS
from powerepos_cloud.directory import tables as t
from powerepos_cloud.directory.passwords import hash_password
from powerepos_cloud.foundation.json_lists import dump_list
from powerepos_cloud.foundation.secrets import SecretKind, generate
from tests.support.application import Running, running, settings_for
from tests.support.oauth import assert_refused
from tests.support.world import ALL_GRANTS, ISSUER, Account, World

FORM = {"content-type": "application/x-www-form-urlencoded"}
TOKEN = "/authorisation/token"
Change = Callable[[World], Awaitable[None]]


def right(world: World, **others: str | None) -> dict[str, str]:
    """A request that gets a token, but for `others`."""
    grant_type = others.pop("grant_type", "password")
    form = world.client.form(grant_type or "", **(world.account.login() | others))
    return {name: value for name, value in form.items() if name != "grant_type" or grant_type is not None}


def claims(answer: Any) -> dict[str, Any]:
    """What the token says; the signature is checked elsewhere."""
    found: dict[str, Any] = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    return found


# Changes of the world


def of_account(world: World, **values: Any) -> Any:
    """An update of Harbour's account."""
    return (
        update(t.accounts)
        .where(t.accounts.c.organisation_id == world.harbour.id, t.accounts.c.id == world.account.id)
        .values(values)
    )


def of_organisation(world: World, **values: Any) -> Any:
    """An update of Harbour."""
    return update(t.organisations).where(t.organisations.c.id == world.harbour.id).values(values)


def of_connections(world: World, **values: Any) -> Any:
    """An update of all of Harbour's connections."""
    return update(t.connections).where(t.connections.c.organisation_id == world.harbour.id).values(values)


def of_client(world: World, **values: Any) -> Any:
    """An update of the client."""
    return update(t.clients).where(t.clients.c.id == world.client.id).values(values)


def unassigned(world: World, service: str) -> Any:
    """Harbour loses its instance of a service."""
    return delete(t.assignments).where(t.assignments.c.organisation_id == world.harbour.id, t.assignments.c.service == service)


# Method, media type, size, form


async def test_another_method_is_405_and_names_post(app: Running) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"):
        answer = await app.http.request(method, TOKEN, content=b"{", headers={"content-type": "application/json"})
        assert_refused(answer, 405, "invalid_request", says="Use POST")
        assert answer.headers["allow"] == "POST"


async def test_another_media_type_is_invalid_request(app: Running, world: World) -> None:
    for media_type in (
        "",
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded-too",
        "application/x-www-form-urlencoded; charset=iso-8859-1",
        "application/x-www-form-urlencoded; boundary=x; charset=utf-16",
    ):
        headers = {"content-type": media_type} if media_type else {}
        answer = await app.http.post(TOKEN, content=urlencode(right(world)).encode(), headers=headers)
        assert_refused(answer, 400, "invalid_request", says="application/x-www-form-urlencoded")


async def test_the_form_in_utf_8_is_read_however_it_is_labelled(app: Running, world: World) -> None:
    for media_type in (
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-URLEncoded",
        "application/x-www-form-urlencoded;charset=UTF-8",
        'application/x-www-form-urlencoded; charset="utf-8"',
        "application/x-www-form-urlencoded ; charset=utf8;",
        "application/x-www-form-urlencoded; charset=utf-8; foo=bar",
        "application/x-www-form-urlencoded;",
    ):
        headers = {"content-type": media_type}
        answer = await app.http.post(TOKEN, content=urlencode(right(world)).encode(), headers=headers)
        assert answer.status_code == 200, (media_type, answer.text)


async def test_two_content_types_are_invalid_request(app: Running, world: World) -> None:
    headers = [("content-type", FORM["content-type"]), ("content-type", "application/json")]
    answer = await app.http.post(TOKEN, content=urlencode(right(world)).encode(), headers=headers)
    assert_refused(answer, 400, "invalid_request")


async def test_a_body_over_16_kib_is_413_and_one_of_16_kib_is_read(app: Running, world: World) -> None:
    body = urlencode(right(world)).encode() + b"&filler="
    whole = body + b"x" * (16 * 1024 - len(body))
    answer = await app.http.post(TOKEN, content=whole, headers=FORM)
    assert answer.status_code == 200, answer.text
    assert_refused(await app.http.post(TOKEN, content=whole + b"x", headers=FORM), 413, "invalid_request", says="16384")


async def test_the_media_type_is_looked_at_before_the_size_and_the_size_before_the_form(app: Running) -> None:
    large = b"\xff" * 20_000
    json = await app.http.post(TOKEN, content=large, headers={"content-type": "application/json"})
    assert_refused(json, 400, "invalid_request", says="application/x-www-form-urlencoded")
    assert_refused(await app.http.post(TOKEN, content=large, headers=FORM), 413, "invalid_request")


async def test_a_repeated_parameter_is_named_before_any_credential_is_looked_at(app: Running) -> None:
    for name, second in itertools.product(PARAMETERS, ("two", "")):
        answer = await app.http.post(TOKEN, content=f"{name}=one&{name}={second}".encode(), headers=FORM)
        assert_refused(answer, 400, "invalid_request", says=f"The parameter {name} is repeated")


async def test_an_over_long_parameter_is_named(app: Running) -> None:
    for name in PARAMETERS:
        limit = 4096 if name in ("scope", "client_assertion") else 256
        just_so = await app.http.post(TOKEN, content=f"{name}={'x' * limit}".encode(), headers=FORM)
        assert_refused(just_so, 401, "invalid_client")
        answer = await app.http.post(TOKEN, content=f"{name}={'x' * (limit + 1)}".encode(), headers=FORM)
        assert_refused(answer, 400, "invalid_request", says=f"The parameter {name} is too long: at most {limit}")


async def test_what_cannot_be_decoded_is_invalid_request(app: Running) -> None:
    cases = [
        (b"password=%zz", "Bad percent-encoding in password"),
        (b"password=%", "Bad percent-encoding in password"),
        (b"password=%f", "Bad percent-encoding in password"),
        (b"password=%ff", "Not UTF-8 in password"),
        (b"password=%ed%a0%80", "Not UTF-8 in password"),
        (b"password=%c0%80", "Not UTF-8 in password"),
        (b"password=a%00b", "A NUL character in password"),
        (b"password=a\0b", "A NUL character in password"),
        (b"password=\xff\xfe", "not UTF-8"),
        (b"%ff=password", "Not UTF-8 in a parameter's name"),
        (b"unknown=%00", "A NUL character in a parameter that this endpoint does not know"),
        (b"unk%zzown=", "Bad percent-encoding in a parameter's name"),
    ]
    for bad, says in cases:
        assert_refused(await app.http.post(TOKEN, content=bad, headers=FORM), 400, "invalid_request", says=says)


async def test_an_unknown_parameter_is_ignored_even_if_it_is_repeated(app: Running, world: World) -> None:
    body = urlencode(right(world)) + "&resource=a&resource=b&&audience=" + "x" * 5000
    answer = await app.http.post(TOKEN, content=body.encode(), headers=FORM)
    assert answer.status_code == 200, answer.text


async def test_an_empty_optional_parameter_counts_as_absent(app: Running, world: World) -> None:
    form = right(world, refresh_token="", client_assertion="", client_assertion_type="")
    assert (await app.token(form)).status_code == 200
    basic = {name: value for name, value in form.items() if name not in ("client_id", "client_secret")}
    answer = await app.token(basic | {"client_id": "", "client_secret": ""}, auth=(world.client.id, world.client.secret))
    assert answer.status_code == 200, answer.text


async def test_plus_and_percent_20_are_both_a_space(app: Running, world: World) -> None:
    form = right(world)
    for encoded in (urlencode(form), urlencode(form, quote_via=quote), urlencode(form).replace("e", "%65")):
        answer = await app.http.post(TOKEN, content=encoded.encode(), headers=FORM)
        assert answer.status_code == 200, answer.text
        assert answer.json()["scope"] == "partnerservices offline_access"


async def test_slashes_too_many_lead_to_the_same_endpoint(app: Running, world: World) -> None:
    for path in ("/authorisation/token/", "//authorisation/token", "//authorisation//token"):
        url = f"{ISSUER}{path}"  # whole, or the client would take // for the beginning of a host
        assert (await app.http.post(url, data=right(world))).status_code == 200
        assert_refused(await app.http.get(url), 405, "invalid_request")


async def test_the_query_string_is_never_read(app: Running, world: World) -> None:
    answer = await app.http.post(f"{TOKEN}?{urlencode(right(world))}", content=b"", headers=FORM)
    assert_refused(answer, 401, "invalid_client")
    answer = await app.http.post(f"{TOKEN}?scope=ros&scope=%ff&client_secret=wrong&password=", data=right(world))
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == "partnerservices offline_access"


# The order, from the client's authentication on


async def test_a_wrong_secret_never_learns_more_than_invalid_client(app: Running, world: World) -> None:
    wrong = generate(SecretKind.CLIENT_SECRET)
    bodies = [
        assert_refused(await app.token(form), 401, "invalid_client")
        for form in (
            right(world, client_secret=wrong),
            right(world, client_secret=wrong, grant_type=None),
            right(world, client_secret=wrong, grant_type="authorization_code"),
            right(world, client_secret=wrong, org_id=None),
            right(world, client_secret=wrong, scope="nonsense"),
            right(world, client_secret=wrong, password=generate(SecretKind.SERVICE_PASSWORD)),
            right(world, client_secret=wrong, username="ann@example.com"),
        )
    ]
    assert all(body == bodies[0] for body in bodies)


async def test_the_grant_comes_before_its_parameters_and_those_before_the_scope(app: Running, world: World) -> None:
    answer = await app.token(right(world, grant_type=None, org_id=None, scope="nonsense"))
    assert_refused(answer, 400, "invalid_request", says="grant_type")
    answer = await app.token(right(world, grant_type="implicit", org_id=None, scope="nonsense"))
    assert_refused(answer, 400, "unsupported_grant_type")
    answer = await app.token(right(world, org_id=None, scope="nonsense"))
    assert_refused(answer, 400, "invalid_request", says="org_id")


async def test_the_scope_comes_before_the_credentials(app: Running, world: World) -> None:
    wrong = generate(SecretKind.SERVICE_PASSWORD)
    for scope in (None, "nonsense", "offline_access", "partnerservices des", "ros"):
        assert_refused(await app.token(right(world, scope=scope, password=wrong)), 400, "invalid_scope")
    cc = world.client.form("client_credentials", org_id="NOWHERE", scope="nonsense")
    assert_refused(await app.token(cc), 400, "invalid_scope")


async def test_what_may_be_had_is_told_only_once_the_credentials_are_proved(app: Running, world: World) -> None:
    assert (await app.token(right(world))).status_code == 200
    await world.run(of_connections(world, state="paused"))
    await world.run(of_account(world, permissions=dump_list([])))
    await world.run(unassigned(world, "partnerservices"))
    wrong = generate(SecretKind.SERVICE_PASSWORD)
    assert_refused(await app.token(right(world, password=wrong)), 400, "invalid_grant")
    assert_refused(await app.token(right(world)), 400, "unauthorized_client", says="paused")


# The rows


async def test_a_required_parameter_missing_or_empty_is_named(app: Running, world: World) -> None:
    for name, absent in itertools.product(("grant_type", "org_id", "username", "password"), (None, "")):
        answer = await app.token(right(world, **{name: absent}))
        assert_refused(answer, 400, "invalid_request", says=f"The parameter {name} is missing or empty")


async def test_each_grant_requires_its_own_parameters_only(app: Running, world: World) -> None:
    answer = await app.token(world.client.form("client_credentials", scope="ros"))
    assert_refused(answer, 400, "invalid_request", says="org_id")
    answer = await app.token(world.client.form("client_credentials", org_id="HARBOUR-1", scope="ros"))
    assert answer.status_code == 200, answer.text
    answer = await app.token(world.client.form("refresh_token", org_id="HARBOUR-1"))
    assert_refused(answer, 400, "invalid_request", says="refresh_token")


async def test_a_client_switched_off_is_told_so_for_every_grant_once_its_secret_was_right(app: Running, world: World) -> None:
    await world.run(of_client(world, state="off"))
    for grant_type in (*ALL_GRANTS, "nonsense", None):
        answer = await app.token(right(world, grant_type=grant_type))
        assert_refused(answer, 400, "unauthorized_client", says="switched off")
    wrong = right(world, client_secret=generate(SecretKind.CLIENT_SECRET))
    assert_refused(await app.token(wrong), 401, "invalid_client")


async def test_an_unknown_grant_is_unsupported(app: Running, world: World) -> None:
    for grant_type in ("authorization_code", "implicit", "PASSWORD", "password ", "__class__"):
        body = assert_refused(await app.token(right(world, grant_type=grant_type)), 400, "unsupported_grant_type")
        assert "authorization_code" not in body["error_description"]


async def test_a_grant_that_the_client_may_not_use_is_unauthorized_client(app: Running, world: World) -> None:
    for grant_type in ALL_GRANTS:
        await world.run(of_client(world, grants=dump_list([grant for grant in ALL_GRANTS if grant != grant_type])))
        answer = await app.token(world.client.form(grant_type))
        assert_refused(answer, 400, "unauthorized_client", says=grant_type)


def changed(statement: Callable[[World], Any]) -> Change:
    """A change of the world by one statement."""

    async def change(world: World) -> None:
        await world.run(statement(world))

    return change


def passwords(**values: Any) -> Change:
    """A change of the account's only password."""
    return changed(
        lambda world: update(t.account_passwords).where(t.account_passwords.c.account_id == world.account.id).values(values)
    )


WRONG: dict[str, Callable[[World], dict[str, str | None]]] = {
    "organisation unknown": lambda w: {"org_id": "NOWHERE"},
    "account unknown": lambda w: {"username": "svc-aaaaaaaaaaaaaaaaaaaa"},
    "account of another organisation": lambda w: {"org_id": "LAKESIDE"},
    "another organisation's account": lambda w: {
        "username": w.lakeside_account.id, "password": w.lakeside_account.password,
    },
    "another account's password": lambda w: {"password": w.lakeside_account.password},
    "wrong password": lambda w: {"password": generate(SecretKind.SERVICE_PASSWORD)},
    "secret of another kind": lambda w: {"password": w.client.secret},
    "broken checksum": lambda w: {"password": w.account.password[:-1] + "x"},
    "a person's password": lambda w: {"password": "correct horse battery staple"},
    "password cut short": lambda w: {"password": w.account.password[:-1]},
    "password in capitals": lambda w: {"password": w.account.password.upper()},
    "account's ID in capitals": lambda w: {"username": w.account.id.upper()},
    "ClientID as the account": lambda w: {"username": w.client.id, "password": w.client.secret},
}  # fmt: skip

NO_LONGER: dict[str, Change] = {
    "account switched off": changed(lambda w: of_account(w, state="off")),
    "account removed": changed(lambda w: of_account(w, state="removed")),
    "organisation switched off": changed(lambda w: of_organisation(w, state="off")),
    "account not bound to this client": changed(
        lambda w: delete(t.account_bindings).where(t.account_bindings.c.account_id == w.account.id)
    ),
    "password ended": passwords(ended_at=1),
    "password expired": passwords(expires_at=1),
}


async def test_whatever_is_wrong_with_a_password_grant_the_answer_is_the_same(app: Running, world: World) -> None:
    answers = {case: await app.token(right(world, **others(world))) for case, others in WRONG.items()}
    bodies = {case: assert_refused(answer, 400, "invalid_grant") for case, answer in answers.items()}
    assert all(body == bodies["wrong password"] for body in bodies.values()), bodies
    assert len({tuple(sorted(answer.headers)) for answer in answers.values()}) == 1


@pytest.mark.parametrize("case", NO_LONGER)
async def test_right_credentials_that_no_longer_count_are_refused_as_wrong_ones_are(
    app: Running, world: World, case: str
) -> None:
    wrong = await app.token(right(world, password=generate(SecretKind.SERVICE_PASSWORD)))
    assert (await app.token(right(world))).status_code == 200
    await NO_LONGER[case](world)
    assert assert_refused(await app.token(right(world)), 400, "invalid_grant") == wrong.json()


async def test_the_other_partners_client_cannot_use_an_account_that_is_not_bound_to_it(app: Running, world: World) -> None:
    answer = await app.token(world.other_client.form("password", **world.account.login()))
    assert_refused(answer, 400, "invalid_grant")
    await world.run(of_account(world, any_partner=True))
    answer = await app.token(world.other_client.form("password", **world.account.login()))
    assert answer.status_code == 200, answer.text


async def test_without_an_approval_client_credentials_are_refused_alike(app: Running, world: World) -> None:
    def form(org_id: str) -> dict[str, str]:
        return world.client.form("client_credentials", org_id=org_id, scope="ros")

    expected = assert_refused(await app.token(form("NOWHERE")), 400, "invalid_grant")
    assert (await app.token(form("LAKESIDE"))).json() == expected  # which approved nothing
    assert (await app.token(form("HARBOUR-1"))).status_code == 200
    assert (await app.token(world.other_client.form("client_credentials", org_id="HARBOUR-1", scope="ros"))).json() == expected
    await world.run(of_organisation(world, state="off"))
    assert (await app.token(form("HARBOUR-1"))).json() == expected
    await world.run(of_organisation(world, state="active"))
    await world.run(of_connections(world, kind="account"))
    assert (await app.token(form("HARBOUR-1"))).json() == expected


async def test_a_user_never_gets_a_token_whether_it_exists_or_not(app: Running, world: World) -> None:
    email, password = "Ann@Harbour.example", "a person's passphrase"
    for exists in (False, True):
        user = insert(t.users).values(
            email=email, email_key=email.casefold(), name="Ann", password_hash=hash_password(password), created_at=1
        )
        if exists:
            await world.run(user)
        for username in (email, email.casefold(), f" {email}"):
            answer = await app.token(right(world, username=username, password=password))
            body = assert_refused(answer, 400, "invalid_grant", says="service account")
            assert body["error_description"].startswith("The username is an e-mail address")
        answer = await app.token(right(world, username=email))
        assert assert_refused(answer, 400, "invalid_grant") == body


async def test_no_account_ever_gets_a_token_for_another_organisation(app: Running, world: World) -> None:
    accounts = (world.account, world.lakeside_account)
    for account in accounts:
        for org_id in ("HARBOUR-1", "harbour-1", "LAKESIDE", "lakeside"):
            answer = await app.token(world.client.form("password", **account.login(org_id=org_id)))
            if org_id.upper() != account.org_id:
                assert_refused(answer, 400, "invalid_grant")
                continue
            assert answer.json()["org_id"] == claims(answer)["org_id"] == account.org_id
            kapow = {"HARBOUR-1": world.harbour.kapow, "LAKESIDE": world.lakeside.kapow}[account.org_id]
            assert claims(answer)["kapow"] == kapow
            assert claims(answer)["sub"] == account.id


async def test_the_organisation_code_is_compared_without_letter_case_and_nothing_else_is_folded(
    app: Running, world: World
) -> None:
    account = world.lakeside_account
    answer = await app.token(world.client.form("password", **account.login(org_id="lAkEsIdE")))
    assert answer.json()["org_id"] == "LAKESIDE"
    for org_id in (" LAKESIDE", "LAKESIDE ", "LAKEſIDE", "LAKES\u0131DE", "LAKESIDE\u200b", "ＬＡＫＥＳＩＤＥ"):
        answer = await app.token(world.client.form("password", **account.login(org_id=org_id)))
        assert_refused(answer, 400, "invalid_grant")


@pytest.mark.parametrize("state", ["paused", "revoked"])
async def test_a_connection_paused_or_revoked_is_told_once_the_credentials_are_proved(
    app: Running, world: World, state: str
) -> None:
    assert (await app.token(right(world))).status_code == 200
    approval = world.client.form("client_credentials", org_id="HARBOUR-1", scope="ros")
    await world.run(of_connections(world, state=state))
    for form in (right(world), approval):
        assert_refused(await app.token(form), 400, "unauthorized_client", says=state)
    answer = await app.token(right(world, password=generate(SecretKind.SERVICE_PASSWORD)))
    assert_refused(answer, 400, "invalid_grant")
    answer = await app.token(world.client.form("password", **world.lakeside_account.login()))
    assert answer.status_code == 200, answer.text  # another connection


async def test_a_scope_that_cannot_be_granted_to_anybody_is_said(app: Running, world: World) -> None:
    cases = [
        (None, "missing"),
        ("", "missing"),
        (" ", "missing"),
        ("offline_access", "names no service"),
        ("partnerservices des", "two services"),
        ("partnerservices ros offline_access", "two services"),
        ("partnerservices profile", "Unknown scope: profile."),
        ("deployment_server", "Unknown scope: deployment_server."),
        ("openid", "Unknown scope: openid."),
        ("PartnerServices", "Unknown scope: one of its words."),
        ('"><script>', "Unknown scope: one of its words."),
        ("partnerservices,offline_access", "Unknown scope: one of its words."),
        ("partnerservices\toffline_access", "Unknown scope: one of its words."),
        ("x" * 41, "Unknown scope: one of its words."),
        ("pärtner", "Unknown scope: one of its words."),
        ("openid\n", "Unknown scope: one of its words."),
        ("ros", "ros is granted by client_credentials only"),
    ]
    for scope, says in cases:
        assert_refused(await app.token(right(world, scope=scope)), 400, "invalid_scope", says=says)


async def test_a_service_without_an_instance_is_told_once_the_credentials_are_proved(app: Running, world: World) -> None:
    for service in ("des", "reporting_server"):
        assert_refused(await app.token(right(world, scope=service)), 400, "invalid_scope", says=f"no {service}")
        wrong = generate(SecretKind.SERVICE_PASSWORD)
        assert_refused(await app.token(right(world, scope=service, password=wrong)), 400, "invalid_grant")


async def test_a_service_that_lost_its_instance_is_told_once_the_credentials_are_proved(app: Running, world: World) -> None:
    await world.run(unassigned(world, "partnerservices"))
    assert_refused(await app.token(right(world)), 400, "invalid_scope", says="no partnerservices")
    wrong = generate(SecretKind.SERVICE_PASSWORD)
    assert_refused(await app.token(right(world, password=wrong)), 400, "invalid_grant")


async def test_an_account_without_permission_for_the_service_is_told_once_the_credentials_are_proved(
    app: Running, world: World
) -> None:
    await world.run(of_account(world, permissions=dump_list([Permissions.REPORTING_DATA_VIEW])))
    assert_refused(await app.token(right(world)), 400, "invalid_scope", says="no permission for partnerservices")
    wrong = generate(SecretKind.SERVICE_PASSWORD)
    assert_refused(await app.token(right(world, password=wrong)), 400, "invalid_grant")


async def test_an_approval_opens_only_the_services_that_it_names(app: Running, world: World) -> None:
    await world.run(of_connections(world, services=dump_list(["ros"])))
    approved = world.client.form("client_credentials", org_id="HARBOUR-1", scope="ros")
    assert (await app.token(approved)).status_code == 200
    for service in ("partnerservices", "des"):
        answer = await app.token(approved | {"scope": service})
        assert_refused(answer, 400, "invalid_scope", says=f"no {service}")
    await world.run(of_connections(world, services=dump_list(["ros", "des"])))
    answer = await app.token(approved | {"scope": "des"})
    assert_refused(answer, 400, "invalid_scope", says="no des")


# What a success says


async def test_the_scope_is_answered_in_the_order_asked_for(app: Running, world: World) -> None:
    for scope in ("partnerservices", "offline_access partnerservices", "partnerservices offline_access"):
        answer = await app.token(right(world, scope=scope))
        assert answer.json()["scope"] == scope
        assert claims(answer)["scope"] == "partnerservices"
        assert ("refresh_token" in answer.json()) == ("offline_access" in scope)


async def test_client_credentials_get_a_refresh_token_only_with_offline_access(app: Running, world: World) -> None:
    for scope in ("ros", "ros offline_access"):
        answer = await app.token(world.client.form("client_credentials", org_id="HARBOUR-1", scope=scope))
        assert answer.json()["scope"] == scope
        assert ("refresh_token" in answer.json()) == ("offline_access" in scope)
        assert claims(answer)["sub"] == claims(answer)["user_id"] == claims(answer)["client_id"] == world.client.id


async def test_each_service_has_its_own_lifetime(app: Running, world: World) -> None:
    await world.run(update(t.services).where(t.services.c.name == "ros").values(access_seconds=600))
    ros = await app.token(world.client.form("client_credentials", org_id="HARBOUR-1", scope="ros"))
    assert '"expires_in":600,' in ros.text
    assert claims(ros)["exp"] - claims(ros)["iat"] == 600
    assert '"expires_in":28800,' in (await app.token(right(world))).text


async def test_a_service_can_be_set_to_rs256_and_its_tokens_open_it(
    world: World, directory_url: str, partnerservices_url: str
) -> None:
    await world.run(update(t.services).where(t.services.c.name == "partnerservices").values(alg="RS256"))
    async with running(settings_for(directory_url, partnerservices_url), world.clock) as app:
        answer = await app.token(right(world))
        ros = await app.token(world.client.form("client_credentials", org_id="HARBOUR-1", scope="ros"))
        jwks = jwt.PyJWKSet.from_dict((await app.http.get("/authorisation/jwks")).json())
        for token, alg in ((answer.json()["access_token"], "RS256"), (ros.json()["access_token"], "ES256")):
            header = jwt.get_unverified_header(token)
            assert header["alg"] == alg
            jwt.PyJWS().decode(token, jwks[header["kid"]].key, algorithms=[alg])
        bearer = {"authorization": f"Bearer {answer.json()['access_token']}"}
        assert (await app.http.get("/api/v1/connection", headers=bearer)).status_code == 200


async def test_a_service_just_set_to_rs256_is_a_fault_of_ours_that_passes(app: Running, world: World) -> None:
    await world.run(update(t.services).where(t.services.c.name == "partnerservices").values(alg="RS256"))
    answer = await app.token(right(world))
    if answer.status_code != 200:  # housekeeping has not made the key yet
        assert_refused(answer, 503, "temporarily_unavailable")


async def test_outlets_are_all_or_a_list_or_none(app: Running, world: World) -> None:
    assert claims(await app.token(right(world)))["root_nodes"] == [world.harbour.kapow]
    chosen = [str(uuid.uuid4()), str(uuid.uuid4())]
    for outlets in (chosen, []):
        await world.run(of_account(world, outlets=dump_list(outlets)))
        assert claims(await app.token(right(world)))["root_nodes"] == outlets
    approved = world.client.form("client_credentials", org_id="HARBOUR-1", scope="partnerservices")
    assert claims(await app.token(approved))["root_nodes"] == [world.harbour.kapow]
    await world.run(of_connections(world, outlets=dump_list(chosen)))
    assert claims(await app.token(approved))["root_nodes"] == chosen


async def test_permissions_are_those_of_the_service_asked_for(app: Running, world: World) -> None:
    await world.run(
        insert(t.services).values(
            name="reporting_server", alg="ES256", access_seconds=60, refresh_idle_seconds=60, refresh_total_seconds=60
        )
    )
    uri = "https://reports.example/"
    await world.run(insert(t.instances).values(id="si-r", service="reporting_server", uri=uri, name="reports", created_at=1))
    assigned = {"organisation_id": world.harbour.id, "service": "reporting_server", "instance_id": "si-r"}
    await world.run(insert(t.assignments).values(assigned))
    both = [Permissions.RAW_DATA_VIEW, Permissions.PARTNER_STOCK_SUBMIT, Permissions.PARTNER_SALES_SUBMIT]
    await world.run(of_account(world, permissions=dump_list(both)))
    answer = await app.token(right(world))
    assert claims(answer)["pga"] == [Permissions.PARTNER_STOCK_SUBMIT, Permissions.PARTNER_SALES_SUBMIT]
    answer = await app.token(right(world, scope="reporting_server"))
    assert claims(answer)["pga"] == [Permissions.RAW_DATA_VIEW]
    assert claims(answer)["aud"] == claims(answer)["svc"] == answer.json()["svc"] == uri
    ros = await app.token(world.client.form("client_credentials", org_id="HARBOUR-1", scope="ros"))
    assert claims(ros)["pga"] == []


async def test_a_token_has_the_claims_of_the_contract_and_no_others(app: Running, world: World) -> None:
    found = claims(await app.token(right(world)))
    expected = {
        "iss", "exp", "iat", "jti", "client_id", "scope", "aud", "svc", "sub", "user_id", "org_id", "kapow", "root_nodes",
        "pga", "sid", "rev",
    }  # fmt: skip
    assert set(found) == expected
    assert found["iss"] == "http://localhost:8000"
    assert found["rev"] == 0


# Everywhere


async def test_every_answer_carries_a_request_id_of_ours_and_echoes_a_well_formed_one(app: Running, world: World) -> None:
    paths = [
        TOKEN, "/authorisation/jwks", "/authorisation/revoke", "/authorisation/nonsense", "/nonsense", "/healthz",
        "/readyz", "/.well-known/oauth-authorization-server", "/.well-known/nonsense", "/api/v1/connection",
        "/ros/connection", "/api/v1/nonsense",
    ]  # fmt: skip
    seen = set()
    for path in paths:
        for theirs, echoed in (("till-7.a_B", "till-7.a_B"), ("a b", None), ("x" * 65, None), ("", None)):
            answer = await app.http.get(path, headers={"x-request-id": theirs})
            assert len(answer.headers.get_list("x-request-id")) == 1
            seen.add(answer.headers["x-request-id"])
            assert answer.headers.get("x-client-request-id") == echoed
    assert len(seen) == 4 * len(paths)


async def test_every_endpoint_of_the_authserver_words_405_and_404_alike(app: Running) -> None:
    for method, path, allowed in (
        ("GET", "/authorisation/revoke", "POST"),
        ("PUT", "/authorisation/introspect", "POST"),
        ("POST", "/authorisation/revocations", "GET"),
        ("POST", "/authorisation/jwks", "GET"),
        ("DELETE", "/.well-known/oauth-authorization-server", "GET"),
    ):
        answer = await app.http.request(method, path)
        assert_refused(answer, 405, "invalid_request")
        assert allowed in re.split(r",\s*", answer.headers["allow"])
        assert_refused(await app.http.request(method, f"{path}/nonsense"), 404, "invalid_request")


async def test_no_secret_reaches_the_log(app: Running, world: World) -> None:
    wrong = Account(world.account.id, generate(SecretKind.SERVICE_PASSWORD), "HARBOUR-1")
    unknown = generate(SecretKind.REFRESH_TOKEN)
    answer = await app.token(right(world))
    issued = answer.json()
    forms = [
        right(world, scope="nonsense"),
        right(world, client_secret=wrong.password),
        world.client.form("password", **wrong.login()),
        world.client.form("refresh_token", refresh_token=unknown),
        world.client.form("refresh_token", refresh_token=issued["refresh_token"]),
        right(world, grant_type=world.client.secret),
    ]
    for form in forms:
        await app.http.post(f"{TOKEN}?client_secret={world.client.secret}", data=form)
        await app.token(form, headers={"authorization": f"Bearer {issued['access_token']}"})
        await app.http.get(f"/authorisation/nonsense?password={world.account.password}")
    logged = app.logged.getvalue()
    assert "token.refused" in logged
    ours = [world.client.secret, world.account.password, issued["refresh_token"], issued["access_token"]]
    secrets = [*ours, wrong.password, unknown]
    for secret in secrets:
        assert secret not in logged
        assert secret[10:30] not in logged
