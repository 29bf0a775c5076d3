"""Suppliers, and what their own codes for products mean: by these a supplier's invoice is read."""

from urllib.parse import urlencode

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.foundation.database import Database
from powerepos_cloud.foundation.refusals import Invalid, NotFound
from powerepos_cloud.partnerservices.catalogue import browsing, rules, store
from powerepos_cloud.partnerservices.catalogue.rules import Kind, Supplier
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, Who
from powerepos_cloud.webui.pages.catalogue_editing import PATH, form_of, save, tabs, tax_group_options

_SUPPLIERS = f"{PATH}/suppliers"
_PER_PAGE = 50


class _Suppliers:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    async def _open(self, ask: Ask) -> tuple[Database, str]:
        owned = ask.viewer.organisation
        return await self.frame.backroom.partnerservices(owned), owned.kapow

    async def listing(self, ask: Ask) -> Response[bytes]:
        """All suppliers."""
        database, kapow = await self._open(ask)
        groups = {group.key: group.name for group in await store.list_tax_groups(database.reader, kapow)}
        found = await store.list_suppliers(database.reader, kapow)
        return self.frame.show(ask, "catalogue_suppliers.html", tabs=tabs(_SUPPLIERS), suppliers=found, groups=groups)

    async def new(self, ask: Ask) -> Response[bytes]:
        """The form of a new supplier."""
        database, _ = await self._open(ask)
        ask.form = Form()
        return await self._form(ask, database, None)

    async def add(self, ask: Ask) -> Response[bytes]:
        """Store it; it is known by its name, so that a form sent twice makes one."""
        database, kapow = await self._open(ask)
        if await save(ask, database, Kind.SUPPLIERS, {"supplierID": ""}) is None:
            return await self._form(ask, database, None)
        made = await store.supplier_by_name(database.reader, kapow, ask.form.value("supplierName"))
        assert made is not None
        return self.frame.go(ask, f"{_SUPPLIERS}/{made.id}", f"{made.name} is saved.")

    async def one(self, ask: Ask) -> Response[bytes]:
        """A supplier, and its codes."""
        database, kapow = await self._open(ask)
        supplier = await self._supplier(ask, database, kapow)
        ask.form = await form_of(database, kapow, supplier)
        return await self._form(ask, database, supplier)

    async def edit(self, ask: Ask) -> Response[bytes]:
        """Change it."""
        database, kapow = await self._open(ask)
        supplier = await self._supplier(ask, database, kapow)
        if await save(ask, database, Kind.SUPPLIERS, {"supplierID": supplier.id}) is None:
            return await self._form(ask, database, supplier)
        return self.frame.go(ask, f"{_SUPPLIERS}/{supplier.id}", f"{ask.form.value('supplierName')} is saved.")

    async def set_code(self, ask: Ask) -> Response[bytes]:
        """Say which product a code means: a new code, or another product for one that is there."""
        database, kapow = await self._open(ask)
        supplier = await self._supplier(ask, database, kapow)
        fixed = {"supplierID": supplier.id, "supplierName": supplier.name}
        if await save(ask, database, Kind.SUPPLIER_CODES, fixed) is None:
            typed = {name: ask.form.value(name) for name in ("supplierProductCode", "pluNumber")}
            faults = ask.form.faults
            ask.form = (await form_of(database, kapow, supplier)).beside(**typed)
            ask.form.faults = faults
            return await self._form(ask, database, supplier)
        said = f"{ask.form.value('supplierProductCode')} means PLU {ask.form.value('pluNumber')} from now on."
        return self.frame.go(ask, f"{_SUPPLIERS}/{supplier.id}", said)

    async def _supplier(self, ask: Ask, database: Database, kapow: str) -> Supplier:
        try:
            found = await store.supplier_by_id(database.reader, kapow, rules.supplier_id(ask.value("supplier")))
        except Invalid:
            found = None
        if found is None:
            raise NotFound("supplier", ask.value("supplier"))
        return found

    async def _form(self, ask: Ask, database: Database, supplier: Supplier | None) -> Response[bytes]:
        kapow, after = ask.viewer.organisation.kapow, ask.query("after")
        codes = []
        if supplier is not None:
            codes = await browsing.find_codes(database.reader, kapow, supplier.id, after=after, limit=_PER_PAGE + 1)
        at = "" if supplier is None else f"{_SUPPLIERS}/{supplier.id}"
        shown = codes[:_PER_PAGE]
        return self.frame.show(
            ask,
            "catalogue_supplier.html",
            status=200 if ask.form.is_sound else 422,
            supplier=supplier,
            codes=shown,
            tax_groups=await tax_group_options(database, kapow),
            newest=at if after else "",
            older=f"{at}?{urlencode({'after': shown[-1][0].code})}" if len(codes) > _PER_PAGE else "",
        )


def build(frame: Frame, seen: Who, done: Who) -> list[ControllerRouterHandler]:
    """The handlers, for `catalogue`."""
    pages = _Suppliers(frame)
    one = f"{_SUPPLIERS}/{{supplier:str}}"
    return [
        frame.get(_SUPPLIERS, seen)(pages.listing),
        frame.get(f"{_SUPPLIERS}/new", done)(pages.new),
        frame.post(f"{_SUPPLIERS}/new", done)(pages.add),
        frame.get(one, seen)(pages.one),
        frame.post(one, done)(pages.edit),
        frame.post(f"{one}/codes", done)(pages.set_code),
    ]
