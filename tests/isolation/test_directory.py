"""Two organisations: whatever a store function is asked with the one's name, nothing of the other is shown or changed."""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from powerepos_cloud.audit.store import newest
from powerepos_cloud.directory import (
    accounts,
    assignments,
    connections,
    organisations,
    renaming,
    replacing,
    services,
    stopping,
    users,
)
from powerepos_cloud.directory import tables as t
from powerepos_cloud.directory.accounts import Account
from powerepos_cloud.directory.clients import Client
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.services import Instance
from powerepos_cloud.directory.users import User
from powerepos_cloud.foundation.database import crossing
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from tests.support.desk import KEYS, SALES, Desk


class Two:
    """A merchant with everything, and another with as much, who must not reach into it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.client: Client
        self.instance: Instance
        self.other_instance: Instance
        self.own: Organisation
        self.theirs: Organisation
        self.own_account: Account
        self.their_account: Account
        self.their_user: User
        self.their_password: int

    async def _merchant(self, code: str) -> tuple[Organisation, Account, int, User]:
        do = self.desk.do
        organisation = await self.desk.organisation(code)
        account, password = await do(accounts.create, KEYS, organisation, "Till", [SALES], None, [self.client.id])
        await self.desk.connect(organisation, account, self.client)
        await do(connections.approve, organisation, self.client.id, ["ros"], [], None)
        await do(assignments.assign, organisation, self.instance.id)
        user = await do(users.create, f"{code}@example.com", code, "$argon2id$none")
        await do(users.link_organisation, user, organisation, "owner")
        await do(users.link_organisation, await do(users.create, f"2{code}@b.cd", "B", "x"), organisation, "owner")
        return organisation, account, password.id, user

    async def build(self) -> None:
        """Make both."""
        do = self.desk.do
        self.client = await self.desk.client()
        self.instance = (await do(services.create_instance, KEYS, "ros", "https://one.example/", "One"))[0]
        self.other_instance = (await do(services.create_instance, KEYS, "ros", "https://two.example/", "Two"))[0]
        self.own, self.own_account, _, _ = await self._merchant("HARBOUR")
        self.theirs, self.their_account, self.their_password, self.their_user = await self._merchant("LAKESIDE")

    async def rows_of(self, organisation: Organisation) -> list[Any]:
        """All that is stored of an organisation."""
        found: list[Any] = []
        account_ids = select(t.accounts.c.id).where(t.accounts.c.organisation_id == organisation.id)
        for statement in (
            select(t.organisations).where(t.organisations.c.id == organisation.id),
            *(
                select(table).where(table.c.organisation_id == organisation.id)
                for table in (t.accounts, t.connections, t.assignments, t.user_organisations, t.stopped_partners)
            ),
            *(select(table).where(table.c.account_id.in_(account_ids)) for table in (t.account_passwords, t.account_bindings)),
        ):
            found += await self.desk.database.reader.all(crossing(statement, "a test compares what is stored"))
        found += await newest(self.desk.database.reader, 100, kapow=organisation.kapow)
        return [tuple(row) for row in found]


@pytest.fixture
async def two(desk: Desk) -> Two:
    """Both merchants."""
    two = Two(desk)
    await two.build()
    return two


Attempt = Callable[[Two], tuple[Any, ...]]

# Deeds and questions in the name of `own`, about things of `theirs`: what each must end in.
REFUSED: dict[Callable[..., Any], Attempt] = {
    accounts.get: lambda two: (two.own, two.their_account.id),
    accounts.passwords_of: lambda two: (two.own, two.their_account.id),
    accounts.set_rights: lambda two: (two.own, two.their_account.id),
    accounts.set_permissions: lambda two: (two.own, two.their_account.id, []),
    accounts.set_outlets: lambda two: (two.own, two.their_account.id, []),
    accounts.set_any_partner: lambda two: (two.own, two.their_account.id),
    accounts.bind: lambda two: (two.own, two.their_account.id, two.client.id),
    accounts.unbind: lambda two: (two.own, two.their_account.id, two.client.id),
    accounts.switch_off: lambda two: (two.own, two.their_account.id),
    accounts.switch_on: lambda two: (two.own, two.their_account.id),
    accounts.remove: lambda two: (two.own, two.their_account.id),
    accounts.add_password: lambda two: (KEYS, two.own, two.their_account.id),
    accounts.locked: lambda two: (two.own, two.their_account.id),
    accounts.end_password: lambda two: (two.own, two.their_account.id, two.their_password),
    accounts.revoke_everything: lambda two: (two.own, two.their_account.id),
    renaming.rename_account: lambda two: (two.own, two.their_account.id, "Bar"),
    replacing.account_password: lambda two: (KEYS, two.own, two.their_account.id, two.their_password),
    connections.get: lambda two: (two.own, two.client.id, two.their_account.id),
    connections.pause: lambda two: (two.own, two.client.id, two.their_account.id),
    connections.resume: lambda two: (two.own, two.client.id, two.their_account.id),
    connections.revoke: lambda two: (two.own, two.client.id, two.their_account.id),
    connections.reopen: lambda two: (two.own, two.client.id, two.their_account.id),
    users.unlink_organisation: lambda two: (two.their_user, two.own),
}
# Deeds in the name of `own` that succeed, and must touch nothing of `theirs`.
OWN: dict[Callable[..., Any], Attempt] = {
    accounts.create_bare: lambda two: (two.own, accounts.Wanted("Bar", [SALES], None, [two.client.id], False)),
    accounts.create: lambda two: (KEYS, two.own, "Bar", [SALES], None, [two.client.id]),
    connections.change: lambda two: (two.own, two.client.id, ["des"], [], None),
    connections.revoke_all: lambda two: (two.own, [two.client.id]),
    stopping.stop_partner: lambda two: (two.own, two.client.partner_id),
    stopping.lift_stop: lambda two: (two.own, two.client.partner_id),
    assignments.move: lambda two: (two.own, two.other_instance.id),
    assignments.unassign: lambda two: (two.own, "ros"),
    organisations.rename: lambda two: (two.own, "Quay Street"),
    organisations.switch_off: lambda two: (two.own,),
    organisations.switch_on: lambda two: (two.own,),
    users.link_organisation: lambda two: (two.their_user, two.own, "viewer"),
}
# A second approval or assignment is refused for one's own reasons; lists and one's own reads show nothing of the other's.
ELSEWHERE = {
    connections.approve, assignments.assign, accounts.listing, connections.listing, assignments.listing, assignments.get,
    organisations.lock, stopping.listing, stopping.find,
}  # fmt: skip
MODULES = (accounts, connections, assignments, organisations, renaming, replacing, stopping, users)
NAMED = {accounts.set_any_partner: {"any_partner": True}}


def functions_of_an_organisation(module: ModuleType) -> set[Callable[..., Any]]:
    """Public store functions of a module that are given an organisation."""
    return {
        function
        for name, function in inspect.getmembers(module, inspect.iscoroutinefunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "organisation" in inspect.signature(function).parameters
    }


def test_every_store_function_of_an_organisation_stands_in_these_lists() -> None:
    found = set().union(*(functions_of_an_organisation(module) for module in MODULES))
    assert found == set(REFUSED) | set(OWN) | ELSEWHERE


@pytest.mark.parametrize("function", REFUSED, ids=lambda function: f"{function.__module__.split('.')[-1]}.{function.__name__}")
async def test_what_belongs_to_another_is_not_found_and_not_touched(two: Two, function: Callable[..., Any]) -> None:
    before = [await two.rows_of(organisation) for organisation in (two.own, two.theirs)]
    feed = await two.desk.feed()
    is_question = "actor" not in inspect.signature(function).parameters
    ask = two.desk.ask if is_question else two.desk.do
    with pytest.raises(NotFound) as theirs:
        await ask(function, *REFUSED[function](two), **NAMED.get(function, {}))
    assert [await two.rows_of(organisation) for organisation in (two.own, two.theirs)] == before
    assert await two.desk.feed() == feed
    unknown = [
        "svc-aaaaaaaaaaaaaaaaaaaa" if argument == two.their_account.id else argument for argument in REFUSED[function](two)
    ]
    if function is not users.unlink_organisation:
        with pytest.raises(NotFound) as nobodys:
            await ask(function, *unknown, **NAMED.get(function, {}))
        assert str(nobodys.value).replace("svc-aaaaaaaaaaaaaaaaaaaa", two.their_account.id) == str(theirs.value)


@pytest.mark.parametrize("function", OWN, ids=lambda function: f"{function.__module__.split('.')[-1]}.{function.__name__}")
async def test_a_deed_on_ones_own_leaves_the_other_alone(two: Two, function: Callable[..., Any]) -> None:
    before = await two.rows_of(two.theirs)
    await two.desk.do(function, *OWN[function](two))
    assert await two.rows_of(two.theirs) == before
    for entry in await two.desk.feed():
        assert two.theirs.code not in (entry.id, entry.org_id)
        assert entry.id != two.their_account.id


async def test_revoking_all_of_ones_own_account_leaves_the_others_connections_alone(two: Two) -> None:
    for deed in (accounts.set_outlets, accounts.revoke_everything, accounts.remove):
        before = await two.rows_of(two.theirs)
        arguments = (two.own, two.own_account.id, *([[]] if deed is accounts.set_outlets else []))
        await two.desk.do(deed, *arguments)
        assert await two.rows_of(two.theirs) == before


async def test_the_approved_connection_of_a_client_is_each_organisations_own(two: Two) -> None:
    before = await two.rows_of(two.theirs)
    name = (two.own, two.client.id, two.client.id)
    for deed in (connections.pause, connections.resume, connections.revoke, connections.reopen):
        await two.desk.do(deed, *name)
    assert await two.rows_of(two.theirs) == before
    assert {entry.org_id for entry in await two.desk.feed()} == {two.own.code}


async def test_lists_show_ones_own_alone(two: Two) -> None:
    for organisation, account in ((two.own, two.own_account), (two.theirs, two.their_account)):
        assert [found.id for found in await two.desk.ask(accounts.listing, organisation)] == [account.id]
        assert [found.sub for found in await two.desk.ask(connections.listing, organisation)] == [
            account.id,
            two.client.id,
        ]
        assert len(await two.desk.ask(assignments.listing, organisation)) == 1
    await two.desk.do(stopping.stop_partner, two.theirs, two.client.partner_id)
    await two.desk.do(stopping.lift_stop, two.own, two.client.partner_id)
    assert [one.partner_id for one in await two.desk.ask(stopping.listing, two.theirs)] == [two.client.partner_id]
    assert await two.desk.ask(stopping.find, two.own, two.client.partner_id) is None
    fresh = await two.desk.organisation("FRESH")
    for listing in (accounts.listing, connections.listing, assignments.listing, stopping.listing):
        assert await two.desk.ask(listing, fresh) == []
    with pytest.raises(NotFound):
        await two.desk.ask(assignments.get, fresh, "ros")


async def test_approving_and_assigning_twice_is_refused_for_ones_own_reasons(two: Two) -> None:
    fresh = await two.desk.organisation("FRESH")
    before = await two.rows_of(two.theirs)
    await two.desk.do(connections.approve, fresh, two.client.id, ["ros"], [], None)
    await two.desk.do(assignments.assign, fresh, two.other_instance.id)
    for deed in (
        (connections.approve, two.own, two.client.id, ["ros"], [], None),
        (assignments.assign, two.own, two.other_instance.id),
    ):
        with pytest.raises(Conflict, match="HARBOUR"):
            await two.desk.do(*deed)
    assert await two.rows_of(two.theirs) == before
