"""What an organisation's catalogue said when it was last asked, for as long as it has not changed since.

A supplier's invoices name the same goods again and again: looking a thousand codes up costs more than storing their lines.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Any, Final

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.partnerservices.catalogue import store
from powerepos_cloud.partnerservices.catalogue.rules import Product, TaxGroup

MOST_FACTS: Final = 8192
"""Facts that are kept of all organisations together, or those of the last one asked for if they are more."""

_Ask = Callable[[Session, Collection[str]], Awaitable[Mapping[str, Any]]]


class Known:
    """What is known of one catalogue at one revision. Only what exists is remembered."""

    def __init__(self, kapow: str, stamp: store.Stamp) -> None:
        self.stamp = stamp
        self._kapow = kapow
        self._facts: dict[Hashable, dict[str, Any]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._facts.values()))

    async def products_by_supplier_code(self, session: Session, supplier_id: str, keys: Collection[str]) -> Mapping[str, Product]:
        """What this supplier's codes (`rules.code_key`) mean, and maybe more of them; codes that mean nothing are left out."""
        return await self._recall(
            session, supplier_id, keys, lambda held, asked: store.products_by_supplier_code(held, self._kapow, supplier_id, asked)
        )

    async def tax_groups_by_key(self, session: Session, keys: Collection[str]) -> Mapping[str, TaxGroup]:
        """The tax groups of these keys, and maybe more, as far as there are any."""
        return await self._recall(session, None, keys, lambda held, asked: store.tax_groups_by_key(held, self._kapow, asked))

    async def _recall(self, session: Session, what: Hashable, keys: Collection[str], ask: _Ask) -> dict[str, Any]:
        facts = self._facts.setdefault(what, {})
        unknown = [key for key in keys if key not in facts]
        if unknown:
            facts.update(await ask(session, unknown))
        return facts


class CatalogueMemory:
    """Catalogues as they are known, those of the organisations that were asked for last."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()

    async def of(self, session: Session, kapow: str) -> Known:
        """What is known of this catalogue as it is in the session's transaction."""
        stamp = await store.stamp(session, kapow)
        known = self._known.pop(kapow, None)
        if known is None or known.stamp != stamp:
            known = Known(kapow, stamp)
        while self._known and sum(map(len, self._known.values())) + len(known) > MOST_FACTS:
            self._known.popitem(last=False)
        self._known[kapow] = known
        return known
