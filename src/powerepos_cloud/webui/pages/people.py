"""`/people`, `/partner/people`: who belongs here, in which role; inviting others; `/invitation/…`."""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import invitations, users
from powerepos_cloud.directory.invitations import ROLES
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import PUBLIC, Frame, Who, organisation, partner
from powerepos_cloud.webui.navigation import ORGANISATION, PARTNER, Link, PageGroup
from powerepos_cloud.webui.pages.inviting import Inviting
from powerepos_cloud.webui.pages.ways_back import new_password

_IN_WORDS = {
    "organisation": {
        "owner": "Everything, people included",
        "manager": "Everything but people",
        "viewer": "Figures only",
    },
    "partner": {"owner": "Everything, people included", "developer": "Everything but people"},
}


class _Pages(Inviting):
    """The pages of one audience, below `base`."""

    def __init__(self, frame: Frame, base: str, who: Who) -> None:
        super().__init__(frame, base)
        self.who = who

    async def show(self, ask: Ask) -> Response[bytes]:
        """Everybody, and who was invited."""
        return await self.listed(ask)

    async def set_role(self, ask: Ask) -> Response[bytes]:
        """Another role, or none: the last owner stays."""
        place, role = self.place(ask).key, ask.form.value("role")

        async def deed(session: Session) -> str:
            member = await invitations.member(session, place, ask.form.number("person"))
            user = await users.by_email(session, member.email)
            if role == "":
                await invitations.remove(session, ask.now_ms, ask.actor, place, user)
                return f"{member.name} no longer belongs here."
            await invitations.give_role(session, ask.now_ms, ask.actor, place, user, role)
            return f"{member.name} is {role} now."

        return self.frame.go(ask, self._after(ask), await self.directory.write(deed))

    async def listed(self, ask: Ask, status: int = 200) -> Response[bytes]:
        """The page, with what is to be mended in the form of invitations."""
        place, kind = self.place(ask).key, self.who.audience or ""
        roles = ROLES[kind]
        if status == 200:
            ask.form = Form.of(role=roles[-1])
        return self.frame.show(
            ask,
            "people.html",
            status=status,
            base=self.base,
            kind=kind,
            members=await invitations.members(self.directory.reader, place),
            waiting=await invitations.waiting(self.directory.reader, ask.now_ms, place),
            roles=[(role, role.capitalize(), _IN_WORDS[kind][role]) for role in roles],
        )

    def _after(self, ask: Ask) -> str:
        """Who changed their own role may not see this page any more."""
        return "/start" if ask.form.number("person") == ask.viewer.user_id else self.base

    def handlers(self) -> list[ControllerRouterHandler]:
        """All of them, for who may."""
        base, who, frame = self.base, self.who, self.frame
        return [
            frame.get(base, who)(self.show),
            frame.post(f"{base}/invite", who)(self.invite),
            frame.post(f"{base}/withdraw", who)(self.withdraw),
            frame.post(f"{base}/role", who, fresh=True, form_at=base)(self.set_role),
        ]


class _Links:
    """What an invitation's link opens."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory

    async def show(self, ask: Ask) -> Response[bytes]:
        """A button, for who is signed in with that address; else the way there."""
        return await self._show(ask)

    async def accept(self, ask: Ask) -> Response[bytes]:
        """Only the press of the button uses the link up."""
        token = ask.value("token")
        found, _, has_account = await invitations.look(self.directory.reader, ask.now_ms, token)
        name, hashed = ask.form.value("name"), ""
        if ask.visitor is None and not has_account:
            try:
                hashed = await new_password(self.frame, ask)
            except Invalid as refused:
                ask.form.refuse(refused)
                return await self._show(ask, status=422)
        signed_in_as = None if ask.visitor is None else ask.visitor.email

        async def deed(session: Session) -> None:
            await invitations.accept(
                session, ask.now_ms, ask.actor, token, signed_in_as=signed_in_as, name=name, password_hash=hashed
            )

        try:
            await self.directory.write(deed)
        except Invalid as refused:
            ask.form.refuse(refused)
            return await self._show(ask, status=422)
        if ask.visitor is None:
            return self.frame.go(ask, "/sign-in?after=invited")
        if found.place == invitations.SUPPORT:  # their sessions ended: those of staff are shorter
            return self.frame.go(ask, "/sign-in?after=joined")
        return self.frame.go(ask, "/account", f"You are {found.role} there now.")

    async def _show(self, ask: Ask, status: int = 200) -> Response[bytes]:
        found, name, has_account = await invitations.look(self.directory.reader, ask.now_ms, ask.value("token"))
        is_theirs = ask.visitor is not None and compare_key(ask.visitor.email) == compare_key(found.email)
        return self.frame.show(
            ask, "invitation.html", status=status, invitation=found, place=name, has_account=has_account, is_theirs=is_theirs
        )


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    links = _Links(frame)
    return [
        *_Pages(frame, "/people", organisation("owner", view_as=False)).handlers(),
        *_Pages(frame, "/partner/people", partner("owner")).handlers(),
        frame.get("/invitation/{token:str}", PUBLIC)(links.show),
        frame.post("/invitation/{token:str}", PUBLIC)(links.accept),
    ]


GROUP = PageGroup(
    _build,
    (
        Link(ORGANISATION, "Set-up", "People", "/people", "people", ("owner",), order=80, view_as=False),
        Link(PARTNER, "Company", "People", "/partner/people", "people", ("owner",), order=80),
    ),
)
