"""Refusals of proved clients, for their partner to read: written after the answer, best effort (contract section 7, end).

Only what was sent is kept, never the private reason: reading the log must tell no more than the answers did.
"""

import asyncio
import re
from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import delete, insert, select

from powerepos_cloud.authserver.errors import OAuthError
from powerepos_cloud.authserver.tables import refused_calls as table
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.http.facts import RequestFacts
from powerepos_cloud.observability.logs import Log

KEPT_MS = 30 * 86_400_000
MOST = 1000
ENDPOINT = "POST /authorisation/token"

_SURPLUS = 50
_WORTH = (400, 401)
"""Statuses that tell the partner something to mend; a 429 stands for one of these, a 503 is ours."""
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,14}[A-Za-z0-9]")


class RefusedCall(msgspec.Struct, frozen=True):
    """A refusal by the token endpoint. `asked_org_id` is what the client asked for, known or not. `at` in ms."""

    id: str
    client_id: str
    grant_type: str | None
    asked_org_id: str | None
    status: int
    error: str
    description: str
    client_request_id: str | None
    at: int


_COLUMNS = tuple(table.c[name] for name in RefusedCall.__struct_fields__)


class RefusalLog:
    """Notes refusals; a call never fails, nor waits, because it could not be noted."""

    def __init__(self, database: Database, clock: Clock, log: Log, grants: Collection[str]) -> None:
        self._database = database
        self._clock = clock
        self._log = log
        self._grants = frozenset(grants)

    def note(self, refusal: OAuthError, form: Mapping[str, str], facts: RequestFacts) -> None:
        """Note a refusal whose client was proved; any other leaves nothing."""
        if refusal.client_id is None or refusal.status not in _WORTH:
            return
        grant_type, org_id = form.get("grant_type"), form.get("org_id", "")
        call = RefusedCall(
            facts.request_id,
            refusal.client_id,
            grant_type if grant_type in self._grants else None,
            org_id.upper() if _CODE.fullmatch(org_id) else None,
            refusal.status,
            refusal.error,
            refusal.description,
            facts.client_request_id,
            self._clock.now_ms(),
        )
        self._database.submit(lambda session: add(session, call)).durable.add_done_callback(self._look)

    def _look(self, done: "asyncio.Future[None]") -> None:
        if not done.cancelled() and done.exception() is not None:
            self._log.warning("refusal_log.lost", reason=type(done.exception()).__name__)


async def add(session: Session, call: RefusedCall) -> None:
    """Note a refusal; the client's oldest beyond the most are forgotten."""
    await session.run(insert(table).values(msgspec.structs.asdict(call)))
    surplus = select(table.c.id).where(table.c.client_id == call.client_id).order_by(table.c.at.desc(), table.c.id.desc())
    await session.run(delete(table).where(table.c.id.in_(surplus.limit(_SURPLUS).offset(MOST))))


async def of_clients(
    session: Session,
    client_ids: Collection[str],
    limit: int,
    before: tuple[int, str] | None = None,
    asked_org_id: str = "",
) -> list[RefusedCall]:
    """The newest refusals of these clients first; `before` is the instant and ID to go on after."""
    statement = select(*_COLUMNS).where(table.c.client_id.in_(list(client_ids)))
    if asked_org_id:
        statement = statement.where(table.c.asked_org_id == asked_org_id)
    if before is not None:
        at, last_id = before
        statement = statement.where((table.c.at < at) | ((table.c.at == at) & (table.c.id < last_id)))
    rows = await session.all(statement.order_by(table.c.at.desc(), table.c.id.desc()).limit(limit))
    return [RefusedCall(*tuple(row)) for row in rows]


async def find(session: Session, client_ids: Collection[str], request_id: str) -> RefusedCall | None:
    """The refusal of this request ID, if it is one of these clients'."""
    wanted = select(*_COLUMNS).where(table.c.id == request_id, table.c.client_id.in_(list(client_ids)))
    row = await session.first(wanted)
    return None if row is None else RefusedCall(*tuple(row))


async def delete_outlived(session: Session, now_ms: int, limit: int) -> int:
    """Forget refusals whose time is over, up to `limit`; how many went."""
    old = select(table.c.id).where(table.c.at < now_ms - KEPT_MS).order_by(table.c.at).limit(limit)
    return len(await session.all(delete(table).where(table.c.id.in_(old)).returning(table.c.id)))
