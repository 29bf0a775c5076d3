"""Signing in and out, as a person meets it; what does not sign in looks alike."""

import itertools

import httpx
import pytest

from powerepos_cloud.audit import store as audit
from powerepos_cloud.directory import sessions
from powerepos_cloud.webui.pages.sign_in import safe_path
from tests.support.application import running, settings_for
from tests.support.clock import FakeClock
from tests.support.world import ISSUER
from tests.webui.house import House
from tests.webui.people import PASSWORD, PEOPLE

OWNER = PEOPLE["organisation", "owner"]
WRONG = "E-mail and password do not match. Check both, or set a new password below. Nothing is locked."


async def test_a_person_signs_in_and_out(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    page = await reader.get("/account")
    assert "Harbour Street Coffee" in page.text
    assert OWNER.email in page.text
    assert page.answer.headers["cache-control"] == "no-store"
    page = await reader.send("/sign-out")
    assert page.path == "/sign-in"
    assert (await reader.get("/account")).path == "/sign-in?next=/account"
    deeds = [row.action for row in await audit.newest(house.directory.reader, 2)]
    assert deeds == ["user.signed_out", "user.signed_in"]


async def test_whoever_is_sent_to_sign_in_arrives_where_they_wanted(house: House) -> None:
    reader = await house.visitor()
    await reader.get("/account/confirm")
    page = await reader.send("/sign-in", email=OWNER.email, password=PASSWORD)
    assert page.path == "/account/confirm"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\r\nSet-Cookie: x=1", "javascript:x", "", "/a" * 200],
)
def test_signing_in_leads_nowhere_else(target: str) -> None:
    assert safe_path(target) == "/start"


async def test_whatever_is_wrong_looks_alike(house: House) -> None:
    seen = set()
    for email, password in (
        (OWNER.email, "not the password at all"),
        ("nobody@else.example", PASSWORD),
        (OWNER.email, ""),
        ("no address\0", "x"),
        ("x" * 300, "y" * 5000),
        (house.world.account.id, house.world.account.password),
    ):
        reader = await house.visitor()
        await reader.get("/sign-in")
        page = await reader.send("/sign-in", email=email.replace("\0", ""), password=password)
        assert page.status == 422
        assert WRONG in page.text
        assert password not in page.html or password in ("", "x")
        seen.add(page.html.replace(email.replace("\0", ""), "").replace(page.answer.headers["x-request-id"], ""))
    assert len({len(html) for html in seen}) <= 2  # an address that was typed is shown again


async def test_a_session_has_a_new_id_at_each_sign_in_and_one_from_outside_is_worth_nothing(house: House) -> None:
    planted = sessions.new_token()
    reader = await house.visitor()
    reader.http.cookies.set("pepos_session", planted, domain="localhost.local")
    await reader.sign_in(OWNER.email, PASSWORD)
    first = reader.http.cookies.get("pepos_session", domain="localhost.local")
    assert first not in (None, planted)
    thief = await house.visitor()
    thief.http.cookies.set("pepos_session", planted, domain="localhost.local")
    assert (await thief.get("/account")).path.startswith("/sign-in")
    again = await house.signed_in("organisation", "owner")
    assert again.http.cookies.get("pepos_session") != first


async def test_the_database_holds_no_token(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    token = reader.http.cookies.get("pepos_session")
    assert token is not None
    row = await sessions.find(house.directory.reader, house.clock.now_ms(), token)
    assert row is not None
    assert token not in repr(row)
    assert token not in house.app.logged.getvalue()


@pytest.mark.parametrize(
    ("audience", "role", "idle_minutes", "total_minutes"),
    [("organisation", "owner", 30, 12 * 60), ("support", "agent", 15, 8 * 60)],
)
async def test_a_session_ends_by_itself(house: House, audience: str, role: str, idle_minutes: int, total_minutes: int) -> None:
    idle, busy = await house.signed_in(audience, role), await house.signed_in(audience, role)
    began = house.clock.now_ms()
    while house.clock.now_ms() - began < (idle_minutes - 1) * 60_000:
        house.clock.advance_ms((idle_minutes - 1) * 60_000)
        assert (await busy.get("/account")).path == "/account"
    house.clock.advance_ms(61_000)
    assert (await busy.get("/account")).path == "/account"
    assert (await idle.get("/account")).path.startswith("/sign-in")
    while house.clock.now_ms() - began < (total_minutes - idle_minutes) * 60_000:
        house.clock.advance_ms((idle_minutes - 1) * 60_000)
        assert (await busy.get("/account")).path == "/account"
    house.clock.set(began + total_minutes * 60_000)
    assert (await busy.get("/account")).path.startswith("/sign-in")


async def test_the_second_factor_is_asked_and_a_code_works_once(house: House) -> None:
    admin, reader = PEOPLE["support", "admin"], await house.visitor()
    house.clock.advance_ms(30_000)
    await reader.sign_in(admin.email, PASSWORD)
    assert reader.page is not None
    assert reader.page.path.startswith("/sign-in/code")
    assert (await reader.get("/account")).path == "/sign-in/code"
    code = admin.code_at(house.clock.now_ms())
    assert code is not None
    page = await reader.send("/sign-in/code", code=code)
    assert page.is_inside
    assert "PowerEPOS support" in page.text
    other = await house.visitor()
    await other.sign_in(admin.email, PASSWORD)
    assert (await other.send("/sign-in/code", code=code)).status == 422


async def test_five_wrong_codes_lead_back_to_the_password(house: House) -> None:
    admin, reader = PEOPLE["support", "admin"], await house.visitor()
    await reader.sign_in(admin.email, PASSWORD)
    for _ in range(4):
        assert (await reader.send("/sign-in/code", code="000000")).status == 422
    assert (await reader.send("/sign-in/code", code="000000")).path == "/sign-in"
    assert (await audit.newest(house.directory.reader, 1))[0].action == "user.codes_refused"


async def test_strangers_do_not_lock_the_owner_out(house: House) -> None:
    known = await house.signed_in("organisation", "owner")
    await known.get("/account")
    await known.send("/sign-out")
    stranger = await house.visitor("203.0.113.9")
    for _ in range(10):
        await stranger.sign_in(OWNER.email, "a guess at it")
    page = await stranger.sign_in(OWNER.email, PASSWORD)
    assert page.status == 422, "a stranger's browser is refused the right password, too, in the same words"
    assert WRONG in page.text
    assert (await known.sign_in(OWNER.email, PASSWORD)).is_inside
    house.clock.advance_ms(3_600_001)
    assert (await stranger.sign_in(OWNER.email, PASSWORD)).is_inside


async def test_a_person_is_no_service_account(house: House) -> None:
    client = house.world.client
    form = client.form("password", org_id="HARBOUR-1", username=OWNER.email, password=PASSWORD, scope="partnerservices")
    answer = await house.app.token(form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert "service account" in answer.json()["error_description"]


async def test_a_foreign_or_silent_origin_gets_nowhere(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    await reader.get("/account")
    fields = reader.page.form("/sign-out").fields  # type: ignore[union-attr]
    for origin in ("https://evil.example", "null", "", "http://localhost:8001", "https://localhost:8000", None):
        headers = {} if origin is None else {"Origin": origin}
        answer = await reader.http.post("/sign-out", data=fields, headers=headers)
        assert answer.status_code == 403, origin
        assert "This form was not sent from here" in answer.text
    assert (await reader.get("/account")).path == "/account"


async def test_a_form_works_in_its_own_session_only(house: House) -> None:
    reader, other = await house.signed_in("organisation", "owner"), await house.signed_in("organisation", "manager")
    await other.get("/account")
    for fields in ({}, {"csrf": ""}, {"csrf": "0" * 64}, other.page.form("/sign-out").fields):  # type: ignore[union-attr]
        answer = await reader.post_only("/sign-out", fields)
        assert answer.status_code == (403 if fields else 400)
    assert (await reader.get("/account")).path == "/account"
    visitor = await house.visitor()
    await visitor.get("/sign-in")
    stranger = await house.visitor()
    await stranger.get("/sign-in")
    mixed = stranger.page.form("/sign-in").fields | {"email": OWNER.email, "password": PASSWORD}  # type: ignore[union-attr]
    assert (await visitor.post_only("/sign-in", mixed)).status_code == 403


async def test_a_forged_host_is_served_nothing(house: House) -> None:
    visitor = await house.visitor()
    hosts = ("evil.example", "localhost.evil.example", "evil.example:8000", "", "localhost:8000@evil.example")
    for host, path in itertools.product(hosts, ("/sign-in", "/", "/docs", "/static/x/style.css")):
        answer = await visitor.http.get(path, headers={"Host": host})
        assert answer.status_code in (400, 421), (host, path)
        assert "evil" not in answer.text
        assert "set-cookie" not in answer.headers


async def test_a_form_that_is_none_is_refused_in_words(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    await reader.get("/account")
    token = reader.page.form("/sign-out").fields["csrf"][0]  # type: ignore[union-attr]
    for body, kind in (
        (b"{}", "application/json"),
        (b"csrf=%ff", "application/x-www-form-urlencoded"),
        (f"csrf={token}&csrf={token}".encode(), "application/x-www-form-urlencoded"),
        (b"a=1&" * 500, "application/x-www-form-urlencoded"),
        (b"place=%00", "application/x-www-form-urlencoded"),
    ):
        answer = await reader.http.post("/account/place", content=body, headers={"Origin": ISSUER, "Content-Type": kind})
        assert answer.status_code in (400, 403), body
        assert "Nothing was changed" in answer.text


async def test_cookies_are_guarded(house: House) -> None:
    visitor = await house.visitor()
    await visitor.get("/sign-in")
    fields = visitor.page.form("/sign-in").fields | {"email": OWNER.email, "password": PASSWORD}  # type: ignore[union-attr]
    answer: httpx.Response = await visitor.post_only("/sign-in", fields)
    cookies = answer.headers.get_list("set-cookie")
    assert any(cookie.startswith("pepos_session=") for cookie in cookies)
    for cookie in cookies:
        assert "httponly" in cookie.lower()
        assert "samesite=lax" in cookie.lower()
        assert "path=/" in cookie.lower()
        assert "domain" not in cookie.lower()


async def test_with_tls_and_alone_on_its_host_the_webui_keeps_its_cookies_from_all_others(
    directory_url: str, clock: FakeClock
) -> None:
    public = "https://cloud.powerepos.example"
    settings = settings_for(
        directory_url, "", role="webui", ros_uri="", issuer="https://auth.powerepos.example", public_url=public
    )
    async with running(settings, clock) as app:
        answer = await app.http.get("/sign-in", headers={"Host": "cloud.powerepos.example"})
        (cookie,) = answer.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-pepos_visit=")
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= {part.strip().lower() for part in cookie.split(";")}
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert (await app.http.get("/sign-in", headers={"Host": "auth.powerepos.example"})).status_code == 421
