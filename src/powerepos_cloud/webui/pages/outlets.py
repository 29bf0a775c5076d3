"""`/outlets`: an organisation's venues; added, and changed with the consequences in words."""

import uuid
import zoneinfo
from typing import Any

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, Refused
from powerepos_cloud.partnerservices.outlets import store
from powerepos_cloud.partnerservices.outlets.currencies import DECIMALS, MOST_DECIMALS
from powerepos_cloud.partnerservices.outlets.store import OrganisationGone, OrganisationLeaving, Outlet
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, organisation
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup
from powerepos_cloud.webui.venues import place_of

ROLES = ("owner", "manager")
PATH = "/outlets"
_FIELDS = ("name", "zone", "day_start", "currency")
_NAMESPACE = uuid.UUID("b8f0a1de-4a53-4a0b-9a0e-9b6f0d5d1c52")
"""Of the GUIDs of outlets made by a form: the same form, sent again or from another tab, makes the same outlet."""


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.backroom = frame.backroom

    async def listing(self, ask: Ask) -> Response[bytes]:
        """All outlets."""
        owned = ask.viewer.organisation
        database = await self.backroom.partnerservices(owned)
        return self.frame.show(ask, "outlets.html", outlets=await store.listing(database.reader, owned.kapow), place_of=place_of)

    async def new(self, ask: Ask) -> Response[bytes]:
        """The form of a new outlet, as most of the others are."""
        owned = ask.viewer.organisation
        database = await self.backroom.partnerservices(owned)
        known = await store.listing(database.reader, owned.kapow)
        first = known[0] if known else None
        ask.form = Form.of(
            zone=first.zone if first else "Pacific/Auckland",
            currency=first.currency if first else "NZD",
            day_start=first.day_start if first else "04:00",
            stock="off",
        )
        return self._form(ask, None)

    async def add(self, ask: Ask) -> Response[bytes]:
        """Add it at the instance, then use the form up: done twice, it is the same outlet."""
        owned = ask.viewer.organisation
        database = await self.backroom.partnerservices(owned)
        guid = str(uuid.uuid5(_NAMESPACE, f"{ask.owner.hex()} {ask.form.number('use')}"))

        async def deed(session: Session) -> Outlet:
            values = _typed(ask.form)
            return await store.add(session, ask.now_ms, ask.actor, owned.kapow, outlet_id=guid, **values)

        try:
            await database.write(deed)
        except (OrganisationLeaving, OrganisationGone):
            raise
        except Conflict:
            pass  # this form made it before
        except Refused as refused:
            ask.form.refuse(refused)
            return self._form(ask, None)
        await ask.claim(self.backroom.directory, f"{PATH}/{guid}")
        return self.frame.go(ask, f"{PATH}/{guid}", "The outlet is added.")

    async def one(self, ask: Ask) -> Response[bytes]:
        """An outlet, to be changed."""
        outlet = await self._outlet(ask)
        stock = "on" if outlet.stock_enabled else "off"
        ask.form = Form.of(stock=stock, **{name: getattr(outlet, name) for name in _FIELDS})
        return self._form(ask, outlet)

    async def edit(self, ask: Ask) -> Response[bytes]:
        """Change it."""
        owned, outlet = ask.viewer.organisation, await self._outlet(ask)
        database = await self.backroom.partnerservices(owned)
        try:
            await database.write(
                lambda session: store.edit(session, ask.now_ms, ask.actor, owned.kapow, outlet.id, **_typed(ask.form))
            )
        except Conflict:
            raise
        except Refused as refused:
            ask.form.refuse(refused)
            return self._form(ask, outlet)
        return self.frame.go(ask, PATH, f"{ask.form.value('name')} is like this from now on.")

    async def _outlet(self, ask: Ask) -> Outlet:
        owned = ask.viewer.organisation
        database = await self.backroom.partnerservices(owned)
        return await store.get(database.reader, owned.kapow, ask.value("outlet"))

    def _form(self, ask: Ask, outlet: Outlet | None) -> Response[bytes]:
        return self.frame.show(
            ask,
            "outlet.html",
            status=200 if ask.form.is_sound else 422,
            outlet=outlet,
            zones=_zones(ask.form.value("zone")),
            currencies=[(code, code) for code, decimals in sorted(DECIMALS.items()) if decimals <= MOST_DECIMALS],
        )


def _typed(form: Form) -> dict[str, Any]:
    return {**{name: form.value(name) for name in _FIELDS}, "stock_enabled": form.value("stock") == "on"}


def _zones(present: str) -> list[tuple[str, str]]:
    """The zones that are named after places, and the present one."""
    places = {name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))}
    return [(name, name.replace("_", " ")) for name in sorted(places | {present}) if name]


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    seen, done = organisation(*ROLES), organisation(*ROLES, view_as=False)
    return [
        frame.get(PATH, seen)(pages.listing),
        frame.get(f"{PATH}/new", done)(pages.new),
        frame.post(f"{PATH}/new", done)(pages.add),
        frame.get(f"{PATH}/{{outlet:str}}", seen)(pages.one),
        frame.post(f"{PATH}/{{outlet:str}}", done)(pages.edit),
    ]


GROUP = PageGroup(_build, (Link(ORGANISATION, "Set-up", "Outlets", PATH, "shop", ROLES, 60),))
