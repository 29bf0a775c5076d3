"""The wire of Partner Services: strict reading, exact writing."""

from powerepos_cloud.partnerservices.wire.faults import Fault, JsonFault
from powerepos_cloud.partnerservices.wire.reading import Faultless, Parts, Reading, read, read_batch, read_order
from powerepos_cloud.partnerservices.wire.values import (
    LocalDateTime,
    are_plain_guids,
    guid,
    local_datetime,
    money,
    quantity,
    tax,
    trading_date,
)
from powerepos_cloud.partnerservices.wire.writing import write

__all__ = [
    "Fault",
    "Faultless",
    "JsonFault",
    "LocalDateTime",
    "Parts",
    "Reading",
    "are_plain_guids",
    "guid",
    "local_datetime",
    "money",
    "quantity",
    "read",
    "read_batch",
    "read_order",
    "tax",
    "trading_date",
    "write",
]
