"""Ways back in by mail, the second factor with its recovery codes, sessions: as a person meets them."""

import re

import pyotp
import pytest

from powerepos_cloud.audit import store as audit
from powerepos_cloud.directory import mails, passkeys, recovery, staff, users
from powerepos_cloud.directory.sessions import SEEN_EVERY_MS
from powerepos_cloud.foundation.database import Session
from tests.support.world import ISSUER
from tests.webui.house import House
from tests.webui.people import PASSWORD, PEOPLE
from tests.webui.reader import Reader

OWNER = PEOPLE["organisation", "owner"]
NEW = "another password of mine"
GONE = "This link is over"


async def mailed(house: House, email: str) -> list[str]:
    """The links in mails to this address, newest first, as paths; those that were asked for just now among them."""
    await house.directory.write(lambda session: recovery.mail_asked(session, house.clock.now_ms(), ISSUER))
    found = [mail for mail in await mails.newest(house.directory.reader, 99) if mail.recipient == email]
    return [path for mail in found for path in re.findall(r"http://localhost:8000(/\S+)", mail.body)]


async def ask_reset(house: House, email: str) -> Reader:
    """Somebody asks for a new password."""
    reader = await house.visitor()
    await reader.get("/reset")
    page = await reader.send("/reset", email=email)
    assert page.status == 200
    return reader


async def test_a_forgotten_password_is_replaced_by_mail(house: House) -> None:
    elsewhere = await house.signed_in("organisation", "owner")
    reader = await ask_reset(house, OWNER.email)
    (path,) = await mailed(house, OWNER.email)
    assert path not in (reader.page.html if reader.page else "")
    page = await reader.get(path)
    assert OWNER.email in page.text
    assert (await reader.send(path, password="too short")).status == 422
    page = await reader.send(path, password=NEW)
    assert page.path == "/sign-in?after=reset"
    assert "Your new password is set." in page.text
    assert (await elsewhere.get("/account")).path.startswith("/sign-in"), "every session has ended"
    assert (await reader.sign_in(OWNER.email, PASSWORD)).status == 422
    assert (await reader.sign_in(OWNER.email, NEW)).is_inside
    assert GONE in (await reader.get(path)).text
    newest = (await mails.newest(house.directory.reader, 1))[0]
    assert (newest.recipient, newest.subject) == (OWNER.email, "Your password was changed")


async def test_asking_tells_nobody_whether_an_address_is_known(house: House) -> None:
    answers = []
    for email in (OWNER.email, "nobody@else.example", "no address", "x" * 300):
        reader = await ask_reset(house, email)
        assert reader.page is not None
        answers.append(re.sub(r'value="[^"]*"', "", reader.page.html))
    assert len(set(answers)) == 1
    assert len(await mailed(house, OWNER.email)) == 1
    for _ in range(5):
        await ask_reset(house, OWNER.email)
    assert len(await mailed(house, OWNER.email)) == recovery.MAILS_A_DAY


async def test_a_mail_scanner_uses_no_link_up(house: House) -> None:
    await ask_reset(house, OWNER.email)
    (path,) = await mailed(house, OWNER.email)
    scanner = await house.visitor("198.51.100.1")
    for _ in range(3):
        assert (await scanner.http.get(path)).status_code == 200
        assert (await scanner.http.head(path)).status_code == 200
        assert (await scanner.http.post(path, data={"password": NEW})).status_code == 403
    reader = await house.visitor()
    await reader.get(path)
    assert (await reader.send(path, password=NEW)).path == "/sign-in?after=reset"


async def test_a_link_ends_after_an_hour_and_a_made_up_one_is_none(house: House) -> None:
    await ask_reset(house, OWNER.email)
    (path,) = await mailed(house, OWNER.email)
    reader = await house.visitor()
    await reader.get(path)
    house.clock.advance_ms(recovery.RESET_MS)
    assert (await reader.send(path, password=NEW)).status == 404
    for other in (path, path[:-1] + "0", "/reset/x", "/reset/%00", path.replace("/reset/", "/sign-in/browser/")):
        assert (await reader.get(other)).status == 404, other


async def test_two_that_press_at_once_set_one_password(house: House) -> None:
    await ask_reset(house, OWNER.email)
    (path,) = await mailed(house, OWNER.email)
    first, second = await house.visitor(), await house.visitor()
    await first.get(path)
    await second.get(path)
    await first.send(path, password=NEW)
    assert (await second.send(path, password="yet another password")).status == 404
    assert (await first.sign_in(OWNER.email, NEW)).is_inside


async def test_a_reset_keeps_the_second_factor(house: House) -> None:
    admin = PEOPLE["support", "admin"]
    reader = await ask_reset(house, admin.email)
    (path,) = await mailed(house, admin.email)
    await reader.get(path)
    await reader.send(path, password=NEW)
    page = await reader.sign_in(admin.email, NEW)
    assert page.path.startswith("/sign-in/code")
    assert (await reader.get("/account")).path == "/sign-in/code"


async def test_the_owner_gets_one_mail_that_lets_a_browser_in(house: House) -> None:
    stranger = await house.visitor("203.0.113.9")
    for _ in range(12):
        await stranger.sign_in(OWNER.email, "a guess at it")
    (path,) = await mailed(house, OWNER.email)
    reader = await house.visitor()
    assert (await reader.sign_in(OWNER.email, PASSWORD)).status == 422
    await (await house.visitor()).http.get(path)
    await reader.get(path)
    assert "This browser may try again." in (await reader.send(path)).text
    assert (await reader.sign_in(OWNER.email, PASSWORD)).is_inside
    assert (await stranger.sign_in(OWNER.email, PASSWORD)).status == 422
    assert (await reader.get(path)).status == 404


async def test_a_second_factor_is_turned_on_used_and_turned_off(house: House) -> None:
    elsewhere, reader = await house.signed_in("organisation", "owner"), await house.signed_in("organisation", "owner")
    page = await reader.get("/account/second-factor")
    secret = re.search(r"six digits: ([A-Z2-7 ]{39})", page.text)
    assert secret is not None
    totp = pyotp.TOTP(secret[1].replace(" ", ""))
    assert (await reader.send("/account/second-factor", code="000000")).status == 422
    page = await reader.send("/account/second-factor", code=totp.at(house.clock.now_ms() // 1000))
    codes = re.findall(r"\b(?:[a-z2-7]{4}-){3}[a-z2-7]{4}\b", page.html)
    assert len(set(codes)) == recovery.CODES
    assert (await elsewhere.get("/account")).path.startswith("/sign-in"), "the other sessions have ended"
    assert not set(codes) & set(re.findall(r"[a-z2-7-]{19}", (await reader.get("/account/second-factor")).html))
    assert "10 left" in (await reader.get("/account/second-factor")).text
    fresh = await house.visitor()
    page = await fresh.sign_in(OWNER.email, PASSWORD)
    assert page.path.startswith("/sign-in/code")
    assert (await fresh.send("/sign-in/code", code=codes[0].upper())).is_inside
    again = await house.visitor()
    await again.sign_in(OWNER.email, PASSWORD)
    assert (await again.send("/sign-in/code", code=codes[0])).status == 422, "a recovery code works once"
    assert "9 are left" in (await mails.newest(house.directory.reader, 1))[0].body
    await reader.get("/account/second-factor")
    assert (await reader.send("/account/second-factor/off")).path == "/account"
    assert (await (await house.visitor()).sign_in(OWNER.email, PASSWORD)).is_inside


async def test_support_without_a_second_factor_is_led_to_one(house: House) -> None:
    user, admin = house.users["support", "agent"], house.users["support", "admin"]

    async def lose(session: Session) -> None:
        now = house.clock.now_ms()
        await recovery.new_codes(session, now, audit.SYSTEM, user.id, user.email)
        made = passkeys.Made(b"lost", b"key", 0, synced=False)
        await passkeys.add(session, now, audit.SYSTEM, user.id, user.email, made, "Lost phone")
        await staff.restore_second_factor(session, now, audit.SYSTEM, admin.id, user.id)

    await house.directory.write(lose)
    assert await recovery.codes_left(house.directory.reader, user.id) == 0
    assert await passkeys.of_user(house.directory.reader, user.id) == []
    reader = await house.visitor()
    assert (await reader.sign_in(user.email, PASSWORD)).is_inside
    page = await reader.get("/account")
    assert "desk opens with a second factor only" in page.text
    assert "PowerEPOS support" not in page.text
    page = await reader.get("/account/second-factor")
    secret = re.search(r"six digits: ([A-Z2-7 ]{39})", page.text)
    assert secret is not None
    code = pyotp.TOTP(secret[1].replace(" ", "")).at(house.clock.now_ms() // 1000)
    assert "Your recovery codes" in (await reader.send("/account/second-factor", code=code)).text
    assert "PowerEPOS support" in (await reader.get("/account")).text
    page = await reader.get("/account/second-factor")
    token = page.forms[0].fields["csrf"][0]
    assert (await reader.post("/account/second-factor/off", {"csrf": token})).status == 409
    assert await users.has_second_factor(house.directory.reader, user.id)


@pytest.mark.parametrize("draft", ["", "x", "gAAAAA"])
async def test_a_made_up_draft_of_a_second_factor_is_refused(house: House, draft: str) -> None:
    reader = await house.signed_in("organisation", "owner")
    await reader.get("/account/second-factor")
    assert (await reader.send("/account/second-factor", draft=draft, code="000000")).status == 400


async def test_another_persons_draft_is_refused(house: House) -> None:
    reader, other = await house.signed_in("organisation", "owner"), await house.signed_in("organisation", "manager")
    page = await other.get("/account/second-factor")
    draft = page.form("/account/second-factor").fields["draft"]
    await reader.get("/account/second-factor")
    assert (await reader.send("/account/second-factor", draft=draft, code="000000")).status == 400


async def test_a_new_password_ends_the_other_sessions(house: House) -> None:
    elsewhere, reader = await house.signed_in("organisation", "owner"), await house.signed_in("organisation", "owner")
    await reader.get("/account/password")
    assert (await reader.send("/account/password", password="short")).status == 422
    page = await reader.send("/account/password", password=NEW)
    assert "Your password is changed." in page.text
    assert (await elsewhere.get("/account")).path.startswith("/sign-in")
    assert (await (await house.visitor()).sign_in(OWNER.email, NEW)).is_inside


async def test_sessions_are_listed_and_ended(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    others = [await house.signed_in("organisation", "owner") for _ in range(2)]
    stranger = await house.signed_in("lakeside", "owner")
    page = await reader.get("/account/sessions")
    ends = [form for form in page.forms if form.action == "/account/sessions/end"]
    assert len(ends) == 2
    await stranger.get("/account/sessions")
    csrf = stranger.page.forms[0].fields["csrf"] if stranger.page else []
    assert (await stranger.post("/account/sessions/end", ends[0].fields | {"csrf": csrf})).status == 404
    assert "That session has ended." in (await reader.post("/account/sessions/end", ends[0].fields)).text
    alive = [(await other.get("/account")).path == "/account" for other in others]
    assert sorted(alive) == [False, True]
    await reader.get("/account/sessions")
    assert "1 other session ended." in (await reader.send("/account/sessions/end-others")).text
    house.clock.advance_ms(SEEN_EVERY_MS)
    assert [(await other.get("/account")).path == "/account" for other in others] == [False, False]
    assert (await stranger.get("/account")).path == "/account"
