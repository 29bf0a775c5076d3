"""The endpoints of Partner Services and of the remote order server, described."""

from powerepos.contract import ConnectionResponse, Permissions, RemoteOrderConnectionResponse
from powerepos.contract.reading import ChangePage, SalesTransactionResponse, ZReportPage, ZReportReading
from powerepos.contract.sales import (
    PartnerSalesBatchRequest,
    PartnerSalesBatchResponse,
    PartnerZFinaliseRequest,
    PartnerZFinaliseResponse,
    PartnerZReportRequest,
    PartnerZReportResponse,
)
from powerepos.contract.stock import AddStockOrderRequest, AddStockOrderResponse, StockOrderResponse

from powerepos_cloud.resourceserver.metadata import ProtectedResource
from powerepos_cloud.webui import examples
from powerepos_cloud.webui.openapi.model import Endpoint, Query

TAG = "Partner Services"
ROS_TAG = "Remote Order Server"

_SUBMIT = (Permissions.PARTNER_SALES_SUBMIT,)
_VIEW = (Permissions.PARTNER_SALES_SUBMIT, Permissions.PARTNER_SALES_VIEW)
_STOCK = (Permissions.PARTNER_STOCK_SUBMIT,)
_POST = (400, 401, 403, 404, 408, 413, 503)
_BY_ID = (400, 401, 403, 404, 503)
_VERSION = Query(
    "version", "An older version; without it the current one.", {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
)
_GUID = {"type": "string", "format": "uuid"}

ENDPOINTS = (
    Endpoint(
        method="get", path="/api/v1/connection", tag=TAG, summary="Ask what you may do", security="bearer",
        description="Organisation, outlets with their zone and trading day, permissions, expiry, limits: the first call of all.",
        permissions=(*_VIEW, *_STOCK), answer=ConnectionResponse, answer_example=examples.example_connection(),
        refusals=(401, 403, 503),
    ),
    Endpoint(
        method="post", path="/api/v1/sales/addbatch", tag=TAG, summary="Send sales", security="bearer", permissions=_SUBMIT,
        description=(
            "1 to 64 sales of one outlet into one Z report, all or none unless you allow a part. Status 200 alone promises "
            "nothing: read `batchResult` and every `errorCode`. The same sale sent again is `replayed`."
        ),
        query=(Query("validateOnly", "Say what would happen, and store nothing.", {"enum": ["true", "false"]}),),
        body=PartnerSalesBatchRequest, body_example=examples.example_batch(), answer=PartnerSalesBatchResponse,
        answer_example=examples.example_batch_answer(), refusals=_POST,
    ),
    Endpoint(
        method="post", path="/api/v1/sales/requestzreport", tag=TAG, summary="Look up a Z report, or open it", security="bearer",
        description="By `zReportID`, or by `zReportTarget`, which finds the open Z of that day and terminal or makes it.",
        permissions=_SUBMIT, body=PartnerZReportRequest, body_example=examples.example_z_request(),
        answer=PartnerZReportResponse, answer_example=examples.example_z(), refusals=_POST,
    ),
    Endpoint(
        method="post", path="/api/v1/sales/finalisezreport", tag=TAG, summary="Close a Z report", security="bearer",
        description="Nothing changes in a Z afterwards. Send `controlTotals` to be told of a difference before it closes.",
        permissions=_SUBMIT, body=PartnerZFinaliseRequest, body_example=examples.example_finalise(),
        answer=PartnerZFinaliseResponse, answer_example=examples.example_finalise_answer(), refusals=_POST,
    ),
    Endpoint(
        method="get", path="/api/v1/sales/transactions/{salesTransactionID}", tag=TAG, summary="Read a sale back",
        description="As it is stored, with its versions. Your own client’s sales alone.", security="bearer", permissions=_VIEW,
        query=(_VERSION,), answer=SalesTransactionResponse, refusals=_BY_ID,
    ),
    Endpoint(
        method="get", path="/api/v1/sales/zreports/{zReportID}", tag=TAG, summary="Read a Z report with its totals",
        description="Totals are kept as sales arrive.", security="bearer", permissions=_VIEW, answer=ZReportReading,
        refusals=_BY_ID,
    ),
    Endpoint(
        method="get", path="/api/v1/sales/zreports", tag=TAG, summary="List Z reports", security="bearer", permissions=_VIEW,
        description="Your own client’s, oldest first.",
        query=(
            Query("outletID", "Of this outlet alone.", _GUID),
            Query("tradingDate", "Of this trading day alone.", {"type": "string", "format": "date"}),
            Query("after", "`next` of the page before.", {"type": "integer", "minimum": 0, "maximum": 2**62}),
            Query("limit", "The most of a page.", {"type": "integer", "minimum": 1, "maximum": 100}),
        ),
        answer=ZReportPage, refusals=_BY_ID,
    ),
    Endpoint(
        method="post", path="/api/v1/stock/stockorders/addstockorder", tag=TAG, summary="Send a supplier’s invoice",
        description=(
            "A stock order: outlet and supplier by ID or name, lines by the supplier’s codes. Taxes are computed here. If it "
            "fails, `data` of the refusal is an `AddStockOrderResponse` that lists every failing line."
        ),
        security="bearer", permissions=_STOCK, body=AddStockOrderRequest, answer=AddStockOrderResponse, refusals=_POST,
    ),
    Endpoint(
        method="get", path="/api/v1/stock/stockorders/{orderID}", tag=TAG, summary="Read a stock order back", security="bearer",
        description="As it is stored, with its versions.", permissions=_STOCK, query=(_VERSION,), answer=StockOrderResponse,
        refusals=_BY_ID,
    ),
    Endpoint(
        method="get", path="/api/v1/changes", tag=TAG, summary="Read what changed", security="bearer",
        description="Every change once, in the order in which it was stored. A cursor never expires.",
        permissions=(*_VIEW, *_STOCK),
        query=(
            Query("after", "`next` of the page before; without it from the beginning.", {"type": "string"}),
            Query("limit", "The most of a page.", {"type": "integer", "minimum": 1, "maximum": 500}),
            Query("wait", "Seconds to wait if there is nothing new.", {"type": "integer", "minimum": 0, "maximum": 25}),
        ),
        answer=ChangePage, refusals=(400, 401, 403, 503),
    ),
    Endpoint(
        method="get", path="/.well-known/oauth-protected-resource", tag=TAG, summary="Get the metadata of this instance",
        description="RFC 9728: where to get a token for it, and with which scope.", answer=ProtectedResource,
    ),
    Endpoint(
        method="get", path="/ros/connection", tag=ROS_TAG, summary="Ask what you may do", security="bearer",
        description="By a token for the scope `ros`. The path is `connection` below the `svc` of that token.",
        answer=RemoteOrderConnectionResponse, refusals=(401, 403, 503),
    ),
)  # fmt: skip
