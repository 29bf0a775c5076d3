"""All pages behind a sign-in, read from the application's own route table: a new page joins these tests by itself."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from powerepos_cloud.directory import tables as t
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.json_lists import dump_list
from powerepos_cloud.partnerservices.catalogue import imports
from powerepos_cloud.partnerservices.catalogue.rules import Kind, ProductRow, SupplierCodeRow, SupplierRow, TaxGroup
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.webui.frame import OPT, Who
from tests.partnerservices.figures.trade import PLACES, TODAY, Trade
from tests.partnerservices.stock.shop import order
from tests.support.application import Running
from tests.support.desk import ACTOR, SALES
from tests.webui.house import House, LitHouse
from tests.webui.test_stock_orders import Stockroom


@dataclass(frozen=True)
class Page:
    """A registered page: `parameters` are the names in its path, in order."""

    method: str
    path: str
    parameters: tuple[str, ...]
    who: Who

    def filled(self, ids: dict[str, str]) -> str:
        """The address with these IDs in it."""
        return self.path.format(**ids)


def pages(app: Running) -> list[Page]:
    """Every page and deed behind a sign-in."""
    litestar: Any = app.app._app
    found = []
    for route in litestar.routes:
        for handler in getattr(route, "route_handlers", ()):
            who = handler.opt.get(OPT)
            if who is None or who.is_public:
                continue
            path = "".join("/" + (part if isinstance(part, str) else f"{{{part.name}}}") for part in route.path_components)
            names = tuple(part.name for part in route.path_components if not isinstance(part, str))
            found += [Page(str(method), path, names, who) for method in handler.http_methods if method in ("GET", "POST")]
    return found


THEIR_OUTLET = "Pontoon"
THEIR_PRODUCT = ProductRow(number=424_242, name="Lamington", group="Cakes", main_group="Bakery", tax_group="Lake Tax")
THEIR_SUPPLIER = "Lakeside Mills"


async def fill_lakeside(house: House | LitHouse) -> dict[str, str]:
    """Give the other organisation one of everything: path parameter → its ID. A new parameter is one line here."""
    world = house.world
    shared: dict[str, Any] = {
        "organisation_id": world.lakeside.id,
        "client_id": world.other_client.id,
        "state": "active",
        "valid_from": 0,
        "late_repeats": 0,
        "created_at": world.clock.now_ms(),
    }
    lists = {"services": dump_list(["partnerservices"]), "permissions": dump_list([SALES])}
    await world.run(insert(t.connections).values(sub=world.other_client.id, kind="approved", **lists, **shared))
    await world.run(insert(t.connections).values(sub=world.lakeside_account.id, kind="account", **shared))

    room = Stockroom(house.partnerservices, world.lakeside, world.other_client.id)
    await room.open()
    order_id = await room.send(order())
    trade = Trade(house.partnerservices)
    [place] = await trade.open(world.lakeside.kapow, PLACES[:1])
    sold = trade.sale(place, TODAY)
    z = (await trade.send(world.lakeside.kapow, place, TODAY, [sold])).z
    assert z is not None

    async def fill(session: Session) -> tuple[str, str]:
        now, kapow = world.clock.now_ms(), world.lakeside.kapow
        outlet = await outlets.add(session, now, ACTOR, kapow, name=THEIR_OUTLET, zone="Pacific/Auckland", currency="NZD")
        groups = [TaxGroup("Lake Tax", (None, None, None, None))]
        await imports.save(session, now, ACTOR, kapow, Kind.TAX_GROUPS, groups)
        await imports.save(session, now, ACTOR, kapow, Kind.PRODUCTS, [THEIR_PRODUCT])
        made = await imports.save(session, now, ACTOR, kapow, Kind.SUPPLIERS, [SupplierRow(name=THEIR_SUPPLIER)])
        code = SupplierCodeRow(supplier_name=THEIR_SUPPLIER, code="LAMB", number=THEIR_PRODUCT.number)
        await imports.save(session, now, ACTOR, kapow, Kind.SUPPLIER_CODES, [code])
        [supplier] = made.created
        return outlet.id, supplier.id  # type: ignore[union-attr]

    outlet_id, supplier_id = await house.partnerservices.write(fill)
    return {
        "account": world.lakeside_account.id,
        "client": world.other_client.id,
        "sub": world.lakeside_account.id,
        "partner": str(world.partners["Rival"]),
        "outlet": outlet_id,
        "number": str(THEIR_PRODUCT.number),
        "supplier": supplier_id,
        "order_id": order_id,
        "sale_id": sold["salesTransactionID"],
        "z_id": z.id,
    }


NOT_OURS = frozenset({"file", "day"})
"""Path parameters that name no organisation's thing: what such pages show is looked through all the same."""
