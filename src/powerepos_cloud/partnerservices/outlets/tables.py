"""An instance's organisations and their outlets; an outlet's GUID is unique only within its organisation."""

from sqlalchemy import Boolean, Column, Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from powerepos_cloud.foundation.database.schema import PARTNERSERVICES, instant, number, text

_OWNED = {"tenant": "kapow"}
_EMPTIED = sql("is_to_be_emptied = 1")

tenants = Table(
    "tenants",
    PARTNERSERVICES,
    text("kapow", primary_key=True),
    text("state"),  # here | leaving | gone
    number("is_to_be_emptied", server_default="0"),  # 1: gone for good, and its rows are being deleted
    instant("changed_at"),
    Index("ix_tenants_emptied", "kapow", sqlite_where=_EMPTIED, postgresql_where=_EMPTIED),
    info=_OWNED,
)

outlets = Table(
    "outlets",
    PARTNERSERVICES,
    text("kapow"),
    text("id"),  # GUID, lower case with hyphens
    text("name"),
    text("name_key"),  # NFC and case-folded
    text("zone"),  # IANA
    text("day_start"),  # HH:MM
    text("currency"),  # ISO 4217
    Column("stock_enabled", Boolean, nullable=False),
    instant("created_at"),
    PrimaryKeyConstraint("kapow", "id"),
    info=_OWNED,
)
