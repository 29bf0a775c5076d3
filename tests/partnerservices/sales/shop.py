"""What the tests of sales work with: calls by a client, and sales that are right until a test makes them wrong."""

import copy
import json
import uuid
from typing import Any

import httpx

from powerepos_cloud.foundation.database import Database
from powerepos_cloud.partnerservices.requestlog.log import RequestLog
from tests.resourceserver.authserver import KAPOW, Keys, claims
from tests.support.clock import FakeClock

OUTLET = "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c11"
OUTLET_2 = "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c12"
OTHER_KAPOW = "7d3a4f21-5c60-4b1e-8f92-aa11bb22cc33"
PLUS = (2040, 2041, 2055, 3001, 3002, 3010, 4100)
TARGET = {"tradingDate": "2024-12-01", "terminalName": "Web Shop", "clientName": "Harbour Orders", "clientVersion": "3.2"}


def new_id() -> str:
    """A GUID that nobody has used."""
    return str(uuid.uuid4())


def sale(amount: float = 11.5, **changed: Any) -> dict[str, Any]:
    """A sale of one line, paid by card; 15 % GST inside."""
    one: dict[str, Any] = {
        "salesTransactionID": new_id(),
        "dateTimeClosed": "2024-12-01 12:10:00",
        "invoiceNumber": f"{uuid.uuid4().hex[:8]}K",  # ends in a letter: no number that another could be missing before
        "tax1Name": "GST",
        "tax1Rate": 15,
        "transactionItems": [{"amount": amount, "incTax1": round(amount * 15 / 115, 7), "taxSales1": amount, "pluNumber": 2040}],
        "transactionPayments": [{"amountPurchase": amount, "paymentTypeName": "Visa"}],
    }
    return {name: value for name, value in (one | changed).items() if value is not ...}


def batch(*sales: dict[str, Any], target: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    """A batch for Harbour Street."""
    body = {"outletID": OUTLET, "zReportTarget": TARGET | (target or {}), "sales": list(sales)}
    return {name: value for name, value in (copy.deepcopy(body) | changed).items() if value is not ...}


class Shop:
    """Calls Partner Services."""

    def __init__(
        self, http: httpx.AsyncClient, database: Database, keys: Keys, clock: FakeClock, request_log: RequestLog
    ) -> None:
        self.http = http
        self.request_log = request_log
        self.database = database
        self.keys = keys
        self.clock = clock

    def bearer(self, **changed: Any) -> dict[str, str]:
        """The header of a client's token; `changed` are claims."""
        return {"Authorization": f"Bearer {self.keys.sign(claims(self.clock.now_ms(), **changed))}"}

    async def post(self, path: str, body: Any, *, client: str = "clientone", kapow: str = KAPOW, **token: Any) -> httpx.Response:
        """A POST with a JSON body (or bytes)."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        nodes = token.pop("root_nodes", [kapow])
        headers = self.bearer(client_id=client, kapow=kapow, root_nodes=nodes, **token)
        return await self.http.post(f"/api/v1/sales/{path}", headers=headers, content=content)

    async def send(self, body: Any, *, query: str = "", **options: Any) -> dict[str, Any]:
        """A batch that must be understood; its answer."""
        answer = await self.post(f"addbatch{query}", body, **options)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def finalise(self, z_id: str, *, outlet: str = OUTLET, client: str = "clientone", **fields: Any) -> dict[str, Any]:
        """Finalise a Z; the answer, which must be understood."""
        answer = await self.post("finalisezreport", {"outletID": outlet, "zReportID": z_id, **fields}, client=client)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def z(self, z_id: str, **options: Any) -> dict[str, Any]:
        """A Z with its totals, read back."""
        answer = await self.get(f"sales/zreports/{z_id}", **options)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def get(self, path: str, *, client: str = "clientone", kapow: str = KAPOW, **token: Any) -> httpx.Response:
        """A GET."""
        nodes = token.pop("root_nodes", [kapow])
        headers = self.bearer(client_id=client, kapow=kapow, root_nodes=nodes, **token)
        return await self.http.get(f"/api/v1/{path}", headers=headers)


def outcomes(answer: dict[str, Any]) -> list[tuple[str, int, str | None]]:
    """Of each result: outcome, errorCode, code."""
    return [(result["outcome"], result["errorCode"], result["code"]) for result in answer["batchItemResults"]]


def warned(result: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Of each warning: code and pointer."""
    return [(warning["code"], warning["pointer"]) for warning in result["warnings"]]
