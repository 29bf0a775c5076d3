"""`/support/staff`: the vendor's own staff. Admins only, each deed after proving again who they are."""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import staff
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound, Refused
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, support
from powerepos_cloud.webui.navigation import SUPPORT, Link, PageGroup
from powerepos_cloud.webui.pages.support.who import ADMIN, AGENT

_HERE = "/support/staff"
_ROLES = [
    (AGENT, "Agent", "Applications, look-up, view as"),
    (ADMIN, "Admin", "All of that, and services, instances and staff"),
]


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory

    async def listing(self, ask: Ask) -> Response[bytes]:
        """All of them."""
        ask.form = Form.of(role=AGENT)
        return await self._show(ask)

    async def add(self, ask: Ask) -> Response[bytes]:
        """Make a person staff, or change the role of one who is."""
        email, role = ask.form.value("email"), ask.form.value("role")

        async def deed(session: Session) -> str:
            await ask.once(session, _HERE)
            return (await staff.add(session, ask.now_ms, ask.actor, email, role)).name

        try:
            name = await self.directory.write(deed)
        except NotFound:
            ask.form.blame("email", "Nobody has an account with this address. They make one first, then you add them.")
            return await self._show(ask, status=422)
        except Refused as refused:
            ask.form.refuse(refused, conflict="email")
            return await self._show(ask, status=422)
        return self.frame.go(ask, _HERE, f"{name} is {role} now, and was told by e-mail.")

    async def remove(self, ask: Ask) -> Response[bytes]:
        """Let one go."""
        which = self._number(ask)
        gone = await self.directory.write(lambda session: staff.remove(session, ask.now_ms, ask.actor, which))
        return self.frame.go(ask, _HERE if gone.id != ask.viewer.user_id else "/sign-in", f"{gone.name} is no longer staff.")

    async def restore(self, ask: Ask) -> Response[bytes]:
        """Take somebody's lost second factor away."""
        which, mine = self._number(ask), ask.viewer.user_id
        found = await self.directory.write(
            lambda session: staff.restore_second_factor(session, ask.now_ms, ask.actor, mine, which)
        )
        return self.frame.go(ask, _HERE, f"{found.name} can set up another second factor, and was told by e-mail.")

    @staticmethod
    def _number(ask: Ask) -> int:
        text = ask.value("user_id")
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise NotFound("member of staff", text)
        return int(text)

    async def _show(self, ask: Ask, *, status: int = 200) -> Response[bytes]:
        members = await staff.listing(self.directory.reader)
        return self.frame.show(ask, "support/staff.html", status=status, members=members, roles=_ROLES)


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages, who, one = _Pages(frame), support(ADMIN), f"{_HERE}/{{user_id:str}}"
    return [
        frame.get(_HERE, who, fresh=True)(pages.listing),
        frame.post(_HERE, who, fresh=True)(pages.add),
        frame.post(f"{one}/remove", who, fresh=True, form_at=_HERE)(pages.remove),
        frame.post(f"{one}/second-factor", who, fresh=True, form_at=_HERE)(pages.restore),
    ]


GROUP = PageGroup(_build, (Link(SUPPORT, "Records", "Staff", _HERE, "people", (ADMIN,), 70),))
