"""Sales sent to real server processes: a shop for the world's organisation, a token, and calls that go on until answered."""

import time
import uuid
from typing import Any

import httpx

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.partnerservices.outlets import store as outlets
from tests.support.world import World

OUTLET = "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c11"


async def open_shop(database: Database, world: World) -> None:
    """One outlet in New Zealand."""

    async def unit(session: Session) -> None:
        await outlets.add(
            session, world.clock.now_ms(), Actor("operator", "test"), world.harbour.kapow, name="Harbour Street",
            zone="Pacific/Auckland", currency="NZD", outlet_id=OUTLET,
        )  # fmt: skip

    await database.write(unit)


def sign_in(url: str, world: World) -> str:
    """An access token of the world's client and account."""
    form = world.client.form("password", **world.account.login(scope="partnerservices"))
    answer = httpx.post(f"{url}/authorisation/token", data=form, timeout=30)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def sale(cents: int, sale_id: str | None = None) -> dict[str, Any]:
    """A sale of one line."""
    amount = cents / 100
    return {
        "salesTransactionID": sale_id or str(uuid.uuid4()),
        "dateTimeClosed": "2026-01-01 12:10:00",
        "invoiceNumber": "K",
        "transactionItems": [{"amount": amount, "mainGroupName": "Drinks", "groupName": "Hot", "pluName": "Tea"}],
        "transactionPayments": [{"amountPurchase": amount, "paymentTypeName": "Visa"}],
    }


def batch(*sales: dict[str, Any], trading_date: str = "2026-01-01", terminal: str = "Web Shop", **others: Any) -> dict[str, Any]:
    """A batch into the Z of a target."""
    target = {"tradingDate": trading_date, "terminalName": terminal, "clientName": "Trader", "clientVersion": "1"}
    return {"outletID": OUTLET, "zReportTarget": target, "sales": list(sales), **others}


def post_until_answered(http: httpx.Client, url: str, token: str, path: str, body: Any) -> tuple[httpx.Response, int]:
    """The same request again and again until the server answers it; the answer, and how often it was sent in vain."""
    in_vain = 0
    while True:
        try:
            answer = http.post(f"{url}/api/v1/sales/{path}", json=body, headers={"Authorization": f"Bearer {token}"})
        except httpx.TransportError:
            in_vain += 1
            time.sleep(0.02)
            continue
        if answer.status_code != 503:
            return answer, in_vain
        in_vain += 1
        time.sleep(0.05)
