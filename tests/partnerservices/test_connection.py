"""`GET /api/v1/connection`: an integrator's first call says what the token may do, and nothing of anybody else."""

import asyncio
from typing import Any, cast

import msgspec
import pytest
from powerepos.contract import ConnectionLimits, ConnectionOutlet, ConnectionResponse
from sqlalchemy import update

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.foundation.database import Database, DatabaseUnavailable, Pending, Session
from powerepos_cloud.partnerservices.outlets import store
from powerepos_cloud.partnerservices.outlets.tables import tenants
from tests.resourceserver.authserver import KAPOW, URI, Feed, Keys, claims
from tests.resourceserver.services import Services, in_process
from tests.support.clock import START_MS, FakeClock
from tests.support.patience import until

OTHER_KAPOW = "7c7f9f3e-2b1a-4d55-9d7e-0c9a8b7c6d5e"
HARBOUR = "5f1c8f5a-0c4e-4a63-8b1f-6f2f4d1c9a01"
AIRPORT = "5f1c8f5a-0c4e-4a63-8b1f-6f2f4d1c9a02"
NOWHERE = "5f1c8f5a-0c4e-4a63-8b1f-6f2f4d1c9a99"
ACTOR = Actor("operator", "tester", "192.0.2.1", "request-1")


@pytest.fixture
async def outlets(partnerservices_database: Database) -> None:
    """Two organisations; the other one has an outlet with a GUID of ours, as configuration templates make them."""

    async def unit(session: Session) -> None:
        for kapow, guid, name, zone, currency, day_start, has_stock in (
            (KAPOW, HARBOUR, "Harbour", "Pacific/Auckland", "NZD", "05:00", True),
            (KAPOW, AIRPORT, "airport", "America/Los_Angeles", "USD", "00:00", False),
            (OTHER_KAPOW, HARBOUR, "Somebody else's", "UTC", "EUR", "00:00", False),
        ):
            await store.add(
                session, START_MS, ACTOR, kapow, outlet_id=guid, name=name, zone=zone, currency=currency,
                day_start=day_start, stock_enabled=has_stock,
            )  # fmt: skip

    await partnerservices_database.write(unit)


async def set_state(database: Database, kapow: str, state: str) -> None:
    async def unit(session: Session) -> None:
        await session.run(update(tenants).where(tenants.c.kapow == kapow).values(state=state))

    await database.write(unit)


class Later:
    """Lets time pass, and the feed be heard again afterwards, as it would have been."""

    def __init__(self, clock: FakeClock, feed: Feed, services: Services) -> None:
        self._clock, self._feed, self._services = clock, feed, services

    async def __call__(self, now_ms: int) -> None:
        self._clock.set(now_ms)
        await self._feed.add("client", "lifted", "other")
        await until(lambda: not self._services.revocations.fault)


@pytest.fixture
def later(clock: FakeClock, feed: Feed, services: Services) -> Later:
    return Later(clock, feed, services)


async def call(http, keys: Keys, **changed: Any):
    headers = {"Authorization": f"Bearer {keys.sign(claims(START_MS, **changed))}"}
    return await http.get("/api/v1/connection", headers=headers)


async def ask(http, keys: Keys, **changed: Any) -> ConnectionResponse:
    answer = await call(http, keys, **changed)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=ConnectionResponse)


async def test_it_says_all_that_the_token_may_do(http, keys: Keys, outlets: None) -> None:
    permissions = ["Partner Stock (Submit)", "Partner Sales (Submit)"]
    assert await ask(http, keys, pga=permissions) == ConnectionResponse(
        organisation_code="DEMO-CAFE",
        kapow=KAPOW,
        client_id="clientone",
        subject="svc-demo",
        service_uri=URI,
        permissions=["Partner Sales (Submit)", "Partner Stock (Submit)"],
        all_outlets=True,
        outlets=[
            ConnectionOutlet(
                outlet_id=AIRPORT,
                name="airport",
                time_zone="America/Los_Angeles",
                trading_day_start="00:00",
                current_trading_date="2025-12-31",
                currency_code="USD",
                stock_enabled=False,
            ),
            ConnectionOutlet(
                outlet_id=HARBOUR,
                name="Harbour",
                time_zone="Pacific/Auckland",
                trading_day_start="05:00",
                current_trading_date="2026-01-01",
                currency_code="NZD",
                stock_enabled=True,
            ),
        ],
        expires_at="2026-01-01T01:00:00Z",
        expires_in_seconds=3600,
        limits=ConnectionLimits(max_batch_size=64, max_line_items=1024, max_body_bytes=4_194_304, max_nesting=32),
    )


async def test_its_fields_have_the_vendors_spelling(http, keys: Keys, outlets: None) -> None:
    answer = await call(http, keys)
    body = answer.json()
    assert list(body) == [
        "organisationCode", "kapow", "clientID", "subject", "serviceURI", "permissions", "allOutlets", "outlets",
        "expiresAt", "expiresInSeconds", "limits",
    ]  # fmt: skip
    assert list(body["outlets"][0]) == [
        "outletID", "name", "timeZone", "tradingDayStart", "currentTradingDate", "currencyCode", "stockEnabled",
    ]  # fmt: skip
    assert list(body["limits"]) == ["maxBatchSize", "maxLineItems", "maxBodyBytes", "maxNesting"]
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_token_for_some_outlets_opens_those_that_are_known_here(http, keys: Keys, outlets: None) -> None:
    answer = await ask(http, keys, root_nodes=[HARBOUR.upper(), NOWHERE])
    assert not answer.all_outlets
    assert [outlet.outlet_id for outlet in answer.outlets] == [HARBOUR]


@pytest.mark.parametrize("root_nodes", [[], [NOWHERE], [OTHER_KAPOW], [KAPOW, NOWHERE]])
async def test_no_other_list_opens_an_outlet(http, keys: Keys, outlets: None, root_nodes: list[str]) -> None:
    answer = await ask(http, keys, root_nodes=root_nodes)
    assert not answer.all_outlets
    assert answer.outlets == []


async def test_the_organisations_own_guid_stands_for_all_outlets_in_any_letter_case(http, keys: Keys, outlets: None) -> None:
    answer = await ask(http, keys, kapow=KAPOW.upper(), root_nodes=[KAPOW.upper()])
    assert answer.all_outlets
    assert len(answer.outlets) == 2


async def test_another_organisations_outlets_are_never_shown(http, keys: Keys, outlets: None) -> None:
    answer = await ask(http, keys, org_id="OTHER", kapow=OTHER_KAPOW, root_nodes=[OTHER_KAPOW])
    assert [(outlet.outlet_id, outlet.name) for outlet in answer.outlets] == [(HARBOUR, "Somebody else's")]


async def test_an_organisation_with_nothing_here_yet_is_answered(http, keys: Keys) -> None:
    answer = await ask(http, keys)
    assert answer.all_outlets
    assert answer.outlets == []


async def test_an_organisation_that_is_leaving_may_still_be_read(
    http, keys: Keys, outlets: None, partnerservices_database: Database
) -> None:
    await set_state(partnerservices_database, KAPOW, "leaving")
    assert len((await ask(http, keys)).outlets) == 2


async def test_an_organisation_that_is_gone_is_sent_to_read_svc_again(
    http, keys: Keys, outlets: None, partnerservices_database: Database
) -> None:
    await set_state(partnerservices_database, KAPOW, "gone")
    answer = await call(http, keys)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert "svc" in answer.json()["errorMessage"]
    assert (await call(http, keys, org_id="OTHER", kapow=OTHER_KAPOW, root_nodes=[OTHER_KAPOW])).status_code == 200


async def test_time_left_is_told_to_the_second_and_never_below_nothing(http, keys: Keys, later: Later) -> None:
    await later(START_MS + 3_599_001)
    assert (await ask(http, keys)).expires_in_seconds == 1
    await later(START_MS + 3_629_001)
    answer = await ask(http, keys)
    assert (answer.expires_in_seconds, answer.expires_at) == (0, "2026-01-01T01:00:00Z")


async def test_the_trading_date_follows_the_outlets_own_clock(http, keys: Keys, outlets: None, later: Later) -> None:
    async def dates() -> list[str]:
        return [outlet.current_trading_date for outlet in (await ask(http, keys, exp=2**40)).outlets]

    await later(START_MS + 8 * 3_600_000 - 1)  # a millisecond to midnight at the airport, 20:59 at the harbour
    assert await dates() == ["2025-12-31", "2026-01-01"]
    await later(START_MS + 16 * 3_600_000 - 1)  # 07:59 at the airport, a millisecond to 5 in the morning at the harbour
    assert await dates() == ["2026-01-01", "2026-01-01"]
    await later(START_MS + 16 * 3_600_000)
    assert await dates() == ["2026-01-01", "2026-01-02"]


async def test_while_the_database_is_away_the_call_may_be_repeated(keys: Keys, feed: Feed, clock: FakeClock) -> None:
    class Away:
        """Stands in for a database that cannot be reached: how each of the two says so is its own tests' matter."""

        async def read(self, unit: object) -> None:
            raise DatabaseUnavailable("the disk is full")

        def submit(self, unit: object) -> Pending[None]:
            failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            failed.set_exception(DatabaseUnavailable("the disk is full"))
            return Pending(failed, failed)

    async with in_process(keys, feed, cast("Database", Away()), clock).running() as http:
        answer = await call(http, keys)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["errorCode"] == "service.unavailable"
    assert "disk" not in answer.text
