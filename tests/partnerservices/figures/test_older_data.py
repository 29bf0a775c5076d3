"""What was stored before the merchant's pages were there is reckoned anew by the migration, and found by its names."""

import asyncio
import json
from datetime import timedelta

from sqlalchemy import Connection, text

from powerepos_cloud.foundation.database import open_database
from powerepos_cloud.foundation.database.migrate import upgrade
from powerepos_cloud.partnerservices.figures import search
from powerepos_cloud.partnerservices.figures.rules import Period
from powerepos_cloud.partnerservices.sales.recount import recount
from tests.partnerservices.figures.conftest import Merchant
from tests.partnerservices.figures.trade import DAYS, today_of
from tests.resourceserver.authserver import KAPOW
from tests.support.schema import on_database


def bring_back(connection: Connection) -> None:
    """The database as the revision before had left it."""
    rows = connection.execute(text("SELECT z_no, kind, key, measures FROM z_totals")).all()
    for z_no, kind, key, measures in rows:
        kept = {"all": 13, "hour": 2, "payment": 4}.get(kind)
        if kept is not None:
            values = {"z": z_no, "kind": kind, "key": key, "measures": json.dumps(json.loads(measures)[:kept])}
            connection.execute(
                text("UPDATE z_totals SET measures = :measures WHERE z_no = :z AND kind = :kind AND key = :key"), values
            )
    connection.execute(text("DELETE FROM z_totals WHERE kind = 'warning'"))
    for table in ("z_names", "names", *(["names_text"] if connection.dialect.name == "sqlite" else [])):
        connection.execute(text(f"DROP TABLE {table}"))
    connection.execute(text("DROP INDEX ix_sales_z_no_gross"))
    for column in ("control_at", "received_at"):
        connection.execute(text(f"ALTER TABLE z_reports DROP COLUMN {column}"))
    for index in ("ix_sale_versions_z_no", "ix_tenants_emptied"):
        connection.execute(text(f"DROP INDEX {index}"))
    connection.execute(text("ALTER TABLE tenants DROP COLUMN is_to_be_emptied"))
    connection.execute(text("UPDATE alembic_version SET version_num = 'partnerservices_0004'"))


async def test_older_sales_get_their_figures_and_names(merchant: Merchant, partnerservices_url: str) -> None:
    await merchant.database.close()
    await asyncio.to_thread(on_database, partnerservices_url, bring_back)
    await asyncio.to_thread(upgrade, partnerservices_url, "partnerservices")
    database = open_database("partnerservices", partnerservices_url)
    try:
        found = await recount(database)
        assert found.differences == []
        assert found.sales == len(merchant.ledger.entries)
        outlet = merchant.outlets[0]
        span = Period(today_of(outlet) - timedelta(days=DAYS), today_of(outlet))
        what = search.wanted(invoice="", sale_id="", amount="", terminal="", text="brulee")
        rows = (await database.read(lambda session: search.search(session, KAPOW, outlet.id, span, what))).rows
        assert rows
        assert all("Crème brûlée" in row.items for row in rows)
    finally:
        await database.close()
