"""What changed, in the order of commit; one counter per organisation."""

from sqlalchemy import PrimaryKeyConstraint, Table

from powerepos_cloud.foundation.database.schema import PARTNERSERVICES, instant, number, text

_OWNED = {"tenant": "kapow"}

changes = Table(
    "changes",
    PARTNERSERVICES,
    text("kapow"),
    text("client_id"),
    number("n"),
    text("kind"),  # sale | z | stockOrder
    text("subject"),
    number("version"),
    text("outlet_id"),
    text("change"),  # created | replaced | moved | finalised
    instant("at"),
    PrimaryKeyConstraint("kapow", "client_id", "n"),
    info=_OWNED,
)

change_counters = Table("change_counters", PARTNERSERVICES, text("kapow", primary_key=True), number("value"), info=_OWNED)
