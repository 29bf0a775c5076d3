"""What went wrong in the demo, for the partner to look into: failed batches with their bodies, refused calls and tokens.

The batches are judged like any other, so that answers and log agree; they go to a till in training, so that no figure changes.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from powerepos_cloud.authserver import refusal_log
from powerepos_cloud.authserver.errors import InvalidScope
from powerepos_cloud.authserver.refusal_log import RefusedCall
from powerepos_cloud.authserver.scopes import read_scope
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.ids import new_id
from powerepos_cloud.partnerservices.catalogue.rules import Product
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.requestlog import store as request_log
from powerepos_cloud.partnerservices.requestlog.store import Call
from powerepos_cloud.partnerservices.sales import batch
from powerepos_cloud.partnerservices.sales.answers import batch_answer
from powerepos_cloud.partnerservices.sales.envelope import read_where, require_z
from powerepos_cloud.partnerservices.sales.intake import read_intake
from powerepos_cloud.partnerservices.wire import write
from powerepos_cloud.resourceserver.caller import Caller

_MINUTE_MS = 60_000
_FULL = 64
_UNBALANCED, _TOO_FINE, _WITHOUT_TIME = (16, 17), 40, 51
_NO_SUCH_PLU = 909_090
_REPLAYED = 6


class CallsDemo:
    """Notes calls that went wrong, newest last."""

    def __init__(self, database: Database, caller: Caller, products: Sequence[Product], docs_url: str, now_ms: int) -> None:
        self._database = database
        self._caller = caller
        self._products = products
        self._docs_url = docs_url
        self._now_ms = now_ms

    async def fail(self, outlet: Outlet) -> None:
        """Two batches, one of them partly stored, and two calls refused as a whole."""
        await self._note(outlet, 340, "POST /api/v1/sales/finalisezreport", 404, {"z.not_found": 1})
        few = [self._sale(outlet, number) for number in range(100, 112)]
        few[7]["transactionItems"][0]["pluNumber"] = _NO_SUCH_PLU
        await self._send(outlet, 190, few)
        many = [self._sale(outlet, number) for number in range(_FULL)]
        await self._send(outlet, 44, many[:_REPLAYED])
        for number in _UNBALANCED:
            many[number]["transactionPayments"][0]["amountPurchase"] += 3.8
        many[_TOO_FINE]["transactionItems"][0]["amount"] = 4.999
        del many[_WITHOUT_TIME]["dateTimeClosed"]
        await self._send(outlet, 41, many, batchOptions={"allowPartialBatchSubmission": True})
        await self._note(outlet, 12, "GET /api/v1/changes", 200, {})
        await self._note(outlet, 3, "GET /api/v1/sales/zreports", 400, {"query.invalid": 1})

    async def refuse_token(self, directory: Database) -> None:
        """A token asked for without a service."""
        try:
            read_scope("offline_access", "password")
        except InvalidScope as refusal:
            description = refusal.description
        call = RefusedCall(
            new_id(), self._caller.client_id, "password", self._caller.organisation_code, InvalidScope.status, InvalidScope.error,
            description, None, self._now_ms - 95 * _MINUTE_MS,
        )  # fmt: skip
        await directory.write(lambda session: refusal_log.add(session, call))

    async def _send(self, outlet: Outlet, minutes_ago: int, sales: list[dict[str, Any]], **others: Any) -> None:
        at = self._now_ms - minutes_ago * _MINUTE_MS
        day = datetime.fromtimestamp(at / 1000, ZoneInfo(outlet.zone)).date().isoformat()
        target = {
            "tradingDate": day, "terminalName": "Training", "isTraining": True, "clientName": "Tallyho Sync",
            "clientVersion": "4.3",
        }  # fmt: skip
        raw = msgspec.json.encode({"outletID": outlet.id, "zReportTarget": target, "sales": sales, **others})
        intake = read_intake(raw)

        async def unit(session: Session) -> batch.Result:
            where = await read_where(session, self._caller, outlet.id, None, intake.request.z_report_target)
            z = await require_z(session, self._caller, where)
            return await batch.run(session, await intake.job(session, self._caller, where, z, at))

        answer = batch_answer(await self._database.write(unit), self._docs_url, is_validated=False)
        words = Counter(word for one in answer.batch_item_results for word in (one.outcome, one.code) if word is not None)
        kept = (raw, write(answer)) if words["rejected"] else (None, None)
        await self._note(outlet, minutes_ago, "POST /api/v1/sales/addbatch", 200, dict(words), *kept)

    async def _note(
        self,
        outlet: Outlet,
        minutes_ago: int,
        endpoint: str,
        status: int,
        outcomes: dict[str, int],
        body: bytes | None = None,
        answer: bytes | None = None,
    ) -> None:
        kapow, client_id = self._caller.kapow, self._caller.client_id
        at = self._now_ms - minutes_ago * _MINUTE_MS
        call = Call(new_id(), None, kapow, client_id, endpoint, at, outlet.id, outcomes, body, answer)
        await self._database.write(lambda session: request_log.add(session, call, status))

    def _sale(self, outlet: Outlet, number: int) -> dict[str, Any]:
        """A sale of one line, so many minutes before the batch."""
        product = self._products[number % len(self._products)]
        amount = 4.0 + number % 13
        closed = datetime.fromtimestamp(self._now_ms / 1000, ZoneInfo(outlet.zone)) - timedelta(hours=6, minutes=number % 60)
        return {
            "salesTransactionID": str(uuid.uuid4()),
            "dateTimeClosed": closed.strftime("%Y-%m-%d %H:%M:%S"),
            "invoiceNumber": f"L{number:04d}K",
            "tax1Name": "GST",
            "tax1Rate": 15,
            "transactionItems": [
                {
                    "amount": amount, "incTax1": round(amount * 15 / 115, 7), "taxSales1": amount, "saleQty": 1, "stockQty": 1,
                    "pluNumber": product.number,
                }
            ],
            "transactionPayments": [{"amountPurchase": amount, "paymentTypeName": "Visa"}],
        }  # fmt: skip
