"""What the tests of stock work with: calls by a client, and orders that are right until a test makes them wrong."""

import copy
import json
from decimal import Decimal
from typing import Any

import httpx
from sqlalchemy import func, select

from powerepos_cloud.foundation.database.tenants import crossing
from powerepos_cloud.partnerservices.stock.tables import stock_orders
from tests.partnerservices.sales.shop import OTHER_KAPOW, OUTLET, OUTLET_2, Shop, new_id
from tests.resourceserver.authserver import KAPOW

CLOSED = "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c13"
TWIN_1 = "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c14"
TWIN_2 = "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c15"
FOREIGN = "b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c16"
SOUTHERN_DAIRY = "4f1a9c7e-82d3-4b60-9e5a-c7d0b2f8e614"
NO_DEFAULT = "4f1a9c7e-82d3-4b60-9e5a-c7d0b2f8e615"
FOREIGN_SUPPLIER = "4f1a9c7e-82d3-4b60-9e5a-c7d0b2f8e616"
STOCK = ["Partner Stock (Submit)"]

__all__ = ["KAPOW", "OTHER_KAPOW", "OUTLET", "OUTLET_2", "StockShop", "line", "new_id", "order"]


def line(amount: float | str = 41.4, code: str | None = "MILK-2L", kind: int = 1, **changed: Any) -> dict[str, Any]:
    """A line of milk, or of what is said."""
    one: dict[str, Any] = {
        "lineItemID": new_id(), "type": kind, "description": "Milk 2 L", "quantity": 12 if kind < 10 else 1, "amount": amount,
        "supplierProductCode": code if kind < 10 else None,
    }  # fmt: skip
    return {name: value for name, value in (one | changed).items() if value is not ...}


def order(*lines: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """An order of Harbour Cafe from Southern Dairy; `...` leaves a field out."""
    body: dict[str, Any] = {
        "orderID": new_id(),
        "outletID": OUTLET,
        "supplierName": "Southern Dairy",
        "supplierInvoiceNumber": f"SD-{new_id()[:8]}",
        "supplierInvoiceDate": "2024-11-29",
        "applicationClientName": "Harbour Stock Bridge",
        "applicationClientVersion": "0.9",
        "lineItems": list(lines) or [line()],
    }
    return {name: value for name, value in (copy.deepcopy(body) | changed).items() if value is not ...}


class StockShop(Shop):
    """Sends stock orders."""

    async def post_order(self, body: Any, *, client: str = "clientone", kapow: str = KAPOW, **token: Any) -> httpx.Response:
        """The answer to an order, whatever it is."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        nodes = token.pop("root_nodes", [kapow])
        headers = self.bearer(client_id=client, kapow=kapow, root_nodes=nodes, **{"pga": STOCK, **token})
        return await self.http.post("/api/v1/stock/stockorders/addstockorder", headers=headers, content=content)

    async def add(self, body: Any, **options: Any) -> dict[str, Any]:
        """The answer to an order that is stored; numbers are decimals."""
        answer = await self.post_order(body, **options)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = json.loads(answer.text, parse_float=Decimal)
        assert (found["result"], found["errorMessage"], found["lineItemFailureResults"]) == (0, None, None)
        return found

    async def fail(self, body: Any, status: int = 400, **options: Any) -> dict[str, Any]:
        """`data` of the answer to an order that fails."""
        answer = await self.post_order(body, **options)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = json.loads(answer.text, parse_float=Decimal)
        data: dict[str, Any] = found["data"]
        assert (data["stockOrder"], found["errorCode"], found["errorMessage"]) == (None, data["code"], data["errorMessage"])
        assert data["outcome"] == "rejected"
        return data

    async def read(self, order_id: str, query: str = "", **options: Any) -> httpx.Response:
        """An order read back."""
        return await self.get(f"stock/stockorders/{order_id}{query}", **{"pga": STOCK, **options})

    async def stored(self) -> int:
        """How many orders of any organisation there are."""
        found: int = await self.database.reader.scalar(crossing(select(func.count()).select_from(stock_orders), "a test counts"))
        return found


def warned(answer: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Of each warning: code and pointer."""
    return [(warning["code"], warning["pointer"]) for warning in answer["warnings"]]


def failed(data: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Of each failure of a line: index, code and pointer."""
    return [(one["index"], one["code"], one["pointer"]) for one in data["lineItemFailureResults"] or []]
