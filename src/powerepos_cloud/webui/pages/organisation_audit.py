"""`/audit`: all that was done to an organisation's things, from both databases, newest first."""

import contextlib
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.audit import merged
from powerepos_cloud.directory import accounts, connections, counterparts
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.webui import venues
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.backroom import NoInstance
from powerepos_cloud.webui.deeds import KINDS, SUBJECTS, action_words, detail_words
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, organisation
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup

ROLES = ("owner", "manager")
PATH = "/audit"
_PER_PAGE = 50
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

    async def read(self, reader: Session, owned: Organisation, rows: list[Any]) -> None:
        """Look up what these rows speak of."""
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

    def line(self, row: Any) -> Line:
        """The row in words."""
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


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    backroom = frame.backroom

    @frame.get(PATH, organisation(*ROLES))
    async def audit(ask: Ask) -> Response[bytes]:
        owned, reader = ask.viewer.organisation, backroom.directory.reader
        readers = [reader]
        with contextlib.suppress(NoInstance):  # what the directory knows is shown all the same; the page says what is missing
            readers.append((await backroom.partnerservices(owned)).reader)
        noun, about = ask.query("what"), ask.query("about")
        filters = {"action": noun if noun in SUBJECTS else None, "subject": about or None}
        before = merged.read_place(ask.query("before"))
        page = await merged.page(readers, _PER_PAGE, before, kapow=owned.kapow, **filters)
        names = _Names(await venues.venues_of(backroom, owned))
        await names.read(reader, owned, page.rows)
        ask.form = Form.of(what=noun)
        narrowed = urlencode({name: value for name, value in (("what", noun), ("about", about)) if value})
        return frame.show(
            ask,
            "organisation_audit.html",
            lines=[names.line(row) for row in page.rows],
            nouns=[("", "Everything"), *((noun, name) for noun, (name, _) in SUBJECTS.items())],
            is_whole=len(readers) == 2,
            newest=f"{PATH}?{narrowed}" if before else "",
            older=f"{PATH}?before={merged.place_text(page.older)}&{narrowed}" if page.older else "",
            is_narrowed=bool(narrowed),
        )

    return [audit]


GROUP = PageGroup(_build, (Link(ORGANISATION, "Set-up", "Audit", PATH, "list", ROLES, 90),))
