"""`/stock-orders`: supplier invoices that integrations sent, as they are stored, and what is odd about them."""

from typing import NamedTuple
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler
from powerepos.contract.codes import Codes
from powerepos.contract.results import ResultWarning

from powerepos_cloud.directory import counterparts
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.partnerservices.catalogue import store as catalogue
from powerepos_cloud.partnerservices.catalogue.rules import Supplier
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.stock import listing, reading
from powerepos_cloud.partnerservices.stock.differences import Difference, differences
from powerepos_cloud.partnerservices.stock.listing import OrderRow
from powerepos_cloud.partnerservices.stock.model import Order
from powerepos_cloud.partnerservices.stock.prices import PriceChange, unit_price
from powerepos_cloud.partnerservices.stock.reading import Found
from powerepos_cloud.partnerservices.wire import guid, trading_date
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, organisation
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup

_ROLES = ("owner", "manager", "viewer")
_PAGE = 50
_MOST_VERSIONS = 20
_MOST_DIFFERENCES = 100
_KINDS = {10: "Delivery", 11: "Discount", 12: "Surcharge", 100: "Rounding"}
_warnings = msgspec.json.Decoder(list[ResultWarning])


class _Row(NamedTuple):
    """An order of the list, with what its row tells of it."""

    order: OrderRow
    is_double: bool
    dearer: int


class _Listed(NamedTuple):
    outlets: list[Outlet]
    suppliers: list[Supplier]
    orders: list[OrderRow]


class _Version(NamedTuple):
    """A version, when it was received (ms), and what it changed: the first of it, and how much more."""

    number: int
    received_at: int
    changed: list[Difference]
    more: int


class _Shown(NamedTuple):
    found: Found
    changes: list[PriceChange]
    doubles: list[OrderRow]
    versions: list[_Version]
    """The newest first."""


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    async def listing(self, ask: Ask) -> Response[bytes]:
        """The orders, newest invoice first, narrowed as the filters say."""
        database = await self.frame.backroom.partnerservices(ask.viewer.organisation)
        filters = {name: ask.query(name) for name in ("outlet", "supplier", "from", "to")}
        ask.form = Form.of(**filters)
        first_day, last_day = self._date(ask, "from"), self._date(ask, "to")
        after = _read_place(ask.query("after"))

        async def unit(session: Session) -> _Listed:
            kapow = ask.viewer.organisation.kapow
            orders = await listing.list_orders(
                session, kapow, outlets=[filters["outlet"]] if filters["outlet"] else None,
                supplier_id=filters["supplier"] or None, first_day=first_day, last_day=last_day, after=after, limit=_PAGE + 1,
            )  # fmt: skip
            return _Listed(await outlets.listing(session, kapow), await catalogue.list_suppliers(session, kapow), orders)

        listed = await database.read(unit)
        shown = listed.orders[:_PAGE]
        kept = {name: value for name, value in filters.items() if value}
        older = ""
        if len(listed.orders) > _PAGE:
            older = "/stock-orders?" + urlencode({**kept, "after": f"{shown[-1].invoice_date}|{shown[-1].order_no}"})
        return self.frame.show(
            ask, "stock_orders.html", rows=[_row(order) for order in shown], choices=_choices(listed),
            is_narrowed=bool(kept), older=older,
            newest="/stock-orders" + (f"?{urlencode(kept)}" if kept else "") if after else "",
        )  # fmt: skip

    async def order(self, ask: Ask) -> Response[bytes]:
        """One order in its current or an older version."""
        order_id = guid(ask.value("order_id"))
        asked = ask.query("version")
        if order_id is None or (asked and not (asked.isascii() and asked.isdigit() and len(asked) < 7)):
            raise NotFound("stock order", ask.value("order_id"))
        database = await self.frame.backroom.partnerservices(ask.viewer.organisation)
        kapow = ask.viewer.organisation.kapow
        shown = await database.read_long(lambda session: _look(session, kapow, order_id, int(asked) if asked else None))
        sender = await self._sender(shown.found.client_id)
        return self.frame.show(ask, "stock_order.html", shown=shown, sender=sender, unit_price=_apiece, kinds=_KINDS)

    async def _sender(self, client_id: str) -> str:
        known = await counterparts.of_clients(self.frame.backroom.directory.reader, [client_id])
        return known[client_id].company_name if client_id in known else client_id

    @staticmethod
    def _date(ask: Ask, name: str) -> str | None:
        text = ask.query(name)
        if text and trading_date(text) is None:
            ask.form.blame(name, "Enter a date such as 2026-11-20.")
            return None
        return text or None


async def _look(session: Session, kapow: str, order_id: str, version: int | None) -> _Shown:
    found = await reading.find_order(session, kapow, order_id, version=version)
    if found is None:
        raise NotFound("stock order", order_id)
    versions: list[_Version] = []
    before: Order | None = None
    for one in found.versions[-_MOST_VERSIONS - 1 :]:
        read = await reading.find_order(session, kapow, order_id, version=one.version)
        assert read is not None  # it was listed in this snapshot
        changed = [] if before is None else differences(before, read.order)
        shown = changed[:_MOST_DIFFERENCES]
        versions.insert(0, _Version(one.version, one.received_at, shown, len(changed) - len(shown)))
        before = read.order
    changes = await reading.price_changes(session, kapow, found)
    return _Shown(found, changes, await reading.duplicates(session, kapow, found), versions[:_MOST_VERSIONS])


def _choices(listed: _Listed) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: value and label."""
    return {
        "outlets": [("", "All"), *((outlet.id, outlet.name) for outlet in listed.outlets)],
        "suppliers": [("", "All"), *((supplier.id, supplier.name) for supplier in listed.suppliers)],
    }


def _row(order: OrderRow) -> _Row:
    codes = [warning.code for warning in _warnings.decode(order.warnings)] if order.warnings else []
    return _Row(order, Codes.ORDER_INVOICE_DUPLICATE in codes, codes.count(Codes.LINE_PRICE_CHANGED))


def _apiece(quantity: int, amount: int) -> str:
    return unit_price(quantity, amount).replace("-", "\N{MINUS SIGN}")


def _read_place(text: str) -> tuple[str, int] | None:
    """The last row of the page before, as the link to older rows says it; None for anything else."""
    date, _, number = text.partition("|")
    return (date, int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else None


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [
        frame.get("/stock-orders", organisation(*_ROLES))(pages.listing),
        frame.get("/stock-orders/{order_id:str}", organisation(*_ROLES))(pages.order),
    ]


GROUP = PageGroup(_build, (Link(ORGANISATION, "Trading", "Stock orders", "/stock-orders", "box", _ROLES, 40),))
