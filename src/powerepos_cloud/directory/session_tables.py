"""Sign-ins to the WebUI: sessions, the forms that were used in them, and failures. Apart from `tables`: other rooms' noun."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, PrimaryKeyConstraint, Table

from powerepos_cloud.foundation.database.schema import DIRECTORY, digest, instant, number, number_id, text

sessions = Table(
    "sessions",
    DIRECTORY,
    number_id(),
    digest("hash", unique=True),  # SHA-256 of 256 random bits
    number("user_id", ForeignKey("users.id")),
    text("stage"),  # code (the password was right, the second factor is awaited) | open
    Column("second_factor", Boolean, nullable=False),  # whether one was shown at sign-in
    text("place", null=True),  # organisation:ID | partner:ID | support
    text("source"),
    text("agent"),
    number("tries"),  # wrong codes shown in stage `code`
    instant("created_at"),
    instant("seen_at"),
    instant("proved_at"),  # when the person last proved to be who they are
    instant("ends_at"),
    number("view_organisation_id", ForeignKey("organisations.id"), null=True),  # "view as", by support
    text("view_reason", null=True),
    instant("view_until_at", null=True),
    Index(None, "user_id"),
    Index(None, "ends_at"),
)
# Asked for on every page of an organisation's owner: who of support looks at it.
_is_viewing = sessions.c.view_organisation_id.is_not(None)
Index("ix_sessions_viewing", sessions.c.view_organisation_id, sqlite_where=_is_viewing, postgresql_where=_is_viewing)

form_uses = Table(
    "form_uses",
    DIRECTORY,
    digest("owner"),  # hash of the session's or the visit's token
    text("form"),
    number("uses"),
    text("leads_to"),
    instant("delete_after_at"),
    PrimaryKeyConstraint("owner", "form"),
    Index(None, "delete_after_at"),
)

sign_in_failures = Table(
    "sign_in_failures",
    DIRECTORY,
    digest("hash", primary_key=True),  # SHA-256 of what was tried: unknown addresses are not kept
    number("count"),
    instant("since_at"),
    instant("delete_after_at"),
    Index(None, "delete_after_at"),
)
