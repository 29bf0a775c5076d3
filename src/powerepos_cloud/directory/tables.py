"""Who is who. Everything an organisation owns names its organisation."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy import text as sql

from powerepos_cloud.foundation.database.schema import DIRECTORY, digest, instant, number, number_id, text

_OWNED = {"tenant": "organisation_id"}
_STAFF = sql("staff_role IS NOT NULL")

organisations = Table(
    "organisations",
    DIRECTORY,
    number_id(),
    text("code"),  # as registered
    text("code_key", unique=True),  # upper case: codes are compared without letter case
    text("kapow", unique=True),
    text("name"),
    text("state"),  # active | off
    instant("created_at"),
    info={"tenant_keys": ("id", "code_key", "kapow")},
)

partners = Table(
    "partners",
    DIRECTORY,
    number_id(),
    text("company_name"),
    text("website"),
    text("contact_name"),
    text("contact_email"),
    text("state"),  # approved | off
    instant("created_at"),
)

clients = Table(
    "clients",
    DIRECTORY,
    text("id", primary_key=True),
    number("partner_id", ForeignKey("partners.id")),
    text("name"),
    text("grants"),  # JSON list of grant types it may use
    text("jwks", null=True),  # JSON Web Key Set for private_key_jwt
    text("state"),  # active | off
    number("valid_from", server_default="0"),  # the revocation number below which nothing that it was given works
    instant("created_at"),
    Index(None, "partner_id"),
)

client_secrets = Table(
    "client_secrets",
    DIRECTORY,
    number_id(),
    text("client_id", ForeignKey("clients.id")),
    digest("hash", unique=True),
    text("hash_key"),
    text("hint"),
    instant("created_at"),
    instant("expires_at", null=True),
    instant("ended_at", null=True),
    instant("last_used_at", null=True),
    Index(None, "client_id"),
)

services = Table(
    "services",
    DIRECTORY,
    text("name", primary_key=True),  # the scope word
    text("alg"),  # ES256 | RS256
    number("access_seconds"),
    number("refresh_idle_seconds"),
    number("refresh_total_seconds"),
)

instances = Table(
    "instances",
    DIRECTORY,
    text("id", primary_key=True),
    text("service", ForeignKey("services.name")),
    text("uri", unique=True),
    text("name"),
    instant("created_at"),
)

instance_credentials = Table(
    "instance_credentials",
    DIRECTORY,
    number_id(),
    text("instance_id", ForeignKey("instances.id")),
    digest("hash", unique=True),
    text("hash_key"),
    text("hint"),
    instant("created_at"),
    instant("ended_at", null=True),
    instant("last_used_at", null=True),
    Index(None, "instance_id"),
)

assignments = Table(
    "assignments",
    DIRECTORY,
    number("organisation_id", ForeignKey("organisations.id")),
    text("service", ForeignKey("services.name")),
    text("instance_id", ForeignKey("instances.id")),
    PrimaryKeyConstraint("organisation_id", "service"),
    info=_OWNED,
)

accounts = Table(
    "accounts",
    DIRECTORY,
    text("id", primary_key=True),
    number("organisation_id", ForeignKey("organisations.id")),
    text("name"),
    text("permissions"),  # JSON list of permission names
    text("outlets", null=True),  # JSON list of outlet GUIDs; null: all outlets
    Column("any_partner", Boolean, nullable=False),
    text("state"),  # active | off | removed
    number("valid_from", server_default="0"),  # the revocation number below which nothing issued for it works
    instant("created_at"),
    Index(None, "organisation_id"),
    info=_OWNED,
)

account_passwords = Table(
    "account_passwords",
    DIRECTORY,
    number_id(),
    text("account_id", ForeignKey("accounts.id")),
    digest("hash", unique=True),
    text("hash_key"),
    text("hint"),
    instant("created_at"),
    instant("expires_at", null=True),
    instant("ended_at", null=True),
    instant("last_used_at", null=True),
    Index(None, "account_id"),
)

account_bindings = Table(
    "account_bindings",
    DIRECTORY,
    text("account_id", ForeignKey("accounts.id")),
    text("client_id", ForeignKey("clients.id")),
    PrimaryKeyConstraint("account_id", "client_id"),
)

connections = Table(
    "connections",
    DIRECTORY,
    number_id(),
    number("organisation_id", ForeignKey("organisations.id")),
    text("client_id", ForeignKey("clients.id")),
    text("sub"),  # the account's ID; the ClientID where approved
    text("kind"),  # account | approved
    text("state"),  # active | paused | revoked
    text("services", null=True),  # JSON lists, where approved; by account the account's rights count
    text("permissions", null=True),
    text("outlets", null=True),
    number("valid_from"),  # the revocation number below which nothing issued before works again
    number("late_repeats"),
    text("pause_note", null=True),  # why it is paused, for both sides; null: it is not, or nobody said
    instant("created_at"),
    UniqueConstraint("client_id", "sub", "organisation_id"),
    Index(None, "organisation_id"),
    info=_OWNED,
)

stopped_partners = Table(
    "stopped_partners",  # none of their clients begins at an account that is open to any partner, those of tomorrow included
    DIRECTORY,
    number("organisation_id", ForeignKey("organisations.id")),
    number("partner_id", ForeignKey("partners.id")),
    instant("created_at"),
    PrimaryKeyConstraint("organisation_id", "partner_id"),
    info=_OWNED,
)

users = Table(
    "users",
    DIRECTORY,
    number_id(),
    text("email"),
    text("email_key", unique=True),  # case-folded
    text("name"),
    text("password_hash"),  # Argon2id
    digest("totp_sealed", null=True),
    number("totp_step", null=True),  # the last step of 30 s whose code was taken: none is taken twice (RFC 6238 section 5.2)
    text("staff_role", null=True),  # agent | admin
    instant("created_at"),
    Index("ix_users_staff", "staff_role", sqlite_where=_STAFF, postgresql_where=_STAFF),
)

user_organisations = Table(
    "user_organisations",
    DIRECTORY,
    number("user_id", ForeignKey("users.id")),
    number("organisation_id", ForeignKey("organisations.id")),
    text("role"),  # owner | manager | viewer
    PrimaryKeyConstraint("user_id", "organisation_id"),
)

user_partners = Table(
    "user_partners",
    DIRECTORY,
    number("user_id", ForeignKey("users.id")),
    number("partner_id", ForeignKey("partners.id")),
    text("role"),  # owner | developer
    PrimaryKeyConstraint("user_id", "partner_id"),
)

counters = Table("counters", DIRECTORY, text("name", primary_key=True), number("value"))

revocations = Table(
    "revocations",
    DIRECTORY,
    number("n", primary_key=True, autoincrement=False),
    text("kind"),  # grant | connection | account | client | organisation
    text("subject"),
    text("client_id", null=True),
    text("sub", null=True),
    text("org_id", null=True),
    text("state"),  # refused | narrowed | lifted | moved
    text("svc", null=True),
    instant("delete_after_at"),
    Index(None, "kind", "subject"),
)

mails = Table(
    "mails",
    DIRECTORY,
    number_id(),
    text("recipient"),
    text("subject"),
    text("body"),
    instant("created_at"),
    instant("sent_at", null=True),
    number("tries", null=True),
    instant("due_at", null=True),  # not to be tried before; null: at once
    text("trouble", null=True),  # what the mail server said last
    instant("given_up_at", null=True),
    Index(None, "sent_at"),
)

facts = Table("facts", DIRECTORY, text("name", primary_key=True), text("value"))  # such as: seeded by the demo
