"""Keys at rest, each sealed under the master key."""

from sqlalchemy import Index, Table

from powerepos_cloud.foundation.database.schema import DIRECTORY, digest, instant, number, number_id, text

keys = Table(
    "keys",
    DIRECTORY,
    text("kid", primary_key=True),
    text("kind"),  # sign | hash | refresh
    text("alg"),  # ES256 | RS256 | HS256
    digest("sealed"),
    text("public_jwk", null=True),  # JSON, for signing keys
    instant("created_at"),
    instant("use_from_at"),  # a signing key is published before it signs
    instant("replaced_at", null=True),  # when a newer key took over
    instant("keep_until_at", null=True),  # until then what it made is still honoured
    instant("revoked_at", null=True),
    Index(None, "kind", "created_at"),
)

key_locks = Table("key_locks", DIRECTORY, number_id(), number("taken"))  # one row, locked by every change of keys
