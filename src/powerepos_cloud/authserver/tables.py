"""Refresh families, their superseded tokens, client assertions already used, and refusals of proved clients."""

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from powerepos_cloud.foundation.database.schema import DIRECTORY, digest, instant, number, text

_LIVE = sql("state = 'active'")

families = Table(
    "families",
    DIRECTORY,
    text("id", primary_key=True),  # the grant's ID: the `sid` of its access tokens
    number("connection_id", ForeignKey("connections.id")),
    text("service"),
    text("scope"),  # all that was granted, in the order asked for
    text("state"),  # active | revoked | ended
    text("reason", null=True),  # why it is no longer active
    number("rev"),  # the revocation number when it was granted
    text("hash_key"),  # of the current hash
    digest("current_hash", unique=True),
    digest("previous_hash", null=True),
    instant("previous_used_at", null=True),  # the predecessor's first use
    text("previous_source", null=True),
    text("previous_agent", null=True),
    text("refresh_key", null=True),  # with the salt: what derived the current token from the previous
    digest("salt", null=True),
    number("repeats"),  # of the present predecessor
    number("late_streak"),  # generations in a row with a late repeat from another network
    number("late_here"),  # 1 if the present generation had one
    instant("created_at"),
    instant("last_used_at"),
    instant("ends_at"),  # the absolute end
    instant("delete_after_at"),
    # Only the live ones: the oldest of them is sought while ended ones pile up.
    Index("ix_families_live", "connection_id", "last_used_at", sqlite_where=_LIVE, postgresql_where=_LIVE),
    Index(None, "connection_id"),  # ended ones too: when a connection was used last
    Index(None, "delete_after_at"),
)

superseded = Table(
    "superseded",
    DIRECTORY,
    digest("hash", primary_key=True),
    text("family_id", ForeignKey("families.id", ondelete="CASCADE")),
    instant("used_at"),
    Index(None, "family_id"),
)

assertions = Table(
    "assertions",
    DIRECTORY,
    text("client_id"),
    digest("jti_hash"),
    instant("delete_after_at"),
    PrimaryKeyConstraint("client_id", "jti_hash"),
    Index(None, "delete_after_at"),
)

refused_calls = Table(
    "refused_calls",
    DIRECTORY,
    text("id", primary_key=True),  # the answer's X-Request-ID
    text("client_id"),
    text("grant_type", null=True),  # one that we know
    text("asked_org_id", null=True),  # what the client asked for, if it could be a code: a claim, no fact
    number("status"),
    text("error"),
    text("description"),  # as it was sent
    text("client_request_id", null=True),
    instant("at"),
    Index(None, "client_id", "at"),
    Index(None, "at"),
)
