"""An organisation's outlets as pages of the directory need them: names for GUIDs, choices, and the check of what was chosen."""

from collections.abc import Sequence

import msgspec

from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.foundation.database import DatabaseUnavailable
from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.outlets.store import Outlet
from powerepos_cloud.webui.backroom import Backroom, NoInstance
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.words import count


class Venues(msgspec.Struct, frozen=True):
    """The outlets, by name; None where the instance cannot be asked: access can be taken away all the same."""

    known: list[Outlet] | None

    @property
    def options(self) -> list[tuple[str, str, str]]:
        """Value, label and what tells two outlets of one name apart."""
        return [(one.id, one.name, f"{place_of(one.zone)}, {one.currency}") for one in self.known or []]

    def words(self, chosen: Sequence[str] | None) -> str:
        """These outlets in one line."""
        if chosen is None:
            return "All outlets"
        if not chosen:
            return "No outlet"
        if self.known is None:
            return count(len(chosen), "outlet")
        names = {one.id: one.name for one in self.known}
        found = [names[guid] for guid in chosen if guid in names]
        unknown = len(chosen) - len(found)
        return ", ".join([*found, *([count(unknown, "unknown outlet")] if unknown else [])])


async def venues_of(backroom: Backroom, organisation: Organisation) -> Venues:
    """The outlets, or that they cannot be known just now."""
    try:
        database = await backroom.partnerservices(organisation)
        return Venues(await outlets.listing(database.reader, organisation.kapow))
    except (NoInstance, DatabaseUnavailable):
        return Venues(None)


async def check(backroom: Backroom, organisation: Organisation, chosen: list[str] | None) -> None:
    """Raises `Invalid` if one of these is no outlet of the organisation, `NoInstance` if that cannot be known."""
    if not chosen:
        return
    database = await backroom.partnerservices(organisation)
    unknown = await outlets.unknown_among(database.reader, organisation.kapow, chosen)
    if unknown:
        raise Invalid("outlets", "outlets of your own", unknown[0], "Reload the page: the list may have changed.")


def chosen_in(form: Form) -> list[str] | None:
    """The outlets that a form chose: None for all. A list without any is blamed."""
    if form.value("at") == "all":
        return None
    if not form.all("outlets"):
        form.blame("outlets", "Tick at least one outlet, or choose all outlets.")
    return form.all("outlets")


def place_of(zone: str) -> str:
    """The place that an IANA zone is named after."""
    return zone.rpartition("/")[2].replace("_", " ")
