"""Services, their instances and credentials, and which organisation is on which."""

import pytest

from powerepos_cloud.directory import assignments, services
from powerepos_cloud.directory.assignments import Assignment
from powerepos_cloud.directory.revocations import Entry
from powerepos_cloud.directory.services import Instance
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from powerepos_cloud.foundation.secrets import SecretKind, is_well_formed
from tests.support.desk import KEYS, Desk, refused, unchanged

URI = "https://ps.example/"


async def make(desk: Desk, uri: str = URI, service: str = "partnerservices") -> Instance:
    """An instance."""
    return (await desk.do(services.create_instance, KEYS, service, uri, "One"))[0]


async def test_the_four_services_are_made_once(desk: Desk) -> None:
    await desk.do(services.change, "ros", access_seconds=3600)
    await desk.services()
    made = await desk.ask(services.listing)
    assert [service.name for service in made] == ["des", "partnerservices", "reporting_server", "ros"]
    assert {service.access_seconds for service in made} == {28_800, 3600}
    assert await desk.ask(services.algorithms_in_use) == {"ES256"}


async def test_a_service_is_changed_and_the_audit_says_from_what_to_what(desk: Desk) -> None:
    changed = await desk.do(services.change, "ros", alg="RS256", refresh_idle_seconds=40_000)
    assert changed == await desk.ask(services.get, "ros")
    assert await desk.ask(services.algorithms_in_use) == {"ES256", "RS256"}
    action, subject, _, _, details = await desk.newest_audit()
    assert (action, subject) == ("service.changed", "ros")
    assert details == {"alg": ["ES256", "RS256"], "refresh_idle_seconds": [7_776_000, 40_000]}
    await unchanged(desk, services.change, "ros", alg="RS256")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"alg": "HS256"}, "one of ES256, RS256"),
        ({"alg": "none"}, "one of ES256, RS256"),
        ({"access_seconds": 59}, "60 to 86400"),
        ({"access_seconds": 86_401}, "60 to 86400"),
        ({"refresh_idle_seconds": 28_799}, "access ≤ refresh idle"),
        ({"refresh_total_seconds": 4_000}, "access ≤ refresh idle"),
        ({"refresh_total_seconds": -1}, "3600 to"),
    ],
)
async def test_a_wrong_value_is_refused(desk: Desk, change: dict[str, int], expected: str) -> None:
    assert expected in await refused(desk, Invalid, services.change, "partnerservices", **change)


async def test_an_unknown_service_is_not_found(desk: Desk) -> None:
    for name in ("sales", "", "offline_access", "\0"):
        assert "There are partnerservices" in await refused(desk, NotFound, services.change, name, alg="RS256")


async def test_the_longest_life_of_a_token_is_remembered_when_it_is_shortened(desk: Desk) -> None:
    """Tokens made under the longer life may still be alive: revocations and keys are kept for them."""
    for service in await desk.ask(services.listing):
        await desk.do(services.change, service.name, access_seconds=3600)
    assert await desk.ask(services.longest_access_seconds) == 28_800
    await desk.do(services.change, "ros", access_seconds=50_000)
    assert await desk.ask(services.longest_access_seconds) == 50_000
    await desk.do(services.change, "ros", access_seconds=60)
    assert await desk.ask(services.longest_access_seconds) == 50_000


async def test_an_instance_gets_an_id_and_a_credential(desk: Desk) -> None:
    instance, credential = await desk.do(services.create_instance, KEYS, "ros", "https://ros.example/a/", "One")
    assert instance.id.startswith("si")
    assert is_well_formed(SecretKind.INSTANCE_CREDENTIAL, credential.secret)
    assert await desk.ask(services.instance, instance.id) == instance
    assert await desk.ask(services.instances_listing) == [instance]
    assert await desk.ask(services.instances_listing, "ros") == [instance]
    assert await desk.ask(services.instances_listing, "des") == []
    action, subject, _, _, details = await desk.newest_audit()
    assert (action, subject) == ("instance.created", instance.id)
    assert credential.secret not in str(details)


async def test_an_address_belongs_to_one_instance(desk: Desk) -> None:
    await make(desk)
    await refused(desk, Conflict, services.create_instance, KEYS, "ros", URI, "Two")
    other = await make(desk, "https://other.example/")
    await refused(desk, Conflict, services.set_instance_uri, other.id, URI)


async def test_an_address_is_changed(desk: Desk) -> None:
    instance = await make(desk)
    moved = await desk.do(services.set_instance_uri, instance.id, "http://localhost:9000/")
    assert moved == await desk.ask(services.instance, instance.id)
    assert (await desk.newest_audit())[4] == {"from": URI, "to": "http://localhost:9000/"}
    await unchanged(desk, services.set_instance_uri, instance.id, "http://localhost:9000/")
    await refused(desk, Invalid, services.set_instance_uri, instance.id, "http://ps.example/")


async def test_two_credentials_live_at_most(desk: Desk) -> None:
    instance, first = await desk.do(services.create_instance, KEYS, "ros", URI, "One")
    second = await desk.do(services.add_credential, KEYS, instance.id)
    await refused(desk, Conflict, services.add_credential, KEYS, instance.id)
    assert await desk.do(services.end_credential, instance.id, first.id) is True
    assert await unchanged(desk, services.end_credential, instance.id, first.id) is False
    live = [known.id for known in await desk.ask(services.credentials_of, instance.id) if known.is_live(desk.clock.now_ms())]
    assert live == [second.id]
    results = await desk.at_once(*[(services.add_credential, KEYS, instance.id)] * 5)
    assert sum(not isinstance(result, Exception) for result in results) == 1


async def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    instance, other = await make(desk), await make(desk, "https://other.example/")
    [theirs] = await desk.ask(services.credentials_of, other.id)
    await refused(desk, NotFound, services.end_credential, instance.id, theirs.id)
    await refused(desk, NotFound, services.create_instance, KEYS, "sales", "https://x.example/", "X")
    for deed in (
        (services.add_credential, KEYS, "nobody"),
        (services.end_credential, "nobody", 1),
        (services.set_instance_uri, "nobody", URI),
        (assignments.assign, await desk.organisation(), "nobody"),
    ):
        await refused(desk, NotFound, *deed)


async def test_an_organisation_is_on_one_instance_of_each_service(desk: Desk) -> None:
    organisation = await desk.organisation()
    here, there = await make(desk), await make(desk, "https://other.example/")
    ros = await make(desk, "https://ros.example/", "ros")
    wanted = Assignment("partnerservices", here.id, URI)
    assert await desk.do(assignments.assign, organisation, here.id) == wanted
    assert (await desk.newest_audit())[:3] == ("assignment.made", "HARBOUR", organisation.kapow)
    assert await unchanged(desk, assignments.assign, organisation, here.id) == wanted
    assert "moved first" in await refused(desk, Conflict, assignments.assign, organisation, there.id)
    await desk.do(assignments.assign, organisation, ros.id)
    assert [found.service for found in await desk.ask(assignments.listing, organisation)] == ["partnerservices", "ros"]
    assert await desk.feed() == []


async def test_a_move_is_told_with_the_new_address(desk: Desk) -> None:
    organisation = await desk.organisation()
    here, there = await make(desk), await make(desk, "https://other.example/")
    await refused(desk, NotFound, assignments.move, organisation, there.id)
    await desk.do(assignments.assign, organisation, here.id)
    await desk.do(assignments.move, organisation, there.id)
    await unchanged(desk, assignments.move, organisation, there.id)
    assert await desk.ask(assignments.get, organisation, "partnerservices") == Assignment(
        "partnerservices", there.id, "https://other.example/"
    )
    svc = "https://other.example/"
    assert await desk.feed() == [Entry(n=1, kind="organisation", id="HARBOUR", state="moved", svc=svc)]
    assert (await desk.newest_audit())[0] == "assignment.moved"


async def test_an_organisation_taken_off_its_instance_gets_no_token_and_its_old_ones_end(desk: Desk) -> None:
    await desk.services()
    organisation = await desk.organisation()
    instance, _ = await desk.do(services.create_instance, KEYS, "ros", "https://one.example/", "One")
    assigned = await desk.do(assignments.assign, organisation, instance.id)
    assert await desk.do(assignments.unassign, organisation, "ros") == assigned
    assert await desk.ask(assignments.listing, organisation) == []
    assert (await desk.newest_audit())[:3] == ("assignment.ended", "HARBOUR", organisation.kapow)
    assert await desk.feed() == [Entry(n=1, kind="organisation", id="HARBOUR", state="narrowed")]
    await refused(desk, NotFound, assignments.unassign, organisation, "ros")
    await desk.do(assignments.assign, organisation, instance.id)
