"""What the grants share: what they are given, and what they give back to the endpoint."""

from typing import Any

import msgspec

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.authserver.errors import InvalidGrant, InvalidRequest, UnauthorizedClient
from powerepos_cloud.authserver.scopes import Scope, permissions_for
from powerepos_cloud.authserver.store import add_family, connection_of_account, touch
from powerepos_cloud.authserver.throttle import Throttle
from powerepos_cloud.directory import stopping
from powerepos_cloud.directory.rights import ProvedClient, Rights, may_begin
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, Pending, Session
from powerepos_cloud.foundation.ids import new_id
from powerepos_cloud.foundation.secrets import SecretKind, generate
from powerepos_cloud.http.facts import RequestFacts
from powerepos_cloud.keyring.ring import KeyRing

_NOT_ADMITTED = (
    "Organisation Code, service account or password is wrong, or the account is not for this client: "
    "ask the organisation to check all three."
)
_TOUCH_EVERY_MS = 3_600_000
_TOLD_AFTER_END_MS = 30 * 86_400_000  # how long an expired token is still told apart from an unknown one


class Tools(msgspec.Struct, frozen=True):
    """What every grant works with. Durations in ms."""

    database: Database
    ring: KeyRing
    clock: Clock
    throttle: Throttle
    repeat_window_ms: int
    late_repeats: int
    busy_connections: set[int]
    """Connections that got a new family since housekeeping last looked."""


class Issue(msgspec.Struct, frozen=True):
    """A grant that succeeded: what the access token says, and what must be durable before the answer leaves."""

    rights: Rights
    scope: Scope
    permissions: list[str]
    grant_id: str
    now_ms: int
    refresh_token: str | None
    pending: "Pending[Any] | None"


def required(form: dict[str, str], *names: str) -> list[str]:
    """The values of required parameters. Raises `InvalidRequest` naming the first that is missing."""
    for name in names:
        if name not in form:
            raise InvalidRequest(f"The parameter {name} is missing or empty.", f"missing_{name}")
    return [form[name] for name in names]


def not_admitted(reason: str) -> InvalidGrant:
    """What is said, in one text, of all that may be wrong with an account's credentials."""
    return InvalidGrant(_NOT_ADMITTED, reason)


def check_connection(state: str) -> None:
    """Raises `UnauthorizedClient` if a connection in this state is paused or revoked."""
    if state == "paused":
        raise UnauthorizedClient("The organisation has paused this connection: it can resume it.", "connection_paused")
    if state == "revoked":
        raise UnauthorizedClient("The organisation has revoked this connection: only it can open it again.", "connection_revoked")


def start_grant(tools: Tools, client: ProvedClient, rights: Rights, scope: Scope, facts: RequestFacts, now_ms: int) -> Issue:
    """A new grant for proved rights: with its family if a refresh token is wanted, its connection if it is the first."""
    permissions = permissions_for(scope, rights)
    grant_id = new_id()
    refresh_token = generate(SecretKind.REFRESH_TOKEN) if scope.is_offline else None
    hashed = tools.ring.keys.hash(SecretKind.REFRESH_TOKEN, refresh_token) if refresh_token else None
    stale = _stale_secrets(client, rights, now_ms)
    if hashed is None and rights.connection_id is not None and not stale:
        return Issue(rights, scope, permissions, grant_id, now_ms, None, None)
    ends_at = now_ms + rights.instance.refresh_total_seconds * 1000
    delete_after = refresh_delete_after(rights, now_ms, ends_at)

    async def unit(session: Session) -> None:
        connection_id = rights.connection_id
        if connection_id is None:
            connection_id = await _first_use(session, client, rights, facts, now_ms)
        for table, row_id in stale:
            await touch(session, table, row_id, now_ms)
        if hashed is not None:
            await add_family(
                session,
                grant_id,
                connection_id,
                scope.service,
                scope.text,
                rights.rev,
                hashed,
                now_ms,
                ends_at,
                delete_after,
            )
            tools.busy_connections.add(connection_id)

    return Issue(rights, scope, permissions, grant_id, now_ms, refresh_token, tools.database.submit(unit))


def refresh_delete_after(rights: Rights, now_ms: int, ends_at: int) -> int:
    """When a family used now may be forgotten: some time after it can no longer be used."""
    return min(now_ms + rights.instance.refresh_idle_seconds * 1000, ends_at) + _TOLD_AFTER_END_MS


async def _first_use(session: Session, client: ProvedClient, rights: Rights, facts: RequestFacts, now_ms: int) -> int:
    """The connection by account, made now. Asks again, for a stop of the partner may have come since the rights were read.

    Raises `InvalidGrant`, `UnauthorizedClient`.
    """
    await stopping.hold_off(session, client.id)
    connection_id, state = await connection_of_account(session, client.id, rights.sub, rights.organisation_id, now_ms)
    if state is not None:
        check_connection(state)
    elif not await may_begin(session, rights.sub, client.id):
        raise not_admitted("stopped_meanwhile")
    else:
        await record(
            session,
            now_ms,
            Actor("client", client.id, facts.source, facts.request_id),
            "connection.made",
            ("service_account", rights.sub),
            kapow=rights.kapow,
            client_id=client.id,
        )
    return connection_id


def _stale_secrets(client: ProvedClient, rights: Rights, now_ms: int) -> list[tuple[str, int]]:
    """Secrets whose last use is to be noted: once an hour is enough to show it, and keeps the hot path short."""
    used = (
        ("client_secrets", client.secret_id, client.secret_last_used_at),
        ("account_passwords", rights.password_id, rights.password_last_used_at),
    )
    return [
        (table, row_id)
        for table, row_id, last_used in used
        if row_id is not None and (last_used is None or now_ms - last_used > _TOUCH_EVERY_MS)
    ]
