"""Connections on their pages: approved after company and website were seen, changed, paused, resumed, revoked, stopped."""

from powerepos_cloud.audit.store import newest
from powerepos_cloud.directory import connections, organisations
from powerepos_cloud.directory.connections import Connection
from tests.support.desk import SALES
from tests.webui.house import House
from tests.webui.reader import Reader


async def found(house: House, client_id: str, sub: str | None = None) -> Connection:
    """The organisation's connection."""
    owned = await organisations.by_code(house.directory.reader, house.world.harbour.code)
    return await connections.get(house.directory.reader, owned, client_id, sub or client_id)


async def deeds(house: House) -> list[str]:
    """What people did to the organisation, newest first."""
    rows = await newest(house.directory.reader, 20, kapow=house.world.harbour.kapow)
    assert all(row.source and row.request_id for row in rows if row.actor_kind == "user")
    return [row.action for row in rows if row.actor_kind == "user"]


async def approve(house: House, reader: Reader) -> str:
    """Approve the rival's client; its ClientID."""
    client_id = house.world.other_client.id
    await reader.get(f"/connections/approve?client={client_id}")
    await reader.send("/connections/approve", services=["partnerservices"], may=[SALES], at="all")
    return client_id


async def test_a_connection_is_approved_after_company_and_website_were_seen(house: House) -> None:
    reader, client_id = await house.signed_in("organisation", "manager"), house.world.other_client.id
    await reader.get("/connections/approve")
    page = await reader.get("/connections/approve?client=nobody")
    assert (page.status, "Nobody has this ClientID." in page.text) == (422, True)
    page = await reader.get(f"/connections/approve?client={client_id}")
    assert "Rival" in page.text
    assert "https://rival.example" in page.text
    page = await reader.send("/connections/approve", services=[])
    assert "Tick at least one service." in page.text
    page = await reader.send("/connections/approve", services=["partnerservices"], may=["Raw Data (View)"], at="all")
    assert (page.status, "Tick what fits the services" in page.text) == (422, True)
    page = await reader.send("/connections/approve", may=["Partner Sales (View)"])
    assert page.path == f"/connections/{client_id}/{client_id}"
    made = await found(house, client_id)
    assert (made.services, made.permissions, made.outlets) == (["partnerservices"], ["Partner Sales (View)"], None)
    assert await deeds(house) == ["connection.approved"]


async def test_approving_twice_opens_one(house: House) -> None:
    reader, client_id = await house.signed_in("organisation", "owner"), house.world.other_client.id
    page = await reader.get(f"/connections/approve?client={client_id}")
    form = {**page.form("/connections/approve").fields, "services": ["partnerservices"], "may": [SALES]}
    one = await reader.post("/connections/approve", form)
    two = await reader.post("/connections/approve", form)
    assert one.path == two.path == f"/connections/{client_id}/{client_id}"
    await reader.get(f"/connections/approve?client={client_id}")
    page = await reader.send("/connections/approve", services=["partnerservices"], may=[SALES])
    assert (page.status, "already, active" in page.text) == (422, True)
    assert await deeds(house) == ["connection.approved"]


async def test_what_it_may_do_is_changed(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    client_id = await approve(house, reader)
    page = await reader.get(f"/connections/{client_id}/change")
    assert page.form(f"/connections/{client_id}/change").fields["may"] == [SALES]
    await reader.send(f"/connections/{client_id}/change", services=["ros"], may=[])
    assert (await found(house, client_id)).services == ["ros"]
    assert (await deeds(house))[0] == "connection.narrowed"


async def test_pause_resume_revoke_and_open_again(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    client_id = await approve(house, reader)
    at = f"/connections/{client_id}/{client_id}"
    for word, state in (("pause", "paused"), ("resume", "active"), ("revoke", "revoked"), ("reopen", "active")):
        page = await reader.get(at)
        form = page.form(f"{at}/{word}").fields | ({"note": "<b>Till 4</b>"} if word == "pause" else {})
        page = await reader.post(f"{at}/{word}", form)
        assert page.path == "/connections"
        assert ("<b>Till 4</b>" in page.text) == (word == "pause")  # as text
        assert (await found(house, client_id)).state == state
        again = await reader.post(f"{at}/{word}", form)  # pressed twice: no second deed
        assert again.status in (200, 409)
    expected = ["connection.reopened", "connection.revoked", "connection.resumed", "connection.paused", "connection.approved"]
    assert await deeds(house) == expected
    page = await reader.get("/audit?what=connection")
    assert "paused the connection of main<b>Till 4</b>" in page.text.replace("main <", "main<")


async def test_a_partner_is_stopped_over_all_its_connections(house: House) -> None:
    world, reader = house.world, await house.signed_in("organisation", "owner")
    async with house.app.called_from("198.51.100.9") as http:
        await http.post("/authorisation/token", data=world.client.form("password", **world.account.login()))
    page = await reader.get("/connections")
    assert "Tallyho" in page.text
    page = await reader.send(f"/connections/partners/{world.partners['Tallyho']}/stop")
    assert "Tallyho is stopped" in page.text
    assert {(await found(house, world.client.id, sub)).state for sub in (world.client.id, world.account.id)} == {"revoked"}
    assert (await deeds(house))[-1] == "partner.stopped"
    async with house.app.called_from("198.51.100.9") as http:
        answer = await http.post("/authorisation/token", data=world.client.form("password", **world.account.login()))
    assert answer.json()["error"] == "unauthorized_client"
    for path in (f"/connections/{world.client.id}/{world.account.id}", f"/connections/approve?client={world.client.id}"):
        assert "What you name is let in all the same" in (await reader.get(path)).text
    await reader.get("/service-accounts/new")
    page = await reader.send("/service-accounts/new", name="Kiosk", may=[SALES], at="all", client=world.client.id)
    assert "What you name is let in all the same" in page.text
    page = await reader.get("/connections")
    lift = f"/connections/partners/{world.partners['Tallyho']}/lift"
    page = await reader.post(lift, form := page.form(lift).fields)
    assert "The stop of Tallyho is lifted." in page.text
    assert "That partner was not stopped." in (await reader.post(lift, form)).text
    assert (await deeds(house))[0] == "partner.stop_lifted"
    assert {(await found(house, world.client.id, sub)).state for sub in (world.client.id, world.account.id)} == {"revoked"}
    page = await reader.get("/audit?what=partner")
    assert "lifted the stop of the partner Tallyho" in page.text


async def test_the_organisation_code_is_told_with_how_to_hand_access_over(house: House) -> None:
    reader = await house.signed_in("organisation", "manager")
    page = await reader.get("/access")
    assert house.world.harbour.code in page.text
    assert 'href="/service-accounts/new"' in page.html
    assert 'href="/connections/approve"' in page.html
