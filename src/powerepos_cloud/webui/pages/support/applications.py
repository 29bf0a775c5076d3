"""`/support/applications`: companies that want to become partners, oldest first; approve, or refuse with a reason."""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.audit.store import newest
from powerepos_cloud.audit.timeline import deeds, merged
from powerepos_cloud.directory import applications
from powerepos_cloud.directory.application_checks import Check, checks_of, host_of
from powerepos_cloud.directory.applications import APPROVED, REFUSED, WAITING, Application
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Invalid, NotFound
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import BadForm
from powerepos_cloud.webui.frame import Frame, support
from powerepos_cloud.webui.navigation import SUPPORT, Link, PageGroup
from powerepos_cloud.webui.pages.support.who import BOTH

_HERE = "/support/applications"
_LATE_MS = 2 * 86_400_000
"""Applications are answered within two days; then they are marked."""
_MOST_EVENTS = 20


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory
        self.site_url = frame.site.public_url

    async def queue(self, ask: Ask) -> Response[bytes]:
        """Those that wait, with the first of them opened; or those that were decided."""
        return await self._show(ask, None, (APPROVED, REFUSED) if ask.query("decided") else (WAITING,))

    async def one(self, ask: Ask) -> Response[bytes]:
        """One of them, beside those in the same state."""
        chosen = await self._application(ask)
        return await self._show(ask, chosen, (WAITING,) if chosen.state == WAITING else (APPROVED, REFUSED))

    async def decide(self, ask: Ask) -> Response[bytes]:
        """Approve or refuse; the applicant is mailed."""
        chosen = await self._application(ask)
        decision, why = ask.form.value("decision"), ask.form.value("why")
        if decision not in ("approve", "refuse"):
            raise BadForm("neither approved nor refused")
        here = f"{_HERE}/{chosen.id}"

        async def deed(session: Session) -> None:
            await ask.once(session, here)
            if decision == "approve":
                await applications.approve(session, ask.now_ms, ask.actor, self.site_url, chosen.id)
            else:
                await applications.refuse(session, ask.now_ms, ask.actor, self.site_url, chosen.id, why)

        try:
            await self.directory.write(deed)
        except Invalid as refused:
            ask.form.refuse(refused, reason="why")
            return await self._show(ask, chosen, (WAITING,), status=422)
        outcome = "a partner now" if decision == "approve" else "refused"
        said = f"{chosen.company_name} is {outcome}; {chosen.contact_name} is told by e-mail."
        return self.frame.go(ask, here, said)

    async def _application(self, ask: Ask) -> Application:
        number = ask.number("number", "application")
        found = await applications.get(self.directory.reader, number)
        if found.state not in (WAITING, APPROVED, REFUSED):
            raise NotFound("application", number)  # without its owner's word there is nothing to decide
        return found

    async def _show(self, ask: Ask, chosen: Application | None, states: tuple[str, ...], *, status: int = 200) -> Response[bytes]:
        async def unit(session: Session) -> tuple[list[Application], dict[int, list[Check]], list[object]]:
            rows = await applications.listing(session, states)
            picked = chosen or (rows[0] if rows and states == (WAITING,) else None)
            known = await checks_of(session, [*rows, *([picked] if picked else [])])
            history = []
            if picked is not None:
                found = await newest(session, _MOST_EVENTS, subject_kind="application", subject=str(picked.id))
                history = merged([deeds(found)])
            return rows, known, [picked, history]

        rows, checks, (picked, history) = await self.directory.read(unit)
        return self.frame.show(
            ask,
            "support/applications.html",
            status=status,
            rows=rows,
            checks=checks,
            picked=picked,
            history=history,
            is_decided=states != (WAITING,),
            late_ms=_LATE_MS,
            host_of=host_of,
        )


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages, who = _Pages(frame), support(*BOTH)
    return [
        frame.get(_HERE, who)(pages.queue),
        frame.get(f"{_HERE}/{{number:str}}", who)(pages.one),
        frame.post(f"{_HERE}/{{number:str}}", who)(pages.decide),
    ]


GROUP = PageGroup(_build, (Link(SUPPORT, "Work", "Applications", _HERE, "mail", BOTH, 10),))
