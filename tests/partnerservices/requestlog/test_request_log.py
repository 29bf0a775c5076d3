"""The request log: one row per call with a valid token, bodies of failed batches, redacted, and all of it forgotten in time."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from powerepos_cloud.foundation.database.tenants import crossing
from powerepos_cloud.partnerservices.requestlog import store
from powerepos_cloud.partnerservices.requestlog.store import Call, redact
from powerepos_cloud.partnerservices.requestlog.tables import request_bodies, request_log
from tests.partnerservices.sales.conftest import shop
from tests.partnerservices.sales.shop import OUTLET, Shop, batch, new_id, sale
from tests.partnerservices.sales.test_outcomes import unbalanced
from tests.resourceserver.authserver import KAPOW

__all__ = ["shop"]

DAY_MS = 86_400_000
PARTIAL = {"allowPartialBatchSubmission": True}


async def rows(shop: Shop, table: Any = request_log) -> list[Any]:
    """The rows of a table, oldest first, once all notes are stored: they are written after the answer."""
    await shop.request_log.settled()
    return list(await shop.database.reader.all(crossing(select(table).order_by(table.c.at, table.c.id), "a test")))


async def test_a_call_leaves_a_row(shop: Shop) -> None:
    answer = await shop.post("addbatch", batch(sale(), sale()))
    (row,) = await rows(shop)
    assert (row.id, row.kapow, row.client_id, row.outlet_id) == (answer.headers["X-Request-ID"], KAPOW, "clientone", OUTLET)
    assert (row.endpoint, row.status, row.at) == ("POST /api/v1/sales/addbatch", 200, shop.clock.now_ms())
    assert json.loads(row.outcomes) == {"created": 2}
    assert await rows(shop, request_bodies) == []


async def test_the_callers_own_id_is_kept(shop: Shop) -> None:
    headers = shop.bearer(root_nodes=[KAPOW]) | {"X-Request-ID": "till-7.42"}
    await shop.http.post("/api/v1/sales/addbatch", headers=headers, json=batch(sale()))
    (row,) = await rows(shop)
    assert row.client_request_id == "till-7.42"


async def test_every_endpoint_and_every_refusal_leaves_a_row(shop: Shop) -> None:
    one = sale()
    z_id = (await shop.send(batch(one)))["zReportID"]
    await shop.post("requestzreport", {"outletID": OUTLET, "zReportID": z_id})
    await shop.finalise(z_id)
    await shop.get(f"sales/transactions/{one['salesTransactionID']}")
    await shop.get(f"sales/zreports/{z_id}")
    await shop.get("sales/zreports")
    await shop.get("changes")
    await shop.get("connection")
    await shop.post("addbatch", b"{")
    await shop.post("addbatch", batch(sale(), outletID=new_id()))
    await shop.post("addbatch", batch(sale()), pga=["Partner Sales (View)"])
    await shop.get("changes", pga=["Raw Data (View)"])
    found = [(row.endpoint, row.status) for row in await rows(shop)]
    assert found == [
        ("POST /api/v1/sales/addbatch", 200), ("POST /api/v1/sales/requestzreport", 200),
        ("POST /api/v1/sales/finalisezreport", 200), (f"GET /api/v1/sales/transactions/{one['salesTransactionID']}", 200),
        (f"GET /api/v1/sales/zreports/{z_id}", 200), ("GET /api/v1/sales/zreports", 200), ("GET /api/v1/changes", 200),
        ("GET /api/v1/connection", 200), ("POST /api/v1/sales/addbatch", 400), ("POST /api/v1/sales/addbatch", 404),
        ("POST /api/v1/sales/addbatch", 403), ("GET /api/v1/changes", 403),
    ]  # fmt: skip


async def test_without_a_valid_token_there_is_no_row(shop: Shop) -> None:
    await shop.http.post("/api/v1/sales/addbatch", json=batch(sale()))
    await shop.post("addbatch", batch(sale()), exp=1)
    assert await rows(shop) == []


async def test_outcomes_and_codes_are_counted(shop: Shop) -> None:
    known = sale()
    await shop.send(batch(known))
    await shop.send(batch(known, unbalanced(), unbalanced(), sale(), sale(salesTransactionID=None), batchOptions=PARTIAL))
    await shop.send(batch(unbalanced(), sale()))
    outcomes = [json.loads(row.outcomes) for row in await rows(shop)]
    assert outcomes == [
        {"created": 1},
        {"replayed": 1, "rejected": 3, "created": 1, "sale.unbalanced": 2, "sale.id_invalid": 1},
        {"rejected": 1, "sale.unbalanced": 1, "skipped": 1, "sale.skipped": 1},
    ]


async def test_a_batch_with_a_failed_item_leaves_its_body_and_answer_redacted(shop: Shop) -> None:
    wrong = sale()
    wrong["transactionPayments"][0]["paymentTypeName"] = "4111 1111 1111 1111"
    wrong["transactionPayments"][0]["track2"] = ";5555555555554444=2512"
    answer = await shop.post("addbatch", batch(wrong, sale()))
    (body,) = await rows(shop, request_bodies)
    assert (body.id, body.kapow, body.client_id) == (answer.headers["X-Request-ID"], KAPOW, "clientone")
    kept = json.loads(body.body)
    assert kept["sales"][0]["salesTransactionID"] == wrong["salesTransactionID"]
    assert kept["sales"][0]["transactionPayments"][0]["paymentTypeName"] == "[redacted]"
    assert "5555555555554444" not in body.body
    assert json.loads(body.answer)["batchResult"] == 2


async def test_validation_leaves_a_row_but_no_body(shop: Shop) -> None:
    await shop.send(batch(unbalanced()), query="?validateOnly=true")
    assert [json.loads(row.outcomes) for row in await rows(shop)] == [{"rejected": 1, "sale.unbalanced": 1, "validated": 1}]
    assert await rows(shop, request_bodies) == []


async def test_a_body_over_256_kib_is_not_kept(shop: Shop) -> None:
    wrong = unbalanced(comment="x" * 256 * 1024)
    assert (await shop.post("addbatch", batch(wrong))).status_code == 200
    assert len(await rows(shop)) == 1
    assert await rows(shop, request_bodies) == []


async def test_a_body_that_is_no_text_does_not_spoil_the_row(shop: Shop) -> None:
    raw = json.dumps(batch(unbalanced(note="nul \0 and \ud800"))).encode()
    assert (await shop.post("addbatch", raw)).status_code == 200
    (body,) = await rows(shop, request_bodies)
    assert json.loads(body.body)["sales"][0]["transactionPayments"]


def call(n: int, at: int, *, client: str = "clientone", body: bytes | None = b"{}") -> Call:
    """A call that was noted."""
    return Call(f"{client}-{n:06d}", None, KAPOW, client, "POST /x", at, body=body, answer=body)


async def test_at_most_500_bodies_of_a_client_are_kept(shop: Shop) -> None:
    async def unit(session: Any) -> None:
        for n in range(510):
            await store.add(session, call(n, 1000 + n // 2), 200)
        for n in range(3):
            await store.add(session, call(n, 1, client="clienttwo"), 200)

    await shop.database.write(unit)
    bodies = [row.id for row in await rows(shop, request_bodies)]
    assert [one for one in bodies if one.startswith("clienttwo")] == [f"clienttwo-{n:06d}" for n in range(3)]
    assert [one for one in bodies if one.startswith("clientone")] == [f"clientone-{n:06d}" for n in range(10, 510)]
    assert len(await rows(shop)) == 513


@pytest.mark.parametrize("piece", [2, 100])
async def test_rows_are_forgotten_after_30_days_and_bodies_after_14(shop: Shop, piece: int) -> None:
    now = 100 * DAY_MS

    async def fill(session: Any) -> None:
        for n, days in enumerate((31, 30.01, 29.99, 14.01, 13.99, 0)):
            await store.add(session, call(n, now - int(days * DAY_MS)), 200)

    async def forget(session: Any) -> int:
        return await store.delete_outlived(session, now, piece)

    await shop.database.write(fill)
    gone = piece
    while gone == piece:
        gone = await shop.database.write(forget)
    assert [row.id for row in await rows(shop)] == [f"clientone-{n:06d}" for n in range(2, 6)]
    assert [row.id for row in await rows(shop, request_bodies)] == [f"clientone-{n:06d}" for n in range(4, 6)]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("4111111111111111", "[redacted]"), ("4111 1111 1111 1111", "[redacted]"), ("3782-822463-10005", "[redacted]"),
        ("123456789012", "123456789012"), ("2024-12-01 12:10:00", "2024-12-01 12:10:00"), ("11.50", "11.50"),
        ('"5d2f1c90-6b7e-4a58-9c31-77e0a4b8d201"', '"5d2f1c90-6b7e-4a58-9c31-77e0a4b8d201"'),
        ('"24817712-7293-4af7-b690-cb5610db585f"', '"24817712-7293-4af7-b690-cb5610db585f"'),
        ('"A4817712-7293-4417-8690-365610485851"', '"A4817712-7293-4417-8690-365610485851"'),
        ('"4111-1111-1111-1111"', '"[redacted]"'), ('"41111111-1111-1111-x"', '"[redacted]-x"'),
    ],
)  # fmt: skip
def test_card_numbers_are_blacked_out(text: str, kept: str) -> None:
    assert redact(text.encode()) == kept
