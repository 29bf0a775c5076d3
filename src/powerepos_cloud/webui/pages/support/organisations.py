"""`/support/organisations`: who there is, one organisation with its connections and accounts, and viewing as it."""

from urllib.parse import urlencode

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.audit.store import newest
from powerepos_cloud.directory import accounts, assignments, connections, counterparts, organisations, registers, viewing
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import SIGNED_IN, Frame, support
from powerepos_cloud.webui.navigation import SUPPORT, Link, PageGroup
from powerepos_cloud.webui.pages.support.who import BOTH

_HERE = "/support/organisations"
_MOST_VIEWS = 5


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory

    async def listing(self, ask: Ask) -> Response[bytes]:
        """Organisations by code, page by page."""
        text, after = ask.query("q"), ask.query("after")
        ask.form = Form.of(q=text)
        found = await registers.search_organisations(self.directory.reader, text, after)
        older = f"{_HERE}?{urlencode({'q': text, 'after': found.after})}" if found.after else ""
        newest_page = f"{_HERE}?{urlencode({'q': text})}" if after else ""
        return self.frame.show(ask, "support/organisations.html", rows=found.rows, wanted=text, older=older, newest=newest_page)

    async def one(self, ask: Ask) -> Response[bytes]:
        """One of them."""
        return await self._show(ask, await self._organisation(ask))

    async def view(self, ask: Ask) -> Response[bytes]:
        """See it as it sees itself, for half an hour."""
        chosen = await self._organisation(ask)

        async def deed(session: Session) -> None:
            await ask.once(session, "/start")
            reason = ask.form.value("reason")
            await viewing.begin(session, ask.now_ms, ask.actor, ask.viewer.session, chosen, reason)

        try:
            await self.directory.write(deed)
        except Invalid as refused:
            ask.form.refuse(refused)
            return await self._show(ask, chosen, status=422)
        return self.frame.go(ask, "/start", f"You see {chosen.name} as they do. Their owners were told.")

    async def end_view(self, ask: Ask) -> Response[bytes]:
        """Stop viewing."""
        row = ask.viewer.session
        await self.directory.write(lambda session: viewing.end(session, ask.now_ms, ask.actor, row))
        code = ask.viewer.organisation.code if ask.viewer.view is not None else ""
        return self.frame.go(ask, f"{_HERE}/{code}" if code else "/start", "You stopped viewing." if code else "")

    async def _organisation(self, ask: Ask) -> Organisation:
        return await organisations.by_code(self.directory.reader, ask.value("code"))

    async def _show(self, ask: Ask, chosen: Organisation, *, status: int = 200) -> Response[bytes]:
        reader = self.directory.reader
        links = await connections.listing(reader, chosen)
        return self.frame.show(
            ask,
            "support/organisation.html",
            status=status,
            chosen=chosen,
            connections=links[: registers.MOST_LINKS],
            clients=await counterparts.of_clients(reader, {one.client_id for one in links[: registers.MOST_LINKS]}),
            accounts=(await accounts.listing(reader, chosen))[: registers.MOST_LINKS],
            assigned=await assignments.listing(reader, chosen),
            views=await newest(reader, _MOST_VIEWS, kapow=chosen.kapow, action="view.began"),
            minutes=viewing.LASTS_MS // 60_000,
        )


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages, who = _Pages(frame), support(*BOTH)
    return [
        frame.get(_HERE, who)(pages.listing),
        frame.get(f"{_HERE}/{{code:str}}", who)(pages.one),
        frame.post(f"{_HERE}/{{code:str}}/view", who)(pages.view),
        # At work at the organisation, as it were: so for everybody, and without effect for who does not view.
        frame.post("/support/view/end", SIGNED_IN)(pages.end_view),
    ]


GROUP = PageGroup(_build, (Link(SUPPORT, "Records", "Organisations", _HERE, "shop", BOTH, 50),))
