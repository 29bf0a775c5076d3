"""`/people`, `/partner/people`: who belongs here, in which role; inviting others; `/invitation/…`."""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import invitations, users
from powerepos_cloud.directory.invitations import ROLES
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, Invalid
from powerepos_cloud.foundation.texts import compare_key
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import PUBLIC, Frame, Who, organisation, partner
from powerepos_cloud.webui.navigation import ORGANISATION, PARTNER, Link, PageGroup
from powerepos_cloud.webui.pages.ways_back import new_password

_IN_WORDS = {
    "organisation": {
        "owner": "Everything, people included",
        "manager": "Everything but people",
        "viewer": "Figures only",
    },
    "partner": {"owner": "Everything, people included", "developer": "Everything but people"},
}


class _Pages:
    """The pages of one audience, below `base`."""

    def __init__(self, frame: Frame, base: str, who: Who) -> None:
        self.frame = frame
        self.base = base
        self.who = who
        self.directory = frame.backroom.directory

    async def show(self, ask: Ask) -> Response[bytes]:
        """Everybody, and who was invited."""
        return await self._show(ask)

    async def invite(self, ask: Ask) -> Response[bytes]:
        """A mail with a link; the same answer whether the address is known or not."""
        place = self._place(ask)
        email, role = ask.form.value("email"), ask.form.value("role")

        async def deed(session: Session) -> None:
            await ask.once(session, self.base)
            name = ask.viewer.place.name if ask.viewer.place else ""
            await invitations.invite(session, ask.now_ms, ask.actor, self.frame.public_url, place, name, email, role)

        try:
            await self.directory.write(deed)
        except (Invalid, Conflict) as refused:
            ask.form.refuse(refused, e_mail="email", conflict="email")
            return await self._show(ask, status=422)
        return self.frame.go(ask, self.base, f"{email} is invited. The link in the mail works for a day.")

    async def withdraw(self, ask: Ask) -> Response[bytes]:
        """Take an invitation back."""
        place, number = self._place(ask), ask.form.number("invitation")
        await self.directory.write(lambda session: invitations.withdraw(session, ask.now_ms, ask.actor, place, number))
        return self.frame.go(ask, self.base, "The invitation is withdrawn.")

    async def set_role(self, ask: Ask) -> Response[bytes]:
        """Another role, or none: the last owner stays."""
        place, role = self._place(ask), ask.form.value("role")

        async def deed(session: Session) -> str:
            member = await invitations.member(session, place, ask.form.number("person"))
            user = await users.by_email(session, member.email)
            if role == "":
                await invitations.remove(session, ask.now_ms, ask.actor, place, user)
                return f"{member.name} no longer belongs here."
            await invitations.give_role(session, ask.now_ms, ask.actor, place, user, role)
            return f"{member.name} is {role} now."

        return self.frame.go(ask, self._after(ask), await self.directory.write(deed))

    async def _show(self, ask: Ask, status: int = 200) -> Response[bytes]:
        place, kind = self._place(ask), self.who.audience or ""
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

    def _place(self, ask: Ask) -> str:
        place = ask.viewer.place
        assert place is not None  # the frame has checked the audience
        return place.key

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
