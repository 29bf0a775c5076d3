"""SQL of the request log, and its retention (contract section 7, end)."""

import re
from collections.abc import Mapping

import msgspec

from powerepos_cloud.foundation.database import Hot, Session

ROWS_KEPT_MS = 30 * 86_400_000
BODIES_KEPT_MS = 14 * 86_400_000
BODIES_MOST = 500
LARGEST_BODY = 256 * 1024

# A GUID may begin with as many digits as a card number has: it is taken first, and left as it is.
_GUID_OR_PAN = re.compile(r"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})|(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")

_ADD = Hot("""
    INSERT INTO request_log (id, kapow, client_id, outlet_id, endpoint, status, outcomes, client_request_id, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
""")
_ADD_BODY = Hot("""
    INSERT INTO request_bodies (id, kapow, client_id, body, answer, at) VALUES ($1, $2, $3, $4, $5, $6)
""")
_DROP_SURPLUS_BODIES = Hot("""
    DELETE FROM request_bodies WHERE id IN (
      SELECT id FROM request_bodies WHERE kapow = $1 AND client_id = $2 ORDER BY at DESC LIMIT 100 OFFSET $3
    )
""")
_DROP_OLD = Hot("DELETE FROM request_log WHERE id IN (SELECT id FROM request_log WHERE at < $1 ORDER BY at LIMIT $2) RETURNING 1")
_DROP_OLD_BODIES = Hot(
    "DELETE FROM request_bodies WHERE id IN (SELECT id FROM request_bodies WHERE at < $1 ORDER BY at LIMIT $2) RETURNING 1"
)


class Call(msgspec.Struct):
    """What is noted of a call. `outcomes` counts outcomes and codes; `body` and `answer` only for a batch that failed."""

    request_id: str
    client_request_id: str | None
    kapow: str
    client_id: str
    endpoint: str
    at: int
    outlet_id: str | None = None
    outcomes: Mapping[str, int] = {}
    body: bytes | None = None
    answer: bytes | None = None


async def add(session: Session, call: Call, status: int) -> None:
    """Note a call, and its redacted body if it has one; the oldest bodies beyond the most are forgotten."""
    outcomes = msgspec.json.encode(call.outcomes).decode()
    await session.hot(
        _ADD, call.request_id, call.kapow, call.client_id, call.outlet_id, call.endpoint, status, outcomes,
        call.client_request_id, call.at,
    )  # fmt: skip
    if call.body is None or call.answer is None or len(call.body) > LARGEST_BODY:
        return
    body, answer = redact(call.body), redact(call.answer)
    await session.hot(_ADD_BODY, call.request_id, call.kapow, call.client_id, body, answer, call.at)
    await session.hot(_DROP_SURPLUS_BODIES, call.kapow, call.client_id, BODIES_MOST)


def redact(raw: bytes) -> str:
    """The text of a body, with what could be a card number blacked out; GUIDs stay, since by them a record is found again."""
    text = raw.decode("utf-8", "replace").replace("\0", "")
    return _GUID_OR_PAN.sub(lambda found: found[1] or "[redacted]", text)


async def delete_outlived(session: Session, now_ms: int, limit: int) -> int:
    """Forget rows and bodies whose time is over, up to `limit` of each; how many went."""
    rows = await session.hot(_DROP_OLD, now_ms - ROWS_KEPT_MS, limit)
    bodies = await session.hot(_DROP_OLD_BODIES, now_ms - BODIES_KEPT_MS, limit)
    return max(len(rows), len(bodies))
