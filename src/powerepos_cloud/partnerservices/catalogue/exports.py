"""What a catalogue's files are written from."""

from typing import Any

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.catalogue import columns, store
from powerepos_cloud.partnerservices.catalogue.rules import Item, Kind


async def rows(session: Session, kapow: str, kind: Kind) -> list[dict[str, Any]]:
    """Everything of this kind as files say it (`columns.values_of`); within one unit, so that it is of one moment."""
    groups = {group.key: group for group in await store.list_tax_groups(session, kapow)}
    suppliers = await store.list_suppliers(session, kapow)
    names = {supplier.id: supplier.name for supplier in suppliers}
    items: list[Item]
    if kind is Kind.TAX_GROUPS:
        items = [*groups.values()]
    elif kind is Kind.PRODUCTS:
        items = [*await store.list_products(session, kapow)]
    elif kind is Kind.SUPPLIERS:
        items = [*suppliers]
    else:
        place = {supplier.id: n for n, supplier in enumerate(suppliers)}
        codes = await store.list_supplier_codes(session, kapow)
        items = [*sorted(codes, key=lambda code: place[code.supplier_id])]
    return [columns.values_of(item, groups, names) for item in items]
