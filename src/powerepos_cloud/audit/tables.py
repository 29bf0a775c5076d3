"""One table shape, in both databases."""

from sqlalchemy import Index, Table

from powerepos_cloud.foundation.database.schema import DIRECTORY, PARTNERSERVICES, instant, text

audit = Table(
    "audit",
    DIRECTORY,
    text("id", primary_key=True),
    instant("at"),
    text("action"),
    text("actor_kind"),
    text("actor"),
    text("subject_kind"),
    text("subject"),
    text("kapow", null=True),
    text("client_id", null=True),
    text("source", null=True),
    text("request_id", null=True),
    text("details"),
    Index(None, "at"),
    Index(None, "kapow", "at"),
    Index(None, "client_id", "at"),
    Index(None, "subject", "at"),
    Index(None, "request_id"),
)

audit.to_metadata(PARTNERSERVICES)
