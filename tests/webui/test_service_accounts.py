"""Service accounts on their pages: made, shown once, rotated, limited, stopped; as an owner or manager, of one's own alone."""

import re
from typing import Any

import pytest
from litestar.status_codes import HTTP_404_NOT_FOUND

from powerepos_cloud.audit.store import newest
from powerepos_cloud.directory import accounts, organisations
from powerepos_cloud.directory.accounts import Account
from powerepos_cloud.foundation.secrets import SecretKind, is_well_formed
from powerepos_cloud.webui.frame import PROVED_MS
from tests.support.desk import SALES
from tests.webui.house import House
from tests.webui.reader import PageSeen, Reader

SECRET = re.compile(r"pepos_sp_\w+")


async def made(house: House, reader: Reader, name: str = "Till sales", **fields: Any) -> PageSeen:
    """Make an account by the form, in its two steps; the last page."""
    await reader.get("/service-accounts/new")
    typed = {"name": name, "may": [SALES], "at": "all", "who": "one", "client": house.world.client.id, **fields}
    await reader.send("/service-accounts/new", **typed)
    return await reader.send("/service-accounts/new")


async def known(house: House) -> list[Account]:
    """All accounts of the organisation, the one that was there before any page was opened first."""
    owned = await organisations.by_code(house.directory.reader, house.world.harbour.code)
    found = await accounts.listing(house.directory.reader, owned)
    return sorted(found, key=lambda account: account.id != house.world.account.id)


async def deeds(house: House, most: int = 20) -> list[str]:
    """What was audited of the organisation by a person, newest first, each with source and request ID."""
    rows = [
        row for row in await newest(house.directory.reader, most, kapow=house.world.harbour.kapow) if row.actor_kind == "user"
    ]
    assert all(row.source == "192.0.2.1" and row.request_id for row in rows)
    return [row.action for row in rows]


def password_in(page: PageSeen) -> str | None:
    """The password that the page shows."""
    found = SECRET.search(page.html)
    return found[0] if found else None


async def works(house: House, account_id: str, password: str) -> bool:
    """Whether the token endpoint gives a token for it."""
    grant = {"org_id": house.world.harbour.code, "username": account_id, "password": password, "scope": "partnerservices"}
    form = house.world.client.form("password", **grant)
    async with house.app.called_from("198.51.100.9") as http:
        return bool((await http.post("/authorisation/token", data=form)).status_code == 200)


async def test_an_account_is_made_after_its_partner_was_seen_and_its_password_is_shown_once(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    before = len(await known(house))
    await reader.get("/service-accounts/new")
    typed = {"name": "Till sales", "may": [SALES], "at": "all", "who": "one", "client": f" {house.world.client.id} "}
    page = await reader.send("/service-accounts/new", **typed)
    assert "Tallyho" in page.text
    assert "https://tallyho.example" in page.text
    assert len(await known(house)) == before  # the company was seen, nothing was made
    page = await reader.send("/service-accounts/new")
    [account] = (await known(house))[before:]
    assert page.path == f"/service-accounts/{account.id}/password"
    assert (account.name, account.permissions, account.outlets, account.clients) == (
        "Till sales",
        [SALES],
        None,
        [house.world.client.id],
    )
    assert password_in(page) is None
    page = await reader.send(page.path)
    password = password_in(page)
    assert password is not None
    assert is_well_formed(SecretKind.SERVICE_PASSWORD, password)
    assert page.answer.headers["cache-control"] == "no-store"
    assert await works(house, account.id, password)
    assert (await deeds(house))[:2] == ["account_password.added", "account.created"]
    for row in await newest(house.directory.reader, 5, kapow=house.world.harbour.kapow):
        assert password not in str(row._asdict())
    assert password not in house.app.logged.getvalue()
    page = await reader.get(f"/service-accounts/{account.id}")
    assert password not in page.html
    assert f"…{password[-4:]}" in page.text


async def test_a_second_press_neither_makes_nor_shows_anything(house: House) -> None:
    reader = await house.signed_in("organisation", "manager")
    page = await made(house, reader)
    [*_, account] = await known(house)
    form = page.form(page.path).fields
    first = await reader.post(page.path, form)
    assert password_in(first)
    again = await reader.post(page.path, form)
    assert again.path == f"/service-accounts/{account.id}"
    assert password_in(again) is None
    assert len(await known(house)) == len({one.id for one in await known(house)}) == 2
    owned = await organisations.by_code(house.directory.reader, house.world.harbour.code)
    assert len(await accounts.passwords_of(house.directory.reader, owned, account.id)) == 1


async def test_two_tabs_with_the_same_form_make_one_account(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    await reader.get("/service-accounts/new")
    typed = {"name": "Twice", "may": [SALES], "at": "all", "who": "one", "client": house.world.client.id}
    page = await reader.send("/service-accounts/new", **typed)
    form = page.form("/service-accounts/new").fields
    one = await reader.post("/service-accounts/new", form)
    two = await reader.post("/service-accounts/new", {**form, "name": "Twice again"})
    assert one.path == two.path
    assert [account.name for account in await known(house)].count("Twice") == 1
    assert "Twice again" not in [account.name for account in await known(house)]


async def test_any_partner_is_a_choice_with_a_warning(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    await reader.get("/service-accounts/new")
    typed = {"name": "Trial", "may": [SALES], "at": "all", "who": "any", "client": ""}
    page = await reader.send("/service-accounts/new", **typed)
    assert "Any partner will be able to use this account." in page.text
    assert "Trial" not in [account.name for account in await known(house)]
    await reader.send("/service-accounts/new")
    [*_, account] = await known(house)
    assert (account.name, account.any_partner, account.clients) == ("Trial", True, [])
    at = f"/service-accounts/{account.id}"
    page = await reader.get(at)
    assert "Any partner can use it." in page.text
    page = await reader.send(f"{at}/limit")
    assert "nobody can use it" in page.text
    await reader.get(f"{at}/bind?client={house.world.client.id}")
    assert "https://tallyho.example" in reader.page.text  # type: ignore[union-attr]
    page = await reader.send(f"{at}/bind")
    assert "may use this account now" in page.text
    page = await reader.send(f"{at}/unbind")
    assert "Its tokens end" in page.text
    assert (await deeds(house))[:3] == ["account.unbound", "account.bound", "account.limited_to_clients"]


async def test_a_form_says_what_to_mend_beside_the_field_and_keeps_what_was_typed(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    await reader.get("/service-accounts/new")
    page = await reader.send("/service-accounts/new", name="", client="nobody", at="list")
    assert page.status == 422
    assert "Nobody has this ClientID." in page.text
    assert "Tick at least one outlet" in page.text
    assert "Tick at least one thing that it may do." in page.text
    somewhere = "6f1f6a5e-2f0b-4c55-9a57-0b8f2f1b7d21"
    sent = {**page.form("/service-accounts/new").fields, "name": "X", "may": [SALES], "at": "list", "outlets": [somewhere]}
    client_id = house.world.client.id
    page = await reader.post("/service-accounts/new", {**sent, "who": "one", "client": client_id, "seen": client_id})
    assert page.status == 422
    assert "outlets of your own" in page.text
    assert len(await known(house)) == 1


async def test_rights_are_changed_and_what_is_taken_away_is_told(house: House) -> None:
    reader, at = await house.signed_in("organisation", "manager"), f"/service-accounts/{house.world.account.id}"
    await reader.get(f"{at}/rights")
    page = await reader.send(f"{at}/rights", may=["Partner Sales (View)"])
    assert "Look at sales" in page.text
    assert (await deeds(house))[0] == "account.narrowed"


async def test_a_new_name_changes_nothing_else(house: House) -> None:
    world, reader = house.world, await house.signed_in("organisation", "manager")
    at, before = f"/service-accounts/{world.account.id}", house.world.client.form("password", **house.world.account.login())
    token = (await house.app.token(before)).json()
    page = await reader.get(f"{at}/rights")
    assert page.form(f"{at}/rights").fields["name"] == ["till"]
    page = await reader.send(f"{at}/rights", name=" ")
    assert (page.status, "1 to 100 characters" in page.text) == (422, True)
    form = page.form(f"{at}/rights").fields | {"name": "Till sales, <Quay>"}
    for _ in range(2):
        assert "Till sales, <Quay>" in (await reader.post(f"{at}/rights", form)).text
    assert await deeds(house) == ["account.renamed"]
    page = await reader.get(f"/audit?about={world.account.id}")
    assert "renamed the service account Till sales, <Quay>" in page.text
    assert "name: till → Till sales, <Quay>" in page.text
    again = world.client.form("refresh_token", refresh_token=token["refresh_token"])
    assert (await house.app.token(again)).status_code == 200
    bearer = {"authorization": f"Bearer {token['access_token']}"}
    assert (await house.app.http.get("/api/v1/connection", headers=bearer)).status_code == 200
    assert (await house.app.token(before)).status_code == 200


async def test_passwords_rotate_with_an_overlap_of_two(house: House) -> None:
    reader, at = await house.signed_in("organisation", "owner"), f"/service-accounts/{house.world.account.id}"
    account_id, old = house.world.account.id, house.world.account.password
    assert await works(house, account_id, old)
    await reader.get(f"{at}/password")
    lost = password_in(await reader.send(f"{at}/password"))
    await reader.get(f"{at}/password")
    found = password_in(await reader.send(f"{at}/password"))
    assert lost and found and lost != found  # noqa: PT018
    assert [await works(house, account_id, one) for one in (old, lost, found)] == [True, False, True]
    page = await reader.get(f"{at}/password")  # both are in use now: a person chooses
    assert "Which one ends now?" in page.text
    page = await reader.send(f"{at}/password")
    assert page.status == 422
    ends = re.search(r'name="ends" value="(\d+)"', page.html)
    assert ends
    third = password_in(await reader.send(f"{at}/password", ends=ends[1]))
    assert third
    assert [await works(house, account_id, one) for one in (old, found, third)] == [False, True, True]
    page = await reader.get(at)
    await reader.send(f"{at}/password/end")
    assert [await works(house, account_id, one) for one in (found, third)] == [True, False]


async def test_off_on_and_the_end(house: House) -> None:
    reader, at = await house.signed_in("organisation", "owner"), f"/service-accounts/{house.world.account.id}"
    await reader.get(at)
    assert "is off" in (await reader.send(f"{at}/off")).text
    assert "is on again" in (await reader.send(f"{at}/on")).text
    assert "All tokens" in (await reader.send(f"{at}/end-tokens")).text
    page = await reader.send(f"{at}/remove")
    assert "Removed" in page.text
    assert not [form.action for form in page.forms if form.action.startswith(at)]
    expected = ["account.removed", "account.revoked_everything", "account.switched_on", "account.switched_off"]
    assert (await deeds(house))[:4] == expected
    page = await reader.post(f"{at}/on", {"csrf": page.forms[0].fields["csrf"]})
    assert page.status == 409


async def test_a_password_is_shown_to_who_proved_again_who_they_are_alone(house: House) -> None:
    reader, at = await house.signed_in("organisation", "owner"), f"/service-accounts/{house.world.account.id}"
    page = await reader.get(f"{at}/password")
    form = page.form(f"{at}/password").fields
    house.clock.advance_ms(PROVED_MS + 1)
    assert (await reader.get(f"{at}/password")).path.startswith("/account/confirm")
    page = await reader.post(f"{at}/password", form)
    assert page.path.startswith("/account/confirm")
    assert password_in(page) is None


@pytest.mark.parametrize("role", ["viewer"])
async def test_a_viewer_sees_none_of_it(house: House, role: str) -> None:
    reader, at = await house.signed_in("organisation", role), f"/service-accounts/{house.world.account.id}"
    for path in ("/service-accounts", "/service-accounts/new", at, f"{at}/password", "/connections", "/access"):
        assert (await reader.get(path)).status == 403, path
    page = await reader.get("/account")
    for path in (f"{at}/off", f"{at}/password", "/service-accounts/new", "/connections/approve"):
        assert (await reader.post(path, {"csrf": page.forms[0].fields["csrf"]})).status == 403, path
    assert await deeds(house) == []


async def test_a_link_of_the_list_leads_to_each_account(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    page = await reader.get("/service-accounts")
    assert f'href="/service-accounts/{house.world.account.id}"' in page.html
    assert house.world.lakeside_account.id not in page.html
    assert (await reader.get(f"/service-accounts/{house.world.lakeside_account.id}")).status == HTTP_404_NOT_FOUND
