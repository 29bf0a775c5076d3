"""The paths of Partner Services, behind one door."""

from litestar import Router
from powerepos.contract.limits import Limits

from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database
from powerepos_cloud.partnerservices.changes.api import build_handler as build_changes
from powerepos_cloud.partnerservices.connection import build_connection
from powerepos_cloud.partnerservices.requestlog.log import RequestLog
from powerepos_cloud.partnerservices.sales.api import build_handlers as build_sales
from powerepos_cloud.partnerservices.stock.api import build_handlers as build_stock
from powerepos_cloud.resourceserver.access import Access
from powerepos_cloud.resourceserver.errors import Door


def build_router(
    *, access: Access, database: Database, clock: Clock, request_log: RequestLog, door: Door, prefix: str, docs_url: str = ""
) -> Router:
    """Partner Services under `prefix`, which is the path of the instance's URI and `api/v1`."""
    return Router(
        path=prefix,
        route_handlers=[
            build_connection(access=access, database=database, clock=clock, request_log=request_log),
            build_changes(access, database, request_log),
            *build_sales(access, database, clock, request_log, docs_url),
            *build_stock(access, database, clock, request_log, docs_url),
        ],
        exception_handlers={Exception: door.handler},
        request_max_body_size=Limits.MAX_BODY_BYTES,
    )
