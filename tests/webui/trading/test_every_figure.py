"""Every figure on every trading page equals a recount from the sales."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.figures.rules import Period
from powerepos_cloud.partnerservices.outlets.store import Outlet
from tests.partnerservices.figures.ledger import Entry, by, total
from tests.partnerservices.figures.trade import DAYS, now_of, today_of
from tests.webui.trading.conftest import Shop
from tests.webui.trading.figures import Figures, amount, cents


def gross(entries: list[Entry]) -> Decimal:
    return cents(total(entries, lambda one: one.gross))


def net(entries: list[Entry]) -> Decimal:
    return cents(total(entries, lambda one: one.net))


def tax(entries: list[Entry]) -> Decimal:
    return cents(total(entries, lambda one: one.tax))


def collected(entries: list[Entry]) -> Decimal:
    return total(entries, lambda one: one.collected())


def paid_by(entries: list[Entry]) -> dict[str, Decimal]:
    """Collected by payment type, folded."""
    found: dict[str, Decimal] = {}
    for entry in entries:
        for payment in entry.sale.payments:
            key = compare_key(payment.type_name)
            found[key] = found.get(key, Decimal(0)) + entry.collected(lambda each, this=payment: each is this)
    return found


async def seen(shop: Shop, path: str) -> Figures:
    page = await shop.reader.get(path)
    assert page.status == 200, (path, page.text[:300])
    return Figures(page.html)


async def sheet(shop: Shop, path: str) -> list[dict[str, str]]:
    page = await shop.reader.get(path)
    assert page.status == 200, (path, page.text[:300])
    return list(csv.DictReader(io.StringIO(page.answer.content.decode("utf-8-sig"))))


async def test_today(shop: Shop) -> None:
    for outlet in shop.outlets:
        page = await seen(shop, f"/today?outlet={outlet.id}")
        today = today_of(outlet)
        mine = shop.ledger.of(shop.kapow, outlet.id, outlet.currency, today)
        before = shop.ledger.of(shop.kapow, outlet.id, outlet.currency, today - timedelta(weeks=1))
        assert amount(page.big["Net sales"]) == net(mine)
        assert amount(page.big["Sales"]) == len(mine)
        assert amount(page.big["Collected"]) == collected(mine)
        assert amount(page.big["Average sale"]) == (cents(total(mine, lambda one: one.net) / len(mine)) if mine else 0)
        hours, hours_before = (by(some, lambda one: one.closed_at[11:13]) for some in (mine, before))
        rows = page.rows("Net sales by hour, today and a week ago")
        for hour in hours.keys() | hours_before.keys():
            row = rows[f"{hour}:00"]
            assert amount(row[1]) == net(hours_before.get(hour, []))
            if hour in hours:
                assert amount(row[0]) == net(hours[hour])
        for other in shop.outlets:
            row = page.rows("All outlets today")[other.name]
            theirs = shop.ledger.of(shop.kapow, other.id, other.currency, today_of(other))
            assert (row[0], amount(row[1]), amount(row[2])) == (f"{now_of(other):%H:%M}", net(theirs), len(theirs))


async def test_days_and_zs(shop: Shop) -> None:
    for outlet in shop.outlets:
        days = [today_of(outlet) - timedelta(days=ago) for ago in range(DAYS + 1)]
        for month in {f"{day:%Y-%m}" for day in days}:
            page = await seen(shop, f"/trading-days?outlet={outlet.id}&month={month}")
            for day, shown in page.days:
                mine = shop.ledger.of(shop.kapow, outlet.id, outlet.currency, date.fromisoformat(day))
                assert (shown == "no sales") if not mine else (amount(shown) == net(mine))
            rows = await sheet(shop, f"/trading-days.csv?outlet={outlet.id}&month={month}")
            for row in rows:
                of = date.fromisoformat(row["Trading day"])
                assert Decimal(row["Net sales"]) == net(shop.ledger.of(shop.kapow, outlet.id, outlet.currency, of))
        for day in days[::5]:
            await walk_day(shop, outlet, day, outlet.currency)
        await walk_day(shop, outlet, days[1], "USD")


async def walk_day(shop: Shop, outlet: Outlet, day: date, currency: str) -> None:
    """A day's page, and every Z of it."""
    page = await shop.reader.get(f"/trading-days/{day}?outlet={outlet.id}&currency={currency}")
    found = Figures(page.html)
    mine = shop.ledger.of(shop.kapow, outlet.id, currency, day)
    assert amount(found.big["Net sales"]) == net(mine)
    assert amount(found.big["Sales"]) == len(mine)
    assert amount(found.big["Tax"]) == tax(mine)
    assert amount(found.big["Collected"]) == collected(mine)
    same_payments(found, mine)
    of_day = [one for one in shop.ledger.entries if (one.outlet_id, one.day) == (outlet.id, day)]
    for z_id, entries in by(of_day, lambda one: one.z_id).items():
        assert f"/z-reports/{z_id}" in page.html
        await walk_z(shop, z_id, entries)


def same_payments(found: Figures, mine: list[Entry]) -> None:
    rows = found.rows("By payment type")
    shown = {compare_key(label): amount(row[-1]) for label, row in rows.items() if label not in ("Type", "All", "No payments")}
    assert shown == paid_by(mine)
    assert amount(rows["All"][-1]) == collected(mine)


async def walk_z(shop: Shop, z_id: str, mine: list[Entry]) -> None:
    """A Z's receipt, its cards and its list of sales."""
    page = await shop.reader.get(f"/z-reports/{z_id}")
    assert page.status == 200
    found = Figures(page.html)
    currency = mine[0].currency
    sold = found.rows(f"Sales, {currency}")
    assert amount(sold["Items"][0]) == Decimal(sum(item.amount for one in mine for item in one.sale.items)) / 100
    lowered = sum(each.amount for one in mine for each in one.adjustments if each.amount < 0)
    assert amount(sold["Discounts"][0]) == Decimal(lowered) / 100
    assert amount(sold["Gross"][0]) == gross(mine)
    assert -amount(sold["Taxes"][0]) == tax(mine)
    assert amount(sold["Net sales"][0]) == net(mine)
    paid = found.rows(f"Collected, {currency}")
    payments = [payment for one in mine for payment in one.sale.payments]
    assert amount(paid["Tips"][0]) == Decimal(sum(one.tip for one in payments)) / 100
    assert amount(paid["Cash rounding"][0]) == Decimal(sum(one.rounded for one in payments)) / 100
    assert amount(paid["Collected"][0]) == collected(mine)
    assert amount(paid["Cash expected"][0]) == total(mine, lambda one: one.collected(lambda each: each.affects_cid))
    same_payments(found, mine)
    assert amount(found.rows("By tax and rate")["All"][2]) == tax(mine)
    rows = found.tables["The sales, in the order of the clock"][1:]
    assert sorted((row[0], amount(row[5])) for row in rows) == sorted((one.sale.invoice_number, gross([one])) for one in mine)
    assert ("Training" in page.text) == mine[0].training


async def test_reports(shop: Shop) -> None:
    for outlet in shop.outlets:
        last = today_of(outlet) - timedelta(days=1)
        span = Period(last - timedelta(days=6), last)
        query = f"outlet={outlet.id}&from={span.first}&to={span.last}"
        mine = shop.ledger.of(shop.kapow, outlet.id, outlet.currency, *span.dates())
        before = shop.ledger.of(shop.kapow, outlet.id, outlet.currency, *span.before.dates())
        summary = await seen(shop, f"/reports?{query}")
        assert amount(summary.big["Net sales"]) == net(mine)
        assert amount(summary.big["Collected"]) == collected(mine)
        rows = await sheet(shop, f"/reports.csv?{query}&report=summary")
        for row, day, earlier in zip(rows, span.dates(), span.before.dates(), strict=True):
            own = shop.ledger.of(shop.kapow, outlet.id, outlet.currency, day)
            then = shop.ledger.of(shop.kapow, outlet.id, outlet.currency, earlier)
            assert (int(row["Sales"]), Decimal(row["Net sales"]), Decimal(row["Gross"])) == (len(own), net(own), gross(own))
            assert Decimal(row["Net sales before"]) == net(then)
            assert Decimal(row["Collected"]) == collected(own)
        await walk_splits(shop, query, mine, before)


async def walk_splits(shop: Shop, query: str, mine: list[Entry], before: list[Entry]) -> None:
    """Terminals, payments, taxes, discounts and refunds; page and sheet alike."""
    for row in await sheet(shop, f"/reports.csv?{query}&report=terminals"):
        own = [one for one in mine if (one.terminal, one.client_id) == (row["Terminal"], row["ClientID"])]
        assert (int(row["Sales"]), Decimal(row["Net sales"])) == (len(own), net(own))
    terminals = await seen(shop, f"/reports?{query}&report=terminals")
    assert amount(terminals.rows("Net sales by terminal")["All"][3]) == net(mine)
    assert amount(terminals.rows("Net sales by terminal")["All"][4]) == net(before)
    paid = await sheet(shop, f"/reports.csv?{query}&report=payments")
    assert {compare_key(row["Payment type"]): Decimal(row["Collected"]) for row in paid} == paid_by(mine)
    taxes = await sheet(shop, f"/reports.csv?{query}&report=taxes")
    assert abs(sum(Decimal(row["Tax as sent"]) for row in taxes) - tax(mine)) <= Decimal("0.02")
    shown = await seen(shop, f"/reports?{query}&report=taxes")
    assert amount(shown.rows("Tax by rate")["All taxes"][3]) == tax(mine)
    exempt = [item for one in mine for item in one.sale.items if not any((*item.inc, *item.ex, *item.taxable))]
    assert {row["Tax"]: Decimal(row["Taxable sales"]) for row in taxes}.get("Exempt", Decimal(0)) == Decimal(
        sum(item.amount for item in exempt)
    ) / 100
    refunds = (await sheet(shop, f"/reports.csv?{query}&report=refunds"))[-1]
    back = [one for one in mine if one.gross < 0]
    assert (refunds["Name"], int(refunds["Times"]), Decimal(refunds["Amount"])) == ("Refunds", len(back), gross(back))
    health = await seen(shop, f"/reports?{query}&report=health")
    assert amount(health.big["Days with sales"]) == len({one.day for one in mine})


async def test_sales_and_versions(shop: Shop) -> None:
    outlet = shop.outlets[0]
    span: dict[str, Any] = {"from": today_of(outlet) - timedelta(days=DAYS), "to": today_of(outlet)}
    official = [one for one in shop.ledger.entries if one.outlet_id == outlet.id and not one.training]
    path, found = f"/sales?outlet={outlet.id}&from={span['from']}&to={span['to']}", []
    while path:
        page = await shop.reader.get(path)
        found += [(row[0], amount(row[5])) for row in Figures(page.html).tables["Sales, the newest first"][1:]]
        older = [link for link in page.html.split('href="') if "after=" in link.split('"')[0]]
        path = older[0].split('"')[0].replace("&amp;", "&") if older else ""
    assert sorted(found) == sorted((one.sale.invoice_number, gross([one])) for one in official)
    for one in official[:12]:
        receipt = Figures((await shop.reader.get(f"/sales/{one.id}")).html)
        assert amount(receipt.rows(f"Items, {one.currency}")["Gross"][0]) == gross([one])
        assert amount(receipt.rows(f"Items, {one.currency}")["GST 15%"][0]) == cents(
            total([one], lambda each: Decimal(sum(line.inc[0] + line.ex[0] for line in each.lines)) / 10**7)
        )
