"""What failing lines may have meant: the catalogue's codes and tax groups that look like what was sent."""

from collections.abc import Mapping, Sequence

import msgspec
from powerepos.contract.codes import Codes
from powerepos.contract.stock import LineItemCandidate

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.catalogue import store as catalogue
from powerepos_cloud.partnerservices.catalogue.rules import SupplierCode
from powerepos_cloud.partnerservices.catalogue.similar import Similar
from powerepos_cloud.partnerservices.stock.intake import OfLine

Candidates = Mapping[tuple[str, object], Sequence[LineItemCandidate]]
"""By a fault's code and what was sent."""


class Known(msgspec.Struct, frozen=True):
    """What lines could mean: the supplier's codes with their products' names, and the names of tax groups."""

    codes: dict[str, tuple[SupplierCode, str]]
    tax_groups: list[str]


async def read_known(session: Session, kapow: str, supplier_id: str | None, faults: Sequence[OfLine]) -> Known:
    """As much of the catalogue as these faults ask for."""
    found = {one.fault.code for one in faults}
    wants_codes = supplier_id is not None and Codes.LINE_PRODUCT_UNKNOWN in found
    wants_groups = found & {Codes.LINE_TAX_GROUP_UNKNOWN, Codes.LINE_TAX_GROUP_MISSING}
    return Known(
        await catalogue.codes_with_names(session, kapow, supplier_id) if wants_codes and supplier_id is not None else {},
        [group.name for group in await catalogue.list_tax_groups(session, kapow)] if wants_groups else [],
    )


def candidates(known: Known, faults: Sequence[OfLine]) -> Candidates:
    """At most five for each fault, likest first. A thousand of them take tenths of a second: let a thread do it."""
    codes = {str(one.fault.actual) for one in faults if one.fault.code == Codes.LINE_PRODUCT_UNKNOWN}
    names = {str(one.fault.actual) for one in faults if one.fault.code == Codes.LINE_TAX_GROUP_UNKNOWN}
    found: dict[tuple[str, object], list[LineItemCandidate]] = {}
    for code, similar in catalogue.similar_codes(known.codes, codes).items() if known.codes else ():
        found[Codes.LINE_PRODUCT_UNKNOWN, code] = [
            LineItemCandidate(supplier_product_code=one.code, plu_number=one.number, plu_name=name) for one, name in similar
        ]
    alike = Similar(known.tax_groups)
    for name in names:
        found[Codes.LINE_TAX_GROUP_UNKNOWN, name] = _groups(alike.to(name, catalogue.MOST_CANDIDATES))
    found[Codes.LINE_TAX_GROUP_MISSING, None] = _groups(known.tax_groups[: catalogue.MOST_CANDIDATES])
    return found


def _groups(names: Sequence[str]) -> list[LineItemCandidate]:
    return [LineItemCandidate(tax_group_name=name) for name in names]
