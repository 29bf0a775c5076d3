"""SQL of the figures: Zs with their kept totals, sales of a Z, what the request log tells of rejections."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import func, select

from powerepos_cloud.foundation.database import Hot, Session
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.partnerservices.figures.sums import ZFigures, ZHead
from powerepos_cloud.partnerservices.requestlog.tables import request_log
from powerepos_cloud.partnerservices.sales.tables import sales, z_reports
from powerepos_cloud.partnerservices.sales.totals import MEASURES, Cells

_HEAD = tuple(z_reports.c[name] for name in ZHead.__struct_fields__)
_HEADS_OF = f"SELECT {', '.join(ZHead.__struct_fields__)} FROM z_reports WHERE kapow = $1 AND outlet_id = $2"  # noqa: S608
_HEADS = Hot(f"{_HEADS_OF} AND trading_date BETWEEN $3 AND $4 ORDER BY trading_date, terminal_key, z_no")
_CELLS = Hot(
    "SELECT z_no, kind, key, label, measures FROM z_totals WHERE z_no = ANY($1::bigint[]) AND kind = ANY($2::text[])",
    """SELECT z_no, kind, key, label, measures FROM z_totals
       WHERE z_no IN (SELECT value FROM json_each($1)) AND kind IN (SELECT value FROM json_each($2))""",
)
_measures = msgspec.json.Decoder(list[int])
_outcomes = msgspec.json.Decoder(dict[str, int])


async def zs(session: Session, kapow: str, outlet_id: str, first: date, last: date, kinds: Collection[str]) -> list[ZFigures]:
    """The outlet's Zs of these trading days, training too, with these kinds of totals."""
    rows = await session.hot(_HEADS, kapow, outlet_id, first.isoformat(), last.isoformat())
    return await _with_cells(session, [ZHead(*row) for row in rows], kinds)


async def z(session: Session, kapow: str, z_id: str) -> ZFigures:
    """One Z of the organisation, with all of its totals. Raises `NotFound`, for another organisation's, too."""
    row = await session.first(select(*_HEAD).where(z_reports.c.kapow == kapow, z_reports.c.id == z_id))
    if row is None:
        raise NotFound("Z report", z_id)
    return (await _with_cells(session, [ZHead(*tuple(row))], tuple(MEASURES)))[0]


async def neighbours(session: Session, kapow: str, head: ZHead) -> tuple[str | None, str | None]:
    """The IDs of the Zs before and after this one on its terminal."""
    same = (
        z_reports.c.kapow == kapow, z_reports.c.outlet_id == head.outlet_id, z_reports.c.terminal_key == head.terminal_key,
        z_reports.c.is_training == head.is_training, z_reports.c.counter.in_([head.counter - 1, head.counter + 1]),
    )  # fmt: skip
    found = {row.counter: row.id for row in await session.all(select(z_reports.c.counter, z_reports.c.id).where(*same))}
    return found.get(head.counter - 1), found.get(head.counter + 1)


async def _with_cells(session: Session, heads: Sequence[ZHead], kinds: Collection[str]) -> list[ZFigures]:
    cells: dict[int, Cells] = {head.z_no: {} for head in heads}
    if heads and kinds:
        listed = session.listed(list(cells)), session.listed(sorted(kinds))
        for z_no, kind, key, label, measures in await session.hot(_CELLS, *listed):
            cells[z_no][kind, key] = label, _measures.decode(measures)
    return [ZFigures(head, cells[head.z_no]) for head in heads]


async def first_and_last(session: Session, kapow: str, z_no: int) -> tuple[str | None, str | None]:
    """When the first and the last sale of a Z were closed, on the outlet's clock."""
    asked = select(func.min(sales.c.closed_at), func.max(sales.c.closed_at))
    row = await session.first(asked.where(sales.c.kapow == kapow, sales.c.z_no == z_no))
    assert row is not None
    first, last = tuple(row)
    return first, last


async def first_day(session: Session, kapow: str, outlet_id: str) -> date | None:
    """The outlet's first trading day; None while nothing has arrived."""
    asked = select(func.min(z_reports.c.trading_date))
    found = await session.scalar(asked.where(z_reports.c.kapow == kapow, z_reports.c.outlet_id == outlet_id))
    return None if found is None else date.fromisoformat(found)


class Arrival(msgspec.Struct, frozen=True):
    """A batch in the request log: how many items were stored, and how many were not, by code."""

    client_id: str
    outlet_id: str
    at: int
    stored: int
    rejected: dict[str, int]


_WORDS = frozenset(("created", "replaced", "replayed", "rejected", "skipped"))


async def arrivals(
    session: Session, kapow: str, clients: Sequence[str], outlet_id: str, since_ms: int, until_ms: int
) -> list[Arrival]:
    """Batches of these clients for an outlet, the oldest first. The log is kept for 30 days, best effort."""
    asked = (
        select(request_log.c.client_id, request_log.c.outlet_id, request_log.c.at, request_log.c.outcomes)
        .where(
            request_log.c.kapow == kapow,
            request_log.c.client_id.in_(clients),
            request_log.c.outlet_id == outlet_id,
            request_log.c.endpoint.endswith("/sales/addbatch"),
            request_log.c.at >= since_ms,
            request_log.c.at < until_ms,
        )
        .order_by(request_log.c.at)
    )
    found = [_arrival(row) for row in await session.all(asked)]
    return [one for one in found if one is not None]


def _arrival(row: Any) -> Arrival | None:
    outcomes = _outcomes.decode(row.outcomes)
    if "validated" in outcomes:  # asked what would happen: nothing was to be stored
        return None
    codes = {word: count for word, count in outcomes.items() if word not in _WORDS}
    return Arrival(row.client_id, row.outlet_id, row.at, outcomes.get("created", 0) + outcomes.get("replaced", 0), codes)
