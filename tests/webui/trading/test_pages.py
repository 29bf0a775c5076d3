"""Who may see which trading page, what they refuse, and what the merchant may do there."""

from datetime import timedelta

from tests.partnerservices.figures.trade import NOW_MS, today_of
from tests.webui.trading.conftest import Shop

PAGES = ("/today", "/trading-days", "/sales", "/reports", "/today.csv", "/trading-days.csv", "/reports.csv")

WRONG = (
    ("/trading-days?month=2026-13", 400), ("/trading-days/2026-02-30", 400), ("/reports?from=x", 400),
    ("/reports?from=2020-01-01&to=2026-01-01", 400), ("/sales?from=2026-01-01&to=2026-12-31", 422),
    ("/sales?amount=1.234", 422), ("/sales?after=x", 422), ("/sales?id=7", 422), ("/reports?report=none", 200),
    ("/z-reports/none", 404), ("/sales/none", 404), ("/today?currency=%3Cb%3E", 404), ("/trading-days?month=0001-01", 400),
    ("/trading-days/0001-01-01", 400), ("/trading-days?month=2100-12", 200), ("/reports?from=2000-01-01&to=2000-01-02", 200),
)  # fmt: skip


async def test_each_role_of_the_organisation_sees_them_and_nobody_else(shop: Shop) -> None:
    for role in ("manager", "viewer"):
        reader = await shop.signed_in("organisation", role)
        for path in PAGES:
            assert (await reader.get(path)).status == 200
    stranger = await shop.signed_in("partner", "owner")
    for path in PAGES:
        assert (await stranger.get(path)).status in (403, 404)
    visitor = await shop.house.visitor()
    assert "/sign-in" in (await visitor.get("/today")).path


async def test_another_organisations_outlets_zs_and_sales_are_unknown(shop: Shop) -> None:
    theirs = next(one for one in shop.ledger.entries if one.kapow != shop.kapow)
    for path in (
        f"/today?outlet={theirs.outlet_id}", f"/trading-days?outlet={theirs.outlet_id}", f"/sales?outlet={theirs.outlet_id}",
        f"/reports?outlet={theirs.outlet_id}", f"/trading-days/{theirs.day}?outlet={theirs.outlet_id}",
        f"/z-reports/{theirs.z_id}", f"/z-reports/{theirs.z_id}/csv", f"/sales/{theirs.id}",
    ):  # fmt: skip
        assert (await shop.reader.get(path)).status == 404, path
    found = await shop.reader.get(f"/sales?outlet={shop.outlets[0].id}&id={theirs.id}")
    assert "Nothing found" in found.text


async def test_wrong_addresses_are_answered_with_a_page(shop: Shop) -> None:
    for path, status in WRONG:
        page = await shop.reader.get(path)
        assert page.status == status, (path, page.text[:400])
        assert "<html" in page.html


async def test_an_open_z_older_than_a_day_is_finalised_once_by_owner_or_manager(shop: Shop) -> None:
    outlet = shop.outlets[0]
    two_days_ago = today_of(outlet) - timedelta(days=2)
    z_id = next(
        one.z_id for one in shop.ledger.entries if (one.outlet_id, one.day, one.terminal) == (outlet.id, two_days_ago, "Till 2")
    )
    action = f"/z-reports/{z_id}/finalise"
    viewer = await shop.signed_in("organisation", "viewer")
    assert action not in (await viewer.get(f"/z-reports/{z_id}")).html
    assert (await viewer.post(action, {})).status == 403
    page = await shop.reader.get(f"/z-reports/{z_id}")
    form = page.form(action).fields
    done = await shop.reader.send(action)
    assert "The Z is finalised" in done.text
    assert "Finalised" in done.text
    again = await shop.reader.post(action, form)
    assert "nothing was done a second time" in again.text
    young = next(one.z_id for one in shop.ledger.entries if (one.outlet_id, one.day) == (outlet.id, today_of(outlet)))
    assert f"/z-reports/{young}/finalise" not in (await shop.reader.get(f"/z-reports/{young}")).html


async def test_names_that_are_formulas_or_markup_stay_text(shop: Shop) -> None:
    outlet = shop.outlets[0]
    sale = shop.trade.sale(outlet, today_of(outlet), transactionPayments=[])
    due = round(sum(item["amount"] + item.get("exTax2", 0) for item in sale["transactionItems"]), 2)
    sale["orderAdjustments"] = []
    for n, name in enumerate(("=cmd|' /C calc'!A0", "<script>alert(1)</script>")):
        paid = [{"amountPurchase": due, "paymentTypeName": name}]
        once = sale | {"salesTransactionID": sale["salesTransactionID"][:-1] + str(n), "transactionPayments": paid}
        result = await shop.trade.send(shop.kapow, outlet, today_of(outlet), [once], now_ms=NOW_MS)
        assert not result.code
    day = today_of(outlet)
    for path in (f"/trading-days/{day}?outlet={outlet.id}", f"/sales?outlet={outlet.id}&text=alert"):
        html = (await shop.reader.get(path)).html
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)" in html
    sheet = (await shop.reader.get(f"/reports.csv?outlet={outlet.id}&report=payments&from={day}&to={day}")).html
    assert "\n'=cmd" in sheet
    assert "\n=cmd" not in sheet


async def test_an_organisation_without_outlets_is_told_what_makes_sales_appear(shop: Shop) -> None:
    both = await shop.signed_in("lakeside", "owner")
    assert (await both.get("/today")).status == 200
    for path in PAGES:
        assert (await both.get(path)).status == 200
