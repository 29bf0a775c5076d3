"""`/catalogue`: what sales and stock orders are read against: products, tax groups, suppliers and their codes."""

from urllib.parse import urlencode

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.foundation.database import Database
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.catalogue import browsing, rules, store
from powerepos_cloud.partnerservices.catalogue.rules import Kind, Product, TaxGroup
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, organisation
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup
from powerepos_cloud.webui.pages import catalogue_files, catalogue_suppliers
from powerepos_cloud.webui.pages.catalogue_editing import PATH, ROLES, form_of, save, tabs, tax_group_options

_PER_PAGE = 50
_LONGEST_NUMBER = 15


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    async def _open(self, ask: Ask) -> tuple[Database, str]:
        owned = ask.viewer.organisation
        return await self.frame.backroom.partnerservices(owned), owned.kapow

    async def products(self, ask: Ask) -> Response[bytes]:
        """Products, searched, a page at a time."""
        database, kapow = await self._open(ask)
        text, after = ask.query("search"), _whole(ask.query("after"))
        found = await database.read(
            lambda session: browsing.find_products(session, kapow, text, after=after, limit=_PER_PAGE + 1)
        )
        shown = found[:_PER_PAGE]
        searched = {"search": text} if text else {}
        ask.form = Form.of(search=text)
        return self.frame.show(
            ask,
            "catalogue.html",
            tabs=tabs(PATH),
            counts=await database.read(lambda session: browsing.counts(session, kapow)),
            products=shown,
            groups={group.key: group.name for group in await store.list_tax_groups(database.reader, kapow)},
            search=text,
            newest=f"{PATH}?{urlencode(searched)}" if after else "",
            older=f"{PATH}?{urlencode({**searched, 'after': shown[-1].number})}" if len(found) > _PER_PAGE else "",
        )

    async def product(self, ask: Ask) -> Response[bytes]:
        """A product, to be changed; without a number in the path a new one."""
        database, kapow = await self._open(ask)
        known = await self._product(ask, database, kapow)
        ask.form = Form.of(active="yes") if known is None else await form_of(database, kapow, known)
        return await self._product_form(ask, database, known)

    async def save_product(self, ask: Ask) -> Response[bytes]:
        """Store it. A new one whose number is taken is refused: it would change another product."""
        database, kapow = await self._open(ask)
        known = await self._product(ask, database, kapow)
        taken = None if known else await browsing.product(database.reader, kapow, ask.form.number("pluNumber") or 0)
        if taken is not None and compare_key(taken.name) != compare_key(ask.form.value("pluName")):
            ask.form.blame("pluNumber", f"PLU {taken.number} is {taken.name} already. Open that one to change it.")
            return await self._product_form(ask, database, known)
        fixed = None if known is None else {"pluNumber": str(known.number)}
        if await save(ask, database, Kind.PRODUCTS, fixed) is None:
            return await self._product_form(ask, database, known)
        return self.frame.go(ask, PATH, f"{ask.form.value('pluName')} is saved.")

    async def _product(self, ask: Ask, database: Database, kapow: str) -> Product | None:
        if "number" not in ask.request.path_params:
            return None
        found = await browsing.product(database.reader, kapow, _whole(ask.value("number")))
        if found is None:
            raise NotFound("product", ask.value("number"))
        return found

    async def _product_form(self, ask: Ask, database: Database, known: Product | None) -> Response[bytes]:
        options = await tax_group_options(database, ask.viewer.organisation.kapow)
        status = 200 if ask.form.is_sound else 422
        return self.frame.show(ask, "catalogue_product.html", status=status, product=known, tax_groups=options)

    async def tax_groups(self, ask: Ask) -> Response[bytes]:
        """Tax groups, with their taxes in words."""
        database, kapow = await self._open(ask)
        groups = await store.list_tax_groups(database.reader, kapow)
        rows = [(group, taxes(group), urlencode({"name": group.name})) for group in groups]
        return self.frame.show(ask, "catalogue_tax_groups.html", tabs=tabs(f"{PATH}/tax-groups"), rows=rows)

    async def tax_group(self, ask: Ask) -> Response[bytes]:
        """A tax group, to be changed; without a name a new one."""
        database, kapow = await self._open(ask)
        name = ask.query("name")
        if not name:
            ask.form = Form.of(exempt="no", tax1Kind="inclusive")
            return self.frame.show(ask, "catalogue_tax_group.html", known=None)
        found = (await store.tax_groups_by_key(database.reader, kapow, [compare_key(name)])).get(compare_key(name))
        if found is None:
            raise NotFound("tax group", name)
        ask.form = await form_of(database, kapow, found)
        return self.frame.show(ask, "catalogue_tax_group.html", known=found)

    async def save_tax_group(self, ask: Ask) -> Response[bytes]:
        """Store it; it is known by its name."""
        database, kapow = await self._open(ask)
        if await save(ask, database, Kind.TAX_GROUPS) is None:
            key = compare_key(ask.form.value("taxGroupName"))
            known = (await store.tax_groups_by_key(database.reader, kapow, [key])).get(key)
            return self.frame.show(ask, "catalogue_tax_group.html", status=422, known=known)
        return self.frame.go(ask, f"{PATH}/tax-groups", f"{ask.form.value('taxGroupName')} is saved.")


def taxes(group: TaxGroup) -> str:
    """The taxes of a group in one line."""
    said = [
        f"{level.name} {rules.rate_text(level.rate)} %, {'in the price' if level.inclusive else 'added to the price'}"
        for level in group.levels
        if level is not None
    ]
    return "; ".join(said) or "Exempt: no tax is due"


def _whole(text: str) -> int:
    """The number that a text is; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    seen, done = organisation(*ROLES), organisation(*ROLES, view_as=False)
    return [
        frame.get(PATH, seen)(pages.products),
        frame.get(f"{PATH}/products/new", done)(pages.product),
        frame.post(f"{PATH}/products/new", done)(pages.save_product),
        frame.get(f"{PATH}/products/{{number:str}}", seen)(pages.product),
        frame.post(f"{PATH}/products/{{number:str}}", done)(pages.save_product),
        frame.get(f"{PATH}/tax-groups", seen)(pages.tax_groups),
        frame.get(f"{PATH}/tax-groups/one", seen)(pages.tax_group),
        frame.post(f"{PATH}/tax-groups/one", done)(pages.save_tax_group),
        *catalogue_suppliers.build(frame, seen, done),
        *catalogue_files.build(frame, done),
    ]


GROUP = PageGroup(_build, (Link(ORGANISATION, "Set-up", "Catalogue", PATH, "book", ROLES, 70),))
