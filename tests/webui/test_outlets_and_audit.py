"""Outlets changed on their pages, and the audit of an organisation: both databases, in words, a page at a time."""

import ast
import csv
import io
from pathlib import Path

import powerepos_cloud
from powerepos_cloud.audit.store import newest, record
from powerepos_cloud.partnerservices.outlets import store
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.webui.deeds import ACTIONS, action_words, detail_words
from tests.support.desk import ACTOR
from tests.webui.house import House

FIELDS = {"name": "Wharf Bar", "zone": "Pacific/Auckland", "currency": "NZD", "day_start": "04:00", "stock": "on"}


async def known(house: House) -> list[Outlet]:
    """The organisation's outlets."""
    return await store.listing(house.partnerservices.reader, house.world.harbour.kapow)


async def test_an_outlet_is_added_once_however_often_its_form_is_sent(house: House) -> None:
    reader = await house.signed_in("organisation", "manager")
    page = await reader.get("/outlets/new")
    form = {**page.form("/outlets/new").fields, **FIELDS}
    one = await reader.post("/outlets/new", form)
    two = await reader.post("/outlets/new", {**form, "name": "Another tab"})
    [outlet] = await known(house)
    assert one.path == two.path == f"/outlets/{outlet.id}"
    assert (outlet.name, outlet.stock_enabled, outlet.day_start) == ("Wharf Bar", True, "04:00")
    await reader.get("/outlets/new")
    await reader.send("/outlets/new", **{**FIELDS, "name": "Deck"})
    assert [outlet.name for outlet in await known(house)] == ["Deck", "Wharf Bar"]
    [row] = await newest(house.partnerservices.reader, 1, subject=outlet.id)
    assert (row.action, row.actor, row.source) == ("outlet.added", "manager@harbour.example", "192.0.2.1")
    assert row.request_id


async def test_an_outlet_is_changed_and_what_is_wrong_is_said_beside_the_field(house: House) -> None:
    reader = await house.signed_in("organisation", "owner")
    await reader.get("/outlets/new")
    at = (await reader.send("/outlets/new", **FIELDS)).path
    page = await reader.send(at, day_start="4 o'clock", currency="KWD")
    assert page.status == 422
    assert "a time from 00:00 to 23:59" in page.text or "at most two decimals" in page.text
    page = await reader.send(at, day_start="05:30", currency="AUD", stock="off")
    assert page.path == "/outlets"
    [outlet] = await known(house)
    assert (outlet.day_start, outlet.currency, outlet.stock_enabled) == ("05:30", "AUD", False)
    page = await reader.get(f"/audit?about={outlet.id}")
    assert "owner@harbour.example changed the outlet Wharf Bar" in page.text
    assert "start of the trading day: 04:00 → 05:30" in page.text
    assert "stock: on → off" in page.text


async def test_the_audit_shows_both_databases_a_page_at_a_time(house: House) -> None:
    kapow, now = house.world.harbour.kapow, house.clock.now_ms()
    for n in range(60):
        database = (house.directory, house.partnerservices)[n % 2]
        subject = ("connection", "1") if n % 2 == 0 else ("outlet", "x")
        action = ("connection.paused", "outlet.changed")[n % 2]
        await database.write(
            lambda session, n=n, subject=subject, action=action: record(
                session, now + n, ACTOR, action, subject, kapow=kapow, details={} if n % 2 == 0 else {"name": [f"<{n}>", "b"]}
            )
        )
    reader = await house.signed_in("organisation", "owner")
    page = await reader.get("/audit")
    assert "paused the connection of" in page.text
    assert "name: <59> → b" in page.text
    assert page.text.count("paused the connection of") + page.text.count("changed the outlet") >= 48
    older = next(line for line in page.html.split('"') if line.startswith("/audit?before="))
    page = await reader.get(older.replace("&amp;", "&"))
    assert "name: <1> → b" in page.text
    page = await reader.get("/audit?what=outlet")
    assert "paused the connection of" not in page.text
    assert (await reader.get("/audit?before=nonsense&what=nothing")).status == 200

    assert 'href="/audit.csv?what=outlet"' in page.html
    sheet = (await reader.get("/audit.csv")).answer
    assert sheet.headers["content-disposition"] == f'attachment; filename="{house.world.harbour.code}-audit.csv"'
    assert (sheet.headers["cache-control"], "content-length" in sheet.headers) == ("no-store", False)  # it is streamed
    whole = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    done = [row for row in whole if row["Action"] in ("connection.paused", "outlet.changed")]
    assert [row["Time (UTC)"] for row in whole] == sorted((row["Time (UTC)"] for row in whole), reverse=True)
    assert [row["Details"] for row in done if row["Details"]] == [f"name: <{n}> → b" for n in range(59, 0, -2)]
    assert len(done) == 60
    assert (done[0]["Who"], done[0]["From"], done[0]["Request ID"]) == ("PowerEPOS, by hand", ACTOR.source, ACTOR.request_id)
    sheet = (await reader.get("/audit.csv?what=outlet&about=x")).answer
    assert {row["Action"] for row in csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig")))} == {"outlet.changed"}


async def test_the_audit_of_one_organisation_shows_nothing_of_another(house: House) -> None:
    theirs, formula = house.world.lakeside.kapow, '=HYPERLINK("http://evil.example";"pay")'
    for kapow, subject in ((theirs, "theirs"), (house.world.harbour.kapow, formula)):
        await house.partnerservices.write(
            lambda session, kapow=kapow, subject=subject: record(
                session, 0, ACTOR, "outlet.added", ("outlet", subject), kapow=kapow
            )
        )
    reader = await house.signed_in("organisation", "manager")
    assert "Nothing of that kind was done" in (await reader.get("/audit?what=outlet&about=theirs")).text
    sheet = (await reader.get("/audit.csv?what=outlet")).answer
    [row] = csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig")))
    assert row["To whom or what"] == f"'{formula}"  # no spreadsheet reckons it
    viewer = await house.signed_in("organisation", "viewer")
    assert (await viewer.get("/audit.csv")).status == 403


def test_every_deed_on_an_organisations_things_has_words() -> None:
    """Read from the sources of the rooms: a new action without words fails here."""
    rooms = ("directory/accounts", "directory/connections", "directory/stopping", "directory/replacing", "directory/renaming",
             "partnerservices/outlets/store", "partnerservices/catalogue/imports", "authserver/grants/notices")  # fmt: skip
    said = set()
    for room in rooms:
        source = (Path(powerepos_cloud.__file__).parent / f"{room}.py").read_text()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                noun, dot, verb = node.value.partition(".")
                if dot and noun.isidentifier() and verb.isidentifier() and noun in {a.split(".")[0] for a in ACTIONS}:
                    said.add(node.value)
    assert len(said) > 20
    assert said <= set(ACTIONS), said - set(ACTIONS)
    assert action_words("thing.was_done") == "was done: thing"
    assert detail_words("thing.was_done", {}) == ""
