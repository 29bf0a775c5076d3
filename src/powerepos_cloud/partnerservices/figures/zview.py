"""One Z report with everything that its page shows, and the sales in it."""

import msgspec
from sqlalchemy import func, select

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.figures import store, sums, variance
from powerepos_cloud.partnerservices.figures.listing import SaleRow, rows_of
from powerepos_cloud.partnerservices.figures.sums import ZFigures, ZHead
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.outlets.trading_day import begin_of
from powerepos_cloud.partnerservices.sales.tables import sales

SALES_A_PAGE = 50


class ZView(msgspec.Struct, frozen=True):
    """A Z with its variance, what explains it, and what stands around it. `first` and `last` are outlet-local."""

    z: ZFigures
    first: str | None
    last: str | None
    before_id: str | None
    after_id: str | None
    siblings: list[ZHead]
    lines: list[variance.Line]
    reasons: list[str]


async def view(session: Session, kapow: str, z_id: str, now_ms: int) -> ZView:
    """The Z. Raises `NotFound`."""
    z = await store.z(session, kapow, z_id)
    head = z.head
    first, last = await store.first_and_last(session, kapow, head.z_no)
    before_id, after_id = await store.neighbours(session, kapow, head)
    of_day = await store.zs(session, kapow, head.outlet_id, head.day, head.day, ("all",))
    siblings = [one for one in of_day if _is_sibling(one.head, head)]
    lines = variance.compare(z)
    beside = await _beside(session, kapow, head, siblings, now_ms)
    return ZView(z, first, last, before_id, after_id, [one.head for one in siblings], lines, variance.reasons(z, lines, beside))


def _is_sibling(one: ZHead, head: ZHead) -> bool:
    same = (one.client_id, one.terminal_key, one.is_training, one.currency_code)
    return one.z_no != head.z_no and same == (head.client_id, head.terminal_key, head.is_training, head.currency_code)


async def _beside(session: Session, kapow: str, head: ZHead, siblings: list[ZFigures], now_ms: int) -> variance.Beside:
    later = sums.whole(one for one in siblings if one.head.seq > head.seq)
    count = gross = 0
    rejected: dict[str, int] = {}
    if head.control_at is not None:
        asked = select(func.count(), func.coalesce(func.sum(sales.c.gross), 0)).where(
            sales.c.kapow == kapow, sales.c.z_no == head.z_no, sales.c.received_at > head.control_at
        )
        row = await session.first(asked)
        assert row is not None
        count, gross = map(int, tuple(row))
        until = min(head.control_at + 1, now_ms)
        outlet = await outlets.get(session, kapow, head.outlet_id)
        since = min(head.opened_at, begin_of(head.day, outlet.zone, outlet.day_start))
        for arrival in await store.arrivals(session, kapow, [head.client_id], head.outlet_id, since, until):
            for code, number in arrival.rejected.items():
                rejected[code] = rejected.get(code, 0) + number
    return variance.Beside(count, gross, later.count, later.gross, rejected)


async def sales_of(session: Session, kapow: str, head: ZHead, page: int) -> list[SaleRow]:
    """A page (from 0) of the Z's sales in the order of the clock, and one more if there is more."""
    asked = (
        select(sales.c.sale_no)
        .where(sales.c.kapow == kapow, sales.c.z_no == head.z_no)
        .order_by(sales.c.closed_at, sales.c.sale_no)
        .limit(SALES_A_PAGE + 1)
        .offset(page * SALES_A_PAGE)
    )
    return await rows_of(session, kapow, [row[0] for row in await session.all(asked)])
