"""Which outlet, supplier, products and tax groups an order means, by the organisation's catalogue (contract section 8)."""

from collections.abc import Sequence

import msgspec
from powerepos.contract.codes import Codes
from powerepos.contract.stock import StockItemStringItemType

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.partnerservices.catalogue import store as catalogue
from powerepos_cloud.partnerservices.catalogue.memory import CatalogueMemory, Known
from powerepos_cloud.partnerservices.catalogue.rules import Product, Supplier, code_key
from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.outlets.currencies import DECIMALS
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.partnerservices.stock.failures import outlet_closed, outlet_unresolved
from powerepos_cloud.partnerservices.stock.intake import Intake, OfLine
from powerepos_cloud.partnerservices.stock.model import NO_TAX, Line, SentLine, SentOrder
from powerepos_cloud.partnerservices.stock.rules import STOCK_ITEMS, check_whole
from powerepos_cloud.partnerservices.stock.taxes import Rates, rates_of
from powerepos_cloud.partnerservices.wire import Fault
from powerepos_cloud.resourceserver.caller import Caller

_ROUNDING = StockItemStringItemType.ROUNDING_LINE
_UNTAXED = (NO_TAX, NO_TAX)
_GROUP_EXPECTED = "a tax group of the catalogue"


async def find_outlet(session: Session, caller: Caller, intake: Intake) -> Outlet:
    """The outlet that the order names, by ID, by name, or by both if they agree. Raises `OrderFailed`."""
    wanted_id, name = intake.outlet_id, intake.outlet_name
    if wanted_id is None and name is None:
        raise outlet_unresolved(intake, Codes.FIELD_MISSING, "/outletID", "Name the outlet: send outletID or outletName.")
    if wanted_id is not None:
        found = await outlets.find(session, caller.kapow, wanted_id)
        if found is None:
            told = "There is no outlet with this outletID in your organisation."
            raise outlet_unresolved(intake, Codes.OUTLET_NOT_FOUND, "/outletID", told, wanted_id)
        if name is not None and compare_key(found.name) != compare_key(name):
            told = "outletID and outletName are not those of one outlet: send one of them, or make them agree."
            raise outlet_unresolved(intake, Codes.OUTLET_MISMATCH, "/outletName", told, name, "the name of the outlet of this ID")
    else:
        assert name is not None
        found = _by_name(await outlets.listing(session, caller.kapow), name, intake)
    pointer = "/outletID" if wanted_id is not None else "/outletName"
    if not caller.may_use_outlet(found.id):
        raise outlet_closed(Codes.OUTLET_FORBIDDEN, pointer, "The organisation has not granted you this outlet.")
    if not found.stock_enabled:
        told = "Stock is switched off at this outlet: ask the merchant to switch it on."
        raise outlet_closed(Codes.OUTLET_STOCK_DISABLED, pointer, told)
    return found


def _by_name(known: Sequence[Outlet], name: str, intake: Intake) -> Outlet:
    same = [outlet for outlet in known if compare_key(outlet.name) == compare_key(name)]
    if not same:
        told = "There is no outlet with this outletName in your organisation."
        raise outlet_unresolved(intake, Codes.OUTLET_NOT_FOUND, "/outletName", told, name)
    if len(same) > 1:
        told = f"{len(same)} outlets of your organisation have this name: send outletID."
        raise outlet_unresolved(intake, Codes.OUTLET_AMBIGUOUS, "/outletName", told, name)
    return same[0]


async def find_supplier(session: Session, kapow: str, order: SentOrder) -> Supplier | Fault:
    """The supplier that the order names, by ID, by name, or by both if they agree; else what is wrong."""
    wanted_id, name, expected = order.supplier_id, order.supplier_name, "a supplier of the organisation"
    if wanted_id is not None:
        found = await catalogue.supplier_by_id(session, kapow, wanted_id)
        if found is None:
            told = "There is no supplier with this supplierID in your organisation."
            return Fault(Codes.SUPPLIER_NOT_FOUND, "/supplierID", told, expected, wanted_id)
        if name is not None and found.key != compare_key(name):
            told = "supplierID and supplierName are not those of one supplier: send one of them, or make them agree."
            return Fault(Codes.SUPPLIER_MISMATCH, "/supplierName", told, "the name of the supplier of this ID", name)
        return found
    if name is None:
        return Fault(Codes.FIELD_MISSING, "/supplierID", "Name the supplier: send supplierID or supplierName.", expected)
    found = await catalogue.supplier_by_name(session, kapow, name)
    if found is None:
        told = "There is no supplier with this supplierName in your organisation."
        return Fault(Codes.SUPPLIER_NOT_FOUND, "/supplierName", told, expected, name)
    return found


class Resolved(msgspec.Struct):
    """The lines as far as they could be resolved, the rates in the order of their first use, and what is wrong."""

    lines: list[Line]
    used: list[Rates]
    faults: list[OfLine]


async def resolve_lines(
    session: Session, memory: CatalogueMemory, kapow: str, supplier: Supplier, intake: Intake, currency: str
) -> Resolved:
    """Products, tax groups and taxes of every line."""
    assert intake.order is not None
    resolver = _Resolver(supplier, currency)
    await resolver.load(session, await memory.of(session, kapow), intake.order.lines)
    for place, sent in zip(intake.places, intake.order.lines, strict=True):
        resolver.resolve(place, sent)
    return Resolved(resolver.lines, list(resolver.used.values()), resolver.faults)


class _Resolver:
    def __init__(self, supplier: Supplier, currency: str) -> None:
        self.lines: list[Line] = []
        self.used: dict[str, Rates] = {}
        self.faults: list[OfLine] = []
        self._supplier = supplier
        self._currency, self._decimals = currency, DECIMALS[currency]
        self._products: dict[str, Product] = {}
        self._rates: dict[str, Rates] = {}
        self._findings = Findings()

    async def load(self, session: Session, known: Known, lines: Sequence[SentLine]) -> None:
        """Everything of the catalogue that the lines may mean."""
        codes = {code_key(line.product_code) for line in lines if line.product_code is not None and line.type in STOCK_ITEMS}
        found_products = await known.products_by_supplier_code(session, self._supplier.id, codes)
        self._products = {code: found_products[code] for code in codes if code in found_products}
        groups = {compare_key(line.tax_group) for line in lines if line.tax_group is not None}
        groups |= {product.tax_group for product in self._products.values() if product.tax_group is not None}
        groups |= {self._supplier.tax_group} if self._supplier.tax_group is not None else set()
        found = await known.tax_groups_by_key(session, groups)
        self._rates = {key: rates_of(found[key]) for key in groups if key in found}

    def resolve(self, place: int, sent: SentLine) -> None:
        """The next line."""
        code = product = None
        is_item = sent.type in STOCK_ITEMS
        if is_item and sent.product_code is not None:
            code = code_key(sent.product_code)
            product = self._products.get(code)
            if product is None:
                told = f"{self._supplier.name} has no product with this code: map it in the catalogue, or send another."
                expected = "a code of this supplier in the catalogue"
                self._findings.reject(Codes.LINE_PRODUCT_UNKNOWN, "/supplierProductCode", told, expected, sent.product_code)
        rates = None if sent.type == _ROUNDING else self._rates_for(sent, product, is_item=is_item)
        if not self._decimals:
            check_whole(sent, self._currency, self._findings)
        if self._findings.faults:
            self.faults += [OfLine(place, fault) for fault in self._findings.faults]
            self._findings.faults.clear()
            return
        number, name = (None, None) if product is None else (product.number, product.name)
        group, (inc, ex) = (None, _UNTAXED) if rates is None else (rates.name, rates.on(sent.amount))
        self.lines.append(
            Line(sent.id, sent.type, sent.description, sent.quantity, sent.amount, code, number, name, group, inc, ex)
        )

    def _rates_for(self, sent: SentLine, product: Product | None, *, is_item: bool) -> Rates | None:
        """The line's tax group by its name; else the product's, else the supplier's default."""
        if sent.tax_group is not None:
            rates = self._rates.get(compare_key(sent.tax_group))
            if rates is None:
                told = "There is no tax group of this name in the catalogue: send another, or none for the default."
                self._findings.reject(Codes.LINE_TAX_GROUP_UNKNOWN, "/taxGroupName", told, _GROUP_EXPECTED, sent.tax_group)
                return None
        elif is_item and product is None:
            return None  # the unknown product is what is wrong
        else:
            default = product.tax_group if product is not None and product.tax_group is not None else self._supplier.tax_group
            if default is None:
                told = "Neither this line nor the supplier has a tax group."
                told = told if product is None else "Neither this line, its product nor the supplier has a tax group."
                told = f"{told} Send taxGroupName."
                self._findings.reject(Codes.LINE_TAX_GROUP_MISSING, "/taxGroupName", told, _GROUP_EXPECTED)
                return None
            rates = self._rates[default]
        self.used.setdefault(rates.name, rates)
        return rates
