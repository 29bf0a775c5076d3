"""Service accounts: rights, outlets, whose client, passwords; each narrowing reaches the feed, no widening does."""

import uuid

import msgspec
import pytest

from powerepos_cloud.directory import accounts, connections, tables
from powerepos_cloud.directory.accounts import Account
from powerepos_cloud.directory.clients import Client
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.revocations import Entry
from powerepos_cloud.directory.rights import by_password
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from powerepos_cloud.foundation.secrets import SecretKind, is_well_formed
from tests.support.desk import KEYS, SALES, SALES_VIEW, STOCK, Desk, refused, unchanged

BAR, DECK = str(uuid.uuid4()), str(uuid.uuid4())


class Till:
    """A client and its account at an organisation."""

    def __init__(self, organisation: Organisation, client: Client, account: Account, password: str) -> None:
        self.organisation = organisation
        self.client = client
        self.account = account
        self.password = password

    async def works(self, desk: Desk, password: str | None = None, client: Client | None = None) -> bool:
        """Whether the token endpoint would find rights for this password and client."""
        _, hashed = KEYS.hash(SecretKind.SERVICE_PASSWORD, password or self.password)
        by = (client or self.client).id
        found = await by_password(
            desk.database.reader,
            hashed,
            self.account.id,
            self.organisation.code,
            by,
            "partnerservices",
            desk.clock.now_ms(),
        )
        return found is not None

    def entry(self, n: int, state: str) -> Entry:
        """An entry of the feed about the account."""
        return Entry(n=n, kind="account", id=self.account.id, org_id=self.organisation.code, state=state)


@pytest.fixture
async def till(desk: Desk) -> Till:
    """An account with two permissions at two outlets, bound to one client."""
    organisation, client = await desk.organisation(), await desk.client()
    account, password = await desk.do(accounts.create, KEYS, organisation, "Till", [SALES, STOCK], [BAR, DECK], [client.id])
    return Till(organisation, client, account, password.secret)


async def test_an_account_gets_an_id_and_a_password_and_can_be_used(desk: Desk, till: Till) -> None:
    assert till.account.id.startswith("svc-")
    assert len(till.account.id) == 24
    assert is_well_formed(SecretKind.SERVICE_PASSWORD, till.password)
    assert await desk.ask(accounts.get, till.organisation, till.account.id) == till.account
    assert await desk.ask(accounts.listing, till.organisation) == [till.account]
    assert await till.works(desk)
    action, subject, kapow, _, details = await desk.newest_audit()
    assert (action, subject, kapow) == ("account.created", till.account.id, till.organisation.kapow)
    assert details["clients"] == [till.client.id]
    assert till.password not in str(details)


async def test_an_account_works_for_the_clients_it_is_bound_to_alone(desk: Desk, till: Till) -> None:
    other = await desk.client()
    assert not await till.works(desk, client=other)
    assert await desk.do(accounts.bind, till.organisation, till.account.id, other.id) is True
    assert await unchanged(desk, accounts.bind, till.organisation, till.account.id, other.id) is False
    assert await till.works(desk, client=other)
    assert await desk.feed() == []


async def test_unbinding_stops_that_client_alone(desk: Desk, till: Till) -> None:
    assert await desk.do(accounts.unbind, till.organisation, till.account.id, till.client.id) is True
    assert not await till.works(desk)
    assert await unchanged(desk, accounts.unbind, till.organisation, till.account.id, till.client.id) is False
    names = {"client_id": till.client.id, "sub": till.account.id, "org_id": "HARBOUR"}
    assert await desk.feed() == [Entry(n=1, kind="connection", state="narrowed", **names)]
    assert (await desk.newest_audit())[3] == till.client.id


async def test_an_account_for_any_partner_is_a_choice_and_can_be_limited_later(desk: Desk) -> None:
    organisation, client, other = await desk.organisation(), await desk.client(), await desk.client()
    account, password = await desk.do(accounts.create, KEYS, organisation, "Till", [SALES], None, [], any_partner=True)
    till = Till(organisation, client, account, password.secret)
    assert await till.works(desk)
    await desk.do(accounts.bind, organisation, account.id, client.id)
    await desk.do(accounts.unbind, organisation, account.id, client.id)
    assert await desk.feed() == []  # it is open to any partner all the same
    await desk.do(accounts.bind, organisation, account.id, client.id)
    limited = await desk.do(accounts.set_any_partner, organisation, account.id, any_partner=False)
    assert limited == await desk.ask(accounts.get, organisation, account.id)
    assert (await till.works(desk), await till.works(desk, client=other)) == (True, False)
    assert await desk.feed() == [till.entry(1, "narrowed")]
    await unchanged(desk, accounts.set_any_partner, organisation, account.id, any_partner=False)
    await desk.do(accounts.set_any_partner, organisation, account.id, any_partner=True)
    assert await till.works(desk, client=other)
    assert len(await desk.feed()) == 1


@pytest.mark.parametrize(("clients", "any_partner"), [([], False), (["c"], True)])
async def test_a_binding_is_chosen_when_an_account_is_made(desk: Desk, clients: list[str], any_partner: bool) -> None:
    organisation = await desk.organisation()
    arguments = (KEYS, organisation, "Till", [SALES], None, clients)
    assert (await refused(desk, Invalid, accounts.create, *arguments, any_partner=any_partner)).startswith("clients:")


async def test_an_account_cannot_be_bound_to_an_unknown_client(desk: Desk, till: Till) -> None:
    await refused(desk, NotFound, accounts.create, KEYS, till.organisation, "Till", [SALES], None, ["nobody"])
    await refused(desk, NotFound, accounts.bind, till.organisation, till.account.id, "nobody")
    await refused(desk, NotFound, accounts.unbind, till.organisation, till.account.id, "nobody")


@pytest.mark.parametrize(
    ("permissions", "narrowed"),
    [
        ([SALES, STOCK, SALES_VIEW], False),
        ([SALES], True),
        ([SALES_VIEW, SALES], True),
        ([], True),
    ],
)
async def test_taking_a_permission_away_is_told_and_adding_one_is_not(
    desk: Desk, till: Till, permissions: list[str], narrowed: bool
) -> None:
    changed = await desk.do(accounts.set_permissions, till.organisation, till.account.id, permissions)
    assert set(changed.permissions) == set(permissions)
    assert await desk.ask(accounts.get, till.organisation, till.account.id) == changed
    assert await desk.feed() == ([till.entry(1, "narrowed")] if narrowed else [])
    action, _, _, _, details = await desk.newest_audit()
    assert action == ("account.narrowed" if narrowed else "account.widened")
    assert details["from"]["permissions"] == [SALES, STOCK]
    assert details["to"]["permissions"] == changed.permissions


@pytest.mark.parametrize(
    ("outlets", "narrowed"),
    [(None, False), ([BAR], True), ([], True), ([BAR, DECK, str(uuid.uuid4())], False), ([str(uuid.uuid4())], True)],
)
async def test_taking_an_outlet_away_is_told_and_adding_one_is_not(
    desk: Desk, till: Till, outlets: list[str] | None, narrowed: bool
) -> None:
    changed = await desk.do(accounts.set_outlets, till.organisation, till.account.id, outlets)
    assert changed.outlets == outlets
    assert await desk.ask(accounts.get, till.organisation, till.account.id) == changed
    assert await desk.feed() == ([till.entry(1, "narrowed")] if narrowed else [])


async def test_going_from_all_outlets_to_a_list_narrows(desk: Desk, till: Till) -> None:
    await desk.do(accounts.set_outlets, till.organisation, till.account.id, None)
    await desk.do(accounts.set_outlets, till.organisation, till.account.id, [BAR, DECK])
    assert await desk.feed() == [till.entry(1, "narrowed")]


async def test_permissions_and_outlets_change_in_one_deed(desk: Desk, till: Till) -> None:
    changed = await desk.do(accounts.set_rights, till.organisation, till.account.id, permissions=[SALES_VIEW], outlets=None)
    assert (changed.permissions, changed.outlets) == ([SALES_VIEW], None)
    assert await desk.ask(accounts.get, till.organisation, till.account.id) == changed
    assert await desk.feed() == [till.entry(1, "narrowed")]
    assert await unchanged(desk, accounts.set_rights, till.organisation, till.account.id) == changed


async def test_setting_what_is_there_already_changes_nothing(desk: Desk, till: Till) -> None:
    await unchanged(desk, accounts.set_permissions, till.organisation, till.account.id, [STOCK, SALES, SALES])
    await unchanged(desk, accounts.set_outlets, till.organisation, till.account.id, [f"{{{BAR.upper()}}}", DECK])


async def test_wrong_rights_are_refused_by_name(desk: Desk, till: Till) -> None:
    for permissions in (["Partner Sales"], ["partner sales (submit)"]):
        deed = (accounts.set_permissions, till.organisation, till.account.id, permissions)
        assert "one of Partner Sales (Submit)" in await refused(desk, Invalid, *deed)
    for outlets, expected in (
        (["bar"], "outlet GUIDs"),
        ([till.organisation.kapow], "choose all outlets"),
        ([str(uuid.uuid4()) for _ in range(101)], "at most 100"),
    ):
        deed = (accounts.set_outlets, till.organisation, till.account.id, outlets)
        assert expected in await refused(desk, Invalid, *deed)


async def test_a_hundred_outlets_are_fine(desk: Desk, till: Till) -> None:
    many = [str(uuid.uuid4()) for _ in range(100)]
    changed = await desk.do(accounts.set_outlets, till.organisation, till.account.id, [*many, *many])
    assert changed.outlets == many


async def test_switching_off_refuses_and_on_lifts(desk: Desk, till: Till) -> None:
    assert await desk.do(accounts.switch_off, till.organisation, till.account.id) is True
    assert not await till.works(desk)
    assert await unchanged(desk, accounts.switch_off, till.organisation, till.account.id) is False
    assert await desk.do(accounts.switch_on, till.organisation, till.account.id) is True
    assert await till.works(desk)
    assert await unchanged(desk, accounts.switch_on, till.organisation, till.account.id) is False
    assert await desk.feed() == [till.entry(1, "refused"), till.entry(2, "lifted")]


async def test_a_removed_account_is_over_for_good(desk: Desk, till: Till) -> None:
    await desk.connect(till.organisation, till.account, till.client)
    await desk.do(accounts.remove, till.organisation, till.account.id)
    assert not await till.works(desk)
    assert await desk.feed() == [till.entry(1, "refused")]
    assert (await desk.ask(accounts.get, till.organisation, till.account.id)).state == "removed"
    [connection] = await desk.ask(connections.listing, till.organisation)
    assert connection.state == "revoked"
    for known in await desk.ask(accounts.passwords_of, till.organisation, till.account.id):
        assert not known.is_live(desk.clock.now_ms())
    where = (till.organisation, till.account.id)
    for deed in (
        (accounts.switch_on, *where),
        (accounts.switch_off, *where),
        (accounts.remove, *where),
        (accounts.add_password, KEYS, *where),
        (accounts.set_permissions, *where, [SALES]),
        (accounts.set_outlets, *where, None),
        (accounts.bind, *where, till.client.id),
        (accounts.unbind, *where, till.client.id),
        (accounts.revoke_everything, *where),
        (connections.reopen, till.organisation, till.client.id, till.account.id),
    ):
        assert "removed for good" in await refused(desk, Conflict, *deed)


async def test_two_passwords_live_at_most(desk: Desk, till: Till) -> None:
    second = await desk.do(accounts.add_password, KEYS, till.organisation, till.account.id)
    assert "two live account passwords" in await refused(
        desk, Conflict, accounts.add_password, KEYS, till.organisation, till.account.id
    )
    [first, _] = await desk.ask(accounts.passwords_of, till.organisation, till.account.id)
    assert await desk.do(accounts.end_password, till.organisation, till.account.id, first.id) is True
    assert await unchanged(desk, accounts.end_password, till.organisation, till.account.id, first.id) is False
    assert (await till.works(desk), await till.works(desk, second.secret)) == (False, True)
    assert await desk.feed() == []
    assert [action for action, _ in await desk.audit()][-2:] == ["account_password.added", "account_password.ended"]


async def test_of_ten_passwords_added_at_once_one_is_made(desk: Desk, till: Till) -> None:
    results = await desk.at_once(*[(accounts.add_password, KEYS, till.organisation, till.account.id)] * 10)
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert len(await desk.ask(accounts.passwords_of, till.organisation, till.account.id)) == 2


async def test_a_password_of_another_account_is_not_found(desk: Desk, till: Till) -> None:
    _, password = await desk.do(accounts.create, KEYS, till.organisation, "Bar", [SALES], None, [till.client.id])
    await refused(desk, NotFound, accounts.end_password, till.organisation, till.account.id, password.id)


async def test_everything_of_an_account_is_revoked_at_once(desk: Desk, till: Till) -> None:
    sibling, _ = await desk.do(accounts.create, KEYS, till.organisation, "Bar", [SALES], None, [till.client.id])
    await desk.connect(till.organisation, till.account, till.client)
    number = await desk.do(accounts.revoke_everything, till.organisation, till.account.id)
    assert await desk.feed() == [till.entry(number, "narrowed")]
    assert [await desk.valid_from(tables.accounts, account.id) for account in (till.account, sibling)] == [number, 0]
    [connection] = await desk.ask(connections.listing, till.organisation)
    assert connection.state == "active"
    assert await till.works(desk)  # it asks for new tokens


async def test_of_two_changes_at_once_the_second_is_judged_against_the_first(desk: Desk, till: Till) -> None:
    """Each adds a permission to what was there before; the later of the two takes the other's away again."""
    where = (till.organisation, till.account.id)
    await desk.at_once(
        (accounts.set_permissions, *where, [SALES, STOCK, SALES_VIEW]),
        (accounts.set_permissions, *where, [SALES, STOCK, "Raw Data (View)"]),
    )
    assert await desk.feed() == [till.entry(1, "narrowed")]


async def test_an_account_is_never_shown_with_its_hash(desk: Desk, till: Till) -> None:
    shown = msgspec.json.encode(await desk.ask(accounts.passwords_of, till.organisation, till.account.id))
    assert b"hash" not in shown
