"""`/support/staff`: the vendor's own staff. Admins only, each deed after proving again who they are."""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import invitations, staff
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, support
from powerepos_cloud.webui.navigation import SUPPORT, Link, PageGroup
from powerepos_cloud.webui.pages.inviting import Inviting
from powerepos_cloud.webui.pages.support.who import ADMIN, AGENT

_HERE = "/support/staff"
_ROLES = [
    (AGENT, "Agent", "Applications, look-up, view as"),
    (ADMIN, "Admin", "All of that, and services, instances and staff"),
]


class _Pages(Inviting):
    async def listing(self, ask: Ask) -> Response[bytes]:
        """All of them, and who was invited."""
        return await self.listed(ask)

    async def set_role(self, ask: Ask) -> Response[bytes]:
        """Another role for one who is staff."""
        which, role = ask.number("user_id", "member of staff"), ask.form.value("role")
        found = await self.directory.write(lambda session: staff.set_role(session, ask.now_ms, ask.actor, which, role))
        return self.frame.go(ask, _HERE, f"{found.name} is {found.staff_role} now, and was told by e-mail.")

    async def remove(self, ask: Ask) -> Response[bytes]:
        """Let one go."""
        which = ask.number("user_id", "member of staff")
        gone = await self.directory.write(lambda session: staff.remove(session, ask.now_ms, ask.actor, which))
        return self.frame.go(ask, _HERE if gone.id != ask.viewer.user_id else "/sign-in", f"{gone.name} is no longer staff.")

    async def restore(self, ask: Ask) -> Response[bytes]:
        """Take somebody's lost second factor away."""
        which, mine = ask.number("user_id", "member of staff"), ask.viewer.user_id
        found = await self.directory.write(
            lambda session: staff.restore_second_factor(session, ask.now_ms, ask.actor, mine, which)
        )
        return self.frame.go(ask, _HERE, f"{found.name} can set up another second factor, and was told by e-mail.")

    async def listed(self, ask: Ask, status: int = 200) -> Response[bytes]:
        """The page, with what is to be mended in the form of invitations."""
        if status == 200:
            ask.form = Form.of(role=AGENT)
        reader = self.directory.reader
        facts = {"members": await staff.listing(reader), "roles": _ROLES}
        waiting = await invitations.waiting(reader, ask.now_ms, invitations.SUPPORT)
        return self.frame.show(ask, "support/staff.html", status=status, waiting=waiting, **facts)


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages, who, one = _Pages(frame, _HERE), support(ADMIN), f"{_HERE}/{{user_id:str}}"
    return [
        frame.get(_HERE, who, fresh=True)(pages.listing),
        frame.post(f"{_HERE}/invite", who, fresh=True, form_at=_HERE)(pages.invite),
        frame.post(f"{_HERE}/withdraw", who, fresh=True, form_at=_HERE)(pages.withdraw),
        frame.post(f"{one}/role", who, fresh=True, form_at=_HERE)(pages.set_role),
        frame.post(f"{one}/remove", who, fresh=True, form_at=_HERE)(pages.remove),
        frame.post(f"{one}/second-factor", who, fresh=True, form_at=_HERE)(pages.restore),
    ]


GROUP = PageGroup(_build, (Link(SUPPORT, "Records", "Staff", _HERE, "people", (ADMIN,), 70),))
