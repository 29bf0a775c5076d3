"""Who looks at a page: the person, where they are at work, and what may be known of the request."""

import msgspec
from powerepos.contract import ALL_PERMISSIONS, AuthServerScopes

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.directory import organisations, sessions, users, viewing
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.partners import Partner
from powerepos_cloud.directory.sessions import OPEN, SessionRow
from powerepos_cloud.directory.viewing import Watching
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.http.facts import RequestFacts
from powerepos_cloud.resourceserver.caller import Caller
from powerepos_cloud.webui.navigation import ORGANISATION, PARTNER, SUPPORT

VIEW_AS = "view_as"
"""The role of support while it views as an organisation: it reads, and changes nothing."""


class Place(msgspec.Struct, frozen=True):
    """Where a person may work, in which role; `key` is how a form names it."""

    audience: str
    key: str
    name: str
    label: str
    role: str
    organisation: Organisation | None = None
    partner: Partner | None = None


class View(msgspec.Struct, frozen=True):
    """Support looks at an organisation as it sees itself, until an instant (ms), for a reason."""

    reason: str
    until_at: int


class Viewer(msgspec.Struct, frozen=True):
    """A signed-in person at work at one place. `session` is the row; its token is with the browser alone."""

    session: SessionRow
    token: str
    place: Place | None
    places: list[Place]
    request: RequestFacts
    view: View | None = None
    watched_by: tuple[Watching, ...] = ()
    """Who of support views as the organisation at this moment: its owners see it on every page."""

    @property
    def user_id(self) -> int:
        """The person's ID in the directory."""
        return self.session.user_id

    @property
    def email(self) -> str:
        """The person's address."""
        return self.session.email

    @property
    def name(self) -> str:
        """The person's name."""
        return self.session.name

    @property
    def audience(self) -> str | None:
        """`organisation`, `partner` or `support`; None for a person who is linked to nothing."""
        return None if self.place is None else self.place.audience

    @property
    def role(self) -> str | None:
        """The role there; `view_as` for support that views as an organisation."""
        return None if self.place is None else self.place.role

    @property
    def organisation(self) -> Organisation:
        """The organisation at hand. Only on pages of organisations."""
        assert self.place is not None
        assert self.place.organisation is not None
        return self.place.organisation

    @property
    def partner(self) -> Partner:
        """The partner at hand. Only on pages of partners."""
        assert self.place is not None
        assert self.place.partner is not None
        return self.place.partner

    def caller(self, client_id: str = "") -> Caller:
        """The person as a caller of Partner Services: all of the organisation's outlets; `client_id` is whose records."""
        return Caller(
            service=AuthServerScopes.PARTNER_SERVICE,
            organisation_code=self.organisation.code,
            kapow=self.organisation.kapow,
            client_id=client_id,
            sub=self.email,
            permissions=frozenset(ALL_PERMISSIONS),
            outlets=None,
            sid=f"session-{self.session.id}",
            expires_at=self.session.ends_at // 1000,
        )

    @property
    def actor(self) -> Actor:
        """Who does a deed, for its audit row."""
        return Actor("user", self.email, self.request.source, self.request.request_id)


async def viewer_of(database: Database, clock: Clock, token: str, facts: RequestFacts) -> Viewer | None:
    """The person whose session this token is; None without a live one. Rights are read anew each time."""
    now = clock.now_ms()
    row = await sessions.find(database.reader, now, token)
    if row is None:
        return None
    places = await places_of(database.reader, row) if row.stage == OPEN else []
    view = place = None
    if row.view_until_at is not None and row.view_until_at > now and any(place.audience == SUPPORT for place in places):
        place = await _viewed(database.reader, row)
        view = None if place is None else View(row.view_reason or "", row.view_until_at)
    if place is None:
        place = next((one for one in places if one.key == row.place), places[0] if places else None)
    if now - row.seen_at >= sessions.SEEN_EVERY_MS:
        await database.write(lambda session: sessions.seen(session, now, row.id))
    return Viewer(row, token, place, places, facts, view, await _watched_by(database.reader, now, place))


async def places_of(reader: Session, row: SessionRow) -> list[Place]:
    """Where this person may work. Support's desk opens only to who has shown a second factor (contract section 9)."""
    places = [
        Place(ORGANISATION, f"organisation:{one.id}", one.name, f"Organisation {one.code}", role, organisation=one)
        for one, role in await users.organisations_of(reader, row.user_id)
    ]
    places += [
        Place(PARTNER, f"partner:{one.id}", one.company_name, "Partner", role, partner=one)
        for one, role in await users.partners_of(reader, row.user_id)
    ]
    if row.staff_role is not None and row.second_factor:
        places.append(Place(SUPPORT, SUPPORT, "PowerEPOS support", "Staff", row.staff_role))
    return places


async def _watched_by(reader: Session, now_ms: int, place: Place | None) -> tuple[Watching, ...]:
    if place is None or place.organisation is None or place.role != "owner":
        return ()
    return tuple(await viewing.open_now(reader, now_ms, place.organisation.id))


async def _viewed(reader: Session, row: SessionRow) -> Place | None:
    assert row.view_organisation_id is not None
    one = await organisations.by_id(reader, row.view_organisation_id)
    return Place(ORGANISATION, f"view:{one.id}", one.name, f"Organisation {one.code}", VIEW_AS, organisation=one)
