"""A shop that takes sales: an outlet, a catalogue, and clients with tokens, on both databases."""

from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.foundation.database import Database
from powerepos_cloud.partnerservices.catalogue.tables import products
from powerepos_cloud.partnerservices.outlets import store as outlets
from tests.partnerservices.sales.shop import OTHER_KAPOW, OUTLET, OUTLET_2, PLUS, Shop
from tests.resourceserver.authserver import KAPOW, Keys
from tests.resourceserver.services import Services
from tests.support.clock import FakeClock

ACTOR = Actor("operator", "test")


@pytest.fixture
async def shop(
    http: httpx.AsyncClient, services: Services, partnerservices_database: Database, keys: Keys, clock: FakeClock
) -> Shop:
    """Two outlets in New Zealand, one of them half a day off, and another organisation."""
    clock.set(1_733_097_600_000)  # 2024-12-02T00:00:00Z

    async def unit(session: Any) -> None:
        for kapow, outlet_id, name, zone, currency in (
            (KAPOW, OUTLET, "Harbour Street", "Pacific/Auckland", "NZD"),
            (KAPOW, OUTLET_2, "Camden Corner", "Europe/London", "GBP"),
            (OTHER_KAPOW, OUTLET, "Lakeside", "Pacific/Auckland", "NZD"),
        ):
            await outlets.add(
                session, clock.now_ms(), ACTOR, kapow, name=name, zone=zone, currency=currency, day_start="04:00",
                outlet_id=outlet_id,
            )  # fmt: skip
        for number in PLUS:
            await session.run(
                insert(products).values(
                    kapow=KAPOW, number=number, name=f"Product {number}", group_name="Group", main_group_name="Food",
                    names_key=f"food group product {number}", active=True,
                )
            )  # fmt: skip

    await partnerservices_database.write(unit)
    return Shop(http, partnerservices_database, keys, clock, services.request_log)
