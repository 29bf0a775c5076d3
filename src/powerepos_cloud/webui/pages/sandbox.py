"""`/partner/sandbox`: an organisation to try things with, made by one press and reset by another."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Response
from litestar.types import ControllerRouterHandler
from powerepos.contract import AuthServerScopes

from powerepos_cloud.directory import accounts, assignments, replacing, sandboxes, services
from powerepos_cloud.directory.credentials import MOST_LIVE, NewSecret
from powerepos_cloud.directory.form_uses import FormUsed
from powerepos_cloud.directory.sandboxes import Sandbox
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.refusals import NotFound, Refused
from powerepos_cloud.partnerservices import sandbox as contents
from powerepos_cloud.webui import calls
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.backroom import NoInstance
from powerepos_cloud.webui.frame import Frame, partner
from powerepos_cloud.webui.navigation import PARTNER, Link, PageGroup
from powerepos_cloud.webui.pages.partner_home import ROLES

_HERE = "/partner/sandbox"


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.room = frame.backroom

    async def show(self, ask: Ask) -> Response[bytes]:
        """The sandbox, or the button that makes it."""
        return await self._shown(ask, "sandbox.html")

    async def make(self, ask: Ask) -> Response[bytes]:
        """The instance is filled first; the organisation then appears with all it needs, or not at all."""
        if await sandboxes.of_partner(self.room.directory.reader, ask.viewer.partner.id) is not None:
            return self.frame.go(ask, _HERE, "The sandbox is there already.")
        instance_id, database = await self._instance()
        kapow = sandboxes.new_kapow()
        await database.write(lambda session: contents.fill(session, ask.now_ms, ask.actor, kapow))

        async def deed(session: Session) -> tuple[Sandbox, NewSecret]:
            await ask.once(session, leads_to=_HERE)
            own, keys = ask.viewer.partner, self.room.ring.keys
            return await sandboxes.create(session, ask.now_ms, ask.actor, keys, own, instance_id, kapow)

        async with self._filled(ask, database, kapow):
            _, password = await self.room.directory.write(deed)
        return await self._shown(ask, "sandbox_password.html", password=password, is_new=True)

    async def reset(self, ask: Ask) -> Response[bytes]:
        """A new `kapow`, filled anew under the same outlet IDs; what was there before is closed."""
        directory, own = self.room.directory, ask.viewer.partner
        sandbox = await self._present(ask)
        old, new = sandbox.organisation.kapow, sandboxes.new_kapow()
        database = await self.room.partnerservices(sandbox.organisation)
        known = {outlet.name: outlet.id for outlet in await contents.outlets_of(database.reader, old)}
        await database.write(lambda session: contents.fill(session, ask.now_ms, ask.actor, new, known))

        async def deed(session: Session) -> None:
            await ask.once(session, leads_to=_HERE)
            await sandboxes.reset(session, ask.now_ms, ask.actor, own, old, new)

        async with self._filled(ask, database, new):
            await directory.write(deed)
        await database.write(lambda session: contents.leave(session, ask.now_ms, old))
        return self.frame.go(ask, _HERE, "The sandbox is as new. Get a new token: those issued before no longer work.")

    @staticmethod
    @asynccontextmanager
    async def _filled(ask: Ask, database: Database, kapow: str) -> AsyncIterator[None]:
        """What was filled for a deed that was then refused, such as one pressed twice, is given up again."""
        try:
            yield
        except (FormUsed, Refused):  # nothing else: after a lost connection the deed may have been done all the same
            await database.write(lambda session: contents.leave(session, ask.now_ms, kapow))
            raise

    async def before_password(self, ask: Ask) -> Response[bytes]:
        """The button that makes a password and shows it."""
        await self._present(ask)
        return await self._shown(ask, "sandbox_password_before.html")

    async def show_password(self, ask: Ask) -> Response[bytes]:
        """Make a password for the sandbox's account and show it, in this answer alone; the unused or older one ends."""
        sandbox = await self._present(ask)

        async def deed(session: Session) -> NewSecret:
            await ask.once(session, leads_to=_HERE)
            where = sandbox.organisation, sandbox.account_id
            live = [one for one in await accounts.passwords_of(session, *where) if one.is_live(ask.now_ms)]
            in_use = len(live) >= MOST_LIVE and all(one.last_used_at is not None for one in live)
            ends = live[0].id if in_use else None
            return await replacing.account_password(session, ask.now_ms, ask.actor, self.room.ring.keys, *where, ends)

        password = await self.room.directory.write(deed)
        return await self._shown(ask, "sandbox_password.html", password=password, is_new=False)

    async def _shown(self, ask: Ask, template: str, **facts: Any) -> Response[bytes]:
        sandbox = await sandboxes.of_partner(self.room.directory.reader, ask.viewer.partner.id)
        outlets = []
        svc = ""
        if sandbox is not None:
            database = await self.room.partnerservices(sandbox.organisation)
            outlets = await contents.outlets_of(database.reader, sandbox.organisation.kapow)
            reader = self.room.directory.reader
            svc = (await assignments.get(reader, sandbox.organisation, AuthServerScopes.PARTNER_SERVICE)).uri
        mine = await calls.own(self.room, ask.viewer.partner.id)
        return self.frame.show(ask, template, sandbox=sandbox, outlets=outlets, svc=svc, clients=mine.names, **facts)

    async def _present(self, ask: Ask) -> Sandbox:
        sandbox = await sandboxes.of_partner(self.room.directory.reader, ask.viewer.partner.id)
        if sandbox is None:
            raise NotFound("sandbox of", ask.viewer.partner.company_name)
        return sandbox

    async def _instance(self) -> tuple[str, Database]:
        """An instance of Partner Services whose database can be opened from here. Raises `NoInstance`."""
        for instance in await services.instances_listing(self.room.directory.reader):
            if instance.service == AuthServerScopes.PARTNER_SERVICE:
                database = self.room.instances(instance.uri)
                if database is not None:
                    return instance.id, database
        raise NoInstance("no instance of Partner Services can be opened for a sandbox")


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages, own = _Pages(frame), partner(*ROLES)
    return [
        frame.get(_HERE, own)(pages.show),
        frame.post(f"{_HERE}/new", own, fresh=True, form_at=_HERE)(pages.make),
        frame.post(f"{_HERE}/reset", own, form_at=_HERE)(pages.reset),
        frame.get(f"{_HERE}/password", own, fresh=True)(pages.before_password),
        frame.post(f"{_HERE}/password", own, fresh=True)(pages.show_password),
    ]


GROUP = PageGroup(_build, (Link(PARTNER, "Build", "Sandbox", _HERE, "flask", ROLES, 25),))
