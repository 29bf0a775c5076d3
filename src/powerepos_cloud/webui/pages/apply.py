"""`/apply`: a company asks to become a partner, its contact proves the address, and sees the state."""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import applications
from powerepos_cloud.directory.applications import Application
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound, Refused
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.frame import PUBLIC, SIGNED_IN, Frame
from powerepos_cloud.webui.navigation import PageGroup

_SENT = "/apply/sent"
_STATE = "/account/application"
_DONE = "/apply/confirmed"


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory

    async def form(self, ask: Ask) -> Response[bytes]:
        """Company, website, contact."""
        return self.frame.show(ask, "apply.html")

    async def apply(self, ask: Ask) -> Response[bytes]:
        """The same answer whether the address is known or not."""
        site_url = self.frame.site.public_url

        async def deed(session: Session) -> None:
            await ask.once(session, leads_to=_SENT)
            fields = [ask.form.value(name) for name in ("company_name", "website", "contact_name", "e_mail")]
            await applications.apply(session, ask.now_ms, ask.actor, site_url, *fields)

        try:
            await self.directory.write(deed)
        except Refused as refused:
            ask.form.refuse(refused)
            return self.frame.show(ask, "apply.html", status=422)
        return self.frame.go(ask, _SENT)

    async def sent(self, ask: Ask) -> Response[bytes]:
        """Look into your mail."""
        return self.frame.show(ask, "apply_sent.html")

    async def of_link(self, ask: Ask) -> Response[bytes]:
        """A page with a button: a mail scanner that opens the link uses nothing up."""
        found = await self._found(ask)
        if found is None:
            return self.frame.show(ask, "apply_link_over.html", status=404)
        application, has_account = found
        return self.frame.show(ask, "apply_confirm.html", application=application, has_account=has_account)

    async def confirm(self, ask: Ask) -> Response[bytes]:
        """Use the link up: the address is proved, the account made where there is none, support asked to decide."""
        found = await self._found(ask)
        if found is None:
            return self.frame.show(ask, "apply_link_over.html", status=404)
        application, has_account = found
        token = ask.value("token")
        try:
            hashed = None if has_account else await self.frame.backroom.passwords.hash(ask.form.raw("password"))
            await self.directory.write(lambda session: applications.confirm(session, ask.now_ms, ask.actor, token, hashed))
        except NotFound:  # another tab was quicker
            return self.frame.show(ask, "apply_link_over.html", status=404)
        except Refused as refused:
            ask.form.refuse(refused)
            return self.frame.show(ask, "apply_confirm.html", status=422, application=application, has_account=has_account)
        return self.frame.go(ask, _DONE)

    async def confirmed(self, ask: Ask) -> Response[bytes]:
        """What happens next."""
        return self.frame.show(ask, "apply_confirmed.html")

    async def state(self, ask: Ask) -> Response[bytes]:
        """Where the applications of the person stand."""
        found = await applications.of_user(self.directory.reader, ask.viewer.user_id)
        return self.frame.show(ask, "application.html", applications=found)

    async def _found(self, ask: Ask) -> tuple[Application, bool] | None:
        try:
            return await applications.of_link(self.directory.reader, ask.now_ms, ask.value("token"))
        except NotFound:
            return None


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [
        frame.get("/apply", PUBLIC)(pages.form),
        frame.post("/apply", PUBLIC)(pages.apply),
        frame.get(_SENT, PUBLIC)(pages.sent),
        frame.get("/apply/confirm/{token:str}", PUBLIC)(pages.of_link),
        frame.post("/apply/confirm/{token:str}", PUBLIC)(pages.confirm),
        frame.get(_DONE, PUBLIC)(pages.confirmed),
        frame.get(_STATE, SIGNED_IN)(pages.state),
    ]


GROUP = PageGroup(_build)
