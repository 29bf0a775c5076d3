"""A secret made from a page: of two live ones, the one that was never used makes room, or the one that a person chose."""

import pytest
from sqlalchemy import update

from powerepos_cloud.directory import accounts, clients, replacing
from powerepos_cloud.directory.credentials import StoredSecret
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.tables import account_passwords, client_secrets
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from tests.support.desk import KEYS, SALES, Desk, refused


class Owner:
    """An account or a client: what holds for the one's secrets holds for the other's."""

    def __init__(self, desk: Desk, kind: str, organisation: Organisation, owner_id: str) -> None:
        self.desk = desk
        self.kind = kind
        self.organisation = organisation
        self.id = owner_id
        is_account = kind == "account"
        self.arguments = (KEYS, organisation, owner_id) if is_account else (KEYS, owner_id)
        self.replace = replacing.account_password if is_account else replacing.client_secret

    async def another(self, ends: int | None = None) -> int:
        """Make one more; its ID."""
        return (await self.desk.do(self.replace, *self.arguments, ends)).id

    async def live(self) -> list[int]:
        """The IDs of those that still work."""
        known: list[StoredSecret]
        if self.kind == "account":
            known = await self.desk.ask(accounts.passwords_of, self.organisation, self.id)
        else:
            known = await self.desk.ask(clients.secrets_of, self.id)
        return [secret.id for secret in known if secret.is_live(self.desk.clock.now_ms())]

    async def use(self, secret_id: int) -> None:
        """Note that it was used."""
        table = account_passwords if self.kind == "account" else client_secrets
        used = update(table).where(table.c.id == secret_id).values(last_used_at=self.desk.clock.now_ms())
        await self.desk.database.write(lambda session: session.run(used))


@pytest.fixture(params=["account", "client"])
async def owner(desk: Desk, request: pytest.FixtureRequest) -> Owner:
    """One with its first secret."""
    organisation, client = await desk.organisation(), await desk.client()
    account, _ = await desk.do(accounts.create, KEYS, organisation, "Till", [SALES], None, [client.id])
    return Owner(desk, request.param, organisation, account.id if request.param == "account" else client.id)


async def test_a_lost_answer_is_mended_by_making_another(desk: Desk, owner: Owner) -> None:
    [first] = await owner.live()
    await owner.use(first)
    lost = await owner.another()
    assert await owner.live() == [first, lost]
    found = await owner.another()
    assert await owner.live() == [first, found]
    deeds = [action.split(".")[1] for action, _ in await desk.audit()][-2:]
    assert deeds == ["ended", "added"]


async def test_of_two_in_use_a_person_chooses_which_ends(desk: Desk, owner: Owner) -> None:
    [first] = await owner.live()
    second = await owner.another()
    for used in (first, second):
        await owner.use(used)
    assert "Choose which" in await refused(desk, Conflict, owner.replace, *owner.arguments)
    assert "Choose which" in await refused(desk, Conflict, owner.replace, *owner.arguments, second + 99)
    third = await owner.another(first)
    assert await owner.live() == [second, third]


async def test_nobodys_secret_is_not_replaced(desk: Desk, owner: Owner) -> None:
    arguments = (*owner.arguments[:-1], "nobody")
    await refused(desk, NotFound, owner.replace, *arguments)


async def test_twenty_at_once_leave_two_live(desk: Desk, owner: Owner) -> None:
    [first] = await owner.live()
    await owner.use(first)
    await desk.at_once(*[(owner.replace, *owner.arguments)] * 20)
    assert len(await owner.live()) == 2
    assert first in await owner.live()
