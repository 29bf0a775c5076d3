"""One row per call with a valid token; bodies only of batches with a failed item."""

from sqlalchemy import Index, Table

from powerepos_cloud.foundation.database.schema import PARTNERSERVICES, instant, number, text

_OWNED = {"tenant": "kapow"}

request_log = Table(
    "request_log",
    PARTNERSERVICES,
    text("id", primary_key=True),  # the answer's X-Request-ID
    text("kapow"),
    text("client_id"),
    text("outlet_id", null=True),
    text("endpoint"),
    number("status"),
    text("outcomes"),  # JSON object: outcome or error code → count
    text("client_request_id", null=True),
    instant("at"),
    Index(None, "kapow", "client_id", "at"),
    Index(None, "at"),
    info=_OWNED,
)

request_bodies = Table(
    "request_bodies",
    PARTNERSERVICES,
    text("id", primary_key=True),
    text("kapow"),
    text("client_id"),
    text("body"),
    text("answer"),
    instant("at"),
    Index(None, "kapow", "client_id", "at"),
    Index(None, "at"),
    info=_OWNED,
)
