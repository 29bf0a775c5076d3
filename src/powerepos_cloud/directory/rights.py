"""What a client, an account or a family may have, read in one statement each: the token's hot reads.

Each statement reads the revocation number too, so that rights and number are of one snapshot (contract section 4).
Secrets are looked up by their keyed hash: a wrong one, an unknown owner and an unknown organisation miss the same index
at the same step, so neither the answer nor its time tells them apart.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from powerepos_cloud.foundation.database import Hot, Session
from powerepos_cloud.foundation.json_lists import load_list


class ProvedClient(msgspec.Struct, frozen=True):
    """A client that has shown its secret or key."""

    id: str
    grants: list[str]
    is_on: bool
    secret_id: int | None = None
    secret_last_used_at: int | None = None


class Instance(msgspec.Struct, frozen=True):
    """The instance of a service that an organisation is assigned to, and how its tokens are made. Lifetimes in seconds.

    `uri` None: it has none of this service, and then the rest means nothing.
    """

    uri: str | None
    alg: str
    access_seconds: int
    refresh_idle_seconds: int
    refresh_total_seconds: int


class Rights(msgspec.Struct, frozen=True):
    """What a token may say. `outlets` None means all outlets; `connection_id` None: not made yet."""

    organisation_id: int
    org_id: str
    kapow: str
    sub: str
    permissions: list[str]
    outlets: list[str] | None
    services: list[str] | None
    connection_id: int | None
    connection_state: str
    instance: Instance
    rev: int
    password_id: int | None = None
    password_last_used_at: int | None = None


_REV = "COALESCE((SELECT value FROM counters WHERE name = 'revocations'), 0)"
_SERVICE = "i.uri, sv.alg, sv.access_seconds, sv.refresh_idle_seconds, sv.refresh_total_seconds"

# Whether account a lets in the client {client}: it is bound by name, or the account is open to any partner and the
# organisation has not stopped this one.
_ADMITS = """(
        EXISTS (SELECT 1 FROM account_bindings b WHERE b.account_id = a.id AND b.client_id = {client})
        OR (a.any_partner AND NOT EXISTS (
          SELECT 1 FROM clients c JOIN stopped_partners st ON st.partner_id = c.partner_id
          WHERE c.id = {client} AND st.organisation_id = a.organisation_id)))"""

_CLIENT_BY_SECRET = Hot("""
    SELECT c.id, c.grants, c.state, s.id, s.last_used_at
    FROM client_secrets s JOIN clients c ON c.id = s.client_id
    WHERE s.hash = $1 AND s.client_id = $2 AND s.ended_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > $3)
""")

_CLIENT_KEYS = Hot("SELECT c.id, c.grants, c.state, c.jwks FROM clients c WHERE c.id = $1")

_BY_PASSWORD = Hot(f"""
    SELECT o.id, o.code, o.kapow, a.id, a.permissions, a.outlets, cn.id, cn.state, {_SERVICE}, {_REV},
           pw.id, pw.last_used_at
    FROM account_passwords pw
    JOIN accounts a ON a.id = pw.account_id
    JOIN organisations o ON o.id = a.organisation_id
    LEFT JOIN services sv ON sv.name = $5
    LEFT JOIN assignments g ON g.organisation_id = o.id AND g.service = $5
    LEFT JOIN instances i ON i.id = g.instance_id
    LEFT JOIN connections cn ON cn.client_id = $4 AND cn.sub = a.id AND cn.organisation_id = o.id
    WHERE pw.hash = $1 AND pw.account_id = $2 AND o.code_key = $3 AND a.state = 'active' AND o.state = 'active'
      AND pw.ended_at IS NULL AND (pw.expires_at IS NULL OR pw.expires_at > $6)
      AND ({_ADMITS.format(client="$4")} OR (a.any_partner AND cn.id IS NOT NULL))
""")  # noqa: S608 - joined from constants


_MAY_BEGIN = Hot(f"SELECT 1 FROM accounts a WHERE a.id = $1 AND {_ADMITS.format(client='$2')}")  # noqa: S608 - as above

_BY_APPROVAL = Hot(f"""
    SELECT o.id, o.code, o.kapow, cn.sub, cn.permissions, cn.outlets, cn.id, cn.state, {_SERVICE}, {_REV}, cn.services
    FROM connections cn
    JOIN organisations o ON o.id = cn.organisation_id
    LEFT JOIN services sv ON sv.name = $3
    LEFT JOIN assignments g ON g.organisation_id = o.id AND g.service = $3
    LEFT JOIN instances i ON i.id = g.instance_id
    WHERE cn.client_id = $1 AND cn.sub = $1 AND cn.kind = 'approved' AND o.code_key = $2 AND o.state = 'active'
""")  # noqa: S608 - joined from constants


def code_key(code: str) -> str:
    """An Organisation Code as it is compared: without letter case, and beyond ASCII as it is (`ſ` in capitals is `S`)."""
    return code.upper() if code.isascii() else code


async def client_by_secret(session: Session, client_id: str, secret_hash: bytes, now_ms: int) -> ProvedClient | None:
    """The client, if this hash is that of a live secret of it."""
    rows = await session.hot(_CLIENT_BY_SECRET, secret_hash, client_id, now_ms)
    if not rows:
        return None
    found_id, grants, state, secret_id, last_used = rows[0]
    return ProvedClient(found_id, load_list(grants), state == "active", secret_id, last_used)


async def client_keys(session: Session, client_id: str) -> tuple[ProvedClient, str | None] | None:
    """The client of this ID, not yet proved, with its JWKS as JSON text."""
    rows = await session.hot(_CLIENT_KEYS, client_id)
    if not rows:
        return None
    found_id, grants, state, jwks = rows[0]
    return ProvedClient(found_id, load_list(grants), state == "active"), jwks


async def by_password(
    session: Session, password_hash: bytes, account_id: str, org_id: str, client_id: str, service: str, now_ms: int
) -> Rights | None:
    """The account's rights, if all fit together: organisation, account, password, client and everybody's state."""
    rows = await session.hot(_BY_PASSWORD, password_hash, account_id, code_key(org_id), client_id, service, now_ms)
    if not rows:
        return None
    row = rows[0]
    return Rights(*_who(row), None, row[6], row[7] or "active", Instance(*row[8:13]), row[13], row[14], row[15])


async def may_begin(session: Session, account_id: str, client_id: str) -> bool:
    """Whether the account lets this client in that has no connection by it yet."""
    return bool(await session.hot(_MAY_BEGIN, account_id, client_id))


async def by_approval(session: Session, client_id: str, org_id: str, service: str) -> Rights | None:
    """The rights of the approved connection of this client to this organisation, whatever its state."""
    rows = await session.hot(_BY_APPROVAL, client_id, code_key(org_id), service)
    if not rows:
        return None
    row = rows[0]
    return Rights(*_who(row), load_list(row[14]), row[6], row[7], Instance(*row[8:13]), row[13])


def _who(row: Sequence[Any]) -> tuple[int, str, str, str, list[str], list[str] | None]:
    outlets = None if row[5] is None else load_list(row[5])
    return row[0], row[1], row[2], row[3], load_list(row[4]), outlets
