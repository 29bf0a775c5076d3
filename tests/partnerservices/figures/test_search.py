"""Sales are found by invoice, ID, amount, terminal and words, one organisation's at a time, page by page."""

from datetime import timedelta
from typing import Any

import pytest

from powerepos_cloud.foundation.database import Session, TookTooLong
from powerepos_cloud.foundation.refusals import Invalid, NotFound
from powerepos_cloud.partnerservices.figures import one_sale, search, zview
from powerepos_cloud.partnerservices.figures.listing import SaleRow
from powerepos_cloud.partnerservices.figures.rules import SEARCH_DAYS, Period
from powerepos_cloud.partnerservices.sales import names
from tests.partnerservices.figures.conftest import OTHER, Merchant
from tests.partnerservices.figures.trade import DAYS, today_of
from tests.resourceserver.authserver import KAPOW


async def find(merchant: Merchant, place: int = 0, *, kapow: str = KAPOW, **typed: Any) -> list[SaleRow]:
    """All pages of a search over all days, in the order shown."""
    outlet = merchant.outlets[place]
    span = Period(today_of(outlet) - timedelta(days=DAYS), today_of(outlet))
    what = search.wanted(**({"invoice": "", "sale_id": "", "amount": "", "terminal": "", "text": ""} | typed))
    rows: list[SaleRow] = []
    after = ""
    while True:
        found = await merchant.database.read_long(
            lambda session, a=after: search.search(session, kapow, outlet.id, span, what, a)  # type: ignore[misc]
        )
        rows += found.rows
        after = found.after
        if not after:
            return rows


async def test_each_way_finds_exactly_the_sales_that_match(merchant: Merchant) -> None:
    outlet = merchant.outlets[0]
    mine = [one for one in merchant.ledger.entries if one.outlet_id == outlet.id]
    official = [one for one in mine if not one.training]
    everything = await find(merchant)
    assert len(everything) > search.PAGE
    assert sorted(row.id for row in everything) == sorted(one.id for one in official)
    assert [row.z.trading_date for row in everything] == sorted((row.z.trading_date for row in everything), reverse=True)
    assert {row.id for row in await find(merchant, training=True)} == {one.id for one in mine if one.training}
    one = official[7]
    assert [row.id for row in await find(merchant, sale_id=one.id.upper())] == [one.id]
    prefix = one.sale.invoice_number[:2]
    assert {row.id for row in await find(merchant, invoice=prefix)} == {
        each.id for each in official if each.sale.invoice_number.startswith(prefix)
    }
    amount = f"{one.gross:.2f}".replace("-", "\u2212")
    assert {row.id for row in await find(merchant, amount=amount)} == {
        each.id for each in official if round(each.gross, 2) == round(one.gross, 2)
    }
    assert {row.id for row in await find(merchant, terminal=" TILL 2 ")} == {
        each.id for each in official if each.terminal == "Till 2"
    }


@pytest.mark.parametrize(
    ("text", "names_", "payment"),
    [("creme", {"Crème brûlée"}, None), ("BRÛL", {"Crème brûlée"}, None), ("milk oat", {"Oat milk"}, None),
     ("chips", {"Fish & chips"}, None), ("250g", {"Coffee beans 250g"}, None), ("eft", set(), "Eftpos"),
     ("sum a1", {"=SUM(A1)"}, None), ("nothing", set(), None)],
)  # fmt: skip
async def test_words_are_sought_in_items_and_payments(
    merchant: Merchant, text: str, names_: set[str], payment: str | None
) -> None:
    official = [one for one in merchant.ledger.entries if one.outlet_id == merchant.outlets[0].id and not one.training]
    expected = {
        one.id
        for one in official
        if any(item.plu_name in names_ for item in one.sale.items) or any(paid.type_name == payment for paid in one.sale.payments)
    }
    assert {row.id for row in await find(merchant, text=text)} == expected


async def test_every_word_must_stand_somewhere_in_the_sale(merchant: Merchant) -> None:
    official = [one for one in merchant.ledger.entries if one.outlet_id == merchant.outlets[0].id and not one.training]
    expected = {
        one.id
        for one in official
        if any(item.plu_name == "Flat white" for item in one.sale.items)
        and any(paid.type_name == "Visa" or paid.type_name == "visa" for paid in one.sale.payments)
    }
    assert {row.id for row in await find(merchant, text="visa flat")} == expected
    assert expected


async def test_nothing_of_another_organisation_is_found_or_read(merchant: Merchant) -> None:
    theirs = next(one for one in merchant.ledger.entries if one.kapow == OTHER)
    mine = next(one for one in merchant.ledger.entries if one.kapow == KAPOW)
    assert await find(merchant, kapow=OTHER, text="flat") == []
    assert await find(merchant, sale_id=theirs.id) == []
    for kapow, one in ((KAPOW, theirs), (OTHER, mine)):
        for read in (
            lambda session, k=kapow, i=one.id: one_sale.view(session, k, i),
            lambda session, k=kapow, i=one.z_id: zview.view(session, k, i, 0),
        ):
            with pytest.raises(NotFound):
                await merchant.database.read(read)

    async def words(session: Session) -> list[dict[int, str]]:
        return [await names.with_word(session, kapow, "flat", 10) for kapow in (KAPOW, OTHER)]

    first, second = await merchant.database.read(words)
    assert list(first.values()) == list(second.values()) == ["Flat white"]
    assert first.keys().isdisjoint(second.keys())


async def test_a_replaced_name_is_no_longer_found(merchant: Merchant) -> None:
    outlet = merchant.outlets[0]
    day = today_of(outlet)
    first = merchant.trade.sale(outlet, day)
    first["transactionItems"][0]["pluName"] = "Unheard-of tea"
    await merchant.trade.send(KAPOW, outlet, day, [first], terminalName="Till 9")
    assert [row.id for row in await find(merchant, text="unheard of")] == [first["salesTransactionID"]]
    first["transactionItems"][0]["pluName"] = "Plain tea"
    await merchant.trade.send(KAPOW, outlet, day, [first], terminalName="Till 9")
    assert await find(merchant, text="unheard") == []
    found = await merchant.database.read(lambda session: one_sale.view(session, KAPOW, first["salesTransactionID"]))
    assert [(one.what, one.pointer, one.before, one.after) for one in found.current.changed] == [
        ("Plain tea, plu name", "/transactionItems/0/pluName", "Unheard-of tea", "Plain tea")
    ]


@pytest.mark.parametrize(
    "typed", [{"sale_id": "x"}, {"amount": "1.234"}, {"amount": "NaN"}, {"text": "a b c d e f g"}, {"text": "%%"}]
)
def test_what_cannot_be_sought_is_refused_by_name(typed: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        search.wanted(**({"invoice": "", "sale_id": "", "amount": "", "terminal": "", "text": ""} | typed))


async def test_a_long_read_is_stopped_and_the_next_one_runs(merchant: Merchant) -> None:
    span = Period(today_of(merchant.outlets[0]) - timedelta(days=SEARCH_DAYS - 1), today_of(merchant.outlets[0]))
    what = search.wanted(invoice="", sale_id="", amount="", terminal="", text="flat")

    async def endless(session: Session) -> None:
        while True:
            await search.search(session, KAPOW, merchant.outlets[0].id, span, what)

    with pytest.raises(TookTooLong):
        await merchant.database.read_long(endless, 0.05)
    found = await merchant.database.read_long(lambda session: search.search(session, KAPOW, merchant.outlets[0].id, span, what))
    assert found.rows
