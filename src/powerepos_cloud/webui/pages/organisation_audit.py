"""`/audit`: all that was done to an organisation's things, from both databases, newest first; as CSV, too."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.audit import merged
from powerepos_cloud.directory import accounts, connections, counterparts
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.webui import sheets, times, venues
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.backroom import NoInstance
from powerepos_cloud.webui.deeds import KINDS, SUBJECTS, action_words, detail_words
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, organisation
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup
from powerepos_cloud.webui.sheets import Cell

ROLES = ("owner", "manager")
PATH = "/audit"
_PER_PAGE, _PER_PART = 50, 500
_HEAD = ("Time (UTC)", "Who", "Did what", "To whom or what", "Details", "From", "Request ID", "Action")
_CATALOGUE = {
    "tax-groups": "/catalogue/tax-groups",
    "suppliers": "/catalogue/suppliers",
    "supplier-codes": "/catalogue/suppliers",
}


class Line(msgspec.Struct, frozen=True):
    """One deed in words. `path` leads to what it was done to, where there is such a page."""

    at: int
    who: str
    what: str
    whom: str
    path: str
    detail: str
    source: str
    request_id: str


class _Names:
    """Names for the IDs in audit rows, as far as they are the organisation's."""

    def __init__(self, at: venues.Venues) -> None:
        self.subjects: dict[tuple[str, str], tuple[str, str]] = {
            ("outlet", one.id): (one.name, f"/outlets/{one.id}") for one in at.known or []
        }
        self.clients: dict[str, str] = {}

    async def lines(self, reader: Session, owned: Organisation, rows: list[Any]) -> list[Line]:
        """The rows in words."""
        await self._read(reader, owned, rows)
        return [self._line(row) for row in rows]

    async def _read(self, reader: Session, owned: Organisation, rows: list[Any]) -> None:
        for account in await accounts.listing(reader, owned):
            self.subjects["service_account", account.id] = (account.name, f"/service-accounts/{account.id}")
        known = await connections.listing(reader, owned)
        seen = {one.client_id for one in known} | {row.client_id for row in rows if row.client_id}
        users = await counterparts.of_clients(reader, seen | {row.actor for row in rows if row.actor_kind == "client"})
        self.clients = {client_id: user.client_name for client_id, user in users.items()}
        for one in known:
            path = f"/connections/{one.client_id}/{one.sub}"
            self.subjects["connection", str(one.id)] = (self.clients.get(one.client_id, one.client_id), path)
        for user in users.values():
            self.subjects["partner", str(user.partner_id)] = (user.company_name, "/connections")

    def _line(self, row: Any) -> Line:
        whom, path = self.subjects.get((row.subject_kind, row.subject), (row.subject, ""))
        if row.subject_kind == "catalogue":
            whom, path = KINDS.get(row.subject, row.subject), _CATALOGUE.get(row.subject, "/catalogue")
        details = [detail_words(row.action, msgspec.json.decode(row.details))]
        if row.client_id and row.subject_kind == "service_account":
            details.append(self.clients.get(row.client_id, row.client_id))
        detail = "; ".join(filter(None, details))
        said = action_words(row.action)
        return Line(row.at, self._who(row), said, whom, path, detail, row.source or "", row.request_id or "")

    def _who(self, row: Any) -> str:
        if row.actor_kind == "client":
            return self.clients.get(row.actor, str(row.actor))
        if row.actor_kind == "service_account":
            return self.subjects.get(("service_account", row.actor), (str(row.actor), ""))[0]
        return {"operator": "PowerEPOS, by hand", "system": "PowerEPOS"}.get(row.actor_kind, str(row.actor))


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.backroom = frame.backroom
        self.directory = frame.backroom.directory

    async def listing(self, ask: Ask) -> Response[bytes]:
        """The newest deeds, a page at a time."""
        owned = ask.viewer.organisation
        databases = [self.directory]
        with contextlib.suppress(NoInstance):  # what the directory knows is shown all the same; the page says what is missing
            databases.append(await self.backroom.partnerservices(owned))
        before = merged.read_place(ask.query("before"))
        page = await merged.page(databases, _PER_PAGE, before, **_filters(ask))
        names = await self._names(ask)
        ask.form = Form.of(what=ask.query("what"))
        narrowed = _narrowed(ask)
        return self.frame.show(
            ask,
            "organisation_audit.html",
            lines=await names.lines(self.directory.reader, owned, page.rows),
            nouns=[("", "Everything"), *((noun, name) for noun, (name, _) in SUBJECTS.items())],
            is_whole=len(databases) == 2,
            newest=f"{PATH}?{narrowed}" if before else "",
            older=f"{PATH}?before={merged.place_text(page.older)}&{narrowed}" if page.older else "",
            narrowed=narrowed,
        )

    async def sheet(self, ask: Ask) -> Response[bytes]:
        """All of them as CSV. Raises `NoInstance`: a part of the audit must not pass for the whole."""
        owned, reader = ask.viewer.organisation, self.directory.reader
        databases = [self.directory, await self.backroom.partnerservices(owned)]
        names = await self._names(ask)

        async def parts() -> AsyncIterator[list[tuple[Cell, ...]]]:
            async for rows in merged.pages(databases, _PER_PART, **_filters(ask)):
                lines = await names.lines(reader, owned, rows)
                yield [_cells(row.action, line) for row, line in zip(rows, lines, strict=True)]

        return await sheets.stream(f"{owned.code} audit.csv", _HEAD, parts())

    async def _names(self, ask: Ask) -> _Names:
        return _Names(await venues.venues_of(self.backroom, ask.viewer.organisation))


def _filters(ask: Ask) -> dict[str, Any]:
    noun = ask.query("what")
    action = noun if noun in SUBJECTS else None
    return {"kapow": ask.viewer.organisation.kapow, "action": action, "subject": ask.query("about") or None}


def _narrowed(ask: Ask) -> str:
    """The filter as an address carries it."""
    return urlencode({name: ask.query(name) for name in ("what", "about") if ask.query(name)})


def _cells(action: str, line: Line) -> tuple[Cell, ...]:
    when = times.whole(line.at)
    return when, line.who, line.what, line.whom, line.detail, line.source, line.request_id, action


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [
        frame.get(PATH, organisation(*ROLES))(pages.listing),
        frame.get(f"{PATH}.csv", organisation(*ROLES, view_as=False))(pages.sheet),
    ]


GROUP = PageGroup(_build, (Link(ORGANISATION, "Set-up", "Audit", PATH, "list", ROLES, 90),))
