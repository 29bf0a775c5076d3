"""SQL of Z reports: finding, making, locking, finalising. Whoever writes into a Z holds its row until the commit."""

from collections.abc import Sequence

import msgspec

from powerepos_cloud.foundation.database import Hot, Session
from powerepos_cloud.foundation.ids import new_id
from powerepos_cloud.foundation.texts import compare_key

MOST_PER_DAY = 20
"""Zs of one key and trading date: the first, and further ones for late sales."""


class Target(msgspec.Struct, frozen=True):
    """What a Z is found by, within an outlet and for a client; names of the client's program are labels only."""

    trading_date: str
    terminal_name: str
    client_name: str
    client_version: str
    is_training: bool
    currency_code: str
    currency_symbol: str | None
    currency_name: str | None

    @property
    def terminal_key(self) -> str:
        """The terminal as it is compared: trimmed, without letter case."""
        return compare_key(self.terminal_name.strip())

    @property
    def key(self) -> tuple[str, str, bool, str]:
        """Two targets are the same Z if these are equal."""
        return self.trading_date, self.terminal_key, self.is_training, self.currency_code


class Z(msgspec.Struct, frozen=True):
    """A stored Z report."""

    z_no: int
    id: str
    outlet_id: str
    client_id: str
    trading_date: str
    terminal_name: str
    terminal_key: str
    is_training: int
    currency_code: str
    currency_symbol: str | None
    currency_name: str | None
    client_name: str
    client_version: str
    seq: int
    counter: int
    state: str
    finalised_at: str | None
    finalised_by: str | None

    @property
    def is_finalised(self) -> bool:
        """Whether nothing in it may change any more."""
        return self.state == "finalised"

    @property
    def target(self) -> Target:
        """The settings that it was made from."""
        return Target(
            self.trading_date, self.terminal_name, self.client_name, self.client_version, bool(self.is_training),
            self.currency_code, self.currency_symbol, self.currency_name,
        )  # fmt: skip


_COLUMNS = ", ".join(f"z.{name}" for name in Z.__struct_fields__)
_SAME = "z.kapow = $1 AND z.outlet_id = $2 AND z.trading_date = $3"
_KEY = f"{_SAME} AND z.client_id = $4 AND z.terminal_key = $5 AND z.is_training = $6 AND z.currency_code = $7"


def _locking(text: str) -> Hot:
    return Hot(f"{text} FOR UPDATE", text)


_BY_ID = _locking(f"SELECT {_COLUMNS} FROM z_reports z WHERE z.kapow = $1 AND z.id = $2")  # noqa: S608 - constants
_LAST = _locking(f"SELECT {_COLUMNS} FROM z_reports z WHERE {_KEY} ORDER BY z.seq DESC LIMIT 1")  # noqa: S608 - constants
_BY_NUMBERS = Hot(
    f"SELECT {_COLUMNS} FROM z_reports z WHERE z.kapow = $1 AND z.z_no = ANY($2::bigint[]) ORDER BY z.z_no FOR UPDATE",  # noqa: S608
    f"SELECT {_COLUMNS} FROM z_reports z WHERE z.kapow = $1 AND z.z_no IN (SELECT value FROM json_each($2)) ORDER BY z.z_no",  # noqa: S608
)
_OPEN_BEFORE = _locking(f"""
    SELECT {_COLUMNS} FROM z_reports z
    WHERE z.kapow = $1 AND z.outlet_id = $2 AND z.client_id = $3 AND z.is_training = $4 AND z.trading_date < $5
      AND z.state = 'open'
    ORDER BY z.z_no
""")  # noqa: S608 - constants
_SIBLINGS = Hot(f"SELECT z.z_no FROM z_reports z WHERE {_SAME} AND z.terminal_key = $4 AND z.is_training = $5")  # noqa: S608
_NEXT_COUNTER = Hot("""
    INSERT INTO z_counters (kapow, outlet_id, terminal_key, is_training, value) VALUES ($1, $2, $3, $4, 1)
    ON CONFLICT (kapow, outlet_id, terminal_key, is_training) DO UPDATE SET value = z_counters.value + 1 RETURNING value
""")
_ADD = Hot("""
    INSERT INTO z_reports (kapow, id, outlet_id, client_id, trading_date, terminal_name, terminal_key, is_training,
      currency_code, currency_symbol, currency_name, client_name, client_version, seq, counter, state, opened_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'open', $16) RETURNING z_no
""")
_FINALISE = Hot("""
    UPDATE z_reports SET state = 'finalised', finalised_at = $2, finalised_by = $3, control_totals = COALESCE($4, control_totals),
      control_at = CASE WHEN CAST($4 AS text) IS NULL THEN control_at ELSE $5 END, closed_at = $5
    WHERE z_no = $1 AND state = 'open' RETURNING z_no
""")
_NOTE_RECEIPT = Hot("UPDATE z_reports SET received_at = $2 WHERE z_no = $1")
_KEEP_CONTROL = Hot("UPDATE z_reports SET control_totals = $2, control_at = $3 WHERE z_no = $1 AND state = 'open'")


async def by_id(session: Session, kapow: str, z_id: str) -> Z | None:
    """The organisation's Z of this GUID, whoever's it is."""
    rows = await session.hot(_BY_ID, kapow, z_id)
    return Z(*rows[0]) if rows else None


async def by_numbers(session: Session, kapow: str, numbers: Sequence[int]) -> dict[int, Z]:
    """These Zs, held until the commit, by number."""
    if not numbers:
        return {}
    return {row[0]: Z(*row) for row in await session.hot(_BY_NUMBERS, kapow, session.listed(sorted(set(numbers))))}


async def last(session: Session, kapow: str, outlet_id: str, client_id: str, target: Target) -> Z | None:
    """The newest Z of this target's key; the only one that can be open."""
    trading_date, terminal_key, is_training, currency = target.key
    rows = await session.hot(_LAST, kapow, outlet_id, trading_date, client_id, terminal_key, int(is_training), currency)
    return Z(*rows[0]) if rows else None


async def make(session: Session, kapow: str, outlet_id: str, client_id: str, target: Target, seq: int, now_ms: int) -> Z:
    """A new open Z. Its counter is taken in this transaction, so that a rollback leaves no gap.

    Raises `UniqueViolation` if another sender made it at the same moment: run the unit again.
    """
    key = target.terminal_key
    counter: int = (await session.hot(_NEXT_COUNTER, kapow, outlet_id, key, int(target.is_training)))[0][0]
    z_id = new_id()
    rows = await session.hot(
        _ADD, kapow, z_id, outlet_id, client_id, target.trading_date, target.terminal_name.strip(), key,
        int(target.is_training), target.currency_code, target.currency_symbol, target.currency_name, target.client_name,
        target.client_version, seq, counter, now_ms,
    )  # fmt: skip
    return Z(
        rows[0][0], z_id, outlet_id, client_id, target.trading_date, target.terminal_name.strip(), key,
        int(target.is_training), target.currency_code, target.currency_symbol, target.currency_name, target.client_name,
        target.client_version, seq, counter, "open", None, None,
    )  # fmt: skip


async def finalise(session: Session, z: Z, finalised_at: str, by: str, control_totals: str | None, now_ms: int) -> bool:
    """Close a Z whose row is held; False if it was closed before."""
    return bool(await session.hot(_FINALISE, z.z_no, finalised_at, by, control_totals, now_ms))


async def note_receipt(session: Session, z: Z, now_ms: int) -> None:
    """Sales were stored in this Z, whose row is held."""
    await session.hot(_NOTE_RECEIPT, z.z_no, now_ms)


async def keep_control_totals(session: Session, z: Z, control_totals: str, now_ms: int) -> None:
    """Keep what the partner believes an open Z to hold, so that the merchant sees where the two differ."""
    await session.hot(_KEEP_CONTROL, z.z_no, control_totals, now_ms)


async def open_before(session: Session, kapow: str, z: Z) -> list[Z]:
    """This client's open Zs of the same outlet and training flag with an earlier trading date, held until the commit."""
    rows = await session.hot(_OPEN_BEFORE, kapow, z.outlet_id, z.client_id, z.is_training, z.trading_date)
    return [Z(*row) for row in rows]


async def siblings(session: Session, kapow: str, outlet_id: str, target: Target) -> list[int]:
    """The numbers of all Zs of the target's terminal and day, whichever client's: where an invoice number may recur."""
    rows = await session.hot(_SIBLINGS, kapow, outlet_id, target.trading_date, target.terminal_key, int(target.is_training))
    return [row[0] for row in rows]
