"""A partner that a merchant stopped stays out of accounts that are open to any partner, with all that it registers later."""

from functools import partial
from typing import Any

import pytest

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.authserver.errors import OAuthError
from powerepos_cloud.authserver.grants.issue import start_grant
from powerepos_cloud.authserver.scopes import read_scope
from powerepos_cloud.directory import accounts, clients, connections, partners, rights, stopping
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.secrets import SecretKind
from powerepos_cloud.http.facts import RequestFacts
from tests.authserver.stage import MERCHANT, Stage
from tests.authserver.worker import working
from tests.support.desk import SALES
from tests.support.world import ALL_GRANTS, Account, Client

OPEN = partial(accounts.set_any_partner, any_partner=True)


async def register(stage: Stage, company: str = "Rival") -> Client:
    """A further client of this partner."""

    async def unit(session: Session) -> Client:
        partner = await partners.get(session, stage.world.partners[company])
        keys = stage.world.ring.keys
        made, secret = await clients.create(session, stage.clock.now_ms(), MERCHANT, keys, partner, "later", ALL_GRANTS)
        return Client(made.id, secret.secret)

    return await stage.world.database.write(unit)


async def error(stage: Stage, client: Client, account: Account | None = None, password: str | None = None) -> str | None:
    """The error of this client's password grant; None for a token."""
    login = (account or stage.world.account).login(**({} if password is None else {"password": password}))
    answer = await stage.app.token(client.form("password", **login))
    body = answer.json()
    return None if answer.status_code == 200 else f"{body['error']}: {body['error_description']}"


async def _kiosk(stage: Stage, session: Session, now_ms: int, actor: Actor, owned: Organisation) -> Any:
    keys = stage.world.ring.keys
    return await accounts.create(session, now_ms, actor, keys, owned, "Kiosk", [SALES], None, [], any_partner=True)


async def test_no_client_of_a_stopped_partner_gets_in_old_or_new_until_the_merchant_names_it(stage: Stage) -> None:
    world, rival = stage.world, stage.world.partners["Rival"]
    old = world.other_client
    wrong = await error(stage, world.client, password="pepos_sp_wrong")
    await stage.deed(OPEN, world.account.id)
    assert await error(stage, old) is None
    before = await register(stage)
    assert await error(stage, before) is None  # "any partner" says so: a client registered later is let in
    unused = await register(stage)

    await stage.deed(stopping.stop_partner, rival)
    for client in (old, before, unused):
        assert "has revoked this connection" in str(await error(stage, client))
    later = await register(stage)
    assert await error(stage, later) == wrong
    assert await error(stage, await register(stage, "Tallyho")) is None  # another partner's goes on

    # An account that is opened, or made, after the stop.
    made, password = await stage.deed(lambda session, now, actor, owned: _kiosk(stage, session, now, actor, owned))
    kiosk = Account(made.id, password.secret, world.harbour.code)
    assert await error(stage, world.client, kiosk) is None
    assert [await error(stage, client, kiosk) for client in (old, later)] == [wrong, wrong]

    # What the merchant names: a connection, a client. Each opens itself alone.
    await stage.deed(connections.reopen, old.id, world.account.id)
    assert await error(stage, old) is None
    await stage.deed(accounts.bind, world.account.id, later.id)
    assert await error(stage, later) is None
    assert await error(stage, await register(stage)) == wrong
    assert "has revoked" in str(await error(stage, before))

    # The other organisation stopped nobody.
    await stage.deed(OPEN, world.lakeside_account.id, at=world.lakeside)
    assert await error(stage, await register(stage), world.lakeside_account) is None

    await stage.deed(stopping.lift_stop, rival)
    assert await error(stage, await register(stage)) is None
    assert "has revoked" in str(await error(stage, before))


@pytest.mark.parametrize("is_known", [True, False], ids=["registered before the stop", "registered after it"])
async def test_a_first_grant_under_way_does_not_pass_a_stop(stage: Stage, directory_url: str, is_known: bool) -> None:
    """Its rights were read before the stop, its connection would be made after it."""
    world = stage.world
    await stage.deed(OPEN, world.account.id)
    assert await error(stage, world.other_client) is None
    client = await register(stage)
    _, password_hash = world.ring.keys.hash(SecretKind.SERVICE_PASSWORD, world.account.password)
    now, scope = stage.clock.now_ms(), read_scope("partnerservices", "password")
    async with working(directory_url, stage.clock) as worker:
        names = (world.account.id, world.harbour.code, client.id if is_known else "nobody-yet", "partnerservices")
        found = await rights.by_password(worker.database.reader, password_hash, *names, now)
        assert found is not None
        await stage.deed(stopping.stop_partner, world.partners["Rival"])
        beginning = client if is_known else await register(stage)
        proved = rights.ProvedClient(beginning.id, ALL_GRANTS, is_on=True)
        issue = start_grant(worker.tools, proved, found, scope, RequestFacts("request-1", "192.0.2.1", "till/1"), now)
        assert issue.pending is not None
        with pytest.raises(OAuthError) as refused:
            await issue.pending.durable
    expected = "unauthorized_client" if is_known else "invalid_grant"
    assert refused.value.error == expected
    assert str(await error(stage, beginning)).startswith(expected)
