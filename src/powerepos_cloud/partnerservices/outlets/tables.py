"""An instance's organisations and their outlets; an outlet's GUID is unique only within its organisation."""

from sqlalchemy import Boolean, Column, PrimaryKeyConstraint, Table

from powerepos_cloud.foundation.database.schema import PARTNERSERVICES, instant, text

_OWNED = {"tenant": "kapow"}

tenants = Table(
    "tenants",
    PARTNERSERVICES,
    text("kapow", primary_key=True),
    text("state"),  # here | leaving | gone
    instant("changed_at"),
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
