"""A café that takes stock orders: outlets with and without stock, a catalogue, another organisation, on both databases."""

from typing import Any

import httpx
import pytest

from powerepos_cloud.foundation.database import Database
from powerepos_cloud.partnerservices.catalogue import samples
from powerepos_cloud.partnerservices.catalogue.imports import save
from powerepos_cloud.partnerservices.catalogue.rules import Kind, SupplierCodeRow, SupplierRow, TaxGroup, TaxLevel
from powerepos_cloud.partnerservices.outlets import store as outlets
from tests.partnerservices.stock.shop import (
    CLOSED,
    FOREIGN,
    FOREIGN_SUPPLIER,
    KAPOW,
    NO_DEFAULT,
    OTHER_KAPOW,
    OUTLET,
    OUTLET_2,
    TWIN_1,
    TWIN_2,
    StockShop,
)
from tests.resourceserver.authserver import Keys
from tests.resourceserver.services import Services
from tests.support.clock import FakeClock
from tests.support.desk import ACTOR

_OUTLETS = (
    (KAPOW, OUTLET, "Harbour Cafe", "Pacific/Auckland", "NZD", True),
    (KAPOW, OUTLET_2, "Camden Corner", "Europe/London", "GBP", True),
    (KAPOW, CLOSED, "Pier Kiosk", "Pacific/Auckland", "NZD", False),
    (KAPOW, TWIN_1, "Twin", "Pacific/Auckland", "NZD", True),
    (KAPOW, TWIN_2, "TWIN", "Asia/Tokyo", "JPY", True),
    (OTHER_KAPOW, OUTLET, "Harbour Cafe", "Pacific/Auckland", "NZD", True),
    (OTHER_KAPOW, FOREIGN, "Lakeside", "Pacific/Auckland", "NZD", True),
)
_VAT = TaxLevel("VAT", 20_000, inclusive=True)
_LEVY = TaxLevel("Levy", 2_500, inclusive=False)
_DUTY = TaxLevel("Duty", 5_000, inclusive=True)
_MIXED = TaxGroup("Mixed", (_VAT, _LEVY, _DUTY, None))


@pytest.fixture
async def shop(
    services: Services, http: httpx.AsyncClient, partnerservices_database: Database, keys: Keys, clock: FakeClock
) -> StockShop:
    """Outlets, suppliers, codes and tax groups of two organisations."""
    clock.set(1_733_097_600_000)  # 2024-12-02T00:00:00Z
    now = clock.now_ms()

    async def unit(session: Any) -> None:
        for kapow, outlet_id, name, zone, currency, has_stock in _OUTLETS:
            await outlets.add(
                session, now, ACTOR, kapow, name=name, zone=zone, currency=currency, outlet_id=outlet_id, stock_enabled=has_stock
            )
        for kapow in (KAPOW, OTHER_KAPOW):
            await samples.add_samples(session, now, ACTOR, kapow)
        await save(session, now, ACTOR, KAPOW, Kind.TAX_GROUPS, [_MIXED])
        await save(session, now, ACTOR, KAPOW, Kind.SUPPLIERS, [SupplierRow(id=NO_DEFAULT, name="No Default")])
        codes = [("MILK-2L", 9001), ("SAUCE-5L", 9003), ("BOX", 4100)]
        await save(
            session, now, ACTOR, KAPOW, Kind.SUPPLIER_CODES,
            [SupplierCodeRow(supplier_name="No Default", code=code, number=number) for code, number in codes],
        )  # fmt: skip
        await save(session, now, ACTOR, OTHER_KAPOW, Kind.SUPPLIERS, [SupplierRow(id=FOREIGN_SUPPLIER, name="Lakeside Farm")])

    await partnerservices_database.write(unit)
    return StockShop(http, partnerservices_database, keys, clock, services.request_log)
