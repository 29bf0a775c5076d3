"""Companies that apply, the links that prove an address, partners' sandboxes. Apart from `tables`: other nouns."""

from sqlalchemy import ForeignKey, Index, Table

from powerepos_cloud.foundation.database.schema import DIRECTORY, digest, instant, number, number_id, text

applications = Table(
    "applications",
    DIRECTORY,
    number_id(),
    text("company_name"),
    text("website"),
    text("contact_name"),
    text("contact_email"),
    text("email_key"),  # case-folded
    text("state"),  # unconfirmed | waiting | approved | refused
    text("reason", null=True),  # why it was refused, as the applicant reads it
    text("source", null=True),  # the address it came from
    number("user_id", ForeignKey("users.id"), null=True),  # who confirmed it
    number("partner_id", ForeignKey("partners.id"), null=True),  # what it became
    instant("created_at"),
    instant("confirmed_at", null=True),
    instant("decided_at", null=True),
    text("decided_by", null=True),
    Index(None, "state", "confirmed_at"),
    Index(None, "email_key", "created_at"),
    Index(None, "source", "created_at"),
    Index(None, "user_id"),
)

one_time_links = Table(
    "one_time_links",
    DIRECTORY,
    digest("hash", primary_key=True),  # SHA-256 of 160 random bits
    text("purpose"),
    text("subject"),
    instant("created_at"),
    instant("ends_at"),
    instant("used_at", null=True),
    Index(None, "ends_at"),
)

asked_links = Table(
    "asked_links",
    DIRECTORY,
    number_id(),
    text("purpose"),
    text("email"),  # as it was typed: may be nobody's
    text("source", null=True),  # who asked, for the audit
    text("request_id", null=True),
)

sandboxes = Table(
    "sandboxes",
    DIRECTORY,
    number("partner_id", ForeignKey("partners.id"), primary_key=True, autoincrement=False),
    number("organisation_id", ForeignKey("organisations.id"), unique=True),
    text("account_id", ForeignKey("accounts.id")),
    instant("created_at"),
    instant("reset_at", null=True),
    number("resets"),
)
