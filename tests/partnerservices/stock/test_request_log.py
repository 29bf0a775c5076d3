"""What a stock order leaves in the request log, which the partner's developers see."""

import json

from sqlalchemy import select

from powerepos_cloud.foundation.database.tenants import crossing
from powerepos_cloud.partnerservices.requestlog.tables import request_bodies
from tests.partnerservices.requestlog.test_request_log import rows
from tests.partnerservices.stock.shop import OUTLET, StockShop, line, order


async def test_outcomes_and_codes_are_counted_and_failures_keep_their_bodies(shop: StockShop) -> None:
    body = order(outletID=..., outletName="Harbour Cafe")
    await shop.add(body)
    await shop.add(body)
    await shop.add(body | {"lineItems": [line(2)]})
    answer = await shop.post_order(order(line("1"), line(1, "NOPE"), line(1, "NOPE")))
    await shop.fail(order(supplierName="4111 1111 1111 1111"))
    await shop.fail(order(outletName="Nowhere", outletID=...))
    await shop.read(body["orderID"])
    found = await rows(shop)
    assert [(row.endpoint, row.status, row.outlet_id) for row in found] == [
        *[("POST /api/v1/stock/stockorders/addstockorder", 200, OUTLET)] * 3,
        *[("POST /api/v1/stock/stockorders/addstockorder", 400, OUTLET)] * 2,
        ("POST /api/v1/stock/stockorders/addstockorder", 400, None),
        (f"GET /api/v1/stock/stockorders/{body['orderID']}", 200, None),
    ]
    assert [json.loads(row.outcomes) for row in found[:5]] == [
        {"created": 1}, {"replayed": 1}, {"replaced": 1},
        {"rejected": 1, "order.lines_failed": 1, "number.type": 1, "line.product_unknown": 2},
        {"rejected": 1, "supplier.not_found": 1},
    ]  # fmt: skip
    kept = await shop.database.reader.all(crossing(select(request_bodies).order_by(request_bodies.c.at), "a test looks at all"))
    assert len(kept) == 3
    (first,) = [one for one in kept if one.id == answer.headers["X-Request-ID"]]
    assert json.loads(first.answer) == answer.json()["data"]
    assert "4111" not in "".join(one.body + one.answer for one in kept)
