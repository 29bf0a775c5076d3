"""Passkeys, with Chromium's virtual authenticator: made, shown, refused, removed. Beside them the password always works."""

from typing import Any

import pytest
from playwright.async_api import Page

from powerepos_cloud.audit.store import SYSTEM
from powerepos_cloud.directory import passkeys
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from tests.webui.browsing import DESK, PHONE, found_by_axe
from tests.webui.conftest import OpenAs
from tests.webui.house import House, LitHouse
from tests.webui.people import PASSWORD, PEOPLE

OWNER = PEOPLE["lakeside", "owner"]


async def with_authenticator(page: Page, **options: Any) -> None:
    """Give the page's browser an authenticator that looks at its owner's finger."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    wanted = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
        **options,
    }
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": wanted})


async def add_passkey(page: Page, name: str) -> None:
    """Make one on the account's page."""
    await page.goto("/account/passkeys")
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("button", name="Add a passkey").click()
    await page.get_by_role("status").wait_for()


async def test_a_passkey_signs_in_for_both_factors(open_as: OpenAs, lit_house: LitHouse) -> None:
    page = await open_as("lakeside", "owner", DESK)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    await with_authenticator(page)
    await add_passkey(page, "Till tablet")
    assert not await found_by_axe(page)
    assert "The passkey is added." in await page.get_by_role("status").inner_text()
    (kept,) = await passkeys.of_user(lit_house.directory.reader, lit_house.users["lakeside", "owner"].id)
    assert kept.name == "Till tablet"
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("link", name="Use a passkey").click()
    assert not await found_by_axe(page)
    assert await page.get_by_role("alert").count() == 0
    await page.get_by_role("button", name="Use a passkey").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    await page.goto("/account")
    assert OWNER.email in await page.content()
    (used,) = await passkeys.of_user(lit_house.directory.reader, kept.user_id)
    assert used.sign_count > kept.sign_count
    assert used.last_used_at is not None
    assert not [text for text in refused if "Content Security Policy" in text]


async def test_a_removed_passkey_and_a_stranger_s_open_nothing(open_as: OpenAs, lit_house: LitHouse) -> None:
    page = await open_as("rival", "owner", PHONE)
    await with_authenticator(page)
    await add_passkey(page, "Phone")
    await page.get_by_role("button", name="Remove").click()
    await page.get_by_role("status").wait_for()
    assert await passkeys.of_user(lit_house.directory.reader, lit_house.users["rival", "owner"].id) == []
    await page.get_by_role("button", name="Menu").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.goto("/sign-in/passkey")
    await page.get_by_role("button", name="Use a passkey").click()
    await page.get_by_text("That passkey does not open anything here.").wait_for()
    await page.get_by_role("link", name="Sign in with your password").click()
    await page.get_by_label("E-mail").fill(PEOPLE["rival", "owner"].email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)


async def test_an_authenticator_that_looks_at_nobody_is_not_enough(open_as: OpenAs, lit_house: LitHouse) -> None:
    page = await open_as("organisation", "viewer", DESK)
    await with_authenticator(page, isUserVerified=False)
    await page.goto("/account/passkeys")
    await page.get_by_label("Name").fill("Key without a PIN")
    assert await page.get_by_role("alert").count() == 0
    await page.get_by_role("button", name="Add a passkey").click()
    assert "The browser made none." in await page.get_by_role("alert").first.inner_text()
    assert await passkeys.of_user(lit_house.directory.reader, lit_house.users["organisation", "viewer"].id) == []


async def test_what_no_browser_made_proves_nothing(house: House) -> None:
    visitor, owner = await house.visitor(), await house.signed_in("organisation", "owner")
    await visitor.get("/sign-in/passkey")
    await owner.get("/account/passkeys")
    empty = '{"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "eA", "authenticatorData": "eA"}}'
    for credential in ("", "{}", "null", "[]", '{"id": 7}', empty, "[" * 5000, "{" * 9000):
        page = await visitor.send("/sign-in/passkey", credential=credential)
        assert page.status == 422, credential[:20]
        assert "does not open anything here" in page.text
        page = await owner.send("/account/passkeys", credential=credential, name="Made up")
        assert page.status == 422, credential[:20]
    for challenge in ("", "x", owner.page.form("/account/passkeys").fields["challenge"][0]):  # type: ignore[union-attr]
        assert (await visitor.send("/sign-in/passkey", challenge=challenge, credential=empty)).status == 400
        await visitor.get("/sign-in/passkey")


async def test_a_passkey_whose_counter_ran_back_is_a_copy(house: House) -> None:
    user, now = house.users["organisation", "owner"], house.clock.now_ms()
    made = passkeys.Made(b"credential", b"key", 7, synced=False)

    async def add(session: Session) -> None:
        await passkeys.add(session, now, SYSTEM, user.id, user.email, made, "Key")

    await house.directory.write(add)
    with pytest.raises(Conflict):
        await house.directory.write(add)
    (kept,) = await passkeys.of_user(house.directory.reader, user.id)
    counts = (8, 8, 7, 9)
    noted = [await house.directory.write(lambda session, n=n: passkeys.used(session, now, kept, n)) for n in counts]  # type: ignore[misc]
    assert noted == [True, False, False, True]
    other = house.users["lakeside", "owner"]
    with pytest.raises(NotFound):
        await house.directory.write(lambda session: passkeys.remove(session, now, SYSTEM, other.id, other.email, kept.id))
    await house.directory.write(lambda session: passkeys.remove(session, now, SYSTEM, user.id, user.email, kept.id))
    assert not await house.directory.write(lambda session: passkeys.used(session, now, kept, 10))
