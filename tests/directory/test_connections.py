"""Connections: approved by the merchant, paused, resumed, revoked, reopened; what each leaves in the feed."""

import uuid

import pytest

from powerepos_cloud.directory import accounts, connections
from powerepos_cloud.directory.clients import Client
from powerepos_cloud.directory.connections import Connection
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.revocations import Entry
from powerepos_cloud.directory.rights import by_approval
from powerepos_cloud.directory.tables import connections as connections_table
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from tests.support.desk import KEYS, SALES, STOCK, Desk, refused, unchanged

BAR = str(uuid.uuid4())


class Link:
    """One connection, approved or by account, and how the feed names it."""

    def __init__(self, organisation: Organisation, client: Client, connection: Connection) -> None:
        self.organisation = organisation
        self.client = client
        self.connection = connection
        self.name = (organisation, client.id, connection.sub)

    def entry(self, n: int, state: str) -> Entry:
        """An entry of the feed about this connection."""
        names = {"client_id": self.client.id, "sub": self.connection.sub, "org_id": self.organisation.code}
        return Entry(n=n, kind="connection", state=state, **names)

    async def state(self, desk: Desk) -> str:
        """Its present state."""
        return (await desk.ask(connections.get, *self.name)).state


@pytest.fixture(params=["approved", "account"])
async def link(desk: Desk, request: pytest.FixtureRequest) -> Link:
    """A connection of each kind: what holds for one holds for the other."""
    return await make(desk, request.param)


async def make(desk: Desk, kind: str = "approved") -> Link:
    """A connection of this kind."""
    organisation, client = await desk.organisation(), await desk.client()
    if kind == "approved":
        arguments = (organisation, client.id, ["partnerservices", "ros"], [SALES, STOCK], [BAR])
        return Link(organisation, client, await desk.do(connections.approve, *arguments))
    account, _ = await desk.do(accounts.create, KEYS, organisation, "Till", [SALES], None, [client.id])
    await desk.connect(organisation, account, client)
    return Link(organisation, client, await desk.ask(connections.get, organisation, client.id, account.id))


async def test_an_approval_is_read_by_the_token_endpoint_as_it_was_given(desk: Desk) -> None:
    link = await make(desk)
    found = await by_approval(desk.database.reader, link.client.id, "harbour", "ros")
    assert found is not None
    assert (found.sub, found.services, found.permissions, found.outlets) == (
        link.client.id,
        ["partnerservices", "ros"],
        [SALES, STOCK],
        [BAR],
    )
    action, subject, kapow, client_id, details = await desk.newest_audit()
    assert (action, subject) == ("connection.approved", str(link.connection.id))
    assert (kapow, client_id) == (link.organisation.kapow, link.client.id)
    assert details["services"] == ["partnerservices", "ros"]
    assert await desk.feed() == []


async def test_a_client_is_approved_once(desk: Desk) -> None:
    link = await make(desk)
    again = (connections.approve, link.organisation, link.client.id, ["ros"], [], None)
    assert "Change it instead" in await refused(desk, Conflict, *again)
    await desk.do(connections.revoke, *link.name)
    assert "Reopen it" in await refused(desk, Conflict, *again)


async def test_of_two_approvals_at_once_one_stands(desk: Desk) -> None:
    organisation, client = await desk.organisation(), await desk.client()
    deed = (connections.approve, organisation, client.id, ["ros"], [], None)
    results = await desk.at_once(*[deed] * 5)
    assert sum(isinstance(result, Connection) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 4


@pytest.mark.parametrize(
    ("services", "permissions", "field"),
    [
        ([], [SALES], "services"),
        (["offline_access"], [], "services"),
        (["partnerservices"], [], "permissions"),
        (["partnerservices", "reporting_server"], [SALES], "permissions"),
        (["ros"], [SALES], "permissions"),
        (["ros"], ["everything"], "permissions"),
    ],
)
async def test_an_approval_that_opens_nothing_or_too_much_is_refused(
    desk: Desk, services: list[str], permissions: list[str], field: str
) -> None:
    organisation, client = await desk.organisation(), await desk.client()
    deed = (connections.approve, organisation, client.id, services, permissions, None)
    assert (await refused(desk, Invalid, *deed)).startswith(f"{field}: ")


async def test_an_unknown_client_cannot_be_approved(desk: Desk) -> None:
    organisation = await desk.organisation()
    await refused(desk, NotFound, connections.approve, organisation, "nobody", ["ros"], [], None)


async def test_pausing_refuses_and_resuming_lifts_alone(desk: Desk, link: Link) -> None:
    assert (await refused(desk, Invalid, connections.pause, *link.name, "x" * 201)).startswith("note: ")
    assert await desk.do(connections.pause, *link.name, " till 4 sends nonsense ") is True
    assert await link.state(desk) == "paused"
    known = await desk.ask(connections.get, *link.name)
    assert known.pause_note == "till 4 sends nonsense"
    assert (await desk.newest_audit())[4]["note"] == "till 4 sends nonsense"
    assert await unchanged(desk, connections.pause, *link.name) is False
    assert await desk.do(connections.resume, *link.name) is True
    assert await link.state(desk) == "active"
    assert (await desk.ask(connections.get, *link.name)).pause_note is None
    assert await unchanged(desk, connections.resume, *link.name) is False
    assert await desk.feed() == [link.entry(1, "refused"), link.entry(2, "lifted")]
    assert await desk.valid_from(connections_table, link.connection.id) == 0
    assert [action for action, _ in await desk.audit()][-2:] == ["connection.paused", "connection.resumed"]


async def test_a_revoked_one_refuses_until_it_is_reopened_for_new_tokens_only(desk: Desk, link: Link) -> None:
    assert await desk.do(connections.revoke, *link.name) is True
    assert await link.state(desk) == "revoked"
    assert await unchanged(desk, connections.revoke, *link.name) is False
    for deed in (connections.pause, connections.resume):
        assert "Reopen it" in await refused(desk, Conflict, deed, *link.name)
    reopened = await desk.do(connections.reopen, *link.name)
    assert reopened == await desk.ask(connections.get, *link.name)
    assert (reopened.state, reopened.valid_from) == ("active", 2)
    assert await desk.feed() == [link.entry(1, "refused"), link.entry(2, "narrowed"), link.entry(3, "lifted")]
    assert [action for action, _ in await desk.audit()][-2:] == ["connection.revoked", "connection.reopened"]


async def test_a_paused_one_can_be_revoked(desk: Desk, link: Link) -> None:
    await desk.do(connections.pause, *link.name)
    await desk.do(connections.revoke, *link.name)
    assert [entry.state for entry in await desk.feed()] == ["refused", "refused"]


@pytest.mark.parametrize("first", [None, "pause"])
async def test_only_a_revoked_one_is_reopened(desk: Desk, link: Link, first: str | None) -> None:
    if first:
        await desk.do(connections.pause, *link.name)
    assert "not revoked" in await refused(desk, Conflict, connections.reopen, *link.name)


@pytest.mark.parametrize(
    ("services", "permissions", "outlets", "narrowed"),
    [
        (["partnerservices", "ros", "des"], [SALES, STOCK], [BAR], False),
        (["partnerservices", "ros"], [SALES, STOCK], None, False),
        (["partnerservices"], [SALES, STOCK], [BAR], True),
        (["partnerservices", "ros"], [SALES], [BAR], True),
        (["partnerservices", "ros"], [SALES, STOCK], [], True),
        (["ros", "des"], [], None, True),
    ],
)
async def test_taking_something_away_is_told_and_adding_is_not(
    desk: Desk, services: list[str], permissions: list[str], outlets: list[str] | None, narrowed: bool
) -> None:
    link = await make(desk)
    deed = (connections.change, link.organisation, link.client.id, services, permissions, outlets)
    changed = await desk.do(*deed)
    assert changed == await desk.ask(connections.get, *link.name)
    assert (set(changed.services or []), changed.permissions, changed.outlets) == (set(services), permissions, outlets)
    assert await desk.feed() == ([link.entry(1, "narrowed")] if narrowed else [])
    assert (await desk.newest_audit())[0] == ("connection.narrowed" if narrowed else "connection.widened")
    await unchanged(desk, *deed)


async def test_a_revoked_one_is_not_changed(desk: Desk) -> None:
    link = await make(desk)
    await desk.do(connections.revoke, *link.name)
    await refused(desk, Conflict, connections.change, link.organisation, link.client.id, ["ros"], [], None)


async def test_a_connection_that_is_not_there_is_not_found(desk: Desk) -> None:
    organisation, client = await desk.organisation(), await desk.client()
    for deed in (connections.pause, connections.resume, connections.revoke, connections.reopen):
        for name in ((client.id, client.id), (client.id, "svc-nobody"), ("a\0", "b\0"), ("", "")):
            await refused(desk, NotFound, deed, organisation, *name)
    text = await refused(desk, NotFound, connections.pause, organisation, client.id, "svc-nobody")
    assert "unbind it" in text


async def test_reopening_races_with_nothing(desk: Desk, link: Link) -> None:
    """Of ten who reopen at once one does, and the number is that of its own entry."""
    await desk.do(connections.revoke, *link.name)
    results = await desk.at_once(*[(connections.reopen, *link.name)] * 10)
    assert sum(isinstance(result, Connection) for result in results) == 1
    assert await desk.valid_from(connections_table, link.connection.id) == 2
    assert [entry.state for entry in await desk.feed()] == ["refused", "narrowed", "lifted"]


async def test_an_organisation_sees_its_connections(desk: Desk, link: Link) -> None:
    assert await desk.ask(connections.listing, link.organisation) == [link.connection]
