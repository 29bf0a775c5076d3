"""`/support/partners` and `/support/clients`: companies and their clients, and with whom they are connected."""

from urllib.parse import urlencode

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import clients, partners, registers
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, support
from powerepos_cloud.webui.navigation import SUPPORT, Link, PageGroup
from powerepos_cloud.webui.pages.support.who import BOTH

_PARTNERS, _CLIENTS = "/support/partners", "/support/clients"


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.reader = frame.backroom.directory.reader

    async def partners(self, ask: Ask) -> Response[bytes]:
        """Partners, newest first."""
        text, after = ask.query("q"), ask.query("after")
        found = await registers.search_partners(self.reader, text, after)
        return self._listing(ask, "support/partners.html", _PARTNERS, found)

    async def partner(self, ask: Ask) -> Response[bytes]:
        """One of them."""
        chosen = await partners.get(self.reader, ask.number("number", "partner"))
        return self.frame.show(
            ask,
            "support/partner.html",
            chosen=chosen,
            clients=await clients.listing(self.reader, chosen.id),
            connections=await registers.connections_of_partner(self.reader, chosen.id),
        )

    async def clients(self, ask: Ask) -> Response[bytes]:
        """Clients, newest first."""
        text, after = ask.query("q"), ask.query("after")
        found = await registers.search_clients(self.reader, text, after)
        return self._listing(ask, "support/clients.html", _CLIENTS, found)

    async def client(self, ask: Ask) -> Response[bytes]:
        """One of them, with what is known of its secrets: never more than their last four signs."""
        chosen = await clients.get(self.reader, ask.value("client_id"))
        return self.frame.show(
            ask,
            "support/client.html",
            chosen=chosen,
            partner=await partners.get(self.reader, chosen.partner_id),
            secrets=await clients.secrets_of(self.reader, chosen.id),
            connections=await registers.connections_of_client(self.reader, chosen.id),
        )

    def _listing(self, ask: Ask, template: str, path: str, found: registers.Listed) -> Response[bytes]:
        text = ask.query("q")
        ask.form = Form.of(q=text)
        older = f"{path}?{urlencode({'q': text, 'after': found.after})}" if found.after else ""
        newest = f"{path}?{urlencode({'q': text})}" if ask.query("after") else ""
        return self.frame.show(ask, template, rows=found.rows, wanted=text, older=older, newest=newest)


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages, who = _Pages(frame), support(*BOTH)
    return [
        frame.get(_PARTNERS, who)(pages.partners),
        frame.get(f"{_PARTNERS}/{{number:str}}", who)(pages.partner),
        frame.get(_CLIENTS, who)(pages.clients),
        frame.get(f"{_CLIENTS}/{{client_id:str}}", who)(pages.client),
    ]


GROUP = PageGroup(
    _build,
    (
        Link(SUPPORT, "Records", "Partners", _PARTNERS, "plug", BOTH, 30),
        Link(SUPPORT, "Records", "Clients", _CLIENTS, "key", BOTH, 40),
    ),
)
