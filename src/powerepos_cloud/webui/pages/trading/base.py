"""What the merchant's trading pages share: which outlet is looked at, in which currency, from which database."""

from collections.abc import Collection, Sequence
from urllib.parse import urlencode

import msgspec

from powerepos_cloud.directory import counterparts
from powerepos_cloud.directory.counterparts import Counterpart
from powerepos_cloud.foundation.database import Database
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.partnerservices.figures import days
from powerepos_cloud.partnerservices.figures.definitions import DEFINITIONS
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.frame import Frame, organisation

EVERYBODY = organisation("owner", "manager", "viewer")
EXPORTS = organisation("owner", "manager", "viewer", view_as=False)
DEEDS = organisation("owner", "manager", view_as=False)
ROLES = ("owner", "manager", "viewer")


class Place(msgspec.Struct, frozen=True):
    """The organisation's outlets, and the one at hand; `currency` is that outlet's, or another that was asked for."""

    database: Database
    kapow: str
    outlets: list[Outlet]
    outlet: Outlet
    currency: str
    clock: days.Clock

    def query(self, **more: str) -> str:
        """The part of an address that leads to this outlet and currency again."""
        asked = {"outlet": self.outlet.id, **more}
        if self.currency != self.outlet.currency:
            asked["currency"] = self.currency
        return "?" + urlencode({name: value for name, value in asked.items() if value})

    def tabs(self, path: str, **more: str) -> list[tuple[str, str, bool]]:
        """A tab per outlet: label, address, whether it is the one at hand."""
        return [(one.name, f"{path}?{urlencode({'outlet': one.id, **more})}", one.id == self.outlet.id) for one in self.outlets]


class Trading:
    """What each group of pages works with."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.definitions = DEFINITIONS

    async def place(self, ask: Ask) -> Place | None:
        """What is looked at; None where the organisation has no outlet yet. Raises `NotFound` for an unknown outlet."""
        here = ask.viewer.organisation
        database = await self.frame.backroom.partnerservices(here)
        known = await outlets.listing(database.reader, here.kapow)
        if not known:
            return None
        wanted = ask.query("outlet", known[0].id)
        outlet = next((one for one in known if one.id == wanted.lower()), None)
        if outlet is None:
            raise NotFound("outlet", wanted)
        currency = ask.query("currency", outlet.currency).upper()
        if len(currency) != 3 or not currency.isalpha():
            raise NotFound("currency", currency)
        return Place(database, here.kapow, known, outlet, currency, days.clock_of(outlet, ask.now_ms))

    async def people(self, clients: Collection[str]) -> dict[str, Counterpart]:
        """ClientID → who is behind it."""
        return await counterparts.of_clients(self.frame.backroom.directory.reader, sorted(set(clients)))


def name_of(people: dict[str, Counterpart], client_id: str, label: str = "") -> str:
    """What an integration is called: by its partner, else by the name that its program gives itself."""
    found = people.get(client_id)
    return found.client_name if found is not None else label or client_id


def company_of(people: dict[str, Counterpart], client_id: str) -> str:
    """Whose integration it is; empty if nobody knows any more."""
    found = people.get(client_id)
    return "" if found is None else found.company_name


def other_currencies(found: Sequence[str], place: Place) -> list[tuple[str, str]]:
    """(currency, query) of the currencies beside the one that is shown: never added up, each a page of its own."""
    return [(code, f"?{urlencode({'outlet': place.outlet.id, 'currency': code})}") for code in found if code != place.currency]
