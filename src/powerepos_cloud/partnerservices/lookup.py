"""Look-up of an instance's IDs, for support: a call, a sale, a Z or a stock order, and what happened around it.

It tells kinds, times, states and codes. Amounts, bodies, names of outlets and suppliers, and people stay with the merchant.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Table, select

from powerepos_cloud.audit.timeline import BAD, OK, RECORD, REQUEST, WARN, Event
from powerepos_cloud.foundation.database import Session, crossing
from powerepos_cloud.partnerservices.requestlog.tables import request_log
from powerepos_cloud.partnerservices.sales.tables import sale_versions, sales, z_reports
from powerepos_cloud.partnerservices.stock.tables import stock_order_versions, stock_orders

_PIECE = 500
"""How many organisations are asked for at once: each is one look into the index of (kapow, id)."""
_AROUND_MS = 10 * 60_000
_EACH_SIDE = 8
_VERSIONS = 20


class Trace(msgspec.Struct, frozen=True):
    """A record and its events. `facts` are label and value; `links` label and the ID of what it belongs to."""

    kind: str
    id: str
    state: str
    kapow: str
    client_id: str
    outlet_id: str | None
    facts: list[tuple[str, str]]
    links: list[tuple[str, str]]
    events: list[Event]


async def find(session: Session, kapows: Sequence[str], guid: str) -> list[Trace]:
    """Everything in this database that has this GUID, whichever of these organisations it belongs to."""
    found: list[Trace] = []
    call = await session.first(crossing(select(*_CALL).where(request_log.c.id == guid), "support looks up any ID"))
    if call is not None:
        found.append(await _call_trace(session, call))
    for start in range(0, len(kapows), _PIECE):
        piece = kapows[start : start + _PIECE]
        found += [await _sale_trace(session, row) for row in await _rows(session, sales, piece, guid)]
        found += [await _z_trace(session, row) for row in await _rows(session, z_reports, piece, guid)]
        found += [await _order_trace(session, row) for row in await _rows(session, stock_orders, piece, guid)]
    return found


async def calls(session: Session, pairs: Sequence[tuple[str, str]], each: int) -> list[Event]:
    """The newest calls of these (kapow, ClientID), at most `each` of one."""
    rows: list[Row[Any]] = []
    for kapow, client_id in pairs:
        own = (request_log.c.kapow == kapow, request_log.c.client_id == client_id)
        rows += await session.all(select(*_CALL).where(*own).order_by(request_log.c.at.desc()).limit(each))
    return [_event(row) for row in rows]


async def _rows(session: Session, table: Table, kapows: Sequence[str], guid: str) -> Sequence[Row[Any]]:
    return await session.all(select(*_SHOWN[table.name]).where(table.c.kapow.in_(kapows), table.c.id == guid))


async def _call_trace(session: Session, call: Row[Any]) -> Trace:
    own = (request_log.c.kapow == call.kapow, request_log.c.client_id == call.client_id)
    before = await _near(session, *own, request_log.c.at < call.at, request_log.c.at > call.at - _AROUND_MS, newest=True)
    after = await _near(session, *own, request_log.c.at >= call.at, request_log.c.at < call.at + _AROUND_MS, newest=False)
    events = [_event(row, is_it=row.id == call.id) for row in (*before, *after)]
    facts = [("Endpoint", call.endpoint), ("Status", str(call.status))]
    if call.client_request_id:
        facts.append(("X-Client-Request-ID", call.client_request_id))
    return Trace("request", call.id, _state_of(call), call.kapow, call.client_id, call.outlet_id, facts, [], events)


async def _sale_trace(session: Session, sale: Row[Any]) -> Trace:
    older = (
        select(sale_versions.c.version, sale_versions.c.received_at, sale_versions.c.warnings)
        .where(sale_versions.c.sale_no == sale.sale_no)
        .order_by(sale_versions.c.version.desc())
        .limit(_VERSIONS)
    )
    z = await session.first(select(*_SHOWN["z_reports"]).where(z_reports.c.kapow == sale.kapow, z_reports.c.z_no == sale.z_no))
    assert z is not None  # a sale is always in a Z
    versions = [*await session.all(older), sale]
    events = [_version_event("Sale", row, is_it=row is sale) for row in versions]
    events += _z_events(z)
    events += await _calls_at(session, sale, [row.received_at for row in versions[-3:]])
    facts = [("Version", str(sale.version)), ("Trading date", z.trading_date), ("Its Z", f"{z.state}, number {z.counter}")]
    return Trace("sale", sale.id, z.state, sale.kapow, sale.client_id, sale.outlet_id, facts, [("Z", z.id)], events)


async def _z_trace(session: Session, z: Row[Any]) -> Trace:
    events = _z_events(z, is_it=True)
    events += await _calls_at(session, z, [at for at in (z.opened_at, z.closed_at) if at is not None])
    facts = [("Trading date", z.trading_date), ("Number", str(z.counter)), ("Training", "yes" if z.is_training else "no")]
    return Trace("Z report", z.id, z.state, z.kapow, z.client_id, z.outlet_id, facts, [], events)


async def _order_trace(session: Session, order: Row[Any]) -> Trace:
    older = (
        select(stock_order_versions.c.version, stock_order_versions.c.received_at, stock_order_versions.c.warnings)
        .where(stock_order_versions.c.order_no == order.order_no)
        .order_by(stock_order_versions.c.version.desc())
        .limit(_VERSIONS)
    )
    versions = [*await session.all(older), order]
    events = [_version_event("Stock order", row, is_it=row is order) for row in versions]
    events += await _calls_at(session, order, [row.received_at for row in versions[-3:]])
    facts = [("Version", str(order.version))]
    return Trace("stock order", order.id, "stored", order.kapow, order.client_id, order.outlet_id, facts, [], events)


async def _calls_at(session: Session, record: Row[Any], instants: Sequence[int]) -> list[Event]:
    """The calls of a record's client that were under way when it was stored: one of them brought it."""
    found: list[Event] = []
    own = (request_log.c.kapow == record.kapow, request_log.c.client_id == record.client_id)
    for at in instants:
        near = await _near(session, *own, request_log.c.at <= at, request_log.c.at > at - 60_000, newest=True, most=2)
        found += [_event(row) for row in near]
    return found


async def _near(session: Session, *conditions: ColumnElement[bool], newest: bool, most: int = _EACH_SIDE) -> Sequence[Row[Any]]:
    order = request_log.c.at.desc() if newest else request_log.c.at
    return await session.all(select(*_CALL).where(*conditions).order_by(order, request_log.c.id).limit(most))


def _state_of(call: Row[Any]) -> str:
    codes = [name for name in msgspec.json.decode(call.outcomes) if "." in name or name in ("rejected", "skipped")]
    return BAD if call.status >= 400 else WARN if codes else OK


def _event(call: Row[Any], *, is_it: bool = False) -> Event:
    outcomes = ", ".join(f"{count} × {name}" for name, count in msgspec.json.decode(call.outcomes).items())
    words = f"{call.endpoint}{': ' + outcomes if outcomes else ''}"
    return Event(call.at, REQUEST, f"Call answered {call.status}", words, _state_of(call), call.id, is_it)


def _version_event(what: str, row: Row[Any], *, is_it: bool) -> Event:
    codes = sorted({warning["code"] for warning in msgspec.json.decode(row.warnings or "[]")})
    title = f"{what} stored" if row.version == 1 else f"{what} replaced"
    words = f"version {row.version}{', warned: ' + ', '.join(codes) if codes else ''}"
    return Event(row.received_at, RECORD, title, words, WARN if codes else OK, None, is_it)


def _z_events(z: Row[Any], *, is_it: bool = False) -> list[Event]:
    words = f"number {z.counter}, trading date {z.trading_date}"
    events = [Event(z.opened_at, RECORD, "Z opened", words, "", z.id, is_it)]
    if z.closed_at is not None:
        events.append(Event(z.closed_at, RECORD, "Z finalised", words, OK, z.id, is_it))
    return events


def _columns(table: Table, *names: str) -> tuple[ColumnElement[Any], ...]:
    return tuple(table.c[name] for name in ("id", "kapow", "client_id", "outlet_id", *names))


_CALL = _columns(request_log, "endpoint", "status", "outcomes", "client_request_id", "at")
_SHOWN = {
    "sales": _columns(sales, "sale_no", "z_no", "version", "warnings", "received_at"),
    "z_reports": _columns(z_reports, "z_no", "state", "counter", "trading_date", "is_training", "opened_at", "closed_at"),
    "stock_orders": _columns(stock_orders, "order_no", "version", "warnings", "received_at"),
}
