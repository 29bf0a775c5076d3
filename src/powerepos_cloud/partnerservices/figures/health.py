"""Is everything arriving: one line per integration of an outlet, and what was rejected in a range."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.figures import rules, store
from powerepos_cloud.partnerservices.figures.rules import Period
from powerepos_cloud.partnerservices.figures.sums import ZHead

BEATS = 48
BEAT_MS = 15 * 60_000
DAY_MS = 86_400_000
_DAYS_LOOKED_BACK = 35


class Strip(msgspec.Struct, frozen=True):
    """An integration at an outlet. `beats` are sales stored per quarter of an hour of the last twelve hours, `missed` items
    not stored; `rejected` counts those of 24 hours by code."""

    client_id: str
    client_name: str
    last_at: int | None
    open_zs: list[ZHead]
    overdue: int
    rejected: dict[str, int]
    beats: list[int]
    missed: list[int]


async def strips(session: Session, kapow: str, outlet_id: str, today: date, now_ms: int) -> list[Strip]:
    """The integrations that sent this outlet's sales in the last five weeks, the one heard of last first."""
    begin = today - timedelta(days=_DAYS_LOOKED_BACK)
    heads = [one.head for one in await store.zs(session, kapow, outlet_id, begin, today + timedelta(days=1), ())]
    by_client: dict[str, list[ZHead]] = {}
    for head in heads:
        by_client.setdefault(head.client_id, []).append(head)
    heard = await store.arrivals(session, kapow, sorted(by_client), outlet_id, now_ms - DAY_MS, now_ms + 1)
    found = [
        _strip(client_id, some, [one for one in heard if one.client_id == client_id], today, now_ms)
        for client_id, some in by_client.items()
    ]
    return sorted(found, key=lambda one: (-(one.last_at or 0), one.client_id))


def _strip(client_id: str, heads: Sequence[ZHead], heard: Sequence[store.Arrival], today: date, now_ms: int) -> Strip:
    begin = now_ms - BEATS * BEAT_MS
    beats, missed = [0] * BEATS, [0] * BEATS
    rejected: dict[str, int] = {}
    for one in heard:
        for code, number in one.rejected.items():
            rejected[code] = rejected.get(code, 0) + number
        place = (one.at - begin) // BEAT_MS
        if 0 <= place < BEATS:
            beats[place] += one.stored
            missed[place] += sum(one.rejected.values())
    open_zs = [head for head in heads if head.is_open and not head.is_training]
    return Strip(
        client_id,
        max(heads, key=lambda head: head.z_no).client_name,
        max((head.received_at for head in heads if head.received_at is not None), default=None),
        open_zs,
        sum(rules.is_overdue(head.day, today) for head in open_zs),
        rejected,
        beats,
        missed,
    )


class Health(msgspec.Struct, frozen=True):
    """Integration health of a range: what was rejected, by client and code, as far back as the log goes."""

    rejected: list[tuple[str, str, int]]
    stored: dict[str, int]


async def rejections(
    session: Session, kapow: str, outlet_id: str, clients: Sequence[str], since_ms: int, until_ms: int
) -> Health:
    """(client, code, items) that were not stored between two instants, the most first; and items stored by client."""
    counted: dict[tuple[str, str], int] = {}
    stored: dict[str, int] = {}
    for one in await store.arrivals(session, kapow, clients, outlet_id, since_ms, until_ms):
        stored[one.client_id] = stored.get(one.client_id, 0) + one.stored
        for code, number in one.rejected.items():
            counted[one.client_id, code] = counted.get((one.client_id, code), 0) + number
    found = [(client, code, number) for (client, code), number in counted.items()]
    return Health(sorted(found, key=lambda each: (-each[2], each[1], each[0])), stored)


def missing_days(traded: frozenset[date], span: Period, today: date) -> list[date]:
    """Past days of a range without sales that should have some; `traded` reaches back four weeks before it."""
    return [day for day in span.dates() if day < today and day not in traded and rules.is_usual(day, traded)]
