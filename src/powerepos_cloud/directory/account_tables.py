"""What belongs to a person's account beside the password: recovery codes, passkeys, invitations waiting to be accepted."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table

from powerepos_cloud.foundation.database.schema import DIRECTORY, digest, instant, number, number_id, text

recovery_codes = Table(
    "recovery_codes",
    DIRECTORY,
    digest("hash", primary_key=True),  # SHA-256 of user and 80 random bits
    number("user_id", ForeignKey("users.id")),
    instant("created_at"),
    instant("used_at", null=True),
    Index(None, "user_id"),
)

passkeys = Table(
    "passkeys",
    DIRECTORY,
    number_id(),
    digest("credential_id", unique=True),
    number("user_id", ForeignKey("users.id")),
    digest("public_key"),  # COSE
    number("sign_count"),
    text("name"),
    Column("synced", Boolean, nullable=False),  # kept by a provider, so that a lost device loses nothing
    instant("created_at"),
    instant("last_used_at", null=True),
    Index(None, "user_id"),
)

invitations = Table(
    "invitations",
    DIRECTORY,
    number_id(),
    text("place"),  # organisation:ID | partner:ID | support
    text("email"),
    text("email_key"),  # case-folded
    text("role"),
    text("state"),  # open | accepted | withdrawn
    text("invited_by"),
    instant("created_at"),
    instant("ends_at"),
    Index(None, "place", "state"),
)
