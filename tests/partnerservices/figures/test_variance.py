"""What the partner believes against what is stored, why they differ, and the merchant's own finalising."""

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from powerepos_cloud.audit.store import Actor, newest
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from powerepos_cloud.partnerservices.changes.tables import changes
from powerepos_cloud.partnerservices.figures import deeds, zview
from powerepos_cloud.partnerservices.requestlog import store as request_log
from powerepos_cloud.partnerservices.requestlog.store import Call
from tests.partnerservices.figures.conftest import OTHER, Merchant
from tests.partnerservices.figures.trade import NOW_MS, Json, today_of
from tests.resourceserver.authserver import KAPOW

OWNER = Actor("user", "owner@harbour.example")


def card(amount: float) -> Json:
    return {"amountPurchase": amount, "paymentTypeName": "Visa"}


def plain(merchant: Merchant, amount: float, **changed: object) -> Json:
    """A sale of one exempt item by card."""
    outlet = merchant.outlets[0]
    items = [{"amount": amount, "saleQty": 1, "pluName": "Tea", "groupName": "G", "mainGroupName": "M"}]
    parts = {"transactionItems": items, "orderAdjustments": [], "transactionPayments": [card(amount)]}
    return merchant.trade.sale(outlet, today_of(outlet) - timedelta(days=2), **(parts | changed))


async def opened(merchant: Merchant, *sales: Json) -> str:
    """A Z of its own, two days old; its ID."""
    outlet = merchant.outlets[0]
    result = await merchant.trade.send(
        KAPOW, outlet, today_of(outlet) - timedelta(days=2), list(sales), terminalName="Till 7", now_ms=NOW_MS - 9_000_000
    )
    assert result.z is not None
    return result.z.id


async def view(merchant: Merchant, z_id: str) -> zview.ZView:
    return await merchant.database.read(lambda session: zview.view(session, KAPOW, z_id, NOW_MS))


async def send_totals(merchant: Merchant, z_id: str, **control: object) -> None:
    z = (await view(merchant, z_id)).z.head
    await merchant.trade.finalise(KAPOW, z, msgspec.json.encode(control).decode(), now_ms=NOW_MS - 5_000_000)  # type: ignore[arg-type]


async def test_totals_that_differ_are_kept_and_compared_line_by_line(merchant: Merchant) -> None:
    z_id = await opened(merchant, plain(merchant, 10), plain(merchant, 6.5))
    await send_totals(merchant, z_id, count=3, gross=35, payments=[{"paymentTypeName": "VISA", "amountPurchase": 35}], tips=0)
    call = Call("r1", None, KAPOW, "clientone", "POST /api/v1/sales/addbatch", NOW_MS - 6_000_000)
    call.outlet_id, call.outcomes = merchant.outlets[0].id, {"rejected": 1, "sale.unbalanced": 1, "created": 1}
    await merchant.database.write(lambda session: request_log.add(session, call, 200))
    found = await view(merchant, z_id)
    assert [(line.label, str(line.difference), line.agrees) for line in found.lines] == [
        ("Sales", "-1", False), ("Gross", "-18.50", False), ("VISA", "-18.50", False), ("Tips", "0", True)
    ]  # fmt: skip
    assert found.z.head.is_open
    assert len(found.reasons) == 1
    assert "1 × sale.unbalanced" in found.reasons[0]


async def test_sales_that_came_after_the_totals_explain_them(merchant: Merchant) -> None:
    z_id = await opened(merchant, plain(merchant, 10))
    await send_totals(merchant, z_id, count=0, gross=0)
    outlet = merchant.outlets[0]
    await merchant.trade.send(
        KAPOW, outlet, today_of(outlet) - timedelta(days=2), [plain(merchant, 4.25)], terminalName="Till 7", now_ms=NOW_MS - 100
    )
    found = await view(merchant, z_id)
    assert found.reasons[0].startswith("1 sale, 4.25 gross, arrived or were replaced after")
    assert found.reasons[0].endswith("a part of it at most.")


async def test_tips_counted_into_gross_are_recognised(merchant: Merchant) -> None:
    paid = [card(10) | {"amountTip": 2}]
    z_id = await opened(merchant, plain(merchant, 10, transactionPayments=paid))
    await send_totals(merchant, z_id, count=1, gross=12)
    assert (await view(merchant, z_id)).reasons == ["They seem to count tips into gross: the difference is exactly that."]


async def test_payments_booked_under_another_type_are_recognised(merchant: Merchant) -> None:
    z_id = await opened(merchant, plain(merchant, 10))
    types = [{"paymentTypeName": "Visa", "amountPurchase": 6}, {"paymentTypeName": "Amex", "amountPurchase": 4}]
    await send_totals(merchant, z_id, gross=10, payments=types)
    assert "booked under different types" in (await view(merchant, z_id)).reasons[0]


async def test_the_merchant_finalises_what_was_left_open_and_the_partner_sees_it(merchant: Merchant) -> None:
    z_id = await opened(merchant, plain(merchant, 10))
    await send_totals(merchant, z_id, gross=11)
    young = await merchant.trade.send(KAPOW, merchant.outlets[0], today_of(merchant.outlets[0]), [plain(merchant, 3)])
    assert young.z is not None

    async def close(session: Session, kapow: str = KAPOW, z: str = z_id) -> None:
        await deeds.finalise(session, kapow, z, NOW_MS, OWNER, "Aroha Ngata")

    for kapow, z, refusal in ((OTHER, z_id, NotFound), (KAPOW, young.z.id, Conflict)):
        with pytest.raises(refusal):
            await merchant.database.write(lambda session, k=kapow, i=z: close(session, k, i))  # type: ignore[misc]
    await merchant.database.write(close)
    found = await view(merchant, z_id)
    assert (found.z.head.state, found.z.head.finalised_by) == ("finalised", "Aroha Ngata")
    assert not found.lines[0].agrees, "what the partner had sent stays to be seen"
    asked = select(changes.c.change, changes.c.client_id).where(changes.c.kapow == KAPOW, changes.c.subject == z_id)
    told = {tuple(row) for row in await merchant.database.reader.all(asked)}
    assert ("finalised", "clientone") in told
    rows = await newest(merchant.database.reader, 1, kapow=KAPOW, action="z.finalised")
    assert (rows[0].actor, rows[0].subject) == ("owner@harbour.example", z_id)
    with pytest.raises(Conflict):
        await merchant.database.write(close)
