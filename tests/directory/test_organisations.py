"""Organisations: registered once, under a code that counts without letter case, switched off and on."""

import uuid

from powerepos_cloud.directory import organisations
from powerepos_cloud.directory.revocations import Entry
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from tests.support.desk import Desk, refused, unchanged


async def test_an_organisation_gets_a_random_guid_and_an_audit_row(desk: Desk) -> None:
    made = await desk.do(organisations.create, "HARBOUR-1", " Harbour Café ")
    assert (made.code, made.name, made.state, made.created_at) == (
        "HARBOUR-1",
        "Harbour Café",
        "active",
        desk.clock.now_ms(),
    )
    assert uuid.UUID(made.kapow).version == 4
    assert await desk.newest_audit() == (
        "organisation.created",
        "HARBOUR-1",
        made.kapow,
        None,
        {"name": "Harbour Café"},
    )


async def test_two_organisations_have_two_guids(desk: Desk) -> None:
    first, second = await desk.organisation("AA"), await desk.organisation("BB")
    assert first.kapow != second.kapow
    assert await desk.ask(organisations.listing) == [first, second]


async def test_a_code_is_found_in_any_letter_case_and_answered_as_registered(desk: Desk) -> None:
    made = await desk.organisation("HARBOUR-1")
    for written in ("HARBOUR-1", "harbour-1", " Harbour-1 "):
        assert await desk.ask(organisations.by_code, written) == made


async def test_a_code_is_given_out_once(desk: Desk) -> None:
    await desk.organisation("HARBOUR")
    assert "is taken" in await refused(desk, Conflict, organisations.create, "HARBOUR", "Another")


async def test_a_code_in_lower_case_is_refused_with_the_form_to_write(desk: Desk) -> None:
    assert "Register it as HARBOUR" in await refused(desk, Invalid, organisations.create, "harbour", "Harbour")


async def test_an_unknown_or_malformed_code_is_not_found(desk: Desk) -> None:
    for code in ("NOBODY", "", "A\0B", "\ud800", "X" * 5000, "'; --"):
        text = await refused(desk, NotFound, lambda session, *_, c=code: organisations.by_code(session, c))
        assert text.startswith("there is no organisation")


async def test_switching_off_refuses_in_the_feed_and_switching_on_lifts(desk: Desk) -> None:
    made = await desk.organisation()
    assert await desk.do(organisations.switch_off, made) is True
    assert (await desk.ask(organisations.by_code, made.code)).state == "off"
    assert await unchanged(desk, organisations.switch_off, made) is False
    assert await desk.do(organisations.switch_on, made) is True
    assert (await desk.ask(organisations.by_code, made.code)).state == "active"
    assert await unchanged(desk, organisations.switch_on, made) is False
    assert await desk.feed() == [
        Entry(n=1, kind="organisation", id="HARBOUR", state="refused"),
        Entry(n=2, kind="organisation", id="HARBOUR", state="lifted"),
    ]
    assert [action for action, _ in await desk.audit()] == [
        "organisation.created",
        "organisation.switched_off",
        "organisation.switched_on",
    ]


async def test_a_renamed_organisation_keeps_its_code_and_guid(desk: Desk) -> None:
    made = await desk.organisation("HARBOUR")
    renamed = await desk.do(organisations.rename, made, " Quay Street ")
    assert (renamed.name, renamed.code, renamed.kapow) == ("Quay Street", made.code, made.kapow)
    assert await desk.ask(organisations.by_code, "HARBOUR") == renamed
    assert await desk.newest_audit() == (
        "organisation.renamed", "HARBOUR", made.kapow, None, {"from": "Harbour", "to": "Quay Street"}
    )  # fmt: skip
    await unchanged(desk, organisations.rename, renamed, "Quay Street")
    await refused(desk, Invalid, organisations.rename, renamed, " ")
