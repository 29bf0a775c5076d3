"""POWEREPOS_INSTANCE_DATABASES: pages read and write where the organisation's instance has its records, and nowhere else."""

import pytest

from powerepos_cloud.directory import assignments, organisations, services
from powerepos_cloud.foundation.database import Database, Session, open_database
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.settings import SettingsError, load_settings
from tests.conftest import NewDatabase
from tests.support.clock import FakeClock
from tests.support.desk import ACTOR
from tests.support.world import PARTNERSERVICES_URI, Organisation
from tests.webui.house import House, house_at
from tests.webui.test_outlets_and_audit import FIELDS

PAIR = "an instance's URI that ends in a slash, then = and its database's URL"
OTHER_URI, UNSET_URI = "https://other.example/", "https://unset.example/"


async def open_instance(house: House, uri: str) -> str:
    """A further instance of Partner Services; its ID."""

    async def unit(session: Session) -> str:
        made, _ = await services.create_instance(
            session, house.clock.now_ms(), ACTOR, house.world.ring.keys, "partnerservices", uri, uri
        )
        return made.id

    return await house.directory.write(unit)


async def move(house: House, organisation: Organisation, instance_id: str) -> None:
    """Assign the organisation to another instance."""

    async def unit(session: Session) -> None:
        owned = await organisations.by_code(session, organisation.code)
        await assignments.move(session, house.clock.now_ms(), ACTOR, owned, instance_id)

    await house.directory.write(unit)


async def add_outlet(house: House, database: Database, organisation: Organisation, name: str) -> None:
    """An outlet in this database."""
    place = {"name": name, "zone": "Pacific/Auckland", "currency": "NZD"}
    await database.write(lambda session: outlets.add(session, house.clock.now_ms(), ACTOR, organisation.kapow, **place))


async def names(database: Database, organisation: Organisation) -> set[str]:
    """What outlets the organisation has there."""
    return {one.name for one in await outlets.listing(database.reader, organisation.kapow)}


async def test_pages_use_the_database_of_each_organisations_instance(
    directory_url: str, partnerservices_url: str, new_database: NewDatabase, clock: FakeClock
) -> None:
    other_url = new_database("partnerservices")
    given = f"{PARTNERSERVICES_URI}={partnerservices_url} {OTHER_URI}={other_url}"
    other = open_database("partnerservices", other_url)
    try:
        async with house_at(directory_url, partnerservices_url, clock, instance_databases=given) as house:
            harbour, lakeside = house.world.harbour, house.world.lakeside
            elsewhere, unset = await open_instance(house, OTHER_URI), await open_instance(house, UNSET_URI)
            await move(house, lakeside, elsewhere)
            for database, where in ((house.partnerservices, "here"), (other, "there")):
                for organisation in (harbour, lakeside):
                    await add_outlet(house, database, organisation, f"{organisation.code} {where}")

            owner, neighbour = await house.signed_in("organisation", "owner"), await house.signed_in("lakeside", "owner")
            for reader, right in ((owner, "HARBOUR-1 here"), (neighbour, "LAKESIDE there")):
                for path in ("/outlets", "/service-accounts/new", "/trading-days"):
                    page = await reader.get(path)
                    assert page.status == 200
                    assert right in page.text, path
                    assert " there" not in page.text.replace(right, ""), path
                    assert " here" not in page.text.replace(right, ""), path
                await reader.get("/outlets/new")
                await reader.send("/outlets/new", **FIELDS)
            assert await names(house.partnerservices, harbour) == {"HARBOUR-1 here", FIELDS["name"]}
            assert await names(other, lakeside) == {"LAKESIDE there", FIELDS["name"]}
            assert await names(other, harbour) == {"HARBOUR-1 there"}
            assert await names(house.partnerservices, lakeside) == {"LAKESIDE here"}

            await move(house, harbour, elsewhere)  # from the next page on
            assert "HARBOUR-1 there" in (await owner.get("/outlets")).text
            await move(house, lakeside, unset)
            page = await neighbour.get("/outlets")
            assert (page.status, "Your records cannot be opened from here" in page.text) == (503, True)
            assert f"no database is set for {UNSET_URI}: see POWEREPOS_INSTANCE_DATABASES" in house.app.logged.getvalue()
            assert (await neighbour.get("/connections")).status == 200  # access is taken away all the same
            async with house.app.called_from("127.0.0.1") as operator:
                checks = (await operator.get("/readyz")).json()["checks"]
            assert [checks[name] for name in checks if name.startswith("instance ")] == ["ok"]  # its own is `partnerservices`
    finally:
        await other.close()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "https://one.example",
            "an instance's URI that ends in a slash, then = and its database's URL, at 'https://one.example'",
        ),
        (
            "one.example/=sqlite:///one.db",
            "an instance's URI that ends in a slash, then = and its database's URL, at 'one.example/'",
        ),
        (
            "https://one.example/=mysql://us:hunter2@db/one",
            "the URL of a database after = (the Partner Services database's URL must be sqlite:///path or postgresql://…, "
            "not mysql:…), at 'https://one.example/'",
        ),
        (
            "https://one.example/=sqlite:///one.db https://one.example/=postgresql://us:hunter2@db/two",
            "each instance once, at 'https://one.example/'",
        ),
    ],
)
def test_a_wrong_value_is_told_with_the_settings_name_and_no_password(value: str, expected: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"POWEREPOS_INSTANCE_DATABASES": value})
    assert str(refused.value) == f"POWEREPOS_INSTANCE_DATABASES: expected {expected}"


def test_a_databases_own_options_belong_to_its_url() -> None:
    value = "https://one.example/=postgresql://us@db/one?host=/run/postgresql https://two.example/=sqlite:///two.db"
    settings = load_settings({"POWEREPOS_INSTANCE_DATABASES": value})
    assert settings.databases_by_instance() == {
        "https://one.example/": "postgresql://us@db/one?host=/run/postgresql",
        "https://two.example/": "sqlite:///two.db",
    }
