"""`/connections`: which integrations act for an organisation, by partner; approved, changed. Deeds at a press stand beside."""

from collections.abc import Collection
from typing import Any

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.audit.store import newest_by_subject
from powerepos_cloud.authserver.last_use import last_refreshes
from powerepos_cloud.directory import accounts, connections, counterparts, stopping
from powerepos_cloud.directory.connections import Connection
from powerepos_cloud.directory.counterparts import Counterpart
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.foundation.database import DatabaseUnavailable
from powerepos_cloud.partnerservices.requestlog.last_calls import last_calls
from powerepos_cloud.webui import venues, words
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.backroom import Backroom, NoInstance
from powerepos_cloud.webui.frame import Frame, organisation
from powerepos_cloud.webui.navigation import ORGANISATION, Link, PageGroup
from powerepos_cloud.webui.pages import connection_approval, connection_deeds

ROLES = ("owner", "manager")
PATH = "/connections"
_TURNS = (
    "connection.made",
    "connection.approved",
    "connection.paused",
    "connection.resumed",
    "connection.revoked",
    "connection.reopened",
)


class Shown(msgspec.Struct, frozen=True):
    """A connection with all that its card says. `account` is the service account's name where it is by account."""

    connection: Connection
    user: Counterpart
    account: str | None
    permissions: list[str]
    outlets: list[str] | None
    last_call_at: int | None
    turned: Any
    """The audit row of its newest turn, if it is kept."""

    @property
    def path(self) -> str:
        """Where it is seen and changed."""
        return f"{PATH}/{self.connection.client_id}/{self.connection.sub}"

    @property
    def by(self) -> str:
        """The person who turned it last; empty if it was no person."""
        return "" if self.turned is None or self.turned.actor_kind != "user" else str(self.turned.actor)


class Group(msgspec.Struct, frozen=True):
    """The connections of one partner."""

    partner: Counterpart
    open: list[Shown]
    paused: list[Shown]
    ended: list[Shown]


async def shown(backroom: Backroom, owned: Organisation, found: list[Connection]) -> list[Shown]:
    """The connections with who is behind them, what they may do and when they were heard of."""
    reader = backroom.directory.reader
    users = await counterparts.of_clients(reader, {one.client_id for one in found})
    by_id = {account.id: account for account in await accounts.listing(reader, owned)}
    refreshes = await last_refreshes(reader, owned)
    calls = await _last_calls(backroom, owned, users)
    turns = await newest_by_subject(reader, owned.kapow, "connection", [str(one.id) for one in found], _TURNS)
    rows = []
    for one in found:
        account = by_id.get(one.sub)
        heard = [refreshes.get((one.client_id, one.sub)), calls.get(one.client_id)]
        rows.append(
            Shown(
                one,
                users[one.client_id],
                None if account is None else account.name,
                (one.permissions if account is None else account.permissions) or [],
                one.outlets if account is None else account.outlets,
                max((at for at in heard if at is not None), default=None),
                turns.get(str(one.id)),
            )
        )
    return rows


async def _last_calls(backroom: Backroom, owned: Organisation, client_ids: Collection[str]) -> dict[str, int]:
    try:
        database = await backroom.partnerservices(owned)
        return await last_calls(database.reader, owned.kapow, client_ids)
    except (NoInstance, DatabaseUnavailable):
        return {}  # access is taken away all the same


def grouped(rows: list[Shown]) -> list[Group]:
    """By partner, in the order in which they came."""
    groups: dict[int, Group] = {}
    for row in rows:
        group = groups.setdefault(row.user.partner_id, Group(row.user, [], [], []))
        {"active": group.open, "paused": group.paused, "revoked": group.ended}[row.connection.state].append(row)
    return list(groups.values())


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.backroom = frame.backroom
        self.reader = frame.backroom.directory.reader

    async def listing(self, ask: Ask) -> Response[bytes]:
        """All connections, by partner."""
        owned = ask.viewer.organisation
        rows = await shown(self.backroom, owned, await connections.listing(self.reader, owned))
        at = await venues.venues_of(self.backroom, owned)
        stopped = await stopping.listing(self.reader, owned)
        return self.frame.show(ask, "connections.html", groups=grouped(rows), stopped=stopped, venues=at, words=words)

    async def one(self, ask: Ask) -> Response[bytes]:
        """One connection, and what can be done with it."""
        owned = ask.viewer.organisation
        found = await connections.get(self.reader, owned, ask.value("client"), ask.value("sub"))
        [row] = await shown(self.backroom, owned, [found])
        at = await venues.venues_of(self.backroom, owned)
        stopped = await stopping.find(self.reader, owned, row.user.partner_id)
        return self.frame.show(ask, "connection.html", row=row, stopped=stopped, venues=at, words=words)


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    seen, done = organisation(*ROLES), organisation(*ROLES, view_as=False)
    return [
        frame.get(PATH, seen)(pages.listing),
        frame.get(f"{PATH}/{{client:str}}/{{sub:str}}", seen)(pages.one),
        *connection_approval.build(frame, done),
        *connection_deeds.build(frame, done),
    ]


GROUP = PageGroup(_build, (Link(ORGANISATION, "Access", "Connections", PATH, "plug", ROLES, 30),))
